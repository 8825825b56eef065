from datetime import date, time, timedelta

import pytest

from engines.exchange.calendar import CalendarUnknown, EveryDayCalendar, official_calendar
from engines.exchange.derivatives import (
    INDICES,
    ContractRuleUnknown,
    atm_strike,
    freeze_quantity,
    has_weeklies,
    lot_size,
    max_lots,
    monthly_expiries,
    monthly_expiry,
    shift_to_session,
    signal_expiry,
    strike_step,
    weekly_expiries,
)

NSE = official_calendar("NSE")
BSE = official_calendar("BSE")
YEAR_2026 = (date(2026, 1, 1), date(2026, 12, 31))


def days(text: str, year: int = 2026) -> list[date]:
    return [date.fromisoformat(f"{year}-{day}") for day in text.split()]


@pytest.mark.parametrize("index", ["NIFTY", "BANKNIFTY", "FINNIFTY"])
def test_monthly_expiries_of_2026(index: str) -> None:
    expected = days("01-27 02-24 03-30 04-28 05-26 06-30 07-28 08-25 09-29 10-27 11-23 12-29")
    assert monthly_expiries(index, *YEAR_2026, NSE) == expected


def test_sensex_monthly_expiries_of_2026() -> None:
    expected = days("01-29 02-26 03-25 04-30 05-27 06-25 07-30 08-27 09-24 10-29 11-26 12-31")
    assert monthly_expiries("SENSEX", *YEAR_2026, BSE) == expected


def test_nifty_weeklies_of_2026_are_tuesdays_moved_back_on_holidays() -> None:
    expiries = weekly_expiries("NIFTY", *YEAR_2026, NSE)
    assert len(expiries) == 52
    moved = [day for day in expiries if day.weekday() != 1]
    assert moved == days("03-02 03-30 04-13 10-19 11-09 11-23")
    assert set(monthly_expiries("NIFTY", *YEAR_2026, NSE)) <= set(expiries)


def test_sensex_weeklies_of_2026_are_thursdays_moved_back_on_holidays() -> None:
    expiries = weekly_expiries("SENSEX", *YEAR_2026, BSE)
    assert [day for day in expiries if day.weekday() != 3] == days("01-14 03-25 05-27")


def test_banknifty_weekly_after_its_monthly_in_january_2024() -> None:
    assert monthly_expiry("BANKNIFTY", 2024, 1, NSE) == date(2024, 1, 25)
    expiries = weekly_expiries("BANKNIFTY", date(2024, 1, 1), date(2024, 1, 31), NSE)
    assert expiries == days("01-03 01-10 01-17 01-25 01-31", 2024)


def test_weekdays_change_on_their_dates() -> None:
    around = weekly_expiries("NIFTY", date(2025, 8, 20), date(2025, 9, 10), NSE)
    assert around == days("08-21 08-28 09-02 09-09", 2025)
    sensex = weekly_expiries("SENSEX", date(2025, 8, 18), date(2025, 9, 12), BSE)
    assert sensex == days("08-19 08-26 09-04 09-11", 2025)
    assert weekly_expiries("SENSEX", date(2024, 12, 23), date(2025, 1, 14), BSE) == [
        date(2024, 12, 27),
        date(2025, 1, 3),
        date(2025, 1, 7),
        date(2025, 1, 14),
    ]
    bank = weekly_expiries("BANKNIFTY", date(2023, 8, 28), date(2023, 9, 10), NSE)
    assert bank == [date(2023, 8, 31), date(2023, 9, 6)]


def test_indices_that_lost_their_weeklies() -> None:
    assert weekly_expiries("BANKNIFTY", date(2024, 11, 11), date(2025, 3, 1), NSE) == [date(2024, 11, 13)]
    assert weekly_expiries("FINNIFTY", date(2024, 11, 18), date(2025, 3, 1), NSE) == [date(2024, 11, 19)]
    assert [has_weeklies(index, date(2026, 11, 20)) for index in INDICES] == [True, False, False, True]


@pytest.mark.parametrize(
    ("index", "year", "month", "expected"),
    [
        ("BANKNIFTY", 2024, 2, "2024-02-29"),
        ("BANKNIFTY", 2024, 3, "2024-03-27"),
        ("BANKNIFTY", 2025, 1, "2025-01-30"),
        ("NIFTY", 2025, 8, "2025-08-28"),
        ("NIFTY", 2025, 9, "2025-09-30"),
        ("FINNIFTY", 2024, 12, "2024-12-31"),
        ("FINNIFTY", 2025, 2, "2025-02-27"),
        ("SENSEX", 2023, 4, "2023-04-27"),
        ("SENSEX", 2023, 5, "2023-05-26"),
        ("SENSEX", 2025, 1, "2025-01-28"),
        ("SENSEX", 2025, 9, "2025-09-25"),
    ],
)
def test_monthly_rules_by_contract_month(index: str, year: int, month: int, expected: str) -> None:
    calendar = BSE if index == "SENSEX" else NSE
    assert monthly_expiry(index, year, month, calendar) == date.fromisoformat(expected)


def test_the_calendar_limits_what_is_known() -> None:
    with pytest.raises(CalendarUnknown):
        monthly_expiry("NIFTY", 2027, 1, NSE)
    assert monthly_expiry("NIFTY", 2027, 1, EveryDayCalendar()) == date(2027, 1, 26)
    assert weekly_expiries("NIFTY", date(2030, 1, 1), date(2030, 1, 9), EveryDayCalendar()) == [
        date(2030, 1, 1),
        date(2030, 1, 8),
    ]
    with pytest.raises(ContractRuleUnknown, match="known from 2019-02-11"):
        weekly_expiries("NIFTY", date(2018, 1, 1), date(2018, 2, 1), NSE)
    with pytest.raises(ContractRuleUnknown, match="unknown index 'DOW'"):
        weekly_expiries("DOW", *YEAR_2026, NSE)


def test_a_holiday_moves_an_expiry_to_the_session_before() -> None:
    assert shift_to_session(date(2026, 11, 24), NSE) == date(2026, 11, 23)
    assert shift_to_session(date(2026, 11, 25), NSE) == date(2026, 11, 25)


@pytest.mark.parametrize(
    ("index", "expiry", "traded", "lot"),
    [
        # Seen in NSE's end-of-day contract files of January 2025 and January-February 2026.
        ("NIFTY", "2025-01-02", "2025-01-01", 75),
        ("NIFTY", "2025-01-23", "2025-01-10", 75),
        ("NIFTY", "2025-01-30", "2025-01-10", 25),
        ("NIFTY", "2025-02-27", "2025-01-10", 75),
        ("NIFTY", "2026-06-25", "2025-01-10", 75),
        ("NIFTY", "2029-06-28", "2025-01-10", 75),
        ("NIFTY", "2026-01-06", "2026-01-01", 65),
        ("NIFTY", "2026-03-02", "2026-01-21", 65),
        ("NIFTY", "2026-03-30", "2026-01-01", 65),
        ("NIFTY", "2029-12-24", "2026-01-01", 65),
        ("BANKNIFTY", "2025-01-30", "2025-01-02", 15),
        ("BANKNIFTY", "2025-02-27", "2025-01-02", 30),
        ("BANKNIFTY", "2025-12-24", "2025-01-10", 30),
        ("BANKNIFTY", "2026-06-30", "2026-01-20", 30),
        ("FINNIFTY", "2025-01-30", "2025-01-02", 25),
        ("FINNIFTY", "2025-03-27", "2025-01-10", 65),
        ("FINNIFTY", "2026-01-27", "2026-01-01", 60),
        # From the exchanges' circulars.
        ("NIFTY", "2021-06-24", None, 75),
        ("NIFTY", "2021-07-29", None, 50),
        ("NIFTY", "2024-04-25", None, 50),
        ("NIFTY", "2024-05-02", "2024-04-25", 50),
        ("NIFTY", "2024-05-02", "2024-04-26", 25),
        ("NIFTY", "2024-12-26", None, 25),
        ("NIFTY", "2025-12-30", None, 75),
        ("NIFTY", "2026-03-30", "2025-12-30", 75),
        ("NIFTY", "2026-11-23", "2026-11-20", 65),
        ("BANKNIFTY", "2025-06-26", None, 30),
        ("BANKNIFTY", "2025-07-31", None, 35),
        ("BANKNIFTY", "2025-12-30", None, 35),
        ("BANKNIFTY", "2026-01-27", None, 30),
        ("FINNIFTY", "2024-07-23", None, 40),
        ("FINNIFTY", "2024-07-30", None, 25),
        ("FINNIFTY", "2025-12-30", None, 65),
        ("SENSEX", "2023-05-12", None, 15),
        ("SENSEX", "2023-05-19", None, 10),
        ("SENSEX", "2025-01-07", None, 20),
        ("SENSEX", "2025-01-28", None, 10),
        ("SENSEX", "2026-11-26", None, 20),
    ],
)
def test_lot_sizes_by_contract_and_trade_date(index: str, expiry: str, traded: str | None, lot: int) -> None:
    trade_date = date.fromisoformat(traded) if traded else None
    assert lot_size(index, date.fromisoformat(expiry), trade_date) == lot


def test_lots_refuse_what_they_cannot_know() -> None:
    with pytest.raises(ContractRuleUnknown, match="had expired"):
        lot_size("NIFTY", date(2026, 1, 6), date(2026, 1, 7))
    with pytest.raises(ContractRuleUnknown, match="unknown index"):
        lot_size("NASDAQ", date(2026, 1, 6))


@pytest.mark.parametrize(
    ("day", "bank", "fin"),
    [
        ("2024-08-01", 900, 1800),
        ("2025-07-01", 600, 1800),
        ("2025-09-01", 900, 1800),
        ("2025-11-03", 600, 1800),
        ("2025-12-01", 600, 1200),
        ("2026-01-15", 600, 1200),
        ("2026-02-01", 600, 1800),
        ("2026-03-02", 600, 1200),
        ("2026-05-04", 900, 1800),
        ("2026-08-03", 600, 1800),
    ],
)
def test_freeze_quantities(day: str, bank: int, fin: int) -> None:
    trade_date = date.fromisoformat(day)
    assert freeze_quantity("BANKNIFTY", trade_date) == bank
    assert freeze_quantity("FINNIFTY", trade_date) == fin
    assert freeze_quantity("NIFTY", trade_date) == 1800


def test_most_lots_of_one_order() -> None:
    assert max_lots("NIFTY", date(2026, 11, 23), date(2026, 11, 20)) == 27
    assert max_lots("SENSEX", date(2026, 11, 26), date(2026, 11, 20)) == 50
    with pytest.raises(ContractRuleUnknown, match="known from 2024-08-01"):
        freeze_quantity("NIFTY", date(2024, 7, 31))


@pytest.mark.parametrize(
    ("index", "day", "at", "expected"),
    [
        ("NIFTY", date(2026, 11, 20), time(10), date(2026, 11, 23)),
        ("NIFTY", date(2026, 11, 23), time(13, 29), date(2026, 11, 23)),
        ("NIFTY", date(2026, 11, 23), time(13, 30), date(2026, 12, 1)),
        ("SENSEX", date(2026, 11, 20), time(10), date(2026, 11, 26)),
        ("BANKNIFTY", date(2026, 11, 18), time(10), date(2026, 11, 23)),
        ("BANKNIFTY", date(2026, 11, 20), time(10), date(2026, 12, 29)),
        ("FINNIFTY", date(2026, 11, 25), time(10), date(2026, 12, 29)),
    ],
)
def test_expiry_a_signal_uses(index: str, day: date, at: time, expected: date) -> None:
    assert signal_expiry(index, day, at, BSE if index == "SENSEX" else NSE) == expected


def test_signal_expiry_on_the_simulated_exchange_works_in_any_year() -> None:
    calendar = EveryDayCalendar()
    for offset in range(0, 800, 13):
        day = date(2026, 12, 25) + timedelta(days=offset)
        for index in INDICES:
            assert day <= signal_expiry(index, day, time(12), calendar) <= day + timedelta(days=38)


@pytest.mark.parametrize(
    ("spot", "step", "strike"),
    [(22525, 50, 22550), (22475, 50, 22500), (22487.4, 50, 22500), (22524.99, 50, 22500), (48150, 100, 48200)],
)
def test_strike_at_the_money_rounds_halves_up(spot: float, step: float, strike: float) -> None:
    assert atm_strike(spot, step) == strike


def test_step_comes_from_the_chain_when_there_is_one() -> None:
    chain = [*range(20000, 22000, 100), *range(22000, 23001, 50), *range(23100, 25001, 100)]
    assert strike_step("NIFTY", chain, spot=22487.4) == 50
    assert strike_step("NIFTY", chain, spot=24500.0) == 100
    assert [strike_step(index) for index in INDICES] == [50, 100, 50, 100]
    with pytest.raises(ValueError, match="positive"):
        atm_strike(float("nan"), 50)
