"""Who is behind a WebSocket: the only place that reads credentials from an ASGI scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie


@dataclass(frozen=True, slots=True)
class SocketUser:
    """The signed-in user of a connection."""

    user_id: int


def user_of_scope(scope: Mapping[str, Any]) -> SocketUser | None:
    """Return the user whose credential the scope carries and is valid now, or None. Reads the database.

    ``Authorization: Bearer`` decides alone if it is there; else the cookie ``kite_session`` does. An agent key
    (``zt_…``) opens no socket. Asked again while the connection lasts: sign-out, deactivation and a changed password
    end it.
    """
    bearer = bearer_token(scope)
    if bearer is not None:
        return _user_of_token(bearer)
    return _user_of_session(cookies(scope).get(settings.SESSION_COOKIE_NAME, ""))


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """Return a header of the scope (name in lower case), or None. A repeated one is joined with commas."""
    values = [value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name]
    return ",".join(values) if values else None


def cookies(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the cookies of the scope."""
    return parse_cookie(header(scope, b"cookie") or "")


def bearer_token(scope: Mapping[str, Any]) -> str | None:
    """Return what follows ``Bearer`` in the Authorization header, or None if there is no such header."""
    scheme, _, token = (header(scope, b"authorization") or "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _user_of_token(token: str) -> SocketUser | None:
    """JSON Web Tokens are not issued yet, so none is valid; agent keys belong to another surface."""
    return None


def _user_of_session(key: str) -> SocketUser | None:
    if not key or "\x00" in key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)  # checks the backend, the user's state and the session's hash of the password
    return SocketUser(user.pk) if user.is_authenticated and user.is_active else None
