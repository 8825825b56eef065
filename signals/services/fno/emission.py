"""A trigger becomes a signal: numbered, recorded and told of in one transaction."""

from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q

from core import clock, events
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from engines.mvla.analysis import Analysis
from engines.mvla.filters import COST_TOO_HIGH, SIGNAL_LIVE
from engines.mvla.parameters import parameters_on
from engines.mvla.payload import direction, filters, strength
from signals.lifecycle import LIVE
from signals.models import FnoCandidate, FnoScan, FnoSignal
from signals.services import record
from signals.services.fno.calibration import Judge
from signals.services.fno.gathering import Gathered
from signals.services.fno.wire import signal_row

EVENT_TRIGGERED = "fno.triggered"


def fires(found: Analysis, gathered: Gathered) -> bool:
    """Tell whether an analysis is a trigger."""
    return bool(found.actionable and found.is_new and found.picked.trades) and gathered.clock is not None


def emit(found: Analysis, gathered: Gathered, judge: Judge, *, slot: int, now: datetime) -> FnoSignal | None:
    """Write the signal of an analysis that fires, its line of the Record and its event; None if one is live already.

    To be called in the transaction of the scan. Raises IntegrityError where another process was quicker.
    """
    if not fires(found, gathered):
        return None
    if FnoSignal.objects.filter(index=found.index, status=LIVE).exists():
        return None
    rows = FnoSignal.objects.filter(index=found.index, trade_date=gathered.moment.session.trade_date)
    number = (rows.aggregate(top=Max("number"))["top"] or 0) + 1
    signal = FnoSignal.objects.create(**facts_of(found, gathered, judge, number=number, slot=slot, now=now))
    told = signal_row(signal)
    events.record(EVENT_TRIGGERED, payload=told, aggregate=signal)
    record.append(
        kind=EVENT_TRIGGERED, subject=found.index, payload=told, at=now, key=f"fno:{signal.trade_code}:trigger"
    )
    return signal


def withhold(found: Analysis, gathered: Gathered, judge: Judge, *, slot: int, now: datetime) -> FnoCandidate | None:
    """Note what the calibrator put too low to fire, so that it can learn whether that was right; None without news.

    New is what signals call new: not the direction and mode of the scan before. Candidates of an index do not overlap
    each other's hour, nor a signal's life.
    """
    if not found.is_withheld or found.distance is None or found.confidence.raw is None:
        return None
    day = gathered.moment.session.trade_date
    before = FnoScan.objects.filter(
        index=found.index, trade_date=day, slot__lt=slot, status=FnoScan.Status.DONE
    ).first()
    if before is not None and _seen(before) == (found.trade_direction, found.entry.mode):
        return None
    if is_watched(found.index):
        return None
    return FnoCandidate.objects.create(
        index=found.index, trade_date=day, slot=slot, triggered_at=now, trade_direction=found.trade_direction,
        entry_mode=found.entry.mode, raw=found.confidence.raw, probability=found.confidence.uncapped,
        calibrator=judge.name, q=found.direction.q, spot=found.spot, distance=found.distance,
        data_source=gathered.data_source, engine_version=found.engine_version, params_hash=found.params_hash,
    )  # fmt: skip


def _seen(row: FnoScan) -> tuple[str, str] | None:
    """Return the direction and mode that a scan found; None where more forbade it than confidence or a live signal."""
    return (row.trade_direction, row.entry_mode) if set(row.vetoes) <= {SIGNAL_LIVE, COST_TOO_HIGH} else None


def is_watched(index: str) -> bool:
    """Tell whether a signal of the index waits for its end or its label, or a withheld one for its label."""
    unfinished = Q(status=LIVE) | Q(labelled_at__isnull=True)
    if FnoSignal.objects.filter(unfinished, index=index).exists():
        return True
    return FnoCandidate.objects.filter(index=index, labelled_at__isnull=True).exists()


def facts_of(
    found: Analysis, gathered: Gathered, judge: Judge, *, number: int, slot: int, now: datetime
) -> dict[str, Any]:
    """Return the columns of a signal: the ``number``-th of its index on this trade date."""
    trade, trust = found.picked.trades[0], found.confidence
    day = gathered.moment.session.trade_date
    p = parameters_on(day)
    last = gathered.clock.instant_of(day, p.exit_by) if gathered.clock is not None else now
    return {
        "trade_code": f"{found.index}-{day.isoformat()}-{number:03d}",
        "index": found.index,
        "trade_date": day,
        "number": number,
        "slot": slot,
        "triggered_at": now,
        "trade_direction": found.trade_direction,
        "entry_mode": found.entry.mode,
        "confidence": trust.published,
        "tier": trust.tier,
        "raw": trust.raw,
        "probability": trust.uncapped,
        "calibrated": trust.calibrated,
        "calibrator": judge.name,
        "atm_strike": rupees(found.money.atm),
        "spot": found.spot,
        "distance": found.distance,
        **_contract(found),
        "deadline": min(now + timedelta(minutes=p.hold_minutes), last),
        "features": {
            "direction": direction(found),
            "strength": strength(found),
            "filters": filters(found),
            "memory": asdict(found.memory),
        },
        "data_source": gathered.data_source,
        "engine_version": found.engine_version,
        "params_hash": found.params_hash,
        "last_price": rupees(trade.levels.entry),
        "changed_at": clock.now(),
    }


def _contract(found: Analysis) -> dict[str, Any]:
    """Return the option at the money and its levels."""
    trade = found.picked.trades[0]
    return {
        "exchange": INDEX_DERIVATIVE_EXCHANGE[found.index],
        "tradingsymbol": trade.tradingsymbol,
        "option_type": trade.option_type,
        "expiry": trade.expiry,
        "lot_size": trade.lot,
        "lots": trade.lots,
        "entry_price": rupees(trade.levels.entry),
        "sl": rupees(trade.levels.sl),
        "target": rupees(trade.levels.target),
        "max_loss_per_lot": rupees(trade.max_loss_per_lot),
        "expected_r": trade.expected_r,
    }


def rupees(value: float) -> Decimal:
    """Return a price with two places."""
    return Decimal(str(round(value, 2))).quantize(Decimal("0.01"))
