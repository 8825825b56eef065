"""The few tests the patterns need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


def mann_whitney_p(longer: Sequence[float], shorter: Sequence[float]) -> float:
    """Return the one-sided p-value that ``longer`` tends to be the larger (Mann & Whitney 1947).

    Normal approximation with continuity and tie corrections, as is usual from eight cases a side. 1 where all values
    are equal.
    """
    first, second = len(longer), len(shorter)
    values = np.concatenate([np.asarray(longer, dtype=float), np.asarray(shorter, dtype=float)])
    unique, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    statistic = float(ranks[:first].sum()) - first * (first + 1) / 2
    total = first + second
    ties = float((counts**3 - counts).sum()) / (total * (total - 1))
    spread = math.sqrt(first * second / 12 * (total + 1 - ties)) if len(unique) > 1 else 0.0
    if spread == 0.0:
        return 1.0
    return 1.0 - NormalDist().cdf((statistic - first * second / 2 - 0.5) / spread)


@dataclass(frozen=True, slots=True)
class Disposition:
    """Gains and losses that were realised or left standing, counted by position on every day with a sale (Odean 1998).

    ``sale_days``: days counted. With none of a kind its share is unknown.
    """

    realised_gains: int
    paper_gains: int
    realised_losses: int
    paper_losses: int
    sale_days: int

    @property
    def pgr(self) -> float | None:
        """Share of gains that were realised."""
        return _share(self.realised_gains, self.paper_gains)

    @property
    def plr(self) -> float | None:
        """Share of losses that were realised."""
        return _share(self.realised_losses, self.paper_losses)

    @property
    def ratio(self) -> float | None:
        """PGR / PLR; None where either is unknown or no loss was realised."""
        return self.pgr / self.plr if self.pgr is not None and self.plr else None

    @property
    def z(self) -> float | None:
        """The difference of the shares in standard errors; None where it has none."""
        if self.pgr is None or self.plr is None:
            return None
        gains, losses = self.realised_gains + self.paper_gains, self.realised_losses + self.paper_losses
        error = math.sqrt(self.pgr * (1 - self.pgr) / gains + self.plr * (1 - self.plr) / losses)
        return (self.pgr - self.plr) / error if error > 0 else None


def _share(realised: int, paper: int) -> float | None:
    return realised / (realised + paper) if realised + paper else None
