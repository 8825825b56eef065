"""JSON Web Tokens nobody issued, and tokens that were taken back, on a real server."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from tests.fault.callers import PASSWORD, Caller, bearer
from tests.fault.conftest import Figure
from tests.fault.servers import ADMIN

BOUND_S = 1.0


def packed(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def opened(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes = b"guess") -> str:
    body = f"{packed(header)}.{packed(claims)}"
    return f"{body}.{packed(hmac.new(key, body.encode(), hashlib.sha256).digest())}"


def forgeries(token: str) -> dict[str, str]:
    """Return tokens made from a genuine one without its key."""
    head, payload, signature = token.split(".")
    header, claims = opened(head), opened(payload)
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    return {
        "no algorithm": f"{packed(header | {'alg': 'none'})}.{payload}.",
        "no algorithm, capitals": f"{packed(header | {'alg': 'NonE'})}.{payload}.{signature}",
        "no signature": f"{head}.{payload}.",
        "another signature": f"{head}.{payload}.{flipped}",
        "another user": f"{head}.{packed(claims | {'sub': '1'})}.{signature}",
        "longer life": f"{head}.{packed(claims | {'exp': claims['exp'] + 10**8})}.{signature}",
        "a guessed key": signed(header, claims),
        "an empty key": signed(header, claims, b""),
        "another algorithm": signed(header | {"alg": "HS512"}, claims),
        "a public key's algorithm": signed(header | {"alg": "RS256"}, claims),
        "a key named in the header": signed(header | {"kid": "../../dev/null"}, claims, b""),
        "a key brought along": signed(header | {"jwk": {"kty": "oct", "k": packed(b"guess")}}, claims),
        "a key elsewhere": signed(header | {"jku": "http://127.0.0.1/keys"}, claims),
        "padding": f"{head}.{payload}.{signature}=",
    }


def test_forged_tokens(caller: Caller, figure: Figure) -> None:
    token = caller.register("forged@example.com", source="127.0.40.1")
    made = forgeries(token)
    answers = {
        (name, form): caller.get("auth/me", **headers).status
        for name, forged in made.items()
        for form, headers in {"bearer": bearer(forged), "cookie": {"Cookie": f"access_token_cookie={forged}"}}.items()
    }
    refused = sum(status == 401 for status in answers.values())
    figure(f"{len(made)} forged tokens, as Bearer and as cookie", "all 401", f"{refused} of {len(answers)} 401")
    assert len(made) >= 12
    assert set(answers.values()) == {401}, answers
    assert caller.get("auth/me", **bearer(token)).status == 200


def end_by(way: str, caller: Caller, email: str, token: str) -> None:
    """Do one of the things after which a token is worth nothing."""
    if way == "logout":
        answer = caller.post("auth/logout", **bearer(token))
    elif way == "password change":
        body = {"current_password": PASSWORD, "new_password": "another harbour 17"}
        answer = caller.post("auth/password", body, **bearer(token))
    elif way == "password reset":
        link, _ = caller.mailed(email, "auth/password-reset", source="127.0.40.3")
        answer = caller.post("auth/password-reset/confirm", {"token": link, "new_password": "another harbour 17"})
    elif way == "session revoked":
        other = caller.token(email)
        answer = caller.call("DELETE", "/api/auth/sessions", **bearer(other))
    else:
        admin = bearer(caller.token(*ADMIN))
        user = caller.get("auth/me", **bearer(token)).body["user"]["id"]
        answer = caller.call("PATCH", f"/api/auth/admin/users/{user}", {"is_active": False}, **admin)
    assert answer.status == 200, answer


@pytest.mark.parametrize("way", ["logout", "password change", "password reset", "session revoked", "deactivation"])
def test_a_token_that_was_taken_back(caller: Caller, figure: Figure, way: str) -> None:
    email = f"{way.replace(' ', '-')}@example.com"
    token = caller.register(email, source="127.0.40.2")
    assert caller.get("auth/me", **bearer(token)).status == 200
    end_by(way, caller, email, token)
    ended = time.monotonic()
    first = caller.get("auth/me", **bearer(token)).status
    while caller.get("auth/me", **bearer(token)).status != 401:
        assert time.monotonic() - ended < BOUND_S, way
    took_ms = (time.monotonic() - ended) * 1000
    figure(f"token after {way}", "401 within 1 s", f"the first request: {first} ({took_ms:.0f} ms)")
    assert took_ms < BOUND_S * 1000
