"""European options on a forward: F. Black, "The pricing of commodity contracts" (1976).

F forward or futures price of the option's own expiry, K strike, T years to expiry, s volatility, r continuous
rate, D = exp(-rT): C = D (F N(d1) - K N(d2)), P = D (K N(-d2) - F N(-d1)), d1 = (ln(F/K) + s^2 T / 2) / (s sqrt
T), d2 = d1 - s sqrt T. All arguments broadcast. With no time or no volatility left an option is worth its
discounted intrinsic value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.options.normal import normal_cdf, normal_density

F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

DAYS_PER_YEAR = 365.0
VOLATILITY_BOUNDS = (0.01, 3.0)
_TINY = 1e-12
_SOLVER_STEPS = 100


class Greeks(NamedTuple):
    """price (rupees), delta and gamma for one point of the forward, theta for one calendar day, vega for one
    volatility point.
    """

    price: F64
    delta: F64
    gamma: F64
    theta: F64
    vega: F64


def _check(forward: F64, strike: F64, years: F64, volatility: F64) -> None:
    for name, value in (("forward", forward), ("strike", strike)):
        if np.any(~(value > 0)):
            raise ValueError(f"{name} must be positive")
    for name, value in (("years", years), ("volatility", volatility)):
        if np.any(~(value >= 0)):
            raise ValueError(f"{name} must not be negative")


def _arguments(
    forward: npt.ArrayLike, strike: npt.ArrayLike, years: npt.ArrayLike, volatility: npt.ArrayLike
) -> tuple[F64, F64, F64, F64]:
    arrays = tuple(np.asarray(a, np.float64) for a in (forward, strike, years, volatility))
    _check(*arrays)
    return arrays


def _moments(forward: F64, strike: F64, years: F64, volatility: F64) -> tuple[F64, F64]:
    deviation = np.maximum(volatility * np.sqrt(years), _TINY)
    d1 = np.log(forward / strike) / deviation + 0.5 * deviation
    return d1, d1 - deviation


def price(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    is_call: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
) -> F64:
    """Present value, in the unit of the forward. Raises ValueError for a price <= 0 or negative time or
    volatility.
    """
    f, k, t, s = _arguments(forward, strike, years, volatility)
    sign = np.where(np.asarray(is_call, bool), 1.0, -1.0)
    d1, d2 = _moments(f, k, t, s)
    value = sign * (f * normal_cdf(sign * d1) - k * normal_cdf(sign * d2))
    return np.exp(-np.asarray(rate, np.float64) * t) * np.maximum(value, 0.0)


def greeks(
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    is_call: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
) -> Greeks:
    """Price and sensitivities; vega per 0.01 of volatility, theta per calendar day (1/365 year), gamma per
    point squared.
    """
    f, k, t, s = _arguments(forward, strike, years, volatility)
    r = np.asarray(rate, np.float64)
    call = np.asarray(is_call, bool)
    sign = np.where(call, 1.0, -1.0)
    discount = np.exp(-r * t)
    d1, d2 = _moments(f, k, t, s)
    n1, n2 = normal_cdf(sign * d1), normal_cdf(sign * d2)
    value = discount * np.maximum(sign * (f * n1 - k * n2), 0.0)
    density = normal_density(d1)
    deviation = np.maximum(s * np.sqrt(t), _TINY)
    vega = discount * f * density * np.sqrt(t)
    decay = np.where(t > 0, discount * f * density * s / (2.0 * np.sqrt(np.maximum(t, _TINY))), 0.0)
    return Greeks(
        price=value,
        delta=discount * sign * n1,
        gamma=discount * density / (f * deviation),
        theta=(r * value - decay) / DAYS_PER_YEAR,
        vega=vega / 100.0,
    )


def implied_volatility(
    premium: npt.ArrayLike,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    is_call: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
) -> tuple[F64, Bool]:
    """Volatility that reproduces a premium, and whether one exists within `VOLATILITY_BOUNDS`.

    Safeguarded Newton steps inside a bisection bracket. Where no volatility within the bounds gives the premium
    the result is the nearer bound and the flag is False.
    """
    p, f, k, t, call, r = np.broadcast_arrays(
        *(np.asarray(a, np.float64) for a in (premium, forward, strike, years, np.asarray(is_call, bool), rate))
    )
    low, high = np.full(p.shape, VOLATILITY_BOUNDS[0]), np.full(p.shape, VOLATILITY_BOUNDS[1])
    inside = (p > price(f, k, t, low, call, r)) & (p < price(f, k, t, high, call, r))
    volatility = np.clip(np.sqrt(2 * np.pi / np.maximum(t, _TINY)) * p / f, 0.05, 1.0)
    for _ in range(_SOLVER_STEPS):
        value = greeks(f, k, t, volatility, call, r)
        error = value.price - p
        low, high = np.where(error < 0, volatility, low), np.where(error < 0, high, volatility)
        if np.all(~inside | (np.abs(error) < 1e-11 * f) | (high - low < 1e-13)):
            break
        step = volatility - error / np.maximum(100.0 * value.vega, _TINY)
        volatility = np.where((step > low) & (step < high), step, 0.5 * (low + high))
    edge = np.where(p <= price(f, k, t, VOLATILITY_BOUNDS[0], call, r), *VOLATILITY_BOUNDS)
    return np.where(inside, volatility, edge), np.asarray(inside)


def parity_forward(
    call: npt.ArrayLike, put: npt.ArrayLike, strike: npt.ArrayLike, years: npt.ArrayLike, rate: npt.ArrayLike = 0.0
) -> F64:
    """Forward implied by a call and a put of one strike: F = K + exp(rT) (C - P)."""
    growth = np.exp(np.asarray(rate, np.float64) * np.asarray(years, np.float64))
    return np.asarray(strike, np.float64) + growth * (np.asarray(call, np.float64) - np.asarray(put, np.float64))
