"""Keyed digests: what the database keeps of a secret, so that a copy of the database opens nothing."""

import hashlib
import hmac

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
