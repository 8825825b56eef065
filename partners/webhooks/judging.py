"""What an attempt at a webhook means: delivered, to be tried again, or final.

- 2xx, its status line within five seconds: delivered.
- 5xx, time-out, no connection, TLS, no HTTP: tried again as the policy says, then given up.
- 3xx (never followed), 4xx: refused for good; 410 also pauses the subscription.
- An address that may not be called: forbidden, nothing was sent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from partners.constants import RETRY_AFTER_MAX, RETRY_JITTER, RETRY_WAITS
from partners.lifecycle import Happening


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wait``: until the next attempt, for one that is put off."""

    happening: Happening
    wait: timedelta | None = None


def judge(
    *, http_status: int | None, may_be_called: bool, made: int, policy: str, jitter: float, is_resend: bool,
    retry_after: timedelta | None = None,
) -> Verdict:  # fmt: skip
    """Return what follows an attempt.

    ``http_status``: None without an answer. ``made``: automatic attempts before this one. ``jitter``: -1 to 1, how the
    wait is varied within its fifth. ``retry_after``: what a 5xx asked for; two minutes at most are granted. An attempt
    that a person asked for is never repeated on its own; what it came before still follows (``sending.with_plan``).
    """
    if not may_be_called:
        return Verdict(Happening.FORBIDDEN)
    if http_status is not None and 200 <= http_status < 300:
        return Verdict(Happening.ACCEPTED)
    if http_status is not None and http_status < 500:
        return Verdict(Happening.REFUSED)
    waits = RETRY_WAITS[policy]
    if is_resend or made >= len(waits):
        return Verdict(Happening.GIVEN_UP)
    wait = waits[made] * (1.0 + RETRY_JITTER * jitter)
    return Verdict(Happening.PUT_OFF, max(wait, min(retry_after or timedelta(), RETRY_AFTER_MAX)))


def asked_wait(header: str | None, *, now: datetime) -> timedelta | None:
    """Return what a ``Retry-After`` header asks for, in seconds or as a date (RFC 9110, 10.2.3); None if it says
    nothing.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 10**6))
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(timedelta(), at - now) if at.tzinfo is not None else None


def words_of(http_status: int) -> str:
    """Return why an answer with this status was no success."""
    if 300 <= http_status < 400:
        return f"The receiver answered {http_status}; redirects are not followed."
    try:
        name = HTTPStatus(http_status).phrase
    except ValueError:
        name = "a status without a name"
    return f"The receiver answered {http_status} ({name})."
