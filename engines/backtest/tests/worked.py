"""Small hand-made markets for worked examples."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engines.backtest.baselines import bare_strategy
from engines.backtest.config import RunConfig
from engines.backtest.results import BacktestResult
from engines.backtest.run import simulate
from engines.backtest.tests.generators import program_of
from engines.panel import PricePanel
from engines.strategy.program import FLAG, Candidates, CompiledStrategy, ExitRule

Bar = tuple[float, float, float, float]


def market(*columns: Sequence[Bar | float | None], sectors: Sequence[str] = (), volume: float = 1e6) -> PricePanel:
    """A panel of one column per symbol: (open, high, low, close), one number for all four ±1 %, or None for no bar."""
    days, symbols = len(columns[0]), len(columns)
    fields = np.full((4, days, symbols), np.nan)
    for n, column in enumerate(columns):
        for t, bar in enumerate(column):
            if bar is not None:
                fields[:, t, n] = bar if isinstance(bar, tuple) else (bar, bar * 1.01, bar * 0.99, bar)
    volumes = np.where(np.isnan(fields[3]), 0.0, volume)
    return PricePanel(
        dates=np.busday_offset("2026-06-01", np.arange(days), roll="forward").astype("datetime64[D]"),
        symbols=tuple(f"SYM{n}" for n in range(symbols)),
        sectors=tuple(sectors) or ("one",) * symbols,
        open=fields[0],
        high=fields[1],
        low=fields[2],
        close=fields[3],
        volume=volumes,
        factor=np.ones((days, symbols)),
        member=np.ones((days, symbols), bool),
        source="test",
        version="1",
    )


def plan(
    panel: PricePanel,
    entries: Mapping[int, Sequence[int]],
    exits: Mapping[int, Sequence[int]] | None = None,
    **changes: Any,
) -> CompiledStrategy:
    """A strategy that wants ``entries[day]`` (symbols, best first) and leaves at ``exits[day]``."""
    days, symbols = panel.shape
    start = np.cumsum([0, *(len(entries.get(t, ())) for t in range(days))])
    order = [n for t in range(days) for n in entries.get(t, ())]
    flags = np.zeros((1, days, symbols), np.int8)
    for t, leaving in (exits or {}).items():
        flags[0, t, list(leaving)] = 2
    count = len(order)
    ones = np.ones(count, np.int64)
    candidates = Candidates(start, np.array(order, np.int64), np.full(count, 50.0), ones, np.ones(count))
    leave = ExitRule("leave", 0, False, program_of([(FLAG, 0)]), "close")
    return bare_strategy(panel.shape, candidates, **{"exits": (leave,), "flags": flags, **changes})


def free(**changes: Any) -> RunConfig:
    """An account of 1,00,000 without costs."""
    return RunConfig(**{"capital": 100_000.0, "flat_pct": 0.0, **changes})


def run(panel: PricePanel, strategy: CompiledStrategy, config: RunConfig | None = None, **days: int) -> BacktestResult:
    """Simulate, free of costs unless told."""
    return simulate(panel, strategy, config or free(), **days)


def told(result: BacktestResult) -> list[tuple[int, int, int, int, float, float, str]]:
    """Trades as (symbol, entry day, exit day, quantity, entry price, exit price, reason)."""
    t = result.trades
    columns = (t.symbol, t.entry_day, t.exit_day, t.quantity, t.entry_price, t.exit_price)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [(*row, result.reason_name(code)) for row, code in zip(rows, t.reason.tolist(), strict=True)]
