"""Money of a person: Decimal rupees, integer paise, and how India writes them.

Rounding is half-up, away from zero for losses too (``r2(Decimal("-0.005")) == Decimal("-0.01")``), as contract notes
round. Binary floats never enter a sum: a float given here is read as the shortest decimal that prints the same.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from django.db import connections
from django.db.models import QuerySet, Sum

Amount = Decimal | int | str | float

_CONTEXT = Context(prec=60, rounding=ROUND_HALF_UP)
_ONE = Decimal(1)
_PAISA = Decimal("0.01")
_LAKH = Decimal(100_000)
_CRORE = Decimal(10_000_000)


def rupees(value: Amount) -> Decimal:
    """Return ``value`` as an exact Decimal of rupees, unrounded.

    Raises ValueError for what is no finite number (text, NaN, Infinity) and for booleans.
    """
    if isinstance(value, bool):
        raise ValueError(f"An amount of money was {value!r}.")
    try:
        amount = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError(f"An amount of money was {value!r}.") from None
    if not amount.is_finite():
        raise ValueError(f"An amount of money was {value!r}.")
    return amount


def r0(value: Amount) -> Decimal:
    """Round to whole rupees, half-up."""
    return rupees(value).quantize(_ONE, context=_CONTEXT)


def r2(value: Amount) -> Decimal:
    """Round to the paisa, half-up."""
    return rupees(value).quantize(_PAISA, context=_CONTEXT)


def to_paise(value: Amount) -> int:
    """Return the amount in paise, rounded half-up."""
    return int(_CONTEXT.multiply(r2(value), Decimal(100)))


def from_paise(paise: int) -> Decimal:
    """Return an integer number of paise as rupees with two decimals."""
    return Decimal(paise).scaleb(-2, context=_CONTEXT)


def group_indian(digits: str) -> str:
    """Put commas between lakhs and crores: ``"1234567"`` is ``"12,34,567"``. Takes digits only."""
    head, tail = digits[:-3], digits[-3:]
    pairs = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])


def format_rupees(value: Amount, *, decimals: int = 2, symbol: str = "") -> str:
    """Write an amount as India does: ``12,34,567.80``; a loss begins with a minus sign, before the symbol."""
    amount = rupees(value).quantize(_ONE.scaleb(-decimals), context=_CONTEXT)
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    sign = "-" if amount < 0 else ""
    return f"{sign}{symbol}{group_indian(whole)}" + (f".{fraction}" if fraction else "")


def compact(value: Amount, *, decimals: int = 1, symbol: str = "") -> str:
    """Write an amount in lakh or crore: ``1.2 L``, ``3.4 Cr``; below a lakh in whole rupees, ``99,999``.

    The unit is chosen after rounding, so that 99.99 lakh is ``1.0 Cr`` and never ``100.0 L``.
    """
    amount = rupees(value)
    if r0(abs(amount)) < _LAKH:
        return format_rupees(amount, decimals=0, symbol=symbol)
    name, scaled = "L", _in_units(abs(amount), _LAKH, decimals)
    if scaled >= 100:
        name, scaled = "Cr", _in_units(abs(amount), _CRORE, decimals)
    whole, _, fraction = f"{scaled:f}".partition(".")
    number = group_indian(whole) + (f".{fraction}" if fraction else "")
    return f"{'-' if amount < 0 else ''}{symbol}{number} {name}"


def _in_units(amount: Decimal, unit: Decimal, decimals: int) -> Decimal:
    return _CONTEXT.divide(amount, unit).quantize(_ONE.scaleb(-decimals), context=_CONTEXT)


def sum_money(source: Iterable[Decimal] | QuerySet[Any], field: str | None = None) -> Decimal:
    """Return the exact sum of Decimals, or of a Decimal column of a queryset.

    SQLite keeps decimals as binary floats and sums them as such, so there the column is read and summed here; read
    values are exact to the column's places. An empty source is zero.
    """
    if not isinstance(source, QuerySet):
        return _add_up(source)
    if field is None:
        raise ValueError("Name the column to sum.")
    if connections[source.db].vendor == "sqlite":
        return _add_up(value for value in source.values_list(field, flat=True) if value is not None)
    return source.aggregate(total=Sum(field))["total"] or Decimal(0)


def _add_up(values: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = _CONTEXT.add(total, value)
    return total
