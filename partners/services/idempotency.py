"""Repeated POSTs get the first answer again.

An answer that shows a secret is kept sealed with the API key of the request, of which we have a digest only: whoever
copies the database, or runs this, cannot open it, while the caller who repeats the request gets it.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, transaction

from core.errors import Code, Conflict, InvalidRequest
from partners.constants import IDEMPOTENCY_TTL
from partners.models import IdempotentAnswer, Partner

KEY_LENGTH: Final = 255
#: A request that has not been answered for so long never will be: its process is gone.
ABANDONED: Final = timedelta(seconds=60)
_NONCE_BYTES: Final = 12


class NotYet(InvalidRequest):
    """Refused because of something that may be otherwise soon: the refusal is not the last word on this request."""


@dataclass(frozen=True, slots=True)
class Held:
    """A place for an answer that is still to be made; ``stored`` is the answer when there is one already."""

    row: IdempotentAnswer
    stored: tuple[int, bytes] | None = None


def idempotency_begin(
    *, partner: Partner, environment: str, key: str, method: str, path: str, body: bytes, now: datetime
) -> Held:
    """Hold the key for this request, or return what was answered to it before.

    Raises Conflict (409) for the key with another request, or while the first one is being answered.
    """
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise InvalidRequest(f"Idempotency-Key: 1 to {KEY_LENGTH} printable characters.")
    digest = hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()
    mine = {"partner": partner, "environment": environment, "key": key}
    IdempotentAnswer.objects.filter(**mine, created_at__lt=now - IDEMPOTENCY_TTL).delete()
    IdempotentAnswer.objects.filter(**mine, status__isnull=True, created_at__lt=now - ABANDONED).delete()
    try:
        with transaction.atomic():
            return Held(IdempotentAnswer.objects.create(**mine, request_hash=digest, created_at=now))
    except IntegrityError:
        row = IdempotentAnswer.objects.filter(**mine).first()
    if row is None or (row.status is None and row.request_hash == digest):
        raise Conflict("The first request with this key is still being answered.", code=Code.IDEMPOTENCY_CONFLICT)
    if row.request_hash != digest:
        raise Conflict("This Idempotency-Key came with another request.", code=Code.IDEMPOTENCY_CONFLICT)
    return Held(row, (row.status or 0, bytes(row.answer)))


def idempotency_end(*, held: Held, status: int, answer: bytes) -> None:
    """Keep an answer for a day."""
    IdempotentAnswer.objects.filter(pk=held.row.pk).update(status=status, answer=answer)


def idempotency_drop(*, held: Held) -> None:
    """Keep nothing: trying again is right after a failure on our side, and when the state has changed."""
    IdempotentAnswer.objects.filter(pk=held.row.pk).delete()


def sealed(held: Held, answer: bytes, *, api_key: str) -> bytes:
    """Return an answer that only the API key opens. A digest of it will do: it has 256 random bits."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_secret(api_key)).encrypt(nonce, answer, held.row.request_hash.encode())


def unsealed(held: Held, answer: bytes, *, api_key: str) -> bytes:
    """Return what was sealed. Raises Conflict for another API key."""
    try:
        return AESGCM(_secret(api_key)).decrypt(
            answer[:_NONCE_BYTES], answer[_NONCE_BYTES:], held.row.request_hash.encode()
        )
    except InvalidTag:
        raise Conflict(
            "This request was answered to another API key, and only that one can have the answer again.",
            code=Code.IDEMPOTENCY_CONFLICT,
        ) from None


def _secret(api_key: str) -> bytes:
    return hashlib.sha256(b"partners.idempotency:" + api_key.encode()).digest()
