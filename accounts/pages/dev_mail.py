"""Mails that were written instead of sent. Only the embedded demo, which nobody else can reach, has this page."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

SHOWN = 50


class DevMailPage(View):
    """The newest mails of ``STATE_DIR/mail``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not settings.DEV_MAIL:
            raise Http404
        return render(request, "accounts/dev_mail.html", {"mails": newest_mails(Path(settings.EMAIL_FILE_PATH))})


class Mail(TypedDict):
    """A mail as the page shows it."""

    to: str
    subject: str
    at: datetime
    body: str


def newest_mails(folder: Path) -> list[Mail]:
    """Return the newest mails in ``folder``, newest first, as plain texts."""
    files = sorted(folder.glob("*.log"), reverse=True)
    return [_shown(path) for path in files[:SHOWN]]


def _shown(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(preferencelist=("plain",))
    text = part.get_content() if part is not None else ""
    body = text.split("\n" + "-" * 79)[0].strip()
    at = parsedate_to_datetime(str(message["Date"]))
    at = at if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000": UTC, of a sender who does not say where he is
    return {"to": str(message["To"]), "subject": str(message["Subject"]), "at": at, "body": body}
