"""Indicators that need traded quantity. The spot index has none: use the future's."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engines.indicators.arrays import Floats, as_bars, as_floats, check_window, lag
from engines.indicators.windows import sma


def vwap(
    high: npt.ArrayLike, low: npt.ArrayLike, close: npt.ArrayLike, volume: npt.ArrayLike, session: npt.ArrayLike
) -> Floats:
    """Return the volume-weighted average of the typical price (H+L+C)/3 since the session began.

    ``session``: one label per bar (shape (T,), e.g. trade dates as integers); a new label starts afresh. A bar with
    a missing field adds nothing and shows the average so far; NaN until something has traded.
    """
    h, lo, c, v = as_bars(high, low, close, volume)
    labels = np.asarray(session)
    if labels.shape != h.shape[:1]:
        raise ValueError(f"one session label per bar is needed: {h.shape[0]} bars, labels of shape {labels.shape}")
    price = (h + lo + c) / 3.0
    missing = np.isnan(price) | np.isnan(v)
    weight = np.where(missing, 0.0, v)
    value = np.where(missing, 0.0, price) * weight
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    bounds = [0, *edges.tolist(), len(labels)]
    out = np.full_like(h, np.nan)
    for first, last in pairwise(bounds):
        traded = np.cumsum(weight[first:last], axis=0)
        worth = np.cumsum(value[first:last], axis=0)
        out[first:last] = np.where(traded > 0.0, worth / np.where(traded > 0.0, traded, 1.0), np.nan)
    return out


def obv(close: npt.ArrayLike, volume: npt.ArrayLike) -> Floats:
    """Return on-balance volume (Granville 1963): volume added on a higher close, taken off on a lower one.

    Starts at 0 with the first bar. A bar with a missing field is NaN; the count goes on from the last close known.
    """
    c, v = as_bars(close, volume)
    present = ~(np.isnan(c) | np.isnan(v))
    known = _last_known(np.where(present, c, np.nan))
    change = np.sign(c - lag(known, 1))
    flow = np.where(present & ~np.isnan(change), change * v, 0.0)
    return np.where(present, np.cumsum(flow, axis=0), np.nan)


def _last_known(values: Floats) -> Floats:
    """Each row's latest value that is not NaN."""
    rows = np.arange(len(values)).reshape(-1, *([1] * (values.ndim - 1)))
    latest = np.maximum.accumulate(np.where(np.isnan(values), 0, rows), axis=0) if len(values) else rows
    return np.take_along_axis(values, latest, axis=0) if len(values) else values


def relative_volume(volume: npt.ArrayLike, n: int = 20) -> Floats:
    """Return volume over the mean of the n bars before it. NaN where that mean is 0."""
    check_window(n)
    v = as_floats(volume)
    usual = lag(sma(v, n), 1)
    return v / np.where(usual == 0.0, np.nan, usual)


def traded_value(close: npt.ArrayLike, volume: npt.ArrayLike) -> Floats:
    """Return close times volume, rupees."""
    c, v = as_bars(close, volume)
    return c * v
