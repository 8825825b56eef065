"""What was known of a universe at the close of a session, gathered for the engine.

The simulated exchange has inputs of its own; everything else comes from what was imported or fetched and is stored.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
from django.conf import settings

from core.clock import IST
from engines.iscore.lexicon import event_kind, tone
from engines.iscore.tables import LONGEST_ABSENCE, LOOKBACK, NEWS_DAYS
from engines.iscore.types import Attention, CompanyEvent, Inputs, NewsItem
from engines.panel import PricePanel
from market.constants import Source
from market.models import Instrument
from signals.adapters.base import Company
from signals.adapters.simulated import SimulatedInputs
from signals.models import DailyCount, NewsArticle
from signals.services.history import index_closes
from signals.services.iscore.figures import figure_tables, governance_ages, governance_of, known_figures

INDEX: Final = "NSE:NIFTY 50"
VIX: Final = "NSE:INDIA VIX"
#: Items known at the close count; later ones belong to the next session.
CLOSE: Final = time(15, 30)
PAGE_VIEWS: Final = "page_views"
DELIVERY: Final = "delivery_pct"
_WEEKS: Final = 61
_DAY_S: Final = 86_400.0
_DELIVERY_ROWS: Final = 320


@dataclass(frozen=True, slots=True)
class Columns:
    """Who stands behind the panel's columns: row ids (None where there is no row) and companies."""

    ids: tuple[int | None, ...]
    companies: tuple[Company, ...]

    @property
    def known(self) -> dict[int, int]:
        """Return the column of each instrument id."""
        return {one: at for at, one in enumerate(self.ids) if one is not None}


def columns_of(symbols: Sequence[str]) -> Columns:
    """Return the instruments of ``EXCHANGE:SYMBOL`` keys."""
    bare = {symbol.rpartition(":")[2] for symbol in symbols}
    rows = Instrument.objects.filter(symbol__in=bare).values_list("exchange", "symbol", "id", "name")
    found = {f"{exchange}:{symbol}": (pk, name) for exchange, symbol, pk, name in rows}
    nobody: tuple[int | None, str] = (None, "")
    return Columns(
        tuple(found.get(symbol, nobody)[0] for symbol in symbols),
        tuple(Company(symbol, found.get(symbol, nobody)[1]) for symbol in symbols),
    )


def close_of(session: date) -> datetime:
    """Return the instant up to which news counts for a session."""
    return datetime.combine(session, CLOSE, IST).astimezone(UTC)


def recent_rows(panel: PricePanel, session: date) -> PricePanel:
    """Return the rows that the engine looks at: those up to the session, as many as it needs."""
    days = panel.dates.astype("datetime64[D]")
    last = int(np.searchsorted(days, np.datetime64(session, "D"), side="right"))
    rows = slice(max(0, last - LOOKBACK - 4 * LONGEST_ABSENCE), last)
    names = ("dates", "open", "high", "low", "close", "volume", "factor", "member")
    return replace(panel, **{name: getattr(panel, name)[rows] for name in names})


def gathered(panel: PricePanel, session: date, *, now: datetime) -> Inputs:
    """Return the engine's inputs of a session of the panel."""
    part = recent_rows(panel, session)
    index, vix = (index_closes(symbol, part, now=now) for symbol in (INDEX, VIX))
    given: dict[str, Any] = {
        "panel": part,
        "as_of": session,
        "index": None if index is None else index.close,
        "vix": None if vix is None else vix.close,
    }
    columns = columns_of(part.symbols)
    more = _simulated(part, columns, session) if part.source == Source.SIMULATED else _stored(part, columns, session)
    return Inputs(**given, **more)


def _simulated(panel: PricePanel, columns: Columns, session: date) -> dict[str, Any]:
    source = SimulatedInputs(settings.SIMULATED_SEED)
    close = close_of(session)
    symbols = len(panel.symbols)
    figures: dict[str, Any] = {}
    ages: dict[str, Any] = {}
    news, events, attention, facts, facts_ages = {}, {}, {}, {}, {}
    for at, company in enumerate(columns.companies):
        values, age = source.figures_on(company, panel.sectors[at], session)
        for name, value in values.items():
            figures.setdefault(name, np.full(symbols, np.nan))[at] = value
            ages.setdefault(name, np.full(symbols, np.nan))[at] = age
        found = source.headlines([company], since=close - timedelta(days=NEWS_DAYS), now=close)
        rows = [(one.published_at, tone(one.text), one.relevance, event_kind(one.text) or "") for one in found]
        news[at], events[at] = _items(rows, close)
        counts = source.counts(company, session - timedelta(days=7 * _WEEKS), session - timedelta(days=1))
        attention[at] = weekly_attention({one.day: one.value for one in counts}, session, source.name)
        facts[at], facts_age = source.governance_on(company, session)
        facts_ages[at] = (float(facts_age),)
    return {
        "figures": figures, "figures_age": ages, "news": news, "events": events, "governance": facts,
        "governance_age": facts_ages,
        "attention": {at: one for at, one in attention.items() if one is not None},
    }  # fmt: skip


def _stored(panel: PricePanel, columns: Columns, session: date) -> dict[str, Any]:
    place = columns.known
    series, since = known_figures(list(place), session)
    figures, ages = figure_tables(columns.ids, series, since, session)
    facts = {place[company]: governance_of(metrics, session) for company, metrics in series.items()}
    known = {at: one for at, one in facts.items() if one is not None}
    news, events = _articles(place, session)
    return {
        "figures": figures,
        "figures_age": ages,
        "governance": known,
        "governance_age": {place[company]: governance_ages(days, session) for company, days in since.items()},
        "news": news,
        "events": events,
        "attention": _page_views(place, session),
        "delivery": _delivery(panel, place),
    }


Row = tuple[datetime, float, float, str]


def _items(rows: Sequence[Row], close: datetime) -> tuple[list[NewsItem], list[CompanyEvent]]:
    news, events = [], []
    for published, value, relevance, event in rows:
        age = (close - published).total_seconds() / _DAY_S
        news.append(NewsItem(age, value, 1.0, relevance))
        if event:
            events.append(CompanyEvent(event, age))
    return news, events


def _articles(
    place: Mapping[int, int], session: date
) -> tuple[dict[int, list[NewsItem]], dict[int, list[CompanyEvent]]]:
    close = close_of(session)
    rows = NewsArticle.objects.filter(
        instrument_id__in=list(place), published_at__lte=close, published_at__gte=close - timedelta(days=NEWS_DAYS)
    )
    by_column: dict[int, list[Row]] = defaultdict(list)
    for company, *row in rows.values_list("instrument_id", "published_at", "tone", "relevance", "event"):
        by_column[place[company]].append(tuple(row))
    pairs = {at: _items(some, close) for at, some in by_column.items()}
    return {at: news for at, (news, _) in pairs.items()}, {at: events for at, (_, events) in pairs.items()}


def _page_views(place: Mapping[int, int], session: date) -> dict[int, Attention]:
    """Return the attention of those companies that have counts; of two sources the one with more days."""
    first = session - timedelta(days=7 * _WEEKS + 30)
    rows = DailyCount.objects.filter(kind=PAGE_VIEWS, instrument_id__in=list(place), day__gte=first, day__lt=session)
    by_source: dict[tuple[int, str], dict[date, float]] = defaultdict(dict)
    for company, source, day, value in rows.values_list("instrument_id", "source", "day", "value"):
        by_source[place[company], source][day] = value
    found: dict[int, Attention] = {}
    for (at, source), counts in sorted(by_source.items(), key=lambda item: len(item[1])):
        made = weekly_attention(counts, session, source)
        if made is not None:
            found[at] = made
    return found


def weekly_attention(counts: Mapping[date, float], session: date, source: str) -> Attention | None:
    """Return weeks of seven days that end with the last day known; a week of fewer than five known days is unknown.

    A count is public the day after its day.
    """
    if not counts:
        return None
    last = max(counts)
    days = np.array([counts.get(last - timedelta(days=back), np.nan) for back in range(7 * _WEEKS)])
    weeks = days.reshape(_WEEKS, 7)[::-1]
    known = (~np.isnan(weeks)).sum(axis=1)
    mean = np.where(known >= 5, np.nansum(weeks, axis=1) / np.maximum(known, 1), np.nan)
    return Attention(mean, float((session - last).days), source)


def _delivery(panel: PricePanel, place: Mapping[int, int]) -> np.ndarray | None:
    rows = DailyCount.objects.filter(
        kind=DELIVERY,
        instrument_id__in=list(place),
        day__gte=panel.dates[max(0, len(panel.dates) - _DELIVERY_ROWS)].item(),
        day__lte=panel.dates[-1].item(),
    ).values_list("instrument_id", "day", "value")
    given = list(rows.iterator(20_000))
    if not given:
        return None
    table = np.full(panel.shape, np.nan)
    days = np.array([day for _, day, _ in given], "datetime64[D]")
    at = np.searchsorted(panel.dates.astype("datetime64[D]"), days)
    fits = panel.dates.astype("datetime64[D]")[np.minimum(at, len(panel.dates) - 1)] == days
    columns = np.array([place[company] for company, _, _ in given])
    table[at[fits], columns[fits]] = np.array([value for _, _, value in given])[fits]
    return table
