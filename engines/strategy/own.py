"""Own bars: a table in which row k of a column is that symbol's k-th bar.

There every window, lag and crossing is a matter of rows, and nothing need know of missing bars. A table without gaps is
its own compaction and is used as it is.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from engines.strategy.program import Floats, Ints, Truths


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Where the bars of a (T, W) table stand: ``row`` (T, W) int64, number of the own bar or -1 without a bar, None
    when no bar is missing; ``count`` (W,) bars of each column."""

    shape: tuple[int, int]
    row: Ints | None
    count: Ints

    def compact(self, table: Floats) -> Floats:
        """Return a panel table as own bars; beyond the last bar NaN."""
        return table if self.row is None else _compact(table, self.row)

    def restore(self, own: Floats) -> Floats:
        """Return own bars as a panel table, NaN where there is no bar."""
        return own if self.row is None else _restore(own, self.row)

    def restore_truths(self, own: Truths) -> Truths:
        """Return truths as a panel table, UNKNOWN where there is no bar."""
        return own if self.row is None else _restore_truths(own, self.row)


def own_rows(close: Floats) -> OwnRows:
    """Find the own bars of a (T, W) table of closes: those that are not NaN."""
    if not _has_gap(close):
        return OwnRows(close.shape, None, np.full(close.shape[1], close.shape[0], np.int64))
    missing = np.isnan(close)
    row = np.cumsum(~missing, axis=0, dtype=np.int64) - 1
    count = row[-1] + 1 if len(row) else np.zeros(close.shape[1], np.int64)
    return OwnRows(close.shape, np.where(missing, -1, row), count)


@njit(cache=True, nogil=True, error_model="numpy")
def _has_gap(table: Floats) -> bool:
    for t in range(table.shape[0]):
        row, gaps = table[t], 0
        for i in range(len(row)):
            gaps += np.int64(row[i] != row[i])
        if gaps:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _compact(table: Floats, row: Ints) -> Floats:
    out = np.full(table.shape, np.nan)
    for t in range(table.shape[0]):
        for i in range(table.shape[1]):
            if row[t, i] >= 0:
                out[row[t, i], i] = table[t, i]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _restore(own: Floats, row: Ints) -> Floats:
    out = np.full(own.shape, np.nan)
    for t in range(own.shape[0]):
        for i in range(own.shape[1]):
            if row[t, i] >= 0:
                out[t, i] = own[row[t, i], i]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _restore_truths(own: Truths, row: Ints) -> Truths:
    out = np.ones(own.shape, np.int8)
    for t in range(own.shape[0]):
        for i in range(own.shape[1]):
            if row[t, i] >= 0:
                out[t, i] = own[row[t, i], i]
    return out
