"""The door to the simulator and its figures: nothing else of this package knows how they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from backtest.services.plans import Plan
from engines.backtest.baselines import random_entries
from engines.backtest.config import RunConfig
from engines.backtest.measure import RunFigures, measure
from engines.backtest.results import BacktestResult
from engines.backtest.run import ENGINE_VERSION, simulate
from engines.charges.tables import ChargePlan, assumptions, charges_version
from engines.metrics.curve import CurveFigures, curve_figures, drawdown_pct, drawdowns, monthly_table
from engines.metrics.honesty import bootstrap_intervals, deflated_sharpe, expected_best_sharpe, percentile_of
from engines.metrics.risk_free import SESSIONS_PER_YEAR, daily_risk_free
from engines.panel import Days, Floats
from engines.strategy.data import equal_weighted, unlocked
from engines.strategy.program import CompiledStrategy
from signals.services.market_data import Stretch
from signals.services.strategies.compiled import Prepared, prepared

#: Functions of the figures' engine that documents and analyses use as they are.
__all__ = [
    "BacktestResult", "Outcome", "bootstrap_intervals", "curve_figures", "daily_risk_free", "deflated_sharpe",
    "drawdown_pct", "drawdowns", "monthly_table", "percentile_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """A simulated account, its benchmark on the same days, and their figures."""

    plan: Plan
    market: Stretch
    strategy: CompiledStrategy
    result: BacktestResult
    measured: RunFigures
    benchmark: Floats
    benchmark_figures: CurveFigures

    @property
    def dates(self) -> Days:
        """Return the simulated days, (D,)."""
        return self.market.panel.dates[self.market.first : self.market.last + 1]


def prepare(plan: Plan, *, now: datetime) -> Prepared:
    """Return the plan's strategy compiled over its market. Raises what `compiled.prepared` raises."""
    return prepared(
        rules=plan.rules,
        parameters=plan.params,
        universe=plan.universe,
        start=plan.start,
        end=plan.end,
        now=now,
        index=plan.benchmark,
        seed=plan.seed,
    )


def simulated(plan: Plan, market: Stretch, strategy: CompiledStrategy) -> BacktestResult:
    """Run the account."""
    return simulate(market.panel, strategy, config_of(plan), first=market.first, last=market.last)


def outcome(plan: Plan, ready: Prepared) -> Outcome:
    """Run the account and work out its figures."""
    market, result = ready.market, simulated(plan, ready.market, ready.strategy)
    dates = market.panel.dates
    days = dates[market.first : market.last + 1]
    benchmark = benchmark_curve(market) * plan.money.starting_capital
    return Outcome(
        plan=plan,
        market=market,
        strategy=ready.strategy,
        result=result,
        measured=measure(result, dates, benchmark=benchmark),
        benchmark=benchmark,
        benchmark_figures=curve_figures(benchmark, dates=days, risk_free=daily_risk_free(days)),
    )


def config_of(plan: Plan) -> RunConfig:
    """Return the simulator's numbers of a plan."""
    money, costs = plan.money, plan.money.costs
    flat = costs["flat_pct"] if isinstance(costs, Mapping) else None
    return RunConfig(
        capital=money.starting_capital,
        position_size_pct=money.position_size_pct,
        max_positions=money.max_positions,
        max_per_sector=money.max_per_sector,
        slippage_bps=money.slippage_bps,
        charges=ChargePlan(plan=costs) if isinstance(costs, str) else ChargePlan(),
        flat_pct=flat,
        same_day_sale_credit=money.same_day_sale_credit,
    )


def charge_flags(plan: Plan, first_day: date) -> tuple[str, ...]:
    """Return what had to be assumed about charges."""
    return assumptions(plan.money.costs, first_day) if isinstance(plan.money.costs, str) else ()


def versions_used() -> dict[str, str]:
    """Return the versions of engine and charges: the same inputs on the same versions give the same bytes."""
    return {"charges_version": charges_version(), "engine_version": ENGINE_VERSION}


def benchmark_curve(market: Stretch) -> Floats:
    """Return the index (or the universe's equal-weighted one) on the simulated days, the first being 1."""
    panel = market.panel
    if market.data.index is not None:
        close = market.data.index.close
    else:
        close = equal_weighted(
            unlocked(panel.close), unlocked(panel.member), np.zeros(len(panel.symbols), np.int64), 1
        )[:, 0]
    close = _carried(close)[market.first : market.last + 1]
    return close / close[0]


def _carried(values: Floats) -> Floats:
    """Fill gaps with the value before, a gap at the beginning with the first value."""
    known = ~np.isnan(values)
    if known.all() or not known.any():
        return values if known.any() else np.ones_like(values)
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    filled = values[at]
    return np.where(np.isnan(filled), values[known][0], filled)


def short_figures(market: Stretch, result: BacktestResult) -> dict[str, Any]:
    """Return the few figures that sweeps and baselines compare, percent numbers; None where one does not exist."""
    found = measure(result, market.panel.dates)
    curve, trades = found.curve, found.trades
    return {
        "cagr": percent(curve.cagr_calendar) or 0.0,
        "total_return_pct": percent(curve.total_return),
        "max_drawdown_pct": percent(curve.max_drawdown),
        "sharpe": rounded(curve.sharpe, 4),
        "sortino": rounded(curve.sortino, 4),
        "calmar": rounded(curve.calmar, 4),
        "volatility_pct": percent(curve.volatility),
        "win_rate": percent(trades.win_rate),
        "profit_factor": rounded(trades.profit_factor, 4),
        "total_trades": trades.trades,
        "exposure_pct": percent(found.exposure),
        "turnover_pct": percent(found.turnover),
        "final_equity": round(float(result.equity[-1]), 2),
    }


def random_returns(plan: Plan, ready: Prepared, *, seed: int, numbers: range) -> list[float]:
    """Return the total returns, as shares, of runs with random entries; each is fixed by seed and number."""
    found = []
    for number in numbers:
        lucky = random_entries(ready.strategy, ready.market.panel, seed=seed * 1_000_003 + number)
        equity = simulated(plan, ready.market, lucky).equity
        found.append(float(equity[-1] / equity[0] - 1.0))
    return found


def sharpe_of_luck(result: BacktestResult, *, tries: int) -> float:
    """Return the annual Sharpe ratio that the best of ``tries`` worthless strategies is expected to show by luck.

    Bailey & Lopez de Prado (2014), with the variance of the estimate itself over as many sessions.
    """
    returns = len(result.equity) - 1
    return expected_best_sharpe(tries, 1.0 / max(1, returns - 1)) * float(np.sqrt(SESSIONS_PER_YEAR))


def percent(share: float | None, digits: int = 4) -> float | None:
    """Return a share as a percent number, None for None."""
    return None if share is None else round(100.0 * share, digits)


def rounded(value: float | None, digits: int) -> float | None:
    """Return a rounded number, None for None."""
    return None if value is None else round(value, digits)
