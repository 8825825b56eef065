"""The sessions of the simulated exchange: ordered trade dates, each with its opening instant and length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

IST_OFFSET_SECONDS = 19_800
DAY_SECONDS = 86_400
TRADING_DAYS_PER_YEAR = 248.0
CALENDAR_DAYS_PER_YEAR = 365.25
# Share of a session's variance that falls between two sessions: the night matters less when the market hardly
# closes.
OVERNIGHT_SHARE = 0.22
OVERNIGHT_SHARE_ALWAYS_OPEN = 0.06

Instant = datetime | float | int


def epoch_seconds(instant: Instant) -> float:
    """Seconds since 1970-01-01 UTC of an aware datetime, or the number itself.

    Raises ValueError for a datetime without a time zone.
    """
    if isinstance(instant, datetime):
        if instant.tzinfo is None:
            raise ValueError(f"instant {instant!r} has no time zone")
        return instant.timestamp()
    return float(instant)


def as_day(value: date | np.datetime64 | str) -> np.datetime64:
    """A trade date as `datetime64[D]`."""
    return np.datetime64(value, "D")


@dataclass(frozen=True, slots=True)
class SimSessions:
    """An ordered calendar of sessions.

    dates: trade dates (IST), datetime64[D], strictly increasing. opens: opening instants, epoch seconds UTC,
    int64. minutes: length of each session. sessions_per_year: scales annual figures to one session.
    overnight_share: part of a session's variance that happens before its open. A calendar that only adds later
    dates leaves all earlier prices as they were.
    """

    dates: npt.NDArray[np.datetime64]
    opens: npt.NDArray[np.int64]
    minutes: npt.NDArray[np.int64]
    sessions_per_year: float
    overnight_share: float
    every_day: bool

    def __post_init__(self) -> None:
        if not len(self.dates) == len(self.opens) == len(self.minutes):
            raise ValueError("dates, opens and minutes of the sessions differ in length")
        if len(self.dates) == 0:
            raise ValueError("a calendar needs at least one session")
        if np.any(np.diff(self.dates).astype(np.int64) <= 0):
            raise ValueError("trade dates must be strictly increasing")
        if np.any(self.minutes < 1):
            raise ValueError("a session lasts at least one minute")

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def closes(self) -> npt.NDArray[np.int64]:
        """Closing instants, epoch seconds UTC."""
        return self.opens + 60 * self.minutes

    def open_of(self, ordinal: int) -> int:
        return int(self.opens[ordinal])

    def close_of(self, ordinal: int) -> int:
        return int(self.opens[ordinal]) + 60 * int(self.minutes[ordinal])

    def ordinal_at(self, instant: Instant) -> int:
        """Ordinal of the latest session opened at or before `instant`; -1 before the first."""
        return int(np.searchsorted(self.opens, epoch_seconds(instant), side="right")) - 1

    def ordinal_of(self, day: date | np.datetime64 | str) -> int:
        """Ordinal of the session of a trade date. Raises KeyError when that day has none."""
        wanted = as_day(day)
        found = int(np.searchsorted(self.dates, wanted))
        if found >= len(self.dates) or self.dates[found] != wanted:
            raise KeyError(f"{wanted} is not a session of the simulated exchange")
        return found

    def span(self, start: date | np.datetime64 | str, end: date | np.datetime64 | str) -> range:
        """Ordinals of the sessions from `start` to `end`, both included."""
        first = int(np.searchsorted(self.dates, as_day(start), side="left"))
        return range(first, int(np.searchsorted(self.dates, as_day(end), side="right")))

    def is_session(self, day: np.datetime64) -> bool:
        """Whether a day has a session; beyond the loaded calendar every weekday counts (every day when always
        open).
        """
        if self.every_day:
            return True
        if self.dates[0] <= day <= self.dates[-1]:
            return bool(self.dates[np.searchsorted(self.dates, day)] == day)
        return bool(np.is_busday(day))

    def session_on_or_before(self, day: np.datetime64) -> np.datetime64:
        """`day` itself or the nearest earlier day with a session."""
        while not self.is_session(day):
            day = day - np.timedelta64(1, "D")
        return day

    def close_instant(self, day: np.datetime64) -> int:
        """Closing instant of a day's session; days beyond the calendar close like its last session."""
        found = int(np.searchsorted(self.dates, day))
        if found < len(self.dates) and self.dates[found] == day:
            return self.close_of(found)
        last = len(self.dates) - 1
        return self.close_of(last) + DAY_SECONDS * int((day - self.dates[last]).astype(np.int64))


def _midnights(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    return dates.astype("datetime64[s]").astype(np.int64) - IST_OFFSET_SECONDS


def always_open(first: date = date(2019, 1, 1), last: date = date(2040, 12, 31)) -> SimSessions:
    """Every calendar day is a session of 1,440 minutes from 00:00 to 24:00 IST, back to back."""
    dates = np.arange(as_day(first), as_day(last) + np.timedelta64(1, "D"))
    minutes = np.full(len(dates), 1_440, np.int64)
    return SimSessions(dates, _midnights(dates), minutes, CALENDAR_DAYS_PER_YEAR, OVERNIGHT_SHARE_ALWAYS_OPEN, True)


def from_dates(
    dates: Iterable[date | np.datetime64 | str], open_minute: int = 9 * 60 + 15, minutes: int = 375
) -> SimSessions:
    """Sessions on the given trade dates, opening `open_minute` minutes after 00:00 IST.

    Raises ValueError when the dates are not strictly increasing.
    """
    days = np.array([as_day(day) for day in dates], "datetime64[D]")
    opens = _midnights(days) + 60 * open_minute
    lengths = np.full(len(days), minutes, np.int64)
    return SimSessions(days, opens, lengths, TRADING_DAYS_PER_YEAR, OVERNIGHT_SHARE, False)


def from_schedule(
    dates: Iterable[date | np.datetime64 | str], opens: Iterable[Instant], minutes: Iterable[int]
) -> SimSessions:
    """Sessions with an opening instant and a length of their own each (special sessions, half days)."""
    days = np.array([as_day(day) for day in dates], "datetime64[D]")
    instants = np.array([int(epoch_seconds(instant)) for instant in opens], np.int64)
    return SimSessions(days, instants, np.array(list(minutes), np.int64), TRADING_DAYS_PER_YEAR, OVERNIGHT_SHARE, False)
