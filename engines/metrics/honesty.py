"""How much of a result may be luck: deflated Sharpe ratio, bootstrap intervals, short samples."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engines.metrics.risk_free import SESSIONS_PER_YEAR

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NORMAL: Final = NormalDist()
_EULER: Final = 0.5772156649015329
MIN_SAMPLE_YEARS: Final = 3.0
MIN_SAMPLE_TRADES: Final = 30


def is_short_sample(*, calendar_days: int, trades: int) -> bool:
    """Tell whether a Sharpe ratio of the sample claims nothing: under three years or under thirty trades."""
    return calendar_days < MIN_SAMPLE_YEARS * 365.25 or trades < MIN_SAMPLE_TRADES


def expected_best_sharpe(tries: int, variance: float) -> float:
    """Return the Sharpe ratio the best of ``tries`` worthless strategies is expected to show.

    ``variance``: of the tries' Sharpe ratios. Bailey & Lopez de Prado (2014), eq. 6.
    """
    if tries < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / tries)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (tries * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER) * first + _EULER * second)


def probabilistic_sharpe(
    sharpe: float, *, threshold: float, returns: int, skew: float, kurtosis: float
) -> float | None:
    """Return the probability that the true Sharpe ratio per session is above ``threshold`` (B. & L. de P. 2012).

    ``kurtosis`` of a normal distribution is 3. None where the estimate has no variance.
    """
    scale = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    if not scale > 0.0:
        return None
    return _NORMAL.cdf((sharpe - threshold) * math.sqrt(returns - 1) / math.sqrt(scale))


def deflated_sharpe(
    returns: Floats, *, tries: int, risk_free: float | Floats = 0.0, variance: float | None = None
) -> float | None:
    """Return the probability that the true Sharpe ratio beats the best of ``tries`` by luck (B. & L. de P. 2014).

    ``returns``: (N,) per session. ``variance``: of the Sharpe ratios per session among the tries; unknown, that of the
    estimate itself for a worthless strategy, 1/(N - 1). None for fewer than 3 returns or none that vary.
    """
    count = len(returns)
    excess = returns - risk_free
    if count < 3 or not np.std(excess) > 1e-15:
        return None
    centred = excess - np.mean(excess)
    spread = float(np.sqrt(np.mean(centred**2)))
    skew, kurtosis = (float(np.mean((centred / spread) ** power)) for power in (3, 4))
    sharpe = float(np.mean(excess) / np.std(excess, ddof=1))
    best = expected_best_sharpe(tries, 1.0 / (count - 1) if variance is None else variance)
    return probabilistic_sharpe(sharpe, threshold=best, returns=count, skew=skew, kurtosis=kurtosis)


@njit(cache=True, nogil=True)
def _resampled(returns: Floats, starts: Ints, is_start: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Growth and deepest drawdown of one resample: blocks run on, around the end, until a new one starts."""
    count = returns.shape[0]
    value, peak, worst = 1.0, 1.0, 0.0
    place = 0
    for at in range(count):
        place = starts[at] if is_start[at] or at == 0 else (place + 1) % count
        value *= 1.0 + returns[place]
        peak = max(peak, value)
        worst = min(worst, value / peak - 1.0)
    return value, worst


@dataclass(frozen=True, slots=True)
class BootstrapIntervals:
    """Percentile intervals as shares. ``cagr`` by sessions. Each (low, median, high)."""

    samples: int
    mean_block_days: float
    confidence: float
    cagr: tuple[float, float, float]
    max_drawdown: tuple[float, float, float]


def bootstrap_intervals(
    returns: Floats, *, seed: int, samples: int = 1_000, mean_block_days: float = 20.0, confidence: float = 0.90
) -> BootstrapIntervals | None:
    """Return intervals of CAGR and maximum drawdown by the stationary bootstrap (Politis & Romano 1994).

    Blocks of geometric length keep the returns' short memory. The same seed gives the same intervals. None for fewer
    than 20 returns.
    """
    count = len(returns)
    if count < 20:
        return None
    rng = np.random.default_rng(seed)
    found = np.empty((samples, 2))
    for at in range(samples):
        starts, is_start = rng.integers(0, count, count), rng.random(count) < 1.0 / mean_block_days
        found[at] = _resampled(returns, starts, is_start)
    growth = np.maximum(found[:, 0], 0.0) ** (SESSIONS_PER_YEAR / count) - 1.0
    tail = (1.0 - confidence) / 2.0

    def interval(values: Floats) -> tuple[float, float, float]:
        low, middle, high = np.quantile(values, [tail, 0.5, 1.0 - tail]).tolist()
        return low, middle, high

    return BootstrapIntervals(samples, mean_block_days, confidence, interval(growth), interval(found[:, 1]))


def percentile_of(value: float, sample: Floats) -> float:
    """Return the percentage of the sample below ``value``, ties counted half."""
    if not len(sample):
        return 50.0
    return float(100.0 * (np.mean(sample < value) + 0.5 * np.mean(sample == value)))
