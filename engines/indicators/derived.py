"""Figures over fixed horizons that the strategy language names: momentum, volatility, gaps."""

import math

import numpy as np
import numpy.typing as npt

from engines.indicators.arrays import Floats, as_bars, as_floats, lag
from engines.indicators.windows import rolling_std

MONTH_BARS = 21
HALF_YEAR_BARS = 126
YEAR_BARS = 252


def momentum(close: npt.ArrayLike, n: int, skip: int = MONTH_BARS) -> Floats:
    """Return 100·(close[t-skip]/close[t-n] - 1): the return from n to ``skip`` bars ago (Jegadeesh & Titman 1993)."""
    x = as_floats(close)
    start = lag(x, n)
    return 100.0 * (lag(x, skip) / np.where(start == 0.0, np.nan, start) - 1.0)


def momentum_12_1(close: npt.ArrayLike) -> Floats:
    """Return the return of the twelve months before the last one, percent (252 and 21 bars)."""
    return momentum(close, YEAR_BARS)


def momentum_6_1(close: npt.ArrayLike) -> Floats:
    """Return the return of the six months before the last one, percent (126 and 21 bars)."""
    return momentum(close, HALF_YEAR_BARS)


def volatility_1y(close: npt.ArrayLike) -> Floats:
    """Return the yearly volatility in percent: population deviation of 252 daily log returns times sqrt(252)."""
    x = as_floats(close)
    ratio = np.where(x > 0.0, x, np.nan) / np.where(lag(x, 1) > 0.0, lag(x, 1), np.nan)
    return 100.0 * math.sqrt(YEAR_BARS) * rolling_std(np.log(ratio), YEAR_BARS)


def gap_pct(open_: npt.ArrayLike, close: npt.ArrayLike) -> Floats:
    """Return the opening gap: 100·(open/previous close - 1)."""
    o, c = as_bars(open_, close)
    before = lag(c, 1)
    return 100.0 * (o / np.where(before == 0.0, np.nan, before) - 1.0)
