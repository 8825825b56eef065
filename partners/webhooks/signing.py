"""Two signatures over the same bytes, from the same secret.

``X-TC-Signature`` is HMAC-SHA256 of the body keyed with the secret as it is written (``whsec_…``), as the partner
documentation shows. The three ``webhook-*`` headers follow the Standard Webhooks specification: id, time and body are
signed, keyed with the bytes that the part after ``whsec_`` encodes.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from partners.constants import Environment

PREFIX = "whsec_"
USER_AGENT = "tradeplatform-webhooks/1.0"


def tc_signature(secret: str, body: bytes) -> str:
    """Return ``sha256=`` and the hexadecimal HMAC of ``body``."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,`` and the base64 HMAC of ``event_id.timestamp.body`` (Standard Webhooks 1.0.0)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    content = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def headers(
    *, event: str, event_id: str, delivery_id: int, attempt: int, environment: str, body: bytes,
    secrets: Sequence[str], at: datetime,
) -> dict[str, str]:  # fmt: skip
    """Return the headers of one attempt.

    ``secrets``: the one in force first; during a rotation the former one after it. ``X-TC-Signature`` has exactly one
    value, of the secret in force; ``webhook-signature`` has one for each. ``at``: of this attempt.
    """
    timestamp = int(at.timestamp())
    signatures = [standard_signature(secret, event_id, timestamp, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-TC-Event": event,
        "X-TC-Signature": tc_signature(secrets[0], body),
        "X-TC-Delivery": str(delivery_id),
        "X-TC-Attempt": str(attempt),
        "X-TC-Timestamp": str(timestamp),
        "X-TC-Environment": str(Environment(environment)),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
