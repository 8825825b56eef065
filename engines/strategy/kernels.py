"""Indicators of whole tables in one pass over the days, the symbols side by side.

The figures are those of `engines.indicators` to the last bit; these are faster because a row of symbols is one vector.
Tables are own bars: (T, W), no gaps before a column's end. Each kernel writes to ``out``, so that the caller decides
where the memory comes from.
"""

import numpy as np
from numba import njit

from engines.strategy.program import Floats

NAN = np.nan


@njit(cache=True, nogil=True, error_model="numpy")
def rolling_mean(x: Floats, n: int, out: Floats) -> None:
    """Write the mean of the last n rows: a running sum that keeps its rounding errors, so that ties come out right."""
    days, width = x.shape
    total, error = np.zeros(width), np.zeros(width)
    for t in range(min(n, days)):
        _grow(x[t], total, error)
        out[t, :] = NAN
    if days >= n:
        _mean(total, error, float(n), out[n - 1])
    for t in range(n, days):
        _slide(x[t], x[t - n], total, error, float(n), out[t])


@njit(cache=True, nogil=True, error_model="numpy")
def _grow(new: Floats, total: Floats, error: Floats) -> None:
    for i in range(new.shape[0]):
        was = total[i]
        now = was + new[i]
        part = now - was
        error[i] += (was - (now - part)) + (new[i] - part)
        total[i] = now


@njit(cache=True, nogil=True, error_model="numpy")
def _mean(total: Floats, error: Floats, n: float, out: Floats) -> None:
    for i in range(total.shape[0]):
        out[i] = (total[i] + error[i]) / n


@njit(cache=True, nogil=True, error_model="numpy")
def _slide(new: Floats, old: Floats, total: Floats, error: Floats, n: float, out: Floats) -> None:
    for i in range(new.shape[0]):
        change = new[i] - old[i]
        part = change - new[i]
        lost = (new[i] - (change - part)) - (old[i] + part)
        was = total[i]
        now = was + change
        piece = now - was
        left = error[i] + (lost + ((was - (now - piece)) + (change - piece)))
        error[i] = left
        total[i] = now
        out[i] = (now + left) / n


@njit(cache=True, nogil=True, error_model="numpy")
def smooth(x: Floats, first: int, n: int, wilder: bool, out: Floats) -> None:
    """Write the exponential (factor 2/(n+1)) or Wilder's average of rows ``first`` on, seeded with a mean of n."""
    days, width = x.shape
    out[: min(days, first + n - 1)] = NAN
    state = np.zeros(width)
    for t in range(first, min(days, first + n)):
        for i in range(width):
            state[i] += x[t, i]
    if days < first + n:
        return
    for i in range(width):
        state[i] /= n
        out[first + n - 1, i] = state[i]
    factor, keep, size = 2.0 / (n + 1.0), float(n - 1), float(n)
    for t in range(first + n, days):
        row, to = x[t], out[t]
        if wilder:
            for i in range(width):
                to[i] = (state[i] * keep + row[i]) / size
                state[i] = to[i]
        else:
            for i in range(width):
                to[i] = state[i] + factor * (row[i] - state[i])
                state[i] = to[i]


@njit(cache=True, nogil=True, error_model="numpy")
def rsi(close: Floats, n: int, out: Floats) -> None:
    """Write Wilder's RSI; flat 50, no loss 100."""
    days, width = close.shape
    out[: min(days, n)] = NAN
    gain, loss = np.zeros(width), np.zeros(width)
    for t in range(1, min(days, n + 1)):
        for i in range(width):
            change = close[t, i] - close[t - 1, i]
            gain[i] += max(change, 0.0)
            loss[i] += max(-change, 0.0)
    if days <= n:
        return
    for i in range(width):
        gain[i] /= n
        loss[i] /= n
        out[n, i] = _strength(gain[i], loss[i])
    keep, size = float(n - 1), float(n)
    for t in range(n + 1, days):
        now, before, to = close[t], close[t - 1], out[t]
        for i in range(width):
            change = now[i] - before[i]
            up = (gain[i] * keep + max(change, 0.0)) / size
            down = (loss[i] * keep + max(-change, 0.0)) / size
            gain[i], loss[i] = up, down
            to[i] = _strength(up, down)


@njit(cache=True, nogil=True, error_model="numpy")
def _strength(gain: float, loss: float) -> float:
    flat = 50.0 if gain == 0.0 else 100.0
    ratio = gain / (1.0 if loss == 0.0 else loss)
    return flat if loss == 0.0 else 100.0 - 100.0 / (1.0 + ratio)


@njit(cache=True, nogil=True, error_model="numpy")
def true_range(high: Floats, low: Floats, close: Floats, out: Floats) -> None:
    """Write max(H, previous C) - min(L, previous C); the first row is NaN."""
    days, width = close.shape
    out[:1] = NAN
    for t in range(1, days):
        for i in range(width):
            before = close[t - 1, i]
            out[t, i] = max(high[t, i], before) - min(low[t, i], before)


@njit(cache=True, nogil=True, error_model="numpy")
def directional_movement(high: Floats, low: Floats, plus: Floats, minus: Floats) -> None:
    """Write +DM and -DM; the first row is NaN."""
    days, width = high.shape
    plus[:1] = NAN
    minus[:1] = NAN
    for t in range(1, days):
        for i in range(width):
            up, down = high[t, i] - high[t - 1, i], low[t - 1, i] - low[t, i]
            plus[t, i] = up if up > down and up > 0.0 else 0.0
            minus[t, i] = down if down > up and down > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def direction_strength(plus: Floats, minus: Floats, average: Floats, out: Floats) -> None:
    """Write DX of smoothed +DM, -DM and true range: 100·|+DI - -DI|/(+DI + -DI), 0 where nothing moves."""
    for t in range(plus.shape[0]):
        for i in range(plus.shape[1]):
            size = average[t, i]
            up = 100.0 * (plus[t, i] / size) if size != 0.0 else 0.0
            down = 100.0 * (minus[t, i] / size) if size != 0.0 else 0.0
            total = up + down
            out[t, i] = 100.0 * (abs(up - down) / total) if total != 0.0 else 0.0 * total


@njit(cache=True, nogil=True, error_model="numpy")
def rolling_extreme(x: Floats, n: int, sign: float, out: Floats) -> None:
    """Write the highest (``sign`` 1) or lowest (-1) of the last n rows (van Herk 1992: three comparisons a value)."""
    days, width = x.shape
    out[: min(days, n - 1)] = NAN
    suffix = np.full((n + 1, width), -np.inf)  # of the block before: best of its rows k..n-1
    prefix = np.empty(width)
    for start in range(0, days, n):
        prefix[:] = -np.inf
        for k in range(min(n, days - start)):
            t = start + k
            row, to, tail = x[t], out[t], suffix[k + 1]
            for i in range(width):
                prefix[i] = max(prefix[i], sign * row[i])
                best = max(prefix[i], tail[i])
                if t >= n - 1:
                    to[i] = sign * best
        if start + n <= days:
            suffix[n, :] = -np.inf
            for k in range(n - 1, -1, -1):
                row, after, to = x[start + k], suffix[k + 1], suffix[k]
                for i in range(width):
                    to[i] = max(after[i], sign * row[i])


@njit(cache=True, nogil=True, error_model="numpy")
def bars_since_high(high: Floats, n: int, out: Floats) -> None:
    """Write how many bars ago the highest high of n bars was, the latest of equals."""
    days, width = high.shape
    out[: min(days, n - 1)] = NAN
    for i in range(width):
        queue, first, last = np.empty(days, np.int64), 0, 0
        for t in range(days):
            while last > first and high[queue[last - 1], i] <= high[t, i]:
                last -= 1
            queue[last] = t
            last += 1
            if queue[first] <= t - n:
                first += 1
            if t >= n - 1:
                out[t, i] = float(t - queue[first])


@njit(cache=True, nogil=True, error_model="numpy")
def beta(close: Floats, market: Floats, n: int, out: Floats) -> None:
    """Write cov/var of n changes of a symbol and of the index between the same bars, both (T, W) own bars."""
    days, width = close.shape
    out[:] = NAN
    r, b = np.empty(days), np.empty(days)
    for i in range(width):
        for t in range(1, days):
            r[t] = close[t, i] / close[t - 1, i] - 1.0
            b[t] = market[t, i] / market[t - 1, i] - 1.0
        for t in range(n, days):
            sr, sb = 0.0, 0.0
            for k in range(t - n + 1, t + 1):
                sr += r[k]
                sb += b[k]
            sr, sb = sr / n, sb / n
            cov, var = 0.0, 0.0
            for k in range(t - n + 1, t + 1):
                cov += (r[k] - sr) * (b[k] - sb)
                var += (b[k] - sb) * (b[k] - sb)
            out[t, i] = cov / var if var > 0.0 else NAN
