"""Chart patterns on swing pivots, each written once, for the side that ends in a close above a line.

The other side is the same rule on mirrored bars. A shape is set up when its last pivot becomes known and waits for a
close beyond its line; it fires once, and is given up when the price leaves it the other way or its time is over.
"""

from typing import Final

from engines.panel import Floats, Ints
from engines.patterns.candles import Bars
from engines.patterns.compiling import rule
from engines.patterns.swings import SIDE, is_low_pivot

#: Bars that a shape waits for its breakout, counted from its last pivot.
WAITS: Final = 60
POINTS: Final = 6
DOUBLE_LEAST: Final = 10
DOUBLE_MOST: Final = 60
DOUBLE_ATR: Final = 0.5
DOUBLE_SHARE: Final = 0.02
#: Lo, Mamaysky & Wang: shoulders, and the turns between, within 1.5 % of their averages.
LEVEL: Final = 0.015
TRIANGLE_MOST: Final = 60
TRIANGLE_LEAST: Final = 15
TRIANGLE_WAITS: Final = 30
FLAT_ATR: Final = 0.5
R_SQUARED: Final = 0.8
POLE_ATR: Final = 3.0
POLE_BARS: Final = 8
RETRACE: Final = 0.5
FLAG_LEAST: Final = 3
FLAG_MOST: Final = 15
YEAR_QUIET: Final = 20

#: Rows of a shape: line's height at bar 0 and slope a bar, the price below which it is void, the bar it ends with,
#: how many bars it waits from then, then its points.
_HEIGHT, _SLOPE, _VOID, _FROM, _WAIT, _FIRST_POINT = 0, 1, 2, 3, 4, 5
SHAPE_WIDTH: Final = _FIRST_POINT + POINTS


@rule
def set_up(shape: Floats, height: float, slope: float, void: float, start: int, wait: int) -> None:
    """Write a shape that waits for a close above ``height + slope·t``, its points empty."""
    shape[_HEIGHT], shape[_SLOPE], shape[_VOID], shape[_FROM], shape[_WAIT] = height, slope, void, start, wait
    for k in range(_FIRST_POINT, SHAPE_WIDTH):
        shape[k] = -1.0


@rule
def fires(b: Bars, t: int, shape: Floats) -> bool:
    """Tell whether bar t closes a waiting shape; one that fired, broke the other way or waited too long is cleared."""
    if shape[_FROM] < 0.0:
        return False
    line = shape[_HEIGHT] + shape[_SLOPE] * t
    over = t > shape[_FROM] + shape[_WAIT]
    done = b.close[t] > line and not over
    if done or over or b.close[t] < shape[_VOID]:
        shape[_FROM] = -1.0
    return done


@rule
def double_bottom(b: Bars, i: int, before: int, shape: Floats) -> None:
    """Set up a double bottom of the low pivots ``before`` and ``i``, if they make one."""
    apart = i - before
    if not (before >= 0 and DOUBLE_LEAST <= apart <= DOUBLE_MOST):
        return
    near = max(DOUBLE_ATR * b.atr[i], DOUBLE_SHARE * abs(b.low[before]))
    if abs(b.low[i] - b.low[before]) > near:
        return
    neck = before + 1
    for at in range(before + 1, i):
        if b.high[at] > b.high[neck]:
            neck = at
    set_up(shape, b.high[neck], 0.0, min(b.low[i], b.low[before]), i, WAITS)
    shape[_FIRST_POINT], shape[_FIRST_POINT + 1], shape[_FIRST_POINT + 2] = before, neck, i


@rule
def inverse_head_and_shoulders(b: Bars, at: Ints, is_high: Floats, count: int, shape: Floats) -> None:
    """Set up an inverse head and shoulders of the last five turns, if they make one (Lo et al. 2000, definition 1)."""
    if count < 5 or is_high[count - 1]:
        return
    e1, e2, e3, e4, e5 = at[count - 5], at[count - 4], at[count - 3], at[count - 2], at[count - 1]
    if not (b.low[e3] < b.low[e1] and b.low[e3] < b.low[e5]):
        return
    if not (_level(b.low[e1], b.low[e5]) and _level(b.high[e2], b.high[e4])):
        return
    slope = (b.high[e4] - b.high[e2]) / (e4 - e2)
    set_up(shape, b.high[e2] - slope * e2, slope, b.low[e3], e5, WAITS)
    for k in range(5):
        shape[_FIRST_POINT + k] = at[count - 5 + k]


@rule
def _level(one: float, other: float) -> bool:
    mean = (one + other) / 2.0
    return abs(one - mean) <= LEVEL * abs(mean)


@rule
def _line(at: Ints, price: Floats, first: int, count: int) -> tuple[float, float, float, int, float]:
    """Fit every second turn from ``first`` on: (height at 0, slope, R², turns, farthest from their mean)."""
    n, sum_x, sum_y = 0, 0.0, 0.0
    for k in range(first, count, 2):
        n, sum_x, sum_y = n + 1, sum_x + at[k], sum_y + price[at[k]]
    mean_x, mean_y = sum_x / n, sum_y / n
    xx, xy, yy, far = 0.0, 0.0, 0.0, 0.0
    for k in range(first, count, 2):
        x, y = at[k] - mean_x, price[at[k]] - mean_y
        xx, xy, yy, far = xx + x * x, xy + x * y, yy + y * y, max(far, abs(y))
    slope = xy / xx if xx > 0.0 else 0.0
    fit = xy * xy / (xx * yy) if xx > 0.0 and yy > 0.0 else 0.0
    return mean_y - slope * mean_x, slope, fit, n, far


@rule
def triangle(b: Bars, t: int, at: Ints, is_high: Floats, count: int, rising: Floats, symmetric: Floats) -> None:
    """Set up the triangle that the last 6, 5 or 4 turns make, if any: one with a level top, or with both lines closing.

    Lines are least-squares fits with R² of 0.8 or more; a level one stays within half an ATR of its mean. A close below
    the last low turn makes the shape void.
    """
    for turns in range(6, 3, -1):
        first = count - turns
        if first < 0:
            continue
        length = at[count - 1] - at[first]
        if not (length >= TRIANGLE_LEAST and t - at[first] <= TRIANGLE_MOST):
            continue
        top = first if is_high[first] else first + 1
        low = first + 1 if is_high[first] else first
        roof, fall, roof_fit, _, roof_far = _line(at, b.high, top, count)
        floor, rise, floor_fit, _, _ = _line(at, b.low, low, count)
        flat = FLAT_ATR * b.atr[t]
        last = at[count - 1]
        void = b.low[at[count - 2 if is_high[count - 1] else count - 1]]
        if not (rise * length > flat and floor_fit >= R_SQUARED and roof + fall * last > floor + rise * last):
            continue
        if roof_far <= flat:
            level = roof + fall * (at[first] + last) / 2.0
            set_up(rising, level, 0.0, void, last, TRIANGLE_WAITS)
            _mark(rising, at, first, count)
            return
        if fall * length < -flat and roof_fit >= R_SQUARED:
            apex = (roof - floor) / (rise - fall)
            set_up(symmetric, roof, fall, void, last, min(TRIANGLE_WAITS, max(apex - last, 0.0)))
            _mark(symmetric, at, first, count)
            return


@rule
def _mark(shape: Floats, at: Ints, first: int, count: int) -> None:
    """Write the turns from ``first`` on as the shape's points."""
    for k in range(first, count):
        shape[_FIRST_POINT + k - first] = at[k]


@rule
def bull_flag(b: Bars, t: int, points: Ints) -> bool:
    """Tell whether bar t closes above a flag: a pole of 3 ATR within 8 bars, then 3 to 15 bars that gave back at most
    half of it and closed below its top. Writes the pole's foot and top and the rest's low."""
    if t <= POLE_BARS or not b.close[t] > b.close[t - 1]:
        return False
    for rest in range(FLAG_LEAST, FLAG_MOST + 1):
        top = t - rest
        if top < POLE_BARS or not b.close[t] > b.high[top] or not _tops(b, top, t):
            continue
        foot = top
        for at in range(top - POLE_BARS, top + 1):
            if b.low[at] < b.low[foot]:
                foot = at
        low = top + 1
        for at in range(top + 1, t + 1):
            if b.low[at] < b.low[low]:
                low = at
        pole = b.high[top] - b.low[foot]
        if pole >= POLE_ATR * b.atr[foot] and b.high[top] - b.low[low] <= RETRACE * pole:
            points[0], points[1], points[2] = foot, top, low
            return True
    return False


@rule
def _tops(b: Bars, top: int, t: int) -> bool:
    """Tell whether ``top`` is the highest bar of the pole and no close between it and t passed it."""
    tops = True
    for at in range(top - POLE_BARS, top):
        tops = tops and b.high[at] <= b.high[top]
    for at in range(top + 1, t):
        tops = tops and b.close[at] <= b.high[top]
    return tops


@rule
def year_breakout(b: Bars, t: int, year_high: Floats) -> bool:
    """Tell whether bar t is the first close in 20 bars above the highest price of the 252 bars before it."""
    first = b.close[t] > year_high[t]
    for at in range(max(t - YEAR_QUIET, 0), t):
        first = first and not b.close[at] > year_high[at]
    return first


@rule
def squeeze_breakout(b: Bars, t: int, upper: Floats, squeezed: Floats) -> bool:
    """Tell whether bar t is the first close above the upper band within five bars of the narrowest of six months."""
    return t >= 1 and squeezed[t] > 0.0 and b.close[t] > upper[t] and not b.close[t - 1] > upper[t - 1]


@rule
def new_low_pivot(b: Bars, t: int) -> int:
    """Return the low pivot that becomes known when bar t closes, -1 if none does."""
    i = t - SIDE
    return i if i >= SIDE and is_low_pivot(b, i) else -1
