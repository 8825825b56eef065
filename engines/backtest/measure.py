"""The figures of a run that are worked out with it, in one go."""

from dataclasses import dataclass

from engines.backtest.layout import Floats
from engines.backtest.results import BacktestResult
from engines.metrics.curve import CurveFigures, Days, curve_figures
from engines.metrics.honesty import is_short_sample
from engines.metrics.risk_free import daily_risk_free
from engines.metrics.trades import TradeFigures, exposure, trade_figures, turnover


@dataclass(frozen=True, slots=True)
class RunFigures:
    """Figures of a run, as shares. ``exposure``: mean invested share. ``turnover``: a year. ``is_short_sample``: under
    three years or thirty trades, the Sharpe ratio claims nothing."""

    curve: CurveFigures
    trades: TradeFigures
    exposure: float
    turnover: float
    is_short_sample: bool


def measure(result: BacktestResult, dates: Days, *, benchmark: Floats | None = None) -> RunFigures:
    """Return the figures of a result. ``dates`` (T,) of the panel; ``benchmark``: (D,) values on the run's days.

    Excess returns are over the dated risk-free rate.
    """
    days = dates[result.first : result.last + 1]
    span = int((days[-1] - days[0]).astype("timedelta64[D]").astype(int))
    return RunFigures(
        curve=curve_figures(result.equity, dates=days, risk_free=daily_risk_free(days), benchmark=benchmark),
        trades=trade_figures(result.trades.pnl, result.trades.risk),
        exposure=exposure(result.equity, result.cash),
        turnover=turnover(result.bought, result.sold, result.equity),
        is_short_sample=is_short_sample(calendar_days=span, trades=len(result.trades)),
    )
