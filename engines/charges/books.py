"""Charges for books and previews: Decimal rupees in, Decimal rupees out, split by kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from engines.charges.constants import PAISE_PER_RUPEE
from engines.charges.paise import note_paise, order_paise, share_rupees
from engines.charges.tables import ChargePlan, Segment, charge_row, order_rule, plan_row, rate_row

_PAISA = Decimal("0.01")
_MOST_PAISE = 10**17


@dataclass(frozen=True, slots=True)
class Order:
    """An executed order. ``value``: rupees, price times quantity (options: premium). Partial fills are one order."""

    side: Literal["buy", "sell"]
    value: Decimal
    lots: int = 1


@dataclass(frozen=True, slots=True)
class Charges:
    """Charges in rupees by kind. ``stt`` includes the commodity transaction tax."""

    brokerage: Decimal
    stt: Decimal
    exchange: Decimal
    sebi: Decimal
    gst: Decimal
    stamp: Decimal
    dp: Decimal
    total: Decimal


def rupees(paise: int) -> Decimal:
    """Return paise as rupees with two places."""
    return (Decimal(int(paise)) / PAISE_PER_RUPEE).quantize(_PAISA)


def _to_paise(value: Decimal) -> int:
    if not value.is_finite() or value < 0:
        raise ValueError(f"the value of an order is a number of rupees that is not negative, was {value}")
    paise = int((value * PAISE_PER_RUPEE).to_integral_value(ROUND_HALF_UP))
    if paise > _MOST_PAISE:
        raise ValueError(f"the value of an order is at most {rupees(_MOST_PAISE)} rupees, was {value}")
    return paise


def charges_of(
    orders: Sequence[Order],
    *,
    on: date,
    segment: Segment,
    plan: ChargePlan = ChargePlan(),  # noqa: B008 (frozen)
    securities_sold: int | None = None,
) -> Charges:
    """Return the charges of one contract note: orders of a segment on a trade date (domain B3).

    ``securities_sold``: how many securities were sold from the depository; by default one if any delivery sale.
    """
    row = charge_row(plan, segment, on)
    per_lot = order_rule(plan_row(plan.plan, on), segment).per_lot
    values = [_to_paise(order.value) for order in orders]
    brokerage = sum(
        int(order_paise(row, value, order.lots if per_lot else 1)) for order, value in zip(orders, values, strict=True)
    )
    bought = sum(value for order, value in zip(orders, values, strict=True) if order.side == "buy")
    sold = sum(values) - bought
    days = int(sold > 0) if securities_sold is None else securities_sold
    parts = [brokerage, *(int(part) for part in note_paise(row, bought, sold, brokerage, days))]
    return Charges(*(rupees(part) for part in parts), total=rupees(sum(parts)))


def exercise_stt(intrinsic_value: Decimal, *, on: date, segment: Literal["exercise", "commodity_exercise"]) -> Decimal:
    """Return the tax the buyer of an option pays on exercise, on its intrinsic value, in whole rupees."""
    rate = rate_row(f"stt:share:{segment}:buy", on).rate
    return rupees(share_rupees(_to_paise(intrinsic_value), rate, 0, 0))


def flat_charges(orders: Sequence[Order], *, flat_pct: Decimal) -> Charges:
    """Return the charges of a plan that takes ``flat_pct`` percent of each order and nothing else."""
    if not flat_pct.is_finite() or not 0 <= flat_pct <= 100:
        raise ValueError(f"flat_pct is a percentage from 0 to 100, was {flat_pct}")
    paise = [order.value * flat_pct / 100 for order in orders]
    fee = sum((part.quantize(_PAISA, ROUND_HALF_UP) for part in paise), Decimal("0.00"))
    none = Decimal("0.00")
    return Charges(fee, none, none, none, none, none, none, fee)
