"""Option prices on the tick grid that stay free of static arbitrage after rounding.

Rounding each price by itself breaks convexity in the strike where neighbouring prices differ by a few ticks.
Here the *differences* between neighbouring strikes are rounded: Black-76 differences are monotone in the
strike, so are the rounded ones, and prices summed from them are convex and monotone in the strike. They are
also monotone in the spot, so an option's minute range is the price at the ends of the index's minute range.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.options.normal import normal_cdf
from engines.simulation.surface import total_variance
from engines.simulation.ticksize import OPTION_TICK

F64 = npt.NDArray[np.float64]


class Moments(NamedTuple):
    """What prices depend on besides the spot, arrays of one shape: forward/spot, discount factor, at-the-money
    total variance.
    """

    growth: F64
    discount: F64
    theta: F64


def _calls(spot: F64, strikes: F64, moments: Moments, skew: float) -> tuple[F64, F64]:
    """Unrounded calls (n, strikes) and the discounted forward minus strike."""
    forward = (spot * moments.growth)[:, None]
    k = np.log(strikes) - np.log(forward)
    deviation = np.sqrt(total_variance(k, moments.theta[:, None], skew))
    d2 = -k / deviation - 0.5 * deviation
    discount = moments.discount[:, None]
    calls = discount * (forward * normal_cdf(d2 + deviation) - strikes * normal_cdf(d2))
    return calls, discount * (forward - strikes)


def _step(strikes: F64) -> float:
    return float(strikes[1] - strikes[0]) if len(strikes) > 1 else 1.0


def unrounded(spot: F64, strike: float, moments: Moments, skew: float, is_call: bool) -> F64:
    """Prices (n,) of one strike before rounding."""
    calls, intrinsic = _calls(spot, np.array([strike]), moments, skew)
    return (calls if is_call else calls - intrinsic)[:, 0]


def call_prices(spot: F64, strikes: F64, moments: Moments, skew: float) -> F64:
    """Rounded calls (n, strikes) for spots (n,); strikes ascending and evenly spaced, the last is the anchor."""
    calls, _ = _calls(spot, strikes, moments, skew)
    return _sum_calls(calls, _step(strikes))


def put_prices(spot: F64, strikes: F64, moments: Moments, skew: float) -> F64:
    """Rounded puts (n, strikes); the first strike is the anchor."""
    calls, intrinsic = _calls(spot, strikes, moments, skew)
    return _sum_puts(calls - intrinsic, _step(strikes))


def both_prices(spot: F64, strikes: F64, moments: Moments, skew: float) -> tuple[F64, F64]:
    """Rounded calls and puts (n, strikes)."""
    calls, intrinsic = _calls(spot, strikes, moments, skew)
    step = _step(strikes)
    return _sum_calls(calls, step), _sum_puts(calls - intrinsic, step)


def _whole(slopes: F64, step: float) -> F64:
    """Price differences of neighbouring strikes in whole ticks: a non-decreasing function of the exact
    difference.

    In the money they are rounded up, so that the sum does not sink below the discounted intrinsic value; never
    above the step.
    """
    ticks = slopes / OPTION_TICK
    return np.where(ticks > 0.5 * step / OPTION_TICK, np.ceil(ticks - 1e-9), np.maximum(np.rint(ticks), 0.0))


def _sum_calls(calls: F64, step: float) -> F64:
    ticks = np.empty_like(calls)
    ticks[:, -1] = np.maximum(np.rint(calls[:, -1] / OPTION_TICK), 1.0)
    ticks[:, :-1] = _whole(calls[:, :-1] - calls[:, 1:], step)
    return np.round(np.cumsum(ticks[:, ::-1], axis=1)[:, ::-1] * OPTION_TICK, 2)


def _sum_puts(puts: F64, step: float) -> F64:
    ticks = np.empty_like(puts)
    ticks[:, 0] = np.maximum(np.rint(puts[:, 0] / OPTION_TICK), 1.0)
    ticks[:, 1:] = _whole(puts[:, 1:] - puts[:, :-1], step)
    return np.round(np.cumsum(ticks, axis=1) * OPTION_TICK, 2)
