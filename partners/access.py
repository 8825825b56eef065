"""The only door to a partner's rows: those of its own environment; everything else is reported as absent."""

from dataclasses import dataclass
from typing import Protocol

from accounts.models import User
from core.errors import NotFound
from partners.models import ApiKey, Delivery, Member, Partner, Subscription

MAX_ID = 2**63 - 1


class Scope(Protocol):
    """Whose rows, of which environment: a key is one, a person at a console has one."""

    @property
    def partner_id(self) -> int: ...

    @property
    def environment(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ConsoleScope:
    """The partner and environment that a person looks at."""

    partner_id: int
    environment: str


def access_subscription(key: Scope, subscription_id: int) -> Subscription:
    """Return a subscription of the key's partner and environment. Raises NotFound."""
    rows = Subscription.objects.filter(partner_id=key.partner_id, environment=key.environment)
    row = rows.select_related("partner").filter(pk=subscription_id).first() if subscription_id <= MAX_ID else None
    if row is None:
        raise NotFound("No such subscription.")
    return row


def access_delivery(key: Scope, delivery_id: int) -> Delivery:
    """Return a delivery of the key's partner and environment. Raises NotFound."""
    rows = Delivery.objects.filter(partner_id=key.partner_id, environment=key.environment)
    row = rows.select_related("partner").filter(pk=delivery_id).first() if delivery_id <= MAX_ID else None
    if row is None:
        raise NotFound("No such delivery.")
    return row


def access_key(scope: Scope, key_id: int) -> ApiKey:
    """Return a key of the partner and environment, dead or alive. Raises NotFound."""
    rows = ApiKey.objects.filter(partner_id=scope.partner_id, environment=scope.environment)
    row = rows.select_related("partner").filter(pk=key_id).first() if key_id <= MAX_ID else None
    if row is None:
        raise NotFound("No such key.")
    return row


def partner_of(user: User, partner_id: int | None = None) -> Partner:
    """Return a partner whose console the user runs: the named one, else the first. Raises NotFound."""
    rows = Member.objects.filter(user=user, partner__is_active=True).select_related("partner").order_by("id")
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id if partner_id <= MAX_ID else 0)
    member = rows.first()
    if member is None:
        raise NotFound("You run no partner console.")
    return member.partner
