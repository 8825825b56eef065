"""Giving, accepting and ending grants: the only writers of `Grant`."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.lifecycle import GrantEvent, GrantState, next_state
from accounts.models import Grant, Scope, Source, User
from core import audit, events
from core.errors import InvalidRequest, NotFound


@transaction.atomic
def grant_give(
    *, grantor: User, grantee: User, scope: str, source: str, now: datetime, reference: str = "",
    valid_to: datetime | None = None, accepted: bool = False,
) -> Grant:  # fmt: skip
    """Let ``grantee`` see data of ``grantor`` up to ``scope``; replaces what the same source gave before.

    A grant of administrators or support must end at a time. ``accepted``: no further yes of the grantee is needed.
    """
    if grantor.pk == grantee.pk:
        raise InvalidRequest("Everybody sees his own data; no grant is needed.")
    if Source(source) != Source.FAMILY and valid_to is None:
        raise InvalidRequest("A grant for administration or support must have an end.")
    former = Grant.objects.filter(grantor=grantor, grantee=grantee, source=source, reference=reference)
    former.exclude(state=GrantState.REVOKED).update(state=GrantState.REVOKED, valid_to=None)
    grant = Grant.objects.create(
        grantor=grantor, grantee=grantee, scope=Scope(scope), source=source, reference=reference,
        state=GrantState.ACTIVE if accepted else GrantState.OFFERED, valid_from=now, valid_to=valid_to, created_at=now,
    )  # fmt: skip
    _tell(grant, "given", grantor, now)
    return grant


@transaction.atomic
def grant_apply(*, grant_id: int, event: GrantEvent, actor: User, now: datetime) -> Grant:
    """Move a grant along its life: the grantee accepts, either side revokes. Others see NotFound."""
    grant = Grant.objects.select_for_update().filter(Q(grantor=actor) | Q(grantee=actor), pk=grant_id).first()
    if grant is None or (event == GrantEvent.ACCEPT and grant.grantee_id != actor.pk):
        raise NotFound("No such grant.")
    grant.state = next_state(grant.state, event)
    grant.save(update_fields=["state"])
    _tell(grant, "accepted" if event == GrantEvent.ACCEPT else "revoked", actor, now)
    return grant


@transaction.atomic
def grants_end(*, user: User, now: datetime) -> int:
    """Revoke everything ``user`` has given or holds; return how many grants that were."""
    live = Grant.objects.filter(Q(grantor=user) | Q(grantee=user)).exclude(state=GrantState.REVOKED)
    grants = list(live.select_for_update())
    for grant in grants:
        grant.state = next_state(grant.state, GrantEvent.REVOKE)
        grant.save(update_fields=["state"])
        _tell(grant, "revoked", "system", now)
    return len(grants)


def _tell(grant: Grant, what: str, actor: User | str, now: datetime) -> None:
    data = {"scope": grant.scope, "source": grant.source, "to": f"user:{grant.grantee_id}"}
    audit.record(actor=actor, action=f"grant.{what}", object=grant, user_id=grant.grantor_id, at=now, data=data)
    payload = {"grant_id": grant.pk, "grantor_id": grant.grantor_id, "grantee_id": grant.grantee_id}
    events.record(f"grant.{what}", payload=payload, aggregate=grant)
