"""Which calibrator judges a live signal, and the cap while an alarm stands.

Fitted on the labels of our own live signals, per family of indices, nothing but what was resolved before the present
week. A replay's calibrator never serves here.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from core.clock import IST
from engines.calibration.mapping import UNCALIBRATED_CAP, Calibrator, fit
from engines.calibration.walk import alarm, known_at
from signals.models import FnoSignal

log = logging.getLogger("platform.signals")

FAMILIES: Final = {
    "NIFTY": ("NIFTY", "SENSEX"),
    "SENSEX": ("NIFTY", "SENSEX"),
    "BANKNIFTY": ("BANKNIFTY", "FINNIFTY"),
    "FINNIFTY": ("BANKNIFTY", "FINNIFTY"),
}


@dataclass(frozen=True, slots=True)
class Judge:
    """A calibrator with its name, and the most that may be published."""

    calibrator: Calibrator
    name: str
    cap: int | None

    def facts(self) -> dict[str, object]:
        """Return what an answer says of it."""
        cap = self.cap if self.calibrator.calibrated else UNCALIBRATED_CAP
        return {"id": self.name or None, "kind": self.calibrator.kind, "n": self.calibrator.n, "cap": cap}


def judge_for(index: str, *, now: datetime) -> Judge:
    """Return who judges a signal of an index now: fitted anew with the first question of a week."""
    family = FAMILIES[index]
    labelled = FnoSignal.objects.filter(index__in=family, label__isnull=False)
    return _judge(family, _monday_s(now), labelled.count())


@lru_cache(maxsize=8)
def _judge(family: tuple[str, ...], week_s: int, count: int) -> Judge:
    """Fit on what was known when the week began; the alarm looks at all of the ``count`` labelled signals."""
    if not count:
        return Judge(Calibrator(), "", None)
    rows = FnoSignal.objects.filter(index__in=family, label__isnull=False).order_by("triggered_at")
    found = [
        (row.raw, row.label, row.triggered_at.timestamp(), row.labelled_at.timestamp(), row.probability, row.calibrated)
        for row in rows.only("raw", "label", "triggered_at", "labelled_at", "probability", "calibrated")
        if row.labelled_at is not None
    ]
    raw, label, at_s, resolved_s, said, judged = (np.array(column) for column in zip(*found, strict=True))
    known = known_at(week_s, at_s=at_s.astype(np.int64), resolved_s=resolved_s.astype(np.int64))
    calibrator = fit(raw[known].astype(float), label[known].astype(float))
    since = datetime.fromtimestamp(week_s, IST).date().isoformat()
    name = f"{'+'.join(family)}/{since}/{calibrator.kind}/{calibrator.n}" if calibrator.calibrated else ""
    raised = alarm(100.0 * said[judged.astype(bool)], label[judged.astype(bool)].astype(float))
    if raised.raised:
        log.error("fno.calibration_alarm", extra={"family": family, "share": raised.share})
    return Judge(calibrator, name, raised.cap)


def _monday_s(now: datetime) -> int:
    """Return when the present week began: Monday 00:00 in India, epoch seconds."""
    local = now.astimezone(IST)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - timedelta(days=local.weekday())).timestamp())
