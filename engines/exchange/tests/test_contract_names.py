from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.exchange.calendar import official_calendar
from engines.exchange.contract_names import (
    UNDERLYINGS,
    ContractName,
    ContractNameError,
    future_name,
    index_option_name,
    option_name,
    parse_contract,
)

NSE = official_calendar("NSE")


@pytest.mark.parametrize(
    ("index", "expiry", "strike", "name"),
    [
        ("NIFTY", date(2026, 12, 1), 25000, "NIFTY26D0125000CE"),
        ("NIFTY", date(2026, 10, 6), 25000, "NIFTY26O0625000CE"),
        ("NIFTY", date(2026, 11, 3), 25000, "NIFTY26N0325000CE"),
        ("NIFTY", date(2026, 9, 1), 25000, "NIFTY2690125000CE"),
        ("NIFTY", date(2026, 11, 23), 25000, "NIFTY26NOV25000CE"),  # moved from Tuesday the 24th
        ("NIFTY", date(2026, 3, 2), 25000, "NIFTY2630225000CE"),  # a weekly, moved from the 3rd
        ("NIFTY", date(2026, 3, 30), 25000, "NIFTY26MAR25000CE"),
        ("BANKNIFTY", date(2024, 1, 25), 46000, "BANKNIFTY24JAN46000CE"),
        ("BANKNIFTY", date(2024, 1, 31), 46000, "BANKNIFTY2413146000CE"),
        ("BANKNIFTY", date(2023, 9, 20), 38000, "BANKNIFTY2392038000CE"),
    ],
)
def test_index_options_both_ways(index: str, expiry: date, strike: int, name: str) -> None:
    assert index_option_name(index, expiry, strike, "CE", NSE) == name
    parsed = parse_contract(name)
    assert (parsed.underlying, parsed.strike, parsed.kind) == (index, strike, "CE")
    assert parsed.expiry_date(NSE) == expiry


def test_futures_and_strikes_with_decimals() -> None:
    assert future_name("NIFTY", 2026, 11) == "NIFTY26NOVFUT"
    assert parse_contract("nifty26novfut") == ContractName("NIFTY", 2026, 11, "FUT")
    name = option_name("INFY", date(2026, 11, 24), Decimal("1512.50"), "CE", monthly=True)
    assert name == "INFY26NOV1512.5CE"
    assert parse_contract(name, ["INFY"]).strike == Decimal("1512.5")


def test_underlyings_that_end_in_digits() -> None:
    assert parse_contract("SENSEX5026N1982000PE").underlying == "SENSEX50"
    assert parse_contract("NIFTYNXT5026NOV70000CE").underlying == "NIFTYNXT50"


def test_an_ambiguous_symbol_is_refused_with_its_readings() -> None:
    with pytest.raises(ContractNameError, match=r"several ways: AB 2023-09-20 .*; AB2 2039-02-03"):
        parse_contract("AB2392038000CE", ["AB", "AB2"])


@pytest.mark.parametrize("text", ["RELIANCE", "NIFTY26FOOFUT", "NIFTY2693125000CE", "NIFTY26D0125000XX", ""])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ContractNameError, match="no symbol"):
        parse_contract(text)


@pytest.mark.parametrize(("strike", "right"), [(0, "CE"), (-5, "CE"), (float("nan"), "CE"), (100, "XX")])
def test_bad_parts_are_refused(strike: float, right: str) -> None:
    with pytest.raises(ContractNameError):
        option_name("NIFTY", date(2026, 12, 1), strike, right, monthly=False)


@given(
    st.sampled_from(["NIFTY", "BANKNIFTY", "FINNIFTY", "SENSEX"]),
    st.dates(date(2020, 1, 1), date(2060, 12, 31)),
    st.integers(1, 4_000_000).map(lambda n: Decimal(n) / 20),
    st.sampled_from(["CE", "PE"]),
    st.booleans(),
)
def test_names_survive_the_way_back(underlying: str, expiry: date, strike: Decimal, right: str, monthly: bool) -> None:
    parsed = parse_contract(option_name(underlying, expiry, strike, right, monthly=monthly), UNDERLYINGS)
    assert (parsed.underlying, parsed.strike, parsed.kind) == (underlying, strike, right)
    assert (parsed.year, parsed.month) == (expiry.year, expiry.month)
    assert parsed.expiry == (None if monthly else expiry)
