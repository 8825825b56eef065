"""The scan of an index: exactly once a minute of market hours, however many beats and workers there are.

A slot is claimed before the work (`core.jobs`), its row is unique, and signal, Record and event are written in the
row's transaction: a worker that dies leaves nothing or everything. Its slot is taken over when the lease ends, while
the minute lasts; later it is written down as skipped, never made up with late prices.
"""

import logging
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction

from core import clock
from core.jobs import SlotSkipped, run_slot, slot_of
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.clock import ExchangeClock
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from engines.mvla.analysis import Analysis
from market.services.exchanges import clock_for
from signals.models import FnoLatest, FnoScan
from signals.services.fno.calibration import Judge, judged
from signals.services.fno.emission import emit, is_watched, withhold
from signals.services.fno.gathering import Gathered, gather
from signals.services.fno.indices import INDICES
from signals.services.fno.tracking import track_quietly
from signals.services.fno.wire import analysis_row

log = logging.getLogger("platform.signals")

SLOT_S: Final = 60
LEASE: Final = timedelta(seconds=20)
#: A slot is called skipped when it is two minutes old: no worker may still be at it (hard limit 60 s).
GRACE_SLOTS: Final = 2
MOST_GAPS: Final = 400
Done = FnoScan.Status.DONE
Skipped = FnoScan.Status.SKIPPED


def job_of(index: str) -> str:
    """Return the name under which an index's slots are claimed."""
    return f"fno.scan.{index}"


def scan_due(*, now: datetime) -> int:
    """Scan every index whose market is open and whose slot nobody has; return how many were scanned here."""
    slot = slot_of(now, SLOT_S)
    done = set(FnoScan.objects.filter(slot=slot, index__in=INDICES).values_list("index", flat=True))
    scanned = 0
    for index in INDICES:
        if index in done:
            continue
        try:
            scanned += _due(index, slot, now)
        except SoftTimeLimitExceeded:
            raise  # the others would not be done in what is left of the time
        except Exception:
            log.exception("fno.scan_failed", extra={"index": index, "slot": slot})
    return scanned


def _due(index: str, slot: int, now: datetime) -> bool:
    exchange_clock = clock_for(INDEX_DERIVATIVE_EXCHANGE[index])
    try:
        is_open = exchange_clock.is_open(now)
    except CalendarUnknown:
        return False
    if not is_open and not is_watched(index):
        return False
    with run_slot(job_of(index), slot, now=now, lease=LEASE) as claim:
        if claim is None:
            return False
        track_quietly(index, now=now)
        if not is_open:
            raise SlotSkipped("The market is closed; only signals of before were followed.")
        note_gaps(index, exchange_clock, slot, now=now)
        return scan(index, slot=slot, now=now) is not None
    return False


def scan(index: str, *, slot: int, now: datetime) -> FnoScan | None:
    """Analyse an index and write what was found; None if the slot has its row already."""
    began = clock.monotonic()
    gathered = gather(index, now=now)
    found, judge = judged(gathered, now=now)
    body = analysis_row(found, gathered, judge, now=now)
    with transaction.atomic():
        facts = _facts(found, gathered, body, now=now, began=began)
        row, is_mine = FnoScan.objects.get_or_create(index=index, slot=slot, defaults=facts)
        if not is_mine:
            return None
        FnoLatest.objects.update_or_create(index=index, defaults={"slot": slot, "scanned_at": now, "payload": body})
        _emit(found, gathered, judge, slot=slot, now=now)
    return row


def _emit(found: Analysis, gathered: Gathered, judge: Judge, *, slot: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            signal = emit(found, gathered, judge, slot=slot, now=now)
            withhold(found, gathered, judge, slot=slot, now=now)
    except IntegrityError:
        log.warning("fno.signal_refused", extra={"index": found.index, "slot": slot})
        return
    if signal is not None:
        log.info("fno.triggered", extra={"trade_code": signal.trade_code, "confidence": signal.confidence})


def _facts(found: Analysis, gathered: Gathered, body: dict[str, Any], *, now: datetime, began: float) -> dict[str, Any]:
    solved = {trade.tradingsymbol: trade.iv for trade in found.picked.trades}
    return {
        "at": now,
        "trade_date": gathered.moment.session.trade_date,
        "status": Done,
        "trade_direction": found.trade_direction,
        "entry_mode": found.entry.mode,
        "confidence": found.confidence.published,
        "raw": found.confidence.raw,
        "d": found.direction.d,
        "q": found.direction.q,
        "s": found.strength.s,
        "spot": body["spot_price"],
        "actionable": found.actionable,
        "vetoes": body["vetoes"],
        "memory": asdict(found.memory),
        "volatilities": {**gathered.moment.previous_iv, **solved},
        "data_source": gathered.data_source,
        "duration_ms": round(1_000 * (clock.monotonic() - began)),
    }


def prune(*, before: datetime) -> int:
    """Delete scans older than ``before``; signals, their Record and the newest answers stay."""
    return FnoScan.objects.filter(at__lt=before).delete()[0]


def note_gaps(index: str, exchange_clock: ExchangeClock, slot: int, *, now: datetime) -> int:
    """Write down slots of this session that have no row, as skipped; return how many. They are not scanned any more.

    Counted from the last row there is, so that a platform that just began has skipped nothing.
    """
    last_to_note = slot - GRACE_SLOTS
    session = exchange_clock.session(now)
    last = FnoScan.objects.filter(index=index, slot__lt=slot).values_list("slot", flat=True).first()
    if session is None or last is None:
        return 0
    first = max(_first_missing(index, slot), slot_of(session.open_at, SLOT_S), slot - MOST_GAPS)
    there = set(FnoScan.objects.filter(index=index, slot__range=(first, last_to_note)).values_list("slot", flat=True))
    missing = [one for one in range(first, last_to_note + 1) if one not in there]
    rows = []
    for one in missing:
        at = datetime.fromtimestamp(one * SLOT_S, UTC)
        if exchange_clock.is_open(at):
            _close_slot(index, one, now)
            rows.append(
                FnoScan(
                    index=index, slot=one, at=at, trade_date=session.trade_date, status=Skipped,
                    reason="No scan came to an end in this minute.", vetoes=[], memory={}, volatilities={},
                )
            )  # fmt: skip
    FnoScan.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _first_missing(index: str, slot: int) -> int:
    """Return the slot after the oldest row of the last stretch that is looked at."""
    oldest = FnoScan.objects.filter(index=index, slot__gte=slot - MOST_GAPS, slot__lt=slot).order_by("slot").first()
    return slot if oldest is None else oldest.slot + 1


def _close_slot(index: str, slot: int, now: datetime) -> None:
    """Mark the slot of the job table as skipped, also one that a dead worker holds."""
    with run_slot(job_of(index), slot, now=now, lease=LEASE) as claim:
        if claim is not None:
            raise SlotSkipped("No scan came to an end in this minute.")
