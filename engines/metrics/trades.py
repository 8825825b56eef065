"""Figures of closed round trips and of how the account was used."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from engines.metrics.risk_free import SESSIONS_PER_YEAR

Floats = npt.NDArray[np.float64]


@njit(cache=True, nogil=True)
def _sums(pnl: Floats, risk: Floats) -> tuple[int, float, float, int, float]:
    """(wins, sum of wins, sum of losses, trades with a known risk, sum of their R)."""
    wins, won, lost, with_risk, multiples = 0, 0.0, 0.0, 0, 0.0
    for at in range(pnl.shape[0]):
        if pnl[at] > 0.0:
            wins += 1
            won += pnl[at]
        else:
            lost += pnl[at]
        if at < risk.shape[0] and risk[at] > 0.0:
            with_risk += 1
            multiples += pnl[at] / risk[at]
    return wins, won, lost, with_risk, multiples


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """``win_rate``: share of closed trades with a net profit. ``profit_factor``: net wins over net losses, None
    without a loss. ``expectancy``: mean net P&L in rupees; ``expectancy_r`` in multiples of the risk at entry."""

    trades: int
    win_rate: float
    profit_factor: float | None
    expectancy: float | None
    expectancy_r: float | None
    average_win: float | None
    average_loss: float | None


def trade_figures(pnl: Floats, risk: Floats | None = None) -> TradeFigures:
    """Return the figures of net P&L per trade (M,); ``risk``: rupees to the stop at entry (M,), NaN unknown."""
    count = len(pnl)
    if not count:
        return TradeFigures(0, 0.0, None, None, None, None, None)
    wins, won, lost, with_risk, multiples = _sums(pnl, np.empty(0) if risk is None else risk)
    return TradeFigures(
        trades=count,
        win_rate=wins / count,
        profit_factor=won / -lost if lost < 0.0 else None,
        expectancy=(won + lost) / count,
        expectancy_r=multiples / with_risk if with_risk else None,
        average_win=won / wins if wins else None,
        average_loss=lost / (count - wins) if count > wins else None,
    )


def exposure(equity: Floats, cash: Floats) -> float:
    """Return the mean over all closes of the share of equity that was invested."""
    return float((1.0 - cash / equity).sum() / len(equity)) if len(equity) else 0.0


def turnover(bought: float, sold: float, equity: Floats) -> float:
    """Return min(purchases, sales) over the mean equity, a year of 252 sessions."""
    years = max(len(equity) - 1, 1) / SESSIONS_PER_YEAR
    average = float(equity.sum() / len(equity)) if len(equity) else 0.0
    value = min(bought, sold) / average / years if average > 0.0 else 0.0
    return value if math.isfinite(value) else 0.0
