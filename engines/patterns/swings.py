"""Swing pivots: bars that turned the price, known only some bars later."""

from typing import Final

import numpy as np

from engines.panel import Floats, Ints
from engines.patterns.candles import Bars
from engines.patterns.compiling import rule

#: Bars on each side that a pivot must top, and after which it is known.
SIDE: Final = 5
#: How far it must stand out from both sides, in ATRs of its own bar.
PROMINENCE_ATR: Final = 1.0


@rule
def is_low_pivot(b: Bars, i: int) -> bool:
    """Tell whether bar i is lower than the five bars on either side (the first of equals), and an ATR below each.

    Looks at bars up to i + 5: nobody may ask before bar i + 5 has closed.
    """
    if i < SIDE or i + SIDE >= len(b.low):
        return False
    left, right = -np.inf, -np.inf
    for k in range(1, SIDE + 1):
        if not (b.low[i] < b.low[i - k] and b.low[i] <= b.low[i + k]):
            return False
        left, right = max(left, b.high[i - k]), max(right, b.high[i + k])
    return min(left, right) - b.low[i] >= PROMINENCE_ATR * b.atr[i]


@rule
def is_high_pivot(b: Bars, i: int) -> bool:
    """Tell the same of a high: higher than the five bars on either side, and an ATR above the lows of each."""
    if i < SIDE or i + SIDE >= len(b.high):
        return False
    left, right = np.inf, np.inf
    for k in range(1, SIDE + 1):
        if not (b.high[i] > b.high[i - k] and b.high[i] >= b.high[i + k]):
            return False
        left, right = min(left, b.low[i - k]), min(right, b.low[i + k])
    return b.high[i] - max(left, right) >= PROMINENCE_ATR * b.atr[i]


@rule
def turn(b: Bars, t: int, is_high: Floats, at: Ints, count: int) -> int:
    """Take in the pivots that become known when bar t closes; return how many turns there are then.

    ``is_high``, ``at`` (M,): kind and bar of each turn; highs and lows take turns, and of two of a kind in a row the
    more extreme stays. A bar that turned the price both ways is left out: which came first is not known.
    """
    i = t - SIDE
    if i < SIDE:
        return count
    low, high = is_low_pivot(b, i), is_high_pivot(b, i)
    return _add(b, i, high, is_high, at, count) if low != high else count


@rule
def _add(b: Bars, i: int, high: bool, is_high: Floats, at: Ints, count: int) -> int:
    if count and is_high[count - 1] == high:
        last = at[count - 1]
        further = b.high[i] > b.high[last] if high else b.low[i] < b.low[last]
        if further:
            at[count - 1] = i
        return count
    is_high[count], at[count] = high, i
    return count + 1
