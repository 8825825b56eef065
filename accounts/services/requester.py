"""The cookie by which a code is bound to the browser that asked for it."""

import re
import secrets

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.constants import CODE_LIFETIME

COOKIE = "code_request"
_FORM = re.compile(r"[A-Za-z0-9_-]{22}")


def requester_of(request: HttpRequest) -> str:
    """Return the browser's name for this purpose, or the empty string if it has none."""
    value = request.COOKIES.get(COOKIE, "")
    return value if _FORM.fullmatch(value) else ""


def requester_new() -> str:
    """Return a new name."""
    return secrets.token_urlsafe(16)


def requester_remember(response: HttpResponseBase, requester: str) -> None:
    """Let the browser keep its name as long as codes are valid."""
    response.set_cookie(
        COOKIE, requester, max_age=int(CODE_LIFETIME.total_seconds()), httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
