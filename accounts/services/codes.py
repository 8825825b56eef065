"""Links and codes by mail: asked for, written, and used once.

Asking does the same work for every address; whether it has an account is looked up by the task that writes the mail,
after the answer. That task also draws the secrets, so they are never in a queue and never in the database.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.constants import (
    CODE_ATTEMPTS,
    CODE_LIFETIME,
    MAIL_WINDOW_S,
    MAILS_PER_ADDRESS,
    MAILS_PER_CLIENT,
)
from accounts.hashing import digest, same
from accounts.models import OneTimeCode, User, UserManager
from accounts.services.client import Client
from core import jobs
from core.errors import RateLimited, Unauthenticated
from core.ratelimit import Decision, Limiter

Purpose = OneTimeCode.Purpose
REFUSAL = "The link or code is not right, was used, or is older than ten minutes. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Minted:
    """The secrets of one mail, on their way into it."""

    row: OneTimeCode
    link_token: str = field(repr=False)
    code: str = field(repr=False)


def code_request(
    *, purpose: str, email: str, requester: str, client: Client, limiter: Limiter, now: datetime
) -> Decision:
    """Have a link and a code mailed to ``email``. Returns where the client stands with its own limit.

    More than 5 mails an hour to an address: nothing is sent, the answer is the same. More than 30 an hour from a
    client: RateLimited. ``requester`` names the browser that asks; codes are refused to another one.
    """
    decision = limiter.hit(f"mail-from:{client.throttle_key}", limit=MAILS_PER_CLIENT, window_s=MAIL_WINDOW_S, now=now)
    if not decision.allowed:
        error = RateLimited("Too many mails were asked for from here.", retry_after_s=decision.retry_after_s)
        error.headers |= decision.headers()
        raise error
    address = UserManager.normalize_email(email)
    room = limiter.hit(f"mail-to:{address}", limit=MAILS_PER_ADDRESS, window_s=MAIL_WINDOW_S, now=now)
    if room.allowed:
        _write_request(purpose, address, requester, client, now)
    return decision


@transaction.atomic
def _write_request(purpose: str, address: str, requester: str, client: Client, now: datetime) -> None:
    OneTimeCode.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    row = OneTimeCode.objects.create(
        purpose=purpose, email=address, requester_hash=digest("requester", requester) if requester else "",
        ip=client.ip, device=client.device, created_at=now, expires_at=now + CODE_LIFETIME,
    )  # fmt: skip
    jobs.enqueue("accounts.mail_code", code_id=row.pk)


def code_mint(*, code_id: int, now: datetime) -> Minted | None:
    """Draw the secrets of a request, once. None if that was done, it is too late, or nobody may have the mail."""
    row = OneTimeCode.objects.filter(pk=code_id, minted_at__isnull=True, expires_at__gt=now).first()
    if row is None or not _may_have_mail(row):
        return None
    link_token, code = secrets.token_hex(32), f"{secrets.randbelow(1_000_000):06d}"
    link_hash, code_hash = _link_hash(row.purpose, link_token), _code_hash(row, code)
    mine = OneTimeCode.objects.filter(pk=row.pk, minted_at__isnull=True)
    won = mine.update(minted_at=now, link_hash=link_hash, code_hash=code_hash)
    return Minted(row, link_token, code) if won else None


def code_unmint(*, row: OneTimeCode) -> None:
    """Forget secrets whose mail could not be sent, so that the next attempt draws new ones."""
    OneTimeCode.objects.filter(pk=row.pk, used_at__isnull=True).update(minted_at=None, link_hash=None, code_hash="")


def _may_have_mail(row: OneTimeCode) -> bool:
    """A sign-in mail goes to anybody but deactivated users; the others only to active ones."""
    active = User.objects.filter(email=row.email).values_list("is_active", flat=True).first()
    return active is not False and (active is not None or row.purpose == Purpose.SIGN_IN)


def _link_hash(purpose: str, token: str) -> str:
    return digest("link", purpose, token)


def _code_hash(row: OneTimeCode, code: str) -> str:
    return digest("code", row.purpose, str(row.pk), code)


def code_by_link(*, purpose: str, token: str, now: datetime) -> OneTimeCode:
    """Return the request whose mailed link has ``token``. Consumes nothing. Raises Unauthenticated."""
    row = OneTimeCode.objects.filter(link_hash=_link_hash(purpose, token)).first()
    if row is None or not _usable(row, now) or _latest(purpose, row.email) != row:
        raise Unauthenticated(REFUSAL)
    return row


def code_by_guess(*, purpose: str, email: str, code: str, requester: str, now: datetime) -> OneTimeCode:
    """Return the latest request of ``email`` if ``code`` is its code. Each call is one of five guesses.

    ``requester`` is the browser that asks now; one that did not ask for this code is refused. A program without
    that cookie is let pass. Raises Unauthenticated.
    """
    row = _latest(purpose, UserManager.normalize_email(email))
    if row is None or not _count_attempt(row, now):
        raise Unauthenticated(REFUSAL)
    expected = digest("requester", requester) if requester else ""
    bound = not requester or not row.requester_hash or same(expected, row.requester_hash)
    if not same(_code_hash(row, code.strip()), row.code_hash) or not bound:
        raise Unauthenticated(REFUSAL)
    return row


def _count_attempt(row: OneTimeCode, now: datetime) -> bool:
    open_ = OneTimeCode.objects.filter(pk=row.pk, used_at__isnull=True, expires_at__gt=now, attempts__lt=CODE_ATTEMPTS)
    return open_.update(attempts=F("attempts") + 1) == 1


def code_consume(*, row: OneTimeCode, now: datetime) -> None:
    """Use up a request: of any number of callers one succeeds, the others get Unauthenticated."""
    open_ = OneTimeCode.objects.filter(pk=row.pk, used_at__isnull=True, expires_at__gt=now, minted_at__isnull=False)
    if _latest(row.purpose, row.email) != row or open_.update(used_at=now) != 1:
        raise Unauthenticated(REFUSAL)


def _usable(row: OneTimeCode, now: datetime) -> bool:
    return row.used_at is None and row.expires_at > now


def _latest(purpose: str, address: str) -> OneTimeCode | None:
    return OneTimeCode.objects.filter(purpose=purpose, email=address).order_by("-id").first()
