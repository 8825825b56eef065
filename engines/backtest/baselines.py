"""What luck would have done: random entries under the same exits, limits and costs; buying and holding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engines.backtest.config import RunConfig
from engines.backtest.layout import Flags, Floats, Ints
from engines.backtest.results import BacktestResult
from engines.backtest.run import simulate
from engines.compiling import kernel
from engines.metrics.honesty import percentile_of
from engines.panel import PricePanel
from engines.strategy.program import Candidates, CompiledStrategy, Limits, Sizing

DEFAULT_RUNS = 200


@kernel
def _mixed(x: int) -> int:
    """One step of splitmix64 (Steele, Lea & Flood 2014)."""
    z = np.uint64(x) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def _draw(start: Ints, eligible: Flags, seed: int, pool: Ints, symbol: Ints) -> None:
    """For each day draw as many different eligible symbols as it has candidates (partial Fisher-Yates shuffle)."""
    state = _mixed(np.uint64(seed))
    for t in range(start.shape[0] - 1):
        wanted = start[t + 1] - start[t]
        if wanted == 0:
            continue
        count = 0
        for n in range(eligible.shape[1]):
            if eligible[t, n]:
                pool[count] = n
                count += 1
        for drawn in range(wanted):
            state = _mixed(state)
            place = drawn + np.int64(state % np.uint64(count - drawn))
            pool[drawn], pool[place] = pool[place], pool[drawn]
            symbol[start[t] + drawn] = pool[drawn]


def random_entries(strategy: CompiledStrategy, panel: PricePanel, *, seed: int) -> CompiledStrategy:
    """Return the strategy with each day's candidates replaced by as many random members of the universe with a bar.

    Everything else stays: exits, limits, sizing, how many were bought when.
    """
    old = strategy.candidates
    eligible = panel.member & panel.has_bar
    # A candidate is a member with a bar, so there are always enough to draw from; this states it for odd inputs.
    eligible[np.repeat(np.arange(len(old.start) - 1), np.diff(old.start)), old.symbol] = True
    symbol = np.empty(len(old.symbol), np.int64)
    _draw(old.start, eligible, seed % 2**63, np.empty(eligible.shape[1], np.int64), symbol)
    drawn = Candidates(old.start, symbol, np.zeros(len(symbol)), old.rank, np.ones(len(symbol)))
    return replace(strategy, candidates=drawn)


@dataclass(frozen=True, slots=True)
class RandomBaseline:
    """Total returns, as shares, of runs with random entries; ``percentile``: how many of them the strategy beat."""

    total_return: Floats
    percentile: float


def random_baseline(
    panel: PricePanel,
    strategy: CompiledStrategy,
    config: RunConfig,
    result: BacktestResult,
    *,
    seed: int,
    runs: int = DEFAULT_RUNS,
) -> RandomBaseline:
    """Simulate ``runs`` times with random entries over the days of ``result``, and rank it among them."""
    found = np.empty(runs)
    for number in range(runs):
        lucky = random_entries(strategy, panel, seed=seed * 1_000_003 + number)
        run = simulate(panel, lucky, config, first=result.first, last=result.last)
        found[number] = run.equity[-1] / run.equity[0] - 1.0
    return RandomBaseline(found, percentile_of(float(result.equity[-1] / result.equity[0] - 1.0), found))


def bare_strategy(shape: tuple[int, int], candidates: Candidates, **fields: Any) -> CompiledStrategy:
    """Return a compiled strategy that has nothing but the given candidates and fields."""
    days, symbols = shape
    empty = {
        "rebalance": np.ones(days, bool),
        "rank_exit": np.zeros((0, 0), bool),
        "exits": (),
        "addons": None,
        "flags": np.zeros((0, days, symbols), np.int8),
        "values": np.zeros((0, days, symbols)),
        "atr14": np.zeros((0, 0)),
        "limits": Limits(),
        "sizing": Sizing(),
        "uses": frozenset(),
        "parameters": {},
        "warmup_bars": 0,
        "strategy_hash": "",
    }
    return CompiledStrategy(shape=shape, candidates=candidates, **{**empty, **fields})


def buy_and_hold(panel: PricePanel, symbol: int, *, day: int) -> CompiledStrategy:
    """Return the strategy that buys one symbol at the open after ``day`` and never sells."""
    start = np.zeros(len(panel.dates) + 1, np.int64)
    start[day + 1 :] = 1
    return bare_strategy(
        panel.shape, Candidates(start, np.array([symbol]), np.full(1, 100.0), np.ones(1, np.int64), np.ones(1))
    )
