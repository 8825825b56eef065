"""How a request proves who sent it. Four credentials, told apart by their form, each for its own surfaces.

    kite_session            cookie            user surface    SessionAuthentication
    eyJ…                    Bearer header     user surface    BearerAuthentication
    eyJ…                    access_token_cookie, user surface CookieTokenAuthentication
    zt_…                    Bearer header     agent surface   AgentKeyAuthentication

An ``Authorization`` header decides alone: a request that carries a bad one is refused, whatever cookies it has.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User, UserManager
from accounts.services.agent_keys import agent_key_check
from accounts.services.client import client_of
from accounts.services.sessions import Credential, session_used
from accounts.services.tokens import token_session
from accounts.session_store import stored_key
from core import clock
from core.errors import Code, Unauthenticated

TOKEN_COOKIE = "access_token_cookie"  # noqa: S105 - the name of a cookie
Authenticated = tuple[User, Credential]


class EmailBackend(ModelBackend):
    """E-mail and password; one look-up and one password hash whether or not there is such a user."""

    @sensitive_variables("password")
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        email = UserManager.normalize_email(kwargs.get("email") or username)
        if not email or password is None or "\x00" in email + password:
            return None
        user = User.objects.filter(email=email).first()
        if user is None or not user.has_usable_password():
            make_password(password)
            return None
        right = check_password(password, user.password)
        return user if right and self.user_can_authenticate(user) else None


def authorization(request: Request) -> str | None:
    """Return the ``Authorization`` header, or None if there is none."""
    return request.META.get("HTTP_AUTHORIZATION")


def bearer(header: str) -> str:
    """Return what follows ``Bearer``; empty for another scheme."""
    scheme, _, value = header.strip().partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


class UserSurface(BaseAuthentication):
    """What the ways in to the user surface share."""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="user"'


class BearerAuthentication(UserSurface):
    """A JSON Web Token in the ``Authorization`` header."""

    def authenticate(self, request: Request) -> Authenticated | None:
        header = authorization(request)
        if header is None:
            return None
        found = _by_token(request, bearer(header))
        if found is None:
            raise Unauthenticated("The credential is not valid here, has expired or was revoked.")
        return found


class SessionAuthentication(UserSurface):
    """The cookie ``kite_session``. Cross-site writes are refused by `core.middleware`, for sign-in too."""

    def authenticate(self, request: Request) -> Authenticated | None:
        user = getattr(request._request, "user", None)
        if authorization(request) is not None or user is None or not user.is_authenticated or not user.is_active:
            return None
        return user, Credential("session", stored_key(request._request.session.session_key or ""))


class CookieTokenAuthentication(UserSurface):
    """A JSON Web Token in the cookie ``access_token_cookie``."""

    def authenticate(self, request: Request) -> Authenticated | None:
        token = request.COOKIES.get(TOKEN_COOKIE, "")
        return _by_token(request, token) if token and authorization(request) is None else None


def _by_token(request: Request, token: str) -> Authenticated | None:
    now = clock.now()
    session = token_session(token=token, now=now)
    if session is None:
        return None
    session_used(key_hash=session.key_hash, ip=client_of(request._request).ip, now=now)
    return session.user, Credential("token", session.key_hash)


class AgentKeyAuthentication(BaseAuthentication):
    """A key ``zt_…`` in the ``Authorization`` header: the one credential of the agent surface."""

    def authenticate(self, request: Request) -> Authenticated:
        text = bearer(authorization(request) or "")
        if not text:
            raise Unauthenticated("Send the agent key: Authorization: Bearer zt_…", code=Code.NO_API_KEY)
        key = agent_key_check(text=text, now=clock.now())
        if key is None:
            raise Unauthenticated("The agent key is not right or was revoked.", code=Code.INVALID_API_KEY)
        return key.user, Credential("agent_key", str(key.pk))

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="agent"'
