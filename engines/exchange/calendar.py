"""Session calendars: which days an exchange trades, and when it opens and closes.

A calendar is a value built from rows, so that rows of a database can override the shipped list. It answers only for
what it knows: a day of a year without an official list raises `CalendarUnknown`; nothing is guessed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

from engines.exchange.holidays import (
    OFFICIAL_YEARS,
    DayKind,
    DayRow,
    calendar_exchange,
    official_rows,
)
from engines.exchange.phases import regular_hours
from engines.exchange.times import ONE_DAY, instant


class CalendarUnknown(LookupError):
    """No official list of trading days is loaded for this exchange and year."""

    def __init__(self, exchange: str, year: int) -> None:
        super().__init__(f"no official trading calendar of {exchange} is loaded for {year}")
        self.exchange = exchange
        self.year = year


@dataclass(frozen=True, slots=True)
class Session:
    """One session: continuous trading in ordinary shares from ``open_at`` to ``close_at`` (aware, UTC).

    ``trading`` are its stretches in exchange time (two on a day with a break). ``hours_certain`` is false where the
    day is official but its hours are assumed. On an `ExchangeClock` the hours are those of the clock's segment.
    """

    trade_date: date
    kind: DayKind
    open_at: datetime
    close_at: datetime
    source: str
    trading: tuple[tuple[time, time], ...] = ()
    hours_certain: bool = True
    note: str = ""


class TradingCalendar(Protocol):
    """What rules need of a calendar: the official one and the always-open one both have it."""

    exchange: str

    def is_session(self, day: date) -> bool: ...
    def session(self, day: date) -> Session: ...
    def previous_session(self, day: date) -> date: ...
    def next_session(self, day: date) -> date: ...
    def sessions(self, start: date, end: date) -> list[date]: ...


class NotASession(LookupError):
    """The exchange does not trade on this day."""

    def __init__(self, exchange: str, day: date, reason: str = "") -> None:
        super().__init__(f"{exchange} does not trade on {day.isoformat()}{f' ({reason})' if reason else ''}")
        self.exchange = exchange
        self.day = day


class SessionCalendar:
    """Trading days of one exchange, built from rows.

    Weekdays of a year in ``years`` are sessions and weekends are not, unless a row says otherwise; of two rows for a
    day the later wins. A row also makes its own day known in a year that is not listed.
    """

    def __init__(self, exchange: str, rows: Iterable[DayRow], years: Iterable[int]) -> None:
        self.exchange = exchange.upper()
        self.years = frozenset(years)
        self._rows = {row.day: _checked(row) for row in rows}
        self._days_of_year: dict[int, list[date]] = {}

    def is_known(self, day: date) -> bool:
        """Tell whether the calendar can answer for ``day``."""
        return day.year in self.years or day in self._rows

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange trades on ``day``. Raises `CalendarUnknown`."""
        row = self._rows.get(day)
        if row is not None:
            return row.kind is not DayKind.HOLIDAY
        self._require(day.year)
        return day.weekday() < 5

    def session(self, day: date) -> Session:
        """Return the session of ``day``. Raises `NotASession`, `CalendarUnknown`."""
        row = self._rows.get(day)
        if not self.is_session(day):
            raise NotASession(self.exchange, day, row.note if row else "weekend")
        row = row or DayRow(day, DayKind.NORMAL, source=f"official {day.year} list of {self.exchange}")
        trading = row.trading or (regular_hours(day),)
        return Session(
            trade_date=day,
            kind=row.kind,
            open_at=instant(day, trading[0][0]),
            close_at=instant(day, trading[-1][1]),
            source=row.source,
            trading=trading,
            hours_certain=row.hours_certain,
            note=row.note,
        )

    def own_hours(self, day: date) -> tuple[tuple[time, time], ...]:
        """Return the trading stretches of a day that does not keep regular hours; empty for one that does."""
        row = self._rows.get(day)
        return row.trading if row is not None else ()

    def previous_session(self, day: date) -> date:
        """Return the last session strictly before ``day``. Raises `CalendarUnknown` rather than skip a year."""
        year = day.year
        while True:
            days = self._year(year)
            position = bisect_left(days, day)
            if position:
                return days[position - 1]
            year -= 1

    def next_session(self, day: date) -> date:
        """Return the first session strictly after ``day``. Raises `CalendarUnknown` rather than skip a year."""
        year = day.year
        while True:
            days = self._year(year)
            position = bisect_right(days, day)
            if position < len(days):
                return days[position]
            year += 1

    def sessions(self, start: date, end: date) -> list[date]:
        """Return the trade dates from ``start`` to ``end``, both included. Raises `CalendarUnknown`."""
        days = [day for year in range(start.year, end.year + 1) for day in self._year(year)]
        return days[bisect_left(days, start) : bisect_right(days, end)]

    def _require(self, year: int) -> None:
        if year not in self.years:
            raise CalendarUnknown(self.exchange, year)

    def _year(self, year: int) -> list[date]:
        """Sessions of one year in order, computed once."""
        days = self._days_of_year.get(year)
        if days is None:
            self._require(year)
            first = date(year, 1, 1)
            count = (date(year + 1, 1, 1) - first).days
            every_day = (first + ONE_DAY * offset for offset in range(count))
            days = self._days_of_year[year] = [day for day in every_day if self.is_session(day)]
        return days


def _checked(row: DayRow) -> DayRow:
    """Refuse rows that would be read as something else than they say."""
    if row.kind in {DayKind.MUHURAT, DayKind.SHORT} and not row.trading:
        raise ValueError(f"{row.kind} session of {row.day.isoformat()} needs its hours: the regular ones do not apply")
    for start, end in row.trading:
        if start >= end:
            raise ValueError(f"session of {row.day.isoformat()} ends at {end} before it begins at {start}")
    return row


class EveryDayCalendar:
    """Calendar of the simulated exchange: every day in India is one session of 24 hours, in any year."""

    def __init__(self, exchange: str = "NSE") -> None:
        self.exchange = exchange.upper()

    def is_session(self, day: date) -> bool:
        """Return True."""
        return True

    def session(self, day: date) -> Session:
        """Return the day from midnight to midnight."""
        return Session(
            trade_date=day,
            kind=DayKind.NORMAL,
            open_at=instant(day, time.min),
            close_at=instant(day + ONE_DAY, time.min),
            source="simulated exchange",
        )

    def previous_session(self, day: date) -> date:
        """Return the day before."""
        return day - ONE_DAY

    def next_session(self, day: date) -> date:
        """Return the day after."""
        return day + ONE_DAY

    def sessions(self, start: date, end: date) -> list[date]:
        """Return every date from ``start`` to ``end``, both included."""
        return [start + ONE_DAY * offset for offset in range((end - start).days + 1)]


def official_calendar(
    exchange: str, overrides: Iterable[DayRow] = (), extra_years: Iterable[int] = ()
) -> SessionCalendar:
    """Return the shipped calendar of an exchange, with rows and years of the database on top.

    NFO and BFO keep the days of NSE and BSE. An exchange without a shipped list (MCX) knows only what is passed in.
    """
    name = calendar_exchange(exchange)
    shipped = official_rows(name) if name in OFFICIAL_YEARS else ()
    years = OFFICIAL_YEARS.get(name, frozenset()) | frozenset(extra_years)
    return SessionCalendar(name, (*shipped, *overrides), years)
