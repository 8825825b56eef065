"""Secrets at rest: AES-256-GCM, each ciphertext bound to the row and the field it was made for.

A sealed value is ``v1.<key id>.<base64 of nonce and ciphertext>``. The associated data names model, primary key and
field, so that a value copied to another place does not open. The first of ``settings.CREDENTIALS_KEYS`` seals, all
open. Who adds a sealed column registers it, so that ``manage.py rotate_credentials_key`` finds it.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db.models import Model

from core.errors import InternalError

VERSION = "v1"
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Key:
    """``id`` is public: it tells which key opens a value."""

    id: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: values sealed anew, already under the first key, and not to be opened by any key."""

    resealed: int = 0
    current: int = 0
    unreadable: int = 0


_columns: list[tuple[type[Model], str]] = []


def register_sealed(model: type[Model], *columns: str) -> None:
    """Make ``columns`` of ``model`` take part in the rotation of keys."""
    for column in columns:
        if (model, column) not in _columns:
            _columns.append((model, column))


def keyring() -> tuple[Key, ...]:
    """Return the keys, the one that seals first."""
    return tuple(_key(text) for text in settings.CREDENTIALS_KEYS)


def _key(text: str) -> Key:
    raw = hashlib.sha256(b"accounts.vault:" + text.encode()).digest()
    return Key(hashlib.sha256(b"accounts.vault.id:" + raw).hexdigest()[:8], raw)


def seal(row: Model, column: str, text: str) -> str:
    """Return ``text`` sealed for this place. The row must have its primary key already."""
    key, nonce = keyring()[0], os.urandom(NONCE_BYTES)
    secret = nonce + AESGCM(key.raw).encrypt(nonce, text.encode(), _place(row, column))
    return f"{VERSION}.{key.id}.{base64.urlsafe_b64encode(secret).decode()}"


def unseal(row: Model, column: str) -> str:
    """Return what is sealed in ``row.column``.

    Raises InternalError when the key is gone or the value was made for another place.
    """
    try:
        version, key_id, body = getattr(row, column).split(".")
        raw = base64.urlsafe_b64decode(body)
        key = next(key for key in keyring() if key.id == key_id)
        if version != VERSION:
            raise ValueError(version)
        return AESGCM(key.raw).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _place(row, column)).decode()
    except (ValueError, binascii.Error, StopIteration, InvalidTag):
        raise InternalError(f"The stored {row._meta.verbose_name} cannot be opened. Store it again.") from None


def _place(row: Model, column: str) -> bytes:
    assert row.pk is not None, "a value is sealed for a row that has its primary key"
    return f"{row._meta.label_lower}:{row.pk}:{column}".encode()


def rotate() -> Rotation:
    """Seal every value under the first key. Safe to repeat and to interrupt; a value changed meanwhile is left."""
    resealed = current = unreadable = 0
    first = keyring()[0].id
    for row, column in _rows():
        old = getattr(row, column)
        if old.split(".")[1:2] == [first]:
            current += 1
            continue
        try:
            new = seal(row, column, unseal(row, column))
        except InternalError:
            unreadable += 1
            continue
        resealed += type(row)._default_manager.filter(pk=row.pk, **{column: old}).update(**{column: new})
    return Rotation(resealed, current, unreadable)


def _rows() -> Iterator[tuple[Model, str]]:
    for model, column in _columns:
        for row in model._default_manager.exclude(**{column: ""}).only("pk", column).iterator():
            yield row, column
