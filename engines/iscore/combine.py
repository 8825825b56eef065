"""From sub-scores to components, from components to the score, its confidence and its tier.

Scores are rounded to one decimal and coverage to two *before* they are combined, so that the printed score is exactly
the weighted mean of the printed components.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.iscore.scaling import Floats
from engines.iscore.tables import (
    BUY,
    DISPERSION_COST,
    DISPERSION_FULL,
    HOLD,
    HYSTERESIS,
    LEAST_CONFIDENCE,
    LEAST_COVERAGE,
    LEAST_WEIGHT,
    STRONG_BUY,
    STRONG_BUY_CONFIDENCE,
    TIERS,
    WEIGHTS,
)
from engines.iscore.types import Sub


@dataclass(frozen=True, slots=True)
class Component:
    """One component over N stocks: score (NaN without any input), coverage 0–1, freshness 0–1, effective weight."""

    name: str
    score: Floats
    coverage: Floats
    fresh: Floats
    effective: Floats


@dataclass(frozen=True, slots=True)
class Combined:
    """The score (NaN: null), confidence, dispersion and coverage over N stocks."""

    iscore: Floats
    confidence: Floats
    dispersion: Floats
    coverage: Floats


def rounded(values: Floats, digits: int) -> Floats:
    """Round half up, a hair's breadth of binary error counting as half."""
    scale = 10.0**digits
    return np.floor(values * scale + 0.5 + 1e-9) / scale


def component(name: str, subs: Sequence[Sub]) -> Component:
    """Return the weighted mean of the sub-scores that are known."""
    weights = np.stack([np.where(one.present, one.weight * one.cover, 0.0) for one in subs])
    scores = np.stack([np.where(one.present, one.score, 0.0) for one in subs])
    fresh = np.stack([one.fresh for one in subs])
    total = weights.sum(axis=0)
    some = total > 0.0
    divisor = np.where(some, total, 1.0)
    coverage = rounded(np.minimum(total / 100.0, 1.0), 2)
    score = np.where(some, rounded((weights * scores).sum(axis=0) / divisor, 1), np.nan)
    return Component(
        name=name,
        score=score,
        coverage=coverage,
        fresh=np.where(some, (weights * fresh).sum(axis=0) / divisor, 0.0),
        effective=np.where(some, effective_weight(WEIGHTS[name], coverage), 0.0),
    )


def effective_weight(nominal: float, coverage: Floats) -> Floats:
    """Return W·cov where cov is at least 0.4, else 0."""
    return np.where(coverage >= LEAST_COVERAGE, rounded(nominal * coverage, 2), 0.0)


def combine(components: Sequence[Component]) -> Combined:
    """Return the score: the mean of the components by effective weight, null below 35 of it.

    Confidence = Σ W·cov·fresh/100 · (1 - 0.2·min(1, dispersion/35)); dispersion is the weighted deviation around the
    score.
    """
    nominal = np.array([WEIGHTS[one.name] for one in components])[:, None]
    scores = np.stack([np.where(one.effective > 0.0, one.score, 0.0) for one in components])
    effective = np.stack([one.effective for one in components])
    coverage = np.stack([one.coverage for one in components])
    fresh = np.stack([one.fresh for one in components])
    total = effective.sum(axis=0)
    enough = total >= LEAST_WEIGHT - 1e-9
    divisor = np.where(enough, total, 1.0)
    score = np.where(enough, rounded((effective * scores).sum(axis=0) / divisor, 1), np.nan)
    dispersion = np.where(enough, np.sqrt((effective * (scores - score) ** 2).sum(axis=0) / divisor), np.nan)
    spread = 1.0 - DISPERSION_COST * np.minimum(1.0, np.nan_to_num(dispersion) / DISPERSION_FULL)
    confidence = rounded((nominal * coverage * fresh).sum(axis=0) / 100.0 * spread, 2)
    covered = rounded((nominal * coverage).sum(axis=0) / 100.0, 2)
    return Combined(score, np.where(enough, confidence, np.nan), dispersion, covered)


def raw_tier(iscore: float, confidence: float) -> str:
    """Return the tier that a score falls into. Below confidence 0.40 it is HOLD, whatever the score."""
    if confidence < LEAST_CONFIDENCE:
        return HOLD
    found = next(tier for tier, least in TIERS if iscore >= least)
    return BUY if found == STRONG_BUY and confidence < STRONG_BUY_CONFIDENCE else found


def told_tier(before: str | None, iscore: float, confidence: float) -> str:
    """Return the tier to tell others: it leaves ``before`` only 1.5 points beyond a border.

    A fall of confidence needs no such distance: it changes what the score may be called at once.
    """
    raw = raw_tier(iscore, confidence)
    order = [tier for tier, _ in reversed(TIERS)]
    if before not in order or raw == before or confidence < LEAST_CONFIDENCE:
        return raw
    rising = order.index(raw) > order.index(before)
    cautious = raw_tier(max(0.0, iscore - HYSTERESIS) if rising else iscore + HYSTERESIS, confidence)
    moved = order.index(cautious) - order.index(before)
    return cautious if (moved > 0 if rising else moved < 0) else before
