"""Keyed digests: what the database keeps of a secret, so that a copy of the database opens nothing."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from django.conf import settings


def digest(purpose: str, *parts: str) -> str:
    """Return 64 hexadecimal digits that depend on the purpose, every part and a key that is not in the database.

    Good for random secrets and, because of the key, for short codes: without the key none can be tried out.
    """
    key = hashlib.sha256(b"accounts.digest:" + settings.SECRET_KEY.encode()).digest()
    raws = [part.encode(errors="surrogatepass") for part in (purpose, *parts)]
    framed = b"".join(len(raw).to_bytes(4, "big") + raw for raw in raws)
    return hmac.new(key, framed, hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare in a time that does not tell where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


class KeyParts(NamedTuple):
    """The parts of a new API key. ``public_id`` finds its row, ``secret`` is shown once, the rest is kept."""

    public_id: str
    secret: str
    salt: str
    secret_hash: str


def key_parts() -> KeyParts:
    """Return the parts of a new key, with a secret of 256 random bits."""
    salt, secret = secrets.token_hex(16), secrets.token_urlsafe(32)
    return KeyParts(secrets.token_hex(6), secret, salt, key_hash(salt, secret))


def key_hash(salt: str, secret: str) -> str:
    """A fast hash is right: the secret has 256 random bits, so there is nothing to try out."""
    return hashlib.sha256(f"{salt}:{secret}".encode()).hexdigest()


def is_key(secret: str, *, salt: str | None, secret_hash: str | None) -> bool:
    """Tell whether ``secret`` is that of a row. Without a row (None) it takes as long, and is not."""
    found = same(key_hash(salt or "0" * 32, secret), secret_hash or "0" * 64)
    return found and secret_hash is not None
