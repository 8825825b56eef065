"""How a request proves who sent it."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import User, UserManager


class EmailBackend(ModelBackend):
    """E-mail and password, in constant time for known and unknown addresses."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        email = UserManager.normalize_email(kwargs.get("email") or username)
        if not email or password is None or "\x00" in email + password:
            return None
        return super().authenticate(request, username=email, password=password)


class SessionAuthentication(BaseAuthentication):
    """The cookie ``kite_session``. Cross-site writes are refused by `core.middleware`, for sign-in too."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = getattr(request._request, "user", None)
        return (user, None) if user is not None and user.is_authenticated and user.is_active else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="user"'
