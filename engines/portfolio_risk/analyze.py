"""The whole analysis of a portfolio, with the effect of changes that are only thought of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engines.portfolio_risk.book import Book, Holding, Position, make_book
from engines.portfolio_risk.findings import Finding, findings
from engines.portfolio_risk.history import History, Measured
from engines.portfolio_risk.score import RiskScore, heat, risk_score
from engines.portfolio_risk.tables import UNKNOWN_SECTOR, AssetClass


class ImpossibleChange(ValueError):
    """A change sells more than is held. ``index``: its place in the list."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of an allocation: rupees, percent of the value, positions in it."""

    name: str
    value: Decimal
    weight_pct: float
    count: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """``book`` with its risk, allocations (largest first), heat map values by position and findings.

    ``measured``: figures from price history; None where there is too little of it.
    """

    book: Book
    risk: RiskScore
    sectors: tuple[Slice, ...]
    classes: tuple[Slice, ...]
    heat: tuple[int, ...]
    findings: tuple[Finding, ...]
    measured: Measured | None = None

    @property
    def sector_count(self) -> int:
        """Number of sectors that were named."""
        return sum(part.name != UNKNOWN_SECTOR for part in self.sectors)


def analyze(holdings: Sequence[Holding], *, history: History | None = None) -> Analysis:
    """Return what can be told of ``holdings``; with daily returns also what they have measured.

    Raises EmptyPortfolio, UnpricedHolding and OversizedHolding.
    """
    book = make_book(holdings)
    measured = history.measure(book) if history else None
    beta: Mapping[str, float] = measured.beta if measured else {}
    volatility: Mapping[str, float] = measured.volatility_of_pct if measured else {}
    return Analysis(
        book=book,
        risk=risk_score(book, volatility_pct=measured.volatility_pct if measured else None),
        sectors=_slices(book, lambda position: position.sector or UNKNOWN_SECTOR),
        classes=_slices(book, lambda position: position.asset_class.value),
        heat=tuple(heat(p, beta=beta.get(p.symbol), volatility_pct=volatility.get(p.symbol)) for p in book.positions),
        findings=tuple(findings(book)),
        measured=measured,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A purchase (``qty`` above zero) or sale (below) of one symbol at ``price`` rupees.

    ``asset_class`` None: that in which it is held; shares where it is not.
    """

    symbol: str
    qty: Decimal
    price: Decimal | None = None
    sector: str | None = None
    asset_class: AssetClass | None = None


def apply_changes(holdings: Sequence[Holding], changes: Sequence[Change]) -> list[Holding]:
    """Return the holdings after ``changes``, made one after the other.

    Sales take from the rows in the order given and leave average prices alone. A purchase without a price is made at
    the current price of what is held. Raises ImpossibleChange for a sale of more than is held, a purchase without any
    price, or a change that does not say which of several classes it means.
    """
    rows = list(holdings)
    for index, change in enumerate(changes):
        act = _bought if change.qty > 0 else _sold
        rows = act(rows, index, change, _class_of(rows, index, change))
    return rows


def _class_of(rows: list[Holding], index: int, change: Change) -> AssetClass:
    if change.asset_class is not None:
        return change.asset_class
    held = list(dict.fromkeys(row.asset_class for row in rows if row.symbol == change.symbol))
    if len(held) > 1:
        raise ImpossibleChange(index, f"{change.symbol} is held as {' and '.join(held)}: name the asset_class.")
    return held[0] if held else AssetClass.EQUITIES


def _bought(rows: list[Holding], index: int, change: Change, asset_class: AssetClass) -> list[Holding]:
    held = next((row for row in rows if _same(row, change, asset_class)), None)
    price = change.price if change.price is not None else (held.current_price or held.avg_price) if held else None
    if not price:
        raise ImpossibleChange(index, f"A price is needed to buy {change.symbol}, which is not held.")
    sector = change.sector or (held.sector if held else None)
    return [*rows, Holding(change.symbol, change.qty, price, price, sector, asset_class)]


def _sold(rows: list[Holding], index: int, change: Change, asset_class: AssetClass) -> list[Holding]:
    left = -change.qty
    kept = []
    for row in rows:
        taken = min(row.qty, left) if _same(row, change, asset_class) else Decimal(0)
        left -= taken
        if row.qty > taken:
            kept.append(replace(row, qty=row.qty - taken))
    if left > 0:
        held, sold = _units(-change.qty - left), _units(-change.qty)
        raise ImpossibleChange(index, f"{held} of {change.symbol} ({asset_class}) are held, {sold} would be sold.")
    return kept


def _same(row: Holding, change: Change, asset_class: AssetClass) -> bool:
    return row.symbol == change.symbol and row.asset_class is asset_class


def _units(qty: Decimal) -> str:
    text = f"{qty:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _slices(book: Book, name_of: Callable[[Position], str]) -> tuple[Slice, ...]:
    members: dict[str, list[Position]] = {}
    for position in book.positions:
        members.setdefault(name_of(position), []).append(position)
    parts = (_slice(name, rows) for name, rows in members.items())
    return tuple(sorted(parts, key=lambda part: (-part.value, part.name)))


def _slice(name: str, members: Sequence[Position]) -> Slice:
    return Slice(
        name=name,
        value=sum((p.value for p in members), Decimal(0)),
        weight_pct=sum(p.weight_pct for p in members),
        count=len(members),
    )
