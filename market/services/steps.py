"""Long writes in short transactions that leave room for others."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from core import clock


@contextmanager
def short_step(*, pause: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Run one transaction of a long write; on SQLite, then leave the write lock alone for as long as it was held.

    Who waits for SQLite's lock only looks now and then: without the pause it would find it taken again and again.
    """
    with transaction.atomic():
        started = clock.monotonic()
        yield
    if connection.vendor == "sqlite":
        pause(clock.monotonic() - started)
