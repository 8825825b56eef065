"""Moving windows: sums, means, deviations, extremes.

Sums are carried in double-double arithmetic (Knuth's TwoSum; T. J. Dekker 1971 for products) and built by doubling
the window, so a value depends on its own window only, without drift, and equals the correctly rounded sum. That
decides ties such as ``close == sma20``, which happen on a price grid.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from engines.indicators.arrays import Floats, as_bars, as_floats, check_window, lag, padded

_SPLITTER = 134_217_729.0  # 2**27 + 1
_ZERO_VARIANCE = 1e-28  # of the mean square: below, what is left is rounding


def _two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    product = a * b
    a_high = a * _SPLITTER
    a_high = a_high - (a_high - a)
    b_high = b * _SPLITTER
    b_high = b_high - (b_high - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def _add(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    total, error = _two_sum(a[0], b[0])
    error = error + (a[1] + b[1])
    high = total + error
    return high, error - (high - total)


def _window_sum(high: Floats, low: Floats, n: int) -> tuple[Floats, Floats]:
    """Sums of all full windows of n rows, as double-doubles of length T - n + 1."""
    count = max(len(high) - n + 1, 0)
    block, width = (high, low), 1
    found: tuple[Floats, Floats] | None = None
    offset, rest = 0, n
    while True:
        if rest & 1:
            piece = (block[0][offset : offset + count], block[1][offset : offset + count])
            found = piece if found is None else _add(found, piece)
            offset += width
        rest >>= 1
        if not rest:
            break
        # block[i] becomes the sum of 2*width rows from i on.
        block = _add((block[0][:-width], block[1][:-width]), (block[0][width:], block[1][width:]))
        width *= 2
    assert found is not None
    return found


def rolling_sum(values: npt.ArrayLike, n: int) -> Floats:
    """Return the sum of the last n values, correctly rounded."""
    check_window(n)
    x = as_floats(values)
    if len(x) < n:
        return np.full_like(x, np.nan)
    high, low = _window_sum(x, np.zeros_like(x), n)
    return padded(high + low, len(x))


def sma(values: npt.ArrayLike, n: int) -> Floats:
    """Return the simple moving average: the exact sum of the last n values, rounded once, divided by n."""
    return rolling_sum(values, n) / n


def rolling_std(values: npt.ArrayLike, n: int) -> Floats:
    """Return the standard deviation of the last n values, population form (divided by n), as in Bollinger (2001)."""
    check_window(n)
    x = as_floats(values)
    if len(x) < n:
        return np.full_like(x, np.nan)
    high, low = _window_sum(x, np.zeros_like(x), n)
    squares = _window_sum(*_two_product(x, x), n)
    # variance = (n * sum(x^2) - sum(x)^2) / n^2, all of it in double-double
    left = _scaled(squares, float(n))
    square, error = _two_product(high, high)
    right = (square, error + 2.0 * high * low)
    difference = _add(left, (-right[0], -right[1]))
    variance = (difference[0] + difference[1]) / (float(n) * n)
    floor = _ZERO_VARIANCE * (squares[0] / n)
    return padded(np.sqrt(np.where(variance > floor, variance, variance * 0.0)), len(x))


def _scaled(pair: tuple[Floats, Floats], factor: float) -> tuple[Floats, Floats]:
    product, error = _two_product(pair[0], np.full_like(pair[0], factor))
    return product, error + pair[1] * factor


def wma(values: npt.ArrayLike, n: int) -> Floats:
    """Return the linearly weighted average: weights 1..n, the newest n, over n(n+1)/2."""
    check_window(n)
    x = as_floats(values)
    if len(x) < n:
        return np.full_like(x, np.nan)
    count = len(x) - n + 1
    total = np.zeros((count, *x.shape[1:]))
    for weight in range(1, n + 1):
        total += weight * x[weight - 1 : weight - 1 + count]
    return padded(total / (n * (n + 1) / 2.0), len(x))


def _extreme(values: npt.ArrayLike, n: int, pick: Callable[[Floats, Floats], Floats]) -> Floats:
    check_window(n)
    x = as_floats(values)
    if len(x) < n:
        return np.full_like(x, np.nan)
    block, width = x, 1
    while width * 2 <= n:
        block = pick(block[:-width], block[width:])
        width *= 2
    count = len(x) - n + 1
    # Two overlapping blocks cover the window: an extreme does not mind counting a value twice.
    return padded(pick(block[:count], block[n - width : n - width + count]), len(x))


def rolling_max(values: npt.ArrayLike, n: int) -> Floats:
    """Return the highest of the last n values, the present one included."""
    return _extreme(values, n, np.maximum)


def rolling_min(values: npt.ArrayLike, n: int) -> Floats:
    """Return the lowest of the last n values, the present one included."""
    return _extreme(values, n, np.minimum)


def roc(values: npt.ArrayLike, n: int) -> Floats:
    """Return the rate of change over n bars in percent: 100·(x[t]/x[t-n] - 1). NaN where x[t-n] is 0."""
    check_window(n)
    x = as_floats(values)
    before = lag(x, n)
    return 100.0 * (x / np.where(before == 0.0, np.nan, before) - 1.0)


def donchian(high: npt.ArrayLike, low: npt.ArrayLike, n: int) -> tuple[Floats, Floats, Floats]:
    """Return upper, middle and lower channel: highest high, their mean, lowest low of n bars with the present one."""
    h, lo = as_bars(high, low)
    upper, lower = rolling_max(h, n), rolling_min(lo, n)
    return upper, (upper + lower) / 2.0, lower


def bollinger(close: npt.ArrayLike, n: int = 20, width: float = 2.0) -> tuple[Floats, Floats, Floats]:
    """Return upper, middle and lower band: SMA(n) ± ``width`` population standard deviations (Bollinger 2001)."""
    x = as_floats(close)
    middle, spread = sma(x, n), width * rolling_std(x, n)
    return middle + spread, middle, middle - spread


def stochastic(
    high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, n: int = 14, smooth: int = 3, signal: int = 3
) -> tuple[Floats, Floats]:
    """Return slow %K and %D (Lane): SMA(smooth) of 100·(C - LL)/(HH - LL), and its SMA(signal). 50 where HH = LL."""
    h, lo, c = as_bars(high, low, close)
    highest, lowest = rolling_max(h, n), rolling_min(lo, n)
    span = highest - lowest
    raw = np.where(span > 0.0, 100.0 * (c - lowest) / np.where(span > 0.0, span, 1.0), 50.0 + 0.0 * (span + c))
    slow = sma(raw, smooth)
    return slow, sma(slow, signal)


def bars_since_high(high: npt.ArrayLike, n: int) -> Floats:
    """Return how many bars ago the highest high of the last n bars was (the latest of equals)."""
    x = as_floats(high)
    top = rolling_max(x, n)
    out = np.full_like(x, np.nan)
    for age in range(min(n, len(x)) - 1, -1, -1):
        out = np.where(lag(x, age) == top, float(age), out)
    return out


def drawdown(high: npt.ArrayLike, close: npt.ArrayLike, n: int) -> Floats:
    """Return how far the close is below the highest high of n bars, a positive percentage."""
    h, c = as_bars(high, close)
    return 100.0 * (1.0 - c / rolling_max(h, n))
