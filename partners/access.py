"""The only door to a partner's rows: those of its own environment; everything else is reported as absent."""

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.db.models import Model, QuerySet

from accounts.models import User
from core.errors import NotFound
from partners.models import ApiKey, Delivery, Member, Partner, Subscription

MAX_ID = 2**63 - 1
Row = TypeVar("Row", bound=Model)


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


def found(rows: QuerySet[Row], number: int, what: str) -> Row:
    """Return the row of that number. Raises NotFound, also for a number that no row can have."""
    row = rows.filter(pk=number).first() if number <= MAX_ID else None
    if row is None:
        raise NotFound(f"No such {what}.")
    return row


def access_subscription(scope: Scope, subscription_id: int) -> Subscription:
    """Return a subscription of the partner and environment. Raises NotFound."""
    return found(_mine(Subscription, scope), subscription_id, "subscription")


def access_delivery(scope: Scope, delivery_id: int) -> Delivery:
    """Return a delivery of the partner and environment. Raises NotFound."""
    return found(_mine(Delivery, scope), delivery_id, "delivery")


def access_key(scope: Scope, key_id: int) -> ApiKey:
    """Return a key of the partner and environment, dead or alive. Raises NotFound."""
    return found(_mine(ApiKey, scope), key_id, "key")


def _mine(kind: type[Model], scope: Scope) -> QuerySet[Any]:
    rows = kind._default_manager.filter(partner_id=scope.partner_id, environment=scope.environment)
    return rows.select_related("partner")


def partner_of(user: User, partner_id: int | None = None) -> Partner:
    """Return a partner whose console the user runs: the named one, else the first. Raises NotFound."""
    rows = Member.objects.filter(user=user, partner__is_active=True).select_related("partner").order_by("id")
    if partner_id is not None:
        rows = rows.filter(partner_id=partner_id if partner_id <= MAX_ID else 0)
    member = rows.first()
    if member is None:
        raise NotFound("You run no partner console.")
    return member.partner
