"""JSON Web Tokens: nothing but what we issued, as we issued it, as long as it counts."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.test import Client

from accounts.models import User, UserSession
from accounts.services import tokens
from accounts.services.users import user_set_state
from accounts.tests.support import bearer, fresh_limits, login, post
from core import clock

__all__ = ["fresh_limits"]
pytestmark = pytest.mark.django_db


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def signed(claims: dict[str, Any], key: bytes | None = None, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(claims, tokens._key() if key is None else key, algorithm=algorithm, headers=header or None)


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def other_spelling(token: str) -> str:
    """Return the token with bits changed that no decoder looks at."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


Forge = Callable[[str, dict[str, Any]], str]
FORGED: dict[str, Forge] = {
    "no algorithm": lambda t, c: f"{b64({'alg': 'none', 'typ': 'JWT'})}.{b64(c)}.",
    "no algorithm, old signature": lambda t, c: f"{b64({'alg': 'none', 'typ': 'JWT'})}.{b64(c)}.{t.split('.')[2]}",
    "another key": lambda t, c: signed(c, b"x" * 32),
    "an empty key": lambda t, c: signed(c, b"\x00" * 32),
    "another HMAC": lambda t, c: signed(c, algorithm="HS512"),
    "another user": lambda t, c: f"{t.split('.')[0]}.{b64(c | {'sub': '1'})}.{t.split('.')[2]}",
    "another user, well signed": lambda t, c: signed(c | {"sub": str(int(c["sub"]) + 1)}),
    "expired": lambda t, c: signed(c | {"iat": c["iat"] - 700_000, "exp": c["iat"] - 1}),
    "a century": lambda t, c: signed(c | {"exp": c["exp"] + 10**9}),
    "not yet": lambda t, c: signed(c | {"nbf": c["nbf"] + 3600}),
    "another audience": lambda t, c: signed(c | {"aud": "partner"}),
    "a list of audiences": lambda t, c: signed(c | {"aud": [c["aud"], "x"]}),
    "another type": lambda t, c: signed(c | {"type": "refresh"}),
    "no identity of the token": lambda t, c: signed(without(c, "jti")),
    "an unknown token": lambda t, c: signed(c | {"jti": "made-up"}),
    "no end": lambda t, c: signed(without(c, "exp")),
    "a number for a subject": lambda t, c: f"{t.split('.')[0]}.{b64(c | {'sub': int(c['sub'])})}.{t.split('.')[2]}",
    "an old version": lambda t, c: signed(c | {"ver": c["ver"] - 1}),
    "a version that is true": lambda t, c: signed(c | {"ver": True}),
    "a key id": lambda t, c: signed(c, kid="../../../dev/null"),
    "a critical header": lambda t, c: signed(c, crit=["b64"], b64=False),
    "other bits at the end": lambda t, c: other_spelling(t),
    "no signature": lambda t, c: t.rsplit(".", 1)[0] + ".",
    "five parts": lambda t, c: t + ".x.y",
    "not ASCII": lambda t, c: "eyJé.é.é",
    "long": lambda t, c: "eyJ" + "a" * 5000,
}


@pytest.fixture
def token(client: Any, user: User) -> str:
    return login(client, user.email)


def allowed(token: str) -> bool:
    header = Client().get("/api/auth/me", headers=bearer(token))
    cookie = Client()
    cookie.cookies["access_token_cookie"] = token
    by_cookie = cookie.get("/api/auth/me")
    assert header.status_code == by_cookie.status_code
    return header.status_code == 200


def test_what_we_issued_is_accepted(token: str) -> None:
    assert allowed(token)
    assert allowed(signed(claims_of(token)))  # the tests sign as we do


@pytest.mark.parametrize("name", FORGED)
def test_forged(token: str, name: str) -> None:
    try:
        forged = FORGED[name](token, claims_of(token)).encode("utf-8").decode("latin-1")
    except TypeError as exc:
        pytest.fail(f"{name}: {exc}")
    assert forged != token
    answer = Client().get("/api/auth/me", headers=bearer(forged))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="user"'


def test_a_bad_token_is_refused_whatever_cookie_comes_with_it(token: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    assert client.get("/api/auth/me", headers=bearer(token + "x")).status_code == 401


def test_seven_days(token: str) -> None:
    born = UserSession.objects.get().created_at
    with clock.frozen(born + timedelta(days=7, seconds=-5)):
        assert allowed(token)
    with clock.frozen(born + timedelta(days=7, seconds=1)):
        assert not allowed(token)


def test_deactivation_ends_it_and_activation_does_not_bring_it_back(token: str, user: User, other_user: User) -> None:
    common = {"user_id": user.pk, "actor": other_user, "ip": "", "now": clock.now(), "is_admin": None}
    user_set_state(is_active=False, **common)
    assert not allowed(token)
    user_set_state(is_active=True, **common)
    assert not allowed(token)


def test_a_new_password_ends_it_however_it_is_set(token: str, user: User) -> None:
    user.set_password("set by manage.py changepassword")
    user.save()
    assert not allowed(token)


def test_revocation_by_the_list_of_sessions(token: str, client: Any) -> None:
    session = UserSession.objects.get()
    assert client.delete(f"/api/auth/sessions/{session.pk}", headers=bearer(token)).status_code == 200
    assert not allowed(token)


def test_a_page_does_not_take_tokens(token: str) -> None:
    client = Client()
    client.cookies["access_token_cookie"] = token
    assert client.get("/market/", headers=bearer(token)).status_code == 302


HOSTILE = [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:81"},
]


@pytest.mark.parametrize("headers", HOSTILE)
def test_a_hostile_page_can_neither_write_nor_sign_anybody_in(token: str, user: User, headers: dict[str, str]) -> None:
    by_session, by_token = Client(), Client()
    by_session.force_login(user)
    by_token.cookies["access_token_cookie"] = token
    for client in (by_session, by_token):
        for call in (
            lambda c=client: post(c, "agent/key", **headers),
            lambda c=client: post(c, "auth/logout", **headers),
            lambda c=client: c.patch("/api/auth/profile", {"name": "x"}, "application/json", headers=headers),
            lambda c=client: c.delete("/api/auth/sessions", headers=headers),
        ):
            answer = call()
            assert answer.status_code == 403, answer.content
            assert answer.json()["code"] == "CROSS_SITE"
        assert client.get("/api/auth/me").json()["user"]["name"] == user.name
        assert post(client, "agent/key").status_code == 201  # the same call without browser headers
    nobody, body = Client(), {"email": user.email, "password": "correct horse"}
    for path in ("auth/password-login", "auth/login", "auth/verify-link", "auth/register", "auth/magic-link"):
        answer = post(nobody, path, body, **headers)
        assert answer.status_code == 403
        assert not answer.cookies
    assert nobody.post("/login/", body, headers=headers).status_code == 403
    assert post(nobody, "auth/password-login", body).status_code == 200
