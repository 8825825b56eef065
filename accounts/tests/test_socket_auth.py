"""Who is behind a WebSocket."""

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from accounts.services.socket_auth import SocketUser, user_of_scope

pytestmark = pytest.mark.django_db


def session_of(user: Any) -> Any:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.authentication.EmailBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session


def scope(cookie: str | None = None, authorization: str | None = None) -> dict[str, Any]:
    pairs = ((b"cookie", cookie and f"theme=dark; kite_session={cookie}"), (b"authorization", authorization))
    return {"type": "websocket", "headers": [(name, value.encode()) for name, value in pairs if value is not None]}


def test_a_session_opens_the_stream_until_it_ends(user: Any) -> None:
    session = session_of(user)
    assert user_of_scope(scope(session.session_key)) == SocketUser(user.pk)
    session.delete()
    assert user_of_scope(scope(session.session_key)) is None


@pytest.mark.parametrize("cookie", [None, "", "nonsense", "a" * 32, "\x00" * 32, "x" * 5000])
def test_no_session_opens_nothing(user: Any, cookie: str | None) -> None:
    assert user_of_scope(scope(cookie)) is None


def test_a_changed_password_ends_the_session(user: Any) -> None:
    key = session_of(user).session_key
    user.set_password("another horse")
    user.save()
    assert user_of_scope(scope(key)) is None


def test_deactivation_ends_the_session(user: Any) -> None:
    key = session_of(user).session_key
    user.is_active = False
    user.save()
    assert user_of_scope(scope(key)) is None


@pytest.mark.parametrize("token", ["zt_abcdefghijklmnop", "eyJhbGciOiJub25lIn0.e30.", "tc_live_x", ""])
def test_a_bearer_credential_decides_alone(user: Any, token: str) -> None:
    assert user_of_scope(scope(session_of(user).session_key, f"Bearer {token}")) is None


def test_an_authorization_of_another_kind_is_refused_too(user: Any) -> None:
    assert user_of_scope(scope(session_of(user).session_key, "Basic dXNlcjpwYXNz")) is None


@pytest.fixture
def token(user: Any, client: Any) -> str:
    user.set_password("correct horse")
    user.save()
    body = {"email": user.email, "password": "correct horse"}
    return client.post("/api/auth/login", body, content_type="application/json").json()["access_token"]


def test_a_token_opens_the_stream_as_bearer_and_as_cookie_until_it_is_ended(user: Any, token: str, client: Any) -> None:
    cookie = {"type": "websocket", "headers": [(b"cookie", f"access_token_cookie={token}".encode())]}
    assert user_of_scope(scope(authorization=f"Bearer {token}")) == SocketUser(user.pk)
    assert user_of_scope(cookie) == SocketUser(user.pk)
    client.post("/api/auth/logout", headers={"authorization": f"Bearer {token}"})
    assert user_of_scope(scope(authorization=f"Bearer {token}")) is None
    assert user_of_scope(cookie) is None
