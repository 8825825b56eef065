"""Setting passwords: by their owner, or by whoever reads the owner's mail. Nobody sets another's."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts.constants import FAILURE_WINDOW_S, FAILURES_ALLOWED
from accounts.models import OneTimeCode, User
from accounts.services.client import Client, client_of
from accounts.services.codes import code_by_guess, code_by_link, code_consume
from accounts.services.notices import notice_send
from accounts.services.requester import requester_of
from accounts.services.sessions import Credential, SignInFacts, session_begin, session_of, sessions_end
from accounts.services.sign_in import mail_proved
from core import audit
from core.errors import FieldError, Forbidden, RateLimited, ValidationFailed
from core.ratelimit import Limiter


def password_require_good(password: str, *, user: User | None = None, field: str = "password") -> None:
    """Raise ValidationFailed, naming ``field`` and every reason, unless the password may be used."""
    try:
        validate_password(password, user)
    except ValidationError as exc:
        rows: list[FieldError] = [
            {"loc": [field], "msg": str(error.messages[0]), "type": error.code or "invalid"} for error in exc.error_list
        ]
        raise ValidationFailed(errors=rows) from None


def password_confirm(*, user: User, password: str, limiter: Limiter, now: datetime, field: str) -> None:
    """Raise ValidationFailed unless ``password`` is the user's: for steps that a stolen session must not take."""
    key = f"password-confirm:{user.pk}"
    state = limiter.peek(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
    if not state.allowed:
        raise RateLimited("Too many failed attempts. Try again later.", retry_after_s=state.retry_after_s)
    if not user.check_password(password):
        limiter.hit(key, limit=FAILURES_ALLOWED, window_s=FAILURE_WINDOW_S, now=now)
        raise ValidationFailed(errors=[{"loc": [field], "msg": "The password is not right.", "type": "wrong_password"}])


def password_change(
    *, request: HttpRequest, user: User, credential: Credential | None, current: str | None, new: str,
    limiter: Limiter, now: datetime,
) -> None:  # fmt: skip
    """Change the password of the signed-in user. All sessions and tokens end.

    A browser gets a new session at once; a program that came with a token signs in again. Who has a password must
    give it; who signed in by mail and has none need not.
    """
    if user.has_usable_password():
        password_confirm(user=user, password=current or "", limiter=limiter, now=now, field="current_password")
    password_require_good(new, user=user, field="new_password")
    session = session_of(credential)
    with transaction.atomic():
        _set(user=user, password=new, actor=user, client=client_of(request), now=now)
        if credential is not None and credential.kind == "session" and session is not None:
            session_begin(request=request, user=user, facts=SignInFacts(session.method, session.second_factor))


def _set(*, user: User, password: str, actor: User | str, client: Client, now: datetime) -> None:
    user.set_password(password)
    user.save(update_fields=["password", "token_version"])
    sessions_end(user=user, now=now)
    audit.record(actor=actor, action="password.changed", object=user, user_id=user.pk, ip=client.ip, at=now)
    notice_send(user=user, kind="password_changed")


def password_reset(*, request: HttpRequest, token: str, email: str, code: str, new: str, now: datetime) -> User:
    """Set the password of an address by the link or the code mailed to it. All its sessions and tokens end."""
    purpose = OneTimeCode.Purpose.RESET
    if token:
        row = code_by_link(purpose=purpose, token=token, now=now)
    else:
        row = code_by_guess(purpose=purpose, email=email, code=code, requester=requester_of(request), now=now)
    user = User.objects.filter(email=row.email, is_active=True).first()
    if user is None:
        raise Forbidden("This account is deactivated.")
    password_require_good(new, user=user, field="new_password")
    client = client_of(request)
    with transaction.atomic():
        code_consume(row=row, now=now)
        user = mail_proved(email=row.email, client=client, now=now)
        _set(user=user, password=new, actor=user, client=client, now=now)
    return user
