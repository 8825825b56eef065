"""Calibration as it would have happened: each score is judged by a fit that knew nothing of it or what came after."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engines.calibration.mapping import UNCALIBRATED_CAP, Calibrator, fit
from engines.metrics.proportions import Share, wilson

Floats = npt.NDArray[np.float64]
Seconds = npt.NDArray[np.int64]

WEEK_S: Final = 7 * 24 * 3600
#: Weeks begin on Monday 00:00 IST: 1970-01-05 in UTC seconds, less five and a half hours.
_FIRST_MONDAY_S: Final = 4 * 24 * 3600 - 19_800
HORIZON_S: Final = 60 * 60

STRONG: Final = 75
ALARM_SIGNALS: Final = 60
ALARM_BELOW: Final = 0.5


@dataclass(frozen=True, slots=True)
class Refit:
    """A fit that is in force from ``from_s`` (UTC seconds) on, and how many signals it has judged."""

    from_s: int
    calibrator: Calibrator
    judged: int


@dataclass(frozen=True, slots=True)
class Walk:
    """``probability`` of each signal, shape (N,), as said at its time; ``calibrated``: if it rested on outcomes."""

    probability: Floats
    calibrated: npt.NDArray[np.bool_]
    refits: tuple[Refit, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Whether high confidences have to be capped, and the share that says so."""

    raised: bool
    share: Share | None

    @property
    def cap(self) -> int | None:
        """The highest confidence that may be published; None without an alarm."""
        return UNCALIBRATED_CAP if self.raised else None


def week_of(at_s: npt.ArrayLike) -> Seconds:
    """Return the number of the week, Monday to Sunday in IST, that an instant (UTC seconds) lies in."""
    return np.asarray((np.asarray(at_s, dtype=np.int64) - _FIRST_MONDAY_S) // WEEK_S)


def week_start_s(week: int) -> int:
    """Return when a week begins: Monday 00:00 in India, UTC seconds."""
    return week * WEEK_S + _FIRST_MONDAY_S


def known_at(moment_s: int, *, at_s: Seconds, resolved_s: Seconds, horizon_s: int = HORIZON_S) -> npt.NDArray[np.bool_]:
    """Return which signals a fit at ``moment_s`` may learn from.

    Those that were resolved before it and began at least the horizon before it: the quick ones among the latest would
    come in without their slow neighbours, and quick outcomes are not like slow ones (purging, Lopez de Prado 2018, ch.
    7).
    """
    return (resolved_s < moment_s) & (at_s + horizon_s <= moment_s)


def walk_forward(*, raw: Floats, label: Floats, at_s: Seconds, resolved_s: Seconds, horizon_s: int = HORIZON_S) -> Walk:
    """Judge signals in the order of time, with a fit made anew at the beginning of each week from all that was known.

    ``raw``: scores (N,). ``label``: 1, 0 or NaN for those that no outcome decides: they are judged, never learned from.
    ``at_s`` (ascending), ``resolved_s``: UTC seconds. Raises ValueError when ``at_s`` is not ascending.
    """
    if np.any(np.diff(at_s) < 0):
        raise ValueError("signals must be in the order of time")
    probability, calibrated = np.empty(len(raw)), np.zeros(len(raw), dtype=np.bool_)
    decided = ~np.isnan(label)
    weeks = week_of(at_s)
    refits = []
    for week in np.unique(weeks):
        moment = week_start_s(int(week))
        learned = decided & known_at(moment, at_s=at_s, resolved_s=resolved_s, horizon_s=horizon_s)
        calibrator = fit(raw[learned], label[learned])
        judged = np.flatnonzero(weeks == week)
        probability[judged] = [calibrator.probability(float(score)) for score in raw[judged]]
        calibrated[judged] = calibrator.calibrated
        refits.append(Refit(from_s=moment, calibrator=calibrator, judged=len(judged)))
    return Walk(probability=probability, calibrated=calibrated, refits=tuple(refits))


def alarm(said: npt.ArrayLike, came: npt.ArrayLike) -> Alarm:
    """Tell whether confidences of 75 and more have come true too seldom among the last sixty signals.

    ``said``: confidences as the calibrator gave them before any cap, so that a capped engine can earn its way back;
    ``came``: 1 or 0; both in the order of time. Strong is what is published as 75 or more: 74.5 is. The alarm is raised
    while the lower bound (95 %) of the share that came true is below one half.
    """
    confidences = np.floor(np.asarray(said, dtype=np.float64)[-ALARM_SIGNALS:] + 0.5)  # as `published` has them
    outcomes = np.asarray(came, dtype=np.float64)[-ALARM_SIGNALS:]
    strong = confidences >= STRONG
    share = wilson(int(outcomes[strong].sum()), int(strong.sum()))
    return Alarm(raised=share is not None and share.lower < ALARM_BELOW, share=share)
