"""Warnings about a book, each with the recommendation that answers it and the number to aim at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engines.portfolio_risk.book import Book, Position
from engines.portfolio_risk.score import herfindahl, sector_weights
from engines.portfolio_risk.tables import (
    CONCENTRATION_PCT,
    CRYPTO_PCT,
    FNO_PCT,
    HHI_CONCENTRATED,
    HHI_WARNINGS,
    LOSS_PCT,
    ONE_CLASS_PCT,
    RISKY,
    SECTOR_PCT,
    SEVERITIES,
    AssetClass,
)

#: Where a trimmed position should end.
TARGET_TOP_PCT: Final = 25.0
TARGET_SECTOR_PCT: Final = 40.0


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind``: the warning's type; ``subject``: the symbol, sector or class it is about, "" for the whole book."""

    kind: str
    severity: str
    message: str
    recommendation: str
    subject: str = ""


def findings(book: Book) -> list[Finding]:
    """Return everything worth saying about a book, the most severe first, in a fixed order within a severity."""
    rules: tuple[Callable[[Book], Iterator[Finding]], ...] = (
        _concentration, _hhi, _sectors, _one_class, _leverage, _crypto, _losses, _prices, _single,
    )  # fmt: skip
    found = [finding for rule in rules for finding in rule(book)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def trim_rupees(value: Decimal, total: Decimal, target_pct: float) -> Decimal:
    """Return how many rupees to move elsewhere so that ``value`` is ``target_pct`` of the same total."""
    return value - total * Decimal(str(target_pct)) / 100


def _severity(steps: tuple[tuple[float, str], ...], value: float, *, above: bool = False) -> str | None:
    return next((name for lowest, name in steps if value > lowest or (not above and value == lowest)), None)


def _concentration(book: Book) -> Iterator[Finding]:
    for position in book.positions:
        severity = _severity(CONCENTRATION_PCT, position.weight_pct)
        if severity is None:
            continue
        share = f"{position.symbol} is {position.weight_pct:.1f} % of the portfolio."
        if position.weight_pct > TARGET_TOP_PCT:
            amount = _rupees(trim_rupees(position.value, book.value, TARGET_TOP_PCT))
            advice = (
                f"Trim {position.symbol} from {position.weight_pct:.1f} % to below {TARGET_TOP_PCT:.0f} %: "
                f"about Rs {amount} if the proceeds stay invested elsewhere."
            )
        else:
            advice = f"Let {position.symbol} not grow beyond {TARGET_TOP_PCT:.0f} % of the portfolio."
        yield Finding("concentration", severity, share, advice, position.symbol)


def _hhi(book: Book) -> Iterator[Finding]:
    hhi = herfindahl(book)
    severity = _severity(HHI_WARNINGS, hhi, above=True)
    if severity:
        yield Finding(
            "hhi",
            severity,
            f"The Herfindahl index is {hhi:,.0f}: as if {10_000 / hhi:.1f} equal holdings carried it all.",
            f"Spread the value until the index is below {HHI_CONCENTRATED:,.0f}: at least four holdings of equal size.",
        )


def _sectors(book: Book) -> Iterator[Finding]:
    for name, weight in sector_weights(book).items():
        severity = _severity(SECTOR_PCT, weight)
        if severity:
            value = sum((p.value for p in book.positions if p.sector == name), Decimal(0))
            amount = _rupees(trim_rupees(value, book.value, TARGET_SECTOR_PCT))
            advice = (
                f"Bring {name} from {weight:.1f} % to below {TARGET_SECTOR_PCT:.0f} %: "
                f"about Rs {amount} into other sectors."
            )
            yield Finding("sector", severity, f"The sector {name} is {weight:.1f} % of the portfolio.", advice, name)


def _one_class(book: Book) -> Iterator[Finding]:
    for asset_class in RISKY:
        weight = _class_weight(book, asset_class)
        if weight >= ONE_CLASS_PCT:
            yield Finding(
                "asset_class",
                "medium",
                f"{asset_class} are {weight:.1f} % of the portfolio.",
                f"Hold at least {100 - ONE_CLASS_PCT:.0f} % in classes that move differently, such as bonds or gold.",
                asset_class,
            )


def _leverage(book: Book) -> Iterator[Finding]:
    weight = _class_weight(book, AssetClass.FNO)
    if weight > FNO_PCT:
        yield Finding(
            "leverage",
            "high",
            f"Futures and options are {weight:.1f} % of the portfolio; losses can exceed what was put in.",
            f"Bring futures and options below {FNO_PCT:.0f} % of the portfolio.",
            AssetClass.FNO,
        )


def _crypto(book: Book) -> Iterator[Finding]:
    weight = _class_weight(book, AssetClass.CRYPTO)
    severity = _severity(CRYPTO_PCT, weight, above=True)
    if severity:
        yield Finding(
            "crypto",
            severity,
            f"Crypto is {weight:.1f} % of the portfolio.",
            f"Bring crypto below {CRYPTO_PCT[-1][0]:.0f} % of the portfolio.",
            AssetClass.CRYPTO,
        )


def _losses(book: Book) -> Iterator[Finding]:
    for position in book.positions:
        loss = -(position.pnl_pct or 0.0)
        severity = _severity(LOSS_PCT, loss)
        if severity:
            yield Finding(
                "drawdown",
                severity,
                f"{position.symbol} is {loss:.1f} % below its average price.",
                f"Review {position.symbol}: it needs a rise of {_recovery_pct(loss)} to be back at what was paid.",
                position.symbol,
            )


def _prices(book: Book) -> Iterator[Finding]:
    for position in book.positions:
        if not position.is_priced:
            yield Finding(
                "stale_price",
                "low",
                f"No current price was given for {position.symbol}; it is valued at its average price.",
                f"Give a current price for {position.symbol}: weights and gains are wrong without it.",
                position.symbol,
            )


def _single(book: Book) -> Iterator[Finding]:
    if len(book.positions) == 1:
        only: Position = book.positions[0]
        yield Finding(
            "single_holding",
            "info",
            f"{only.symbol} is the only holding.",
            "Concentration can only be judged with more than one holding.",
            only.symbol,
        )


def _class_weight(book: Book, asset_class: AssetClass) -> float:
    return sum(p.weight_pct for p in book.positions if p.asset_class is asset_class)


def _recovery_pct(loss_pct: float) -> str:
    return f"{100 * loss_pct / (100 - loss_pct):.0f} %" if loss_pct < 100 else "more than any price"


def _rupees(amount: Decimal) -> str:
    digits = f"{amount.quantize(Decimal(1)):f}"
    head, tail = digits[:-3], digits[-3:]
    pairs = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*pairs, tail])
