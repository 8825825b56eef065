"""No look-ahead on real index minutes (MARKET_DATA_DIR): analyses of the past know nothing of what came later."""

import os
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import numpy as np
import pytest

from engines.mvla.analysis import analyse
from engines.mvla.history import build
from engines.mvla.inputs import DayFacts, MinuteBars, Moment, Profile, SessionFacts, minute_bars
from engines.mvla.payload import payload
from engines.mvla.tests.markets import P, clock_at

FILE = Path(os.environ.get("MARKET_DATA_DIR", "/nonexistent")) / "intraday" / "index_1min_2024.parquet"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="MARKET_DATA_DIR is not set")
SESSIONS = 11
IST_S = 19_800


def _sessions(symbol: str) -> MinuteBars:
    """Eleven real sessions of an index, ending with 2024-04-10."""
    from pyarrow import compute, parquet

    table = parquet.read_table(FILE)
    table = table.filter(compute.equal(table["symbol"], symbol))
    ts = table["ts"].to_numpy().astype("datetime64[s]").astype(np.int64) - IST_S
    order = np.argsort(ts)
    columns = {name: table[name].to_numpy()[order].astype(float) for name in ("open", "high", "low", "close")}
    ts = ts[order]
    days = np.unique((ts + IST_S) // 86_400)
    last = int(np.searchsorted(days, np.datetime64("2024-04-10").astype(int), side="right"))
    opens = days[last - SESSIONS : last] * 86_400 + 9 * 3600 + 15 * 60 - IST_S
    inside = (ts >= opens[0]) & (ts < opens[-1] + 375 * 60)
    return minute_bars(
        ts=ts[inside], **{name: column[inside] for name, column in columns.items()}, volume=None, opens=opens,
        clock_starts=np.full(SESSIONS, 555.0),
    )  # fmt: skip


def _moment(index: str, bars: MinuteBars, minutes: int) -> Moment:
    at_s = float(bars.opens[-1] + 60 * minutes)
    session = SessionFacts(date(2024, 4, 10), clock_at(minutes))
    return Moment(index, at_s, float(bars.until(at_s).close[-1]), session, DayFacts(), Profile.INDEX_ONLY)


@pytest.mark.parametrize(("index", "symbol"), [("NIFTY", "NIFTY 50"), ("BANKNIFTY", "NIFTY BANK")])
def test_later_minutes_change_nothing(index: str, symbol: str) -> None:
    bars = _sessions(symbol)
    whole = build(bars, None, P)
    rng = np.random.default_rng(1)
    found = []
    for minutes in range(15, 346, 7):
        moment = _moment(index, bars, minutes)
        expected = payload(analyse(whole, moment))
        known = int(np.searchsorted(bars.ts, moment.at_s - 60, side="right"))
        order = np.concatenate([np.arange(known), known + rng.permutation(len(bars) - known)])
        names = ("open", "high", "low", "close")
        shuffled = replace(bars, **{name: getattr(bars, name)[order] for name in names})
        assert payload(analyse(build(bars.until(moment.at_s), None, P), moment)) == expected
        assert payload(analyse(build(shuffled, None, P), moment)) == expected
        found.append(expected["trade_direction"])
    assert len(set(found)) > 1
    assert analyse(whole, _moment(index, bars, 200)).strength.coverage == pytest.approx(0.70)


def test_hours_of_the_day_are_exchange_time() -> None:
    bars = _sessions("NIFTY 50")
    assert bars.clock[0] == 555.0
    assert clock_at(15) == time(9, 30)
    assert len(np.unique(bars.session)) == SESSIONS
