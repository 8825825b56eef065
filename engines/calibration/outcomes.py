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
