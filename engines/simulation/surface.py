"""The implied-volatility surface: SSVI (Gatheral and Jacquier 2014) with power-law curvature, driven by India
VIX.

Total variance w(k, theta) = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)), phi = eta / sqrt(theta
(1 + theta)), k = ln(K/F). There is no butterfly arbitrage while eta^2 (1 + |rho|) <= 4 and no calendar
arbitrage while theta grows with time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

CURVATURE = 1.05
LONG_RUN_VOLATILITY = 0.15
PULL_PER_YEAR = 4.0
VIX_YEARS = 30.0 / 365.0
LEAST_VARIANCE_RATE = 0.055**2
SECONDS_PER_YEAR = 365.0 * 86_400.0
LEAST_SECONDS = 60.0


def _decay(years: npt.ArrayLike) -> F64:
    return -np.expm1(-PULL_PER_YEAR * np.asarray(years, np.float64)) / PULL_PER_YEAR


def at_the_money_variance(vix: npt.ArrayLike, years: npt.ArrayLike, ratio: float = 1.0) -> F64:
    """Total at-the-money variance to expiry from VIX (per cent), variance reverting to its long run; grows with
    `years`.
    """
    long_run = LONG_RUN_VOLATILITY**2
    month = (np.asarray(vix, np.float64) / 100.0) ** 2 * VIX_YEARS
    now = np.maximum(long_run + (month - long_run * VIX_YEARS) / _decay(VIX_YEARS), LEAST_VARIANCE_RATE)
    return ratio**2 * (long_run * np.asarray(years, np.float64) + (now - long_run) * _decay(years))


def total_variance(log_moneyness: npt.ArrayLike, theta: npt.ArrayLike, skew: float) -> F64:
    """SSVI total variance at k = ln(K/F)."""
    t = np.asarray(theta, np.float64)
    scaled = CURVATURE / np.sqrt(t * (1.0 + t)) * np.asarray(log_moneyness, np.float64)
    return 0.5 * t * (1.0 + skew * scaled + np.sqrt((scaled + skew) ** 2 + 1.0 - skew**2))


def years_left(now_s: npt.ArrayLike, expiry_s: float) -> F64:
    """Calendar years to the expiry instant, never less than a minute."""
    return np.maximum(expiry_s - np.asarray(now_s, np.float64), LEAST_SECONDS) / SECONDS_PER_YEAR
