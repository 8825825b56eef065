"""What the worker does for partners."""

from celery import shared_task

from core import clock
from partners.services import dispatch, housekeeping, notices, outbox
from partners.services.subscriptions import WELCOME_TASK


@shared_task(name=outbox.DELIVER_TASK)
def deliver() -> None:
    """Send what is due, notices too. Safe to run any number of times at once."""
    dispatch.deliver_due()
    notices.notices_due()


@shared_task(name=notices.NOTICE_TASK)
def mail_notices() -> None:
    """Mail what contacts are to know. A task that is lost costs a wait until the next sweep. Safe to run any number of
    times at once.
    """
    notices.notices_due()


@shared_task(name=WELCOME_TASK, soft_time_limit=240, time_limit=280)
def welcome() -> None:
    """Tell new subscriptions the present I-Score. Safe to run any number of times at once."""
    from partners.services.welcome import welcome_due

    welcome_due()


@shared_task(name="partners.scan_sandbox")
def scan_sandbox() -> None:
    """Scan the simulated market for test keys where the deployment's own is a real one. Safe to run any number of
    times.
    """
    from partners.services.sandbox import scan_due

    scan_due(now=clock.now())


@shared_task(name="partners.score_sandbox", soft_time_limit=240, time_limit=280)
def score_sandbox() -> None:
    """Tell test subscriptions of the simulated market's I-Scores where the deployment's own are real ones."""
    from partners.services.sandbox import scores_due

    scores_due(now=clock.now())


@shared_task(name="partners.prune")
def prune() -> None:
    """Forget deliveries and answers that are older than promised."""
    housekeeping.prune(now=clock.now())
