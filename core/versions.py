"""Version counters of data, by which caches in other processes learn that it has changed.

``bump`` belongs to the writer's transaction: readers see the new number exactly when they can see the new data.
A reader asks the database at most once a second, so a change shows everywhere within about that time.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from django.db import connection

from core import clock
from core.models import DataVersion

log = logging.getLogger("platform.versions")

_UPSERT = (
    "INSERT INTO core_dataversion (name, value, updated_at) VALUES (%s, 1, %s) "
    "ON CONFLICT (name) DO UPDATE SET value = core_dataversion.value + 1, updated_at = excluded.updated_at "
    "RETURNING value"
)


def bump(name: str) -> int:
    """Raise the version of ``name`` by one, in the caller's transaction, and return it. Others bumping it wait."""
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [name, now])
        return int(cursor.fetchone()[0])


def read_all() -> dict[str, int]:
    """Return every version as the database has it now."""
    return dict(DataVersion.objects.values_list("name", "value"))


def in_transaction() -> bool:
    """Tell whether this thread is inside a transaction of the database."""
    return connection.in_atomic_block


class Versions:
    """A cached view of all versions. Thread-safe; one thread reads while the others go on with what is known.

    Inside a transaction the database is asked each time and the answer is kept from the others: it may hold a bump of
    that very transaction, for which nobody else can see the data yet.

    ``read``, ``monotonic`` and ``uncommitted`` can be replaced in tests; ``max_age_s`` is how long an answer is used.
    """

    def __init__(
        self,
        *,
        read: Callable[[], Mapping[str, int]] = read_all,
        monotonic: Callable[[], float] = clock.monotonic,
        uncommitted: Callable[[], bool] = in_transaction,
        max_age_s: float = 1.0,
    ) -> None:
        self._read, self._monotonic, self._uncommitted, self._max_age_s = read, monotonic, uncommitted, max_age_s
        self._lock = threading.Lock()
        self._known: Mapping[str, int] | None = None
        self._read_at = 0.0

    def current(self, name: str) -> int:
        """Return the version of ``name``; 0 if it was never bumped.

        Raises what the first read raises; when a later one fails, what is known goes on being used.
        """
        if self._uncommitted():
            return self._read().get(name, 0)
        known = self._known
        if known is None or self._monotonic() - self._read_at >= self._max_age_s:
            known = self._refresh(must=known is None)
        return known.get(name, 0)

    def expire(self) -> None:
        """Look again at the next question: a message said that something changed."""
        self._read_at = float("-inf")

    def _refresh(self, *, must: bool) -> Mapping[str, int]:
        if not self._lock.acquire(blocking=must):
            return self._known or {}
        try:
            started = self._monotonic()
            if self._known is None or started - self._read_at >= self._max_age_s:
                self._read_at = started  # before the read: a change during it is seen by the next
                self._known = dict(self._read())
        except Exception as exc:
            if self._known is None:
                raise
            log.warning("versions.not_read", extra={"error": repr(exc)})
        finally:
            self._lock.release()
        return self._known


_shared = Versions()


def current(name: str) -> int:
    """Return the version of ``name`` as this process knows it, at most a second old."""
    return _shared.current(name)


def expire() -> None:
    """Make this process look at the database at the next question."""
    _shared.expire()
