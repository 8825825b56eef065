"""Who is behind a WebSocket: the only place that reads credentials from an ASGI scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie

from accounts.services.tokens import token_session
from core import clock

TOKEN_COOKIE = "access_token_cookie"  # noqa: S105 - the name of a cookie


@dataclass(frozen=True, slots=True)
class SocketUser:
    """The signed-in user of a connection."""

    user_id: int


def user_of_scope(scope: Mapping[str, Any]) -> SocketUser | None:
    """Return the user whose credential the scope carries and is valid now, or None. Reads the database.

    An ``Authorization`` header decides alone, as on the rest of the user surface, and must be a JSON Web Token; an
    agent key (``zt_…``) opens no socket. Without it the cookie ``kite_session`` counts, then that of the token. Asked
    again while the connection lasts: sign-out, revocation, deactivation and a changed password end it.
    """
    authorization = header(scope, b"authorization")
    if authorization is not None:
        return _user_of_token(_bearer(authorization))
    jar = cookies(scope)
    return _user_of_session(jar.get(settings.SESSION_COOKIE_NAME, "")) or _user_of_token(jar.get(TOKEN_COOKIE, ""))


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """Return a header of the scope (name in lower case), or None. A repeated one is joined with commas."""
    values = [value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name]
    return ",".join(values) if values else None


def cookies(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the cookies of the scope."""
    return parse_cookie(header(scope, b"cookie") or "")


def _bearer(authorization: str) -> str:
    """Return what follows ``Bearer``; empty for another scheme."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _user_of_token(token: str) -> SocketUser | None:
    session = token_session(token=token, now=clock.now()) if token else None
    return None if session is None else SocketUser(session.user_id)


def _user_of_session(key: str) -> SocketUser | None:
    if not key or "\x00" in key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)  # checks the backend, the user's state and the session's hash of the password
    return SocketUser(user.pk) if user.is_authenticated and user.is_active else None
