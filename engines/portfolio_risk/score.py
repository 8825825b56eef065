"""The risk score: five views of the same book, each 0 to 100, weighed."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engines.portfolio_risk.book import Book, Position
from engines.portfolio_risk.tables import (
    BASE_RISK,
    FULL_CONCENTRATION_RISK,
    FUND_MULTIPLIER,
    GRADES,
    HHI_CONCENTRATED,
    HHI_KNOTS,
    HHI_MODERATE,
    HIGH_BETA,
    HIGH_VOLATILITY_PCT,
    SECTOR_COVERAGE,
    SECTOR_KNOTS,
    TOP_KNOTS,
    VOLATILITY_KNOTS,
    WEIGHTS,
    AssetClass,
    Knots,
)


@dataclass(frozen=True, slots=True)
class RiskScore:
    """``score`` 0 to 100 to one decimal, its parts before weighing (None: left out), and the Herfindahl index (percent
    points squared, 0 to 10,000).
    """

    score: float
    grade: str
    parts: dict[str, float | None]
    hhi: float
    hhi_label: str

    @property
    def effective_holdings(self) -> float:
        """How many holdings of equal weight would be as concentrated."""
        return 10_000 / self.hhi


def between(knots: Knots, value: float) -> float:
    """Return the piecewise linear value through ``knots``, flat beyond both ends."""
    xs, ys = zip(*knots, strict=True)
    return float(np.interp(value, xs, ys))


def multiplier(asset_class: AssetClass) -> float:
    """Return how much concentration in this class matters, 0 to 1: one large deposit is not a bet."""
    if asset_class is AssetClass.MUTUAL_FUNDS:
        return FUND_MULTIPLIER
    return min(1.0, BASE_RISK[asset_class] / FULL_CONCENTRATION_RISK)


def concentration(position: Position) -> float:
    """Return what a position's share adds to the risk of the book, 0 to 100."""
    return between(TOP_KNOTS, position.weight_pct) * multiplier(position.asset_class)


def herfindahl(book: Book) -> float:
    """Return the sum of squared weights, weights in percent."""
    return sum(position.weight_pct**2 for position in book.positions)


def sector_weights(book: Book) -> dict[str, float]:
    """Return the percent of the value in each named sector, largest first."""
    weights: dict[str, float] = {}
    for position in book.positions:
        if position.sector:
            weights[position.sector] = weights.get(position.sector, 0.0) + position.weight_pct
    return dict(sorted(weights.items(), key=lambda row: (-row[1], row[0])))


def heat(position: Position, *, beta: float | None = None, volatility_pct: float | None = None) -> int:
    """Return the place of a position on the heat map, 1 to 10: half its class, half its share of the book."""
    share = 0.5 * BASE_RISK[position.asset_class] / 100 + 0.5 * concentration(position) / 100
    wild = (beta or 0.0) > HIGH_BETA or (volatility_pct or 0.0) > HIGH_VOLATILITY_PCT
    return min(10, max(1, int(1 + 9 * share + 0.5) + wild))


def risk_score(book: Book, *, volatility_pct: float | None = None) -> RiskScore:
    """Return the weighted mean of the parts that can be told.

    ``volatility_pct``: annual, of the present weights, where there is enough history.
    """
    hhi = herfindahl(book)
    parts = {
        "asset": sum(p.weight_pct * BASE_RISK[p.asset_class] for p in book.positions) / 100,
        "top": max(map(concentration, book.positions)),
        "hhi": between(HHI_KNOTS, hhi) * _mean_multiplier(book.positions),
        "sector": _sector_part(book),
        "volatility": None if volatility_pct is None else between(VOLATILITY_KNOTS, volatility_pct),
    }
    told = {name: value for name, value in parts.items() if value is not None}
    score = sum(WEIGHTS[name] * value for name, value in told.items()) / sum(WEIGHTS[name] for name in told)
    rounded = int(score * 10 + 0.5) / 10
    return RiskScore(rounded, _label(GRADES, rounded), parts, hhi, hhi_label(hhi))


def hhi_label(hhi: float) -> str:
    """Return the word for a Herfindahl index: more than 2,500 is concentrated."""
    if hhi > HHI_CONCENTRATED:
        return "concentrated"
    return "moderate" if hhi >= HHI_MODERATE else "diversified"


def _sector_part(book: Book) -> float | None:
    weights = sector_weights(book)
    if sum(weights.values()) < SECTOR_COVERAGE * 100 - 1e-9:
        return None
    members = {name: [p for p in book.positions if p.sector == name] for name in weights}
    return max(between(SECTOR_KNOTS, weights[name]) * _mean_multiplier(rows) for name, rows in members.items())


def _mean_multiplier(positions: Iterable[Position]) -> float:
    rows = list(positions)
    return sum(p.weight_pct * multiplier(p.asset_class) for p in rows) / sum(p.weight_pct for p in rows)


def _label(rows: Iterable[tuple[float, str]], value: float) -> str:
    return next(label for lowest, label in rows if value >= lowest)
