"""Stretches of history shaped like the latest one, found over a whole universe, and what followed each of them.

Every window of every symbol is compared by z-normalised Euclidean distance of log closes, d² = 2m(1 - r) with r the
correlation, computed as sliding dot products (C.-C. M. Yeh et al., "Matrix Profile I", ICDM 2016). The best that do not
overlap are measured again by the cosine of their daily returns and by dynamic time warping within a band of a tenth of
the window (H. Sakoe and S. Chiba, IEEE Transactions on Acoustics, Speech, and Signal Processing 26, 1978).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.panel import Floats, Ints
from engines.patterns.compiling import whole

#: Windows taken over from the first comparison.
CANDIDATES: Final = 80
#: A window that correlates less is no match, however few there are.
LEAST_PEARSON: Final = 0.7
BAND_SHARE: Final = 0.1
#: Weights of correlation, cosine of returns and time warping in the composite.
WEIGHTS: Final = (0.4, 0.2, 0.4)
#: Log prices that move less than this, squared, count as not moving.
_STILL: Final = 1e-10
_BLOCK: Final = 1024


@dataclass(frozen=True, slots=True)
class History:
    """Log closes of a universe, each symbol's own bars in a row of its own.

    ``x`` (N, M): log closes, NaN beyond the last. ``row`` (N, M): row of the panel of each bar, -1 beyond the last.
    ``count`` (N,): bars of each.
    """

    x: Floats
    row: Ints
    count: Ints


def history(close: Floats) -> History:
    """Prepare closes (T, N), NaN where a symbol has no bar."""
    there = np.isfinite(close) & (close > 0.0)
    count = there.sum(axis=0).astype(np.int64)
    length = int(count.max(initial=0))
    columns, rows = np.nonzero(there.T)
    place = (np.cumsum(there, axis=0) - 1)[rows, columns]
    x = np.full((close.shape[1], length), np.nan)
    x[columns, place] = np.log(close[rows, columns])
    row = np.full(x.shape, -1, np.int32)
    row[columns, place] = rows
    return History(x, row, count)


def until(past: History, as_of: int) -> Ints:
    """Return (N,): how many bars each symbol has up to row ``as_of``."""
    return np.count_nonzero((past.row >= 0) & (past.row <= as_of), axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Match:
    """A window like the one asked for. ``start``, ``end``: rows of the panel.

    ``pearson``, ``cosine``: -1 to 1. ``dtw``: 1/(1 + distance/√m), 1 for no distance. ``composite``: their weighted
    mean. ``path``: percent from the window's last close, of its bars and of those after it. ``return_pct``: the last.
    """

    column: int
    start: int
    end: int
    pearson: float
    cosine: float
    dtw: float
    composite: float
    return_pct: float
    path: Floats


def similar(past: History, query: Floats, *, as_of: int, after: int, limit: int = 20, own: int = -1) -> list[Match]:
    """Return at most ``limit`` windows most like ``query``, best first, of different stretches of time of a symbol.

    ``query`` (m,): closes up to row ``as_of``, m at least 5. Each match is followed by ``after`` bars that ended by
    ``as_of``, so nothing later is looked at. ``own``: column of the symbol asked for, whose windows must end before
    the query begins. Empty when the query does not move.
    """
    m, asked = len(query), _normal(np.log(query))
    if asked is None:
        return []
    count = until(past, as_of)
    last = count - after  # windows must end before this bar
    if own >= 0:
        last[own] = min(last[own], count[own] - m)
    table = correlations(past.x, np.maximum(last, 0), asked)
    found = _greedy(table, m, CANDIDATES)
    matches = [_match(past, column, end, query, asked, after) for column, end in found]
    matches.sort(key=lambda match: (-match.composite, match.column, match.end))
    return matches[:limit]


def _normal(x: Floats) -> Floats | None:
    """Return x less its mean, over its population standard deviation; None if it does not move."""
    centred = x - x.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    return centred / spread if spread**2 > _STILL else None


@whole
def correlations(x: Floats, count: Ints, asked: Floats) -> Floats:
    """Return (N, M): correlation with ``asked`` of the window that ends at each of the first ``count`` bars, else -2.

    ``asked`` (m,) is z-normalised.
    """
    m = len(asked)
    out = np.full(x.shape, -2.0)
    dot, total, square = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    for i in range(x.shape[0]):
        windows = count[i] - m + 1
        for first in range(0, windows, _BLOCK):
            size, base = min(_BLOCK, windows - first), x[i, first]
            dot[:], total[:], square[:] = 0.0, 0.0, 0.0
            for k in range(m):
                weight = asked[k]
                for e in range(size):
                    value = x[i, first + e + k] - base
                    dot[e] += weight * value
                    total[e] += value
                    square[e] += value * value
            for e in range(size):
                spread = square[e] / m - (total[e] / m) ** 2
                if spread > _STILL:
                    out[i, first + e + m - 1] = min(dot[e] / (m * np.sqrt(spread)), 1.0)
    return out


@whole
def _greedy(table: Floats, m: int, most: int) -> Ints:
    """Return (K, 2): column and end of the best windows, one after the other, none overlapping another of its column.

    ``table`` is used up.
    """
    best = np.empty(table.shape[0], np.int64)
    found = np.empty((most, 2), np.int64)
    for i in range(table.shape[0]):
        best[i] = np.argmax(table[i]) if table.shape[1] else 0
    taken = 0
    while taken < most and table.size:
        column = 0
        for i in range(1, table.shape[0]):
            if table[i, best[i]] > table[column, best[column]]:
                column = i
        end = best[column]
        if not table[column, end] >= LEAST_PEARSON:
            break
        found[taken, 0], found[taken, 1] = column, end
        taken += 1
        for e in range(max(end - m + 1, 0), min(end + m, table.shape[1])):
            table[column, e] = -2.0
        best[column] = np.argmax(table[column])
    return found[:taken]


def _match(past: History, column: int, end: int, query: Floats, asked: Floats, after: int) -> Match:
    m = len(query)
    x = past.x[column, end - m + 1 : end + after + 1]
    window = x[:m]
    normal = _normal(window)
    assert normal is not None  # the first comparison left out what does not move
    pearson = float(np.clip(np.mean(normal * asked), -1.0, 1.0))
    cosine = _cosine(np.diff(window), np.diff(np.log(query)))
    distance = time_warp(normal, asked, max(1, int(np.ceil(BAND_SHARE * m))))
    dtw = 1.0 / (1.0 + distance / float(np.sqrt(m)))
    composite = WEIGHTS[0] * pearson + WEIGHTS[1] * cosine + WEIGHTS[2] * dtw
    path = 100.0 * np.expm1(x - x[m - 1])
    start_row, end_row = int(past.row[column, end - m + 1]), int(past.row[column, end])
    return Match(int(column), start_row, end_row, pearson, cosine, dtw, composite, float(path[-1]), path)


def _cosine(a: Floats, b: Floats) -> float:
    size = float(np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.clip(np.sum(a * b) / size, -1.0, 1.0)) if size > 0.0 else 0.0


@whole
def time_warp(a: Floats, b: Floats, band: int) -> float:
    """Return the square root of the least sum of squared differences over all warpings of a and b within ``band`` bars.

    Both (m,). With band 0 it is the Euclidean distance; a wider band never makes it longer.
    """
    m = len(a)
    before, now = np.full(m + 1, np.inf), np.full(m + 1, np.inf)
    before[0] = 0.0
    for i in range(1, m + 1):
        now[:] = np.inf
        for j in range(max(1, i - band), min(m, i + band) + 1):
            step = (a[i - 1] - b[j - 1]) ** 2
            now[j] = step + min(before[j], before[j - 1], now[j - 1])
        before, now = now, before
    return np.sqrt(before[m])
