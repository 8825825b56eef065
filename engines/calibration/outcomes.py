"""What a signal's underlying did next, as one bit.

Barriers stand at the same distance on both sides, so that a coin would score one half and a calibrated confidence of 60
means sixty in a hundred.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: A signal that reached neither barrier counts only where it ended further than this share of the distance from its
#: start.
DRIFT_SHARE: Final = 0.25
HORIZON_BARS: Final = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """``label``: 1 the favourable barrier came first, 0 the adverse one, None neither said anything.

    ``bars``: bars until it was known. ``r_multiple``: how far the underlying had gone by then, in distances, signed in
    the signal's favour.
    """

    label: int | None
    bars: int
    r_multiple: float


def symmetric_outcome(
    *, direction: int, start: float, distance: float, high: Floats, low: Floats, close: Floats
) -> Outcome:
    """Return what the bars after a signal say of it.

    ``direction``: 1 or -1. ``start``: price of the underlying at the signal. ``distance``: of each barrier, in points.
    The bars, shape (N,), begin with the first after the signal and end with the horizon (60 minutes or 15:00, whichever
    is earlier). A bar that touches both barriers counts as adverse. Without a touch the last close decides, if it lies
    more than a quarter of the distance away on either side; a smaller move is no evidence and the signal is left out.
    Raises ValueError for another direction or a distance that is not positive.
    """
    if direction not in (1, -1) or not distance > 0.0:
        raise ValueError("a direction of 1 or -1 and a positive distance are needed")
    if len(close) == 0:
        return Outcome(label=None, bars=0, r_multiple=0.0)
    best, worst = (high, low) if direction == 1 else (low, high)
    won = direction * (best - start) >= distance
    lost = direction * (worst - start) <= -distance
    touched = np.flatnonzero(won | lost)
    if len(touched):
        at = int(touched[0])
        label = 0 if lost[at] else 1
        return Outcome(label=label, bars=at + 1, r_multiple=1.0 if label else -1.0)
    moved = float(direction * (close[-1] - start) / distance)
    label_at_end = None if abs(moved) <= DRIFT_SHARE else int(moved > 0.0)
    return Outcome(label=label_at_end, bars=len(close), r_multiple=moved)


@dataclass(frozen=True, slots=True)
class Result:
    """How a position on the underlying with a stop and a target ended.

    ``how``: TARGET, SL or TIME_EXIT; None without a bar. ``bars``: bars until then. ``price``: of the exit.
    ``r_multiple``: in distances of the stop.
    """

    how: str | None
    bars: int
    price: float
    r_multiple: float


def barrier_result(
    *, direction: int, start: float, distance: float, reward: float, open: Floats, high: Floats, low: Floats,
    close: Floats,
) -> Result:  # fmt: skip
    """Return how a position with its stop one ``distance`` away and its target ``reward`` distances away ended.

    The bars, shape (N,), begin with the first after the entry and end with the time at which it is closed whatever the
    price. A bar that touches both is the stop; one that opens beyond the stop is sold at its open, so that a loss can
    be more than one R; a target pays the target. Raises ValueError as `symmetric_outcome`.
    """
    if direction not in (1, -1) or not (distance > 0.0 and reward > 0.0):
        raise ValueError("a direction of 1 or -1 and positive distances are needed")
    if len(close) == 0:
        return Result(None, 0, start, 0.0)
    best, worst = (high, low) if direction == 1 else (low, high)
    stop, target = start - direction * distance, start + direction * reward * distance
    stopped = direction * (worst - stop) <= 0.0
    touched = np.flatnonzero(stopped | (direction * (best - target) >= 0.0))
    if not len(touched):
        return _result("TIME_EXIT", len(close), float(close[-1]), direction, start, distance)
    at = int(touched[0])
    if not stopped[at]:
        return _result("TARGET", at + 1, target, direction, start, distance)
    opened = float(open[at])
    return _result("SL", at + 1, opened if direction * (opened - stop) < 0.0 else stop, direction, start, distance)


def _result(how: str, bars: int, price: float, direction: int, start: float, distance: float) -> Result:
    return Result(how, bars, price, direction * (price - start) / distance)
