"""Which calibrator judges a live signal, and the cap while an alarm stands.

A calibrator is a row (`FnoCalibrator`), fitted once a week on the labels of our own live signals by
`signals.services.fno.refitting`. A replay's calibrator never serves here, and simulated signals never judge real ones.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.clock import isoformat_z
from engines.calibration.mapping import UNCALIBRATED_CAP, Calibrator, most_published
from engines.calibration.walk import week_of
from engines.figures import number
from engines.mvla.analysis import Analysis, analyse
from engines.mvla.features import features
from engines.mvla.history import History
from engines.mvla.inputs import Moment
from engines.mvla.votes import direction
from signals.models import FnoAlarm, FnoCalibrator
from signals.services.fno.gathering import Gathered
from signals.services.fno.markets import MARKETS, market_of

FAMILIES: Final = {
    "NIFTY": ("NIFTY", "SENSEX"),
    "SENSEX": ("NIFTY", "SENSEX"),
    "BANKNIFTY": ("BANKNIFTY", "FINNIFTY"),
    "FINNIFTY": ("BANKNIFTY", "FINNIFTY"),
}
_WHOLE: Final = 1.0 - 1e-4


@dataclass(frozen=True, slots=True)
class Judge:
    """A calibrator with its name, the most that may be published, and the row it is from (none: nothing is known)."""

    calibrator: Calibrator
    name: str
    cap: int | None
    row: FnoCalibrator | None = None

    def facts(self) -> dict[str, Any]:
        """Return what an answer says of it. ``cap``: the most that is published; ``alarm``: whether one stands."""
        row = self.row
        return {
            "id": self.name or None,
            "kind": self.calibrator.kind,
            "n": self.calibrator.n,
            "cap": most_published(calibrated=self.calibrator.calibrated, cap=self.cap),
            "alarm": self.cap is not None,
            "profile": row.profile if row is not None else None,
            "fitted_at": isoformat_z(row.fitted_at) if row is not None else None,
            **{name: number(getattr(row, name), 4) if row is not None else None for name in FIGURES},
        }


FIGURES: Final = ("base_rate", "brier", "base_brier", "skill", "ece")


def family_name(index: str) -> str:
    """Return the family of an index as it is stored."""
    return "+".join(FAMILIES[index])


def profile_of(q: float) -> str:
    """Return the profile of a signal of which the share ``q`` of the votes was known."""
    return FnoCalibrator.Profile.FULL if q >= _WHOLE else FnoCalibrator.Profile.PARTIAL


def coverage(history: History, moment: Moment) -> float:
    """Return q as the analysis of this moment will have it: which calibrator is to judge depends on it."""
    p = history.parameters
    return direction(features(history, moment, p), moment, p).q


def judged(gathered: Gathered, *, now: datetime) -> tuple[Analysis, Judge]:
    """Return what the engine says of what was gathered, and who judged it."""
    history, moment = gathered.history, gathered.moment
    judge = judge_for(moment.index, now=now, q=coverage(history, moment), data_source=gathered.data_source)
    return analyse(history, moment, calibrator=judge.calibrator, cap=judge.cap), judge


def judge_for(index: str, *, now: datetime, q: float, data_source: str) -> Judge:
    """Return who judges a signal of an index now: the newest fit of its market, family and profile."""
    market, family = market_of(data_source), family_name(index)
    row = newest(market, family, profile_of(q), now=now)
    cap = UNCALIBRATED_CAP if FnoAlarm.objects.filter(market=market, family=family, ended_at=None).exists() else None
    if row is None:
        return Judge(Calibrator(), "", cap)
    found = calibrator_of(row)
    return Judge(found, name_of(row) if found.calibrated else "", cap, row)


def newest(market: str, family: str, profile: str, *, now: datetime) -> FnoCalibrator | None:
    """Return the fit that is in force, None before the first."""
    rows = FnoCalibrator.objects.filter(market=market, family=family, profile=profile)
    return rows.filter(week__lte=int(week_of(int(now.timestamp())))).order_by("-week").first()


def calibrator_of(row: FnoCalibrator) -> Calibrator:
    """Return a stored fit as the engine takes it."""
    knots = tuple((float(x), float(y)) for x, y in row.knots)
    return Calibrator(kind=row.kind, n=row.n, slope=row.slope, offset=row.offset, knots=knots)  # type: ignore[arg-type]


def name_of(row: FnoCalibrator) -> str:
    """Return the name that signals judged by a fit carry."""
    return f"{row.family}/{row.profile}/week {row.week}/{row.kind}/{row.n}"


def in_force(index: str | None, *, now: datetime) -> list[dict[str, Any]]:
    """Return the fits in force, of an index's family or of all, with their figures and reliability tables."""
    families = [family_name(index)] if index else sorted({family_name(one) for one in FAMILIES})
    found = []
    for market in MARKETS:
        for family in families:
            for profile in FnoCalibrator.Profile.values:
                row = newest(market, family, profile, now=now)
                if row is not None:
                    found.append(_shown(row))
    return found


def _shown(row: FnoCalibrator) -> dict[str, Any]:
    return {
        "id": name_of(row),
        "market": row.market,
        "family": row.family,
        "profile": row.profile,
        "kind": row.kind,
        "n": row.n,
        "judged": row.judged,
        **{name: number(getattr(row, name), 4) for name in FIGURES},
        "reliability": row.reliability,
        "trained_from": isoformat_z(row.trained_from) if row.trained_from is not None else None,
        "trained_to": isoformat_z(row.trained_to) if row.trained_to is not None else None,
        "fitted_at": isoformat_z(row.fitted_at),
    }


def open_alarms(index: str | None) -> list[dict[str, Any]]:
    """Return the alarms that stand, of an index's family or of all."""
    rows = FnoAlarm.objects.filter(ended_at=None)
    if index:
        rows = rows.filter(family=family_name(index))
    return [
        {"market": row.market, "family": row.family, "raised_at": isoformat_z(row.raised_at), "share": row.share}
        for row in rows
    ]
