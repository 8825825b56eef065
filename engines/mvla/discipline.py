"""Loss aversion as discipline: how often, how soon again, and how much, after what has happened today and this week.

Pure functions of the triggers and their results. Two scopes: the index, and the account over all four indices.
"""

from dataclasses import dataclass
from typing import Final

from engines.mvla.inputs import PastTrigger, Record
from engines.mvla.parameters import Parameters

STOPPED: Final = "SL"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``codes``: what forbids a trigger now. ``size``: share of the usual risk (1 or a half)."""

    codes: tuple[str, ...]
    size: float
    triggers_today: int
    stops_today: int
    day_r: float
    week_r: float
    free_from_s: float | None


def verdict(record: Record, way: int, at_s: float, p: Parameters) -> Verdict:
    """Return what the rules say to a trigger in direction ``way`` (0: none) at an instant."""
    codes = []
    if len(record.today) >= p.triggers_a_day:
        codes.append("MAX_TRIGGERS")
    free_from = _cool_until(record.today, way, p)
    if free_from is not None and at_s < free_from:
        codes.append("COOL_DOWN")
    if stopped_for_the_day(record.today, p) or stopped_for_the_day(record.account_today, p):
        codes.append("DAILY_LOSS_STOP")
    week = total_r(record.account_week)
    return Verdict(
        codes=tuple(codes),
        size=0.5 if week <= p.week_half_r else 1.0,
        triggers_today=len(record.today),
        stops_today=_stops(record.today),
        day_r=total_r(record.today),
        week_r=week,
        free_from_s=free_from if "COOL_DOWN" in codes else None,
    )


def stopped_for_the_day(triggers: tuple[PastTrigger, ...], p: Parameters) -> bool:
    """Tell whether two stops, or a loss of 2R, end the day."""
    return _stops(triggers) >= p.stops_a_day or total_r(triggers) <= p.day_stop_r


def total_r(triggers: tuple[PastTrigger, ...]) -> float:
    """Return the sum of the results known, in multiples of risk."""
    return sum(trigger.r for trigger in triggers if trigger.r is not None)


def _stops(triggers: tuple[PastTrigger, ...]) -> int:
    return sum(trigger.outcome == STOPPED for trigger in triggers)


def _cool_until(triggers: tuple[PastTrigger, ...], way: int, p: Parameters) -> float | None:
    """Return until when a direction rests after stops: 30 minutes the same one, 15 the other."""
    rests = []
    for trigger in triggers:
        if trigger.outcome != STOPPED or trigger.closed_s is None:
            continue
        same = way in (0, trigger.direction)
        minutes = p.cool_down_same_minutes if same else p.cool_down_opposite_minutes
        rests.append(trigger.closed_s + 60.0 * minutes)
    return max(rests, default=None)
