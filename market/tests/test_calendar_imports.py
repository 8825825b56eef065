"""Trading days as imports see them."""

from datetime import date

import pytest

from market.importers.judgement import DayStatus
from market.models import TradingDay
from market.services.calendar import EPOCH, import_calendar, record_proven_sessions, session_opens_at

pytestmark = pytest.mark.django_db


def number(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - EPOCH).days


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ((2024, 1, 19), DayStatus.SESSION),
        ((2024, 1, 20), DayStatus.SPECIAL),  # Saturday, full session
        ((2024, 1, 21), DayStatus.CLOSED),
        ((2024, 1, 22), DayStatus.CLOSED),  # holiday
        ((2021, 11, 4), DayStatus.SPECIAL),  # Muhurat
        ((2026, 2, 1), DayStatus.SPECIAL),  # Sunday, budget
        ((2099, 1, 5), DayStatus.UNKNOWN),
    ],
)
def test_what_the_lists_say(day: tuple[int, int, int], status: DayStatus) -> None:
    assert import_calendar("NSE").status(number(*day)) is status


def test_the_session_before() -> None:
    calendar = import_calendar("NSE")
    assert calendar.session_before(number(2024, 1, 23)) == number(2024, 1, 20)
    assert calendar.session_before(number(2099, 1, 9)) == number(2099, 1, 2)


def test_proven_sessions_are_kept_once_and_then_listed() -> None:
    days = [date(2024, 6, 15), date(2099, 1, 5)]
    assert record_proven_sessions(exchange="NFO", days=days, evidence="bars") == days
    assert record_proven_sessions(exchange="NSE", days=days, evidence="bars") == []
    kinds = dict(TradingDay.objects.values_list("date", "kind"))
    assert kinds == {days[0]: "SPECIAL", days[1]: "NORMAL"}
    assert import_calendar("NSE").status(number(2024, 6, 15)) is DayStatus.SPECIAL
    assert import_calendar("NSE").status(number(2099, 1, 5)) is DayStatus.SESSION


def test_a_day_the_database_knows_is_left_as_it_is() -> None:
    TradingDay.objects.create(exchange="NSE", date=date(2024, 6, 15), kind="HOLIDAY", source="admin")
    assert record_proven_sessions(exchange="NSE", days=[date(2024, 6, 15)], evidence="bars") == []
    assert TradingDay.objects.get().source == "admin"


def test_opening_times() -> None:
    days = [number(2024, 1, 19), number(2024, 1, 21), number(2009, 3, 2), number(2024, 11, 1)]
    opens = session_opens_at("NSE", days)
    minutes = {day: (at + 19_800) % 86_400 // 60 for day, at in opens.items()}
    assert minutes == {days[0]: 555, days[2]: 595, days[3]: 18 * 60}
