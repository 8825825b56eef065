"""Checking that a webhook is ours: either of its two signatures, over the raw bytes of the body."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any

PREFIX = "whsec_"
#: How old (or new) a request may be, in seconds, as Standard Webhooks has it.
TOLERANCE_S = 300.0
#: A header anybody may send: no number that takes long to read, or that no clock can be compared with.
_SECONDS = re.compile("[0-9]{1,12}")


class WebhookInvalid(Exception):
    """The request is not to be believed; the text says why."""


def verify_tc(body: bytes, signature: str | None, secret: str) -> bool:
    """Return whether ``X-TC-Signature`` is right: the HMAC of the body, keyed with the whole secret as text."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), _bytes(signature or ""))


def verify_standard(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> None:
    """Raise WebhookInvalid unless ``webhook-signature`` is right and the request is no older than ``tolerance_s``.

    ``now_s``: seconds since 1970, by default the present. One of several signatures is enough (rotation).
    """
    known = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, sent_at = known["webhook-id"], known["webhook-timestamp"]
        signatures = known["webhook-signature"].split()
    except KeyError as exc:
        raise WebhookInvalid(f"The header {exc.args[0]} is missing.") from None
    if not _SECONDS.fullmatch(sent_at):
        raise WebhookInvalid("webhook-timestamp is no time.")
    if abs((time.time() if now_s is None else now_s) - int(sent_at)) > tolerance_s:
        raise WebhookInvalid("The request is too old: it may be one that is sent again by somebody else.")
    content = _bytes(f"{message_id}.{sent_at}.") + body
    expected = b"v1," + base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest())
    if not any(hmac.compare_digest(expected, _bytes(one)) for one in signatures):
        raise WebhookInvalid("webhook-signature does not fit body and secret.")


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> dict[str, Any]:
    """Return the event if it is signed with the secret and fresh; raise WebhookInvalid otherwise.

    It is ``webhook-signature`` that is checked: it covers the time, and during a rotation it carries the signatures of
    both secrets, while ``X-TC-Signature`` has the new one only.
    """
    verify_standard(body, headers, secret, tolerance_s=tolerance_s, now_s=now_s)
    try:
        event = json.loads(body)
    except ValueError:
        raise WebhookInvalid("The body is not JSON.") from None
    if not isinstance(event, dict):
        raise WebhookInvalid("The body is not an object.")
    return event


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # what cannot be encoded is in no signature of ours


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise WebhookInvalid("What follows whsec_ in the secret is not base64.") from None
