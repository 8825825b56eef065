from datetime import date, time
from itertools import pairwise

import pytest

from engines.exchange.auctions import closing_auction_steps, pre_open_steps
from engines.exchange.phases import (
    CloseMethod,
    Group,
    Phase,
    UnknownSegment,
    close_method,
    group_windows,
    mcx_close,
    phase_at,
    phase_windows,
    regular_hours,
    special_windows,
)

BEFORE, AFTER = date(2026, 7, 31), date(2026, 8, 3)


def phase(exchange: str, segment: str, cas: bool, day: date, at: str) -> Phase:
    return phase_at(phase_windows(exchange, segment, cas, day), time.fromisoformat(at))


@pytest.mark.parametrize(
    ("segment", "cas", "day", "at", "expected"),
    [
        ("EQ", True, BEFORE, "15:14:59", Phase.OPEN),
        ("EQ", True, BEFORE, "15:15:00", Phase.OPEN),
        ("EQ", True, AFTER, "15:14:59", Phase.OPEN),
        ("EQ", True, AFTER, "15:15:00", Phase.CLOSING_AUCTION),
        ("EQ", True, AFTER, "15:34:59", Phase.CLOSING_AUCTION),
        ("EQ", True, AFTER, "15:35:00", Phase.CLOSED),
        ("EQ", False, BEFORE, "15:15:00", Phase.OPEN),
        ("EQ", False, AFTER, "15:15:00", Phase.OPEN),
        ("EQ", False, AFTER, "15:30:00", Phase.CLOSED),
        ("EQ", False, BEFORE, "15:40:00", Phase.POST_CLOSE),
        ("EQ", False, AFTER, "15:40:00", Phase.CLOSED),
        ("EQ", True, AFTER, "15:50:00", Phase.POST_CLOSE),
        ("EQ", True, AFTER, "16:00:00", Phase.CLOSED),
        ("INDEX", False, AFTER, "15:15:00", Phase.CLOSING_AUCTION),
        ("FUT", False, BEFORE, "15:39:00", Phase.CLOSED),
        ("FUT", False, AFTER, "15:39:00", Phase.OPEN),
        ("OPT", False, AFTER, "15:39:59", Phase.OPEN),
        ("OPT", False, AFTER, "15:40:00", Phase.CLOSED),
    ],
)
def test_the_end_of_the_day_around_the_closing_auction(
    segment: str, cas: bool, day: date, at: str, expected: Phase
) -> None:
    assert phase("NSE", segment, cas, day, at) is expected


def test_futures_have_a_pre_open_from_december_2025_and_options_never() -> None:
    assert phase("NFO", "FUT", False, date(2025, 12, 5), "09:05") is Phase.CLOSED
    assert phase("NFO", "FUT", False, date(2025, 12, 8), "09:05") is Phase.PRE_OPEN
    assert phase("NFO", "OPT", False, date(2025, 12, 8), "09:05") is Phase.CLOSED


def test_windows_of_a_group_never_overlap() -> None:
    days = [date(2005, 1, 3), date(2010, 2, 1), date(2015, 6, 1), date(2025, 12, 8), date(2026, 8, 3)]
    for group in Group:
        for day in days:
            windows = group_windows(group, day)
            assert windows
            assert all(a.end <= b.start for a, b in pairwise(windows))
            assert sum(w.phase is Phase.OPEN for w in windows) == 1


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (date(2009, 12, 31), ("09:55", "15:30")),
        (date(2010, 1, 4), ("09:00", "15:30")),
        (date(2010, 10, 18), ("09:15", "15:30")),
        (date(2026, 11, 20), ("09:15", "15:30")),
    ],
)
def test_regular_hours_by_era(day: date, hours: tuple[str, str]) -> None:
    assert tuple(f"{t:%H:%M}" for t in regular_hours(day)) == hours


@pytest.mark.parametrize(
    ("day", "close"),
    [
        ("2026-03-06", "23:55"),
        ("2026-03-09", "23:30"),
        ("2026-10-30", "23:30"),
        ("2026-11-02", "23:55"),
        ("2027-03-12", "23:55"),
        ("2027-03-15", "23:30"),
    ],
)
def test_mcx_closes_by_daylight_time_in_new_york(day: str, close: str) -> None:
    assert mcx_close(date.fromisoformat(day)) == time.fromisoformat(close)
    assert phase_windows("MCX", "FUT", False, date.fromisoformat(day))[-1].end == time.fromisoformat(close)


def test_mcx_agricultural_contracts_keep_their_own_hours() -> None:
    assert phase_windows("MCX", "AGRI", False, AFTER)[0].end == time(17)
    assert phase_windows("MCX", "AGRI_LINKED", False, AFTER)[0].end == time(21)


def test_close_method_changes_for_eligible_shares_only() -> None:
    assert close_method(BEFORE, True) is CloseMethod.VWAP_LAST_30_MIN
    assert close_method(AFTER, True) is CloseMethod.CLOSING_AUCTION
    assert close_method(AFTER, False) is CloseMethod.VWAP_LAST_30_MIN


def test_special_sessions_carry_their_own_hours() -> None:
    hours = [(time(18, 15), time(19, 15))]
    shares = special_windows(Group.EQUITY, date(2023, 11, 12), hours)
    assert [(w.phase, w.start, w.end) for w in shares] == [
        (Phase.PRE_OPEN, time(18), time(18, 15)),
        (Phase.OPEN, time(18, 15), time(19, 15)),
        (Phase.POST_CLOSE, time(19, 25), time(19, 35)),
    ]
    assert [w.phase for w in special_windows(Group.OPTIONS, date(2023, 11, 12), hours)] == [Phase.OPEN]


def test_auction_steps_change_on_their_dates() -> None:
    assert [s.name for s in pre_open_steps(date(2026, 9, 4))] == ["entry", "matching", "buffer"]
    assert [s.name for s in pre_open_steps(date(2026, 9, 7))] == ["entry", "limit_entry", "matching", "buffer"]
    assert pre_open_steps(date(2009, 1, 1)) == ()
    assert closing_auction_steps(BEFORE) == ()
    steps = closing_auction_steps(AFTER)
    assert (steps[0].start, steps[-1].end) == (time(15, 15), time(15, 35))
    assert [s.name for s in steps if s.market_orders] == ["entry"]


@pytest.mark.parametrize(("exchange", "segment"), [("LSE", "EQ"), ("NSE", "BONDS")])
def test_an_unknown_segment_is_named(exchange: str, segment: str) -> None:
    with pytest.raises(UnknownSegment, match=exchange if exchange == "LSE" else segment):
        phase_windows(exchange, segment, False, AFTER)
