"""Loading the machine code before the first request asks for it."""

import numpy as np

from engines.backtest.baselines import buy_and_hold, random_entries
from engines.backtest.config import RunConfig
from engines.backtest.measure import measure
from engines.backtest.run import simulate
from engines.panel import PricePanel


def warm() -> None:
    """Run a day's worth of everything compiled: reads the machine code from disk, or makes it if there is none."""
    prices = np.full((4, 1), 100.0)
    panel = PricePanel(
        dates=np.arange("2026-01-05", "2026-01-09", dtype="datetime64[D]"),
        symbols=("WARM",),
        sectors=("",),
        open=prices,
        high=prices,
        low=prices,
        close=prices,
        volume=prices,
        factor=np.ones((4, 1)),
        member=np.ones((4, 1), bool),
        source="none",
        version="0",
    )
    strategy = random_entries(buy_and_hold(panel, 0, day=0), panel, seed=1)
    for flat_pct in (None, 0.1):
        result = simulate(panel, strategy, RunConfig(capital=1e5, flat_pct=flat_pct))
        measure(result, panel.dates, benchmark=panel.close[:, 0])
