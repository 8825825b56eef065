"""Indian exchange time: conversions between instants and the local day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

IST: Final = ZoneInfo("Asia/Kolkata")
ONE_DAY: Final = timedelta(days=1)


def to_ist(now: datetime) -> datetime:
    """Return ``now`` in India. A naive datetime is refused: it names no instant."""
    if now.tzinfo is None:
        raise ValueError(f"an aware datetime is needed, was the naive {now.isoformat()}")
    return now.astimezone(IST)


def instant(day: date, at: time) -> datetime:
    """Return the instant (UTC) at which it is ``at`` o'clock in India on ``day``."""
    return datetime.combine(day, at, tzinfo=IST).astimezone(UTC)


def seconds_of_day(at: time) -> float:
    """Return the seconds since midnight, with the fraction."""
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
