"""No look-ahead on real prices: needs MARKET_DATA_DIR with daily bars of the exchange."""

import os
from pathlib import Path

import numpy as np
import pytest

from engines.panel import BarColumns, PricePanel, align
from engines.patterns.catalogue import BY_NUMBER, PATTERNS
from engines.patterns.record import kinds, record
from engines.patterns.scan import find
from engines.patterns.tests.made import panel_of
from engines.patterns.tests.test_properties import cut, judged_of, known_before, with_other_future

FILE = Path(os.environ.get("MARKET_DATA_DIR", "")) / "daily" / "nse_eq_daily_raw.parquet"
pytestmark = pytest.mark.skipif(not (os.environ.get("MARKET_DATA_DIR") and FILE.exists()), reason="no real data")


@pytest.fixture(scope="module")
def real() -> PricePanel:
    """Return the first 60 symbols; unadjusted, which the arithmetic of the rules does not mind."""
    import pandas

    rows = pandas.read_parquet(FILE)
    symbols = sorted(rows["symbol"].unique())[:60]
    rows = rows[rows["symbol"].isin(symbols)]
    place = {symbol: at for at, symbol in enumerate(symbols)}
    ts = pandas.to_datetime(rows["date"]).to_numpy("datetime64[s]").astype(np.int64)
    prices = (rows[name].to_numpy(np.float64) for name in ("open", "high", "low", "close"))
    column = rows["symbol"].map(place).to_numpy(np.int64)
    _, fields = align(BarColumns(column, ts, *prices, rows["volume"].to_numpy(np.int64)), len(symbols))
    return panel_of(*(fields[name] for name in ("open", "high", "low", "close", "volume")))


def test_the_future_changes_nothing(real: PricePanel) -> None:
    rows = 1_500
    whole = judged_of(real)
    expected = known_before(whole, rows)
    assert {BY_NUMBER[row[2], row[3]].key for row in expected} == {pattern.key for pattern in PATTERNS}
    assert known_before(judged_of(cut(real, rows)), rows) == expected
    assert known_before(judged_of(with_other_future(real, rows, 1)), rows) == expected


def test_the_record_stays_near_chance(real: PricePanel) -> None:
    """Patterns with a thousand decided signals win about as often as any bar: a large edge would be a look-ahead."""
    often = [kind for kind in kinds(record(real, find(real))) if kind.n >= 1_000]
    assert len(often) >= 8
    for kind in often:
        assert abs(kind.wins / kind.n - kind.chance) < 0.06
