"""Keys of trading agents: made once, shown once, kept as a salted hash."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.constants import LAST_USE_STEP_S
from accounts.hashing import is_key, key_parts
from accounts.models import AgentKey, User
from accounts.services.notices import notice_send
from core import audit

_FORM = re.compile(r"zt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key on the one occasion it can be read. Its ``repr`` does not show it."""

    row: AgentKey
    text: str

    def __repr__(self) -> str:
        return f"NewKey({self.row})"


@transaction.atomic
def agent_key_create(*, user: User, ip: str, now: datetime) -> NewKey:
    """Return a new key of ``user``; the former one is dead at once."""
    User.objects.select_for_update().get(pk=user.pk)  # two at once: one after the other, the last one lives
    AgentKey.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    parts = key_parts()
    row = AgentKey.objects.create(
        user=user, public_id=parts.public_id, salt=parts.salt, secret_hash=parts.secret_hash, created_at=now
    )
    audit.record(actor=user, action="agent_key.created", object=row, ip=ip, at=now)
    notice_send(user=user, kind="agent_key_created")
    return NewKey(row, f"{row.prefix}_{parts.secret}")


def agent_key_of(user: User) -> AgentKey | None:
    """Return the live key of ``user``."""
    return AgentKey.objects.filter(user=user, revoked_at__isnull=True).first()


@transaction.atomic
def agent_key_revoke(*, user: User, actor: User | str, ip: str, now: datetime) -> bool:
    """Kill the key of ``user``; return whether there was one."""
    revoked = AgentKey.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)
    if revoked:
        audit.record(actor=actor, action="agent_key.revoked", object=user, user_id=user.pk, ip=ip, at=now)
    return bool(revoked)


def agent_key_check(*, text: str, now: datetime) -> AgentKey | None:
    """Return the live key ``text`` is, its user loaded, or None. Nothing is remembered between calls."""
    match = _FORM.fullmatch(text)
    public_id, secret = (match[1], match[2]) if match else ("", "")
    row = AgentKey.objects.select_related("user").filter(public_id=public_id, revoked_at__isnull=True).first()
    salt, stored = (row.salt, row.secret_hash) if row else (None, None)
    if not is_key(secret, salt=salt, secret_hash=stored) or row is None or not row.user.is_active:
        return None
    if row.last_used_at is None or now - row.last_used_at >= timedelta(seconds=LAST_USE_STEP_S):
        AgentKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row
