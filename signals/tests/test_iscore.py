"""I-Scores as a service: kept once, told once, explained, point in time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from core.errors import InvalidRequest, NotFound
from core.models import Event, JobSlot
from core.tests.racing import Race, race_fixture  # noqa: F401 - the fixture "race"
from market.models import Fundamental, Instrument
from signals.models import DailyCount, IScoreSnapshot, IScoreStanding, NewsArticle, RecordEntry
from signals.services import market_data, record
from signals.services.history import complete_until
from signals.services.iscore import inputs, nightly, reading, scoring, snapshots, telling
from tests.flows.pocket import SYMBOLS, make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = "NSE:RELIANCE"


@pytest.fixture(autouse=True)
def _fresh(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    forget()


@pytest.fixture
def universe(_fresh: None) -> None:
    make_universe("nifty_100")


def days_later(days: float) -> datetime:
    """Return the instant some sessions later on the exchange that never closes."""
    return NOW + timedelta(days=days)


@pytest.mark.usefixtures("universe")
def test_a_night_keeps_and_tells_every_member_once() -> None:
    first = nightly.run(now=NOW)
    assert (first.universe, first.scored, first.told) == ("nifty_100", len(SYMBOLS), len(SYMBOLS))
    assert IScoreSnapshot.objects.count() == len(SYMBOLS)
    assert Event.objects.filter(kind="iscore.changed").count() == len(SYMBOLS)
    assert RecordEntry.objects.filter(kind="iscore.tier_changed").count() == len(SYMBOLS)
    again = nightly.run(now=NOW)
    assert (again.scored, again.told) == (len(SYMBOLS), 0)
    assert Event.objects.filter(kind="iscore.changed").count() == len(SYMBOLS)
    assert record.verify().ok


@pytest.mark.usefixtures("universe")
def test_the_next_session_tells_what_changed_and_why() -> None:
    nightly.run(now=NOW)
    old = IScoreSnapshot.objects.get(instrument__symbol="RELIANCE")
    later = days_later(8)
    nightly.run(now=later)
    new = IScoreSnapshot.objects.filter(instrument__symbol="RELIANCE").order_by("-session").first()
    assert new is not None
    assert new.session > old.session
    assert new.iscore is not None
    assert old.iscore is not None
    assert sum(change["points"] for change in new.changes) == pytest.approx(new.iscore - old.iscore, abs=0.6)
    event = Event.objects.filter(kind="iscore.changed", payload__symbol=KEY).order_by("-id").first()
    assert event is not None
    assert event.payload["previous_score"] == old.iscore
    assert event.payload["score"] == new.iscore
    assert set(event.payload["components"]) == set(new.result["components"])
    answer = reading.iscore_of(KEY, now=later)
    assert answer["previous"] == {"iscore": old.iscore, "session": old.session}
    assert answer["changes"] == new.changes
    told = RecordEntry.objects.filter(subject=KEY).count()
    assert told in (1, 2), "a line of the Record only when the tier changed"


@pytest.mark.usefixtures("universe")
def test_an_answer_is_kept_and_the_same_until_inputs_change() -> None:
    first = reading.iscore_of(KEY, now=NOW)
    assert first["data_source"] == "simulated"
    assert first["cached_until"] == datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
    assert reading.next_midnight(datetime(2026, 11, 20, 19, 0, tzinfo=UTC)) == datetime(
        2026, 11, 21, 18, 30, tzinfo=UTC
    )
    again = reading.iscore_of(KEY, now=NOW + timedelta(minutes=5))
    assert again == first
    assert IScoreSnapshot.objects.count() == 1
    assert not Event.objects.filter(kind="iscore.changed").exists(), "a reader tells nobody"
    assert not IScoreStanding.objects.exists()


@pytest.mark.usefixtures("universe")
def test_a_past_session_gives_today_what_it_gave_then() -> None:
    then = scoring.scored(now=NOW)
    now = scoring.scored(now=days_later(30), session=then.session)
    at = then.place[KEY]
    assert now.scores.result(now.place[KEY]) == then.scores.result(at)
    with pytest.raises(InvalidRequest, match="no complete session"):
        scoring.scored(now=NOW, session=then.session + timedelta(days=400))


@pytest.mark.usefixtures("universe")
def test_a_stock_outside_the_universe_is_ranked_beside_it_and_changes_nobody() -> None:
    inside = scoring.scored(now=NOW)
    Instrument.objects.create(
        exchange="NSE", symbol="TITAN", segment="EQ", instrument_type="EQ", sector="Consumer Durables"
    )
    answer = reading.iscore_of("NSE:TITAN", now=NOW)
    assert answer["iscore"] is not None
    beside = scoring.scored(now=NOW, extras=["NSE:TITAN"])
    assert beside.result(KEY) == inside.result(KEY)
    assert not beside.scores.member[beside.place["NSE:TITAN"]]


def test_without_a_universe_or_prices_everything_is_null_and_unknown_is_refused() -> None:
    answer = reading.iscore_of(KEY, now=NOW)
    assert (answer["iscore"], answer["recommendation"], answer["code"]) == (None, None, "INSUFFICIENT_DATA")
    assert answer["missing_inputs"] == ["prices"]
    with pytest.raises(NotFound):
        reading.iscore_of("NSE:NOSUCHTHING", now=NOW)
    assert nightly.run_once(now=NOW).session is None


@pytest.mark.usefixtures("universe")
def test_an_index_has_no_score() -> None:
    Instrument.objects.create(exchange="NSE", symbol="NIFTY 50", segment="INDEX", instrument_type="INDEX")
    answer = reading.iscore_of("NSE:NIFTY 50", now=NOW)
    assert answer["iscore"] is None
    assert "not the share of a company" in answer["summary"]
    assert answer["missing_inputs"] == [], "its prices are known; it is no company"


@pytest.mark.usefixtures("universe")
def test_the_table_is_sorted_and_names_its_sorts() -> None:
    rows = reading.iscore_table(universe="", sort="-iscore", now=NOW).rows
    scores = [row["iscore"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert len(rows) == len(SYMBOLS)
    by_risk = reading.iscore_table(universe="nifty_100", sort="risk", now=NOW).rows
    assert [row["components"]["risk"] for row in by_risk] == sorted(row["components"]["risk"] for row in rows)
    with pytest.raises(InvalidRequest, match="iscore, confidence"):
        reading.iscore_table(universe="", sort="luck", now=NOW)
    with pytest.raises(InvalidRequest, match="There is no universe 'nifty_9000'"):
        reading.iscore_table(universe="nifty_9000", sort="iscore", now=NOW)


def snapshot(score: float | None, confidence: float, session: date) -> IScoreSnapshot:
    instrument, _ = Instrument.objects.get_or_create(
        exchange="NSE", symbol="RELIANCE", defaults={"segment": "EQ", "instrument_type": "EQ"}
    )
    part = {"score": 50.0, "weight": 15.0, "effective_weight": 15.0, "coverage": 1.0}
    return IScoreSnapshot.objects.create(
        instrument=instrument, session=session, data_source="import", iscore=score, confidence=confidence, tier="HOLD",
        result={"code": None, "summary": "", "components": {"risk": part}}, data_key="k", engine_version="e",
        params_hash="p", computed_at=NOW,
    )  # fmt: skip


def test_a_tier_that_is_told_needs_a_point_and_a_half() -> None:
    tiers = []
    for number, score in enumerate((64.0, 65.5, 66.5, 64.0, 63.4, None, 40.0)):
        with transaction.atomic():
            row = snapshot(score, 0.9, date(2026, 11, 2) + timedelta(days=number))
            told = telling.tell(row, symbol=KEY, now=NOW + timedelta(days=number))
            assert told == (score is not None)
        tiers.append(IScoreStanding.objects.get().tier)
    assert tiers == ["HOLD", "HOLD", "BUY", "BUY", "HOLD", "HOLD", "SELL"]
    lines = [line.payload for line in RecordEntry.objects.order_by("sequence")]
    assert ['"tier":"HOLD"' in lines[0], '"tier":"BUY"' in lines[1], '"tier":"HOLD"' in lines[2]] == [True] * 3
    assert len(lines) == 4
    changed = [event.payload["tier_changed"] for event in Event.objects.filter(kind="iscore.changed").order_by("id")]
    assert changed == [True, False, True, False, True, True]


@pytest.mark.usefixtures("universe")
def test_old_results_keep_their_numbers_and_lose_their_words() -> None:
    answer = reading.iscore_of(KEY, now=NOW)
    day = answer["as_of_session"]
    row = IScoreSnapshot.objects.get()
    size = len(str(row.result))
    assert snapshots.shorten_old(data_source="simulated", before=row.session) == 0
    assert snapshots.shorten_old(data_source="import", before=row.session + timedelta(days=1)) == 0
    assert snapshots.shorten_old(data_source="simulated", before=row.session + timedelta(days=1)) == 1
    assert snapshots.shorten_old(data_source="simulated", before=row.session + timedelta(days=1)) == 0
    row.refresh_from_db()
    assert len(str(row.result)) < size / 2
    assert row.result["as_of_session"] == day
    assert row.result["components"]["trend"]["score"] == answer["components"]["trend"]["score"]
    points = [one["points"] for part in row.result["components"].values() for one in part["inputs"]]
    assert sum(points) == pytest.approx(answer["iscore"] - 50.0, abs=0.2)
    later = reading.iscore_of(KEY, now=days_later(40))
    moved = sum(one["points"] for one in later["changes"])
    assert later["previous"]["session"] == row.session
    assert moved == pytest.approx(later["iscore"] - answer["iscore"], abs=0.5)
    assert all(one["title"] and one["component"] in answer["components"] for one in later["changes"])


@pytest.mark.usefixtures("universe")
def test_a_history_never_mixes_sources_of_prices() -> None:
    snapshot(70.0, 0.9, date(2026, 11, 30))
    assert not reading.iscore_history(KEY, now=NOW).exists(), "the present prices are simulated, that one's imported"
    reading.iscore_of(KEY, now=NOW)
    assert [row.data_source for row in reading.iscore_history(KEY, now=NOW)] == ["simulated"]


def test_an_older_session_is_never_told_after_a_newer() -> None:
    newer, older = snapshot(70.0, 0.9, date(2026, 11, 5)), snapshot(50.0, 0.9, date(2026, 11, 4))
    assert telling.tell(newer, symbol=KEY, now=NOW)
    assert not telling.tell(older, symbol=KEY, now=NOW)
    assert IScoreStanding.objects.get().iscore == 70.0


@pytest.mark.usefixtures("universe")
def test_a_night_that_was_killed_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "BATCH", 5)
    batches = []

    def die() -> None:
        batches.append(1)
        if len(batches) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nightly.run(now=NOW, after_batch=die)
    assert IScoreStanding.objects.count() == 10
    assert nightly.run(now=NOW).told == len(SYMBOLS) - 10
    assert Event.objects.filter(kind="iscore.changed").count() == len(SYMBOLS)


def test_two_schedulers_and_their_workers_make_one_night(race: Race, settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    race(lambda worker: make_universe("nifty_100"), 1)

    def work(worker: int) -> tuple[int, int]:
        night = nightly.run_once(now=NOW)
        return night.scored, night.told

    def look(worker: int) -> tuple[int, ...]:
        counted: tuple[Callable[[], int], ...] = (
            IScoreSnapshot.objects.count,
            Event.objects.filter(kind="iscore.changed").count,
            RecordEntry.objects.count,
            JobSlot.objects.filter(job="signals.iscore:nifty_100:simulated", status="done").count,
        )
        return tuple(count() for count in counted)

    results = race(work, 4)
    assert sorted(results) == [(0, 0), (0, 0), (0, 0), (len(SYMBOLS), len(SYMBOLS))]
    assert race(look, 1) == [(len(SYMBOLS), len(SYMBOLS), len(SYMBOLS), 1)]
    assert race(work, 2) == [(0, 0), (0, 0)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("universe")
def test_a_night_that_fails_is_tried_three_times_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(nightly, "snapshots_for", fail)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                nightly.run_once(now=NOW)
    assert nightly.run_once(now=NOW).told == len(SYMBOLS)
    assert nightly.run_once(now=NOW).session is None
    JobSlot.objects.update(status="failed")
    assert nightly.run_once(now=NOW).session is None


@pytest.mark.usefixtures("universe")
def test_stored_inputs_are_those_known_at_the_close() -> None:
    panel = market_data.whole_panel("nifty_100", NOW)
    session = panel.dates[-1].item()
    imported = replace(panel, source="import")
    one = Instrument.objects.get(symbol="RELIANCE")
    for metric, known, value in (
        ("pe_trailing", session - timedelta(days=10), 20.0), ("pe_trailing", session, 10.0),
        ("debt_to_equity_pct", session - timedelta(days=3), 45.0),
    ):  # fmt: skip
        Fundamental.objects.create(instrument=one, metric=metric, known_from=known, value=value, source="t")
    close = inputs.close_of(session)
    for minutes, text in ((-60, "Profit jumps"), (1, "Fraud found")):
        at = close + timedelta(minutes=minutes)
        NewsArticle.objects.create(
            instrument=one, published_at=at, headline=text, source="t", tone=0.5, event="", seen_at=at
        )
    for back in range(1, 430):
        day = session - timedelta(days=back)
        DailyCount.objects.create(instrument=one, kind="page_views", day=day, value=100.0 + back % 7, source="t")
    DailyCount.objects.create(instrument=one, kind="page_views", day=session, value=1e9, source="t")
    DailyCount.objects.create(instrument=one, kind="delivery_pct", day=session, value=55.0, source="t")
    found = inputs.gathered(imported, session, now=NOW)
    at = found.panel.symbols.index(KEY)
    assert found.figures["earnings_yield"][at] == pytest.approx(1 / 20.0)
    assert found.figures["debt_equity"][at] == pytest.approx(0.45)
    assert found.figures_age["debt_equity"][at] == 3.0
    assert found.figures_age["earnings_yield"][at] == 10.0
    assert [item.sentiment for item in found.news[at]] == [0.5]
    assert found.news[at][0].age_days == pytest.approx(60 / 1440)
    assert found.attention[at].age_days == 1.0
    assert np.nanmax(found.attention[at].weekly) < 1_000
    assert found.delivery is not None
    assert found.delivery[-1, at] == 55.0


def test_prices_of_today_count_from_the_evening_on() -> None:
    evening, noon = datetime(2026, 11, 20, 13, 31, tzinfo=UTC), datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
    assert complete_until("import", evening) == date(2026, 11, 20)
    assert complete_until("import", noon) == date(2026, 11, 19)


@pytest.mark.usefixtures("universe")
def test_a_snapshot_is_replaced_when_its_inputs_change() -> None:
    found = scoring.scored(now=NOW)
    one = Instrument.objects.get(symbol="RELIANCE")
    [first] = snapshots.snapshots_for(found, [one], now=NOW).values()
    [later] = snapshots.snapshots_for(replace(found, key="another"), [one], now=NOW + timedelta(hours=1)).values()
    assert later.pk == first.pk
    assert later.computed_at > first.computed_at
    [again] = snapshots.snapshots_for(found, [one], now=NOW).values()
    assert again.data_key == found.key


@pytest.mark.usefixtures("universe")
def test_strategies_see_kept_scores_and_nothing_where_none_was_kept() -> None:
    from engines.strategy.parse import parse_strategy
    from signals.services.strategies.matches import matches
    from tests.flows.pocket import compare, strategy_body

    body = strategy_body(entry_rules=compare("iscore", ">", 0), params={}, universe="nifty_100")
    rules = parse_strategy(body).strategy
    before = matches(rules=rules, universe="nifty_100", parameters={}, now=NOW)
    assert before["count"] == 0
    nightly.run(now=NOW)
    after = matches(rules=rules, universe="nifty_100", parameters={}, now=NOW)
    kept = set(IScoreSnapshot.objects.filter(iscore__gt=0).values_list("instrument__symbol", flat=True))
    assert {row["symbol"].removeprefix("NSE:") for row in after["symbols"]} == kept
    assert after["count"] == len(kept) > 0


@pytest.mark.usefixtures("universe")
def test_validation_measures_months_as_they_were_known() -> None:
    from signals.management.commands.iscore_validation import lines
    from signals.services.iscore.validation import month_ends, validate

    panel = market_data.whole_panel("nifty_100", NOW)
    ends = [panel.dates[row].item() for row in month_ends(panel, panel.dates[-1].item())]
    assert all(one.month != other.month for one, other in pairwise(ends))
    found = validate(months=8, now=NOW)
    assert (found.months, found.data_source, found.last_session) == (8, "simulated", ends[-1])
    part = found.result["horizons"]["1_month"]
    assert part["rank_ic"]["months"] == 0, "twelve stocks are too few for a rank correlation"
    assert sum(row["n"] for row in part["tiers"].values()) == 7 * len(SYMBOLS), "the last month has no next one yet"
    assert 0.0 <= found.result["turnover"] <= 1.0
    assert "8 month ends" in lines(found)[0]
    again = validate(months=8, now=NOW)
    assert again.result == found.result


def test_the_admin_shows_scores_record_and_validation(client: Any) -> None:
    from accounts.models import User
    from signals.models import IScoreValidation

    chief = User.objects.create_user("chief@example.com", "correct horse")
    User.objects.filter(pk=chief.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=chief.pk))
    with transaction.atomic():
        row = snapshot(70.0, 0.9, date(2026, 11, 5))
        telling.tell(row, symbol=KEY, now=NOW)
    NewsArticle.objects.create(
        instrument=row.instrument, published_at=NOW, headline="Profit jumps", source="t", tone=0.5, seen_at=NOW
    )
    IScoreValidation.objects.create(
        universe="nifty_100", data_source="import", first_session=NOW, last_session=NOW, months=2, result={},
        engine_version="e", params_hash="p", computed_at=NOW,
    )  # fmt: skip
    for name, word in (
        ("iscoresnapshot", "70.0"), ("iscorevalidation", "nifty_100"),
        ("newsarticle", "Profit jumps"), ("recordentry", "iscore.tier_changed"),
    ):  # fmt: skip
        page = client.get(f"/admin/signals/{name}/")
        assert page.status_code == 200
        assert word in page.content.decode()
        assert client.get(f"/admin/signals/{name}/add/").status_code == 403
