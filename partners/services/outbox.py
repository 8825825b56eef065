"""Deliveries are made here, in the transaction of what they tell of; nothing is sent here."""

import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from core import jobs
from core.errors import Conflict
from partners.constants import Channel, Engine
from partners.lifecycle import Happening, State
from partners.models import Delivery, Endpoint, Partner, Subscription
from partners.services.secrets import endpoint_of
from partners.services.states import happened

DELIVER_TASK = "partners.deliver"
#: Begins the cause of what no subscription asked for.
TEST_CAUSE = "test:"
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
    the event until it is resumed, a partner that is switched off until it is switched on.
    """
    row = subscription_lock(subscription)
    if row is None:
        return []
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
                subscription_number=row.pk,
                channel=channel,
                event=event,
                engine=row.engine,
                cause=key,
                event_id=name,
                sequence=sequence,
                body=body(name, sequence),
                now=now,
                held=is_held(row, channel),
            )
        )
    if made:
        Subscription.objects.filter(pk=row.pk).update(last_sequence=row.last_sequence, last_fired_at=now)
        wake()
    return made


@transaction.atomic
def ping(*, partner: Partner, environment: str, body: Callable[[str], bytes], event: str, now: datetime) -> Delivery:
    """Make a delivery that no subscription asked for, to test the receiver. Raises Conflict while nothing is sent
    there.
    """
    Endpoint.objects.select_for_update().get(pk=endpoint_of(partner, environment).pk)
    open_check(partner, environment)
    name = new_event_id()
    engine = event.partition(".")[0] if event.partition(".")[0] in Engine.values else ""
    delivery = _create(
        partner_id=partner.pk, environment=environment, subscription=None, channel=Channel.WEBHOOK, event=event,
        engine=engine, cause=f"{TEST_CAUSE}{name}", event_id=name, sequence=None, body=body(name), now=now, held=False,
    )  # fmt: skip
    wake()
    return delivery


def endpoint_lock(partner_id: int, environment: str) -> None:
    """Lock a receiver's row, before any other of what goes to it: two that lock in another order would wait for each
    other, and what a pause must find could be written behind its back.
    """
    Endpoint.objects.select_for_update().filter(partner_id=partner_id, environment=environment).first()


def open_check(partner: Partner, environment: str, channel: str = Channel.WEBHOOK) -> None:
    """Raise Conflict where nothing is sent because somebody switched the partner off or paused its receiver."""
    if not Partner.objects.filter(pk=partner.pk, is_active=True).exists():
        raise Conflict("The partner is switched off: nothing is sent.")
    if channel == Channel.WEBHOOK and is_paused(partner.pk, environment):
        raise Conflict("The webhook is paused: nothing is sent. Resume it first.")


def is_paused(partner_id: int, environment: str) -> bool:
    """Tell whether somebody, or five days of failures, paused the receiver of an environment."""
    return Endpoint.objects.filter(partner_id=partner_id, environment=environment, paused_at__isnull=False).exists()


def wake(*, after_s: float = 0.0) -> None:
    """Wake a worker for what is due, when the transaction has been committed; ``after_s`` seconds later."""
    jobs.enqueue(DELIVER_TASK, after_s=after_s)


def subscription_lock(subscription: Subscription) -> Subscription | None:
    """Lock a subscription after its receiver and return it as it is now; None if it was deleted meanwhile.

    The receiver comes first, here as wherever something is paused, resumed or settled: otherwise an event that is kept
    because of a pause could be written just after the resuming has looked, and would be kept for ever.
    """
    endpoint_lock(subscription.partner_id, subscription.environment)
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("partner")
    return rows.filter(pk=subscription.pk).first()


def is_held(row: Subscription | Delivery, channel: str) -> bool:
    """Tell whether nothing is sent for a subscription by a channel at present, or for a delivery that has none."""
    if not row.partner.is_active:
        return True
    if channel != Channel.WEBHOOK:
        return False
    is_gone = isinstance(row, Subscription) and row.paused_at is not None
    return is_gone or is_paused(row.partner_id, row.environment)


def _create(*, held: bool, now: datetime, **fields: object) -> Delivery:
    status = State.HELD if held else State.PENDING
    return Delivery.objects.create(**fields, status=status.value, next_attempt_at=None if held else now, created_at=now)  # type: ignore[misc]


@transaction.atomic
def held_release(*, partner: Partner, environment: str, now: datetime, subscription: Subscription | None = None) -> int:
    """Let what was kept be sent now, oldest first; return how many deliveries that are.

    What another pause still holds stays: of the receiver, of a subscription, of the partner.
    """
    held = Delivery.objects.filter(
        partner=partner, partner__is_active=True, environment=environment, status=State.HELD.value
    )
    if subscription is not None:
        held = held.filter(subscription=subscription)
    paused = Q(subscription__paused_at__isnull=False)
    if is_paused(partner.pk, environment):
        paused = Q()
    held = held.exclude(paused, channel=Channel.WEBHOOK.value)
    anew = {"next_attempt_at": now, "planned": 0, "is_resend": False, "planned_at": None}
    released = happened(held, Happening.RESUMED, claim=F("claim") + 1, **anew)
    if released:
        wake()
    return released
