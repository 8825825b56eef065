"""The figures of a replay: sample sizes, calibration, results in R, and a verdict that follows from the intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engines.calibration import intervals
from engines.calibration.intervals import Interval
from engines.calibration.scores import quality, reliability
from engines.figures import number
from engines.metrics.proportions import wilson
from engines.mvla.confidence import TIERS
from signals.services.fno.replay_judging import Judged, Judgement
from signals.services.fno.replay_worth import Worth

#: Seed of all bootstraps: the same signals always have the same intervals.
SEED: Final = 1_927
BELOW: Final = "BELOW_50"
WAYS: Final = {1: "BULLISH", -1: "BEARISH"}


@dataclass(frozen=True, slots=True)
class Case:
    """A judged signal and what it was worth."""

    judged: Judged
    worth: Worth

    @property
    def label(self) -> int | None:
        return self.judged.fired.outcome.label

    @property
    def r(self) -> float:
        """Result in R before charges."""
        return self.judged.fired.result.r_multiple

    @property
    def net_r(self) -> float:
        """Result in R after charges of a future."""
        return self.r - self.worth.cost_r

    @property
    def day(self) -> int:
        return self.judged.fired.trade_date.toordinal()


def figures(cases: Sequence[Case], judgement: Judgement) -> dict[str, Any]:
    """Return everything that is reported, as plain JSON values."""
    shown = [case for case in cases if case.judged.tier]
    fitted = [case for case in cases if case.judged.calibrated]
    found = {
        "overall": group("all", cases),
        "shown": group("published with 50 or more", shown),
        "groups": _groups(cases),
        "tiers": [*(_tier(name, cases) for _, name in TIERS), _tier("", cases)],
        "calibration": {"fitted": _calibration(fitted), "all": _calibration(cases)},
        "drawdown_r": {"all": _drawdown(cases), "shown": _drawdown(shown)},
        "options": _options(cases),
        "refits": {
            name: {
                "weeks": len(fits),
                "first_fitted": next((one.from_s for one in fits if one.calibrator.calibrated), None),
                "last": {"kind": fits[-1].calibrator.kind, "n": fits[-1].calibrator.n},
                "alarm": judgement.alarms[name].raised,
            }
            for name, fits in judgement.refits.items()
        },
        "capped": sum(case.judged.capped for case in cases),
    }
    return found | {"verdict": verdict(found)}


def group(name: str, cases: Sequence[Case]) -> dict[str, Any]:
    """Return sizes, base rate, outcomes and expectancy of some signals."""
    labelled = [case for case in cases if case.label is not None]
    how = [case.judged.fired.result.how or "TIME_EXIT" for case in cases]
    return {
        "name": name,
        "n": len(cases),
        "days": len({case.day for case in cases}),
        "labelled": len(labelled),
        "dropped": len(cases) - len(labelled),
        "base_rate": share(sum(case.label or 0 for case in labelled), len(labelled)),
        "outcomes": {one: how.count(one) for one in ("TARGET", "SL", "TIME_EXIT")},
        "target_rate": share(how.count("TARGET"), len(how)),
        "r": interval(_mean(cases, lambda case: case.r)),
        "net_r": interval(_mean(cases, lambda case: case.net_r)),
        "cost_r": number(float(np.mean([case.worth.cost_r for case in cases])), 4) if cases else None,
        "total_net_r": number(sum(case.net_r for case in cases), 2),
    }


def _groups(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return the groups by series, direction and entry mode that have signals."""
    keys: list[tuple[str, Callable[[Case], str]]] = [
        ("index", lambda case: case.judged.fired.index),
        ("series", lambda case: f"{case.judged.fired.index} {case.judged.fired.trade_date.year}"),
        ("direction", lambda case: WAYS[case.judged.fired.direction]),
        ("mode", lambda case: case.judged.fired.mode),
        (
            "index, direction, mode",
            lambda case: f"{case.judged.fired.index} {WAYS[case.judged.fired.direction]} {case.judged.fired.mode}",
        ),
    ]
    return [
        {"by": by, **group(name, [case for case in cases if key(case) == name])}
        for by, key in keys
        for name in sorted({key(case) for case in cases})
    ]


def _tier(name: str, cases: Sequence[Case]) -> dict[str, Any]:
    inside = [case for case in cases if case.judged.tier == name]
    said = [case.judged.confidence / 100.0 for case in inside]
    return {"tier": name or BELOW, "said": number(float(np.mean(said)), 4) if said else None, **group("", inside)}


def _calibration(cases: Sequence[Case]) -> dict[str, Any]:
    """Return the quality of probabilities against outcomes, of the cases that have one."""
    labelled = [case for case in cases if case.label is not None]
    if not labelled:
        return {"n": 0, "skill": interval(None), "reliability": []}
    said = np.array([case.judged.probability for case in labelled])
    came = np.array([float(case.label or 0) for case in labelled])
    days = np.array([case.day for case in labelled])
    found = quality(said, came)
    return {
        "n": found.n,
        "base_rate": share(int(came.sum()), len(came)),
        "brier": number(found.brier, 5),
        "base_brier": number(found.base_brier, 5),
        "skill": interval(intervals.brier_skill(said, came, days, seed=SEED)),
        "ece": number(found.ece, 4),
        "reliability": [
            {name: number(value, 4) if isinstance(value, float) else value for name, value in row._asdict().items()}
            for row in reliability(said, came)
        ],
    }


def _options(cases: Sequence[Case]) -> dict[str, Any]:
    """Return results of options at Black-76 prices; only of signals that could be modelled."""
    known = [case for case in cases if case.worth.option_net is not None and case.worth.option_risk]
    ratio = _mean(known, lambda case: (case.worth.option_net or 0.0) / (case.worth.option_risk or 1.0))
    return {
        "label": "Modelled: Black-76 with the realised volatility of 20 sessions, no spread. No option price was seen.",
        "n": len(known),
        "net_per_lot": interval(_mean(known, lambda case: case.worth.option_net or 0.0), 2),
        "net_r": interval(ratio),
    }


def _drawdown(cases: Sequence[Case]) -> float | None:
    """Return the deepest fall of summed results after charges, in R, in the order in which signals ended."""
    order = sorted(cases, key=lambda case: (case.judged.fired.end_s, case.judged.fired.index))
    total = np.concatenate([[0.0], np.cumsum([case.net_r for case in order])])
    return number(float((np.maximum.accumulate(total) - total).max()), 2)


def verdict(found: dict[str, Any]) -> str:
    """Return the sentence that the two intervals allow: skill of fitted probabilities, expectancy after charges."""
    skill, gain = found["calibration"]["fitted"]["skill"], found["shown"]["net_r"]
    parts = [
        _says(skill, "The Brier skill of the fitted probabilities", "{:+.3f}"),
        _says(gain, "The expectancy after charges of what would have been published", "{:+.3f} R"),
    ]
    edge = all(one["lower"] is not None and one["lower"] > 0.0 for one in (skill, gain))
    head = "An edge was found in this history: both intervals lie above zero." if edge else "No edge found."
    return " ".join([head, *parts])


def _says(one: dict[str, Any], name: str, form: str) -> str:
    if one["value"] is None or one["lower"] is None:
        return f"{name} cannot be told: there are too few cases."
    text = (
        f"{name} is {form.format(one['value'])} (95 % from {form.format(one['lower'])} to {form.format(one['upper'])})"
    )
    if one["lower"] > 0.0:
        return f"{text}: above zero."
    return f"{text}: below zero." if one["upper"] < 0.0 else f"{text}: zero is among what it may be."


def _mean(cases: Sequence[Case], value: Callable[[Case], float]) -> Interval | None:
    return intervals.mean([value(case) for case in cases], [case.day for case in cases], seed=SEED) if cases else None


def interval(found: Interval | None, places: int = 4) -> dict[str, Any]:
    """Return an interval as JSON has it."""
    if found is None:
        return {"value": None, "lower": None, "upper": None, "groups": 0}
    bounds = (number(found.value, places), number(found.lower, places), number(found.upper, places))
    return {"value": bounds[0], "lower": bounds[1], "upper": bounds[2], "groups": found.groups}


def share(wins: int, n: int) -> dict[str, Any]:
    """Return a share with Wilson's bounds as JSON has it."""
    found = wilson(wins, n)
    if found is None:
        return {"value": None, "lower": None, "upper": None, "n": 0}
    return {"value": number(found.share, 4), "lower": number(found.lower, 4), "upper": number(found.upper, 4), "n": n}
