"""Every level is the aggregation of the next: days of minutes, minutes of ticks; nothing shows what has not
happened.
"""

import numpy as np
import pytest

from engines.simulation import Bars, SimulatedMarket
from engines.simulation.tests.conftest import NOW

SYMBOLS = [
    "NSE:RELIANCE",
    "BSE:RELIANCE",
    "NSE:BOSCHLTD",
    "BSE:BOSCHLTD",
    "NSE:M&M",
    "NSE:LIQUIDBEES",
    "NSE:GOLDBEES",
    "NSE:NIFTYBEES",
    "NSE:NIFTY 50",
    "BSE:SENSEX",
    "NSE:INDIA VIX",
    "NFO:NIFTY26NOVFUT",
    "BFO:SENSEX26DECFUT",
    "NFO:TCS26NOVFUT",
    "NFO:NIFTY26NOV25000CE",
    "NFO:NIFTY26D0125000PE",
    "BFO:SENSEX26NOV84000CE",
    "NFO:BANKNIFTY26DEC54000PE",
]
FAR = 1_900_000_000
DAY = "2026-11-20"
MARKETS = ["market", "exchange_hours"]


@pytest.fixture(params=MARKETS)
def any_market(request: pytest.FixtureRequest) -> SimulatedMarket:
    return request.getfixturevalue(request.param)


def _columns(bars: Bars) -> list[np.ndarray]:
    return [bars.open, bars.high, bars.low, bars.close, bars.volume]


def _check_shape(bars: Bars) -> None:
    assert np.all(bars.high >= np.maximum(bars.open, bars.close))
    assert np.all(bars.low <= np.minimum(bars.open, bars.close))
    assert np.all(bars.low > 0)
    assert np.all(bars.volume >= 0)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_days_aggregate_minutes(any_market: SimulatedMarket, symbol: str) -> None:
    day = any_market.daily([symbol], DAY, DAY, until=FAR)
    minutes = any_market.minutes(symbol, DAY, until=FAR)
    _check_shape(minutes)
    assert len(minutes.times) == any_market.sessions.minutes[any_market.sessions.ordinal_of(DAY)]
    assert minutes.open[0] == day.open[0, 0]
    assert minutes.high.max() == day.high[0, 0]
    assert minutes.low.min() == day.low[0, 0]
    assert minutes.close[-1] == day.close[0, 0]
    assert minutes.volume.sum() == day.volume[0, 0]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_minutes_aggregate_ticks(any_market: SimulatedMarket, symbol: str) -> None:
    sessions = any_market.sessions
    opened = sessions.open_of(sessions.ordinal_of(DAY))
    minutes = any_market.minutes(symbol, DAY, until=FAR)
    count = 370
    ticks = any_market.ticks(symbol, opened, opened + 60 * count)
    minute = (ticks.times_ms - 1_000 * opened) // 60_000
    starts = np.searchsorted(minute, np.arange(count))
    assert np.all(np.diff(ticks.times_ms) > 0)
    assert np.array_equal(np.unique(minute), np.arange(count))
    ends = np.append(starts[1:], len(minute)) - 1
    assert np.array_equal(ticks.price[starts], minutes.open[:count])
    assert np.array_equal(np.maximum.reduceat(ticks.price, starts), minutes.high[:count])
    assert np.array_equal(np.minimum.reduceat(ticks.price, starts), minutes.low[:count])
    assert np.array_equal(ticks.price[ends], minutes.close[:count])
    assert np.array_equal(np.add.reduceat(ticks.quantity, starts), minutes.volume[:count])


def test_every_static_instrument_aggregates(market: SimulatedMarket) -> None:
    """All rows at once, through the session frame that quotes are read from."""
    ordinal = market.sessions.ordinal_of(DAY)
    frame = market._cash.frame(ordinal)
    rows = np.arange(len(market.listing.instruments))
    day = market._cash.days(rows, range(ordinal, ordinal + 1)).bars.take(0)
    bars = frame.bars
    assert np.array_equal(bars.open[:, 0], day.open)
    assert np.array_equal(bars.high.max(axis=1), day.high)
    assert np.array_equal(bars.low.min(axis=1), day.low)
    assert np.array_equal(bars.close[:, -1], day.close)
    assert np.array_equal(bars.volume.sum(axis=1), day.volume)
    for minute in (0, 1, 700, 1_439):
        ticks = frame.ticks(minute)
        price = np.where(ticks.happened, ticks.price, np.nan)
        assert np.array_equal(np.nanmax(price, axis=1), bars.high[:, minute])
        assert np.array_equal(np.nanmin(price, axis=1), bars.low[:, minute])
        assert np.array_equal(ticks.units.sum(axis=1), bars.volume[:, minute])
        assert np.all(ticks.units >= 0)


def test_one_row_equals_the_whole_frame(market: SimulatedMarket) -> None:
    alone = SimulatedMarket(market.seed, market.sessions)
    ordinal = market.sessions.ordinal_of("2026-11-18")
    frame = market._cash.frame(ordinal)
    for key in ("NSE:INFY", "BSE:INFY", "NSE:NIFTY BANK", "NSE:INDIA VIX", "NSE:ITBEES"):
        row = market.listing.row_of[key]
        single = alone.minutes(key, "2026-11-18", until=FAR)
        for column, whole in zip(_columns(single), frame.bars, strict=True):
            assert np.array_equal(column, whole[row]), key


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_bar_in_progress_is_its_ticks_so_far(market: SimulatedMarket, symbol: str) -> None:
    bars = market.minutes(symbol, "2026-11-21", until=NOW)
    minute_start = int(NOW.timestamp()) // 60 * 60
    assert bars.times[-1] == minute_start
    ticks = market.ticks(symbol, minute_start, NOW.timestamp() + 0.001)
    assert ticks.times_ms[-1] <= NOW.timestamp() * 1_000
    assert bars.open[-1] == ticks.price[0]
    assert bars.high[-1] == ticks.price.max()
    assert bars.low[-1] == ticks.price.min()
    assert bars.close[-1] == ticks.price[-1]
    assert bars.volume[-1] == ticks.quantity.sum()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_quotes_and_day_so_far_are_the_bars_so_far(market: SimulatedMarket, symbol: str) -> None:
    bars = market.minutes(symbol, "2026-11-21", until=NOW)
    quote = market.quotes([symbol], NOW)
    day = market.daily([symbol], "2026-11-20", "2026-11-25", until=NOW)
    assert day.dates.tolist() == [np.datetime64("2026-11-20").item(), np.datetime64("2026-11-21").item()]
    summary = [bars.open[0], bars.high.max(), bars.low.min(), bars.close[-1], bars.volume.sum()]
    assert [quote.open[0], quote.high[0], quote.low[0], quote.last_price[0], quote.volume[0]] == summary
    assert [day.open[1, 0], day.high[1, 0], day.low[1, 0], day.close[1, 0], day.volume[1, 0]] == summary
    assert quote.previous_close[0] == day.close[0, 0]
    assert quote.last_trade_ms[0] == market.ticks(symbol, NOW.timestamp() - 60, NOW.timestamp() + 0.001).times_ms[-1]


def test_intervals_are_anchored_at_the_open(exchange_hours: SimulatedMarket) -> None:
    sessions = exchange_hours.sessions
    opened = sessions.open_of(sessions.ordinal_of("2026-11-19"))
    bars = exchange_hours.bars("NSE:ITC", 60, opened, opened + 2 * 86_400, until=opened + 86_400 + 5_430)
    assert np.array_equal(bars.times[:7], opened + 3_600 * np.arange(7))
    assert np.array_equal(bars.times[7:], opened + 86_400 + 3_600 * np.arange(2))
    minutes = exchange_hours.minutes("NSE:ITC", "2026-11-19", until=FAR)
    assert bars.high[1] == minutes.high[60:120].max()
    assert bars.volume[6] == minutes.volume[360:].sum()
    partial = exchange_hours.minutes("NSE:ITC", "2026-11-20", until=opened + 86_400 + 5_430)
    assert bars.close[-1] == partial.close[-1]
    assert bars.volume[-1] == partial.volume[60:].sum()


def test_later_instants_only_add(market: SimulatedMarket) -> None:
    for symbol in ("NSE:SBIN", "NFO:NIFTY26NOVFUT", "NFO:NIFTY26NOV25000CE"):
        early = market.minutes(symbol, "2026-11-21", until=NOW)
        late = market.minutes(symbol, "2026-11-21", until=FAR)
        whole = len(early.times) - 1
        for before, after in zip(_columns(early), _columns(late), strict=True):
            assert np.array_equal(before[:whole], after[:whole])
        assert len(late.times) == 1_440


def test_outside_the_session(exchange_hours: SimulatedMarket) -> None:
    sessions = exchange_hours.sessions
    ordinal = sessions.ordinal_of("2026-11-20")
    night = sessions.close_of(ordinal) + 3_600
    assert len(exchange_hours.minutes("NSE:TCS", "2026-11-23", until=night).times) == 0
    quote = exchange_hours.quotes(["NSE:TCS"], night)
    day = exchange_hours.daily(["NSE:TCS"], "2026-11-20", "2026-11-30", until=night)
    assert len(day.dates) == 1
    assert quote.last_price[0] == day.close[0, 0]
    assert quote.volume[0] == day.volume[0, 0]
    with pytest.raises(ValueError, match="first opens on 2019-01-01"):
        exchange_hours.quotes(["NSE:TCS"], 1_500_000_000)
    with pytest.raises(KeyError, match="not a session"):
        exchange_hours.minutes("NSE:TCS", "2026-11-22", until=FAR)
