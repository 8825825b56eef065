"""Candlestick rules, each written once, for the bullish side.

The bearish side is the same rule on mirrored bars: prices negated, highs and lows exchanged, the trend turned round.
All rules take the symbol's bars and the number t of the last of them; ``atr`` is the average true range of 14 bars.
"""

from typing import Final, NamedTuple

import numpy as np

from engines.panel import Floats
from engines.patterns.compiling import rule

BREAKOUT_BARS: Final = 5


class Bars(NamedTuple):
    """One symbol's bars and measures (M,), or their mirror image."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    atr: Floats
    trend: Floats


@rule
def body(b: Bars, t: int) -> float:
    """Return the size of the body."""
    return abs(b.close[t] - b.open[t])


@rule
def span(b: Bars, t: int) -> float:
    """Return high less low."""
    return b.high[t] - b.low[t]


@rule
def is_green(b: Bars, t: int) -> bool:
    """Tell whether the bar closed above its open."""
    return b.close[t] > b.open[t]


@rule
def is_red(b: Bars, t: int) -> bool:
    """Tell whether the bar closed below its open."""
    return b.close[t] < b.open[t]


@rule
def is_doji(b: Bars, t: int) -> bool:
    """Tell whether the body is at most a tenth of a range of at least half an ATR."""
    return body(b, t) <= 0.1 * span(b, t) and span(b, t) >= 0.5 * b.atr[t]


@rule
def is_hammer(b: Bars, t: int) -> bool:
    """Tell whether a small body stands on a long lower shadow in a falling trend."""
    reach, size = span(b, t), body(b, t)
    top, bottom = max(b.open[t], b.close[t]), min(b.open[t], b.close[t])
    if not (b.trend[t] < 0.0 and reach >= 0.8 * b.atr[t]):
        return False
    return bottom - b.low[t] >= 2.0 * size and b.high[t] - top <= 0.1 * reach and b.high[t] - bottom <= reach / 3.0


@rule
def is_engulfing(b: Bars, t: int) -> bool:
    """Tell whether a green body covers the red body before it."""
    if t < 1 or not (is_green(b, t) and is_red(b, t - 1) and body(b, t - 1) >= 0.3 * b.atr[t]):
        return False
    return b.open[t] <= b.close[t - 1] and b.close[t] >= b.open[t - 1] and body(b, t) > body(b, t - 1)


@rule
def is_piercing(b: Bars, t: int) -> bool:
    """Tell whether a bar opened below a long red body and closed in its upper half."""
    if t < 1 or not (is_red(b, t - 1) and body(b, t - 1) >= 0.6 * b.atr[t] and b.open[t] < b.close[t - 1]):
        return False
    return (b.open[t - 1] + b.close[t - 1]) / 2.0 < b.close[t] < b.open[t - 1]


@rule
def is_star(b: Bars, t: int) -> bool:
    """Tell whether a small body below a long red one was followed by a green one past the red one's middle."""
    if t < 2 or not (is_red(b, t - 2) and body(b, t - 2) >= 0.6 * b.atr[t] and is_green(b, t)):
        return False
    below = max(b.open[t - 1], b.close[t - 1]) < b.close[t - 2] and body(b, t - 1) <= 0.3 * b.atr[t]
    return below and b.close[t] > (b.open[t - 2] + b.close[t - 2]) / 2.0


@rule
def is_soldiers(b: Bars, t: int) -> bool:
    """Tell whether three green bodies climbed, each from inside the one before."""
    if t < 2:
        return False
    for at in range(t - 2, t + 1):
        shadow = b.high[at] - b.close[at]
        if not (is_green(b, at) and body(b, at) >= 0.4 * b.atr[t] and shadow <= 0.3 * span(b, at)):
            return False
        if at > t - 2 and not (b.close[at] > b.close[at - 1] and b.open[at - 1] <= b.open[at] <= b.close[at - 1]):
            return False
    return True


@rule
def is_harami(b: Bars, t: int) -> bool:
    """Tell whether a green body lies within the long red body before it."""
    if t < 1 or not (is_red(b, t - 1) and is_green(b, t) and body(b, t - 1) >= 0.6 * b.atr[t]):
        return False
    return b.close[t] <= b.open[t - 1] and b.open[t] >= b.close[t - 1]


@rule
def is_inside(b: Bars, t: int) -> bool:
    """Tell whether the bar lies within the one before."""
    return t >= 1 and b.high[t] <= b.high[t - 1] and b.low[t] >= b.low[t - 1]


@rule
def is_narrowest(b: Bars, t: int) -> bool:
    """Tell whether the range is smaller than each of the six before."""
    narrowest = t >= 6
    for at in range(max(t - 6, 0), t):
        narrowest = narrowest and span(b, t) < span(b, at)
    return narrowest


@rule
def is_marubozu(b: Bars, t: int) -> bool:
    """Tell whether a green body of an ATR or more fills nine tenths of its range."""
    return is_green(b, t) and body(b, t) >= 0.9 * span(b, t) and body(b, t) >= b.atr[t]


@rule
def breakout(b: Bars, t: int, since: int, edge: int) -> int:
    """Return 1 if bar t closes above bar ``edge``, -1 if it closes below it or is more than five bars after ``since``.

    0: neither yet, or no bar is waited for (``since`` -1). ``edge`` is the narrowest bar itself, or the bar that holds
    the inside bar ``since``.
    """
    if since < 0:
        return 0
    if t > since + BREAKOUT_BARS or b.close[t] < b.low[edge]:
        return -1
    return 1 if b.close[t] > b.high[edge] else 0


def mirrored(bars: Bars) -> Bars:
    """Return the bars upside down."""
    return Bars(-bars.open, -bars.low, -bars.high, -bars.close, bars.atr, -bars.trend)


def one_symbol(open_: Floats, high: Floats, low: Floats, close: Floats, atr: Floats, trend: Floats) -> Bars:
    """Return contiguous columns."""
    return Bars(*(np.ascontiguousarray(column, np.float64) for column in (open_, high, low, close, atr, trend)))
