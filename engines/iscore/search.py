"""Attention (10): abnormal interest of a week against the eight before, on the stock's own scale of a year.

ASVI = ln(this week) - ln(median of the 8 weeks before) (Da, Engelberg & Gao 2011), z-scored over the stock's last 52
values. Mild interest helps, spikes turn back (Barber & Odean 2008); interest while the price falls counts against the
stock. Where no counts of searches or page views are known, abnormal traded value and delivery stand in at half weight.
"""

import numpy as np
import numpy.typing as npt

from engines.iscore.recent import Recent
from engines.iscore.scaling import Floats, band, freshness
from engines.iscore.tables import ATTENTION_BAND, PROXY_COVERAGE, SEARCH, STALE_AT, SUB_WEIGHTS, TTL
from engines.iscore.types import Inputs, Sub, sub

WEEK_BARS = 5
_BASE_WEEKS = 8
_YEAR_WEEKS = 52
#: Abnormal values needed for a deviation of its own.
_LEAST_WEEKS = 26
_STAND_IN = "traded value and delivery stand in for searches"


def attention_z(weekly: Floats) -> Floats:
    """Return the z of the last week's abnormal attention; ``weekly``: (W,) or (W, N), oldest first."""
    values = np.where(weekly > 0.0, weekly, np.nan)
    if len(values) < _BASE_WEEKS + _LEAST_WEEKS:
        return np.full(values.shape[1:], np.nan)
    values = values[-(_BASE_WEEKS + _YEAR_WEEKS) :]
    windows = np.lib.stride_tricks.sliding_window_view(values[:-1], _BASE_WEEKS, axis=0)
    asvi = np.log(values[_BASE_WEEKS:]) - np.log(np.median(windows, axis=-1))
    known = ~np.isnan(asvi)
    count = known.sum(axis=0)
    divisor = np.maximum(count, 1)
    filled = np.where(known, asvi, 0.0)
    mean = filled.sum(axis=0) / divisor
    deviation = np.sqrt(np.where(known, (asvi - mean) ** 2, 0.0).sum(axis=0) / divisor)
    good = (count >= _LEAST_WEEKS) & (deviation > 0.0)
    return np.where(good, (asvi[-1] - mean) / np.where(good, deviation, 1.0), np.nan)


def attention_score(z: Floats, week_return: Floats) -> Floats:
    """Return the banded z; turned round (100 - x) where it is above 50 and the week's return is negative."""
    found = band(z, ATTENTION_BAND)
    return np.where((found > 50.0) & (week_return < 0.0), 100.0 - found, found)


def search(inputs: Inputs, bars: Recent) -> list[Sub]:
    """Return the one sub-score, from counts where they are known and fresh enough, else from the stand-ins."""
    symbols = len(inputs.panel.symbols)
    week = _week_return(bars.close)
    z = _stand_in_z(inputs, bars)
    cover = np.where(np.isnan(z), 0.0, PROXY_COVERAGE)
    fresh = freshness(bars.age, TTL["prices"], STALE_AT)
    note = dict.fromkeys(range(symbols), _STAND_IN)
    for at, counts in inputs.attention.items():
        found = float(attention_z(np.asarray(counts.weekly, np.float64)))
        if np.isnan(found) or counts.age_days > STALE_AT * TTL["search"]:
            continue
        z[at], cover[at], note[at] = found, 1.0, f"page views, {counts.source}"
        fresh[at] = float(freshness(np.array([counts.age_days]), TTL["search"], STALE_AT)[0])
    score = attention_score(z, week)
    return [sub(SEARCH, "attention", SUB_WEIGHTS[SEARCH]["attention"], score, z, fresh, cover, note)]


def _week_return(close: Floats) -> Floats:
    if len(close) <= WEEK_BARS:
        return np.full(close.shape[1], np.nan)
    return close[-1] / close[-1 - WEEK_BARS] - 1.0


def _stand_in_z(inputs: Inputs, bars: Recent) -> Floats:
    """Return the mean of what is known of the z of traded value and of delivery, (N,)."""
    value = bars.close * np.where(bars.volume > 0.0, bars.volume, np.nan)
    parts = [attention_z(_weekly(value))]
    if inputs.delivery is not None:
        share = np.take_along_axis(inputs.delivery, np.maximum(bars.rows, 0), axis=0)
        parts.append(attention_z(_weekly(np.where(bars.rows >= 0, share, np.nan))))
    table = np.stack(parts)
    known = (~np.isnan(table)).sum(axis=0)
    return np.where(known > 0, np.nansum(table, axis=0) / np.maximum(known, 1), np.nan)


def _weekly(daily: npt.NDArray[np.float64]) -> Floats:
    """Return means of blocks of five bars that end with the last one, (W, N)."""
    weeks = min(len(daily) // WEEK_BARS, _BASE_WEEKS + _YEAR_WEEKS)
    if not weeks:
        return np.empty((0, daily.shape[1]))
    return daily[-weeks * WEEK_BARS :].reshape(weeks, WEEK_BARS, -1).mean(axis=1)
