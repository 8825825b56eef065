"""JSON Web Tokens of the user surface: one algorithm, seven days, and a row in the database that can end them."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

import jwt
from django.conf import settings
from jwt.utils import base64url_decode, base64url_encode

from accounts.constants import TOKEN_LIFETIME
from accounts.hashing import digest
from accounts.models import User, UserSession
from accounts.services.client import Client
from accounts.services.sessions import SignInFacts, session_open

ALGORITHM = "HS256"
AUDIENCE = "tradeplatform:user"
TYPE = "access"
MAX_LENGTH = 2048
_CLAIMS = ["exp", "nbf", "iat", "aud", "sub", "jti", "type", "ver"]
#: Times are compared with our own clock, below; PyJWT would ask the wall clock.
_OPTIONS = {"require": _CLAIMS, "verify_exp": False, "verify_nbf": False, "verify_iat": False}


def _key() -> bytes:
    return hashlib.sha256(b"accounts.jwt:" + settings.SECRET_KEY.encode()).digest()


def token_issue(*, user: User, facts: SignInFacts, client: Client, now: datetime) -> str:
    """Return a token of ``user`` and write the session it stands for."""
    jti = secrets.token_urlsafe(16)
    issued, expires = int(now.timestamp()), int((now + TOKEN_LIFETIME).timestamp())
    claims = {
        "sub": str(user.pk), "aud": AUDIENCE, "type": TYPE, "jti": jti, "ver": user.token_version,
        "iat": issued, "nbf": issued, "exp": expires,
    }  # fmt: skip
    session_open(
        user=user, kind=UserSession.Kind.TOKEN, key_hash=digest("jti", jti), facts=facts, client=client,
        expires_at=now + TOKEN_LIFETIME, now=now,
    )  # fmt: skip
    return jwt.encode(claims, _key(), algorithm=ALGORITHM)


def token_session(*, token: str, now: datetime) -> UserSession | None:
    """Return the open session a token stands for, its user loaded, or None if the token is worth nothing."""
    claims = _claims(token)
    if claims is None or not _in_time(claims, now):
        return None
    found = UserSession.objects.select_related("user").filter(
        kind=UserSession.Kind.TOKEN, key_hash=digest("jti", claims["jti"]), ended_at__isnull=True, expires_at__gt=now
    )
    session = found.first()
    if session is None or not session.user.is_active:
        return None
    belongs = str(session.user_id) == claims["sub"] and session.user.token_version == claims["ver"]
    return session if belongs else None


def _claims(token: str) -> dict[str, Any] | None:
    """Return what a genuine token says. Exactly the spelling we issued counts, not every one that decodes alike."""
    if len(token) > MAX_LENGTH or not token.isascii():
        return None
    try:
        parts = [part.encode() for part in token.split(".")]
        if len(parts) != 3 or any(base64url_encode(base64url_decode(part)) != part for part in parts):
            return None
        header = jwt.get_unverified_header(token)
        if header != {"alg": ALGORITHM, "typ": "JWT"}:
            return None
        claims = jwt.decode(token, _key(), algorithms=[ALGORITHM], audience=AUDIENCE, options=_OPTIONS)
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None
    typed = all(isinstance(claims[name], str) for name in ("sub", "jti", "aud")) and claims["type"] == TYPE
    numbers = all(type(claims[name]) is int for name in ("iat", "nbf", "exp", "ver"))
    return claims if typed and numbers else None


def _in_time(claims: dict[str, Any], now: datetime) -> bool:
    second = now.timestamp()
    whole = claims["exp"] - claims["iat"] <= TOKEN_LIFETIME.total_seconds()
    return whole and claims["nbf"] <= second < claims["exp"]
