"""Searching a universe for patterns, keeping what was found, and reading it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from core.errors import InvalidRequest, NotFound
from core.models import JobSlot
from engines.patterns.catalogue import BY_KEY, CHART
from engines.patterns.record import record
from engines.patterns.scan import find
from market.models import Instrument
from signals import tasks
from signals.models import PatternScan, PatternSignal
from signals.pages.pattern_presenters import SHORT
from signals.services import market_data
from signals.services.patterns import reading, scanning, similar, top, warming
from signals.services.patterns.packing import packed, unpacked
from signals.services.patterns.rows import liquidity
from tests.flows.pocket import SYMBOLS, make_universe
from tests.memories import forget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _pocket(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe()


def test_a_record_survives_packing() -> None:
    panel = market_data.whole_panel("pocket", NOW)
    made = record(panel, find(panel))
    again = unpacked(packed(made))
    for name in ("dates", "n", "wins", "tried", "won"):
        np.testing.assert_array_equal(getattr(again, name), getattr(made, name))


def test_a_search_is_kept_and_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = scanning.standing(universe="Pocket", now=NOW)
    scan = PatternScan.objects.get()
    assert (scan.universe, scan.session, scan.symbols) == ("pocket", first.session, len(SYMBOLS))
    rows = PatternSignal.objects.all()
    assert rows.count() > 100
    assert len({row.session for row in rows}) <= scanning.KEPT_SESSIONS
    assert {row.engine_version for row in rows} == {"patterns-1"}
    monkeypatch.setattr(scanning, "find", None)  # a second search would fail
    again = scanning.standing(universe="pocket", now=NOW)
    np.testing.assert_array_equal(again.record.n, first.record.n)


def test_the_next_session_adds_rows_and_changes_only_outcomes() -> None:
    scanning.standing(universe="pocket", now=NOW)
    said = {row.pk: (row.pattern, row.session, row.confidence, row.n) for row in PatternSignal.objects.all()}
    open_before = PatternSignal.objects.filter(outcome="").exclude(direction="neutral").count()
    scanning.standing(universe="pocket", now=LATER)
    assert PatternScan.objects.count() == 1
    rows = {row.pk: row for row in PatternSignal.objects.all()}
    assert {row.session for row in rows.values()} > {session for _, session, _, _ in said.values()}
    for pk, (pattern, session, confidence, n) in said.items():
        row = rows[pk]
        assert (row.pattern, row.session, row.confidence, row.n) == (pattern, session, confidence, n)
    decided = [rows[pk] for pk in said if rows[pk].resolved_on and rows[pk].resolved_on > datetime(2026, 11, 20).date()]
    assert open_before > 0
    assert decided


def test_searching_twice_changes_nothing() -> None:
    panel = market_data.whole_panel("pocket", NOW)
    scanning.standing(universe="pocket", now=NOW)
    before = list(PatternSignal.objects.order_by("pk").values())
    stray = PatternSignal.objects.first()
    stray.pk, stray.pattern = None, "not_found_any_more"
    stray.save()
    scanning._search(panel, "pocket", "another state", panel.dates[-1].item(), NOW)
    assert list(PatternSignal.objects.order_by("pk").values()) == before


def test_two_universes_keep_their_own_rows() -> None:
    make_universe("twin")
    for name in ("pocket", "twin"):
        scanning.standing(universe=name, now=NOW)
    counts = {name: PatternSignal.objects.filter(universe=name).count() for name in ("pocket", "twin")}
    assert counts["pocket"] == counts["twin"] > 100


def test_a_signal_is_there_once() -> None:
    scanning.standing(universe="pocket", now=NOW)
    row = PatternSignal.objects.first()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    row.pattern, row.confidence = "another", 90
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_symbols_of_the_universe_read_what_was_kept() -> None:
    scanning.standing(universe="pocket", now=NOW)
    for symbol in ("TCS", "SBIN"):
        found = reading.symbol_patterns(symbol=f"NSE:{symbol}", universe="pocket", sessions=30, now=NOW)
        kept = PatternSignal.objects.filter(instrument__symbol=symbol)
        names = ("session", "pattern", "confidence", "n", "wins", "outcome", "resolved_on", "close")
        read = {tuple(row[name] for name in names) for row in found.signals}
        assert read == set(kept.values_list(*names))
        assert max(row["session"] for row in found.signals) <= found.as_of.date() < NOW.date()


def test_a_symbol_outside_the_universe_is_judged_by_its_record() -> None:
    Instrument.objects.create(exchange="NSE", symbol="LT", segment="EQ", instrument_type="EQ")
    found = reading.symbol_patterns(symbol="NSE:LT", universe="pocket", sessions=250, now=NOW)
    assert found.signals
    assert max(row["n"] for row in found.signals) > 100
    assert [row["session"] for row in found.signals] == sorted((row["session"] for row in found.signals), reverse=True)


def test_an_option_has_no_record_of_shares() -> None:
    found = scanning.standing(universe="pocket", now=NOW)
    share = reading.symbol_panel(found, "NSE:TCS", NOW)
    assert share is not None
    assert scanning.judged_column(found, share).n.max() > 100
    option = replace(share, symbols=("NFO:TCS26NOV3000CE",))
    judged = scanning.judged_column(found, option)
    assert len(judged.n)
    assert (judged.n.max(), judged.wins.max(), set(judged.confidence)) == (0, 0, {50})
    assert np.isnan(judged.chance).all()


def test_every_chart_pattern_has_letters_of_its_own_on_the_chart() -> None:
    chart = [pattern for pattern in BY_KEY.values() if pattern.kind == CHART]
    assert set(SHORT) == {pattern.key for pattern in chart}
    assert len({(pattern.sign, SHORT[pattern.key]) for pattern in chart}) == len(chart)
    assert all(1 <= len(letters) <= 3 for letters in SHORT.values())


def test_unknown_names() -> None:
    with pytest.raises(NotFound):
        reading.symbol_patterns(symbol="NSE:NOSUCH", universe="pocket", sessions=30, now=NOW)
    with pytest.raises(InvalidRequest, match="no universe"):
        reading.symbol_patterns(symbol="NSE:TCS", universe="nowhere", sessions=30, now=NOW)
    with pytest.raises(NotFound):
        similar.analogues(symbol="NSE:NOSUCH", bars=30, after=20, universe="pocket", now=NOW)


def test_a_known_symbol_without_bars_has_no_patterns() -> None:
    Instrument.objects.create(exchange="NSE", symbol="QUIETCO", segment="EQ", instrument_type="EQ")
    found = reading.symbol_patterns(symbol="NSE:QUIETCO", universe="pocket", sessions=30, now=NOW)
    assert found.signals == []
    with pytest.raises(InvalidRequest, match="has 0 daily bars"):
        similar.analogues(symbol="NSE:QUIETCO", bars=30, after=20, universe="pocket", now=NOW)


def test_liquidity_is_the_place_by_traded_rupees() -> None:
    panel = market_data.whole_panel("pocket", NOW)
    places = liquidity(panel, panel.shape[0] - 1)
    traded = np.median((panel.close * panel.volume)[-20:], axis=0)
    assert np.argsort(places).tolist() == np.argsort(traded).tolist()
    assert np.sort(places) == pytest.approx((np.arange(12) + 0.5) / 12)


def test_the_snapshots_signals_are_the_best_of_the_last_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(top, "UNIVERSE", "pocket")
    scanning.standing(universe="pocket", now=NOW)
    rows = PatternSignal.objects.filter(session=PatternScan.objects.get().session).exclude(direction="neutral")
    found = top.top_signals(NOW)
    best: dict[str, float] = {}
    for row in rows:
        best[row.instrument.key] = max(best.get(row.instrument.key, 0.0), row.score)
    assert [one.symbol for one in found] == sorted(best, key=lambda symbol: -best[symbol])[:10]
    for one in found:
        assert rows.filter(pattern=one.pattern, confidence=one.confidence, score=best[one.symbol]).exists()
        assert rows.filter(data_source=one.data_source, session=one.session).exists()


def test_without_a_search_the_worker_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(top, "enqueue", asked.append)
    assert top.top_signals(NOW) == ()
    top._read_at = float("-inf")
    assert top.top_signals(NOW) == ()
    assert asked == ["signals.find_patterns"]


@pytest.mark.django_db(transaction=True)
def test_the_task_runs_once_a_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[datetime] = []
    monkeypatch.setattr(scanning, "standing", lambda *, now: searched.append(now))
    monkeypatch.setattr(tasks.clock, "now", lambda: NOW)
    for _ in range(3):
        tasks.find_patterns()
    assert searched == [NOW]
    assert JobSlot.objects.get(job="signals.find_patterns").status == "done"


@pytest.mark.django_db(transaction=True)
def test_a_slot_without_a_universe_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.clock, "now", lambda: NOW)
    tasks.find_patterns()
    slot = JobSlot.objects.get(job="signals.find_patterns")
    assert (slot.status, slot.note) == ("skipped", "There is no universe 'nifty_100'.")


def test_analogues_of_a_symbol() -> None:
    found = similar.analogues(symbol="NSE:TCS", bars=30, after=20, universe="pocket", now=NOW)
    assert len(found.matches) == similar.MATCHES
    assert len(found.window) == 30
    assert found.window[-1] == 0.0
    summary = similar.rendered_summary(found.summary)
    assert summary["up"] == sum(match.return_pct > 0 for match in found.matches)
    assert summary["up_low_pct"] <= summary["up_pct"] <= summary["up_high_pct"]
    for match in found.matches:
        row = similar.rendered_match(found, match)
        assert row["start"] < row["end"] < found.end


@pytest.mark.parametrize(("bars", "after"), [(9, 20), (251, 20), (30, 0), (30, 61)])
def test_numbers_out_of_range(bars: int, after: int) -> None:
    with pytest.raises(InvalidRequest, match="between"):
        similar.analogues(symbol="NSE:TCS", bars=bars, after=after, universe="pocket", now=NOW)


def test_a_process_is_warmed_only_by_what_is_kept() -> None:
    warming.warm(now=NOW)
    assert not PatternScan.objects.exists()
    scanning.standing(universe="pocket", now=NOW)
    PatternScan.objects.update(universe="nifty_100")
    warming.warm(now=NOW)  # no such universe any more: said in the log, no failure
