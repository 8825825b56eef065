"""How far a figure of dependent cases may be off: the bootstrap of whole groups.

Signals of one day share that day's market, so days are drawn, not signals (Efron & Tibshirani 1993, ch. 8; Cameron,
Gelbach & Miller 2008).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SAMPLES = 4_000


class Interval(NamedTuple):
    """A figure with the bounds between which 95 of 100 samples put it; ``groups``: how many were drawn from.

    The bounds are None with fewer than two groups.
    """

    value: float
    lower: float | None
    upper: float | None
    groups: int


def grouped(
    columns: npt.ArrayLike, group: npt.ArrayLike, statistic: Callable[[Floats], Floats], *, seed: int,
    samples: int = SAMPLES,
) -> Interval | None:  # fmt: skip
    """Return a statistic of column sums with its 95 % interval; None without a case.

    ``columns``: (N, K). ``group``: (N,) the group of each case. ``statistic``: from sums (S, K) to values (S,). Draws
    in which it is not defined (NaN) are left out. The same seed gives the same interval.
    """
    values, names = np.atleast_2d(np.asarray(columns, dtype=np.float64)), np.asarray(group)
    if not len(names):
        return None
    _, place = np.unique(names, return_inverse=True)
    sums = np.zeros((place.max() + 1, values.shape[1]))
    np.add.at(sums, place, values)
    here = float(statistic(sums.sum(axis=0, keepdims=True))[0])
    count = len(sums)
    if count < 2:
        return Interval(here, None, None, count)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=samples)
    found = statistic(drawn @ sums)
    found = found[np.isfinite(found)]
    if not len(found):
        return Interval(here, None, None, count)
    low, high = np.quantile(found, [0.025, 0.975]).tolist()
    return Interval(here, low, high, count)


def mean(values: npt.ArrayLike, group: npt.ArrayLike, *, seed: int) -> Interval | None:
    """Return the mean of ``values`` (N,) with its interval."""
    cases = np.asarray(values, dtype=np.float64)
    return grouped(
        np.column_stack([cases, np.ones(len(cases))]), group, lambda sums: sums[:, 0] / sums[:, 1], seed=seed
    )


def brier_skill(said: npt.ArrayLike, came: npt.ArrayLike, group: npt.ArrayLike, *, seed: int) -> Interval | None:
    """Return 1 - Brier score / that of the base rate, with its interval.

    The base rate is drawn anew with each sample. NaN where all outcomes are the same.
    """
    probability, outcome = np.asarray(said, dtype=np.float64), np.asarray(came, dtype=np.float64)
    columns = np.column_stack([(probability - outcome) ** 2, outcome, np.ones(len(outcome))])

    def skill(sums: Floats) -> Floats:
        base = sums[:, 1] / sums[:, 2]
        plain = base * (1.0 - base)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(plain > 0.0, 1.0 - sums[:, 0] / sums[:, 2] / plain, np.nan)

    return grouped(columns, group, skill, seed=seed)
