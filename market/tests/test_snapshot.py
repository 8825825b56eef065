"""The index snapshot and the warmers that keep it."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from core.errors import DataUnavailable
from market.services.market_hours import MarketHours
from market.services.quotes import Entry, QuoteStore
from market.services.snapshot import BANKNIFTY, NIFTY, MarketState, PatternSignal, sector_changes, snapshot
from market.services.warmers import Warmers
from market.tests.live import NOW, Time, quote
from market.tests.test_quotes import Clock, Source


def entry(symbol: str, price: float, **extra: Any) -> Entry:
    return Entry(quote(symbol, price, **extra), "simulated", 0.0)


def test_changes_are_percent_of_the_previous_close() -> None:
    nifty, bank = entry(NIFTY, 25_250.0, prev_close=25_000.0), entry(BANKNIFTY, 99.0, prev_close=100.0)
    answer = snapshot(
        entries={NIFTY: nifty, BANKNIFTY: bank},
        sectors={},
        market=MarketState(True, "OPEN", "CLOSED", NOW),
        signals=[PatternSignal("NSE:A", "double_bottom", 71.26, "import", date(2026, 11, 17))],
        now=NOW,
    )
    assert (answer["nifty_price"], answer["nifty_change"], answer["banknifty_change"]) == (25_250.0, 1.0, -1.0)
    assert (answer["sensex_price"], answer["sensex_change"], answer["vix"]) == (None, None, None)
    told = {"data_source": "import", "session": "2026-11-17"}  # of another source and day than the quotes
    assert answer["signals"] == [{"symbol": "NSE:A", "pattern": "double_bottom", "confidence": 71.3} | told]
    assert answer["market"]["as_of_ist"] == "2026-11-20T10:30:00+05:30"
    assert answer["data_source"] == "simulated"


def test_without_any_index_there_is_no_snapshot() -> None:
    with pytest.raises(DataUnavailable):
        snapshot(entries={}, sectors={}, market=MarketState(True, "OPEN"), signals=[], now=NOW)


def test_a_sector_is_weighted_by_the_rupees_traded() -> None:
    entries = {
        "NSE:A": entry("NSE:A", 110.0, prev_close=100.0, volume=300),  # 33,000 rupees, +10 %
        "NSE:B": entry("NSE:B", 90.0, prev_close=100.0, volume=100),  # 9,000 rupees, -10 %
        "NSE:C": entry("NSE:C", 50.0, prev_close=None),
        "NSE:D": entry("NSE:D", 102.0, prev_close=100.0),
    }
    rows = sector_changes(entries, {"NSE:A": "IT", "NSE:B": "IT", "NSE:C": "Metals", "NSE:D": "", "NSE:E": "IT"})
    assert rows == [{"name": "IT", "change_pct": 5.71}, {"name": "Other", "change_pct": 2.0}]


class Rig:
    """Warmers over a source that a test commands."""

    def __init__(self) -> None:
        self.time = Time()
        self.source = Source(self.time)
        self.source.prices = {NIFTY: 25_000.0, "NSE:A": 10.0}
        self.hours = MarketHours(lambda symbol: Clock())
        self.store = QuoteStore(self.source, monotonic=self.time.monotonic, is_open=self.hours.is_open)
        self.warmers = Warmers(
            self.store,
            self.hours,
            sectors=lambda now: {"NSE:A": "IT"},
            market=lambda now: MarketState(True, "OPEN"),
            signals=self.signals,
            now=self.time.now,
            monotonic=self.time.monotonic,
        )

    def signals(self, now: Any) -> list[PatternSignal]:
        raise RuntimeError("patterns are broken")


def test_warm_then_stale_when_nothing_refreshes_it() -> None:
    rig = Rig()
    assert rig.warmers.report() == {"index:snapshot": "cold", "quotes:warm": "cold"}
    assert rig.warmers.snapshot_at_once() is None
    rig.warmers.refresh()
    assert rig.warmers.report()["index:snapshot"] == "warm"
    body = rig.warmers.snapshot_at_once()
    assert body is not None
    assert json.loads(body)["sectors"] == [{"name": "IT", "change_pct": -87.5}]
    assert json.loads(body)["signals"] == []  # a broken provider of patterns costs the patterns only
    rig.time.at_s += 11
    assert rig.warmers.report()["index:snapshot"] == "stale"
    assert rig.warmers.snapshot_at_once() is None
    assert json.loads(rig.warmers.snapshot())["as_of"] == "2026-11-20T05:00:11Z"


def test_quotes_are_renewed_before_they_are_too_old_to_be_handed_out() -> None:
    rig = Rig()
    rig.warmers.refresh()
    for _ in range(20):
        rig.time.at_s += 1
        rig.warmers.refresh()
        assert rig.store.fresh([NIFTY, "NSE:A"], now=rig.time.now()) is not None


def test_a_source_that_fails_leaves_the_last_snapshot_with_its_instant() -> None:
    rig = Rig()
    rig.warmers.refresh()
    rig.source.failing = True
    rig.time.at_s += 100
    assert json.loads(rig.warmers.snapshot())["as_of"] == "2026-11-20T05:00:00Z"


def test_nothing_at_all_is_unavailable() -> None:
    rig = Rig()
    rig.source.failing = True
    with pytest.raises(DataUnavailable):
        rig.warmers.snapshot()


def test_what_must_tick_is_indices_and_members() -> None:
    rig = Rig()
    rig.warmers.refresh()
    assert {NIFTY, "NSE:A"} < set(rig.warmers.warm_symbols())
    assert NOW + timedelta(0) == rig.time.now()
