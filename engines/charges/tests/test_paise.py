"""The compiled integers: exact at the halves and at the ends."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.charges.constants import PER_BILLION
from engines.charges.paise import leg_paise, share_paise, share_rupees
from engines.charges.tables import ChargePlan, charge_row


@given(value=st.integers(0, 10**17), rate=st.integers(0, PER_BILLION))
def test_share_is_exact(value: int, rate: int) -> None:
    assert share_paise(value, rate) == (2 * value * rate + PER_BILLION) // (2 * PER_BILLION)


@given(a=st.integers(0, 10**17), b=st.integers(0, 10**17), p=st.integers(0, 10**7), q=st.integers(0, 10**7))
def test_rupees_are_rounded_once(a: int, b: int, p: int, q: int) -> None:
    rupee = 100 * PER_BILLION
    assert share_rupees(a, p, b, q) == (2 * (a * p + b * q) + rupee) // (2 * rupee) * 100


@pytest.mark.parametrize(("value", "rate", "expected"), [(1, 500_000_000, 1), (1, 499_999_999, 0), (0, 5, 0)])
def test_halves_go_up(value: int, rate: int, expected: int) -> None:
    assert share_paise(value, rate) == expected


def test_legs_are_notes_of_their_own() -> None:
    row = charge_row(ChargePlan(), "delivery", date(2026, 11, 20))
    # Buy 1,00,000: STT 100, exchange 3.07, SEBI 0.10, GST 0.57, stamp 15.
    # Sell 1,10,000: 110, 3.38, 0.11, 0.63, DP 15.34.
    assert leg_paise(row, 10_000_000, False) == 11_874
    assert leg_paise(row, 11_000_000, True) == 12_946
