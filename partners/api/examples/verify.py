import base64
import hashlib
import hmac
import time
from collections.abc import Mapping


def verify_tc(body: bytes, header: str, secret: str) -> bool:
    """X-TC-Signature: keyed with the whole secret as it is written."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), (header or "").encode())


def verify_standard(body: bytes, headers: Mapping[str, str], secret: str, tolerance_s: int = 300) -> bool:
    """webhook-signature: keyed with the bytes after whsec_; refuses what is older than five minutes."""
    message_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > tolerance_s:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{sent_at}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())
    return any(hmac.compare_digest(expected, one.encode()) for one in headers["webhook-signature"].split())
