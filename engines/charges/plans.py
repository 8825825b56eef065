"""Brokers' price lists by trade date. Data only.

An order costs ``flat_paise`` (per lot where ``per_lot``) or ``rate`` per 10^9 of its value, at most ``cap_paise``
when that is not 0. ``dp_paise``: depository charge with its GST, per security and day with a delivery sale.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

_PERCENT: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class OrderRule:
    """What one executed order costs."""

    rate: int = 0
    cap_paise: int = 0
    flat_paise: int = 0
    per_lot: bool = False


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan's prices from ``valid_from`` to ``valid_to``, both included; None is open ended."""

    plan: str
    delivery: OrderRule
    leveraged: OrderRule
    options: OrderRule
    dp_paise: int
    valid_from: date | None
    valid_to: date | None
    source: str
    sure: str
    is_statutory_free: bool = False


_FREE: Final = OrderRule()
_TWENTY: Final = OrderRule(flat_paise=2_000)
_ZERODHA_LEVERAGED: Final = OrderRule(rate=3 * _PERCENT // 100, cap_paise=2_000)
_OCTOBER_2024: Final = date(2024, 10, 1)
_ICICI_DP_PAISE: Final = 2_360
_ICICI_SOURCE: Final = "icicidirect.com/services/brokerage/prime-plan"


def _rate(percent_times_1000: int) -> OrderRule:
    return OrderRule(rate=percent_times_1000 * _PERCENT // 1_000)


def _per_lot(rupees: int) -> OrderRule:
    return OrderRule(flat_paise=rupees * 100, per_lot=True)


def _icici(plan: str, delivery: int, leveraged: int, lot_rupees: int, source: str, sure: str) -> PlanRow:
    """A percentage plan; the rates in thousandths of a percent."""
    rules = (_rate(delivery), _rate(leveraged), _per_lot(lot_rupees))
    return PlanRow(plan, *rules, _ICICI_DP_PAISE, None, None, source, sure)


PLANS: Final[tuple[PlanRow, ...]] = (
    PlanRow(
        "zerodha",
        _FREE,
        _ZERODHA_LEVERAGED,
        _TWENTY,
        1_593,
        None,
        date(2024, 9, 30),
        "zerodha.com/charges; depository 13.50 + GST",
        "H",
    ),
    PlanRow(
        "zerodha",
        _FREE,
        _ZERODHA_LEVERAGED,
        _TWENTY,
        1_534,
        _OCTOBER_2024,
        None,
        "zerodha.com/charges; depository 13 + GST",
        "H",
    ),
    _icici("icici_prime_299", 250, 25, 49, _ICICI_SOURCE, "H"),
    _icici("icici_prime_999", 220, 22, 49, _ICICI_SOURCE, "H"),
    _icici("icici_prime_2999", 150, 15, 29, _ICICI_SOURCE, "H"),
    _icici("icici_prime_4999", 100, 10, 19, _ICICI_SOURCE, "H"),
    _icici("icici_prime_9999", 70, 7, 9, _ICICI_SOURCE, "H"),
    PlanRow(
        "icici_ivalue",
        _rate(250),
        _TWENTY,
        _TWENTY,
        _ICICI_DP_PAISE,
        None,
        None,
        "icicidirect.com/brokerage/ivalue-plan; delivery as Prime 299",
        "M",
    ),
    _icici("icici_moneysaver", 290, 29, 49, "icicidirect.com, base plan", "M"),
    _icici("icici_isecure", 550, 50, 95, "icicidirect.com, base plan", "M"),
    PlanRow("none", _FREE, _FREE, _FREE, 0, None, None, "no charges at all", "H", is_statutory_free=True),
)

#: The short names a request may use.
ALIASES: Final[dict[str, str]] = {"icici": "icici_prime_299"}
