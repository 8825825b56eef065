"""Following signals to their end from the option's minutes, and labelling them from the index's."""

import logging
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from core import clock, events
from core.errors import PlatformError
from engines.calibration.outcomes import HORIZON_BARS, symmetric_outcome
from engines.exchange.clock import ExchangeClock
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE, INDEX_KEYS
from engines.mvla.outcomes import MINUTE_S, Course, Plan, course, r_multiple
from engines.mvla.parameters import parameters_on
from engines.mvla.trades import round_trip
from market.adapters.base import Bars, no_bars
from market.services.exchanges import clock_for
from market.services.providers import registry
from signals import lifecycle
from signals.models import FnoCandidate, FnoSignal
from signals.services import record
from signals.services.fno.emission import rupees
from signals.services.fno.facts import WAYS
from signals.services.fno.gathering import SETTLED_AT
from signals.services.fno.markets import REAL, market_of, present_market
from signals.services.fno.wire import R_PLACES, signal_row

log = logging.getLogger("platform.signals")

EVENT_CLOSED: Final = "fno.closed"
#: Minutes arrive a little after they end; an exit by time waits for the last one.
SETTLE: Final = timedelta(seconds=90)
#: After so long without any price an exit by time is written without one.
GIVE_UP: Final = timedelta(hours=6)
_HORIZON: Final = timedelta(minutes=HORIZON_BARS)


def track(index: str, *, now: datetime) -> FnoSignal | None:
    """Look after the live signal of an index; return it if it ended. Raises PlatformError where prices fail."""
    signal = FnoSignal.objects.filter(index=index, status=lifecycle.LIVE).first()
    return None if signal is None else follow(signal, now=now)


def follow(signal: FnoSignal, *, now: datetime) -> FnoSignal | None:
    """Bring one live signal up to date; return it if it ended."""
    seen, plan, source, is_final = course_of(signal, now=now)
    if not seen.is_over:
        _progress(signal, seen)
        return None
    return signal if is_final and finish(signal, seen, plan, source=source) else None


def course_of(signal: FnoSignal, *, now: datetime) -> tuple[Course, Plan, str, bool]:
    """Return where a live signal stands by the minutes of its option, what is followed, whose minutes they are, and
    whether an end that is seen is final: the last minute may still be on its way. Raises PlatformError.
    """
    exchange_clock = clock_for(INDEX_DERIVATIVE_EXCHANGE[signal.index])
    plan = plan_of(signal, exchange_clock)
    key = f"{signal.exchange}:{signal.tradingsymbol}"
    bars, source = _minutes(signal, key, now, now)
    seen = course(
        plan, ts=bars.ts, open=bars.open, high=bars.high, low=bars.low, close=bars.close, now_s=now.timestamp()
    )
    last_s = float(bars.ts[-1]) + MINUTE_S if len(bars) else 0.0
    by_time = seen.outcome in {lifecycle.outcomes.TIME_EXIT, lifecycle.outcomes.EXPIRED}
    awaited = by_time and last_s < seen.at_s and now.timestamp() < seen.at_s + SETTLE.total_seconds()
    unpriced = seen.price is None and is_followed(signal) and now - signal.deadline < GIVE_UP
    return seen, plan, source, not (awaited or unpriced)


def is_followed(signal: FnoSignal | FnoCandidate) -> bool:
    """Tell whether prices of the signal's market can still come: its sources may have been taken from the settings."""
    return registry().has(signal.data_source) or market_of(signal.data_source) == REAL == present_market()


def _minutes(signal: FnoSignal | FnoCandidate, key: str, end: datetime, now: datetime) -> tuple[Bars, str]:
    """Return the minutes of a symbol from the trigger on, of the signal's market: of its own source, of another real
    one where its own has no such minutes, none where the market is not looked at any more. Raises PlatformError.
    """
    if not is_followed(signal):
        return no_bars(), signal.data_source
    is_real = market_of(signal.data_source) == REAL == present_market()
    feed, source = (registry().one_market, "") if is_real else (registry(), signal.data_source)
    return feed.candles(key, "minute", signal.triggered_at, end, now=now, source=source)


def plan_of(signal: FnoSignal, exchange_clock: ExchangeClock) -> Plan:
    """Return what is followed."""
    return Plan(
        entry=float(signal.entry_price),
        sl=float(signal.sl),
        target=float(signal.target),
        at_s=signal.triggered_at.timestamp(),
        deadline_s=signal.deadline.timestamp(),
        expiry_s=exchange_clock.instant_of(signal.expiry, SETTLED_AT).timestamp(),
    )


def _progress(signal: FnoSignal, seen: Course) -> None:
    """Note where a live signal stands."""
    at = datetime.fromtimestamp(seen.at_s, UTC)
    if seen.price is None or signal.last_bar_at == at:
        return
    FnoSignal.objects.filter(pk=signal.pk, status=lifecycle.LIVE).update(
        last_price=rupees(seen.price), last_bar_at=at, mfe=seen.mfe, mae=seen.mae, changed_at=clock.now()
    )


def finish(signal: FnoSignal, seen: Course, plan: Plan, *, source: str) -> bool:
    """Close a signal with its result, its line of the Record and its event; False if somebody else was quicker."""
    at = datetime.fromtimestamp(seen.at_s, UTC)
    result = result_of(signal, seen, plan, at.astimezone(clock.IST).date())
    with transaction.atomic():
        if not lifecycle.close(signal, outcome=seen.outcome, at=at, changed_at=clock.now(), **result):
            return False
        signal.refresh_from_db()
        told = signal_row(signal)
        events.record(EVENT_CLOSED, payload=told, aggregate=signal)
        key = f"fno:{signal.trade_code}:outcome"
        record.append(kind=EVENT_CLOSED, subject=signal.index, payload=told, at=at, key=key)
    log.info("fno.closed", extra={"trade_code": signal.trade_code, "outcome": seen.outcome, "source": source})
    return True


def result_of(signal: FnoSignal, seen: Course, plan: Plan, day: date) -> dict[str, object]:
    """Return the columns of a signal that say what its end was worth; ``day``: whose charges it paid."""
    extremes: dict[str, object] = {"mfe": seen.mfe, "mae": seen.mae}
    if seen.price is None:
        return extremes
    price = round(seen.price, 2)
    charges = rupees(round_trip(signal.index, day, plan.entry, price, signal.lot_size))
    gross = (Decimal(str(price)) - signal.entry_price) * signal.lot_size
    return extremes | {
        "exit_price": rupees(price),
        "last_price": rupees(price),
        "last_bar_at": datetime.fromtimestamp(seen.at_s, UTC),
        "r_multiple": round(r_multiple(plan, price), R_PLACES),
        "charges_per_lot": charges,
        "net_per_lot": gross - charges,
    }


def label_due(index: str, *, now: datetime) -> int:
    """Label the signals of an index whose hour is over; return how many. Raises PlatformError where prices fail."""
    due = {"index": index, "labelled_at__isnull": True, "triggered_at__lte": now - timedelta(minutes=1)}
    signals = FnoSignal.objects.filter(**due).order_by("triggered_at")[:20]
    withheld = FnoCandidate.objects.filter(**due).order_by("triggered_at")[:20]
    return sum(_label(one, now) for one in (*signals, *withheld))


def _label(signal: FnoSignal | FnoCandidate, now: datetime) -> bool:
    """Label a signal, or one withheld, once a barrier is touched or its horizon (60 minutes, or 15:00) is over."""
    exchange_clock = clock_for(INDEX_DERIVATIVE_EXCHANGE[signal.index])
    last = exchange_clock.instant_of(signal.trade_date, parameters_on(signal.trade_date).last_entry)
    end = min(signal.triggered_at + _HORIZON, last)
    key = INDEX_KEYS[signal.index]
    bars, _ = _minutes(signal, key, min(end, now), now)
    start_s = signal.triggered_at.timestamp()
    inside = (bars.ts >= start_s) & (bars.ts + MINUTE_S <= min(end, now).timestamp())
    found = symmetric_outcome(
        direction=WAYS[signal.trade_direction], start=signal.spot, distance=signal.distance,
        high=bars.high[inside], low=bars.low[inside], close=bars.close[inside],
    )  # fmt: skip
    touched = found.label is not None and abs(found.r_multiple) == 1.0
    if not touched and now < end + SETTLE:
        return False
    at = datetime.fromtimestamp(float(bars.ts[inside][found.bars - 1]) + MINUTE_S, UTC) if found.bars else end
    told = {"changed_at": clock.now()} if isinstance(signal, FnoSignal) else {}
    mine = type(signal).objects.filter(pk=signal.pk, labelled_at__isnull=True)
    return mine.update(label=found.label, labelled_at=at, **told) == 1


def track_quietly(index: str, *, now: datetime) -> None:
    """Follow and label; a source that fails is tried again with the next scan."""
    for step in (track, label_due):
        try:
            step(index, now=now)
        except PlatformError as error:
            log.warning("fno.not_tracked", extra={"index": index, "step": step.__name__, "error": error.detail})
