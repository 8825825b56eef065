from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.exchange.ticks import (
    Halt,
    TickGroup,
    dynamic_band,
    market_wide_halt,
    price_band,
    round_limit,
    round_tick,
    tick_size,
)


@pytest.mark.parametrize(
    ("price", "tick"),
    [
        ("249.99", "0.01"),
        ("250", "0.05"),
        ("1000", "0.05"),
        ("1000.05", "0.10"),
        ("5000", "0.10"),
        ("5001", "0.50"),
        ("10000", "0.50"),
        ("10001", "1.00"),
        ("20000", "1.00"),
        ("20001", "5.00"),
    ],
)
def test_ticks_of_shares_by_price_since_april_2025(price: str, tick: str) -> None:
    for group in (TickGroup.STOCK, TickGroup.STOCK_FUTURE):
        assert tick_size(group, Decimal(price), date(2025, 4, 15)) == Decimal(tick)


@pytest.mark.parametrize(
    ("group", "price", "day", "tick"),
    [
        (TickGroup.STOCK, "100", date(2024, 6, 9), "0.05"),
        (TickGroup.STOCK, "100", date(2024, 6, 10), "0.01"),
        (TickGroup.STOCK, "6000", date(2025, 4, 14), "0.05"),
        (TickGroup.INDEX_FUTURE, "15000", date(2025, 4, 15), "0.05"),
        (TickGroup.INDEX_FUTURE, "25000", date(2025, 4, 15), "0.10"),
        (TickGroup.INDEX_FUTURE, "30001", date(2025, 4, 15), "0.20"),
        (TickGroup.INDEX_FUTURE, "25000", date(2025, 4, 14), "0.05"),
        (TickGroup.INDEX_OPTION, "25000", date(2026, 11, 20), "0.05"),
        (TickGroup.STOCK_OPTION, "200", date(2025, 10, 31), "0.05"),
        (TickGroup.STOCK_OPTION, "200", date(2025, 11, 3), "0.01"),
        (TickGroup.STOCK_OPTION, "250", date(2025, 11, 3), "0.05"),
        (TickGroup.ETF, "300", date(2026, 11, 20), "0.01"),
    ],
)
def test_ticks_of_other_groups_and_dates(group: TickGroup, price: str, day: date, tick: str) -> None:
    assert tick_size(group, Decimal(price), day) == Decimal(tick)


def test_limits_round_towards_a_fill() -> None:
    tick = Decimal("0.05")
    assert round_limit(Decimal("100.01"), tick, "BUY") == Decimal("100.05")
    assert round_limit(Decimal("100.04"), tick, "SELL") == Decimal("100.00")
    assert round_limit(Decimal("100.05"), tick, "BUY") == Decimal("100.05")
    assert round_tick(Decimal("100.025"), tick) == Decimal("100.05")
    with pytest.raises(ValueError, match="BUY or SELL"):
        round_limit(Decimal(1), tick, "HOLD")
    with pytest.raises(ValueError, match="tick is positive"):
        round_limit(Decimal(1), Decimal(0), "BUY")


@given(
    st.integers(1, 10**9).map(lambda n: Decimal(n) / 1000), st.sampled_from(["0.01", "0.05", "0.10", "0.50", "1", "5"])
)
def test_rounding_moves_less_than_a_tick(price: Decimal, text: str) -> None:
    tick = Decimal(text)
    buy, sell = round_limit(price, tick, "BUY"), round_limit(price, tick, "SELL")
    assert sell <= price <= buy
    assert buy - sell in {Decimal(0), tick}
    assert buy % tick == sell % tick == 0
    assert sell <= round_tick(price, tick) <= buy


def test_price_bands_lie_inside() -> None:
    assert price_band(Decimal("123.45"), 5, Decimal("0.01")) == (Decimal("117.28"), Decimal("129.62"))
    assert dynamic_band(Decimal("1000"), 0, Decimal("0.05")) == (Decimal("900.00"), Decimal("1100.00"))
    assert dynamic_band(Decimal("1000"), 2, Decimal("0.05")) == (Decimal("800.00"), Decimal("1200.00"))


@pytest.mark.parametrize(
    ("move", "at", "halt"),
    [
        (-9.99, "10:00", None),
        (-10.0, "12:59", Halt(10, 45, 15)),
        (10.0, "13:00", Halt(10, 15, 15)),
        (-10.0, "14:30", None),
        (-15.0, "12:59", Halt(15, 105, 15)),
        (-15.0, "13:59", Halt(15, 45, 15)),
        (-15.0, "14:00", Halt(15, None, 0)),
        (-20.0, "09:20", Halt(20, None, 0)),
        (-23.0, "15:00", Halt(20, None, 0)),
    ],
)
def test_market_wide_breaker(move: float, at: str, halt: Halt | None) -> None:
    assert market_wide_halt(move, time.fromisoformat(at)) == halt


def test_a_price_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        tick_size(TickGroup.STOCK, Decimal(0), date(2026, 1, 1))
