"""Deliveries are made here, in the transaction of what they tell of; nothing is sent here."""

import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from core import jobs
from partners.constants import Channel, Engine
from partners.lifecycle import State
from partners.models import Delivery, Endpoint, Partner, Subscription
from partners.services.secrets import endpoint_of

DELIVER_TASK = "partners.deliver"
Body = Callable[[str, int | None], bytes]


def new_event_id() -> str:
    """Return a name for an event that is the same over all attempts to tell of it."""
    return f"evt_{uuid.uuid4().hex}"


@transaction.atomic
def subscription_notify(
    *, subscription: Subscription, event: str, cause: str, body: Body, now: datetime, event_id: str | None = None
) -> list[Delivery]:
    """Make one delivery a channel of what ``cause`` names; none where it was told before.

    ``body``: makes the bytes of event id and sequence (webhook; None for mail). A paused endpoint or subscription keeps
    the event until it is resumed.
    """
    row = Subscription.objects.select_for_update().get(pk=subscription.pk)
    name, made = event_id or new_event_id(), []
    for channel in row.channels:
        key = f"{row.pk}:{cause}"
        known = Delivery.objects.filter(
            partner_id=row.partner_id, environment=row.environment, channel=channel, cause=key
        )
        if known.exists():
            continue
        sequence = None
        if channel == Channel.WEBHOOK:
            sequence = row.last_sequence = row.last_sequence + 1
        made.append(
            _create(
                partner_id=row.partner_id,
                environment=row.environment,
                subscription=row,
                channel=channel,
                event=event,
                engine=row.engine,
                cause=key,
                event_id=name,
                sequence=sequence,
                body=body(name, sequence),
                now=now,
                held=channel == Channel.WEBHOOK and _is_paused(row),
            )
        )
    if made:
        Subscription.objects.filter(pk=row.pk).update(last_sequence=row.last_sequence, last_fired_at=now)
        wake()
    return made


@transaction.atomic
def ping(*, partner: Partner, environment: str, body: Callable[[str], bytes], event: str, now: datetime) -> Delivery:
    """Make a delivery that no subscription asked for, to test the receiver; sent even if the endpoint is paused."""
    endpoint_of(partner, environment)
    name = new_event_id()
    engine = event.partition(".")[0] if event.partition(".")[0] in Engine.values else ""
    delivery = _create(
        partner_id=partner.pk, environment=environment, subscription=None, channel=Channel.WEBHOOK, event=event,
        engine=engine, cause=f"test:{name}", event_id=name, sequence=None, body=body(name), now=now, held=False,
    )  # fmt: skip
    wake()
    return delivery


def wake() -> None:
    """Wake a worker for what is due, when the transaction has been committed."""
    jobs.enqueue(DELIVER_TASK)


def _is_paused(row: Subscription) -> bool:
    if row.paused_at is not None:
        return True
    endpoint = Endpoint.objects.filter(partner_id=row.partner_id, environment=row.environment)
    return endpoint.filter(paused_at__isnull=False).exists()


def _create(*, held: bool, now: datetime, **fields: object) -> Delivery:
    status = State.HELD if held else State.PENDING
    return Delivery.objects.create(**fields, status=status.value, next_attempt_at=None if held else now, created_at=now)  # type: ignore[misc]


@transaction.atomic
def held_release(*, partner: Partner, environment: str, now: datetime, subscription: Subscription | None = None) -> int:
    """Let what was kept while paused be sent now, oldest first; return how many deliveries that are."""
    held = Delivery.objects.filter(partner=partner, environment=environment, status=State.HELD.value)
    if subscription is not None:
        held = held.filter(subscription=subscription)
    released = held.update(status=State.PENDING.value, next_attempt_at=now, planned=0, claim=F("claim") + 1)
    if released:
        wake()
    return released
