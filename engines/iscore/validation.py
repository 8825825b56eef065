"""How scores related to what followed: rank correlation, spread of the tiers, turnover, with bootstrap intervals.

Scores and returns are (M, N): M month ends, N stocks, NaN where unknown. Everything is descriptive; nothing here feeds
back into the score.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engines.iscore.scaling import Floats

LEAST_STOCKS: Final = 20
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over ``months`` with its bootstrap interval; NaN without enough months."""

    mean: float
    low: float
    high: float
    months: int


def ranks(values: Floats) -> Floats:
    """Return average ranks from 1, ties sharing theirs."""
    order = np.sort(values)
    below = np.searchsorted(order, values, side="left")
    return (below + np.searchsorted(order, values, side="right") + 1) / 2.0


def rank_correlation(scores: Floats, returns: Floats) -> float:
    """Return Spearman's rank correlation over the stocks for which both are known; NaN below twenty."""
    known = ~(np.isnan(scores) | np.isnan(returns))
    if known.sum() < LEAST_STOCKS:
        return float("nan")
    x, y = ranks(scores[known]), ranks(returns[known])
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum() / size) if size > 0.0 else float("nan")


def monthly(function: Callable[[Floats, Floats], float], scores: Floats, returns: Floats) -> Floats:
    """Return ``function`` of each month's scores and returns, (M,)."""
    return np.array([function(s, r) for s, r in zip(scores, returns, strict=True)])


def tier_spread(best: float, worst: float) -> Callable[[Floats, Floats], float]:
    """Return a function: mean return of scores of at least ``best`` less that of scores below ``worst``."""

    def spread(scores: Floats, returns: Floats) -> float:
        known = ~(np.isnan(scores) | np.isnan(returns))
        top, bottom = known & (scores >= best), known & (scores < worst)
        return float(returns[top].mean() - returns[bottom].mean()) if top.any() and bottom.any() else float("nan")

    return spread


def turnover(tiers: npt.NDArray[np.int64]) -> float:
    """Return the share of stocks whose tier (number, -1 unknown) differs from the month before; NaN for one month."""
    known = (tiers[1:] >= 0) & (tiers[:-1] >= 0)
    return float((tiers[1:] != tiers[:-1])[known].mean()) if known.any() else float("nan")


def excess(returns: Floats) -> Floats:
    """Return returns less each month's mean over the stocks."""
    known = ~np.isnan(returns)
    mean = np.where(known, returns, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return returns - mean[:, None]


def estimate(values: Floats, rng: np.random.Generator, *, block: int = 1, draws: int = 2_000) -> Estimate:
    """Return the mean of the known values and its percentile bootstrap interval of 95 %.

    ``block``: months drawn together, as long as the returns overlap (3 for three-month returns), after Künsch 1989.
    """
    known = values[~np.isnan(values)]
    n = len(known)
    if n < max(6, 2 * block):
        return Estimate(float(known.mean()) if n else float("nan"), float("nan"), float("nan"), n)
    starts = rng.integers(0, n - block + 1, size=(draws, -(-n // block)))
    picked = (starts[:, :, None] + np.arange(block)).reshape(draws, -1)[:, :n]
    means = known[picked].mean(axis=1)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Estimate(float(known.mean()), float(low), float(high), n)
