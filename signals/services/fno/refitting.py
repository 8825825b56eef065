"""The weekly fit of live calibrators, and the alarm over the last sixty signals.

A fit learns from signals and from candidates that an earlier fit withheld; the alarm looks at signals alone.

Both may be run any number of times: a week's fit is written once, an alarm is raised once and told once.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from django.conf import settings

from accounts.models import User
from accounts.services.mail import send
from core.jobs import run_slot, slot_of
from engines.calibration.mapping import UNCALIBRATED_CAP, Calibrator, fit
from engines.calibration.scores import quality, reliability
from engines.calibration.walk import ALARM_SIGNALS, STRONG, alarm, known_at, week_of, week_start_s
from engines.figures import number
from signals.models import FnoAlarm, FnoCalibrator, FnoCandidate, FnoSignal
from signals.services.fno.calibration import FAMILIES, family_name, profile_of
from signals.services.fno.markets import MARKETS, REAL, market_of

log = logging.getLogger("platform.signals")

JOB: Final = "signals.refit_fno"
EVERY_S: Final = 300
LEASE: Final = timedelta(minutes=4)


class Labelled(NamedTuple):
    """A signal, or a withheld candidate, of which is known how it came out.

    ``probability``: as it was said then, before any cap. ``q``: share of the votes known when it fired.
    """

    triggered_at: datetime
    labelled_at: datetime
    index: str
    raw: float
    probability: float
    label: int
    calibrated: bool
    data_source: str
    q: float


def turn(*, now: datetime) -> None:
    """Refit, watch and tell, once in five minutes however many beats and workers there are."""
    with run_slot(JOB, slot_of(now, EVERY_S), now=now, lease=LEASE) as claim:
        if claim is not None:
            refit(now=now)
            watch(now=now)
            tell(now=now)


def refit(*, now: datetime) -> list[FnoCalibrator]:
    """Write this week's fits that are not there yet, from what was resolved before the week began; return them."""
    week = int(week_of(int(now.timestamp())))
    made = []
    for family in dict.fromkeys(FAMILIES.values()):
        name = family_name(family[0])
        there = set(FnoCalibrator.objects.filter(family=name, week=week).values_list("market", "profile"))
        wanted = [
            (market, profile) for market in MARKETS for profile in FnoCalibrator.Profile.values
            if (market, profile) not in there
        ]  # fmt: skip
        if not wanted:
            continue
        labelled = sorted([*_signals(family), *_withheld(family)])
        for market, profile in wanted:
            rows = [row for row in labelled if (market_of(row.data_source), profile_of(row.q)) == (market, profile)]
            facts = fitted(rows, week)
            row, is_new = FnoCalibrator.objects.get_or_create(
                market=market, family=name, profile=profile, week=week, defaults=facts | {"fitted_at": now}
            )
            made += [row] if is_new else []
    return made


def fitted(rows: Sequence[Labelled], week: int) -> dict[str, Any]:
    """Return the columns of a fit on labelled signals, of which those known when the week began count."""
    moment = week_start_s(week)
    at_s, resolved_s = (
        np.array([int(getattr(row, name).timestamp()) for row in rows], np.int64)
        for name in ("triggered_at", "labelled_at")
    )
    known = known_at(moment, at_s=at_s, resolved_s=resolved_s)
    used = [row for row, is_known in zip(rows, known.tolist(), strict=True) if is_known]
    found = fit([row.raw for row in used], [float(row.label) for row in used])
    return _columns(found) | _quality(used)


def _columns(found: Calibrator) -> dict[str, Any]:
    knots = [list(pair) for pair in found.knots]
    return {"kind": found.kind, "n": found.n, "slope": found.slope, "offset": found.offset, "knots": knots}


def _quality(used: Sequence[Labelled]) -> dict[str, Any]:
    """Return how good what was said to these signals, when they fired, has turned out to be."""
    if not used:
        return {"judged": 0}
    said, came = [row.probability for row in used], [float(row.label) for row in used]
    found = quality(said, came)
    return {
        "judged": found.n,
        "base_rate": found.base_rate,
        "brier": found.brier,
        "base_brier": found.base_brier,
        "skill": found.skill,
        "ece": found.ece,
        "reliability": [
            {name: number(value, 4) if isinstance(value, float) else value for name, value in row._asdict().items()}
            for row in reliability(said, came)
        ],
        "trained_from": used[0].triggered_at,
        "trained_to": used[-1].triggered_at,
    }


def _signals(family: Sequence[str]) -> list[Labelled]:
    """Return the signals of which the label is known, in the order of time."""
    rows = FnoSignal.objects.filter(index__in=family, label__isnull=False, labelled_at__isnull=False)
    names = ("triggered_at", "labelled_at", "index", "raw", "probability", "label", "calibrated", "data_source")
    return [
        Labelled(*facts, q=float(features.get("direction", {}).get("q") or 0.0))
        for *facts, features in rows.values_list(*names, "features").order_by("triggered_at", "index")
    ]


def _withheld(family: Sequence[str]) -> list[Labelled]:
    """Return what calibrators kept from firing, of which the label is known."""
    rows = FnoCandidate.objects.filter(index__in=family, label__isnull=False, labelled_at__isnull=False)
    names = ("triggered_at", "labelled_at", "index", "raw", "probability", "label")
    return [
        Labelled(*facts, calibrated=True, data_source=source, q=q)
        for *facts, source, q in rows.values_list(*names, "data_source", "q")
    ]


def watch(*, now: datetime) -> list[FnoAlarm]:
    """Raise and end alarms as the last sixty calibrated signals of each family say; return those raised now."""
    raised = []
    for family in dict.fromkeys(FAMILIES.values()):
        rows = [row for row in _signals(family) if row.calibrated]
        for market in MARKETS:
            mine = [row for row in rows if market_of(row.data_source) == market]
            found = alarm([100.0 * row.probability for row in mine], [float(row.label) for row in mine])
            here = FnoAlarm.objects.filter(market=market, family=family_name(family[0]), ended_at=None)
            if not found.raised:
                here.update(ended_at=now)
                continue
            share = found.share._asdict() if found.share is not None else {}
            row, is_new = FnoAlarm.objects.get_or_create(
                market=market, family=family_name(family[0]), ended_at=None,
                defaults={"raised_at": now, "share": share},
            )  # fmt: skip
            if is_new:
                log.error("fno.calibration_alarm", extra={"family": row.family, "market": market, "share": share})
                raised.append(row)
    return raised


def tell(*, now: datetime) -> int:
    """Mail the admins about alarms that nobody was told of; return how many alarms were told.

    An alarm counts as told when all mails of it were handed over; a failure is tried again with the next turn.
    """
    told = 0
    for row in FnoAlarm.objects.filter(told_at=None):
        for admin in User.objects.filter(is_staff=True, is_active=True).order_by("pk"):
            send(to=admin.email, subject=f"F&O confidences are capped at {UNCALIBRATED_CAP}", body=notice(row))
        told += FnoAlarm.objects.filter(pk=row.pk, told_at=None).update(told_at=now)
    return told


def notice(row: FnoAlarm) -> str:
    """Return the mail about an alarm: what, why, what to do."""
    names, share = row.family.replace("+", " and "), row.share
    prices = "real prices" if row.market == REAL else "simulated prices"
    counted = round(share["share"] * share["n"])
    return (
        f"Signals of {names} ({prices}) are published with a confidence of {UNCALIBRATED_CAP} at most from now on.\n\n"
        f"Why: of the last {ALARM_SIGNALS} calibrated signals {share['n']} had a confidence of {STRONG} or more, and "
        f"{counted} of them came true. With so few the true share may be as low as {100 * share['lower']:.0f} %, "
        f"below one half.\nSince {row.raised_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC.\n\n"
        "What to do: nothing has to be done. The cap ends by itself when the signals come true often enough again. "
        f"The figures: {settings.PUBLIC_URL}/admin/signals/fnoalarm/\n"
    )
