"""Fetch headlines, page views and company figures from the sources a deployment has switched on, and store them.

A source that fails is named in the result and the others go on. What is stored twice is stored once.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from core import clock, http, jobs, versions
from core.addresses import TRUSTED_OPERATOR
from core.clock import IST
from core.errors import NotFound
from engines.iscore.lexicon import event_kind, tone
from market.adapters.base import ProviderError, RateLimitedUpstream, UnknownSymbol
from market.adapters.yahoo.process import Child
from market.constants import VERSION_FUNDAMENTALS
from market.models import Fundamental
from market.selectors.universes import members_of
from signals.adapters.base import AttentionSource, Company, DayCount, FigureSource, Headline, NewsSource
from signals.adapters.news_feeds import FeedNews
from signals.adapters.wikipedia import WikipediaViews
from signals.adapters.yahoo_figures import YahooFigures
from signals.constants import VERSION_ISCORE_INPUTS
from signals.models import DailyCount, NewsArticle
from signals.services.iscore.inputs import PAGE_VIEWS
from signals.services.iscore.scoring import reference_universe

log = logging.getLogger("platform.iscore")

FEEDS, WIKIPEDIA, YAHOO = "feeds", "wikipedia", "yahoo"
JOB: Final = "signals.iscore_inputs"
HOUR_S: Final = 3_600
#: Hours of a day and of a week.
DAY, WEEK = 24, 168
LEASE: Final = timedelta(minutes=3)
_NEWS_BACK: Final = timedelta(days=7)
_FIRST_VIEWS: Final = timedelta(days=430)
#: Failures in a row after which a source is left alone for this time.
_GIVE_UP: Final = 3


@dataclass(slots=True)
class Fetched:
    """How many rows each source gave that were new, and why one gave nothing."""

    added: dict[str, int] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that are switched on; None for one that is not."""

    news: NewsSource | None = None
    attention: AttentionSource | None = None
    figures: FigureSource | None = None


@contextmanager
def switched_on() -> Iterator[Sources]:
    """Give the sources that the settings name, and end their connections and child process afterwards."""
    names = settings.ISCORE_SOURCES
    with ExitStack() as stack:
        client = stack.enter_context(http.Client(TRUSTED_OPERATOR, keep_alive=True)) if names else None
        yahoo: Child | None = None
        if YAHOO in names:
            yahoo = Child(api_root=settings.YAHOO_API_ROOT, call_s=15.0, monotonic=clock.monotonic)
            stack.callback(yahoo.stop)
        yield Sources(
            news=FeedNews(settings.NEWS_FEEDS, client) if client and FEEDS in names and settings.NEWS_FEEDS else None,
            attention=WikipediaViews(client, settings.WIKIPEDIA_API_ROOT) if client and WIKIPEDIA in names else None,
            figures=YahooFigures(yahoo) if yahoo else None,
        )


def hourly(*, now: datetime) -> Fetched | None:
    """Fetch this hour's share from the sources that are switched on; None if there is none, or the hour is done.

    Headlines every hour; page views of each company once a day, its figures once a week, so that no turn is long.
    """
    if not settings.ISCORE_SOURCES:
        return None
    turn = jobs.slot_of(now, HOUR_S)
    with jobs.run_slot(JOB, turn, now=now, lease=LEASE) as claim, switched_on() as sources:
        if claim is None:
            return None
        try:
            return fetch_all(sources=sources, now=now, turn=turn, after_each=lambda: _extend(claim))
        except NotFound as error:
            raise jobs.SlotSkipped(error.detail) from None
    return None


def _share(companies: Sequence[Company], turn: int | None, turns: int) -> Sequence[Company]:
    """Return those companies whose turn it is, each once in so many turns; all without a turn."""
    return companies if turn is None else [one for at, one in enumerate(companies) if at % turns == turn % turns]


def _extend(claim: jobs.Claim) -> None:
    if not jobs.extend_slot(claim, now=clock.now(), lease=LEASE):
        raise RuntimeError("another worker took the hour over")


def fetch_all(
    *,
    sources: Sources,
    now: datetime,
    turn: int | None = None,
    pause: Callable[[float], None] = time.sleep,
    after_each: Callable[[], None] = lambda: None,
) -> Fetched:
    """Ask every source about the members of the reference universe. Raises NotFound where there is none.

    ``turn``: number of the hour; each hour has its share of the slow questions, without one all are asked. ``pause``
    waits between requests as the source asks; ``after_each`` is called after each company.
    """
    day = now.astimezone(IST).date()
    listed = [row.instrument for row in members_of(reference_universe(), on=day)]
    members = {one.key: one.pk for one in listed}
    companies = [Company(one.key, one.name) for one in listed]
    done = Fetched()
    if sources.news is not None:
        _news(sources.news, companies, members, now, done)
        after_each()
    if sources.attention is not None:
        _attention(sources.attention, _share(companies, turn, DAY), members, day, done, pause, after_each)
    if sources.figures is not None:
        _figures(sources.figures, _share(companies, turn, WEEK), members, day, done, after_each)
    for name, reason in done.failures.items():
        log.warning("iscore.source_failed", extra={"source": name, "error": reason})
    return done


def _news(source: NewsSource, companies: Sequence[Company], ids: dict[str, int], now: datetime, done: Fetched) -> None:
    try:
        found = source.headlines(companies, since=now - _NEWS_BACK, now=now)
    except ProviderError as error:
        done.failures[source.name] = error.detail
        return
    done.added[source.name] = store_headlines(found, ids, source=source.name, now=now)


def store_headlines(found: Iterable[Headline], ids: dict[str, int], *, source: str, now: datetime) -> int:
    """Store headlines that are new; return how many."""
    rows = [
        NewsArticle(
            instrument_id=ids[one.symbol], published_at=one.published_at, headline=one.text, url=one.url,
            publisher=one.publisher, source=source, relevance=one.relevance, tone=tone(one.text),
            event=event_kind(one.text) or "", seen_at=now,
        )
        for one in found
    ]  # fmt: skip
    with transaction.atomic():
        before = NewsArticle.objects.count()
        NewsArticle.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
        added = NewsArticle.objects.count() - before
        if added:
            versions.bump(VERSION_ISCORE_INPUTS)
    return added


def _attention(
    source: AttentionSource,
    companies: Sequence[Company],
    ids: dict[str, int],
    day: date,
    done: Fetched,
    pause: Callable[[float], None],
    after_each: Callable[[], None],
) -> None:
    stored = DailyCount.objects.filter(kind=PAGE_VIEWS, source=source.name).order_by("day")
    newest = dict(stored.values_list("instrument_id", "day"))
    wait = 1.0 / getattr(source, "calls_per_second", 1.0)
    failures = 0
    for company in companies:
        first = newest.get(ids[company.symbol], day - _FIRST_VIEWS) + timedelta(days=1)
        if first >= day:
            continue
        try:
            counts = source.counts(company, first, day - timedelta(days=1))
            failures = 0
        except ProviderError as error:
            failures += 1
            done.failures[source.name] = error.detail
            if failures >= _GIVE_UP or isinstance(error, RateLimitedUpstream):
                return
            continue
        done.added[source.name] = done.added.get(source.name, 0) + _store_counts(counts, ids, source.name)
        after_each()
        pause(wait)


def _store_counts(counts: Sequence[DayCount], ids: dict[str, int], source: str) -> int:
    rows = [
        DailyCount(instrument_id=ids[one.symbol], kind=PAGE_VIEWS, day=one.day, value=one.value, source=source)
        for one in counts
    ]
    if rows:
        with transaction.atomic():
            DailyCount.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1_000)
            versions.bump(VERSION_ISCORE_INPUTS)
    return len(rows)


def _figures(
    source: FigureSource,
    companies: Sequence[Company],
    ids: dict[str, int],
    day: date,
    done: Fetched,
    after_each: Callable[[], None],
) -> None:
    """Store each company's figures as known from today; a figure that has not changed since is not stored again."""
    failures = 0
    for company in companies:
        try:
            found = source.figures(company)
            failures = 0
        except UnknownSymbol:
            continue
        except ProviderError as error:
            failures += 1
            done.failures[source.name] = error.detail
            if failures >= _GIVE_UP or isinstance(error, RateLimitedUpstream):
                return
            continue
        values = {one.metric: (one.value, one.period_end) for one in found}
        added = _store_figures(ids[company.symbol], values, source.name, day)
        done.added[source.name] = done.added.get(source.name, 0) + added
        after_each()


def _store_figures(company: int, values: dict[str, tuple[float, date | None]], source: str, day: date) -> int:
    known = Fundamental.objects.filter(instrument_id=company, source=source, metric__in=list(values))
    latest = dict(known.order_by("known_from").values_list("metric", "value"))
    refreshed = known.filter(known_from__gt=day - timedelta(days=60)).values_list("metric", flat=True)
    recent = set(refreshed)
    rows = [
        Fundamental(instrument_id=company, metric=metric, period_end=period, known_from=day, value=value, source=source)
        for metric, (value, period) in values.items()
        if latest.get(metric) != value or metric not in recent
    ]
    if rows:
        with transaction.atomic():
            Fundamental.objects.bulk_create(rows, ignore_conflicts=True)
            versions.bump(VERSION_FUNDAMENTALS)
    return len(rows)
