"""Many parameter sets over one panel: figures only, in threads, without building results."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from engines.backtest import layout as at
from engines.backtest.config import RunConfig, effective
from engines.backtest.kernel import run_days
from engines.backtest.layout import Floats, Ints, Market, Rules, State
from engines.backtest.run import check_run, market_of, new_state, numbers_of, rules_of
from engines.compiling import kernel, routine
from engines.metrics.curve import deepest_drawdown, moments
from engines.metrics.risk_free import SESSIONS_PER_YEAR, daily_risk_free
from engines.panel import PricePanel
from engines.strategy.program import CompiledStrategy

_FIGURES = 10
_TRADES, _WINS, _DRAWDOWN, _LAST = 5, 6, 7, 8

Parameters = Mapping[str, float]
Compile = Callable[[Parameters], CompiledStrategy]


class Cancelled(Exception):
    """The sweep was told to stop."""


@dataclass(frozen=True, slots=True)
class SweepTable:
    """Figures of each set, (S,), as shares, NaN where one does not exist. ``cagr`` and ``sharpe`` by sessions."""

    total_return: Floats
    cagr: Floats
    sharpe: Floats
    max_drawdown: Floats
    trades: Ints
    win_rate: Floats


@kernel
def _reset(state: State, capital: float) -> None:
    state.book[:, at.QUANTITY] = 0.0
    state.sold_on[:] = -1
    state.sector_count[:] = 0
    state.counters[:] = 0
    state.sums[:] = 0.0
    state.costs[:] = 0.0
    state.skips[:] = 0
    state.sums[at.CASH] = state.sums[at.EQUITY] = capital


@routine
def _run_figures(
    market: Market,
    rules: Rules,
    numbers: Floats,
    state: State,
    days: Ints,
    capital: float,
    curves: Floats,
    risk_free: Floats,
    out: Floats,
) -> None:
    """Simulate ``days`` (first, last) and write the figures of `moments`, then trades, wins, drawdown, last equity."""
    _reset(state, capital)
    run_days(market, rules, numbers, state, days[0], days[1], curves[0], curves[1])
    if curves.shape[1] > 1:
        moments(curves[0], risk_free, out)
    out[_DRAWDOWN] = deepest_drawdown(curves[0])
    out[_LAST] = curves[0, curves.shape[1] - 1]
    count = state.counters[at.TRADES]
    wins = 0
    for trade in range(count):
        if state.trades[trade, 8] > 0.0:
            wins += 1
    out[_TRADES], out[_WINS] = count, wins


class _Worker:
    """What a thread uses again from set to set."""

    def __init__(self, panel: PricePanel, config: RunConfig, first: int, last: int) -> None:
        self.panel, self.config = panel, config
        self.market = market_of(panel, config)
        self.days = np.array([first, last])
        self.curves = np.empty((2, last - first + 1))
        self.risk_free = daily_risk_free(panel.dates[first : last + 1])
        self.state: State | None = None

    def run(self, strategy: CompiledStrategy, out: Floats) -> None:
        """Simulate one compiled strategy and write its figures."""
        caps = effective(strategy, self.config)
        rules = rules_of(strategy)
        most = min(len(rules.symbol), len(self.panel.dates) * min(caps.max_positions, self.panel.shape[1]))
        if self.state is None or len(self.state.trades) < most:
            sectors = int(self.market.sector.max(initial=0)) + 1
            self.state = new_state(rules, self.config, caps, self.panel.shape[1], sectors)
        numbers = numbers_of(strategy, self.config, caps)
        capital = float(self.config.capital)
        _run_figures(self.market, rules, numbers, self.state, self.days, capital, self.curves, self.risk_free, out)


def sweep(
    panel: PricePanel,
    compile_set: Compile,
    sets: Sequence[Parameters],
    config: RunConfig,
    *,
    first: int = 0,
    last: int | None = None,
    threads: int = 2,
    progress: Callable[[int], bool] | None = None,
) -> SweepTable:
    """Simulate every parameter set and return its figures, in the order of ``sets``.

    ``compile_set`` turns a set into a strategy compiled on ``panel`` (`StrategyCompiler.compile`); it must be safe
    between threads. ``progress`` is told how many sets are done, from any thread, and stops the sweep with
    `Cancelled` by answering False. The result does not depend on the number of threads.
    """
    last = len(panel.dates) - 1 if last is None else last
    out = np.zeros((len(sets), _FIGURES))
    local, done, lock = threading.local(), [0], threading.Lock()

    def one(number: int) -> None:
        if done[0] < 0:
            return
        strategy = compile_set(sets[number])
        if not hasattr(local, "worker"):
            check_run(panel, strategy, first, last)
            local.worker = _Worker(panel, config, first, last)
        local.worker.run(strategy, out[number])
        with lock:
            done[0] += 1
            if progress is not None and done[0] > 0 and progress(done[0]) is False:
                done[0] = -len(sets) - 1

    if threads <= 1:
        for number in range(len(sets)):
            one(number)
    else:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(one, range(len(sets))):
                pass
    if done[0] < 0:
        raise Cancelled(f"stopped before all {len(sets)} sets were done")
    return _table(out, config.capital, last - first)


def _table(out: Floats, capital: float, returns: int) -> SweepTable:
    growth, trades = out[:, _LAST] / capital, out[:, _TRADES]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(out[:, 3] / max(returns - 1, 1))
        sharpe = np.where(spread > 1e-15, out[:, 1] * math.sqrt(SESSIONS_PER_YEAR) / spread, np.nan)
        years = returns / SESSIONS_PER_YEAR
        return SweepTable(
            total_return=growth - 1.0,
            cagr=growth ** (1.0 / years) - 1.0 if returns > 0 else np.full(len(out), np.nan),
            sharpe=sharpe,
            max_drawdown=out[:, _DRAWDOWN],
            trades=trades.astype(np.int64),
            win_rate=np.where(trades > 0, out[:, _WINS] / np.maximum(trades, 1.0), 0.0),
        )
