"""Returns of an account with deposits: XIRR and the time-weighted return."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LOW: Final = -0.9999
_HIGH: Final = 100.0
_TOLERANCE: Final = 1e-12


def brent(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Return a root between ``low`` and ``high``, None if the signs there do not differ (Brent 1973, ch. 4)."""
    a, b = low, high
    fa, fb = function(a), function(b)
    if fa == 0.0 or fb == 0.0:
        return a if fa == 0.0 else b
    if (fa > 0.0) == (fb > 0.0):
        return None
    c, fc, step, before = a, fa, b - a, b - a
    for _ in range(200):
        if abs(fc) < abs(fb):
            a, b, c, fa, fb, fc = b, c, b, fb, fc, fb
        middle, tolerance = 0.5 * (c - b), 2.0 * np.finfo(float).eps * abs(b) + 0.5 * _TOLERANCE
        if abs(middle) <= tolerance or fb == 0.0:
            return b
        step, before = _next_step(a, b, c, fa, fb, fc, middle, tolerance, step, before)
        a, fa = b, fb
        b += step if abs(step) > tolerance else (tolerance if middle > 0.0 else -tolerance)
        fb = function(b)
        if (fb > 0.0) == (fc > 0.0):
            c, fc, step, before = a, fa, b - a, b - a
    return b


def _next_step(
    a: float,
    b: float,
    c: float,
    fa: float,
    fb: float,
    fc: float,
    middle: float,
    tolerance: float,
    step: float,
    before: float,
) -> tuple[float, float]:
    """Interpolate where that converges well, else halve; returns (step, step before)."""
    if abs(before) < tolerance or abs(fa) <= abs(fb):
        return middle, middle
    ratio = fb / fa
    if a == c:
        p, q = 2.0 * middle * ratio, 1.0 - ratio
    else:
        q, r = fa / fc, fb / fc
        p = ratio * (2.0 * middle * q * (q - r) - (b - a) * (r - 1.0))
        q = (q - 1.0) * (r - 1.0) * (ratio - 1.0)
    p, q = (p, -q) if p > 0.0 else (-p, q)
    if 2.0 * p < min(3.0 * middle * q - abs(tolerance * q), abs(before * q)):
        return p / q, step
    return middle, middle


def xirr(flows: Sequence[tuple[date, float]]) -> float | None:
    """Return the annual rate at which dated flows sum to 0 (act/365), between -99.99 % and 10,000 %.

    Deposits negative, withdrawals and the final value positive. None without flows of both signs or a root there.
    """
    if not flows or not any(amount > 0.0 for _, amount in flows) or not any(amount < 0.0 for _, amount in flows):
        return None
    start = min(day for day, _ in flows)
    years = np.array([(day - start).days / 365.0 for day, _ in flows])
    amounts = np.array([amount for _, amount in flows])
    return brent(lambda rate: float(np.sum(amounts / (1.0 + rate) ** years)), _LOW, _HIGH)


def time_weighted_return(values: Floats, flows: Floats) -> float | None:
    """Return the chained return of (V_t - F_t)/V_{t-1}; flow t came in before the close of day t. None if a V is 0."""
    if len(values) < 2 or np.any(values[:-1] <= 0.0):
        return None
    return float(np.prod((values[1:] - flows[1:]) / values[:-1]) - 1.0)
