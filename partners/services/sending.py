"""Sending what is due: rows are leased, sent, and settled with what came of it.

A worker may die at any point. Before the request it has sent nothing and another takes the row over when the lease
ends; after it the receiver may have the message already and gets it again, with the same event id and attempt number,
which is what a receiver drops doubles by. An outcome is written only by who holds the claim.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from core.errors import InternalError
from partners.constants import DEADLINE_S, Channel
from partners.lifecycle import Happening, State, after
from partners.models import Attempt, Delivery, Endpoint
from partners.services.outbox import TEST_CAUSE, is_held
from partners.services.secrets import endpoint_of, secrets_of
from partners.services.states import happened, it_happened

log = logging.getLogger("platform.webhooks")

#: Requests under way to one receiver, and to one from which nothing but failures came since its last success: a dead
#: one holds no more than so many of the places of a worker.
AT_ONCE: Final = 2
AT_ONCE_FAILING: Final = 1
LEASE: Final = timedelta(seconds=4 * DEADLINE_S)
#: A mail server has ten seconds for each of its ten answers: a lease that ends before would send the mail twice.
MAIL_LEASE: Final = timedelta(seconds=120)
#: A message under way when its worker was lost may be what kills workers, or may have been one of many there by
#: chance. After so many losses in a row it is laid aside for a while, then tried once more each time, then given up.
MAX_STRIKES: Final = 3
LAID_ASIDE: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
MAX_LOSSES: Final = MAX_STRIKES + len(LAID_ASIDE)
#: Since when a row waits; one whose worker was lost, since its lease ended.
_SINCE: Final = Coalesce("next_attempt_at", "lease_until")


class Receiver(NamedTuple):
    """Where deliveries go: one channel of a partner's environment. None waits for another."""

    partner_id: int
    environment: str
    channel: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker may send now, with all that sending needs: no database is asked on the way.

    ``secrets``: empty for a mail, and for a webhook whose secret cannot be opened.
    """

    delivery: Delivery
    claim: int
    number: int
    url: str
    retry_policy: str
    secrets: tuple[str, ...]

    @property
    def receiver(self) -> Receiver:
        return Receiver(self.delivery.partner_id, self.delivery.environment, self.delivery.channel)


def due(now: datetime) -> Q:
    """Return what tells the rows that may be sent now: due ones, and those whose worker is gone."""
    waiting = Q(status=State.PENDING.value, next_attempt_at__lte=now)
    return waiting | Q(status=State.SENDING.value, lease_until__lte=now)


def next_due_in(*, now: datetime, within: timedelta) -> float | None:
    """Return in how many seconds the next row falls due that is not due yet; None if none does ``within`` so long."""
    soon = Q(status=State.PENDING.value, next_attempt_at__gt=now, next_attempt_at__lte=now + within)
    first = Delivery.objects.filter(soon).aggregate(first=Min("next_attempt_at"))["first"]
    return None if first is None else (first - now).total_seconds()


def is_unwanted(delivery: Delivery) -> bool:
    """Tell whether the subscription was deleted that a delivery is for: then only who asks for it by hand gets it."""
    return delivery.subscription_id is None and not delivery.cause.startswith(TEST_CAUSE) and not delivery.is_resend


def claim_next(
    *, now: datetime, is_crowded: bool = False, channels: Sequence[str] = Channel.values,
    served: Mapping[Receiver, float] = MappingProxyType({}),
) -> Claimed | None:  # fmt: skip
    """Lease the delivery that has waited longest at the receiver that has fewest requests under way; None if nothing is
    due. ``is_crowded``: the last places are kept for receivers that have nothing under way and do not fail.
    ``channels``: which may be taken. ``served``: when receivers were last sent to: of those equally busy the one comes
    first that was not for the longest time, so that slow ones with much to come do not hold up a quick one.
    """
    for receiver in _receivers(now, is_crowded, channels, served):
        found = _claim_of(receiver, now, is_crowded)
        if found is not None:
            return found
    return None


def _places_of(is_failing: bool, is_crowded: bool) -> int:
    """Return how many requests to one receiver may be under way."""
    if is_crowded:
        return int(not is_failing)
    return AT_ONCE_FAILING if is_failing else AT_ONCE


def _receivers(
    now: datetime, is_crowded: bool, channels: Sequence[str], served: Mapping[Receiver, float]
) -> list[Receiver]:
    """Return the receivers with something due and a place free, in the order in which they are served."""
    busy = Count("pk", filter=Q(status=State.SENDING.value, lease_until__gt=now))
    rows = (
        Delivery.objects.filter(due(now) | Q(status=State.SENDING.value), channel__in=channels)
        .values_list("partner_id", "environment", "channel")
        .annotate(
            busy=busy,
            first=Min(Coalesce("next_attempt_at", "lease_until"), filter=due(now)),
            due=Count("pk", filter=due(now)),
        )
        .filter(due__gt=0, busy__lt=AT_ONCE)
    )
    order = {Receiver(*key): (busy, first) for *key, busy, first, _ in rows}
    fail = _failing(order)
    free = [one for one, (under_way, _) in order.items() if under_way < _places_of(one in fail, is_crowded)]
    return sorted(free, key=lambda one: (order[one][0], served.get(one, 0.0), order[one][1], one.partner_id))


def _failing(receivers: Iterable[Receiver]) -> set[Receiver]:
    """Return the webhooks among them from which nothing but failures came since their last success."""
    partners = {one.partner_id for one in receivers}
    if not partners:
        return set()
    rows = Endpoint.objects.filter(partner_id__in=partners, failing_since__isnull=False)
    return {Receiver(*row, Channel.WEBHOOK.value) for row in rows.values_list("partner_id", "environment")}


@transaction.atomic
def _claim_of(receiver: Receiver, now: datetime, is_crowded: bool) -> Claimed | None:
    """Lease one row of a receiver. Its endpoint's row is locked meanwhile, so that the places are counted right.

    SQLite has one writer at a time anyway.
    """
    skip, is_webhook = connection.features.has_select_for_update_skip_locked, receiver.channel == Channel.WEBHOOK
    endpoints = Endpoint.objects.filter(partner_id=receiver.partner_id, environment=receiver.environment)
    endpoint = endpoints.select_for_update(skip_locked=skip).select_related(None).first()
    if endpoint is None and endpoints.exists():
        return None  # another worker is just taking one of its rows
    mine = Delivery.objects.filter(**receiver._asdict())
    places = _places_of(is_webhook and endpoint is not None and endpoint.failing_since is not None, is_crowded)
    if mine.filter(status=State.SENDING.value, lease_until__gt=now).count() >= places:
        return None
    row = _longest_waiting(mine, now)
    if row is None:
        return None
    until = now + (LEASE if is_webhook else MAIL_LEASE)
    taken = {"claim": row.claim + 1, "lease_until": until, "next_attempt_at": None, "strikes": row.strikes}
    if not it_happened(row, Happening.CLAIMED, **taken):
        return None
    endpoint = endpoint or endpoint_of(row.partner, receiver.environment)
    secrets = _secrets(endpoint, now) if is_webhook else ()
    return Claimed(row, row.claim, row.attempts.count() + 1, endpoint.url, endpoint.retry_policy, secrets)


def _longest_waiting(mine: QuerySet[Delivery], now: datetime) -> Delivery | None:
    """Return the row to be sent next, its losses counted; on the way lay aside what was lost too often, and keep
    what was under way, and its worker lost, when the partner was switched off or the receiver paused.
    """
    rows = mine.filter(due(now)).select_related("partner", "subscription__partner").order_by(_SINCE, "id")
    while (row := rows.first()) is not None:
        if is_held(row if row.is_resend else row.subscription or row, row.channel):
            it_happened(row, Happening.PAUSED, lease_until=None, next_attempt_at=None)
            continue
        if row.status == State.PENDING.value:
            return row
        row.strikes += 1
        if not MAX_STRIKES <= row.strikes < MAX_LOSSES:
            return row
        log.warning("webhook.laid_aside", extra={"delivery": row.pk, "losses": row.strikes})
        again = now + LAID_ASIDE[row.strikes - MAX_STRIKES]
        it_happened(row, Happening.PUT_OFF, lease_until=None, next_attempt_at=again, strikes=row.strikes)
    return None


def _secrets(endpoint: Endpoint, now: datetime) -> tuple[str, ...]:
    """Return what signs; nothing if it cannot be opened, which must not keep the next receiver waiting."""
    try:
        return tuple(secrets_of(endpoint, now=now))
    except InternalError:
        return ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. ``error`` is a sentence, "" where all went well. ``is_of_receiver``: it says something
    about how the receiver is doing. ``is_begun``: false where for want of a place on our side nothing was tried, which
    is no attempt.
    """

    happening: Happening
    next_attempt_at: datetime | None = None
    http_status: int | None = None
    error: str = ""
    duration_ms: int = 0
    request_headers: dict[str, str] | None = None
    answer: str = ""
    is_of_receiver: bool = True
    is_begun: bool = True


def with_plan(delivery: Delivery, outcome: Outcome, *, now: datetime) -> Outcome:
    """Return what follows: where an attempt that a person asked for brought no answer, the automatic attempt that was
    to come is made at its time; the other took nothing away from it.
    """
    if not delivery.is_resend or delivery.planned_at is None or outcome.happening is not Happening.GIVEN_UP:
        return outcome
    return replace(outcome, happening=Happening.PUT_OFF, next_attempt_at=max(delivery.planned_at, now))


@transaction.atomic
def settle(claimed: Claimed, outcome: Outcome, *, now: datetime) -> bool:
    """Write an outcome; False when another worker has taken the row over meanwhile, whose outcome will count."""
    state = after(State.SENDING, outcome.happening)
    mine = Delivery.objects.filter(pk=claimed.delivery.pk, claim=claimed.claim, status=State.SENDING.value)
    again = outcome.next_attempt_at if state is State.PENDING else None
    fields = {"lease_until": None, "strikes": 0, "next_attempt_at": again}
    if not outcome.is_begun:
        log.warning("webhook.not_begun", extra={"delivery": claimed.delivery.pk, "error": outcome.error})
        return bool(happened(mine, outcome.happening, **fields))
    planned = F("planned") + int(not claimed.delivery.is_resend)  # PostgreSQL adds no truth values
    if not happened(mine, outcome.happening, **fields, planned=planned, is_resend=False, planned_at=None):
        return False
    Attempt.objects.create(
        delivery=claimed.delivery,
        number=claimed.number,
        is_resend=claimed.delivery.is_resend,
        url=claimed.url if claimed.delivery.channel == Channel.WEBHOOK else claimed.delivery.partner.contact_email,
        status=state.value,
        http_status=outcome.http_status,
        error=outcome.error[:500],
        duration_ms=outcome.duration_ms,
        request_headers=outcome.request_headers or {},
        answer=outcome.answer,
        created_at=now,
    )
    return True
