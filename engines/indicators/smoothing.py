"""Recursive averages and what is built on them: EMA, Wilder's RSI, ATR, ADX, and MACD, choppiness, Supertrend.

W = J. Welles Wilder, "New Concepts in Technical Trading Systems" (1978).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.indicators.arrays import Floats, as_bars, as_floats, check_window, lag
from engines.indicators.windows import rolling_max, rolling_min, rolling_sum

# The same arithmetic on a number and on a row of numbers, which no one signature says.
_Step = Callable[[Any, Any], Any]


def _smooth(values: Floats, n: int, step: _Step) -> Floats:
    """Seed with the mean of the first n values of each unbroken run, then apply ``step(average, value)``."""
    check_window(n)
    return _smooth_one(values, n, step) if values.ndim == 1 else _smooth_many(values, n, step)


def _smooth_one(values: Floats, n: int, step: _Step) -> Floats:
    out = [float("nan")] * len(values)
    count, state = 0, 0.0
    for t, value in enumerate(values.tolist()):
        if value != value:
            count, state = 0, 0.0
            continue
        count += 1
        if count < n:
            state += value
            continue
        state = (state + value) / n if count == n else step(state, value)
        out[t] = state
    return np.array(out)


def _smooth_many(values: Floats, n: int, step: _Step) -> Floats:
    out = np.full_like(values, np.nan)
    count = np.zeros(values.shape[1], np.int64)
    state = np.zeros(values.shape[1])
    for t, row in enumerate(values):
        present = ~np.isnan(row)
        count = np.where(present, count + 1, 0)
        state = np.where(present, np.where(count > n, step(state, row), state + row), 0.0)
        state = np.where(count == n, state / n, state)
        out[t] = np.where(count >= n, state, np.nan)
    return out


def ema(values: npt.ArrayLike, n: int) -> Floats:
    """Return the exponential average, factor 2/(n+1), seeded with the SMA of the first n values."""
    factor = 2.0 / (n + 1.0) if n else 0.0
    return _smooth(as_floats(values), n, lambda average, value: average + factor * (value - average))


def wilder(values: npt.ArrayLike, n: int) -> Floats:
    """Return Wilder's average: the mean of the first n, then (average·(n-1) + value)/n (W, ch. 3)."""
    return _smooth(as_floats(values), n, lambda average, value: (average * (n - 1) + value) / n)


def rsi(close: npt.ArrayLike, n: int = 14) -> Floats:
    """Return the relative strength index (W, ch. 6), 0 to 100; the first value needs n + 1 closes.

    No loss in the average gives 100, neither gain nor loss 50.
    """
    x = as_floats(close)
    change = x - lag(x, 1)
    gain = wilder(np.where(np.isnan(change), np.nan, np.maximum(change, 0.0)), n)
    loss = wilder(np.where(np.isnan(change), np.nan, np.maximum(-change, 0.0)), n)
    ratio = gain / np.where(loss == 0.0, 1.0, loss)
    without_loss = np.where(gain == 0.0, 50.0, 100.0)
    return np.where(loss == 0.0, without_loss, 100.0 - 100.0 / (1.0 + ratio))


def true_range(high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike) -> Floats:
    """Return max(H, previous C) - min(L, previous C) (W, ch. 3); a bar without a previous close has H - L."""
    h, lo, c = as_bars(high, low, close)
    before = lag(c, 1)
    return np.where(np.isnan(before), h - lo, np.maximum(h, before) - np.minimum(lo, before))


def _proper_range(h: Floats, lo: Floats, c: Floats) -> Floats:
    """True range where a previous close exists, else NaN: averages begin with the second bar."""
    before = lag(c, 1)
    return np.maximum(h, before) - np.minimum(lo, before)


def atr(high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, n: int = 14) -> Floats:
    """Return the average true range (W, ch. 3), seeded with the mean of TR[1..n]; the first value is at index n."""
    return wilder(_proper_range(*as_bars(high, low, close)), n)


def directional_index(
    high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, n: int = 14
) -> tuple[Floats, Floats, Floats]:
    """Return ADX, +DI and -DI (W, ch. 4), 0 to 100. The DIs begin at index n, ADX at 2n - 1.

    Without any range the DIs are 0, without direction DX is 0.
    """
    h, lo, c = as_bars(high, low, close)
    span = _proper_range(h, lo, c)
    up, down = h - lag(h, 1), lag(lo, 1) - lo
    missing = np.isnan(span) | np.isnan(up) | np.isnan(down)
    plus = np.where(missing, np.nan, np.where((up > down) & (up > 0.0), up, 0.0))
    minus = np.where(missing, np.nan, np.where((down > up) & (down > 0.0), down, 0.0))
    average = wilder(np.where(missing, np.nan, span), n)
    plus_di, minus_di = (100.0 * _ratio(wilder(moves, n), average) for moves in (plus, minus))
    strength = 100.0 * _ratio(np.abs(plus_di - minus_di), plus_di + minus_di)
    return wilder(strength, n), plus_di, minus_di


def _ratio(part: Floats, whole: Floats) -> Floats:
    """part/whole, 0 where whole is 0."""
    return np.where(whole == 0.0, 0.0 * part, part / np.where(whole == 0.0, 1.0, whole))


def adx(high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, n: int = 14) -> Floats:
    """Return the average directional index alone; see `directional_index`."""
    return directional_index(high, low, close, n)[0]


def choppiness(high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, n: int = 14) -> Floats:
    """Return Dreiss's choppiness index, 100·log10(sum TR / (highest high - lowest low)) / log10 n.

    NaN where the range is 0. The first bar counts with H - L.
    """
    check_window(n, 2)
    h, lo, c = as_bars(high, low, close)
    span = rolling_max(h, n) - rolling_min(lo, n)
    total = rolling_sum(true_range(h, lo, c), n)
    moving = (span > 0.0) & (total > 0.0)
    ratio = np.where(moving, total, 1.0) / np.where(moving, span, 1.0)
    return np.where(moving, 100.0 * np.log10(ratio) / np.log10(float(n)), np.nan)


def macd(close: npt.ArrayLike, fast: int = 12, slow: int = 26, signal: int = 9) -> tuple[Floats, Floats, Floats]:
    """Return line, signal and histogram (Appel): EMA(fast) - EMA(slow), its EMA(signal), their difference.

    Each EMA is seeded with its own first SMA; TA-Lib seeds the fast one later, so early values differ slightly.
    """
    if fast >= slow:
        raise ValueError(f"the fast average must be shorter than the slow one, were {fast} and {slow}")
    x = as_floats(close)
    line = ema(x, fast) - ema(x, slow)
    trigger = ema(line, signal)
    return line, trigger, line - trigger


def supertrend(
    high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, n: int = 10, multiplier: float = 3.0
) -> tuple[Floats, Floats]:
    """Return the Supertrend line and its direction (+1 rising: line below price; -1 falling).

    Bands are (H+L)/2 ± multiplier·ATR(n). A band moves only towards the price unless the previous close was beyond
    it. The direction flips when the close crosses the opposite band; the first bar with an ATR counts as falling.
    """
    h, lo, c = as_bars(high, low, close)
    reach = multiplier * atr(h, lo, c, n)
    middle = (h + lo) / 2.0
    upper, lower = middle + reach, middle - reach
    if c.ndim == 1:
        return _supertrend_one(upper, lower, c)
    columns = [_supertrend_one(upper[:, i], lower[:, i], c[:, i]) for i in range(c.shape[1])]
    if not columns:
        return np.empty_like(c), np.empty_like(c)
    return np.column_stack([line for line, _ in columns]), np.column_stack([way for _, way in columns])


def _supertrend_one(upper: Floats, lower: Floats, close: Floats) -> tuple[Floats, Floats]:
    nan = float("nan")
    line, direction = [nan] * len(close), [nan] * len(close)
    top, bottom, way, before = nan, nan, 0.0, nan
    for t, (up, low, price) in enumerate(zip(upper.tolist(), lower.tolist(), close.tolist(), strict=True)):
        if up != up or price != price:
            way = 0.0
        elif way == 0.0:
            top, bottom, way = up, low, -1.0
        else:
            top = up if up < top or before > top else top
            bottom = low if low > bottom or before < bottom else bottom
            rising = price > top if way < 0.0 else price >= bottom
            way = 1.0 if rising else -1.0
        before = price
        if way:
            line[t], direction[t] = (bottom if way > 0.0 else top), way
    return np.array(line), np.array(direction)
