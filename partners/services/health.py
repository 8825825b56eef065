"""How a receiver is doing: remembered with every outcome, paused when it is gone, resumed by a person."""

from datetime import datetime

from django.db import transaction
from django.db.models import Model, QuerySet

from core import audit
from partners.constants import PAUSE_AFTER, Channel, Environment
from partners.lifecycle import Happening, State
from partners.models import Delivery, Endpoint, Partner, Subscription
from partners.services.notices import notice_make
from partners.services.outbox import held_release, is_held
from partners.services.secrets import endpoint_of
from partners.services.sending import Claimed, Outcome
from partners.services.states import happened

GONE = 410


def outcome_noted(claimed: Claimed, outcome: Outcome, *, now: datetime) -> None:
    """Remember what a receiver answered, in the transaction that settles the delivery.

    A 410 pauses the subscription that was told. Nothing but failures for five days pauses the endpoint. Both are mailed
    to the contact, of which the row is written here; events are kept until somebody resumes.
    """
    row = claimed.delivery
    endpoint = Endpoint.objects.select_for_update().get(partner_id=row.partner_id, environment=row.environment)
    if outcome.happening is Happening.ACCEPTED:
        endpoint.failing_since, endpoint.last_success_at = None, now
        endpoint.save(update_fields=["failing_since", "last_success_at"])
        return
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.save(update_fields=["failing_since"])
    if outcome.http_status == GONE and row.subscription_id is not None:
        _subscription_pause(row, now)
    if outcome.happening is Happening.PUT_OFF:
        put_off_kept(claimed)
    if now - endpoint.failing_since >= PAUSE_AFTER and endpoint.paused_at is None:
        reason = f"Nothing but failures since {endpoint.failing_since:%d %b %Y}."
        endpoint_pause(endpoint=endpoint, actor="system", reason=reason, now=now)
        notice_make(partner=endpoint.partner, environment=row.environment, reason=reason, now=now)


def put_off_kept(claimed: Claimed) -> None:
    """Hold a delivery that was put off while its receiver, subscription or partner was paused: it is kept like those
    that were waiting then. Called with the receiver's row locked.
    """
    mine = Delivery.objects.filter(pk=claimed.delivery.pk)
    row = mine.select_related("partner", "subscription__partner").get()
    if is_held(row.subscription or row, row.channel):
        _hold(mine)


def _subscription_pause(row: Delivery, now: datetime) -> None:
    paused = Subscription.objects.filter(pk=row.subscription_id, paused_at__isnull=True).update(paused_at=now)
    if paused:
        _hold(Delivery.objects.filter(subscription_id=row.subscription_id, channel=row.channel))
        audit.record(
            actor="system", action="partner_subscription.paused", object=f"subscription:{row.subscription_id}", at=now,
            data={
                "partner": row.partner.name, "environment": row.environment, "engine": row.subscription.engine,
                "symbol": row.subscription.symbol, "reason": "The receiver answered 410 (Gone).",
            },
        )  # fmt: skip
        notice_make(partner=row.partner, environment=row.environment, subscription=row.subscription, now=now)


@transaction.atomic
def endpoint_pause(*, endpoint: Endpoint, actor: Model | str, reason: str, now: datetime, ip: str = "") -> bool:
    """Send nothing more to an endpoint; what is due is held. Returns whether it was being sent to."""
    fields = {"paused_at": now, "pause_reason": reason[:200]}
    if not Endpoint.objects.filter(pk=endpoint.pk, paused_at__isnull=True).update(**fields):
        return False
    _hold(
        Delivery.objects.filter(
            partner_id=endpoint.partner_id, environment=endpoint.environment, channel=Channel.WEBHOOK.value
        )
    )  # fmt: skip
    audit.record(
        actor=actor, action="partner_endpoint.paused", object=endpoint, at=now, ip=ip,
        data={"partner": endpoint.partner.name, "environment": endpoint.environment, "reason": reason},
    )  # fmt: skip
    return True


@transaction.atomic
def endpoint_resume(
    *, partner: Partner, environment: str, actor: Model | str, reason: str, now: datetime, ip: str = ""
) -> int:
    """Send again to an endpoint and its paused subscriptions; return how many kept deliveries that releases. Where
    nothing is paused nothing changes: neither the record nor since when the receiver has been failing.
    """
    endpoint = Endpoint.objects.select_for_update().get(pk=endpoint_of(partner, environment).pk)
    paused = Subscription.objects.filter(partner=partner, environment=environment, paused_at__isnull=False)
    resumed = paused.update(paused_at=None)
    if endpoint.paused_at is not None:
        Endpoint.objects.filter(pk=endpoint.pk).update(paused_at=None, pause_reason="", failing_since=None)
    released = held_release(partner=partner, environment=environment, now=now)
    if endpoint.paused_at is not None or resumed or released:
        audit.record(
            actor=actor, action="partner_endpoint.resumed", object=endpoint, at=now, ip=ip,
            data={"partner": partner.name, "environment": environment, "reason": reason},
        )  # fmt: skip
    return released


@transaction.atomic
def partner_switched(*, partner: Partner, now: datetime) -> None:
    """Keep what is due for a partner that was switched off; send it to one that was switched on."""
    list(Endpoint.objects.select_for_update().filter(partner=partner).order_by("pk"))
    if not partner.is_active:
        _hold(Delivery.objects.filter(partner=partner))
        return
    for environment in Environment.values:  # where there is no endpoint yet there may be mails
        held_release(partner=partner, environment=environment, now=now)


def _hold(deliveries: QuerySet[Delivery]) -> None:
    happened(deliveries.filter(status=State.PENDING.value), Happening.PAUSED, next_attempt_at=None)
