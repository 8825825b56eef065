"""Background work: the door to the task queue, and slots that make a periodic job run once a turn.

A task in the queue is only a wake-up: it may be lost (Redis down, crash after commit) or run twice (worker killed),
so what must not be lost is a row first, and every task may be run again without harm.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Token
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import Task, current_app
from celery.signals import task_postrun, task_prerun
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.module_loading import autodiscover_modules
from kombu.exceptions import OperationalError

from core import clock, request_id
from core.models import JobSlot
from core.plain import require_plain
from core.redaction import redact_text

log = logging.getLogger("platform.jobs")

MAX_ATTEMPTS = 3
#: Of a worker that died or was killed. What it had committed by then is kept and counts.
ENDED_WITHOUT_A_WORD = "Its worker ended without a word; what it had committed by then is kept."
_NOTE_LENGTH = 500
#: Turns before the present one that are looked at; of those further back a daily task sees.
_LOOKED_BACK = 100


class UnknownTask(LookupError):
    """No task of that name is registered: a slip in the program, found when queueing, not by a worker later."""


class SlotSkipped(Exception):
    """Raised inside ``run_slot`` to say that this turn is left out, and why. Missed turns are never made up."""


def enqueue(name: str, *, after_s: float = 0.0, **kwargs: object) -> None:
    """Queue the task ``name`` when the transaction commits (at once outside one).

    Arguments are ids and plain JSON values, since the queue may lie on disk. ``after_s``: it begins no sooner; seconds,
    not minutes, since a worker that is killed takes with it what it was waiting to begin. Raises UnknownTask, TypeError
    or ValueError at once. If the broker is away the failure is logged and the caller, whose work is committed, goes on.
    """
    task = _task(name)
    for key, value in kwargs.items():
        require_plain(value, key)
    headers = {"request_id": request_id.get()}

    def publish() -> None:
        try:
            task.apply_async(kwargs=kwargs, headers=headers, retry=False, countdown=after_s or None)
        except (OperationalError, ConnectionError) as exc:
            if current_app.conf.task_always_eager:
                raise
            log.error("job.not_queued", extra={"task": name, "error": redact_text(repr(exc))})

    transaction.on_commit(publish)


def _task(name: str) -> Task:
    if name not in current_app.tasks:
        autodiscover_modules("tasks")  # a web process imports the task modules when it first needs one
    try:
        return current_app.tasks[name]
    except KeyError:
        raise UnknownTask(f"No task is called {name!r}.") from None


_request_ids: dict[str, Token[str]] = {}


@task_prerun.connect
def take_over_request_id(task_id: str, task: Task, **_: object) -> None:
    """Log a task's lines under the id of the request that queued it."""
    _request_ids[task_id] = request_id.set(request_id.accept((task.request.headers or {}).get("request_id")))


@task_postrun.connect
def drop_request_id(task_id: str, **_: object) -> None:
    """Forget it when the task ends."""
    if (token := _request_ids.pop(task_id, None)) is not None:
        request_id.reset(token)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one slot until ``lease_until``. ``attempt`` tells it from a claim that was taken over."""

    job: str
    slot: int
    attempt: int
    lease_until: datetime


def slot_of(now: datetime, seconds: int) -> int:
    """Return the number of the interval of ``seconds`` that ``now`` lies in, counted from 1970-01-01 UTC."""
    return int(now.timestamp() // seconds)


def claim_slot(job: str, slot: int, *, now: datetime, lease: timedelta) -> Claim | None:
    """Return a claim if this caller, and nobody else, is to run the slot now; else None.

    A slot whose lease ran out is taken over: whoever held it died or hangs. After three such attempts it is marked
    failed, so that a job which kills its worker does not do so for ever. Refuses to run inside a transaction: the
    claim must be seen by others before the work begins.
    """
    until = now + lease
    with transaction.atomic(durable=True):
        if _insert(job, slot, JobSlot.Status.STARTED, now=now, lease_until=until):
            return Claim(job, slot, 1, until)
        stale = JobSlot.objects.filter(job=job, slot=slot, status=JobSlot.Status.STARTED, lease_until__lte=now)
        held = stale.values_list("attempts", flat=True).first()
        if held is None:
            return None
        stale = stale.filter(attempts=held)
        if held >= MAX_ATTEMPTS:
            note = f"Given up: {held} attempts ended without a word."
            stale.update(status=JobSlot.Status.FAILED, finished_at=now, lease_until=None, note=note)
            return None
        won = stale.update(attempts=F("attempts") + 1, lease_until=until, started_at=now)
        return Claim(job, slot, held + 1, until) if won else None


def _close_dead_before(job: str, slot: int, *, now: datetime) -> None:
    """Close the last turns before ``slot`` that nobody holds any more: they are never claimed again."""
    before = JobSlot.objects.filter(job=job, slot__lt=slot).order_by("-slot")[:_LOOKED_BACK]
    started = [pk for pk, status in before.values_list("pk", "status") if status == JobSlot.Status.STARTED]
    if started:
        _close_dead(JobSlot.objects.filter(pk__in=started), now=now)


def close_dead(*, now: datetime, older_than: timedelta) -> int:
    """Close every slot whose lease ended longer ago than that, whatever became of its job; return how many."""
    return _close_dead(JobSlot.objects.all(), now=now - older_than, closed_at=now)


def _close_dead(slots: QuerySet[JobSlot], *, now: datetime, closed_at: datetime | None = None) -> int:
    dead = slots.filter(status=JobSlot.Status.STARTED, lease_until__lte=now)
    return dead.update(
        status=JobSlot.Status.FAILED, finished_at=closed_at or now, lease_until=None, note=ENDED_WITHOUT_A_WORD
    )


def _insert(
    job: str, slot: int, status: str, *, now: datetime, lease_until: datetime | None = None,
    finished_at: datetime | None = None, note: str = "",
) -> bool:  # fmt: skip
    """Insert the row of a slot unless there is one; return whether it was inserted."""
    adapt = connection.ops.adapt_datetimefield_value
    sql = (
        "INSERT INTO core_jobslot (job, slot, status, attempts, started_at, lease_until, finished_at, note) "
        "VALUES (%s, %s, %s, 1, %s, %s, %s, %s) ON CONFLICT (job, slot) DO NOTHING"
    )
    values = [job, slot, status, adapt(now), adapt(lease_until), adapt(finished_at), note[:_NOTE_LENGTH]]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount == 1


def is_open(job: str, slot: int, *, now: datetime) -> bool:
    """Tell whether nobody has the slot now and nobody closed it. A look only: `claim_slot` decides."""
    row = JobSlot.objects.filter(job=job, slot=slot).values_list("status", "lease_until").first()
    return row is None or (row[0] == JobSlot.Status.STARTED and row[1] is not None and row[1] <= now)


def finish_slot(claim: Claim, *, now: datetime, status: str = JobSlot.Status.DONE, note: str = "") -> bool:
    """Close the slot. Returns False, and changes nothing, if the claim was taken over in the meantime."""
    mine = JobSlot.objects.filter(job=claim.job, slot=claim.slot, status=JobSlot.Status.STARTED, attempts=claim.attempt)
    return mine.update(status=status, finished_at=now, lease_until=None, note=redact_text(note)[:_NOTE_LENGTH]) == 1


def extend_slot(claim: Claim, *, now: datetime, lease: timedelta) -> bool:
    """Prolong the lease of a long run. Returns False if the claim was taken over: then stop."""
    mine = JobSlot.objects.filter(job=claim.job, slot=claim.slot, status=JobSlot.Status.STARTED, attempts=claim.attempt)
    return mine.update(lease_until=now + lease) == 1


def skip_slot(job: str, slot: int, *, now: datetime, note: str) -> bool:
    """Record that a turn nobody has claimed is left out. Returns False if somebody has."""
    return _insert(job, slot, JobSlot.Status.SKIPPED, now=now, finished_at=now, note=redact_text(note))


@contextmanager
def run_slot(job: str, slot: int, *, now: datetime, lease: timedelta) -> Iterator[Claim | None]:
    """Claim the slot for the length of the block and close it after; the block gets None if another has it.

        with run_slot("scan", slot_of(now, 60), now=now, lease=timedelta(seconds=50)) as claim:
            if claim is not None:
                scan()

    An exception marks the slot failed and goes on; SlotSkipped marks it skipped and ends here. Turns before it whose
    worker died, and that the block did not close itself, are closed as failed.
    """
    claim = claim_slot(job, slot, now=now, lease=lease)
    if claim is None:
        yield None
        return
    try:
        yield claim
    except SlotSkipped as exc:
        finish_slot(claim, now=clock.now(), status=JobSlot.Status.SKIPPED, note=str(exc))
    except BaseException as exc:
        finish_slot(claim, now=clock.now(), status=JobSlot.Status.FAILED, note=f"{type(exc).__name__}: {exc}")
        raise
    else:
        finish_slot(claim, now=clock.now())
    _close_dead_before(job, slot, now=now)
