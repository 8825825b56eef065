"""Signing in with a password or by mail, and signing out."""

import threading
from datetime import datetime

from django.contrib.auth import authenticate, logout
from django.db import transaction
from django.http import HttpRequest

from accounts.constants import FAILURE_WINDOW_S, FAILURES_ALLOWED
from accounts.models import OneTimeCode, User, UserManager
from accounts.services.agent_keys import agent_key_revoke
from accounts.services.client import Client, client_of
from accounts.services.codes import code_by_guess, code_by_link, code_consume
from accounts.services.grants import grants_end
from accounts.services.requester import requester_of
from accounts.services.sessions import Credential, SignInFacts, session_begin, sessions_end
from accounts.services.tokens import token_issue
from accounts.services.totp import second_factor, totp_remove
from core import audit, events
from core.errors import Forbidden, RateLimited, Unauthenticated
from core.ratelimit import Decision, Limiter

_LOCKS = [threading.Lock() for _ in range(256)]


def _pair(email: str, client: Client) -> str:
    return f"password:{email}:{client.throttle_key}"


def password_throttle(*, email: str, client: Client, limiter: Limiter, now: datetime) -> Decision:
    """Return where this pair of account and client stands with its failures; counts nothing."""
    key = _pair(UserManager.normalize_email(email), client)
    return limiter.peek(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)


def password_check(
    *, email: str, password: str, otp: str, client: Client, limiter: Limiter, now: datetime
) -> tuple[User, SignInFacts]:
    """Return the owner of ``email``, ``password`` and, if he has a second factor, ``otp``.

    Ten failures in fifteen minutes block that pair of account and client for the rest of the window; other clients
    and other ways in stay open (CONTRACT 6). The attempts of one pair are made one after another, so that many at
    once are not more than ten. Known and unknown addresses cost the same. Raises Unauthenticated, TotpRequired or
    RateLimited.
    """
    address = UserManager.normalize_email(email)
    key = _pair(address, client)
    with _LOCKS[hash(key) % len(_LOCKS)]:
        state = limiter.peek(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
        if not state.allowed:
            error = RateLimited("Too many failed attempts. Try again later.", retry_after_s=state.retry_after_s)
            error.headers |= state.headers()
            raise error
        user = authenticate(None, email=address, password=password)
        if user is None:
            state = limiter.hit(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
    if user is None:
        _record_failure(address, client, now)
        refusal = Unauthenticated("The e-mail address or the password is not right.")
        refusal.headers |= state.headers()
        raise refusal
    passed = second_factor(user=user, otp=otp, limiter=limiter, now=now)
    return user, SignInFacts("password", passed)


def _record_failure(address: str, client: Client, now: datetime) -> None:
    """Write it to the activity of whom it concerns; addresses of strangers are not collected."""
    owner = User.objects.filter(email=address).values_list("pk", flat=True).first()
    audit.record(
        actor="somebody", action="auth.password_failed", object=f"user:{owner}" if owner else "", user_id=owner,
        ip=client.ip, at=now, data={"device": client.device},
    )  # fmt: skip


def password_sign_in(
    *, request: HttpRequest, email: str, password: str, limiter: Limiter, now: datetime, otp: str = ""
) -> User:
    """Start a session for the owner of ``email`` and ``password``. Raises as `password_check`."""
    client = client_of(request)
    user, facts = password_check(email=email, password=password, otp=otp, client=client, limiter=limiter, now=now)
    session_begin(request=request, user=user, facts=facts)
    _record_sign_in(user, facts, client, now)
    return user


def token_sign_in(
    *, request: HttpRequest, email: str, password: str, otp: str, limiter: Limiter, now: datetime
) -> tuple[User, str]:
    """Return the owner of ``email`` and ``password`` and a JSON Web Token for him. Raises as `password_check`."""
    client = client_of(request)
    user, facts = password_check(email=email, password=password, otp=otp, client=client, limiter=limiter, now=now)
    token = token_issue(user=user, facts=facts, client=client, now=now)
    _record_sign_in(user, facts, client, now, kind="token")
    return user, token


def _record_sign_in(user: User, facts: SignInFacts, client: Client, now: datetime, kind: str = "session") -> None:
    data = {"by": facts.method, "second_factor": facts.second_factor, "device": client.device, "kind": kind}
    audit.record(actor=user, action="auth.signed_in", ip=client.ip, at=now, data=data)


def link_sign_in(*, request: HttpRequest, token: str, otp: str, limiter: Limiter, now: datetime) -> User:
    """Start a session with the token of a mailed link. ``otp`` is the second factor's code, if there is one."""
    row = code_by_link(purpose=OneTimeCode.Purpose.SIGN_IN, token=token, now=now)
    return _mail_sign_in(request, row, "link", otp, limiter, now)


def code_sign_in(*, request: HttpRequest, email: str, code: str, otp: str, limiter: Limiter, now: datetime) -> User:
    """Start a session with a mailed code. ``otp`` is the second factor's code, if there is one."""
    row = code_by_guess(
        purpose=OneTimeCode.Purpose.SIGN_IN, email=email, code=code, requester=requester_of(request), now=now
    )
    return _mail_sign_in(request, row, "code", otp, limiter, now)


def _mail_sign_in(
    request: HttpRequest, row: OneTimeCode, method: str, otp: str, limiter: Limiter, now: datetime
) -> User:
    client = client_of(request)
    known = User.objects.filter(email=row.email).first()
    passed = False
    if known is not None:
        if not known.is_active:
            raise Forbidden("This account is deactivated.")
        if known.email_verified:  # a second factor on an unproven address may be a stranger's
            passed = second_factor(user=known, otp=otp, limiter=limiter, now=now)
    facts = SignInFacts(method, passed)
    with transaction.atomic():
        code_consume(row=row, now=now)
        user = mail_proved(email=row.email, client=client, now=now)
        session_begin(request=request, user=user, facts=facts)
        _record_sign_in(user, facts, client, now)
    return user


@transaction.atomic
def mail_proved(*, email: str, client: Client, now: datetime) -> User:
    """Return the user of an address whose mail somebody has just proved to read.

    An unknown address becomes an account. On the first proof everything older ends: whoever made the account before
    need not have been the owner of the address.
    """
    user, created = User.objects.select_for_update().get_or_create(email=email, defaults={"email_verified_at": now})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        audit.record(actor=user, action="account.created", ip=client.ip, at=now, data={"by": "mail"})
        events.record("account.created", payload={"user_id": user.pk}, aggregate=user)
    elif not user.email_verified:
        user.set_unusable_password()
        user.token_version += 1
        user.email_verified_at = now
        user.save(update_fields=["password", "token_version", "email_verified_at"])
        sessions_end(user=user, now=now)
        agent_key_revoke(user=user, actor="system", ip=client.ip, now=now)
        totp_remove(user=user)
        grants_end(user=user, now=now)
    if created or user.email_verified_at == now:
        audit.record(actor=user, action="account.verified", ip=client.ip, at=now)
        events.record("account.verified", payload={"user_id": user.pk}, aggregate=user)
    return user


def sign_out(*, request: HttpRequest, now: datetime, credential: Credential | None = None) -> None:
    """End the credential the request came with: a token if it came with one, else the session of its cookie."""
    ip, user = client_of(request).ip, request.user
    if credential is not None and credential.kind == "token":
        sessions_end(user=user, now=now, only=[credential.key_hash])
    if user.is_authenticated:
        audit.record(actor=f"user:{user.pk}", action="auth.signed_out", ip=ip, at=now)
    if credential is None or credential.kind != "token":
        logout(request)
