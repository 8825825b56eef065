import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from partners.webhooks.signing import headers, standard_signature, tc_signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODIES = [b'{"a":1}', '{"summary":"₹1,25,000 का लाभ"}'.encode(), b"{}"]


def verify(req_body: bytes, header_sig: str, secret: str) -> bool:
    """The verifier of the partner documentation."""
    expected = "sha256=" + hmac.new(secret.encode(), req_body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, header_sig or "")


def sent(body, secrets=(SECRET,), at=None):
    return headers(
        event="ping", event_id="evt_1", delivery_id=7, attempt=2, environment="live", body=body, secrets=secrets,
        at=at or datetime.now(UTC),
    )  # fmt: skip


def test_the_published_vector():
    made = standard_signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("body", BODIES)
def test_both_published_verifiers_accept(body):
    made = sent(body)
    assert verify(body, made["X-TC-Signature"], SECRET)
    Webhook(SECRET).verify(body, made)


@pytest.mark.parametrize("body", BODIES)
def test_both_refuse_another_body(body):
    made = sent(body)
    assert not verify(body + b" ", made["X-TC-Signature"], SECRET)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", made)


def test_a_receiver_with_either_secret_accepts_during_a_rotation():
    old, new = SECRET, "whsec_" + "A" * 43 + "="
    made = sent(b"{}", secrets=(new, old))
    Webhook(old).verify(b"{}", made)
    Webhook(new).verify(b"{}", made)
    assert made["X-TC-Signature"] == tc_signature(new, b"{}")
    assert "," not in made["X-TC-Signature"]


def test_the_id_stays_and_the_time_is_that_of_the_attempt():
    first, second = (sent(b"{}", at=datetime(2026, 5, 4, 5, minute, tzinfo=UTC)) for minute in (0, 1))
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60
