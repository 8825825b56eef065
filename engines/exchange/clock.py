"""The clock of an exchange: every rule of phase, session and slot asks it, never the wall clock.

Two implementations: `OfficialClock` follows the calendar and the phase table; `AlwaysOpenClock` is the simulated
exchange's, open round the clock. Both take ``now`` (aware) as an argument.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

from engines.exchange.calendar import EveryDayCalendar, Session, SessionCalendar, TradingCalendar
from engines.exchange.phases import (
    Phase,
    PhaseWindow,
    group_windows,
    instrument_group,
    phase_at,
    special_windows,
)
from engines.exchange.times import IST, instant, seconds_of_day, to_ist


class ExchangeClock(Protocol):
    """What rules ask of time on an exchange."""

    @property
    def calendar(self) -> TradingCalendar:
        """Return the calendar the clock follows."""

    def trade_date(self, now: datetime) -> date:
        """Return the date of the session in progress (pre-open to post-close), else of the most recent one."""

    def phase(self, now: datetime) -> Phase:
        """Return the phase of this clock's segment."""

    def session(self, now: datetime) -> Session | None:
        """Return the session in progress (pre-open to post-close), with the hours of this segment, else None."""

    def session_of(self, day: date) -> Session | None:
        """Return the session of a trade date, with the hours of this segment; None if there is none."""

    def next_change(self, now: datetime) -> tuple[Phase, datetime]:
        """Return the phase that comes next and the instant (UTC) at which it begins."""

    def is_open(self, now: datetime) -> bool:
        """Tell whether trading is continuous now."""

    def market_time(self, now: datetime) -> time:
        """Return the exchange time of day, in which rules such as "no entry after 15:00" are written."""

    def instant_of(self, day: date, at: time) -> datetime:
        """Return the instant (UTC) of an exchange time of day on a trade date: the inverse of `market_time`."""

    def minutes_to_close(self, now: datetime) -> float | None:
        """Return the minutes of exchange time until continuous trading ends; None while it is not OPEN."""

    def slot(self, now: datetime, seconds: int) -> datetime:
        """Return the start (UTC) of the stretch of ``seconds`` that contains ``now``."""


def session_time(clock: ExchangeClock, now: datetime) -> time:
    """Return the exchange time that goes with the clock's trade date: between two sessions the close of the last one.

    Rules of a trade date would else be asked with the hour of a later day: before a session opens, the trade date is
    that of the one before. Raises `CalendarUnknown`.
    """
    last = clock.session_of(clock.trade_date(now))
    if clock.session(now) is not None or last is None:
        return clock.market_time(now)
    return to_ist(last.close_at).time()


class OfficialClock:
    """Clock of one segment of an official exchange.

    Methods raise `CalendarUnknown` where the answer needs a year without an official list.
    """

    def __init__(self, calendar: SessionCalendar, exchange: str, segment: str, cas_eligible: bool = False) -> None:
        self.calendar = calendar
        self.exchange = exchange.upper()
        self.segment = segment.upper()
        self.cas_eligible = cas_eligible
        self._group = instrument_group(exchange, segment, cas_eligible)

    def windows(self, day: date) -> tuple[PhaseWindow, ...]:
        """Return the day's windows of this segment; empty when it is no session."""
        if not self.calendar.is_session(day):
            return ()
        own_hours = self.calendar.own_hours(day)
        return special_windows(self._group, day, own_hours) if own_hours else group_windows(self._group, day)

    def trade_date(self, now: datetime) -> date:
        """Return the date of the session in progress, else of the most recent one."""
        local = to_ist(now)
        windows = self.windows(local.date())
        if windows and local.time() >= windows[0].start:
            return local.date()
        return self.calendar.previous_session(local.date())

    def phase(self, now: datetime) -> Phase:
        """Return the phase now."""
        local = to_ist(now)
        return phase_at(self.windows(local.date()), local.time())

    def session(self, now: datetime) -> Session | None:
        """Return the session in progress, from the start of its first phase to the end of its last."""
        local = to_ist(now)
        windows = self.windows(local.date())
        if not windows or not windows[0].start <= local.time() < windows[-1].end:
            return None
        return self._session(local.date(), windows)

    def session_of(self, day: date) -> Session | None:
        """Return the session of ``day``, or None."""
        windows = self.windows(day)
        return self._session(day, windows) if windows else None

    def next_change(self, now: datetime) -> tuple[Phase, datetime]:
        """Return the next phase and when it begins."""
        local = to_ist(now)
        day, at = local.date(), local.time()
        windows = self.windows(day)
        for boundary in sorted({w.start for w in windows} | {w.end for w in windows}):
            if boundary > at and phase_at(windows, boundary) is not phase_at(windows, at):
                return phase_at(windows, boundary), instant(day, boundary)
        following = self.calendar.next_session(day)
        first = self.windows(following)[0]
        return first.phase, instant(following, first.start)

    def is_open(self, now: datetime) -> bool:
        """Tell whether the phase is OPEN."""
        return self.phase(now) is Phase.OPEN

    def market_time(self, now: datetime) -> time:
        """Return the time of day in India."""
        return to_ist(now).time()

    def instant_of(self, day: date, at: time) -> datetime:
        """Return the instant of a time of day in India."""
        return instant(day, at)

    def minutes_to_close(self, now: datetime) -> float | None:
        """Return the minutes until the last OPEN window of the day ends; None unless OPEN."""
        if not self.is_open(now):
            return None
        local = to_ist(now)
        close = _trading(self.windows(local.date()))[-1].end
        return (seconds_of_day(close) - seconds_of_day(local.time())) / 60.0

    def slot(self, now: datetime, seconds: int) -> datetime:
        """Return the slot's start: counted from the open while OPEN, else from midnight in India."""
        local = to_ist(now)
        trading = _trading(self.windows(local.date()))
        in_trading = bool(trading) and trading[0].start <= local.time() < trading[-1].end
        return _slot(now, instant(local.date(), trading[0].start if in_trading else time.min), seconds)

    def _session(self, day: date, windows: Sequence[PhaseWindow]) -> Session:
        trading = tuple((w.start, w.end) for w in _trading(windows))
        return replace(
            self.calendar.session(day),
            open_at=instant(day, trading[0][0]),
            close_at=instant(day, trading[-1][1]),
            trading=trading,
        )


class AlwaysOpenClock:
    """Clock of the simulated exchange: each day in India is one session from midnight to midnight, always OPEN.

    Exchange time of day maps the 24 hours linearly onto 09:15-15:30, so that rules written in exchange time work.
    """

    OPENS: Final = time(9, 15)
    MINUTES: Final = 375.0

    def __init__(self, exchange: str = "NSE") -> None:
        self.calendar = EveryDayCalendar(exchange)
        self.exchange = exchange.upper()

    def trade_date(self, now: datetime) -> date:
        """Return the date in India."""
        return to_ist(now).date()

    def phase(self, now: datetime) -> Phase:
        """Return OPEN."""
        to_ist(now)
        return Phase.OPEN

    def session(self, now: datetime) -> Session | None:
        """Return the day's session."""
        return self.calendar.session(self.trade_date(now))

    def session_of(self, day: date) -> Session | None:
        """Return the session of ``day``."""
        return self.calendar.session(day)

    def next_change(self, now: datetime) -> tuple[Phase, datetime]:
        """Return OPEN and the next midnight in India, when the next session begins."""
        return Phase.OPEN, self.calendar.session(self.trade_date(now)).close_at

    def is_open(self, now: datetime) -> bool:
        """Return True."""
        return self.phase(now) is Phase.OPEN

    def market_time(self, now: datetime) -> time:
        """Return the exchange time of day, between 09:15 and 15:30."""
        elapsed = seconds_of_day(to_ist(now).time()) / 86_400.0
        opened = datetime.combine(date(2000, 1, 1), self.OPENS)
        return (opened + timedelta(minutes=self.MINUTES * elapsed)).time()

    def instant_of(self, day: date, at: time) -> datetime:
        """Return the instant of an exchange time of day; before 09:15 is midnight, after 15:30 the next one."""
        minutes = (seconds_of_day(at) - seconds_of_day(self.OPENS)) / 60.0
        share = min(max(minutes / self.MINUTES, 0.0), 1.0)
        return instant(day, time.min) + timedelta(seconds=86_400.0 * share)

    def minutes_to_close(self, now: datetime) -> float | None:
        """Return the minutes of exchange time left, at most 375."""
        return self.MINUTES * (1.0 - seconds_of_day(to_ist(now).time()) / 86_400.0)

    def slot(self, now: datetime, seconds: int) -> datetime:
        """Return the slot's start, counted from midnight in India."""
        return _slot(now, instant(to_ist(now).date(), time.min), seconds)


def _trading(windows: Sequence[PhaseWindow]) -> list[PhaseWindow]:
    return [window for window in windows if window.phase is Phase.OPEN]


def _slot(now: datetime, anchor: datetime, seconds: int) -> datetime:
    if seconds <= 0:
        raise ValueError(f"seconds of a slot must be positive, was {seconds}")
    passed = (now.astimezone(IST) - anchor) // timedelta(seconds=seconds)
    return (anchor + passed * timedelta(seconds=seconds)).astimezone(UTC)
