"""From a raw score of 50 to 100 to the probability that the signal comes good.

How much is fitted depends on how much is known: nothing below 50 outcomes, a curve of two parameters below 200 (Platt
1999), a free rising step function from there on (Zadrozny & Elkan 2002). Both are a page of arithmetic, and serving
needs no more than a look-up.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kind = Literal["identity", "platt", "isotonic"]

MIN_PLATT: Final = 50
MIN_ISOTONIC: Final = 200
BOUNDS: Final = (0.02, 0.98)
#: The highest confidence that may be published while nothing is known of how often it comes true.
UNCALIBRATED_CAP: Final = 74
_STEPS: Final = 100
_TOLERANCE: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A fitted mapping, as plain numbers: it is stored as JSON beside the signals that it judged.

    ``kind``; ``n``: outcomes it was fitted on; ``knots``: (raw, probability) pairs of an isotonic fit, ``slope`` and
    ``offset`` of Platt's curve 1 / (1 + exp(slope * raw + offset)).
    """

    kind: Kind = "identity"
    n: int = 0
    slope: float = 0.0
    offset: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    @property
    def calibrated(self) -> bool:
        """Whether the probability rests on outcomes at all."""
        return self.kind != "identity"

    def probability(self, raw: float) -> float:
        """Return the probability that a signal of this raw score (50 to 100) reaches its barrier first."""
        if self.kind == "isotonic":
            xs, ys = zip(*self.knots, strict=True)
            return float(np.clip(np.interp(raw, xs, ys), *BOUNDS))
        if self.kind == "platt":
            return float(np.clip(_logistic(-(self.slope * raw + self.offset)), *BOUNDS))
        return raw / 100.0

    def confidence(self, raw: float, *, cap: int | None = None) -> int:
        """Return the whole number that is published of a raw score, at most ``cap``."""
        return published(self.probability(raw), calibrated=self.calibrated, cap=cap)


def published(probability: float, *, calibrated: bool, cap: int | None = None) -> int:
    """Return the whole number that is published: 100 times the probability, halves up, no more than may be."""
    most = most_published(calibrated=calibrated, cap=cap)
    value = math.floor(100.0 * probability + 0.5)
    return value if most is None else min(value, most)


def most_published(*, calibrated: bool, cap: int | None = None) -> int | None:
    """Return the most that may be published: ``cap`` where one stands, 74 at most while uncalibrated, else None."""
    if calibrated:
        return cap
    return UNCALIBRATED_CAP if cap is None else min(cap, UNCALIBRATED_CAP)


def fit(raw: npt.ArrayLike, came: npt.ArrayLike) -> Calibrator:
    """Return the calibrator that so many outcomes allow.

    ``raw``: scores, shape (N,); ``came``: 1 where the signal came good, else 0. One kind of outcome alone says nothing
    of how the score orders them, so that Platt's curve is then left out and the mapping stays uncalibrated.
    """
    scores, outcomes = np.asarray(raw, dtype=np.float64), np.asarray(came, dtype=np.float64)
    if scores.shape != outcomes.shape or scores.ndim != 1:
        raise ValueError("as many outcomes as scores are needed")
    count = len(scores)
    if count < MIN_PLATT or outcomes.min() == outcomes.max():
        return Calibrator(n=count)
    if count < MIN_ISOTONIC:
        slope, offset = platt(scores, outcomes)
        return Calibrator(kind="platt", n=count, slope=slope, offset=offset)
    xs, ys = isotonic(scores, outcomes)
    return Calibrator(kind="isotonic", n=count, knots=tuple(zip(xs.tolist(), ys.tolist(), strict=True)))


def platt(scores: Floats, outcomes: Floats) -> tuple[float, float]:
    """Return (a, b) of 1 / (1 + exp(a * score + b)), fitted with Platt's smoothed targets.

    Newton's method with halved steps where one does not improve, after Lin, Lin & Weng, "A note on Platt's
    probabilistic outputs" (2007). Scores are centred for the fit, as they lie between 50 and 100.
    """
    wins = float(outcomes.sum())
    losses = len(outcomes) - wins
    target = np.where(outcomes == 1.0, (wins + 1.0) / (wins + 2.0), 1.0 / (losses + 2.0))
    centre, scale = float(scores.mean()), float(scores.std()) or 1.0
    design = np.column_stack([(scores - centre) / scale, np.ones(len(scores))])
    found = np.array([0.0, math.log((losses + 1.0) / (wins + 1.0))])
    loss = _loss(design @ found, target)
    for _ in range(_STEPS):
        said = _logistic(-(design @ found))
        gradient = design.T @ (target - said)
        if np.abs(gradient).max() < _TOLERANCE:
            break
        hessian = (design * (said * (1.0 - said))[:, None]).T @ design + 1e-12 * np.eye(2)
        step, size = np.linalg.solve(hessian, gradient), 1.0
        while size > _TOLERANCE and _loss(design @ (found - size * step), target) > loss:
            size /= 2.0
        found = found - size * step
        loss = _loss(design @ found, target)
    slope = float(found[0]) / scale
    return slope, float(found[1]) - slope * centre


def isotonic(scores: Floats, outcomes: Floats) -> tuple[Floats, Floats]:
    """Return the knots (score, mean outcome) of the rising step function nearest to the outcomes, by pooling
    neighbours.

    Pool adjacent violators (Ayer et al. 1955); outcomes of equal scores are averaged first. Between knots the caller
    interpolates.
    """
    xs, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=outcomes) / counts
    values: list[float] = []
    weights: list[float] = []
    lengths: list[int] = []
    for mean, weight in zip(means.tolist(), counts.tolist(), strict=True):
        values.append(mean)
        weights.append(float(weight))
        lengths.append(1)
        while len(values) > 1 and values[-2] >= values[-1]:
            last, heavy, long = values.pop(), weights.pop(), lengths.pop()
            total = weights[-1] + heavy
            values[-1] = (values[-1] * weights[-1] + last * heavy) / total
            weights[-1], lengths[-1] = total, lengths[-1] + long
    return xs, np.repeat(np.array(values), lengths)


def _logistic(value: npt.ArrayLike) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(value, dtype=np.float64))))


def _loss(linear: Floats, target: Floats) -> float:
    """Negative log-likelihood of probability 1 / (1 + exp(linear)), written so that nothing overflows."""
    return float(np.sum(np.logaddexp(0.0, linear) - (1.0 - target) * linear))
