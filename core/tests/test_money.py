from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money

PAISE = st.integers(min_value=-(10**15), max_value=10**15)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.005", "0.01"), ("0.004", "0.00"), ("-0.005", "-0.01"), (2.675, "2.68"), ("1e3", "1000.00"), (7, "7.00")],
)
def test_r2_rounds_half_up(value: money.Amount, expected: str) -> None:
    assert str(money.r2(value)) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("0.5", "1"), ("1.5", "2"), ("2.5", "3"), ("-2.5", "-3"), ("2.49", "2")]
)
def test_r0_rounds_half_up_not_to_even(value: str, expected: str) -> None:
    assert str(money.r0(value)) == expected


@pytest.mark.parametrize("bad", ["", "12 rupees", "NaN", "Infinity", float("nan"), float("inf"), True, None])
def test_what_is_no_amount_is_refused_by_name(bad: object) -> None:
    with pytest.raises(ValueError, match="An amount of money was"):
        money.rupees(bad)  # type: ignore[arg-type]


def test_a_float_is_read_as_it_prints() -> None:
    assert money.rupees(0.1) + money.rupees(0.2) == Decimal("0.3")


@given(PAISE)
def test_paise_and_rupees_round_trip(paise: int) -> None:
    assert money.to_paise(money.from_paise(paise)) == paise


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.8", "12,34,567.80"),
        ("0", "0.00"),
        ("999", "999.00"),
        ("1000", "1,000.00"),
        ("99999.995", "1,00,000.00"),
        ("-1234567.8", "-12,34,567.80"),
        ("123456789012.34", "1,23,45,67,89,012.34"),
        ("-0.001", "0.00"),
    ],
)
def test_format_rupees_groups_by_lakh_and_crore(value: str, text: str) -> None:
    assert money.format_rupees(Decimal(value)) == text


def test_the_minus_sign_stands_before_the_symbol() -> None:
    assert money.format_rupees("-1500", decimals=0, symbol="₹") == "-₹1,500"


@given(PAISE)
def test_formatting_loses_nothing(paise: int) -> None:
    assert Decimal(money.format_rupees(money.from_paise(paise)).replace(",", "")) == money.from_paise(paise)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("120000", "1.2 L"),
        ("34000000", "3.4 Cr"),
        ("99999", "99,999"),
        ("99999.5", "1.0 L"),
        ("9999999", "1.0 Cr"),
        ("9990000", "99.9 L"),
        ("-250000", "-2.5 L"),
        ("0", "0"),
        ("123456000000", "12,345.6 Cr"),
    ],
)
def test_compact(value: str, text: str) -> None:
    assert money.compact(Decimal(value)) == text


@given(st.lists(PAISE, max_size=50), st.randoms())
def test_a_sum_is_exact_and_independent_of_order(paise: list[int], rng: object) -> None:
    amounts = [money.from_paise(p) for p in paise]
    rng.shuffle(amounts)  # type: ignore[attr-defined]
    assert money.to_paise(money.sum_money(amounts)) == sum(paise)
