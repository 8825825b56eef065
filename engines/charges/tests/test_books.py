"""Golden rupee vectors, by era, and the wrapper against a Decimal transcription of the published order."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.charges.books import Charges, Order, charges_of, exercise_stt, flat_charges
from engines.charges.rates import RATES
from engines.charges.tables import ChargePlan, assumptions, charge_row, charges_version, era_rows, plan_row, rate_row

NOW = date(2026, 11, 20)
NSE = ChargePlan()
BSE = ChargePlan(exchange="BSE")
MCX = ChargePlan(exchange="MCX")


def round_trip(
    plan: ChargePlan, segment: str, quantity: int, buy: int, sell: int, *, on: date = NOW, lots: int = 1
) -> Charges:
    orders = [Order("buy", Decimal(quantity * buy), lots), Order("sell", Decimal(quantity * sell), lots)]
    return charges_of(orders, on=on, segment=segment, plan=plan)


GOLDEN = [
    # plan, segment, quantity, buy, sell: brokerage, stt, exchange, sebi, gst, stamp, dp, total, net
    (NSE, "delivery", 100, 1000, 1100, "0 210 6.45 0.21 1.20 15.00 15.34 248.20 9751.80"),
    (BSE, "delivery", 100, 1000, 1100, "0 210 7.88 0.21 1.46 15.00 15.34 249.89 9750.11"),
    (NSE, "intraday", 400, 1000, 1100, "40 110 25.79 0.84 11.99 12.00 0 200.62 39799.38"),
    (BSE, "intraday", 400, 1000, 1100, "40 110 31.50 0.84 13.02 12.00 0 207.36 39792.64"),
    (NSE, "intraday", 10, 100, 101, "0.60 0 0.06 0.00 0.12 0.03 0 0.81 9.19"),
    (NSE, "futures", 400, 1000, 1100, "40 220 15.37 0.84 10.12 8.00 0 294.33 39705.67"),
    (NSE, "futures", 65, 25000, 25100, "40 816 59.59 3.26 18.51 32.50 0 969.86 5530.14"),
    (NSE, "options", 400, 100, 110, "40 66 29.85 0.08 12.59 1.20 0 149.72 3850.28"),
    (NSE, "options", 65, 120, 145, "40 14 6.12 0.02 8.31 0.23 0 68.68 1556.32"),
    (NSE, "options", 65, 120, 105, "40 10 5.20 0.01 8.14 0.23 0 63.58 -1038.58"),
    (BSE, "options", 20, 300, 340, "40 10 4.16 0.01 7.95 0.18 0 62.30 737.70"),
    (MCX, "commodity_futures", 100, 6000, 6050, "40 61 25.31 1.21 11.97 12.00 0 151.49 4848.51"),
    (MCX, "commodity_options", 100, 200, 230, "40 12 17.97 0.04 10.44 0.60 0 81.05 2918.95"),
    (ChargePlan("icici"), "delivery", 100, 1000, 1100, "525 210 6.45 0.21 95.70 15.00 23.60 875.96 9124.04"),
    (ChargePlan("icici"), "intraday", 400, 1000, 1100, "210 110 25.79 0.84 42.59 12.00 0 401.22 39598.78"),
    (ChargePlan("icici_ivalue"), "intraday", 400, 1000, 1100, "40 110 25.79 0.84 11.99 12.00 0 200.62 39799.38"),
]


@pytest.mark.parametrize(("plan", "segment", "quantity", "buy", "sell", "expected"), GOLDEN)
def test_golden_vectors(plan: ChargePlan, segment: str, quantity: int, buy: int, sell: int, expected: str) -> None:
    charges = round_trip(plan, segment, quantity, buy, sell)
    *kinds, total, net = (Decimal(word) for word in expected.split())
    found = (
        charges.brokerage,
        charges.stt,
        charges.exchange,
        charges.sebi,
        charges.gst,
        charges.stamp,
        charges.dp,
    )
    assert list(found) == kinds
    assert charges.total == total
    assert (sell - buy) * quantity - charges.total == net


@pytest.mark.parametrize(
    ("on", "total"),
    [
        (date(2022, 6, 1), "64.92"),
        (date(2023, 6, 1), "66.22"),
        (date(2024, 6, 3), "66.10"),
        (date(2024, 10, 1), "66.82"),
        (date(2026, 3, 31), "66.82"),
        (date(2026, 4, 1), "71.82"),
    ],
)
def test_one_option_trade_across_eras(on: date, total: str) -> None:
    assert round_trip(NSE, "options", 75, 120, 145, on=on).total == Decimal(total)


def test_the_two_published_examples() -> None:
    plan, on = ChargePlan("icici_ivalue"), date(2022, 12, 1)
    intraday = round_trip(plan, "intraday", 1000, 500, 600, on=on)
    assert (intraday.exchange, intraday.sebi, intraday.gst) == (Decimal("37.95"), Decimal("1.10"), Decimal("14.23"))
    assert (intraday.stt, intraday.stamp, intraday.total) == (Decimal(150), Decimal(15), Decimal("258.28"))
    options = round_trip(plan, "options", 1000, 500, 600, on=on)
    assert (options.exchange, options.gst) == (Decimal(583), Decimal("112.34"))
    assert (options.stt, options.total) == (Decimal(300), Decimal("1051.44"))


def test_exercise_is_taxed_on_the_intrinsic_value() -> None:
    intrinsic = Decimal(65 * 150)
    assert exercise_stt(intrinsic, on=NOW, segment="exercise") == 15
    assert exercise_stt(intrinsic, on=date(2026, 3, 31), segment="exercise") == 12


@pytest.mark.parametrize(
    ("plan", "on", "dp"),
    [
        ("zerodha", date(2024, 9, 30), "15.93"),
        ("zerodha", date(2024, 10, 1), "15.34"),
        ("icici", NOW, "23.60"),
        ("none", NOW, "0"),
    ],
)
def test_depository_charge_is_per_security_and_day(plan: str, on: date, dp: str) -> None:
    sales = [Order("sell", Decimal(5000)), Order("sell", Decimal(7000))]
    one = charges_of(sales, on=on, segment="delivery", plan=ChargePlan(plan))
    two = charges_of(sales, on=on, segment="delivery", plan=ChargePlan(plan), securities_sold=2)
    bought = charges_of([Order("buy", Decimal(5000))], on=on, segment="delivery", plan=ChargePlan(plan))
    assert (one.dp, two.dp, bought.dp) == (Decimal(dp), 2 * Decimal(dp), 0)


@pytest.mark.parametrize(
    ("plan", "delivery", "intraday", "lot"),
    [
        ("icici_prime_299", "250", "25", 49),
        ("icici_prime_999", "220", "22", 49),
        ("icici_prime_2999", "150", "15", 29),
        ("icici_prime_4999", "100", "10", 19),
        ("icici_prime_9999", "70", "7", 9),
        ("icici_moneysaver", "290", "29", 49),
        ("icici_isecure", "550", "50", 95),
    ],
)
def test_percentage_plans(plan: str, delivery: str, intraday: str, lot: int) -> None:
    prices, order = ChargePlan(plan), Order("buy", Decimal(100_000), lots=3)
    assert charges_of([order], on=NOW, segment="delivery", plan=prices).brokerage == Decimal(delivery)
    assert charges_of([order], on=NOW, segment="intraday", plan=prices).brokerage == Decimal(intraday)
    assert charges_of([order], on=NOW, segment="options", plan=prices).brokerage == 3 * lot


def test_classes_of_the_transaction_tax() -> None:
    sale = [Order("sell", Decimal(1_000_000))]
    taxes = {
        kind: charges_of(sale, on=NOW, segment="delivery", plan=ChargePlan(stt_class=kind)).stt
        for kind in ("share", "equity_fund", "none")
    }
    assert taxes == {"share": 1000, "equity_fund": 10, "none": 0}


def test_groups_with_charges_of_their_own() -> None:
    orders = [Order("buy", Decimal(100_000))]
    x_group = charges_of(orders, on=NOW, segment="delivery", plan=ChargePlan(exchange="BSE", group="X"))
    stock_option = charges_of(orders, on=NOW, segment="options", plan=ChargePlan(exchange="BSE", group="other"))
    assert (x_group.exchange, stock_option.exchange) == (100, 5)


def test_flat_percentage() -> None:
    charges = flat_charges([Order("buy", Decimal(1000)), Order("sell", Decimal("1100.50"))], flat_pct=Decimal("0.1"))
    assert charges.total == charges.brokerage == Decimal("2.10")
    with pytest.raises(ValueError, match="flat_pct is a percentage from 0 to 100, was -1"):
        flat_charges([], flat_pct=Decimal(-1))


def test_refusals_name_the_fault() -> None:
    with pytest.raises(ValueError, match="no charge plan is named 'upstox'; known: icici, "):
        charges_of([], on=NOW, segment="delivery", plan=ChargePlan("upstox"))
    with pytest.raises(ValueError, match="MCX has no segment 'delivery'"):
        charges_of([], on=NOW, segment="delivery", plan=MCX)
    with pytest.raises(ValueError, match=r"segment is one of delivery, .* was 'swing'"):
        charges_of([], on=NOW, segment="swing", plan=NSE)
    with pytest.raises(ValueError, match="not negative, was -1"):
        charges_of([Order("buy", Decimal(-1))], on=NOW, segment="delivery", plan=NSE)


def test_stamp_duty_before_the_uniform_rates_is_assumed_and_said() -> None:
    assert round_trip(NSE, "delivery", 100, 1000, 1100, on=date(2020, 6, 30)).stamp == 15
    assert assumptions("zerodha", date(2020, 6, 30)) == ("STAMP_DUTY_ASSUMED",)
    assert assumptions("zerodha", date(2020, 7, 1)) == ()
    assert assumptions("none", date(2019, 1, 1)) == ()


def test_rows_of_an_item_follow_without_gap_or_overlap() -> None:
    for item in {row.item for row in RATES}:
        rows = [row for row in RATES if row.item == item]
        assert rows[-1].valid_to is None
        for earlier, later in pairwise(rows):
            assert earlier.valid_to.toordinal() + 1 == later.valid_from.toordinal()
        for row in rows:
            assert rate_row(item, row.valid_from or date(1990, 1, 1)) is row


def test_eras_of_a_run_are_the_rows_of_its_days() -> None:
    dates = np.arange("2019-12-01", "2026-12-01", dtype="datetime64[D]")[::13]
    era, rows = era_rows(NSE, dates)
    for day, number in zip(dates.astype(object), era, strict=True):
        assert (rows[number, 0] == charge_row(NSE, "delivery", day)).all()
        assert (rows[number, 1] == charge_row(NSE, "intraday", day)).all()


def test_the_version_is_stable_text() -> None:
    assert charges_version() == charges_version()
    assert len(charges_version()) == 12


# --- the published order of computation, in Decimals -------------------------------------------------------------


def _r(value: Decimal, places: str) -> Decimal:
    return value.quantize(Decimal(places), ROUND_HALF_UP)


def _share(item: str, on: date, base: Decimal) -> Decimal:
    try:
        return base * rate_row(item, on).rate / Decimal(10**9)
    except KeyError:
        return Decimal(0)


def transcription(orders: list[Order], on: date, segment: str, plan: ChargePlan) -> Decimal:
    broker = plan_row(plan.plan, on)
    rule = {"delivery": broker.delivery, "options": broker.options}.get(segment, broker.leveraged)
    brokerage = Decimal(0)
    for order in orders:
        fee = order.value * rule.rate / Decimal(10**9)
        if rule.flat_paise:
            fee = Decimal(rule.flat_paise) / 100 * (order.lots if rule.per_lot else 1)
        elif rule.cap_paise:
            fee = min(fee, Decimal(rule.cap_paise) / 100)
        brokerage += _r(fee, "0.01")
    bv = sum((order.value for order in orders if order.side == "buy"), Decimal(0))
    sv = sum((order.value for order in orders if order.side == "sell"), Decimal(0))
    stt = _r(_share(f"stt:share:{segment}:buy", on, bv) + _share(f"stt:share:{segment}:sell", on, sv), "1")
    cash = "cash" if segment in {"delivery", "intraday"} else segment
    exch = _r(_share(f"exchange:{plan.exchange}:{cash}", on, bv + sv), "0.01")
    sebi = _r(_share("sebi", on, bv + sv), "0.01")
    stamp = _r(_share(f"stamp:{segment}", on, bv), "0.01")
    taxed = brokerage + exch + (sebi if on >= date(2022, 7, 18) else 0)
    gst = _r(taxed * Decimal("0.18"), "0.01")
    dp = Decimal(broker.dp_paise) / 100 if segment == "delivery" and sv > 0 else Decimal(0)
    return brokerage + stt + exch + sebi + gst + stamp + dp


ORDERS = st.lists(
    st.builds(
        Order,
        side=st.sampled_from(["buy", "sell"]),
        value=st.integers(1, 10**13).map(lambda paise: Decimal(paise) / 100),
        lots=st.integers(1, 50),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(
    orders=ORDERS,
    on=st.dates(date(2019, 1, 1), date(2027, 12, 31)),
    segment=st.sampled_from(["delivery", "intraday", "futures", "options"]),
    name=st.sampled_from(["zerodha", "icici", "icici_prime_4999", "icici_ivalue"]),
    exchange=st.sampled_from(["NSE", "BSE"]),
)
def test_the_integers_equal_the_decimals(orders: list[Order], on: date, segment: str, name: str, exchange: str) -> None:
    plan = ChargePlan(name, exchange=exchange)
    charges = charges_of(orders, on=on, segment=segment, plan=plan)
    assert charges.total == transcription(orders, on, segment, plan)
    kinds = (charges.brokerage, charges.stt, charges.exchange, charges.sebi, charges.gst, charges.stamp, charges.dp)
    assert min(kinds) >= 0
    assert sum(kinds) == charges.total


@settings(max_examples=100, deadline=None)
@given(quantity=st.integers(1, 10**6), price_paise=st.integers(5, 10**7), on=st.dates(date(2019, 1, 1), NOW))
def test_charges_do_not_fall_with_quantity(quantity: int, price_paise: int, on: date) -> None:
    def total(shares: int) -> Decimal:
        value = Decimal(shares * price_paise) / 100
        return charges_of([Order("buy", value), Order("sell", value)], on=on, segment="delivery").total

    assert total(quantity) <= total(quantity + 1)
