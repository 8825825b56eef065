"""How many runs may compute at once in this process, so that the rest of the server keeps answering."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from core import clock
from core.errors import InvalidRequest, RateLimited

AT_ONCE: Final = max(1, min(4, (os.cpu_count() or 1) // 2))
MOST_WAITING: Final = 64
WAIT_S: Final = 45.0
#: Work in the background waits so long for a moment without a run, then goes on a step.
GIVE_WAY_S: Final = 0.25

_places = threading.BoundedSemaphore(AT_ONCE)
_waiting = threading.BoundedSemaphore(MOST_WAITING)
_quiet = threading.Event()
_quiet.set()
_running = 0
_count = threading.Lock()


@contextmanager
def place(*, wait_s: float = WAIT_S) -> Iterator[None]:
    """Wait for one of the places and hold it. Raises RateLimited when too many wait, or it takes too long."""
    busy = RateLimited("Too many backtests are running. Try again in a moment.", retry_after_s=5)
    if not _waiting.acquire(blocking=False):
        raise busy
    try:
        if not _places.acquire(timeout=wait_s):
            raise busy
    finally:
        _waiting.release()
    _enter(1)
    try:
        yield
    finally:
        _enter(-1)
        _places.release()


def _enter(change: int) -> None:
    global _running
    with _count:
        _running += change
        if _running:
            _quiet.clear()
        else:
            _quiet.set()


def give_way() -> None:
    """Let runs that somebody waits for go first; called between the steps of work in the background."""
    _quiet.wait(GIVE_WAY_S)


class Deadline:
    """Seconds a synchronous run may take; looked at between its steps."""

    def __init__(self, seconds: float) -> None:
        self._until = clock.monotonic() + seconds

    def check(self) -> None:
        """Raise InvalidRequest when the time is up."""
        if clock.monotonic() > self._until:
            raise InvalidRequest("The run is too large to be answered in a minute. Shorten it or take fewer symbols.")
