"""Mails, sent after the answer. A task may run twice: the second time finds nothing to do."""

from smtplib import SMTPException

from celery import shared_task

from accounts.models import User
from accounts.services.codes import code_mint, code_unmint
from accounts.services.mail import code_mail, notice_mail, send
from core import clock

_RETRIES = {"autoretry_for": (OSError, SMTPException), "retry_backoff": 5, "max_retries": 4}


@shared_task(name="accounts.mail_code", **_RETRIES)
def mail_code(code_id: int) -> None:
    """Draw link and code of a request and mail them. After a failed attempt the next one draws new ones."""
    minted = code_mint(code_id=code_id, now=clock.now())
    if minted is None:
        return
    subject, body = code_mail(row=minted.row, link_token=minted.link_token, code=minted.code)
    try:
        send(to=minted.row.email, subject=subject, body=body)
    except Exception:
        code_unmint(row=minted.row)
        raise


@shared_task(name="accounts.mail_notice", **_RETRIES)
def mail_notice(user_id: int, kind: str) -> None:
    """Mail a notice about the security of an account."""
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        subject, body = notice_mail(user=user, kind=kind, at=clock.now())
        send(to=user.email, subject=subject, body=body)
