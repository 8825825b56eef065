"""The pass over one symbol's bars that writes down every pattern, and the pass over a panel."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from engines.panel import Floats, Ints, PricePanel
from engines.patterns import candles, charts
from engines.patterns.bars import Measures, OwnBars, measures, own_bars
from engines.patterns.candles import Bars, mirrored, one_symbol
from engines.patterns.catalogue import (
    CODES,
    DOJI,
    DOUBLE,
    ENGULFING,
    FLAG,
    HAMMER,
    HARAMI,
    HEAD_AND_SHOULDERS,
    INSIDE_BAR,
    INSIDE_BREAKOUT,
    MARUBOZU,
    NR7,
    NR7_BREAKOUT,
    PIERCING,
    RISING_TRIANGLE,
    SOLDIERS,
    SQUEEZE,
    STAR,
    SYMMETRIC_TRIANGLE,
    YEAR_BREAKOUT,
)
from engines.patterns.charts import POINTS, SHAPE_WIDTH
from engines.patterns.compiling import rule, whole
from engines.patterns.swings import turn

#: Symbols that are measured side by side; bounds the memory of a pass.
_CHUNK: Final = 32


class Hits(NamedTuple):
    """What one pass writes: bar, code and points (K, 6) of each pattern found."""

    at: Ints
    code: Ints
    points: Ints


@dataclass(frozen=True, slots=True)
class Signals:
    """Patterns found in a panel, by row, then column, then pattern; K of them.

    ``row``, ``column``: place in the panel of the bar whose close completed the pattern. ``code``, ``sign``: which
    (`catalogue`). ``points`` (K, 6): rows of the turns it is made of, -1 for none. ``atr``: rupees, on that bar.
    ``trend``: -1, 0, 1. ``volume_ratio``: to the 20 bars before, NaN unknown.
    """

    row: Ints
    column: Ints
    code: Ints
    sign: Ints
    points: Ints
    atr: Floats
    trend: Floats
    volume_ratio: Floats

    def __len__(self) -> int:
        return len(self.row)


@whole
def _candles(b: Bars, neutral: bool, hits: Hits) -> int:
    """Write the candlestick patterns of one side; return how many."""
    found, inside, narrow = 0, -1, -1
    for t in range(len(b.close)):
        if not b.atr[t] > 0.0:
            continue
        is_inside, is_narrowest = candles.is_inside(b, t), candles.is_narrowest(b, t)
        if neutral:
            found = _put(hits, found, t, DOJI, candles.is_doji(b, t))
            found = _put(hits, found, t, INSIDE_BAR, is_inside)
            found = _put(hits, found, t, NR7, is_narrowest)
        found = _put(hits, found, t, HAMMER, candles.is_hammer(b, t))
        found = _put(hits, found, t, ENGULFING, candles.is_engulfing(b, t))
        found = _put(hits, found, t, PIERCING, candles.is_piercing(b, t))
        found = _put(hits, found, t, STAR, candles.is_star(b, t))
        found = _put(hits, found, t, SOLDIERS, candles.is_soldiers(b, t))
        found = _put(hits, found, t, HARAMI, candles.is_harami(b, t))
        found = _put(hits, found, t, MARUBOZU, candles.is_marubozu(b, t))
        of_inside, of_narrow = candles.breakout(b, t, inside, inside - 1), candles.breakout(b, t, narrow, narrow)
        found = _put(hits, found, t, INSIDE_BREAKOUT, of_inside > 0)
        found = _put(hits, found, t, NR7_BREAKOUT, of_narrow > 0)
        inside = t if is_inside else (-1 if of_inside else inside)
        narrow = t if is_narrowest else (-1 if of_narrow else narrow)
    return found


@rule
def _put(hits: Hits, found: int, t: int, code: int, there: bool) -> int:
    if not there:
        return found
    hits.at[found], hits.code[found] = t, code
    for k in range(POINTS):
        hits.points[found, k] = -1
    return found + 1


@whole
def _charts(b: Bars, year_high: Floats, upper: Floats, squeezed: Floats, hits: Hits, found: int) -> int:
    """Write the chart patterns of one side behind the first ``found``; return how many there are then."""
    is_high, at = np.zeros(len(b.close)), np.zeros(len(b.close), np.int64)
    shapes = np.full((4, SHAPE_WIDTH), -1.0)
    double, shoulders, rising, symmetric = shapes[0], shapes[1], shapes[2], shapes[3]
    count, before = 0, -1
    points = np.full(POINTS, -1, np.int64)
    for t in range(len(b.close)):
        if not b.atr[t] > 0.0:
            continue
        low = charts.new_low_pivot(b, t)
        if low >= 0:
            charts.double_bottom(b, low, before, double)
            before = low
        newest = at[count - 1] if count else -1
        count = turn(b, t, is_high, at, count)
        if count and at[count - 1] != newest:
            charts.inverse_head_and_shoulders(b, at, is_high, count, shoulders)
            charts.triangle(b, t, at, is_high, count, rising, symmetric)
        found = _shape(b, t, double, DOUBLE, hits, found)
        found = _shape(b, t, shoulders, HEAD_AND_SHOULDERS, hits, found)
        found = _shape(b, t, rising, RISING_TRIANGLE, hits, found)
        found = _shape(b, t, symmetric, SYMMETRIC_TRIANGLE, hits, found)
        if charts.bull_flag(b, t, points):
            found = _put(hits, found, t, FLAG, True)
            for k in range(3):
                hits.points[found - 1, k] = points[k]
        found = _put(hits, found, t, YEAR_BREAKOUT, charts.year_breakout(b, t, year_high))
        found = _put(hits, found, t, SQUEEZE, charts.squeeze_breakout(b, t, upper, squeezed))
    return found


@rule
def _shape(b: Bars, t: int, shape: Floats, code: int, hits: Hits, found: int) -> int:
    if not charts.fires(b, t, shape):
        return found
    found = _put(hits, found, t, code, True)
    for k in range(POINTS):
        hits.points[found - 1, k] = np.int64(shape[SHAPE_WIDTH - POINTS + k])
    return found


def find(panel: PricePanel) -> Signals:
    """Return every pattern of every symbol of a panel of days. Prices must be adjusted (`engines.panel`)."""
    parts: list[Signals] = []
    for first in range(0, panel.shape[1], _CHUNK):
        part = slice(first, first + _CHUNK)
        tables = (table[:, part] for table in (panel.open, panel.high, panel.low, panel.close, panel.volume))
        bars = own_bars(*tables)
        measured = measures(bars) if len(bars.close) else None
        for at in range(bars.close.shape[1]) if measured else ():
            found = _one(bars, measured, at)
            if found is not None:
                parts.append(_placed(found, bars, measured, at, first + at))
    return _sorted(parts)


def _one(bars: OwnBars, measured: Measures, at: int) -> tuple[Hits, Ints] | None:
    """Return the hits of one column, both sides, and the sign of each."""
    count = int(bars.count[at])
    if not count:
        return None
    names = (bars.open, bars.high, bars.low, bars.close, measured.atr, measured.trend)
    up = one_symbol(*(table[:count, at] for table in names))
    squeezed = np.ascontiguousarray(measured.squeezed[:count, at], np.float64)
    sides = (
        (up, True, measured.year_high[:count, at], measured.upper[:count, at]),
        (mirrored(up), False, -measured.year_low[:count, at], -measured.lower[:count, at]),
    )
    found, signs = [], []
    for side, is_up, year, band in sides:
        hits = _side(side, is_up, np.ascontiguousarray(year), np.ascontiguousarray(band), squeezed)
        neutral = np.isin(hits.code, (DOJI, INSIDE_BAR, NR7))
        found.append(hits)
        signs.append(np.where(neutral, 0, 1 if is_up else -1))
    both = Hits(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    return both, np.concatenate(signs)


def _side(side: Bars, neutral: bool, year: Floats, band: Floats, squeezed: Floats) -> Hits:
    room = CODES * len(side.close)
    hits = Hits(np.empty(room, np.int64), np.empty(room, np.int64), np.empty((room, POINTS), np.int64))
    found = _charts(side, year, band, squeezed, hits, _candles(side, neutral, hits))
    return Hits(hits.at[:found].copy(), hits.code[:found].copy(), hits.points[:found].copy())


def _placed(found: tuple[Hits, Ints], bars: OwnBars, measured: Measures, at: int, column: int) -> Signals:
    """Turn numbers of own bars into rows of the panel."""
    hits, sign = found
    row = bars.row[:, at]
    return Signals(
        row=row[hits.at],
        column=np.full(len(sign), column, np.int64),
        code=hits.code,
        sign=sign,
        points=np.where(hits.points >= 0, row[np.maximum(hits.points, 0)], -1),
        atr=measured.atr[hits.at, at],
        trend=measured.trend[hits.at, at],
        volume_ratio=measured.volume_ratio[hits.at, at],
    )


def _sorted(parts: list[Signals]) -> Signals:
    if not parts:
        whole, real = np.empty(0, np.int64), np.empty(0)
        return Signals(whole, whole, whole, whole, np.empty((0, POINTS), np.int64), real, real, real)
    names = Signals.__slots__
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    order = np.lexsort((-joined["sign"], joined["code"], joined["column"], joined["row"]))
    return Signals(**{name: column[order] for name, column in joined.items()})
