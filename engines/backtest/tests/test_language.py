"""Strategies written in the rule language: kernel against definition, no look at the future, on made and real data."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.backtest.config import RunConfig
from engines.backtest.run import simulate
from engines.backtest.tests.generators import random_config
from engines.backtest.tests.reference import Reference
from engines.backtest.tests.test_equality import assert_equal
from engines.panel import PricePanel
from engines.strategy.compile import compile_strategy
from engines.strategy.data import MarketData
from engines.strategy.nodes import Strategy
from engines.strategy.parse import parse_strategy
from engines.strategy.templates import TEMPLATES, template_strategies
from engines.strategy.tests.generators import Body, bodies, changed_after, make_data

CONFIG = RunConfig(capital=1_000_000.0, max_positions=5, max_per_sector=2, slippage_bps=5.0)


def check(data: MarketData, strategy: Strategy, config: RunConfig, first: int = 0) -> int:
    """Compare kernel and definition; return the number of trades."""
    compiled = compile_strategy(strategy, data)
    last = len(data.panel.dates) - 1
    result = simulate(data.panel, compiled, config, first=first)
    assert_equal(result, Reference(data.panel, compiled, config).simulate(first, last))
    return len(result.trades)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=bodies(), seed=st.integers(0, 30))
def test_generated_strategies_equal_the_definition(body: Body, seed: int) -> None:
    config = replace(random_config(seed), capital=1e6)
    check(make_data(seed, days=90), parse_strategy(body).strategy, config)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(body=bodies(), seed=st.integers(0, 30))
def test_generated_strategies_do_not_see_the_future(body: Body, seed: int) -> None:
    data, strategy = make_data(seed, days=90), parse_strategy(body).strategy
    assert_blind(data, strategy, cut=60)


def assert_blind(data: MarketData, strategy: Strategy, cut: int) -> None:
    """Changing every bar after day ``cut`` changes nothing up to it."""
    results = [simulate(one.panel, compile_strategy(strategy, one), CONFIG) for one in (data, changed_after(data, cut))]
    assert results[0].equity[: cut + 1].tobytes() == results[1].equity[: cut + 1].tobytes()
    early = [result.trades.exit_day <= cut for result in results]
    for name in ("symbol", "entry_day", "exit_day", "quantity", "pnl", "reason"):
        columns = [getattr(result.trades, name)[kept] for result, kept in zip(results, early, strict=True)]
        assert columns[0].tobytes() == columns[1].tobytes(), name


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_templates_equal_the_definition_and_do_not_see_the_future(key: str) -> None:
    data, strategy = make_data(7, days=420, symbols=12), template_strategies()[key]
    check(data, strategy, CONFIG)
    assert_blind(data, strategy, cut=380)


# --- real data ---------------------------------------------------------------------------------------------------

FOLDER = os.environ.get("MARKET_DATA_DIR", "")
COLUMNS = ("open", "high", "low", "close", "volume")


@cache
def real_data() -> MarketData:
    """The unadjusted bars of the NIFTY 100 of August 2025 from 2022 on, gaps and splits and all."""
    pandas = pytest.importorskip("pandas")
    names = pandas.read_csv(Path(FOLDER, "constituents/2025-08-14/ind_nifty100list.csv"))
    bars = pandas.read_parquet(Path(FOLDER, "daily/nse_eq_daily_raw.parquet"))
    bars = bars[bars["symbol"].isin(names["Symbol"]) & (bars["date"].astype(str) >= "2022-01-01")]
    tables = {key: bars.pivot(index="date", columns="symbol", values=key) for key in COLUMNS}
    symbols = tuple(tables["close"].columns)
    sector = dict(zip(names["Symbol"], names["Industry"], strict=True))
    arrays = {key: np.ascontiguousarray(table.to_numpy(float)) for key, table in tables.items()}
    arrays["volume"] = np.nan_to_num(arrays["volume"])
    shape = arrays["close"].shape
    panel = PricePanel(
        dates=tables["close"].index.to_numpy().astype("datetime64[D]"),
        symbols=symbols,
        sectors=tuple(sector[name] for name in symbols),
        **arrays,
        factor=np.ones(shape),
        member=np.ones(shape, bool),
        source="import",
        version="real-test",
    )
    return MarketData(panel)


@pytest.mark.skipif(not FOLDER, reason="MARKET_DATA_DIR is not set")
@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_templates_equal_the_definition_on_real_data(key: str) -> None:
    trades = check(real_data(), template_strategies()[key], CONFIG, first=300)
    # No company figures are loaded: what asks for them cannot trade.
    assert trades > 0 or key == "quality_momentum"
