"""What the pages of F&O signals read: newest answers, signals of a record, and what calibrators have to learn from."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from signals.lifecycle import LIVE
from signals.models import FnoCalibrator, FnoCandidate, FnoLatest, FnoSignal
from signals.services.fno.calibration import FAMILIES, family_name, profile_of
from signals.services.fno.indices import INDICES
from signals.services.fno.markets import of_market
from signals.services.fno.track_record import signals_of
from signals.services.fno.wire import signal_row, stored_analysis


def newest() -> dict[str, Any]:
    """Return the newest stored answer of every index that has one, however old: the page says its age."""
    live = {row.index: signal_row(row) for row in FnoSignal.objects.filter(status=LIVE)}
    rows = FnoLatest.objects.filter(index__in=INDICES)
    return {
        row.index: {"index": row.index, "analysis": stored_analysis(row), "signal": live.get(row.index)} for row in rows
    }


def last_signals() -> dict[str, Any]:
    """Return the last signal of every index that had one, live or over."""
    found = {index: FnoSignal.objects.filter(index=index).first() for index in INDICES}
    return {index: signal_row(row) for index, row in found.items() if row is not None}


def priced(index: str | None, market: str) -> list[FnoSignal]:
    """Return the signals that are over and have a result, in the order of their ends."""
    over = signals_of(index, market).exclude(status=LIVE)
    return list(over.filter(r_multiple__isnull=False).order_by("closed_at"))


def recent(
    index: str | None, market: str, *, days: int | None, outcome: str, now: datetime, most: int
) -> tuple[list[FnoSignal], int]:
    """Return the newest signals, at most ``most``, and how many there are; ``days`` None: of all time."""
    found = signals_of(index, market)
    if days is not None:
        found = found.filter(triggered_at__gt=now - timedelta(days=days))
    if outcome:
        found = found.filter(outcome=outcome)
    return list(found[:most]), found.count()


def lessons(index: str | None, market: str) -> list[dict[str, Any]]:
    """Return how many known courses each calibrator has to learn from: ``indices``, ``profile``, ``n``.

    One is fitted for a pair of indices and for signals of which all votes were known, or not all; what a calibrator
    kept from firing teaches as well.
    """
    families = [FAMILIES[index]] if index else list(dict.fromkeys(FAMILIES.values()))
    found = []
    for family in families:
        counts = Counter(profile_of(q) for q in _known_votes(family, market))
        found += [
            {"family": family_name(family[0]), "indices": family, "profile": str(profile), "n": counts[profile]}
            for profile in FnoCalibrator.Profile
        ]
    return found


def _known_votes(family: tuple[str, ...], market: str) -> list[float]:
    """Return the share of votes that was known, of each signal and candidate whose course is known."""

    def labelled(rows: QuerySet[Any]) -> QuerySet[Any]:
        return of_market(rows.filter(index__in=family, label__isnull=False, labelled_at__isnull=False), market)

    signals = labelled(FnoSignal.objects.all()).values_list("features__direction__q", flat=True)
    withheld = labelled(FnoCandidate.objects.all()).values_list("q", flat=True)
    return [float(q or 0.0) for q in (*signals, *withheld)]
