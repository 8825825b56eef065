"""Mails to a partner's contact about its own connection: a row first, sent by a worker and by the sweep after it.

A row is taken by writing when it is due again, so of two workers one sends it; one that dies after the mail server took
it, and before that is written, costs a second mail, none is lost.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from accounts.services.mail import send
from core import clock, jobs
from partners.constants import Engine
from partners.models import Notice, Partner, Subscription
from partners.services.outbox import is_paused

log = logging.getLogger("platform.partners")

NOTICE_TASK: Final = "partners.mail_notices"
#: Waits after each try, of which the first is also longer than one may take; a try after the last is final.
WAITS: Final = (
    timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4),
    timedelta(hours=12), timedelta(hours=24),
)  # fmt: skip
#: Mails of one call; the next sweep goes on.
_AT_MOST: Final = 20
_OF: Final = {Engine.FNO: "F&O signals of", Engine.ISCORE: "I-Score of"}
_KEPT: Final = "No event is lost: what comes meanwhile is kept for 30 days and sent when you resume."


def notice_make(
    *, partner: Partner, environment: str, now: datetime, subscription: Subscription | None = None, reason: str = ""
) -> Notice:
    """Have the contact mailed that the webhook, or one subscription, was paused. Call it in the pause's transaction."""
    row = Notice.objects.create(
        partner=partner, environment=environment, subscription=subscription, reason=reason[:200], due_at=now,
        created_at=now,
    )  # fmt: skip
    jobs.enqueue(NOTICE_TASK)
    return row


def notices_due() -> int:
    """Mail what is due, the oldest first; return how many mails the server took. Safe to run any number of times at
    once. After a failure the rest is left to the next sweep: a mail server that hangs takes its time once.
    """
    rows, mailed = Notice.objects.filter(due_at__lte=clock.now()).select_related("partner", "subscription"), 0
    for row in rows.order_by("due_at", "id")[:_AT_MOST]:
        if not _taken(row):
            continue
        try:
            mailed += _mailed(row)
        except (OSError, SMTPException) as exc:
            _not_mailed(row, exc)
            break
    return mailed


def _taken(row: Notice) -> bool:
    """Take a notice by writing when it is tried again; False where another worker was quicker."""
    read, row.due_at = row.due_at, clock.now() + WAITS[min(row.tries, len(WAITS) - 1)]
    row.tries += 1
    return bool(Notice.objects.filter(pk=row.pk, due_at=read).update(due_at=row.due_at, tries=row.tries))


def _mailed(row: Notice) -> bool:
    """Send one notice; return whether there was anybody to tell and still anything to say."""
    mine = Notice.objects.filter(pk=row.pk, due_at=row.due_at)
    if not row.partner.contact_email or not _still_so(row):
        mine.update(due_at=None)
        return False
    subject, body = _webhook_words(row) if row.subscription is None else _subscription_words(row, row.subscription)
    send(to=row.partner.contact_email, subject=subject, body=body)
    mine.update(due_at=None, sent_at=clock.now())
    return True


def _not_mailed(row: Notice, exc: Exception) -> None:
    facts = {"notice": row.pk, "partner": row.partner_id, "tries": row.tries, "error": type(exc).__name__}
    if row.tries <= len(WAITS):
        log.warning("notice.not_mailed", extra=facts)
        return
    log.error("notice.given_up", extra=facts)
    Notice.objects.filter(pk=row.pk, due_at=row.due_at).update(due_at=None)


def _still_so(row: Notice) -> bool:
    if row.subscription is not None:
        return row.subscription.paused_at is not None
    return is_paused(row.partner_id, row.environment)


def _webhook_words(row: Notice) -> tuple[str, str]:
    body = (
        f"{row.reason}\n\nNothing more is sent to the {row.environment} webhook of {row.partner.name} until it is "
        f"resumed. {_KEPT}\n\nResume it in the console: {_link('partner-webhook', row)}\n"
    )
    return f"Webhook paused ({row.environment})", body


def _subscription_words(row: Notice, subscription: Subscription) -> tuple[str, str]:
    of = f"{_OF[subscription.engine]} {subscription.symbol}"
    body = (
        f"The receiver answered 410 (Gone) to a webhook about {of}.\n\n"
        f"This subscription of {row.partner.name} ({row.environment}) is paused until it is resumed; the others go on. "
        f"{_KEPT}\n\n"
        f"Resume it in the console: {_link('partner-subscriptions', row)}\n"
        f"or over the API: PATCH /subscriptions/{subscription.pk} with is_active: true.\n"
    )
    return f"Subscription paused: {of} ({row.environment})", body


def _link(page: str, row: Notice) -> str:
    query = urlencode({"environment": row.environment, "partner": row.partner_id})
    return f"{settings.PUBLIC_URL}{reverse(page)}?{query}"
