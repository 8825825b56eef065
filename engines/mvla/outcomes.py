"""How a signal ended, by rule, from the one-minute bars of its option."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.mvla.inputs import Floats, Ints

OPEN: Final = "OPEN"
TARGET: Final = "TARGET"
STOP: Final = "SL"
TIME_EXIT: Final = "TIME_EXIT"
EXPIRED: Final = "EXPIRED"
MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """A bought option. Rupees of premium; ``deadline_s``: when it is sold whatever it costs, ``expiry_s``: its end."""

    entry: float
    sl: float
    target: float
    at_s: float
    deadline_s: float
    expiry_s: float


@dataclass(frozen=True, slots=True)
class Course:
    """Where a signal stands. ``price``: of the exit, or the last one while open; None where there was none.

    ``mfe``, ``mae``: best and worst distance from the entry in rupees of premium, the exit included. ``at_s``: of the
    exit, or the end of the last bar looked at.
    """

    outcome: str
    price: float | None
    at_s: float
    mfe: float
    mae: float

    @property
    def is_over(self) -> bool:
        return self.outcome != OPEN


def course(plan: Plan, *, ts: Ints, open: Floats, high: Floats, low: Floats, close: Floats, now_s: float) -> Course:
    """Follow a signal through complete bars from the first full minute after it, up to ``now_s``.

    A bar that opens at or below the stop is sold at its open; one that touches stop and target counts as the stop; the
    stop is sold at the stop, the target at the target. From the deadline on: the close of the last bar before it.
    Expired: the contract ended before that.
    """
    end_s = min(plan.deadline_s, plan.expiry_s)
    inside = (ts >= plan.at_s) & (ts + MINUTE_S <= min(end_s, now_s))
    times, opens, highs, lows, closes = (column[inside] for column in (ts, open, high, low, close))
    stopped, reached = lows <= plan.sl, highs >= plan.target
    hits = np.flatnonzero(stopped | reached)
    if len(hits):
        at = int(hits[0])
        price = min(float(opens[at]), plan.sl) if stopped[at] else plan.target
        outcome = STOP if stopped[at] else TARGET
        return _course(plan, outcome, price, float(times[at] + MINUTE_S), highs[:at], lows[:at])
    last = float(closes[-1]) if len(closes) else None
    if now_s < end_s:
        seen = float(times[-1] + MINUTE_S) if len(times) else plan.at_s
        return _course(plan, OPEN, last, seen, highs, lows)
    outcome = EXPIRED if plan.expiry_s < plan.deadline_s else TIME_EXIT
    return _course(plan, outcome, last, end_s, highs, lows)


def _course(plan: Plan, outcome: str, price: float | None, at_s: float, highs: Floats, lows: Floats) -> Course:
    """Put the extremes of the bars before the exit and the exit itself together."""
    exits = [] if price is None else [price]
    best = max([plan.entry, *exits, *highs.tolist()]) - plan.entry
    worst = min([plan.entry, *exits, *lows.tolist()]) - plan.entry
    return Course(outcome, price, at_s, best, worst)


def r_multiple(plan: Plan, price: float) -> float:
    """Return a result in multiples of the risk taken."""
    return (price - plan.entry) / (plan.entry - plan.sl)
