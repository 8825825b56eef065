"""Keys of the partner surface: made, shown once, rotated with an overlap, revoked at once."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from accounts.hashing import is_key, key_parts
from core import audit
from core.errors import Conflict
from partners.constants import Environment
from partners.models import ApiKey, Partner
from partners.services.texts import line_check

_FORM = re.compile(r"tc_(live|test)_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
LAST_USE_STEP = timedelta(seconds=60)
OVERLAP_MAX = timedelta(days=30)
LABEL_LENGTH = 60
#: Live keys of an environment, each of which has the plan's limit; while a rotation overlaps there may be one more.
LIVE_MAX = 5


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key on the one occasion it can be read. Its ``repr`` does not show it."""

    row: ApiKey
    text: str

    def __repr__(self) -> str:
        return f"NewKey({self.row})"


@transaction.atomic
def key_create(
    *,
    partner: Partner,
    environment: str,
    actor: Model | str,
    now: datetime,
    overlap: timedelta | None = None,
    label: str = "",
    reason: str = "",
    ip: str = "",
) -> NewKey:
    """Return a new key of ``partner``. With ``overlap`` the live keys of the environment end after it (0: at once).

    Raises Conflict for a partner that is not active, or that would have more than five live keys there, those that are
    to end counted too; InvalidRequest for a label that is no line of text. A rotation may make a sixth, as all others
    end then: no second one can begin until one of them has.
    """
    label = line_check("label", label, most=LABEL_LENGTH)
    Partner.objects.select_for_update().get(pk=partner.pk)
    if not partner.is_active:
        raise Conflict("The partner is not active. Activate it before making a key.")
    live = live_keys(partner, now=now).filter(environment=environment)
    if overlap is not None:
        ends = now + overlap
        live.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=ends)).update(expires_at=ends)
    if live.count() >= LIVE_MAX + (overlap is not None):
        raise Conflict(
            f"At most {LIVE_MAX} keys of an environment work at once, those that are to end among them, and one more "
            "during a rotation. Revoke one first, or let all present ones end at once."
        )
    parts = key_parts()
    row = ApiKey.objects.create(
        partner=partner, environment=environment, label=label, public_id=parts.public_id, salt=parts.salt,
        secret_hash=parts.secret_hash, created_at=now,
    )  # fmt: skip
    data = {"partner": partner.name, "overlap_h": None if overlap is None else overlap / timedelta(hours=1)}
    audit.record(actor=actor, action="partner_key.created", object=row, ip=ip, at=now, data={**data, "reason": reason})
    return NewKey(row, f"{row.prefix}_{parts.secret}")


@transaction.atomic
def key_revoke(*, key: ApiKey, actor: Model | str, now: datetime, reason: str = "", ip: str = "") -> bool:
    """Kill a key at once; return whether it was alive."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now)
    if revoked:
        data = {"partner": key.partner.name, "reason": reason}
        audit.record(actor=actor, action="partner_key.revoked", object=key, ip=ip, at=now, data=data)
    return bool(revoked)


def live_keys(partner: Partner, *, now: datetime) -> QuerySet[ApiKey]:
    """Return the keys of ``partner`` that work now."""
    open_end = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return ApiKey.objects.filter(open_end, partner=partner, revoked_at__isnull=True)


def key_check(*, text: str, now: datetime) -> ApiKey | None:
    """Return the key ``text`` is, its partner loaded, or None if it does not work. Nothing is remembered between calls.

    A wrong public id and a wrong secret take the same way, so that time tells nothing of which it was.
    """
    match = _FORM.fullmatch(text)
    environment, public_id, secret = match.groups() if match else (Environment.LIVE.value, "", "")
    row = ApiKey.objects.select_related("partner").filter(public_id=public_id, environment=environment).first()
    salt, stored = (row.salt, row.secret_hash) if row else (None, None)
    if not is_key(secret, salt=salt, secret_hash=stored) or row is None or not _works(row, now):
        return None
    if row.last_used_at is None or now - row.last_used_at >= LAST_USE_STEP:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def _works(row: ApiKey, now: datetime) -> bool:
    ended = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now)
    return not ended and row.partner.is_active
