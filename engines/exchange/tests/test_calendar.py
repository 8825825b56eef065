import csv
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from engines.exchange.calendar import (
    CalendarUnknown,
    EveryDayCalendar,
    NotASession,
    SessionCalendar,
    official_calendar,
)
from engines.exchange.holiday_table import HOLIDAYS, SPECIAL_SESSIONS
from engines.exchange.holidays import OFFICIAL_YEARS, DayKind, DayRow, calendar_exchange, official_holidays

NSE = official_calendar("NSE")

LISTS = {
    2023: "01-26 03-07 03-30 04-04 04-07 04-14 05-01 06-29 08-15 09-19 10-02 10-24 11-14 11-27 12-25",
    2024: "01-22 01-26 03-08 03-25 03-29 04-11 04-17 05-01 05-20 06-17 07-17 08-15 10-02 11-01 11-15 11-20 12-25",
    2025: "02-26 03-14 03-31 04-10 04-14 04-18 05-01 08-15 08-27 10-02 10-21 10-22 11-05 12-25",
    2026: "01-15 01-26 03-03 03-26 03-31 04-03 04-14 05-01 05-28 06-26 09-14 10-02 10-20 11-10 11-24 12-25",
}


@pytest.mark.parametrize("exchange", ["NSE", "BSE"])
@pytest.mark.parametrize("year", LISTS)
def test_official_lists_of_recent_years(exchange: str, year: int) -> None:
    assert [f"{d:%m-%d}" for d in official_holidays(exchange, year)] == LISTS[year].split()


def test_the_table_is_ordered_and_holds_weekdays_only() -> None:
    for year, text in HOLIDAYS.items():
        days = [date.fromisoformat(f"{year}-{day}") for day in text.split()]
        assert days == sorted(set(days))
        assert all(day.weekday() < 5 for day in days)
    special = [row[0] for row in SPECIAL_SESSIONS]
    assert special == sorted(set(special))
    assert OFFICIAL_YEARS["NSE"] == set(range(2000, 2027))


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-02-01", DayKind.BUDGET),
        ("2026-11-08", DayKind.MUHURAT),
        ("2025-02-01", DayKind.BUDGET),
        ("2024-01-20", DayKind.SPECIAL),
        ("2024-03-02", DayKind.SHORT),
        ("2024-11-01", DayKind.MUHURAT),
        ("2025-10-21", DayKind.MUHURAT),
        ("2026-11-20", DayKind.NORMAL),
    ],
)
def test_kinds_of_sessions(day: str, kind: DayKind) -> None:
    assert NSE.is_session(date.fromisoformat(day))
    assert NSE.session(date.fromisoformat(day)).kind is kind


@pytest.mark.parametrize("day", ["2026-11-24", "2026-01-15", "2024-01-22", "2024-11-20", "2026-11-21", "2026-11-22"])
def test_days_without_a_session(day: str) -> None:
    assert not NSE.is_session(date.fromisoformat(day))
    with pytest.raises(NotASession, match=day):
        NSE.session(date.fromisoformat(day))


def test_hours_are_utc_instants() -> None:
    normal = NSE.session(date(2026, 11, 20))
    assert normal.open_at == datetime(2026, 11, 20, 3, 45, tzinfo=UTC)
    assert normal.close_at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    muhurat = NSE.session(date(2025, 10, 21))
    assert (muhurat.open_at.hour, muhurat.open_at.minute) == (8, 15)
    assert muhurat.close_at - muhurat.open_at == timedelta(hours=1)
    assert NSE.session(date(2022, 10, 24)).trading == ((time(18, 15), time(19, 15)),)
    drill = NSE.session(date(2024, 5, 18))
    assert drill.trading == ((time(9, 15), time(10)), (time(11, 30), time(12, 30)))


def test_hours_that_were_not_found_are_marked() -> None:
    assert not NSE.session(date(2026, 11, 8)).hours_certain
    assert NSE.session(date(2025, 10, 21)).hours_certain


def test_neighbouring_sessions() -> None:
    assert NSE.next_session(date(2026, 11, 23)) == date(2026, 11, 25)
    assert NSE.previous_session(date(2026, 11, 25)) == date(2026, 11, 23)
    assert NSE.next_session(date(2026, 1, 30)) == date(2026, 2, 1)
    assert NSE.previous_session(date(2026, 1, 1)) == date(2025, 12, 31)
    assert NSE.sessions(date(2026, 11, 6), date(2026, 11, 11)) == [
        date(2026, 11, 6),
        date(2026, 11, 8),
        date(2026, 11, 9),
        date(2026, 11, 11),
    ]


def test_a_year_without_a_list_is_refused_and_named() -> None:
    for ask in (NSE.is_session, NSE.session, NSE.previous_session, NSE.next_session):
        with pytest.raises(CalendarUnknown, match="NSE is loaded for 2027") as caught:
            ask(date(2027, 1, 1))
        assert (caught.value.exchange, caught.value.year) == ("NSE", 2027)
    with pytest.raises(CalendarUnknown):
        NSE.next_session(date(2026, 12, 31))
    with pytest.raises(CalendarUnknown):
        NSE.sessions(date(2026, 12, 1), date(2027, 1, 2))
    with pytest.raises(CalendarUnknown):
        NSE.is_session(date(1999, 12, 31))
    with pytest.raises(CalendarUnknown):
        official_calendar("MCX").is_session(date(2026, 11, 20))


def test_rows_of_the_database_override_and_extend() -> None:
    rows = [
        DayRow(date(2026, 12, 1), DayKind.HOLIDAY, note="declared late"),
        DayRow(date(2026, 11, 8), DayKind.MUHURAT, ((time(18, 0), time(19, 0)),), source="circular"),
        DayRow(date(2027, 1, 1), DayKind.NORMAL, source="data"),
    ]
    calendar = official_calendar("NSE", rows)
    assert not calendar.is_session(date(2026, 12, 1))
    assert calendar.session(date(2026, 11, 8)).trading == ((time(18), time(19)),)
    assert calendar.is_session(date(2027, 1, 1))
    with pytest.raises(CalendarUnknown):
        calendar.is_session(date(2027, 1, 4))
    extended = official_calendar("NSE", [DayRow(date(2027, 1, 26), DayKind.HOLIDAY)], extra_years=[2027])
    assert extended.next_session(date(2027, 1, 25)) == date(2027, 1, 27)


def test_rows_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="needs its hours"):
        SessionCalendar("NSE", [DayRow(date(2026, 11, 8), DayKind.MUHURAT)], [2026])
    with pytest.raises(ValueError, match="before it begins"):
        SessionCalendar("NSE", [DayRow(date(2026, 11, 8), DayKind.SHORT, ((time(12), time(11)),))], [2026])


def test_exchanges_differ_where_they_did() -> None:
    assert NSE.is_session(date(2001, 1, 1))
    assert not official_calendar("BSE").is_session(date(2001, 1, 1))
    assert calendar_exchange("nfo") == "NSE"
    assert calendar_exchange("BFO") == "BSE"
    assert official_calendar("NFO").sessions(date(2026, 1, 1), date(2026, 12, 31)) == NSE.sessions(
        date(2026, 1, 1), date(2026, 12, 31)
    )


def test_the_simulated_exchange_knows_every_day() -> None:
    calendar = EveryDayCalendar()
    assert calendar.is_session(date(2031, 8, 16))
    assert calendar.sessions(date(2030, 12, 31), date(2031, 1, 2)) == [
        date(2030, 12, 31),
        date(2031, 1, 1),
        date(2031, 1, 2),
    ]
    session = calendar.session(date(2031, 8, 16))
    assert session.close_at - session.open_at == timedelta(days=1)
    assert calendar.next_session(session.trade_date) - calendar.previous_session(session.trade_date) == timedelta(2)


@pytest.mark.skipif("MARKET_DATA_DIR" not in os.environ, reason="needs MARKET_DATA_DIR")
def test_the_table_equals_the_days_seen_in_market_data() -> None:
    path = Path(os.environ["MARKET_DATA_DIR"]) / "calendar" / "nse_trading_days_2016_2026.csv"
    with path.open(newline="") as file:
        seen = {date.fromisoformat(row["date"]): row["session"] for row in csv.DictReader(file)}
    assert NSE.sessions(min(seen), max(seen)) == sorted(seen)
    for day, label in seen.items():
        assert (NSE.session(day).kind is DayKind.MUHURAT) == (label == "muhurat")
        assert (NSE.session(day).kind is DayKind.SHORT) == label.endswith("short")
