"""What the worker does for backtests."""

from celery import shared_task

from backtest.services import jobs
from backtest.services.work import work_on
from core import clock


@shared_task(name=jobs.TASK, soft_time_limit=240, time_limit=280)
def work(kind: str, job_id: int) -> None:
    """Do a slice of a job, if nobody else has it."""
    work_on(kind, job_id)


@shared_task(name="backtest.resume")
def resume() -> None:
    """Wake workers for jobs that wait or whose worker is gone. Safe to run any number of times."""
    for kind, job_id in jobs.unfinished(now=clock.now()):
        jobs.wake_id(kind, job_id)
