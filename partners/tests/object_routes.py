"""The console's routes that name an object."""

from typing import Any

from core import clock
from partners.constants import Environment
from partners.lifecycle import State
from partners.models import Attempt, Delivery, Member, Partner, Subscription
from partners.services.keys import key_create
from partners.services.testing import test_event
from tests.flows.objects import MARKER, Target


def _partner(owner: Any) -> Partner:
    partner = Partner.objects.create(name=f"Firm {MARKER}", created_at=clock.now())
    Member.objects.create(partner=partner, user=owner, created_at=clock.now())
    return partner


def key(owner: Any) -> Target:
    made = key_create(
        partner=_partner(owner), environment=Environment.LIVE, label=MARKER, actor="test", now=clock.now()
    ).row
    return Target({"key_id": made.pk}, type(made).objects.filter(pk=made.pk), {})


def subscription(owner: Any) -> Target:
    now = clock.now()
    row = Subscription.objects.create(
        partner=_partner(owner), environment=Environment.LIVE, engine="fno", symbol="NIFTY", min_confidence=75,
        channels=["webhook"], created_at=now, updated_at=now,
    )  # fmt: skip
    return Target({"subscription_id": row.pk}, Subscription.objects.filter(pk=row.pk), {"min_confidence": 60})


def delivery(owner: Any) -> Target:
    now = clock.now()
    row = test_event(partner=_partner(owner), environment=Environment.LIVE, event="ping", actor="test", now=now)
    Delivery.objects.filter(pk=row.pk).update(status=State.FAILED.value, next_attempt_at=None)
    Attempt.objects.create(delivery=row, number=1, status=State.FAILED.value, error=MARKER, created_at=now)
    rows = Delivery.objects.filter(pk=row.pk)
    return Target({"delivery_id": row.pk}, rows, {}, reached=frozenset({202}))


OBJECTS = {
    "api/partner-console/keys/<int:key_id>": key,
    "api/partner-console/subscriptions/<int:subscription_id>": subscription,
    "api/partner-console/deliveries/<int:delivery_id>/resend": delivery,
}
