"""Loading the machine code before the first request asks for it."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

import numpy as np

from engines.backtest.baselines import random_entries
from engines.backtest.config import RunConfig
from engines.backtest.measure import measure
from engines.backtest.run import simulate
from engines.backtest.sweep import sweep
from engines.charges.books import Order, charges_of
from engines.metrics.honesty import bootstrap_intervals
from engines.panel import PricePanel
from engines.strategy.compile import StrategyCompiler
from engines.strategy.data import MarketData
from engines.strategy.parse import parse_strategy

_DAYS: Final = 30
_CLOSE: Final = {"type": "indicator", "name": "close"}
_ALWAYS: Final = {"type": "compare", "left": _CLOSE, "op": ">", "right": {"type": "literal", "value": 0}}
#: Buys and sells every other day, so that there are trades to measure.
_BODY: Final[dict[str, Any]] = {
    "name": "Warm",
    "entry_rules": _ALWAYS,
    "exit_rules": [{"name": "always", "condition": _ALWAYS}],
    "conviction_scoring": [{"name": "price", "weight": 1, "value": _CLOSE, "from": 0, "to": 200}],
    "config": {"stop_loss_pct": 5},
}


def warm() -> None:
    """Run a month of everything compiled: reads the machine code from disk, or makes it if there is none."""
    panel = _panel()
    compiler = StrategyCompiler(parse_strategy(_BODY).strategy, MarketData(panel))
    strategy = compiler.compile()
    for flat_pct in (None, 0.1):
        config = RunConfig(capital=1e5, flat_pct=flat_pct)
        result = simulate(panel, random_entries(strategy, panel, seed=1), config)
        measure(result, panel.dates, benchmark=panel.close[:, 0])
        sweep(panel, compiler.compile, [{}], config, threads=1)
    bootstrap_intervals(result.equity[1:] / result.equity[:-1] - 1.0, seed=1, samples=1)
    orders = (Order("buy", Decimal(100)), Order("sell", Decimal(100)))
    charges_of(orders, on=date(2026, 1, 5), segment="options")  # as books and signals ask, in plain numbers


def _panel() -> PricePanel:
    prices = 100.0 + np.sin(np.arange(float(_DAYS)))[:, None]
    ones = np.ones(prices.shape)
    return PricePanel(
        dates=np.busday_offset("2026-01-05", np.arange(_DAYS), roll="forward"),
        symbols=("WARM",),
        sectors=("",),
        open=prices,
        high=prices + 1.0,
        low=prices - 1.0,
        close=prices,
        volume=ones,
        factor=ones,
        member=ones > 0.0,
        source="none",
        version="0",
    )
