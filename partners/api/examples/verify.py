import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping


def verify_tc(body: bytes, header: str, secret: str) -> bool:
    """X-TC-Signature: keyed with the whole secret as it is written."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), (header or "").encode(errors="replace"))


def verify_standard(body: bytes, headers: Mapping[str, str], secret: str, tolerance_s: int = 300) -> bool:
    """webhook-signature: keyed with the bytes after whsec_; refuses what is older than five minutes."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", sent_at) or abs(time.time() - int(sent_at)) > tolerance_s:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{sent_at}.".encode(errors="replace") + body
    expected = b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
    signatures = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, one.encode(errors="replace")) for one in signatures)
