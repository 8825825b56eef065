"""The exchange clock of a recording: a session is a day with recorded bars, from its first to its last."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

import numpy as np

from engines.exchange.calendar import CalendarUnknown, NotASession, Session
from engines.exchange.holidays import DayKind
from engines.exchange.phases import Phase
from engines.exchange.times import instant, to_ist
from market.adapters.replay.tape import DAY_S, OPENING_S, PARTS, TRADING_S, Tape, trade_day


class Mapping(Protocol):
    """Recorded time and the wall's, one from the other."""

    def recorded(self, now: datetime) -> datetime: ...

    def wall(self, recorded: datetime) -> datetime: ...


def sessions_of(tape: Tape, step_s: int) -> list[Session]:
    """Return the recorded sessions of a tape made of bars of ``step_s`` seconds."""
    if not len(tape):
        return []
    days = trade_day(tape.at)
    first = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    last = np.append(first[1:], len(days)) - 1
    after_last = step_s // PARTS
    sessions = []
    for begin, end in zip(first, last, strict=True):
        opened, closed = int(tape.at[begin]), int(tape.at[end]) + after_last
        if step_s == DAY_S:
            opened = int(days[begin]) + OPENING_S
            closed = opened + TRADING_S
        sessions.append(_session(opened, closed))
    return sessions


def _session(opened: int, closed: int) -> Session:
    open_at, close_at = datetime.fromtimestamp(opened, UTC), datetime.fromtimestamp(closed, UTC)
    hours = (to_ist(open_at).time(), to_ist(close_at).time())
    return Session(to_ist(open_at).date(), DayKind.NORMAL, open_at, close_at, "recording", (hours,))


class RecordedCalendar:
    """The recorded trade dates. Asking for one beyond the recording raises CalendarUnknown."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self.exchange = "RECORDED"
        self._days = [session.trade_date for session in sessions]
        self._sessions = {session.trade_date: session for session in sessions}

    def is_session(self, day: date) -> bool:
        return day in self._sessions

    def session(self, day: date) -> Session:
        if day not in self._sessions:
            raise NotASession(self.exchange, day, "nothing was recorded")
        return self._sessions[day]

    def previous_session(self, day: date) -> date:
        at = bisect_left(self._days, day)
        if not at:
            raise CalendarUnknown(self.exchange, day.year)
        return self._days[at - 1]

    def next_session(self, day: date) -> date:
        at = bisect_right(self._days, day)
        if at == len(self._days):
            raise CalendarUnknown(self.exchange, day.year)
        return self._days[at]

    def sessions(self, start: date, end: date) -> list[date]:
        return self._days[bisect_left(self._days, start) : bisect_right(self._days, end)]


class RecordedClock:
    """`engines.exchange.clock.ExchangeClock` of a replay.

    ``now`` is the wall's time; sessions and `instant_of` are in recorded time, as the bars are; `next_change` and
    `slot` are in the wall's, as they are waited for.
    """

    def __init__(self, sessions: Sequence[Session], time_: Mapping) -> None:
        self.calendar = RecordedCalendar(sessions)
        self._time = time_

    def trade_date(self, now: datetime) -> date:
        local = to_ist(self._time.recorded(now))
        today = self.session_of(local.date())
        if today and local >= today.open_at:
            return local.date()
        return self.calendar.previous_session(local.date())

    def phase(self, now: datetime) -> Phase:
        return Phase.OPEN if self.session(now) else Phase.CLOSED

    def session(self, now: datetime) -> Session | None:
        recorded = self._time.recorded(now)
        today = self.session_of(to_ist(recorded).date())
        return today if today and today.open_at <= recorded < today.close_at else None

    def session_of(self, day: date) -> Session | None:
        return self.calendar.session(day) if self.calendar.is_session(day) else None

    def next_change(self, now: datetime) -> tuple[Phase, datetime]:
        running = self.session(now)
        if running:
            return Phase.CLOSED, self._time.wall(running.close_at)
        recorded = self._time.recorded(now)
        day = to_ist(recorded).date()
        today = self.session_of(day)
        coming = today if today and recorded < today.open_at else self.calendar.session(self.calendar.next_session(day))
        return Phase.OPEN, self._time.wall(coming.open_at)

    def is_open(self, now: datetime) -> bool:
        return self.session(now) is not None

    def market_time(self, now: datetime) -> time:
        return to_ist(self._time.recorded(now)).time()

    def instant_of(self, day: date, at: time) -> datetime:
        return instant(day, at)

    def minutes_to_close(self, now: datetime) -> float | None:
        running = self.session(now)
        return (running.close_at - self._time.recorded(now)).total_seconds() / 60.0 if running else None

    def slot(self, now: datetime, seconds: int) -> datetime:
        if seconds <= 0:
            raise ValueError(f"seconds of a slot must be positive, was {seconds}")
        running = self.session(now)
        anchor = self._time.wall(running.open_at) if running else instant(to_ist(now).date(), time.min)
        return (anchor + (now - anchor) // timedelta(seconds=seconds) * timedelta(seconds=seconds)).astimezone(UTC)
