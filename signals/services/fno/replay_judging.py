"""The confidence that each replayed signal would have been published with, from nothing but what was known then."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.calibration.mapping import published
from engines.calibration.walk import Alarm, Refit, alarm, walk_forward
from engines.mvla.confidence import tier_of
from signals.services.fno.calibration import FAMILIES
from signals.services.fno.replay_walk import Fired

_FAMILIES: Final = tuple(dict.fromkeys(FAMILIES.values()))


@dataclass(frozen=True, slots=True)
class Judged:
    """A signal with ``probability`` as the week's fit gave it and ``confidence`` as published.

    ``tier``: empty below 50: it would not have been shown. ``capped``: an alarm stood and held it at 74.
    """

    fired: Fired
    probability: float
    calibrated: bool
    confidence: int
    tier: str
    capped: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """All signals in the order of time; the weekly fits of each family, the alarm as it stands at the end."""

    signals: tuple[Judged, ...]
    refits: dict[str, tuple[Refit, ...]]
    alarms: dict[str, Alarm]


def judge(fired: Sequence[Fired]) -> Judgement:
    """Judge signals family by family with a fit made anew each week, and cap them where an alarm stood."""
    judged: list[Judged] = []
    refits: dict[str, tuple[Refit, ...]] = {}
    alarms: dict[str, Alarm] = {}
    for family in _FAMILIES:
        rows = sorted((one for one in fired if one.index in family), key=lambda one: (one.at_s, one.index))
        if not rows:
            continue
        label = np.array([math.nan if one.outcome.label is None else float(one.outcome.label) for one in rows])
        at_s = np.array([one.at_s for one in rows], np.int64)
        resolved_s = np.array([one.end_label_s for one in rows], np.int64)
        found = walk_forward(raw=np.array([one.raw for one in rows]), label=label, at_s=at_s, resolved_s=resolved_s)
        name = "+".join(family)
        refits[name] = found.refits
        known = found.calibrated & ~np.isnan(label)
        alarms[name] = alarm(100.0 * found.probability[known], label[known])
        for at, one in enumerate(rows):
            before = known & (resolved_s < one.at_s)
            cap = alarm(100.0 * found.probability[before], label[before]).cap
            judged.append(_judged(one, float(found.probability[at]), bool(found.calibrated[at]), cap))
    return Judgement(tuple(sorted(judged, key=lambda one: (one.fired.at_s, one.fired.index))), refits, alarms)


def _judged(one: Fired, probability: float, calibrated: bool, cap: int | None) -> Judged:
    told = published(probability, calibrated=calibrated, cap=cap)
    held = cap is not None and published(probability, calibrated=True) > cap
    return Judged(one, probability, calibrated, told, tier_of(told) or "", held)
