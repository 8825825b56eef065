"""Official lists of the exchanges, as rows for `engines.exchange.calendar.SessionCalendar`."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

from engines.exchange.holiday_table import (
    HOLIDAY_SOURCE,
    HOLIDAYS,
    OPEN_AFTER_ALL,
    SPECIAL_SESSIONS,
    SPECIAL_SESSIONS_BY_EXCHANGE,
)


class DayKind(StrEnum):
    """What a day is. HOLIDAY has no session."""

    NORMAL = "NORMAL"
    MUHURAT = "MUHURAT"
    SPECIAL = "SPECIAL"
    BUDGET = "BUDGET"
    SHORT = "SHORT"
    HOLIDAY = "HOLIDAY"


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day that is not simply a weekday with a session or a weekend without.

    ``trading`` holds the stretches of continuous trading in exchange time; empty means the regular hours of that
    date. ``hours_certain`` is false where the day is known but its hours are an assumption.
    """

    day: date
    kind: DayKind
    trading: tuple[tuple[time, time], ...] = ()
    hours_certain: bool = True
    note: str = ""
    source: str = ""


EXCHANGES: Final = ("NSE", "BSE")

#: Years with an official list, per exchange. A year that is absent is not known, however regular it may look.
OFFICIAL_YEARS: Final[dict[str, frozenset[int]]] = {exchange: frozenset(HOLIDAYS) for exchange in EXCHANGES}

_CALENDAR_OF: Final[dict[str, str]] = {"NSE": "NSE", "NFO": "NSE", "BSE": "BSE", "BFO": "BSE"}


def calendar_exchange(exchange: str) -> str:
    """Return the exchange whose holidays a venue keeps: NFO follows NSE, BFO follows BSE. Others are themselves."""
    return _CALENDAR_OF.get(exchange.upper(), exchange.upper())


def official_holidays(exchange: str, year: int) -> tuple[date, ...]:
    """Return the closed weekdays of a year as listed, days with only a Muhurat session included.

    Raises KeyError for an exchange or year without a list.
    """
    if year not in OFFICIAL_YEARS[exchange]:
        raise KeyError(year)
    open_after_all = OPEN_AFTER_ALL[exchange].split()
    days = (f"{year}-{month_day}" for month_day in HOLIDAYS[year].split())
    return tuple(date.fromisoformat(day) for day in days if day not in open_after_all)


def official_rows(exchange: str) -> tuple[DayRow, ...]:
    """Return holidays and special sessions of all listed years; later rows of a day override earlier ones."""
    holidays = [
        DayRow(day, DayKind.HOLIDAY, source=HOLIDAY_SOURCE)
        for year in sorted(OFFICIAL_YEARS[exchange])
        for day in official_holidays(exchange, year)
    ]
    special = (*SPECIAL_SESSIONS, *SPECIAL_SESSIONS_BY_EXCHANGE[exchange])
    return (*holidays, *(_special_row(entry) for entry in special))


def _special_row(entry: tuple[str, str, str, bool, str, str]) -> DayRow:
    day, kind, stretches, certain, note, source = entry
    trading = tuple(_stretch(text) for text in stretches.split())
    return DayRow(date.fromisoformat(day), DayKind(kind), trading, certain, note, source)


def _stretch(text: str) -> tuple[time, time]:
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)
