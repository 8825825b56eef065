"""The only door to what belongs to somebody else."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.lifecycle import GrantState
from accounts.models import Grant, Scope, User
from core import clock
from core.errors import NotFound

_ORDER = [Scope.TOTALS, Scope.ALLOCATION, Scope.FULL]


def includes(held: str, wanted: str) -> bool:
    """Return whether the scope ``held`` shows what ``wanted`` asks for."""
    return _ORDER.index(Scope(held)) >= _ORDER.index(Scope(wanted))


def active_grants(*, now: datetime | None = None) -> QuerySet[Grant]:
    """Return the grants that hold at this moment, between active users."""
    moment = now or clock.now()
    in_time = Q(valid_from__lte=moment) & (Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    return Grant.objects.filter(in_time, state=GrantState.ACTIVE, grantor__is_active=True, grantee__is_active=True)


def scope_of(viewer: User, owner: User | int, *, now: datetime | None = None) -> str | None:
    """Return how much of ``owner`` the viewer may see: a `Scope`, or None. Asked anew on every request."""
    owner_id = owner if isinstance(owner, int) else owner.pk
    if viewer.pk == owner_id:
        return Scope.FULL
    held = active_grants(now=now).filter(grantor_id=owner_id, grantee=viewer).values_list("scope", flat=True)
    return max((Scope(scope) for scope in held), key=_ORDER.index, default=None)


def access_user_data(viewer: User, owner: User | int, scope: str, *, now: datetime | None = None) -> User:
    """Return ``owner`` if ``viewer`` may see his data up to ``scope``.

    Oneself always; others by an active grant. A stranger, and somebody who shows less, is reported as absent.
    """
    held = scope_of(viewer, owner, now=now)
    if held is None or not includes(held, scope):
        raise NotFound("No such user.")
    return owner if isinstance(owner, User) else User.objects.get(pk=owner)


def visible_owners(viewer: User, scope: str, *, now: datetime | None = None) -> QuerySet[User]:
    """Return everybody whose data up to ``scope`` the viewer may see, himself included, each once."""
    enough = [name for name in _ORDER if includes(name, scope)]
    granted = active_grants(now=now).filter(grantee=viewer, scope__in=enough).values("grantor_id")
    return User.objects.filter(Q(pk=viewer.pk) | Q(pk__in=granted))
