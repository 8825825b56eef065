"""A worker's turn with a job: take it, do a slice, give it back or end it."""

import logging
import threading
from typing import Final

from backtest.constants import SLICE_S
from backtest.lifecycle import Happening
from backtest.models import Analysis, Study
from backtest.services.analysis import analyse
from backtest.services.jobs import Held, Paused, Stopped, claim, next_waiting, wake_id
from backtest.services.process import give_back_memory
from backtest.services.sweeps import sweep
from backtest.services.walk_forward import walk_forward
from core import clock
from core.errors import PlatformError

log = logging.getLogger("platform.backtest")

#: One job of a kind at a time in a process: the rest of the processor belongs to those who wait for an answer.
_turns: Final = {"analysis": threading.Lock(), "study": threading.Lock()}


def work_on(kind: str, job_id: int, *, slice_s: float = SLICE_S) -> None:
    """Do a slice of a job unless another worker has it, then wake one for the next that waits."""
    if not _turns[kind].acquire(blocking=False):
        return  # whoever has the turn wakes the next
    try:
        held = claim(kind, job_id, now=clock.now(), slice_s=slice_s)
        if held is not None:
            _turn(kind, held)
            give_back_memory()
    finally:
        _turns[kind].release()
    if held is not None and (following := next_waiting(kind)) is not None:
        wake_id(kind, following)


def _turn(kind: str, held: Held) -> None:
    try:
        _slice(held)
    except Paused:
        held.close(Happening.PAUSED)
    except Stopped:
        log.info("job stopped", extra={"kind": kind, "job": held.job.pk})
    except PlatformError as error:
        _break(held, error.detail)
    except Exception:
        log.exception("job failed", extra={"kind": kind, "job": held.job.pk})
        _break(held, "Something went wrong on our side.")


def _slice(held: Held) -> None:
    job = held.job
    if isinstance(job, Analysis):
        analyse(held, job)
    elif isinstance(job, Study) and job.kind == Study.Kind.SWEEP:
        sweep(held, job)
    elif isinstance(job, Study):
        walk_forward(held, job)


def _break(held: Held, error: str) -> None:
    try:
        held.close(Happening.BROKE, error=error[:500])
    except Stopped:
        log.info("job was taken over before it could be ended", extra={"job": held.job.pk})
