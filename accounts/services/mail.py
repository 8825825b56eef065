"""Writing and sending mails."""

from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import OneTimeCode, User
from accounts.services.notices import NOTICES
from core.clock import IST

Purpose = OneTimeCode.Purpose

_WORDS: dict[str, tuple[str, str, str]] = {
    Purpose.SIGN_IN: (
        "Sign in to the trading platform",
        "Open this link and press the button there to sign in:",
        "/login/verify",
    ),
    Purpose.RESET: ("Set a new password", "Open this link to set a new password:", "/login/reset"),
    Purpose.DELETE: ("Delete your account", "Open this link to go on with deleting your account:", "/settings/delete"),
}


def send(*, to: str, subject: str, body: str) -> None:
    """Send one plain-text mail. Raises what the transport raises."""
    EmailMessage(subject=subject, body=body, to=[to]).send()


def code_mail(*, row: OneTimeCode, link_token: str, code: str) -> tuple[str, str]:
    """Return subject and body of the mail with a link and a code. Times are said in India's zone."""
    subject, call, path = _WORDS[row.purpose]
    asked = row.created_at.astimezone(IST).strftime("%d %b %Y, %H:%M IST")
    body = (
        f"{call}\n\n{settings.PUBLIC_URL}{path}?token={quote(link_token)}\n\n"
        f"or enter this code where you asked for it:\n\n    {code}\n\n"
        f"Both work once, for ten minutes, and only until you ask for newer ones.\n\n"
        f"Asked for on {asked} from {row.device or 'an unknown device'} ({row.ip or 'unknown address'}).\n"
        "If that was not you, ignore this mail: without the code nobody gets in.\n"
    )
    return subject, body


def notice_mail(*, user: User, kind: str, at: datetime) -> tuple[str, str]:
    """Return subject and body of a notice about the account's security."""
    subject, text = NOTICES[kind]
    when = at.astimezone(IST).strftime("%d %b %Y, %H:%M IST")
    body = (
        f"{text}\n\nWhen: {when}\n\n"
        f"If that was not you, set a new password and end all sessions: {settings.PUBLIC_URL}/settings/\n"
    )
    return subject, body
