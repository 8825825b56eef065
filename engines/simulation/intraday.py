"""Minute bars of one session: bridges conditioned on the day's open, high, low, close and volume.

Each instrument's noise is part market, part sector and part its own, so instruments move together within the
session as they do from day to day. The extremes are met exactly: the path is stretched into the day's range and
its outermost bars touch the ends.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engines.simulation import rng, ticksize
from engines.simulation.bars import Ohlcv, spread
from engines.simulation.daily import DailyBlock
from engines.simulation.loads import FactorLoads

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

LEVEL_MARKET, LEVEL_SECTOR, LEVEL_OWN, LEVEL_SHAPE = 11, 12, 13, 14
LEAST_UNITS = 5.0
LOGISTIC_UNIT = np.sqrt(3.0) / np.pi
WICK_VARIANCE = 0.6
STRETCH_LIMIT = 2.5
VOLUME_NOISE = 0.8


@lru_cache(maxsize=8)
def session_curve(minutes: int) -> F64:
    """Activity of each minute, summing to 1: a burst at the open, a U over the session, a rise into the close."""
    x = (np.arange(minutes) + 0.5) / minutes
    curve = 0.65 + 1.1 * (2.0 * x - 1.0) ** 2 + 2.0 * np.exp(-x / 0.02) + 0.8 * np.exp(-(1.0 - x) / 0.03)
    return curve / curve.sum()


def _steps(seed: int, level: int, parts: npt.ArrayLike, ordinal: int, minutes: int) -> F64:
    """Independent logistic steps of unit variance, one row per part."""
    keys = rng.fold_keys(rng.fold_key(seed, level, ordinal), parts)
    u = rng.fraction(rng.grid(keys, minutes), 11, 53)
    return np.log(u / (1.0 - u)) * LOGISTIC_UNIT


def _noise(seed: int, ordinal: int, rows: I64, loads: FactorLoads, minutes: int) -> F64:
    """Standardised random walk of each row, (rows, minutes); variance 1 at the end of the session."""
    market = _steps(seed, LEVEL_MARKET, [0], ordinal, minutes)
    columns, place = np.unique(loads.sector_of[rows], return_inverse=True)
    sector = _steps(seed, LEVEL_SECTOR, columns, ordinal, minutes)
    sources, own_place = np.unique(loads.noise_of[rows], return_inverse=True)
    own = _steps(seed, LEVEL_OWN, sources, ordinal, minutes)
    steps = own[own_place] * loads.own[rows, None]
    steps += market * loads.market[rows, None]
    steps += sector[place] * loads.sector[rows, None]
    steps *= np.sqrt(session_curve(minutes))
    return np.cumsum(steps, axis=1, out=steps)


def _into_range(path: F64, low: F64, high: F64, bottom: F64, top: F64) -> F64:
    """Scale the excursions of `path` outside [low, high] so that they reach towards `bottom` and `top`."""
    above = np.maximum(path - high, 0.0)
    below = np.maximum(low - path, 0.0)
    reach_up = np.max(above, axis=1, keepdims=True)
    reach_down = np.max(below, axis=1, keepdims=True)
    up = np.minimum((top - high) / np.maximum(reach_up, 1e-9), STRETCH_LIMIT)
    down = np.minimum((low - bottom) / np.maximum(reach_down, 1e-9), STRETCH_LIMIT)
    above *= up - 1.0
    below *= down - 1.0
    path += above
    path -= below
    return path


def _close_path(day: DailyBlock, walk: F64, minutes: int) -> F64:
    """Minute closes in ticks, float, not yet rounded."""
    tick = day.tick[:, None]
    first, last = day.open[:, None] / tick, day.close[:, None] / tick
    progress = np.cumsum(session_curve(minutes))
    bridge = walk - progress * walk[:, -1:]
    bridge *= first * np.sqrt(day.variance)[:, None]
    bridge += first + (last - first) * progress
    low, high = np.minimum(first, last), np.maximum(first, last)
    return _into_range(bridge, low, high, day.low[:, None] / tick, day.high[:, None] / tick)


def touch(values: F64, at: I64, wanted: F64) -> None:
    """Set one column of each row."""
    np.put_along_axis(values, at[:, None], wanted[:, None], axis=1)


def core_minutes(seed: int, ordinal: int, rows: I64, day: DailyBlock, loads: FactorLoads, minutes: int) -> Ohlcv:
    """Minute bars (rows, minutes) of core rows; `day` holds the session's values of those rows."""
    tick = day.tick[:, None]
    bounds = [ticksize.to_ticks(column, day.tick)[:, None] for column in (day.open, day.high, day.low, day.close)]
    first, top, bottom, last = bounds
    path = _close_path(day, _noise(seed, ordinal, rows, loads, minutes), minutes)
    close = np.clip(np.rint(path, out=path), bottom, top)
    close[:, -1] = last[:, 0]
    bits = rng.grid(rng.fold_keys(rng.fold_key(seed, LEVEL_SHAPE, ordinal), rows), minutes)
    opens = np.empty_like(close)
    opens[:, 0] = first[:, 0]
    # An open lies on the previous close or one tick from it.
    opens[:, 1:] = close[:, :-1] + rng.jitter(bits[:, 1:], 0)
    np.clip(opens, bottom, top, out=opens)
    change = close - opens
    deviation = 2.0 * WICK_VARIANCE * (first * np.sqrt(day.variance)[:, None]) ** 2 * session_curve(minutes)
    squared = change**2
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    size = np.abs(change)
    high += np.rint(0.5 * (np.sqrt(squared - deviation * np.log(rng.fraction(bits, 2, 20))) - size))
    low -= np.rint(0.5 * (np.sqrt(squared - deviation * np.log(rng.fraction(bits, 22, 20))) - size))
    np.clip(high, bottom, top, out=high)
    np.clip(low, bottom, top, out=low)
    touch(high, np.argmax(high, axis=1), top[:, 0])
    touch(low, np.argmin(low, axis=1), bottom[:, 0])
    weights = session_curve(minutes) * np.exp(VOLUME_NOISE * (2.0 * rng.fraction(bits, 42, 22) - 1.0))
    weights *= 1.0 + 0.5 * np.sqrt(squared / np.maximum(deviation, 1e-12))
    volume = spread(day.volume, weights, LEAST_UNITS)
    return Ohlcv(*(ticksize.to_price(ticks, tick) for ticks in (opens, high, low, close)), volume)
