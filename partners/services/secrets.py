"""Endpoints and the secrets that sign what is sent to them."""

import base64
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Model

from accounts.services.vault import seal, unseal
from core import audit
from partners.constants import SECRET_OVERLAP
from partners.models import Endpoint, Partner

PREFIX = "whsec_"
_SECRET_BYTES = 32


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
    """Return every secret a receiver may still know, the one in force first."""
    found = [secret_of(endpoint)]
    if endpoint.old_secret_until is not None and now < endpoint.old_secret_until:
        found.append(unseal(endpoint, "old_secret_sealed"))
    return found


@transaction.atomic
def secret_rotate(*, endpoint: Endpoint, actor: Model | str, now: datetime, reason: str = "", ip: str = "") -> str:
    """Put a new secret in force and return it, once; the former one counts for a further 24 hours."""
    row = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if row.secret_sealed:
        row.old_secret_sealed = seal(row, "old_secret_sealed", secret_of(row))
        row.old_secret_until = now + SECRET_OVERLAP
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
