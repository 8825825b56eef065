"""Signing in and out with a password."""

from datetime import datetime

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest

from accounts.models import User, UserManager
from core import audit
from core.errors import RateLimited, Unauthenticated
from core.ratelimit import Limiter

FAILURES_ALLOWED = 10
FAILURE_WINDOW_S = 15 * 60


def password_sign_in(
    *, request: HttpRequest, email: str, password: str, limiter: Limiter, now: datetime
) -> User:
    """Start a session for the owner of ``email`` and ``password``.

    Ten failures in fifteen minutes block that pair of account and address for the rest of the window; other
    addresses and other ways in stay open (CONTRACT 6). Raises Unauthenticated or RateLimited.
    """
    address = UserManager.normalize_email(email)
    key = f"password:{address}:{request.client_address}"
    state = limiter.peek(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
    if not state.allowed:
        raise RateLimited("Too many failed attempts. Try again later.", retry_after_s=state.retry_after_s)
    user = authenticate(request, email=address, password=password)
    if user is None:
        limiter.hit(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
        audit.record(action="auth.password_failed", actor=f"email:{address}", ip=request.client_address)
        raise Unauthenticated("The e-mail address or the password is not right.")
    login(request, user)
    audit.record(action="auth.signed_in", actor=f"user:{user.pk}", ip=request.client_address, data={"by": "password"})
    return user


def sign_out(*, request: HttpRequest) -> None:
    """End the session that ``request`` came with; its cookie is worth nothing afterwards."""
    if request.user.is_authenticated:
        audit.record(action="auth.signed_out", actor=f"user:{request.user.pk}", ip=request.client_address)
    logout(request)
