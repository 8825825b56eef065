"""Finding and ordering the candidates of each day."""

from typing import Final

import numpy as np
from numba import njit

from engines.strategy.program import TRUE, Flags, Floats, Ints, Truths

TIE_BARS: Final = 20
TIE_LEAST_BARS: Final = 5
_INSERTION: Final = 32
_FIRST: Final = 4096  # candidates for which there is room at first
_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def collect(truth: Truths, active: Flags, member: Flags) -> tuple[Ints, Ints, Ints]:
    """Return (start, day, symbol) of all members whose truth is TRUE on an active day; ``start`` as in `Candidates`."""
    days, width = truth.shape
    start = np.zeros(days + 1, np.int64)
    day, symbol = np.empty(max(days, _FIRST), np.int64), np.empty(max(days, _FIRST), np.int64)
    m = 0
    for t in range(days):
        start[t] = m
        row, seen = truth[t], np.int8(0)
        for i in range(width):  # most days have nobody, which is seen faster than who it is
            seen = np.int8(seen | row[i])
        if not (seen & TRUE and active[t]):
            continue
        while m + width > len(day):
            day, symbol = np.append(day, day), np.append(symbol, symbol)
        for i in range(width):
            if row[i] == TRUE and member[t, i]:
                day[m], symbol[m] = t, i
                m += 1
    start[days] = m
    return start, day[:m].copy(), symbol[:m].copy()


@_jit
def median_value(close: Floats, volume: Floats, row: int, column: int) -> float:
    """Return the median of close·volume of the last 20 own bars up to ``row``; of what there is from 5 on, else 0."""
    n = min(TIE_BARS, row + 1)
    if n < TIE_LEAST_BARS:
        return 0.0
    kept = np.empty(TIE_BARS)
    for k in range(n):
        value = close[row - k, column] * volume[row - k, column]
        at = k
        while at > 0 and kept[at - 1] > value:
            kept[at] = kept[at - 1]
            at -= 1
        kept[at] = value
    middle = n // 2
    value = kept[middle] if n % 2 else 0.5 * (kept[middle - 1] + kept[middle])
    return value if value == value else 0.0


@_jit
def median_values(close: Floats, volume: Floats, row: Ints, column: Ints) -> Floats:
    """Return the 20-bar median traded value of many points (own bars), rupees."""
    out = np.empty(len(row))
    for m in range(len(row)):
        out[m] = median_value(close, volume, row[m], column[m])
    return out


@_jit
def median_table(close: Floats, volume: Floats, out: Floats) -> None:
    """Write the 20-bar median traded value of every own bar: the sorted window moves on by one value."""
    days, width = close.shape
    kept, entered = np.empty(TIE_BARS), np.empty(TIE_BARS)
    for i in range(width):
        n = 0
        for t in range(days):
            value = close[t, i] * volume[t, i]
            if value != value:
                out[t, i] = median_value(close, volume, t, i)
                continue
            if n == TIE_BARS:
                at = np.searchsorted(kept, entered[t % TIE_BARS])
                n -= 1
                kept[at:n] = kept[at + 1 : n + 1]
            entered[t % TIE_BARS] = value
            at = n
            while at > 0 and kept[at - 1] > value:
                kept[at] = kept[at - 1]
                at -= 1
            kept[at] = value
            n += 1
            middle = n // 2
            known = kept[middle] if n % 2 else 0.5 * (kept[middle - 1] + kept[middle])
            out[t, i] = known if n >= TIE_LEAST_BARS else 0.0


@_jit
def day_percentiles(start: Ints, values: Floats) -> Floats:
    """Return 100·(average rank - 0.5)/n of each value among those of its day."""
    out = np.empty(len(values))
    for t in range(len(start) - 1):
        n = start[t + 1] - start[t]
        if n == 0:
            continue
        kept = values[start[t] : start[t + 1]]
        order = np.argsort(kept)
        first = 0
        while first < n:
            last = first
            while last + 1 < n and kept[order[last + 1]] == kept[order[first]]:
                last += 1
            for k in range(first, last + 1):
                out[start[t] + order[k]] = 100.0 * (0.5 * (first + last) + 0.5) / n
            first = last + 1
    return out


@_jit
def _descending(order: Ints, keys: Floats) -> None:
    """Sort ``order`` (points) by ``keys[point]`` descending, equals left as they stand, NaN last."""
    n = len(order)
    if n > _INSERTION:
        picked = np.empty(n)
        for k in range(n):
            picked[k] = -keys[order[k]]
        order[:] = order[np.argsort(picked, kind="mergesort")]
        return
    for k in range(1, n):
        point = order[k]
        key, at = keys[point], k
        while at > 0 and (keys[order[at - 1]] < key or (keys[order[at - 1]] != keys[order[at - 1]] and key == key)):
            order[at] = order[at - 1]
            at -= 1
        order[at] = point


@_jit
def best_first(
    start: Ints, symbol: Ints, row: Ints, keys: Floats, alphabetical: Ints, close: Floats, volume: Floats
) -> Ints:
    """Return the order of all points: by day, then key descending (NaN last), then the higher 20-bar median traded
    value, then symbol A–Z. ``row``: own rows of the points in the own-bar tables ``close`` and ``volume``."""
    order = np.arange(len(symbol))
    ties = np.empty(len(symbol))
    letters = np.empty(len(symbol))
    for m in range(len(symbol)):
        letters[m] = -float(alphabetical[symbol[m]])
    for t in range(len(start) - 1):
        if start[t + 1] - start[t] < 2:
            continue
        points = order[start[t] : start[t + 1]]
        _descending(points, letters)
        _descending(points, keys)
        first, n = 0, len(points)
        while first < n:
            last = first
            while last + 1 < n and keys[points[last + 1]] == keys[points[first]]:
                last += 1
            if last > first:
                for k in range(first, last + 1):
                    ties[points[k]] = median_value(close, volume, row[points[k]], symbol[points[k]])
                _descending(points[first : last + 1], ties)
            first = last + 1
    return order


@_jit
def day_ranks(start: Ints, keys: Floats) -> Ints:
    """Return the place of each point in its day's list, from 1; 0 where its key (already in order) is NaN."""
    out = np.zeros(len(keys), np.int64)
    for t in range(len(start) - 1):
        for m in range(start[t], start[t + 1]):
            out[m] = m - start[t] + 1 if keys[m] == keys[m] else 0
    return out


@_jit
def recount(day: Ints, days: int) -> Ints:
    """Return ``start`` for points whose days ascend."""
    start = np.zeros(days + 1, np.int64)
    for m in range(len(day)):
        start[day[m] + 1] += 1
    for t in range(days):
        start[t + 1] += start[t]
    return start


@_jit
def day_medians(start: Ints, values: Floats) -> Floats:
    """Return for each point the median of its day's values that are known."""
    out = np.full(len(values), np.nan)
    for t in range(len(start) - 1):
        kept = values[start[t] : start[t + 1]]
        known = kept[~np.isnan(kept)]
        if len(known):
            out[start[t] : start[t + 1]] = np.median(known)
    return out


@_jit
def rank_exits(
    truth: Truths, active: Flags, member: Flags, day: Ints, symbol: Ints, rank: Ints, exit_below: int
) -> Flags:
    """Return (T, N): members that on a rebalance day fail the entry rules or rank below ``exit_below``.

    What is unknown (no bar, no value, rules unknown) does not act, nor does having left the universe.
    """
    out = np.zeros(truth.shape, np.bool_)
    for t in range(truth.shape[0]):
        if active[t]:
            for i in range(truth.shape[1]):
                out[t, i] = member[t, i] and truth[t, i] == 0
    for m in range(len(day)):
        if rank[m] > exit_below:
            out[day[m], symbol[m]] = True
    return out
