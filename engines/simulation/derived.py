"""Instruments that follow another one: BSE twins and futures.

A follower's price is the base price times a factor fixed for the session, rounded, with at most one tick of
noise, kept inside the follower's own day. The same construction at the level of days, minutes and ticks keeps
every level the aggregation of the next.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engines.simulation import rng, ticksize
from engines.simulation.bars import Ohlcv, spread
from engines.simulation.intraday import VOLUME_NOISE, session_curve, touch

F64 = npt.NDArray[np.float64]
U64 = npt.NDArray[np.uint64]

LEVEL_DAY, LEVEL_MINUTE = 21, 22


def _follow(price: F64, factor: F64, tick: F64, bits: U64, shift: int) -> F64:
    return ticksize.to_ticks(price * factor, tick) + rng.jitter(bits, shift)


def follow_days(base: Ohlcv, factor: F64, tick: F64, bits: U64) -> tuple[F64, F64, F64, F64]:
    """Day open, high, low, close of followers in prices; all arguments have one shape."""
    first = np.maximum(_follow(base.open, factor, tick, bits, 0), 1.0)
    last = np.maximum(_follow(base.close, factor, tick, bits, 2), 1.0)
    high = np.maximum(_follow(base.high, factor, tick, bits, 4), np.maximum(first, last))
    low = np.minimum(np.maximum(_follow(base.low, factor, tick, bits, 6), 1.0), np.minimum(first, last))
    open_, high, low, close = (ticksize.to_price(ticks, tick) for ticks in (first, high, low, last))
    return open_, high, low, close


def follow_minutes(base: Ohlcv, day: Ohlcv, factor: F64, tick: F64, keys: U64, unit: F64, least: float) -> Ohlcv:
    """Minute bars (n, minutes) of followers.

    base: minute bars of the base instruments. day: the followers' own day (n,). factor, tick, unit (shares per
    lot): (n,). keys: one random key per follower and session. least: smallest volume of a minute in units.
    """
    minutes = base.open.shape[1]
    step, scale = tick[:, None], factor[:, None]
    bits = rng.grid(keys, minutes)
    first, top, bottom, last = (ticksize.to_ticks(column, tick) for column in day[:4])
    low_end, high_end = bottom[:, None], top[:, None]
    opens = np.clip(_follow(base.open, scale, step, bits, 0), low_end, high_end)
    close = np.clip(_follow(base.close, scale, step, bits, 2), low_end, high_end)
    opens[:, 0], close[:, -1] = first, last
    high = np.clip(_follow(base.high, scale, step, bits, 4), np.maximum(opens, close), high_end)
    low = np.clip(_follow(base.low, scale, step, bits, 6), low_end, np.minimum(opens, close))
    touch(high, np.argmax(base.high, axis=1), top)
    touch(low, np.argmin(base.low, axis=1), bottom)
    weights = session_curve(minutes) * np.exp(VOLUME_NOISE * (2.0 * rng.fraction(bits, 8, 24) - 1.0))
    volume = spread(day.volume / unit, weights, least) * unit[:, None]
    return Ohlcv(*(ticksize.to_price(ticks, step) for ticks in (opens, high, low, close)), volume)
