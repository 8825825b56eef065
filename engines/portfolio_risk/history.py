"""What holdings have measured: volatility, beta, drawdown, value at risk, who carries the risk.

Everything is computed on the present weights held constant through the past, which is a description of today's book and
not of what its owner lived through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from engines.portfolio_risk.book import Book
from engines.portfolio_risk.tables import HISTORY_COVERAGE, HISTORY_RETURNS

Floats = npt.NDArray[np.float64]

SESSIONS_PER_YEAR: Final = 252
YEAR_SESSIONS: Final = 252
TAIL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Measured:
    """Percent figures are positive where they are losses. By symbol: annual volatility, beta, share of the book's
    variance.

    ``coverage_pct``: of the value that has a history; the rest is left out and the weights are scaled up. ``sessions``:
    returns used.
    """

    coverage_pct: float
    sessions: int
    volatility_pct: float
    max_drawdown_pct: float
    var_95_pct: float
    cvar_95_pct: float
    beta_of_book: float | None
    beta: dict[str, float]
    volatility_of_pct: dict[str, float]
    risk_share_pct: dict[str, float]


@dataclass(frozen=True, slots=True)
class History:
    """Daily returns on common sessions, oldest first: ``returns`` by symbol and ``benchmark``, each (N,) fractions."""

    returns: Mapping[str, Floats]
    benchmark: Floats | None = None

    def measure(self, book: Book) -> Measured | None:
        """Return the figures; None with under 120 returns for 80 % of the value."""
        usable = {
            p.symbol: p.weight_pct for p in book.positions if len(self.returns.get(p.symbol, ())) >= HISTORY_RETURNS
        }
        covered = sum(usable.values())
        if covered < HISTORY_COVERAGE * 100:
            return None
        length = min(min(len(self.returns[symbol]) for symbol in usable), YEAR_SESSIONS)
        matrix = np.column_stack([np.asarray(self.returns[symbol][-length:]) for symbol in usable])
        weights = np.array(list(usable.values())) / covered
        return self._figures(list(usable), matrix, weights, covered)

    def _figures(self, symbols: list[str], matrix: Floats, weights: Floats, covered: float) -> Measured:
        book = matrix @ weights
        sigma = np.atleast_2d(np.cov(matrix, rowvar=False))
        variance = float(weights @ sigma @ weights)
        shares = weights * (sigma @ weights) / variance if variance > 0 else np.zeros(len(weights))
        benchmark = None if self.benchmark is None else np.asarray(self.benchmark)[-len(book) :]
        tail = np.sort(book)[: max(1, int(np.ceil(TAIL * len(book))))]
        curve = np.concatenate([[1.0], np.cumprod(1.0 + book)])
        year = np.sqrt(SESSIONS_PER_YEAR) * 100
        return Measured(
            coverage_pct=covered,
            sessions=len(book),
            volatility_pct=float(book.std(ddof=1) * year),
            max_drawdown_pct=float(-(curve / np.maximum.accumulate(curve) - 1.0).min() * 100),
            var_95_pct=float(max(0.0, -tail[-1]) * 100),
            cvar_95_pct=float(max(0.0, -tail.mean()) * 100),
            beta_of_book=_beta(book, benchmark),
            beta={s: b for s, c in zip(symbols, matrix.T, strict=True) if (b := _beta(c, benchmark)) is not None},
            volatility_of_pct={s: float(c.std(ddof=1) * year) for s, c in zip(symbols, matrix.T, strict=True)},
            risk_share_pct={s: float(share * 100) for s, share in zip(symbols, shares, strict=True)},
        )


def _beta(returns: Floats, benchmark: Floats | None) -> float | None:
    if benchmark is None or len(benchmark) != len(returns):
        return None
    variance = float(benchmark.var(ddof=1))
    return float(np.cov(returns, benchmark)[0, 1] / variance) if variance > 0 else None
