from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.exchange.calendar import CalendarUnknown, official_calendar
from engines.exchange.clock import AlwaysOpenClock, ExchangeClock, OfficialClock, session_time
from engines.exchange.phases import Phase

IST = ZoneInfo("Asia/Kolkata")
NSE = official_calendar("NSE")
SHARE = OfficialClock(NSE, "NSE", "EQ", cas_eligible=True)
PLAIN = OfficialClock(NSE, "NSE", "EQ")
OPTION = OfficialClock(NSE, "NFO", "OPT")
SIMULATED = AlwaysOpenClock()


def ist(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=IST).astimezone(UTC)


@pytest.mark.parametrize(
    ("clock", "at", "phase"),
    [
        (SHARE, "2026-11-20 09:00", Phase.PRE_OPEN),
        (SHARE, "2026-11-20 15:14:59", Phase.OPEN),
        (SHARE, "2026-11-20 15:15", Phase.CLOSING_AUCTION),
        (PLAIN, "2026-11-20 15:15", Phase.OPEN),
        (OPTION, "2026-11-20 15:39", Phase.OPEN),
        (SHARE, "2026-11-21 11:00", Phase.CLOSED),
        (SHARE, "2026-11-24 11:00", Phase.CLOSED),
        (SHARE, "2026-02-01 11:00", Phase.OPEN),
        (PLAIN, "2025-10-21 11:00", Phase.CLOSED),
        (PLAIN, "2025-10-21 13:35", Phase.PRE_OPEN),
        (PLAIN, "2025-10-21 14:00", Phase.OPEN),
        (OPTION, "2024-03-02 10:30", Phase.CLOSED),
        (OPTION, "2024-03-02 11:30", Phase.OPEN),
    ],
)
def test_phase_of_the_official_clock(clock: OfficialClock, at: str, phase: Phase) -> None:
    assert clock.phase(ist(at)) is phase
    assert clock.is_open(ist(at)) is (phase is Phase.OPEN)


@pytest.mark.parametrize(
    ("at", "trade_date"),
    [
        ("2026-11-20 08:59", date(2026, 11, 19)),
        ("2026-11-20 09:00", date(2026, 11, 20)),
        ("2026-11-20 23:59", date(2026, 11, 20)),
        ("2026-11-22 12:00", date(2026, 11, 20)),
        ("2026-11-25 00:10", date(2026, 11, 23)),
        ("2025-10-21 10:00", date(2025, 10, 20)),
    ],
)
def test_trade_date_is_the_session_in_progress_or_the_last(at: str, trade_date: date) -> None:
    assert SHARE.trade_date(ist(at)) == trade_date


@pytest.mark.parametrize(
    ("clock", "at", "said"),
    [
        (PLAIN, "2026-11-20 09:05", time(9, 5)),  # the pre-open belongs to the session
        (PLAIN, "2026-11-20 11:00", time(11)),
        (PLAIN, "2026-11-20 20:00", time(15, 30)),
        (PLAIN, "2026-11-21 03:00", time(15, 30)),
        (PLAIN, "2026-11-23 08:00", time(15, 30)),
        (PLAIN, "2026-11-24 11:00", time(15, 30)),  # a holiday
        (OPTION, "2026-11-24 11:00", time(15, 40)),
        (SIMULATED, "2026-11-24 12:00", time(12, 22, 30)),
    ],
)
def test_exchange_time_stands_still_between_sessions(clock: ExchangeClock, at: str, said: time) -> None:
    assert session_time(clock, ist(at)) == said


def test_session_in_progress_has_the_hours_of_the_segment() -> None:
    session = OPTION.session(ist("2026-11-20 12:00"))
    assert session is not None
    assert session.close_at == ist("2026-11-20 15:40")
    share = SHARE.session_of(date(2026, 11, 20))
    assert share is not None
    assert share.close_at == ist("2026-11-20 15:15")
    assert SHARE.session(ist("2026-11-20 08:00")) is None
    assert SHARE.session(ist("2026-11-20 15:40")) is not None
    assert SHARE.session_of(date(2026, 11, 24)) is None


@pytest.mark.parametrize(
    ("at", "phase", "when"),
    [
        ("2026-11-20 10:00", Phase.CLOSING_AUCTION, "2026-11-20 15:15"),
        ("2026-11-20 15:15", Phase.CLOSED, "2026-11-20 15:35"),
        ("2026-11-20 15:40", Phase.POST_CLOSE, "2026-11-20 15:50"),
        ("2026-11-20 16:00", Phase.PRE_OPEN, "2026-11-23 09:00"),
        ("2026-11-23 17:00", Phase.PRE_OPEN, "2026-11-25 09:00"),
        ("2026-11-20 07:00", Phase.PRE_OPEN, "2026-11-20 09:00"),
    ],
)
def test_next_change(at: str, phase: Phase, when: str) -> None:
    assert SHARE.next_change(ist(at)) == (phase, ist(when))


def test_beyond_the_official_lists_the_clock_refuses() -> None:
    assert SHARE.phase(ist("2026-12-31 16:30")) is Phase.CLOSED
    with pytest.raises(CalendarUnknown):
        SHARE.next_change(ist("2026-12-31 16:30"))
    with pytest.raises(CalendarUnknown):
        SHARE.phase(ist("2027-01-04 11:00"))
    with pytest.raises(CalendarUnknown):
        SHARE.trade_date(ist("2027-01-04 11:00"))


def test_minutes_to_close_and_slots() -> None:
    assert SHARE.minutes_to_close(ist("2026-11-20 15:00")) == 15.0
    assert PLAIN.minutes_to_close(ist("2026-11-20 15:00")) == 30.0
    assert SHARE.minutes_to_close(ist("2026-11-20 15:20")) is None
    assert PLAIN.slot(ist("2026-11-20 10:14:59"), 3600) == ist("2026-11-20 09:15")
    assert PLAIN.slot(ist("2026-11-20 10:15"), 3600) == ist("2026-11-20 10:15")
    assert PLAIN.slot(ist("2026-11-20 08:40"), 3600) == ist("2026-11-20 08:00")
    with pytest.raises(ValueError, match="positive"):
        PLAIN.slot(ist("2026-11-20 08:40"), 0)


def test_a_naive_moment_is_refused() -> None:
    for clock in (SHARE, SIMULATED):
        with pytest.raises(ValueError, match="aware"):
            clock.phase(datetime(2026, 11, 20, 10))


def test_the_simulated_exchange_is_always_open_in_any_year() -> None:
    for at in ("2026-11-22 03:00", "2027-01-01 00:00", "2031-08-15 23:59:59"):
        now = ist(at)
        assert SIMULATED.phase(now) is Phase.OPEN
        assert SIMULATED.trade_date(now) == now.astimezone(IST).date()
        session = SIMULATED.session(now)
        assert session is not None
        assert session.open_at <= now < session.close_at
        assert SIMULATED.next_change(now) == (Phase.OPEN, session.close_at)


def test_simulated_exchange_time_maps_the_day_onto_trading_hours() -> None:
    assert SIMULATED.market_time(ist("2027-03-06 00:00")) == time(9, 15)
    assert SIMULATED.market_time(ist("2027-03-06 12:00")) == time(12, 22, 30)
    assert SIMULATED.minutes_to_close(ist("2027-03-06 12:00")) == 187.5
    assert SIMULATED.instant_of(date(2027, 3, 6), time(15, 30)) == ist("2027-03-07 00:00")
    assert SIMULATED.instant_of(date(2027, 3, 6), time(9)) == ist("2027-03-06 00:00")
    assert SIMULATED.slot(ist("2027-03-06 12:00:59"), 60) == ist("2027-03-06 12:00")


MOMENTS = st.datetimes(datetime(2016, 1, 1), datetime(2026, 12, 29)).map(lambda d: d.replace(tzinfo=UTC))


@settings(max_examples=150, deadline=None)
@given(now=MOMENTS)
def test_clocks_agree_with_themselves(now: datetime) -> None:
    clocks: list[ExchangeClock] = [SHARE, PLAIN, OPTION, SIMULATED]
    for clock in clocks:
        following, when = clock.next_change(now)
        assert now < when
        assert clock.phase(when) is following
        if clock is not SIMULATED:
            assert clock.phase(when - timedelta(microseconds=1)) is clock.phase(now)
        assert clock.trade_date(now) <= now.astimezone(IST).date()
        assert (clock.minutes_to_close(now) is not None) is clock.is_open(now)
        assert timedelta(0) <= now - clock.slot(now, 300) < timedelta(seconds=300)
        back = clock.instant_of(now.astimezone(IST).date(), clock.market_time(now))
        assert abs(back - now) < timedelta(milliseconds=1)
