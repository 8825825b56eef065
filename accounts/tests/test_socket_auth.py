"""Who is behind a WebSocket."""

from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.services.socket_auth import SocketUser, user_of_scope

pytestmark = pytest.mark.django_db


def session_of(user: Any) -> SessionStore:
    session = SessionStore()
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


def test_other_schemes_leave_the_cookie_to_decide(user: Any) -> None:
    assert user_of_scope(scope(session_of(user).session_key, "Basic dXNlcjpwYXNz")) == SocketUser(user.pk)
