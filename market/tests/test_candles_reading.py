"""Reading stored bars: one source, adjusted or raw, resampled from the session's open."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest

from market.adapters.base import Bars
from market.models import CandleSeries, CorporateAction, Instrument
from market.selectors.candles import read_columns, read_series
from market.services.candle_store import BarRows, write_bars
from market.services.candles import SeriesRead, midnight_utc, read_bars, stored_series

pytestmark = pytest.mark.django_db
D = [date(2024, 1, day) for day in (15, 16, 17, 18, 19)]


@pytest.fixture
def rel() -> Instrument:
    return Instrument.objects.create(exchange="NSE", symbol="REL", segment="EQ", instrument_type="EQ")


def store(instrument: Instrument, ts: Any, close: Any, *, volume: int = 100, interval: str = "day", **kind: str) -> int:
    """Store bars that open, peak and bottom around ``close``; return the series' id."""
    fields = {"source": "import", "origin": "", "basis": "raw"} | kind
    series, _ = CandleSeries.objects.get_or_create(instrument=instrument, interval=interval, **fields)
    ts, close = np.asarray(ts, np.int64), np.asarray(close, np.float64)
    size = len(ts)
    opens, lows = np.maximum(close - 1, close / 2), np.maximum(close - 2, close / 4)
    ids, volumes, none = np.full(size, series.id), np.full(size, volume), np.full(size, -1)
    write_bars(BarRows(ids, ts, opens, close + 2, lows, close, volumes, none, np.ones(size, bool)))
    return series.id


def days(*which: date) -> list[int]:
    return [midnight_utc(day) for day in which]


def closes(read: SeriesRead | None) -> list[float]:
    assert read is not None
    return read.bars.close.round(6).tolist()


def test_what_is_written_is_read(rel: Instrument) -> None:
    series = store(rel, days(*D), [10, 11, 12, 13, 14])
    bars = read_series(series, *days(D[1], D[3]))
    assert (bars.close.tolist(), bars.volume.tolist()) == ([11, 12, 13], [100] * 3)
    assert bars.oi is not None
    assert bars.oi.tolist() == [-1] * 3
    assert bars.ts.dtype == np.int64


def test_many_series_come_sorted(rel: Instrument) -> None:
    other = Instrument.objects.create(exchange="NSE", symbol="TCS", segment="EQ", instrument_type="EQ")
    late, early = store(other, days(D[1], D[2]), [1.5, 2.5]), store(rel, days(D[2]), [9])
    found = read_columns([early, late, early])
    assert found.series.tolist() == sorted([late, late, early])
    assert len(read_columns([])) == 0
    assert read_columns([late], with_oi=False).oi.tolist() == [-1, -1]


def test_raw_prices_are_adjusted_by_our_own_factors(rel: Instrument) -> None:
    store(rel, days(*D), [100, 102, 51, 52, 53], volume=1000)
    CorporateAction.objects.create(instrument=rel, ex_date=D[2], kind="bonus", price_factor=0.5)
    CorporateAction.objects.create(instrument=rel, ex_date=D[3], kind="artefact", price_factor=9, is_applied=False)
    raw = read_bars(rel, "day", D[0], D[4], adjusted=False)
    ours = read_bars(rel, "day", D[0], D[4], adjusted=True)
    assert closes(raw) == [100, 102, 51, 52, 53]
    assert closes(ours) == [50, 51, 51, 52, 53]
    assert ours is not None
    assert ours.bars.volume.tolist() == [2000, 2000, 1000, 1000, 1000]
    assert (ours.source, ours.basis, ours.is_adjusted) == ("import", "adjusted", True)
    assert ours.as_of == datetime(2024, 1, 19, 10, tzinfo=UTC)


def test_a_vendors_adjusted_series_is_used_when_there_is_nothing_else(rel: Instrument) -> None:
    store(rel, days(*D), [50, 51, 51, 52, 53], source="yahoo", basis="adjusted")
    CorporateAction.objects.create(instrument=rel, ex_date=D[2], kind="bonus", price_factor=0.5)
    assert closes(read_bars(rel, "day", D[0], D[4], adjusted=True)) == [50, 51, 51, 52, 53]
    assert read_bars(rel, "day", D[0], D[4], adjusted=False) is None
    store(rel, days(*D), [100, 102, 51, 52, 53])
    read = read_bars(rel, "day", D[0], D[4], adjusted=True)
    assert read is not None
    assert read.source == "import"


def test_one_source_answers_for_the_whole_range(rel: Instrument) -> None:
    store(rel, days(*D), [1, 2, 3, 4, 5], source="yahoo")
    store(rel, days(*D[2:]), [30, 40, 50], source="kite")
    assert closes(read_bars(rel, "day", D[0], D[4], adjusted=False)) == [30, 40, 50]  # kite first, never spliced
    assert closes(read_bars(rel, "day", D[0], D[1], adjusted=False)) == [1, 2]  # kite has nothing there
    assert closes(read_bars(rel, "day", D[0], D[4], adjusted=False, source="yahoo")) == [1, 2, 3, 4, 5]


def test_of_two_imports_the_one_that_covers_more_answers(rel: Instrument) -> None:
    store(rel, days(D[0], D[4]), [1, 5], origin="sparse")
    store(rel, days(*D[1:4]), [20, 30, 40], origin="dense")
    read = read_bars(rel, "day", D[0], D[4], adjusted=False)
    assert read is not None
    assert (read.origin, closes(read)) == ("dense", [20, 30, 40])


def test_finer_bars_answer_for_longer_ones(rel: Instrument) -> None:
    opens = int(datetime(2024, 1, 15, 3, 45, tzinfo=UTC).timestamp())
    store(rel, [opens + 60 * n for n in range(375)], [100 + n for n in range(375)], volume=2, interval="minute")
    hours = read_bars(rel, "60minute", D[0], D[0], adjusted=True)
    assert hours is not None
    assert [(int(ts) - opens) // 60 for ts in hours.bars.ts] == [0, 60, 120, 180, 240, 300, 360]
    assert hours.bars.volume.tolist() == [120] * 6 + [30]
    assert hours.bars.open[1] == 159
    assert hours.bars.close[1] == 219
    day = read_bars(rel, "day", D[0], D[0], adjusted=True)
    assert day is not None
    assert (day.bars.ts.tolist(), day.bars.high[0], day.bars.volume[0]) == (days(D[0]), 476, 750)
    assert [series.interval for series in stored_series(rel, "15minute")] == ["minute"]


def test_intraday_ranges_are_instants_or_whole_days(rel: Instrument) -> None:
    opens = datetime(2024, 1, 15, 3, 45, tzinfo=UTC)
    store(rel, [int(opens.timestamp()) + 60 * n for n in range(10)], range(10, 20), interval="minute")
    assert len(closes(read_bars(rel, "minute", D[0], D[0], adjusted=True))) == 10
    assert closes(read_bars(rel, "minute", opens, opens.replace(minute=47), adjusted=True)) == [10, 11, 12]
    assert closes(read_bars(rel, "5minute", opens.replace(minute=50), opens.replace(minute=50), adjusted=True)) == [19]


def test_special_sessions_are_counted_from_their_own_open(rel: Instrument) -> None:
    """2024-03-02 traded 09:15-10:00 and 11:30-12:30."""
    opens = int(datetime(2024, 3, 2, 3, 45, tzinfo=UTC).timestamp())
    minutes = [*range(45), *range(135, 195)]
    store(rel, [opens + 60 * n for n in minutes], [10.0] * len(minutes), interval="minute")
    read = read_bars(rel, "60minute", date(2024, 3, 2), date(2024, 3, 2), adjusted=True)
    assert read is not None
    assert [(int(ts) - opens) // 60 for ts in read.bars.ts] == [0, 120, 180]


def test_the_fallback_is_asked_only_when_nothing_is_stored(rel: Instrument) -> None:
    one = np.ones(1)
    given = SeriesRead(Bars(np.ones(1, np.int64), one, one, one, one, np.ones(1, np.int64)), "yahoo", "", "raw", None)
    assert read_bars(rel, "day", D[0], D[4], adjusted=True, fallback=lambda: given) is given
    assert read_bars(rel, "day", D[0], D[4], adjusted=True) is None
    store(rel, days(*D), [1, 2, 3, 4, 5])
    assert closes(read_bars(rel, "day", D[0], D[4], adjusted=True, fallback=lambda: given)) == [1, 2, 3, 4, 5]
    beyond = read_bars(rel, "day", date(2030, 1, 1), date(2030, 1, 2), adjusted=True, fallback=lambda: given)
    assert beyond is not None
    assert (len(beyond.bars), beyond.source, beyond.as_of) == (0, "import", None)
