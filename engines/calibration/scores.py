"""How good probabilities were: Brier score and skill, calibration error, reliability table."""

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.metrics.proportions import wilson

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BINS = 10


class Bin(NamedTuple):
    """Cases whose probabilities lie next to each other: what was said, what came true, between which bounds (95 %)."""

    lowest: float
    highest: float
    n: int
    said: float
    observed: float
    lower: float
    upper: float


class Quality(NamedTuple):
    """Brier score beside that of the base rate; ``skill`` is 1 - brier / base, None where the base is 0."""

    n: int
    base_rate: float
    brier: float
    base_brier: float
    skill: float | None
    ece: float


def brier(said: npt.ArrayLike, came: npt.ArrayLike) -> float:
    """Return the mean squared difference of probabilities and outcomes (G. W. Brier, 1950). Raises ValueError without
    cases.
    """
    probabilities, outcomes = _pair(said, came)
    return float(np.mean((probabilities - outcomes) ** 2))


def reliability(said: npt.ArrayLike, came: npt.ArrayLike, *, bins: int = BINS) -> list[Bin]:
    """Return the cases in up to ``bins`` groups of equal size by probability, with Wilson's bounds for each.

    Equal probabilities are never split between groups, so that the table does not depend on the order of the cases.
    """
    probabilities, outcomes = _pair(said, came)
    order = np.argsort(probabilities, kind="stable")
    probabilities, outcomes = probabilities[order], outcomes[order]
    edges = _edges(probabilities, bins)
    table = []
    for start, stop in itertools.pairwise(edges):
        part, hits = probabilities[start:stop], int(outcomes[start:stop].sum())
        share = wilson(hits, stop - start)
        if share is not None:
            table.append(
                Bin(float(part[0]), float(part[-1]), share.n, float(part.mean()), share.share, share.lower, share.upper)
            )
    return table


def expected_calibration_error(said: npt.ArrayLike, came: npt.ArrayLike, *, bins: int = BINS) -> float:
    """Return the mean distance of said and observed over the rows of the reliability table, by their size."""
    table = reliability(said, came, bins=bins)
    return sum(row.n * abs(row.said - row.observed) for row in table) / sum(row.n for row in table)


def quality(said: npt.ArrayLike, came: npt.ArrayLike) -> Quality:
    """Return all figures of a set of probabilities at once."""
    _, outcomes = _pair(said, came)
    base = float(outcomes.mean())
    score, base_score = brier(said, came), base * (1.0 - base)
    return Quality(
        n=len(outcomes),
        base_rate=base,
        brier=score,
        base_brier=base_score,
        skill=1.0 - score / base_score if base_score > 0.0 else None,
        ece=expected_calibration_error(said, came),
    )


def _pair(said: npt.ArrayLike, came: npt.ArrayLike) -> tuple[Floats, Floats]:
    probabilities, outcomes = np.asarray(said, dtype=np.float64), np.asarray(came, dtype=np.float64)
    if probabilities.shape != outcomes.shape or probabilities.ndim != 1 or not len(probabilities):
        raise ValueError("as many outcomes as probabilities are needed, at least one")
    return probabilities, outcomes


def _edges(ordered: Floats, bins: int) -> list[int]:
    count = len(ordered)
    edges = [0]
    for at in range(1, bins):
        edge = round(at * count / bins)
        while edge < count and edge > 0 and ordered[edge] == ordered[edge - 1]:
            edge += 1
        if edges[-1] < edge < count:
            edges.append(edge)
    return [*edges, count]
