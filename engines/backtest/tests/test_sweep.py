"""A sweep gives the figures of the single runs, whatever the threads."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from engines.backtest.measure import measure
from engines.backtest.run import simulate
from engines.backtest.sweep import Cancelled, sweep
from engines.backtest.tests.generators import random_config, random_panel, random_strategy
from engines.strategy.program import CompiledStrategy, Limits

PANEL, CONFIG = random_panel(31), replace(random_config(33), capital=1e7)
SETS = [{"stop": float(stop), "hold": float(hold)} for stop in (2, 4, 8, 50) for hold in (0, 3, 9)]


def compiled(parameters: Mapping[str, float]) -> CompiledStrategy:
    limits = Limits(max_hold=int(parameters["hold"]), stop_loss_pct=parameters["stop"])
    return replace(random_strategy(32, PANEL), limits=limits)


@pytest.mark.parametrize("threads", [1, 3])
def test_figures_are_those_of_single_runs(threads: int) -> None:
    table = sweep(PANEL, compiled, SETS, CONFIG, first=4, last=80, threads=threads)
    for number, parameters in enumerate(SETS):
        result = simulate(PANEL, compiled(parameters), CONFIG, first=4, last=80)
        figures = measure(result, PANEL.dates)
        assert table.total_return[number] == pytest.approx(figures.curve.total_return)
        assert table.sharpe[number] == pytest.approx(figures.curve.sharpe)
        assert table.cagr[number] == pytest.approx(figures.curve.cagr_sessions)
        assert table.max_drawdown[number] == pytest.approx(figures.curve.max_drawdown)
        assert table.trades[number] == len(result.trades)
        assert table.win_rate[number] == pytest.approx(figures.trades.win_rate)
    assert len(np.unique(table.total_return)) > 5


def test_progress_and_stopping() -> None:
    told: list[int] = []
    sweep(PANEL, compiled, SETS, CONFIG, progress=lambda done: told.append(done) is None)
    assert sorted(told) == list(range(1, len(SETS) + 1))
    with pytest.raises(Cancelled, match="stopped before all 12 sets"):
        sweep(PANEL, compiled, SETS, CONFIG, threads=1, progress=lambda done: done < 5)
