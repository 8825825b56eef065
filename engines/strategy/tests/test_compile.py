"""The compiler against the language in plain Python, and the properties every compiled strategy has."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.indicators.own_bars import on_own_bars
from engines.indicators.registry import INDICATORS, compute
from engines.strategy import language as words
from engines.strategy.binding import bind
from engines.strategy.cache import IndicatorCache
from engines.strategy.compile import StrategyCompiler, compile_strategy
from engines.strategy.data import MarketData
from engines.strategy.nodes import Indicator, Rank, Strategy
from engines.strategy.parse import parse_strategy
from engines.strategy.program import CompiledStrategy
from engines.strategy.tables import SymbolTables, number_table
from engines.strategy.templates import TEMPLATES, template_strategies
from engines.strategy.tests.generators import bodies, changed_after, conditions, cut_after, make_data, permuted
from engines.strategy.tests.reference import Reference
from engines.strategy.workspace import Workspace

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
GAPPED = make_data(3)
DENSE = make_data(4, gaps=False)


def parsed(body: dict[str, Any]) -> Strategy:
    return parse_strategy(body).strategy


def truth_table(condition: dict[str, Any], data: MarketData) -> np.ndarray:
    """0, 1, 2 of a condition by way of an exit flag, which is not cut to members."""
    body = {"name": "x", "entry_rules": condition, "exit_rules": [{"name": "x", "condition": condition}]}
    return compile_strategy(parsed(body), data, seed=9).flags[0]


@pytest.mark.parametrize("name", sorted(set(words.WORDS) & set(INDICATORS)))
@pytest.mark.parametrize("data", [GAPPED, DENSE], ids=["gapped", "dense"])
def test_indicators_are_those_of_the_charts(name: str, data: MarketData) -> None:
    data = make_data(6, 300, 4, gaps=data is GAPPED)
    params = {
        p.name: {"n": 7.0, "fast": 3.0, "slow": 8.0, "signal": 4.0}.get(p.name, p.default)
        for p in words.WORDS[name].params
    }
    work = Workspace(data, IndicatorCache())
    node = Indicator(name, tuple(params.items()))
    own = number_table(SymbolTables(work), node, *data.panel.shape)
    table = work.own.restore(own)
    panel, entry = data.panel, INDICATORS[name]
    for i in range(panel.shape[1]):
        present = ~np.isnan(panel.close[:, i])
        columns = [np.where(present, getattr(panel, c)[:, i], np.nan) for c in entry.inputs]
        (expected,) = on_own_bars(
            lambda *c: compute(entry, params, dict(zip(entry.inputs, c, strict=True)))["value"], *columns
        )
        assert np.array_equal(table[:, i], expected, equal_nan=True), name


@FEW
@given(conditions())
def test_conditions_mean_what_the_reference_says(condition: dict[str, Any]) -> None:
    for data in (make_data(11, 90, 6), make_data(12, 60, 4, gaps=False)):
        flags = truth_table(condition, data)
        reference = Reference(data, seed=9)
        node = bind(parsed({"name": "x", "entry_rules": condition})).entry_rules
        for i in range(data.panel.shape[1]):
            expected = [1 if v is None else 2 * int(v) for v in reference.truth(node, i)]
            assert flags[:, i].tolist() == expected


def test_rank_among_sectors() -> None:
    of = {"type": "indicator", "name": "roc5"}
    node = bind(
        parsed(
            {
                "name": "x",
                "entry_rules": {
                    "type": "compare",
                    "left": {"type": "rank", "of": of, "among": "sectors"},
                    "op": ">",
                    "right": {"type": "literal", "value": 50},
                },
            }
        )
    ).entry_rules.left
    assert isinstance(node, Rank)
    work, reference = Workspace(GAPPED, IndicatorCache()), Reference(GAPPED)
    table = work.own.restore(SymbolTables(work)(node))
    for i in range(GAPPED.panel.shape[1]):
        assert np.array_equal(table[:, i], reference.number(node, i), equal_nan=True)


def points(compiled: CompiledStrategy, until: int, names: tuple[str, ...]) -> list[Any]:
    """Everything a compiled strategy says of the days up to ``until``, by symbol name."""
    c, found = compiled.candidates, []
    for t in range(until + 1):
        part = c.of_day(t)
        rows = zip(c.symbol[part], c.conviction[part], c.rank[part], c.size_factor[part], strict=True)
        found.append([(names[s], v, r, f) for s, v, r, f in rows])
    return found


def assert_same_until(a: CompiledStrategy, b: CompiledStrategy, until: int, names: tuple[str, ...]) -> None:
    assert points(a, until, names) == points(b, until, names)
    for name in ("rebalance", "rank_exit", "atr14"):
        assert np.array_equal(getattr(a, name)[: until + 1], getattr(b, name)[: until + 1], equal_nan=True), name
    assert np.array_equal(a.flags[:, : until + 1], b.flags[:, : until + 1])
    assert np.array_equal(a.values[:, : until + 1], b.values[:, : until + 1], equal_nan=True)


@pytest.mark.parametrize("key", TEMPLATES)
def test_no_template_looks_ahead(key: str) -> None:
    data = make_data(21, 420, 6)
    strategy = template_strategies()[key]
    whole = compile_strategy(strategy, data, seed=1)
    for last in (150, 300, 399):
        for other in (changed_after(data, last), cut_after(data, last)):
            assert_same_until(whole, compile_strategy(strategy, other, seed=1), last, data.panel.symbols)


@FEW
@given(bodies(), st.integers(20, 118), st.booleans())
def test_no_generated_strategy_looks_ahead(body: dict[str, Any], last: int, gaps: bool) -> None:
    data = make_data(22, 120, 6, gaps=gaps)
    strategy = parsed(body)
    whole = compile_strategy(strategy, data, seed=1)
    for other in (changed_after(data, last), cut_after(data, last)):
        assert_same_until(whole, compile_strategy(strategy, other, seed=1), last, data.panel.symbols)


def test_the_probe_sees_a_planted_look_ahead() -> None:
    data = make_data(23, 120, 6, gaps=False)
    strategy = parsed(
        {
            "name": "x",
            "entry_rules": {
                "type": "compare",
                "left": {"type": "indicator", "name": "roe"},
                "op": ">",
                "right": {"type": "literal", "value": 0},
            },
        }
    )

    def planted(source: MarketData) -> MarketData:
        """Tomorrow's change, sold as a figure known today."""
        tomorrow = np.vstack([np.diff(source.panel.close, axis=0), np.zeros((1, 6))])
        return MarketData(source.panel, source.index, {"roe": tomorrow}, "planted")

    whole = compile_strategy(strategy, planted(data))
    changed = compile_strategy(strategy, planted(changed_after(data, 60)))
    assert points(whole, 59, data.panel.symbols) == points(changed, 59, data.panel.symbols)
    assert points(whole, 60, data.panel.symbols) != points(changed, 60, data.panel.symbols)


@FEW
@given(bodies(), st.permutations(range(6)))
def test_the_order_of_symbols_does_not_matter(body: dict[str, Any], order: list[int]) -> None:
    data = make_data(24, 80, 6)
    strategy, names = parsed(body), data.panel.symbols
    moved = permuted(data, np.array(order))
    a, b = compile_strategy(strategy, data, seed=4), compile_strategy(strategy, moved, seed=4)
    assert points(a, 79, names) == points(b, 79, moved.panel.symbols) or _sums_differ(body)
    assert np.array_equal(a.flags[:, :, order], b.flags) or _sums_differ(body)


def _sums_differ(body: dict[str, Any]) -> bool:
    """An index made of several symbols adds them in their order, so its last bit may differ."""
    return "sector" in repr(body)


@FEW
@given(bodies())
def test_a_filled_cache_changes_nothing(body: dict[str, Any]) -> None:
    data, strategy = make_data(25, 70, 5), parsed(body)
    fresh = compile_strategy(strategy, data)
    for cache in (IndicatorCache(), IndicatorCache(max_bytes=0)):
        for _ in range(2):
            again = compile_strategy(strategy, data, cache=cache)
            assert_same_until(fresh, again, 69, data.panel.symbols)


@pytest.mark.parametrize("key", TEMPLATES)
def test_templates_compile_alike_with_any_cache(key: str) -> None:
    data, strategy = make_data(26, 400, 6), template_strategies()[key]
    cache = IndicatorCache()
    first = compile_strategy(strategy, data, cache=cache)
    misses = cache.misses
    second = compile_strategy(strategy, data, cache=cache)
    assert_same_until(first, second, 399, data.panel.symbols)
    assert cache.misses == misses


@pytest.mark.parametrize("key", TEMPLATES)
def test_a_sweep_compiles_what_single_compilations_do(key: str) -> None:
    data, template, strategy = make_data(27, 320, 5), TEMPLATES[key], template_strategies()[key]
    compiler = StrategyCompiler(strategy, data, seed=2)
    sets = [{name: value} for name, values in template.grid.items() for value in values[::2]]
    for parameters in sets + sets[::-1]:
        single = compile_strategy(strategy, data, parameters=parameters, seed=2)
        swept = compiler.compile(parameters)
        assert_same_until(single, swept, 319, data.panel.symbols)
        assert (single.limits, single.parameters) == (swept.limits, swept.parameters)
        assert (single.warmup_bars, single.uses, single.sizing) == (swept.warmup_bars, swept.uses, swept.sizing)
