"""Bars as columns of arrays, their aggregation, and spreading of a volume over bars."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class Ohlcv(NamedTuple):
    """Open, high, low, close (rupees or points) and volume (units); five arrays of one shape."""

    open: F64
    high: F64
    low: F64
    close: F64
    volume: F64

    def take(self, chosen: object) -> Ohlcv:
        """The same selection of every column."""
        return Ohlcv(*(column[chosen] for column in self))


def aggregate(bars: Ohlcv, starts: I64) -> Ohlcv:
    """Merge consecutive bars along the last axis; `starts` are the positions where each merged bar begins."""
    if bars.open.shape[-1] == 0:
        return bars
    ends = np.append(starts[1:], bars.open.shape[-1]) - 1
    return Ohlcv(
        bars.open[..., starts],
        np.maximum.reduceat(bars.high, starts, axis=-1),
        np.minimum.reduceat(bars.low, starts, axis=-1),
        bars.close[..., ends],
        np.add.reduceat(bars.volume, starts, axis=-1),
    )


def concatenate(parts: list[Ohlcv]) -> Ohlcv:
    """Bars of several pieces one after another (last axis)."""
    return Ohlcv(*(np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True)))


def spread(total: F64, weights: F64, least: float) -> F64:
    """Split whole numbers `total` (n,) over columns in proportion to `weights` (n, m), at least `least` each;
    sums are exact.

    A row with total 0 stays 0. Requires total >= m * least elsewhere.
    """
    columns = weights.shape[-1]
    cumulative = np.cumsum(weights, axis=-1)
    cumulative /= cumulative[:, -1:]
    floor = np.where(total > 0, least, 0.0)[:, None]
    steps = np.rint(cumulative * (total[:, None] - floor * columns))
    steps[:, 1:] -= steps[:, :-1].copy()
    return steps + floor
