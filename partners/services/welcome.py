"""What a new subscription is told: the present I-Score, once, so that its partner has something to compare with.

A score may have to be worked out for a whole universe, so no request waits for it: the subscription's row says that it
is to be welcomed (``welcome_at``), and a worker does it. A task that is lost costs a wait until the next sweep, never
the welcome; a worker that dies leaves a row that another takes over when its time comes again.
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction

from core import children, clock
from market.services.sandbox import simulated_only
from partners.constants import Environment
from partners.models import Delivery, Subscription
from partners.services.engines import present_score
from partners.services.firing import iscore_tell
from partners.services.outbox import subscription_lock
from signals.services.iscore.nightly import is_at_hand

log = logging.getLogger("platform.partners")

#: Longer than the task may run: what was claimed so long ago is nobody's any more.
LEASE: Final = timedelta(minutes=5)
#: A score that cannot be had yet is asked for again after the age of the subscription, within these bounds.
SOONEST, LATEST = timedelta(seconds=30), timedelta(hours=1)
#: After so long the first news is left to the engine.
GIVE_UP: Final = timedelta(days=1)
#: How long one call begins further ones.
SLICE_S: Final = 60.0
_LOOKED_AT: Final = 8


def welcome_due() -> int:
    """Welcome the subscriptions that wait for it, the oldest first; return how many were looked after.

    Safe to run any number of times at once: one of them works, the others return, as that one finds their rows. Nor is
    anything begun that would have to wait for a child. Workers that all wait would leave none for what is due each
    minute.
    """
    until, done = clock.monotonic() + SLICE_S, 0
    with _alone() as mine:
        while mine and clock.monotonic() < until:
            row = _claim(clock.now())
            if row is None:
                break
            done += _looked_after(row)
    return done


def _looked_after(row: Subscription) -> int:
    """Welcome one subscription; return 1. What fails has its next turn and keeps nobody else waiting."""
    try:
        subscription_welcome(subscription=row)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("welcome.failed", extra={"subscription": row.pk})
    return 1


@contextmanager
def _alone() -> Iterator[bool]:
    """Give whether nobody else on this machine is at it; the system gives the turn back when its process dies."""
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.STATE_DIR / "welcome.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _claim(now: datetime) -> Subscription | None:
    """Take the row that has waited longest and can be begun, for as long as nobody else may; None if there is none."""
    waiting = Subscription.objects.filter(welcome_at__lte=now).select_related("partner")
    for row in waiting.order_by("welcome_at", "id")[:_LOOKED_AT]:
        if not _can_begin(row, now):
            continue
        mine = now + max(LEASE, min(now - row.created_at, LATEST))
        if Subscription.objects.filter(pk=row.pk, welcome_at=row.welcome_at).update(welcome_at=mine):
            return row
    return None


def _can_begin(row: Subscription, now: datetime) -> bool:
    if children.report()["running"] is None:
        return True
    with simulated_only(row.environment == Environment.TEST):
        return is_at_hand(now=now)


def subscription_welcome(*, subscription: Subscription) -> list[Delivery]:
    """Tell a new subscription the present I-Score; return what was made of it.

    Nothing where the score is too low or too uncertain: the first that is not will be its first news. Where there is
    none yet it is asked for again, for a day.
    """
    told = present_score(subscription.symbol, environment=subscription.environment, now=clock.now())
    now = clock.now()
    if told is None and now - subscription.created_at < GIVE_UP:
        again = now + min(max(now - subscription.created_at, SOONEST), LATEST)
        Subscription.objects.filter(pk=subscription.pk, welcome_at__isnull=False).update(welcome_at=again)
        return []
    return _settle(subscription, told, now)


@transaction.atomic
def _settle(subscription: Subscription, told: dict[str, Any] | None, now: datetime) -> list[Delivery]:
    """Tell it unless it was told of a score meanwhile, by another worker or by the engine, whose score is newer."""
    fresh = subscription_lock(subscription)
    if fresh is None or fresh.welcome_at is None:
        return []
    Subscription.objects.filter(pk=fresh.pk).update(welcome_at=None)
    if told is None or not fresh.is_active or fresh.told_score is not None:
        return []
    return iscore_tell(fresh, told, now=now)
