"""Which clock rules, and what happens in a year nobody has published a calendar for."""

from datetime import UTC, date, datetime, time

import pytest
from django.test import override_settings

from core import versions
from core.errors import DataUnavailable, InvalidSymbol
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.clock import AlwaysOpenClock, OfficialClock
from engines.exchange.phases import Phase
from market.constants import VERSION_CALENDAR
from market.models import TradingDay
from market.services import exchanges, providers
from market.tests.fakes import FakeData, registry_of

pytestmark = pytest.mark.django_db

IN_2027 = datetime(2027, 1, 4, 5, 0, tzinfo=UTC)  # a Monday, 10:30 IST
IN_2026 = datetime(2026, 10, 6, 5, 0, tzinfo=UTC)  # a Tuesday, 10:30 IST


@pytest.fixture
def official() -> object:
    with providers.use(registry_of(FakeData("yahoo"))) as it:
        yield it


@pytest.fixture
def simulated() -> object:
    with providers.use(registry_of(FakeData("simulated"))) as it:
        yield it


def test_the_simulated_exchange_goes_on_in_2027(simulated: object) -> None:
    clock = exchanges.clock_for("NSE:RELIANCE")
    assert isinstance(clock, AlwaysOpenClock)
    assert clock.is_open(IN_2027)
    with override_settings(SIMULATED_MARKET_HOURS="exchange"):
        clock = exchanges.clock_for("NSE:RELIANCE")
        assert clock.phase(IN_2027) is Phase.OPEN
        assert clock.phase(datetime(2027, 1, 3, 5, 0, tzinfo=UTC)) is Phase.CLOSED  # a Sunday


def test_the_official_exchange_refuses_2027(official: object) -> None:
    clock = exchanges.clock_for("NSE:RELIANCE")
    assert isinstance(clock, OfficialClock)
    with pytest.raises(CalendarUnknown):
        clock.phase(IN_2027)
    with pytest.raises(DataUnavailable, match="NSE is loaded for 2027"):
        clock.next_change(datetime(2026, 12, 31, 12, 0, tzinfo=UTC))
    with pytest.raises(DataUnavailable, match="2027"):
        exchanges.require_official("NFO", IN_2027)
    banner = exchanges.calendar_banner(IN_2027)
    assert banner is not None
    assert "2027" in banner
    assert "simulated exchange go on" in banner


def test_a_known_year_has_no_banner(official: object) -> None:
    assert exchanges.calendar_banner(IN_2026) is None
    exchanges.require_official("NSE", IN_2026)
    assert exchanges.clock_for("NSE").is_open(IN_2026)


def test_the_banner_goes_by_the_date_in_india(official: object) -> None:
    assert exchanges.calendar_banner(datetime(2026, 12, 31, 18, 29, tzinfo=UTC)) is None
    assert exchanges.calendar_banner(datetime(2026, 12, 31, 18, 30, tzinfo=UTC)) is not None


def test_an_official_list_in_the_database_opens_the_year(official: object) -> None:
    TradingDay.objects.create(
        exchange="NSE", date=date(2027, 1, 26), kind=TradingDay.Kind.HOLIDAY, source="official NSE circular"
    )
    versions.bump(VERSION_CALENDAR)
    assert exchanges.calendar_banner(IN_2027) is None
    assert exchanges.clock_for("NSE").is_open(IN_2027)
    assert not exchanges.clock_for("NSE").is_open(datetime(2027, 1, 26, 5, 0, tzinfo=UTC))


def test_a_day_proved_by_data_does_not_open_its_year(official: object) -> None:
    TradingDay.objects.create(exchange="NSE", date=date(2027, 1, 4), kind=TradingDay.Kind.NORMAL, source="data")
    versions.bump(VERSION_CALENDAR)
    assert exchanges.official_trading_calendar("NSE").is_session(date(2027, 1, 4))
    with pytest.raises(CalendarUnknown):
        exchanges.official_trading_calendar("NSE").is_session(date(2027, 1, 5))


def test_the_database_overrides_the_shipped_list(official: object) -> None:
    assert exchanges.clock_for("NSE").is_open(IN_2026)
    TradingDay.objects.create(
        exchange="NSE", date=date(2026, 10, 6), kind=TradingDay.Kind.SHORT, open=time(11), close=time(12), source="x"
    )
    versions.bump(VERSION_CALENDAR)
    assert not exchanges.clock_for("NSE").is_open(IN_2026)
    assert exchanges.clock_for("NSE").is_open(datetime(2026, 10, 6, 6, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("key", "at", "phase"),
    [
        ("NSE:RELIANCE", "15:20", Phase.CLOSING_AUCTION),
        ("NSE:NIFTY 50", "15:20", Phase.CLOSING_AUCTION),
        ("NFO:NIFTY26OCTFUT", "15:35", Phase.OPEN),
        ("NFO:NIFTY26OCT24000CE", "15:35", Phase.OPEN),
        ("NFO:NIFTY26OCTFUT", "09:05", Phase.PRE_OPEN),
        ("NFO:NIFTY26OCT24000CE", "09:05", Phase.CLOSED),
        ("NSE:NOTINFNO", "15:20", Phase.OPEN),
        ("NSE", "15:20", Phase.OPEN),
    ],
)
def test_hours_follow_the_segment(official: object, key: str, at: str, phase: Phase) -> None:
    hour, minute = map(int, at.split(":"))
    clock = exchanges.clock_for(key)
    now = clock.instant_of(date(2026, 10, 6), time(hour, minute))
    assert clock.phase(now) is phase


def test_an_unknown_exchange_is_named(official: object) -> None:
    with pytest.raises(InvalidSymbol, match="LSE"):
        exchanges.clock_for("LSE:VOD")
