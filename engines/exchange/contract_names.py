"""Kite's trading symbols of futures and options, both ways.

Future ``NIFTY26NOVFUT``, monthly option ``NIFTY26NOV25000CE`` (name, YY, MMM, strike, CE or PE), weekly option
``NIFTY26D0125000CE`` (name, YY, month 1-9 O N D, DD, strike). A monthly symbol does not tell its day: a contract
moved by a holiday keeps the plain month. Names that end in digits make symbols ambiguous, so the parser is told the
underlyings; live code looks symbols up in the instrument list and uses this for history and the simulated exchange.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from engines.exchange.calendar import TradingCalendar
from engines.exchange.derivatives import monthly_expiry

UNDERLYINGS: Final = ("NIFTY", "BANKNIFTY", "FINNIFTY", "SENSEX", "MIDCPNIFTY", "NIFTYNXT50", "BANKEX", "SENSEX50")

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKLY_MONTHS: Final = "123456789OND"
_STRIKE: Final = r"(?P<strike>\d+(?:\.\d+)?)(?P<right>CE|PE)"
_FUTURE: Final = re.compile(rf"(?P<yy>\d\d)(?P<month>{'|'.join(_MONTHS)})FUT")
_MONTHLY: Final = re.compile(rf"(?P<yy>\d\d)(?P<month>{'|'.join(_MONTHS)}){_STRIKE}")
_WEEKLY: Final = re.compile(rf"(?P<yy>\d\d)(?P<m>[{_WEEKLY_MONTHS}])(?P<dd>\d\d){_STRIKE}")


class ContractNameError(ValueError):
    """A text that is no derivative symbol, or more than one."""


@dataclass(frozen=True, slots=True)
class ContractName:
    """A derivative symbol taken apart. ``expiry`` is None for monthly contracts, whose symbol names no day."""

    underlying: str
    year: int
    month: int
    kind: str  # FUT, CE, PE
    strike: Decimal | None = None
    expiry: date | None = None

    def expiry_date(self, calendar: TradingCalendar) -> date:
        """Return the day of expiry; for a monthly contract of an index by its rule."""
        return self.expiry or monthly_expiry(self.underlying, self.year, self.month, calendar)


def future_name(underlying: str, year: int, month: int) -> str:
    """Return the symbol of a future, e.g. NIFTY26NOVFUT."""
    return f"{underlying}{year % 100:02d}{_MONTHS[month - 1]}FUT"


def option_name(underlying: str, expiry: date, strike: Decimal | float, right: str, *, monthly: bool) -> str:
    """Return the symbol of an option; ``right`` is CE or PE."""
    if right not in {"CE", "PE"}:
        raise ContractNameError(f"an option is CE or PE, was {right!r}")
    prefix = f"{underlying}{expiry.year % 100:02d}"
    tail = f"{_strike_text(strike)}{right}"
    if monthly:
        return f"{prefix}{_MONTHS[expiry.month - 1]}{tail}"
    return f"{prefix}{_WEEKLY_MONTHS[expiry.month - 1]}{expiry.day:02d}{tail}"


def index_option_name(index: str, expiry: date, strike: Decimal | float, right: str, calendar: TradingCalendar) -> str:
    """Return the symbol of an index option, monthly or weekly as its expiry demands (moved monthlies included)."""
    monthly = expiry == monthly_expiry(index, expiry.year, expiry.month, calendar)
    return option_name(index, expiry, strike, right, monthly=monthly)


def _strike_text(strike: Decimal | float) -> str:
    try:
        value = Decimal(str(strike))
    except InvalidOperation as error:
        raise ContractNameError(f"strike {strike!r} is no number") from error
    if not value.is_finite() or value <= 0:
        raise ContractNameError(f"a strike is positive, was {strike}")
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_contract(symbol: str, underlyings: Iterable[str] = UNDERLYINGS) -> ContractName:
    """Take a symbol apart, knowing which underlyings exist.

    Raises `ContractNameError` when nothing fits, and when more than one reading does (naming them).
    """
    text = symbol.strip().upper()
    found = [name for underlying in underlyings if (name := _read(text, underlying)) is not None]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ContractNameError(f"{symbol!r} is no symbol of a future or option on a known underlying")
    readings = "; ".join(f"{n.underlying} {n.expiry or f'{n.year}-{n.month:02d}'} {n.strike} {n.kind}" for n in found)
    raise ContractNameError(f"{symbol!r} can be read in several ways: {readings}")


def _read(text: str, underlying: str) -> ContractName | None:
    if not text.startswith(underlying):
        return None
    rest = text[len(underlying) :]
    if match := _FUTURE.fullmatch(rest):
        return ContractName(underlying, 2000 + int(match["yy"]), _MONTHS.index(match["month"]) + 1, "FUT")
    if match := _MONTHLY.fullmatch(rest):
        month = _MONTHS.index(match["month"]) + 1
        return ContractName(underlying, 2000 + int(match["yy"]), month, match["right"], Decimal(match["strike"]))
    if match := _WEEKLY.fullmatch(rest):
        return _weekly(underlying, match)
    return None


def _weekly(underlying: str, match: re.Match[str]) -> ContractName | None:
    year, month = 2000 + int(match["yy"]), _WEEKLY_MONTHS.index(match["m"]) + 1
    try:
        expiry = date(year, month, int(match["dd"]))
    except ValueError:
        return None
    return ContractName(underlying, year, month, match["right"], Decimal(match["strike"]), expiry)
