"""Endpoints and the secrets that sign what is sent to them."""

import base64
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from accounts.services.vault import seal, unseal
from core import audit
from core.errors import InternalError
from partners.constants import SECRET_OVERLAP
from partners.models import Endpoint, Partner

PREFIX = "whsec_"
_SECRET_BYTES = 32
#: Each former secret lengthens a header by fifty characters; receivers refuse headers of 8 KiB.
FORMER_MAX = 20


def endpoint_of(partner: Partner, environment: str) -> Endpoint:
    """Return the partner's endpoint, made with a secret on first use. Whoever asks at the same time gets the same."""
    found = Endpoint.objects.filter(partner=partner, environment=environment).first()
    return found if found is not None and found.secret_sealed else _made(partner, environment)


@transaction.atomic
def _made(partner: Partner, environment: str) -> Endpoint:
    """Make the endpoint, row and secret in one insert, unless another did; the constraint says who was first."""
    mine = Endpoint(partner=partner, environment=environment)
    mine.secret_sealed = seal(mine, "secret_sealed", new_secret())
    Endpoint.objects.bulk_create([mine], ignore_conflicts=True)
    row = Endpoint.objects.select_for_update().get(partner=partner, environment=environment)
    if not row.secret_sealed:
        _store(row, new_secret())
    return row


def new_secret() -> str:
    """Return ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def secret_of(endpoint: Endpoint) -> str:
    """Return the secret in force."""
    return unseal(endpoint, "secret_sealed")


def secrets_of(endpoint: Endpoint, *, now: datetime) -> list[str]:
    """Return every secret a receiver may still know, the one in force first, then the newest of the former ones."""
    return [secret_of(endpoint), *(secret for secret, until in _former(endpoint) if now < until)]


def _former(endpoint: Endpoint) -> list[tuple[str, datetime]]:
    """Return former secrets and until when each counts: sealed together, one a line, a blank before its end."""
    last = endpoint.old_secret_until
    if last is None:
        return []
    lines = [line.partition(" ") for line in unseal(endpoint, "old_secret_sealed").splitlines()]
    return [(secret, datetime.fromisoformat(until) if until else last) for secret, _, until in lines]


def _still_counting(endpoint: Endpoint, now: datetime) -> list[tuple[str, datetime]]:
    """Return what counts on after a rotation now; nothing if it cannot be opened: only a new secret helps then."""
    try:
        former = [(old, until) for old, until in _former(endpoint) if now < until]
        return [(secret_of(endpoint), now + SECRET_OVERLAP), *former][:FORMER_MAX]
    except InternalError:
        return []


@transaction.atomic
def secret_rotate(*, endpoint: Endpoint, actor: Model | str, now: datetime, reason: str = "", ip: str = "") -> str:
    """Put a new secret in force and return it, once. The former one counts for a further 24 hours, whatever is rotated
    meanwhile; of more than twenty the oldest no longer does.
    """
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    lines = [f"{old} {until.isoformat()}" for old, until in _still_counting(row, now)]
    row.old_secret_sealed = seal(row, "old_secret_sealed", "\n".join(lines)) if lines else ""
    row.old_secret_until = now + SECRET_OVERLAP if lines else None
    row.save(update_fields=["old_secret_sealed", "old_secret_until"])
    secret = new_secret()
    _store(row, secret)
    endpoint.refresh_from_db()
    data = {"partner": row.partner.name, "environment": row.environment, "reason": reason}
    audit.record(actor=actor, action="partner_secret.rotated", object=row, ip=ip, at=now, data=data)
    return secret


def _store(endpoint: Endpoint, secret: str) -> None:
    endpoint.secret_sealed = seal(endpoint, "secret_sealed", secret)
    endpoint.save(update_fields=["secret_sealed"])
