"""Holdings as they are given, merged and weighed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from engines.portfolio_risk.tables import UNKNOWN_SECTOR, AssetClass

_PAISA: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)
#: Rupees a row may be worth, so that sums are exact to the paisa: above the value of all shares listed in India.
MOST: Final = Decimal(10**15)


class EmptyPortfolio(ValueError):
    """The holdings are worth nothing, so that no share of anything can be told."""


class UnpricedHolding(ValueError):
    """A holding has neither a current price nor an average price above zero. ``index``: its place in the list."""

    def __init__(self, index: int, symbol: str) -> None:
        super().__init__(f"{symbol} has neither a current price nor an average price above zero.")
        self.index = index


class OversizedHolding(ValueError):
    """A holding is worth more than figures are exact for. ``index``: its place in the list."""

    def __init__(self, index: int, symbol: str) -> None:
        super().__init__(f"{symbol} would be worth more than {MOST:,} rupees.")
        self.index = index


@dataclass(frozen=True, slots=True)
class Holding:
    """One row as given: rupees and units, exact. ``current_price`` None: valued at its average price."""

    symbol: str
    qty: Decimal
    avg_price: Decimal
    current_price: Decimal | None = None
    sector: str | None = None
    asset_class: AssetClass = AssetClass.EQUITIES


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of one symbol in one class. ``weight_pct``: of the portfolio's value."""

    symbol: str
    asset_class: AssetClass
    sector: str | None
    qty: Decimal
    invested: Decimal
    value: Decimal
    weight_pct: float
    is_priced: bool

    @property
    def pnl(self) -> Decimal:
        """Gain or loss in rupees."""
        return self.value - self.invested

    @property
    def pnl_pct(self) -> float | None:
        """Gain or loss in percent of what was paid; None where nothing was paid (bonus shares)."""
        return float(self.pnl / self.invested * 100) if self.invested else None

    @property
    def avg_price(self) -> Decimal:
        """Average price paid, rupees."""
        return paise(self.invested / self.qty)

    @property
    def price(self) -> Decimal:
        """Price the position is valued at, rupees."""
        return paise(self.value / self.qty)


@dataclass(frozen=True, slots=True)
class Book:
    """All positions, largest first (ties by symbol), with their sums in rupees."""

    positions: tuple[Position, ...]
    invested: Decimal
    value: Decimal

    @property
    def pnl(self) -> Decimal:
        """Gain or loss in rupees."""
        return self.value - self.invested

    @property
    def pnl_pct(self) -> float | None:
        """Gain or loss in percent of what was paid; None where nothing was."""
        return float(self.pnl / self.invested * 100) if self.invested else None


def _is_named(sector: str | None) -> bool:
    """Tell whether a sector says anything: "Unknown" is what holdings without one are put under."""
    return bool(sector) and sector.casefold() != UNKNOWN_SECTOR.casefold()


def paise(amount: Decimal) -> Decimal:
    """Round rupees to the paisa, half-up."""
    return amount.quantize(_PAISA, rounding=ROUND_HALF_UP)


def make_book(holdings: Sequence[Holding]) -> Book:
    """Merge holdings of the same symbol and class and weigh them.

    The sector of a merged position is the first that was named. Raises EmptyPortfolio when nothing has a value,
    UnpricedHolding for a row that cannot be valued, OversizedHolding for one of absurd value.
    """
    merged: dict[tuple[str, AssetClass], list[Holding]] = {}
    for index, holding in enumerate(holdings):
        if not (holding.current_price or holding.avg_price):
            raise UnpricedHolding(index, holding.symbol)
        if holding.qty * max(_price(holding), holding.avg_price) > MOST:
            raise OversizedHolding(index, holding.symbol)
        merged.setdefault((holding.symbol, holding.asset_class), []).append(holding)
    worth = {key: sum((row.qty * _price(row) for row in rows), _ZERO) for key, rows in merged.items()}
    total = sum(worth.values(), _ZERO)
    if not total > 0:
        raise EmptyPortfolio("The holdings have no value.")
    positions = [
        Position(
            symbol=symbol,
            asset_class=asset_class,
            sector=next((row.sector for row in rows if _is_named(row.sector)), None),
            qty=sum((row.qty for row in rows), _ZERO),
            invested=sum((row.qty * row.avg_price for row in rows), _ZERO),
            value=worth[symbol, asset_class],
            weight_pct=float(worth[symbol, asset_class] / total * 100),
            is_priced=all(row.current_price is not None for row in rows),
        )
        for (symbol, asset_class), rows in merged.items()
    ]
    positions.sort(key=lambda position: (-position.value, position.symbol, position.asset_class))
    return Book(tuple(positions), invested=sum((p.invested for p in positions), _ZERO), value=total)


def _price(row: Holding) -> Decimal:
    return row.avg_price if row.current_price is None else row.current_price
