"""Sessions of a user: beginning, listing what is open, ending. A token is a session of another kind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.constants import ENDED_SESSIONS_KEPT_FOR, LAST_USE_STEP_S
from accounts.models import User, UserSession
from accounts.services.client import Client, client_of
from accounts.session_store import stored_key
from core.errors import NotFound
from core.ratelimit import MemoryLimiter

BACKEND = "accounts.authentication.EmailBackend"

_uses = MemoryLimiter(max_keys=20_000)


@dataclass(frozen=True, slots=True)
class Credential:
    """By what a request was authenticated. ``key_hash`` leads to its `UserSession`."""

    kind: str
    key_hash: str


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """How somebody proved who he is."""

    method: str
    second_factor: bool


def session_begin(*, request: HttpRequest, user: User, facts: SignInFacts) -> None:
    """Give the browser a new session of ``user``, whatever it had before."""
    request.session.flush()
    request.sign_in_facts = facts  # read by `session_record`, which Django's signal calls
    login(request, user, backend=BACKEND)


def session_record(*, request: HttpRequest, user: User, now: datetime) -> UserSession:
    """Write the row of the session that Django has just begun."""
    facts = getattr(request, "sign_in_facts", SignInFacts("other", False))
    if request.session.session_key is None:
        request.session.create()
    _prune(user, now)
    return session_open(
        user=user, kind=UserSession.Kind.WEB, key_hash=stored_key(request.session.session_key), facts=facts,
        client=client_of(request), expires_at=now + timedelta(seconds=settings.SESSION_COOKIE_AGE), now=now,
    )  # fmt: skip


def session_open(
    *, user: User, kind: str, key_hash: str, facts: SignInFacts, client: Client, expires_at: datetime, now: datetime
) -> UserSession:
    """Write the row of a session, of a browser or of a token."""
    row, _ = UserSession.objects.update_or_create(
        key_hash=key_hash,
        defaults={
            "user": user, "kind": kind, "method": facts.method, "second_factor": facts.second_factor,
            "device": client.device, "ip": client.ip, "created_at": now, "last_used_at": now, "expires_at": expires_at,
            "ended_at": None,
        },
    )  # fmt: skip
    _uses.hit(key_hash, limit=1, window_s=LAST_USE_STEP_S, now=now)
    return row


def session_used(*, key_hash: str, ip: str, now: datetime) -> None:
    """Take note that a session is in use; at most once a minute and process this writes."""
    if _uses.hit(key_hash, limit=1, window_s=LAST_USE_STEP_S, now=now).allowed:
        edge = now - timedelta(seconds=LAST_USE_STEP_S)
        UserSession.objects.filter(key_hash=key_hash, last_used_at__lt=edge).update(last_used_at=now, ip=ip)


def sessions_of(user: User, *, now: datetime) -> QuerySet[UserSession]:
    """Return the sessions with which ``user`` could do something now, the last used first."""
    cookie = Session.objects.filter(session_key=OuterRef("key_hash"), expire_date__gt=timezone.now())
    open_ = UserSession.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=now)
    return open_.filter(Q(kind=UserSession.Kind.TOKEN) | Exists(cookie))


def session_of(credential: Credential | None) -> UserSession | None:
    """Return the session a request came with."""
    if credential is None:
        return None
    return UserSession.objects.filter(key_hash=credential.key_hash, ended_at__isnull=True).first()


def session_end(*, user: User, session_id: int, now: datetime) -> None:
    """End one session of ``user``. Raises NotFound for what is not his or is over."""
    row = sessions_of(user, now=now).filter(pk=session_id).first()
    if row is None:
        raise NotFound("No such session.")
    sessions_end(user=user, now=now, only=[row.key_hash])


@transaction.atomic
def sessions_end(*, user: User, now: datetime, except_key: str | None = None, only: list[str] | None = None) -> int:
    """End sessions of ``user``: all, all but one, or those named. Returns how many. Tokens are sessions too."""
    rows = UserSession.objects.filter(user=user, ended_at__isnull=True)
    if except_key is not None:
        rows = rows.exclude(key_hash=except_key)
    if only is not None:
        rows = rows.filter(key_hash__in=only)
    keys = list(rows.values_list("key_hash", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return UserSession.objects.filter(key_hash__in=keys).update(ended_at=now)


def _prune(user: User, now: datetime) -> None:
    """Drop what the list has long stopped showing; signing in is when it grows."""
    edge = now - ENDED_SESSIONS_KEPT_FOR
    UserSession.objects.filter(Q(ended_at__lt=edge) | Q(expires_at__lt=edge), user=user).delete()
