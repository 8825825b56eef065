"""The life of jobs: every change of a status is made here, by compare and swap.

A worker holds a job by its lease and the number of its claim; what it writes counts only while both are its own. A job
whose worker died is claimed again when the lease has run out, and goes on from what was stored.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Q

from backtest.constants import LEASE, MAX_STRIKES
from backtest.lifecycle import ACTIVE, Happening, State, after, before
from backtest.models import Analysis, Job, Study
from core import clock, jobs

log = logging.getLogger("platform.backtest")

MODELS: Final[dict[str, type[Job]]] = {"analysis": Analysis, "study": Study}
TASK: Final = "backtest.work"


class Stopped(Exception):
    """The job was cancelled, deleted or taken over: its worker stops."""


class Paused(Exception):
    """The worker has had the job long enough; it goes on later."""


class Held:
    """A job held by this worker. ``job`` is as it was when claimed."""

    def __init__(self, job: Job, *, slice_s: float, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self.job = job
        self._monotonic = monotonic
        self._until = monotonic() + slice_s

    def progress(self, done: int, **stored: Any) -> None:
        """Store how far it is, with what was found, and keep the lease. Raises Stopped, or Paused at the slice's end.

        What is stored survives the worker.
        """
        now = clock.now()
        self._write(now, done=done, strikes=0, lease_until=now + LEASE, **stored)
        if self._monotonic() >= self._until:
            raise Paused

    def close(self, happening: Happening, **stored: Any) -> None:
        """End the job, or give it back. Raises Stopped if it is no longer ours."""
        now = clock.now()
        status = after(State.RUNNING, happening).value
        finished = None if happening is Happening.PAUSED else now
        self._write(now, status=status, lease_until=None, finished_at=finished, **stored)

    def _write(self, now: datetime, **values: Any) -> None:
        mine = type(self.job)._default_manager.filter(pk=self.job.pk, claim=self.job.claim, status=State.RUNNING.value)
        if not mine.update(changed_at=now, **values):
            raise Stopped


def wake(kind: str, job: Job) -> None:
    """Ask a worker to take the job, when the transaction commits."""
    wake_id(kind, job.pk)


def wake_id(kind: str, job_id: int) -> None:
    """The same by number."""
    jobs.enqueue(TASK, kind=kind, job_id=job_id)


def claim(kind: str, job_id: int, *, now: datetime, slice_s: float) -> Held | None:
    """Take a job that waits, or whose worker has not been heard of; None if there is nothing to take."""
    model = MODELS[kind]
    waiting = Q(status=State.QUEUED.value)
    dropped = Q(status=State.RUNNING.value, lease_until__lte=now)
    job = model._default_manager.filter(waiting | dropped, pk=job_id).first()
    if job is None:
        return None
    strikes = job.strikes + (job.status == State.RUNNING.value)
    mine = model._default_manager.filter(pk=job.pk, claim=job.claim, status=job.status)
    if strikes > MAX_STRIKES:
        error = f"Given up: {MAX_STRIKES} workers ended without a word."
        mine.update(status=State.FAILED.value, lease_until=None, error=error, finished_at=now, changed_at=now)
        return None
    lease = {"lease_until": now + LEASE, "changed_at": now}
    status = after(job.status, Happening.CLAIMED).value
    if not mine.update(status=status, claim=F("claim") + 1, strikes=strikes, **lease):
        return None
    return Held(model._default_manager.get(pk=job.pk), slice_s=slice_s)


def cancel(job: Job, *, now: datetime) -> bool:
    """End a job that is not over; its worker stops at the next look. Returns whether there was anything to end."""
    found = type(job)._default_manager.filter(pk=job.pk, status__in=before(Happening.CANCELLED))
    status = State.CANCELLED.value
    return bool(found.update(status=status, lease_until=None, finished_at=now, changed_at=now))


def equals_finish(analysis: Analysis, result: dict[str, Any]) -> None:
    """Give what was found to the owner's equal runs that wait for the same: the same hash has the same analysis."""
    now = clock.now()
    run = analysis.run
    same = Analysis.objects.filter(run__owner_id=run.owner_id, run__hash=run.hash, status=State.QUEUED.value)
    done = {"status": State.DONE.value, "done": F("total"), "result": result}
    same.update(finished_at=now, changed_at=now, **done)


def next_waiting(kind: str) -> int | None:
    """Return the number of the job of a kind that has waited longest, or None."""
    waiting = MODELS[kind]._default_manager.filter(status=State.QUEUED.value)
    return waiting.order_by("pk").values_list("pk", flat=True).first()


def is_active(job: Job) -> bool:
    """Tell whether the job is still to be done."""
    return job.status in ACTIVE


def unfinished(*, now: datetime) -> list[tuple[str, int]]:
    """Return jobs that wait, or whose worker is gone: kind and number."""
    found = []
    for kind, model in MODELS.items():
        waiting = Q(status=State.QUEUED.value) | Q(status=State.RUNNING.value, lease_until__lte=now)
        found += [
            (kind, pk) for pk in model._default_manager.filter(waiting).order_by("pk").values_list("pk", flat=True)
        ]
    return found
