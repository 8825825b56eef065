"""A user's API credentials at brokers: stored sealed, shown masked, opened only to speak to the broker."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from accounts.models import BrokerCredential, BrokerSession, User
from accounts.services.notices import notice_send
from accounts.services.vault import register_sealed, seal, unseal
from core import audit

register_sealed(BrokerCredential, "api_key_sealed", "api_secret_sealed")
register_sealed(BrokerSession, "access_token_sealed")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Opened credentials. Never stored, logged or queued; the ``repr`` shows nothing."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of stored credentials."""

    api_key: str | None
    has_api_secret: bool
    updated_at: datetime | None


@transaction.atomic
def credentials_store(
    *, user: User, broker: str, api_key: str, api_secret: str, ip: str, now: datetime
) -> BrokerCredential:
    """Store the credentials of ``user`` at ``broker`` in place of the former ones."""
    User.objects.select_for_update().get(pk=user.pk)
    BrokerCredential.objects.filter(user=user, broker=broker).delete()
    row = BrokerCredential(user=user, broker=broker, created_at=now, updated_at=now)
    row.api_key_sealed = seal(row, "api_key_sealed", api_key)
    row.api_secret_sealed = seal(row, "api_secret_sealed", api_secret)
    row.save(force_insert=True)
    audit.record(actor=user, action="broker_credentials.stored", object=broker, ip=ip, at=now)
    notice_send(user=user, kind="broker_credentials_stored")
    return row


@transaction.atomic
def credentials_delete(*, user: User, broker: str, ip: str, now: datetime) -> bool:
    """Forget the credentials and what was connected with them; return whether there were any."""
    BrokerSession.objects.filter(user=user, broker=broker).delete()
    count, _ = BrokerCredential.objects.filter(user=user, broker=broker).delete()
    if count:
        audit.record(actor=user, action="broker_credentials.deleted", object=broker, ip=ip, at=now)
    return bool(count)


def credentials_open(*, user: User, broker: str) -> Secrets | None:
    """Return the opened credentials, for a call to the broker that follows at once."""
    row = BrokerCredential.objects.filter(user=user, broker=broker).first()
    return Secrets(unseal(row, "api_key_sealed"), unseal(row, "api_secret_sealed")) if row else None


def credentials_shown(*, user: User, broker: str) -> Shown:
    """Return what may be shown: the end of the key, and whether there is a secret."""
    row = BrokerCredential.objects.filter(user=user, broker=broker).first()
    if row is None:
        return Shown(None, False, None)
    return Shown(masked(unseal(row, "api_key_sealed")), True, row.updated_at)


def masked(text: str) -> str:
    """Return ``text`` with all but its last four characters hidden; short texts are hidden whole."""
    return "•" * 8 + (text[-4:] if len(text) >= 12 else "")
