"""The one place that reads the wall clock.

Everything else takes ``now`` as an argument or asks this module. The offset lets a whole process run at another
date (setting ``CLOCK_START``), which is how a server is tried in a year it has no official calendar for.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")

_offset_s: float = 0.0
_frozen: datetime | None = None


def now() -> datetime:
    """Return the current instant, aware and in UTC."""
    return shifted(datetime.now(UTC))


def shifted(moment: datetime) -> datetime:
    """Return what `now` says while a clock of the world, this machine's or another's, says ``moment``."""
    if _frozen is not None:
        return _frozen
    return moment + timedelta(seconds=_offset_s) if _offset_s else moment


def epoch_s() -> float:
    """Return the current instant as seconds since 1970-01-01 UTC."""
    return _frozen.timestamp() if _frozen is not None else time.time() + _offset_s


def monotonic() -> float:
    """Return seconds for measuring durations; unaffected by changes of the wall clock."""
    return time.monotonic()


def start_at(moment: datetime) -> None:
    """Run this process as if it were ``moment`` now; time goes on from there."""
    global _offset_s
    _offset_s = (moment - datetime.now(UTC)).total_seconds()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at ``moment``. For tests."""
    global _frozen
    before, _frozen = _frozen, moment
    try:
        yield
    finally:
        _frozen = before


def isoformat_z(moment: datetime) -> str:
    """Render an instant as the API prints it: ``2026-05-03T05:21:00Z`` (whole seconds)."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


def isoformat_ist(moment: datetime) -> str:
    """Render an instant in India, ``2026-05-03T10:51:00+05:30``; for names that end in ``_ist``."""
    return moment.astimezone(IST).isoformat(timespec="seconds")
