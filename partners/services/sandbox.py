"""The engines on the simulated market beside a deployment's real one, so that test keys get news and a history.

Where the deployment's own market is the simulated one its engines serve test keys too, and nothing here does anything;
nor where nobody has a test key. Scans are claimed once a minute and index like the deployment's own; the signal, its
deliveries and the scan stand or fall together.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Q

from core.errors import PlatformError
from core.jobs import SlotSkipped, run_slot, slot_of
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from market.constants import Source
from market.services.exchanges import clock_for
from market.services.sandbox import is_apart, simulated_only
from partners.constants import INDICES, Engine, Environment
from partners.models import ApiKey, SandboxScan, SandboxSignal, Subscription
from partners.services.engines import present_score
from partners.services.firing import fno_fire, iscore_tell
from signals.models import FnoSignal
from signals.services.fno import apart
from signals.services.fno.facts import monday_of
from signals.services.fno.wire import signal_row
from signals.services.history import last_complete
from signals.services.iscore.scoring import reference_universe
from signals.services.market_data import panel_at_hand

log = logging.getLogger("platform.partners")

SLOT_S: Final = 60
LEASE: Final = timedelta(seconds=20)
SCORES_LEASE: Final = timedelta(minutes=5)


def is_wanted(now: datetime) -> bool:
    """Tell whether anybody has a test key that works."""
    keys = ApiKey.objects.filter(environment=Environment.TEST, revoked_at=None, partner__is_active=True)
    return keys.filter(Q(expires_at=None) | Q(expires_at__gt=now)).exists()


def scan_due(*, now: datetime) -> int:
    """Scan each index whose slot nobody has; return how many were scanned here. Safe to run any number of times."""
    if not is_apart() or not is_wanted(now):
        return 0
    slot, scanned = slot_of(now, SLOT_S), 0
    with simulated_only():
        for index in INDICES:
            try:
                scanned += _due(index, slot, now)
            except SoftTimeLimitExceeded:
                raise
            except Exception:
                log.exception("sandbox.scan_failed", extra={"index": index, "slot": slot})
    return scanned


def _due(index: str, slot: int, now: datetime) -> bool:
    live = SandboxSignal.objects.filter(index=index, is_live=True).first()
    try:
        is_open = clock_for(INDEX_DERIVATIVE_EXCHANGE[index]).is_open(now)
    except CalendarUnknown:
        return False
    if not is_open and live is None:
        return False
    with run_slot(f"partners.sandbox.{index}", slot, now=now, lease=LEASE) as claim:
        if claim is None:
            return False
        if live is not None:
            _follow(live, now)
        if not is_open:
            raise SlotSkipped("The market is closed; only signals of before were followed.")
        _scan(index, slot, now)
        return True
    return False


def _follow(row: SandboxSignal, now: datetime) -> None:
    signal = row.signal()
    try:
        is_over = apart.follow(signal, now=now)
    except PlatformError as error:
        log.warning("sandbox.not_followed", extra={"index": row.index, "error": error.detail})
        return
    mine = SandboxSignal.objects.filter(pk=row.pk, is_live=True)
    mine.update(is_live=not is_over, row=SandboxSignal.packed(signal))


def _scan(index: str, slot: int, now: datetime) -> None:
    before = SandboxScan.objects.filter(index=index).first()
    day = clock_for(INDEX_DERIVATIVE_EXCHANGE[index]).trade_date(now)
    week = SandboxSignal.objects.filter(trade_date__gte=monday_of(day)).order_by("triggered_at")
    signals = [row.signal() for row in week]
    earlier = apart.Earlier(signals=signals)
    if before is not None:
        earlier = apart.Earlier(before.trade_date, before.memory, before.volatilities, signals)
    found = apart.look(index, earlier=earlier, slot=slot, now=now)
    with transaction.atomic():
        SandboxScan.objects.update_or_create(
            index=index,
            defaults={
                "slot": slot, "scanned_at": now, "trade_date": found.trade_date, "memory": found.memory,
                "volatilities": found.volatilities, "analysis": found.analysis,
            },
        )  # fmt: skip
        if found.signal is not None:
            _keep_and_tell(found.signal, now)


def _keep_and_tell(signal: FnoSignal, now: datetime) -> None:
    SandboxSignal.objects.create(
        trade_code=signal.trade_code, index=signal.index, trade_date=signal.trade_date,
        triggered_at=signal.triggered_at, row=SandboxSignal.packed(signal),
    )  # fmt: skip
    fno_fire(signal_row(signal), now=now, environment=Environment.TEST)
    log.info("sandbox.triggered", extra={"trade_code": signal.trade_code, "confidence": signal.confidence})


def scores_due(*, now: datetime) -> int:
    """Tell test subscriptions of the simulated session's I-Scores, once a session; return how many were told.

    Where the deployment's own scores are simulated their news is told to test keys already.
    """
    rows = Subscription.objects.filter(
        environment=Environment.TEST, engine=Engine.ISCORE, is_active=True, welcome_at__isnull=True
    )
    if not rows.exists() or not _are_scores_apart(now):
        return 0
    with simulated_only():
        session = last_complete(now)
    told = 0
    with run_slot("partners.sandbox.iscore", session.toordinal(), now=now, lease=SCORES_LEASE) as claim:
        if claim is None:
            return 0
        for symbol in sorted(set(rows.values_list("symbol", flat=True))):
            found = present_score(symbol, environment=Environment.TEST, now=now)
            if found is not None:
                told += sum(len(iscore_tell(row, found, now=now)) for row in rows.filter(symbol=symbol))
    return told


def _are_scores_apart(now: datetime) -> bool:
    """Tell whether the deployment's own scores are not those of the simulated market."""
    if is_apart():
        return True
    try:
        panel = panel_at_hand(reference_universe(), now)  # imported prices, perhaps
    except PlatformError:
        return False
    return panel is not None and panel.source != Source.SIMULATED
