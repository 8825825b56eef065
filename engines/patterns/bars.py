"""The bars that patterns are looked for in: a symbol's own bars of days on which its price was free to move."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.indicators.arrays import lag
from engines.indicators.windows import bollinger, rolling_max, rolling_min, rolling_sum
from engines.panel import Flags, Floats, Ints
from engines.strategy.kernels import smooth, true_range

ATR_BARS: Final = 14
TREND_BARS: Final = 20
TREND_OVER: Final = 5
VOLUME_BARS: Final = 20
YEAR_BARS: Final = 252
BAND_BARS: Final = 20
BAND_WIDTH: Final = 2.0
#: Sessions of six months, over which a squeeze is the narrowest.
SQUEEZE_BARS: Final = 126
#: The exchange's daily price bands: a close at the bar's own extreme, this far from the close before, was stopped.
BANDS: Final = (0.05, 0.10, 0.20)
#: A band ends on a tick: the last step short of it may be as large as this share of the price.
BAND_TOLERANCE: Final = 0.0015


def circuit_days(high: Floats, low: Floats, close: Floats) -> Flags:
    """Return (M, W): whether a bar was stopped by its price band. Own bars without gaps before a column's end.

    A bar with a single price, or one that closed at its high (low) just within a band of 5, 10 or 20 % above (below)
    the close before.
    """
    before = lag(close, 1)
    stopped = high == low
    for end, sign in ((high, 1.0), (low, -1.0)):
        move = sign * (close / np.where(before > 0.0, before, np.nan) - 1.0)
        for band in BANDS:
            stopped |= (close == end) & (move > band - BAND_TOLERANCE) & (move <= band + 1e-9)
    return stopped & ~np.isnan(close)


@dataclass(frozen=True, slots=True)
class OwnBars:
    """Bars of W symbols, row k of a column being that symbol's k-th bar; (M, W), NaN beyond its last.

    ``row``: row of the panel each bar stands in, -1 beyond the last. ``count`` (W,): bars of each.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    row: Ints
    count: Ints


def own_bars(open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats) -> OwnBars:
    """Return the bars of (T, W) panel columns that have all four prices, circuit days left out."""
    there = np.isfinite(open_) & np.isfinite(high) & np.isfinite(low) & np.isfinite(close)
    own = _packed(there, (open_, high, low, close, volume))
    stopped = circuit_days(own.high, own.low, own.close)
    if not stopped.any():
        return own
    free = (own.row >= 0) & ~stopped
    again = _packed(free, (own.open, own.high, own.low, own.close, own.volume))
    columns = np.arange(free.shape[1])
    row = np.where(again.row >= 0, own.row[np.maximum(again.row, 0), columns], -1)
    return OwnBars(again.open, again.high, again.low, again.close, again.volume, row, again.count)


def _packed(there: Flags, tables: tuple[Floats, ...]) -> OwnBars:
    count = there.sum(axis=0).astype(np.int64)
    length = int(count.max(initial=0))
    rows, columns = np.nonzero(there)
    place = (np.cumsum(there, axis=0) - 1)[rows, columns]
    packed = []
    for table in tables:
        out = np.full((length, there.shape[1]), np.nan)
        out[place, columns] = table[rows, columns]
        packed.append(out)
    row = np.full((length, there.shape[1]), -1, np.int64)
    row[place, columns] = rows
    return OwnBars(*packed, row, count)


@dataclass(frozen=True, slots=True)
class Measures:
    """What rules measure by, each (M, W). ``atr``: Wilder's of 14 bars, rupees. ``trend``: sign of the change of the
    20-bar exponential average over 5 bars, 0 while unknown. ``volume_ratio``: to the mean of the 20 bars before.
    ``year_high``, ``year_low``: of the 252 bars before the bar. ``upper``, ``lower``: Bollinger bands.
    ``squeezed``: whether one of the 5 bars before had the narrowest bands of six months."""

    atr: Floats
    trend: Floats
    volume_ratio: Floats
    year_high: Floats
    year_low: Floats
    upper: Floats
    lower: Floats
    squeezed: Flags


def measures(bars: OwnBars) -> Measures:
    """Measure own bars."""
    average = _average(bars.close, 0, TREND_BARS, wilder=False)
    slope = average - lag(average, TREND_OVER)
    usual = lag(rolling_sum(np.nan_to_num(bars.volume), VOLUME_BARS), 1) / VOLUME_BARS
    upper, middle, lower = bollinger(bars.close, BAND_BARS, BAND_WIDTH)
    width = (upper - lower) / np.where(middle == 0.0, np.nan, middle)
    narrowest = width <= rolling_min(width, SQUEEZE_BARS)
    squeezed = np.zeros(width.shape, bool)
    for bars_ago in range(1, 6):
        squeezed[bars_ago:] |= narrowest[:-bars_ago]
    return Measures(
        atr=average_range(bars),
        trend=np.nan_to_num(np.sign(slope)),
        volume_ratio=bars.volume / np.where(usual > 0.0, usual, np.nan),
        year_high=lag(rolling_max(bars.high, YEAR_BARS), 1),
        year_low=lag(rolling_min(bars.low, YEAR_BARS), 1),
        upper=upper,
        lower=lower,
        squeezed=squeezed,
    )


def average_range(bars: OwnBars) -> Floats:
    """Return Wilder's average true range of 14 bars, (M, W) in rupees; the first is at bar 14."""
    ranges = np.empty(bars.close.shape)
    true_range(bars.high, bars.low, bars.close, ranges)
    return _average(ranges, 1, ATR_BARS, wilder=True)


def _average(values: Floats, first: int, n: int, *, wilder: bool) -> Floats:
    out = np.empty(values.shape)
    smooth(values, first, n, wilder, out)
    return out
