"""Worked examples of what the compiler does beside conditions: candidates, ranks, rebalancing, exits, random."""

import datetime as dt
import statistics
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engines.panel import PricePanel
from engines.strategy import kernels
from engines.strategy.cache import IndicatorCache
from engines.strategy.candidates import median_table, median_value
from engines.strategy.compile import compile_strategy
from engines.strategy.data import IndexSeries, MarketData, equal_weighted, rebalance_days
from engines.strategy.nodes import Indicator
from engines.strategy.parse import parse_strategy
from engines.strategy.program import CompiledStrategy, run
from engines.strategy.templates import template_strategies
from engines.strategy.tests.generators import make_data
from engines.strategy.tests.malformed import compare, ind, lit
from engines.strategy.workspace import Workspace

NAN = float("nan")
ALWAYS = compare(ind("close"), ">", lit(0))


def panel(close: Any, volume: Any = None, symbols: tuple[str, ...] | None = None, member: Any = None) -> PricePanel:
    """A panel whose open, high and low are its close."""
    table = np.array(close, float)
    days, width = table.shape
    names = symbols or tuple("ABCDEFGH"[:width])
    traded = np.full(table.shape, 100.0) if volume is None else np.array(volume, float)
    dates = np.busday_offset("2024-01-01", np.arange(days), roll="forward")
    inside = np.ones(table.shape, bool) if member is None else np.array(member, bool)
    sectors = tuple(("X", "Y")[i % 2] for i in range(width))
    return PricePanel(dates, names, sectors, table, table, table, table, traded, np.ones(table.shape), inside, "t", "v")


def compiled(body: dict[str, Any], data: PricePanel | MarketData, **options: Any) -> CompiledStrategy:
    source = data if isinstance(data, MarketData) else MarketData(data)
    return compile_strategy(parse_strategy({"name": "x", "entry_rules": ALWAYS, **body}).strategy, source, **options)


def listed(strategy: CompiledStrategy, day: int) -> list[int]:
    return strategy.candidates.symbol[strategy.candidates.of_day(day)].tolist()


def test_conviction_maps_linearly_and_orders() -> None:
    scores = [{"name": "a", "weight": 3, "value": ind("close"), "from": 20, "to": 10},
              {"name": "b", "weight": 1, "value": ind("roc5"), "from": 0, "to": 1}]  # fmt: skip
    result = compiled({"conviction_scoring": scores}, panel([[12.0, 25.0, 10.0, 18.0]]))
    assert listed(result, 0) == [2, 0, 3, 1]
    assert result.candidates.conviction.tolist() == [75.0, 60.0, 15.0, 0.0]  # the unknown roc counts as 0
    assert result.candidates.rank.tolist() == [1, 2, 3, 4]


def test_without_scores_the_most_traded_come_first() -> None:
    days = 6
    volume = np.tile([10.0, 40.0, 20.0, 20.0], (days, 1))
    result = compiled({}, panel(np.full((days, 4), 5.0), volume, symbols=("D", "A", "C", "B")))
    assert listed(result, 5) == [1, 3, 2, 0]  # B before C: equal value, A to Z
    part = result.candidates.of_day(5)
    assert result.candidates.conviction[part].tolist() == [87.5, 50.0, 50.0, 12.5]
    assert listed(result, 3) == [1, 3, 2, 0]  # fewer than five bars: all 0, by letter
    assert result.candidates.conviction[result.candidates.of_day(3)].tolist() == [50.0] * 4


def test_equal_convictions_go_by_traded_value() -> None:
    volume = np.tile([10.0, 30.0, 20.0], (8, 1))
    scores = [{"name": "s", "value": ind("close"), "from": 0, "to": 1}]
    result = compiled({"conviction_scoring": scores}, panel(np.full((8, 3), 5.0), volume))
    assert listed(result, 7) == [1, 2, 0]


def test_median_value_by_point_and_by_table() -> None:
    rng = np.random.default_rng(8)
    close, volume = rng.uniform(10, 20, (60, 3)), rng.integers(0, 9, (60, 3)).astype(float)
    table = np.empty(close.shape)
    median_table(close, volume, table)
    for t in range(60):
        for i in range(3):
            window = (close * volume)[max(0, t - 19) : t + 1, i].tolist()
            expected = statistics.median(window) if len(window) >= 5 else 0.0
            assert median_value(close, volume, t, i) == table[t, i] == expected


def test_only_members_with_a_bar_are_candidates() -> None:
    member = [[1, 1, 0], [1, 0, 1], [1, 1, 1]]
    result = compiled({}, panel([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [NAN, 1.0, 1.0]], member=member))
    assert [sorted(listed(result, t)) for t in range(3)] == [[0, 1], [0, 2], [1, 2]]
    assert result.entry().tolist() == [[True, True, False], [True, False, True], [False, True, True]]


def test_selection_holds_the_top_and_sells_below() -> None:
    body = {"select": {"by": ind("close"), "direction": "desc", "top": 2, "exit_below": 3}}
    entry = compare(ind("close"), ">", lit(10))
    prices = [[50.0, 40.0, 30.0, 20.0, 5.0]]
    result = compiled({**body, "entry_rules": entry}, panel(prices, member=[[1, 1, 1, 1, 1]]))
    assert listed(result, 0) == [0, 1]
    assert result.rank_exit.tolist() == [[False, False, False, True, True]]  # rank 4, and one that fails the rules
    outside = compiled({**body, "entry_rules": entry}, panel(prices, member=[[1, 1, 1, 0, 0]]))
    assert outside.rank_exit.tolist() == [[False] * 5]  # leaving the universe sells nothing
    low = compiled({**body, "select": {**body["select"], "direction": "asc"}}, panel(prices))
    assert listed(low, 0) == [4, 3]


def test_selection_does_not_act_on_what_is_unknown() -> None:
    body = {"select": {"by": ind("roc2"), "top": 1, "exit_below": 1}}
    result = compiled(body, panel([[1.0, 1.0], [2.0, 1.0], [3.0, 9.0]]))
    assert [listed(result, t) for t in range(3)] == [[], [], [1]]
    assert result.rank_exit.tolist() == [[False, False], [False, False], [True, False]]


def test_a_regime_stops_entries_not_ranks() -> None:
    regime = compare(ind("close", of="index"), ">", lit(100))
    body = {"select": {"by": ind("close"), "top": 1, "exit_below": 1}, "regime": regime}
    result = compiled(body, panel([[10.0, 20.0], [10.0, 20.0], [11.0, 22.0]]))  # index 100, 100, 110
    assert [listed(result, t) for t in range(3)] == [[], [], [1]]
    assert result.rank_exit.tolist() == [[True, False]] * 3


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        ("weekly", ["2024-03-22", "2024-03-28", "2024-04-05"]),
        ("monthly", ["2024-03-28"]),
        ("quarterly", ["2024-03-28"]),
    ],
)
def test_rebalance_days_are_the_last_sessions(every: str, expected: list[str]) -> None:
    days = np.arange("2024-03-18", "2024-04-09", dtype="datetime64[D]")
    days = days[(np.is_busday(days)) & (days != np.datetime64("2024-03-29"))]  # Good Friday
    assert days[rebalance_days(days, every)].astype(str).tolist() == expected


def test_the_last_row_is_judged_by_the_calendar() -> None:
    days = np.array(["2024-03-27", "2024-03-28"], "datetime64[D]")
    assert rebalance_days(days, "weekly").tolist() == [False, False]  # the weekday after would be the 29th
    assert rebalance_days(days, "weekly", dt.date(2024, 4, 1)).tolist() == [False, True]
    assert rebalance_days(days, "monthly", dt.date(2024, 4, 1)).tolist() == [False, True]


def test_entries_wait_for_the_rebalance_day() -> None:
    result = compiled({"rebalance": "weekly"}, panel(np.ones((10, 1))))
    assert [t for t in range(10) if listed(result, t)] == [4, 9]


def test_missing_bars_are_skipped_by_windows_lags_and_crosses() -> None:
    close = [[1.0], [2.0], [NAN], [3.0], [NAN], [1.0]]
    rules = [
        {"name": "mean", "condition": compare(ind("sma2"), "==", lit(2.5))},
        {"name": "before", "condition": compare(ind("close", lag=1), "==", lit(2))},
        {"name": "down", "condition": compare(ind("close"), "crosses_below", lit(2))},
    ]
    result = compiled({"exit_rules": rules}, panel(close))
    assert result.flags[0][:, 0].tolist() == [1, 0, 1, 2, 1, 0]
    assert result.flags[1][:, 0].tolist() == [1, 0, 1, 2, 1, 0]
    assert result.flags[2][:, 0].tolist() == [1, 0, 1, 0, 1, 2]


def at(result: CompiledStrategy, rule: int, t: int, position: dict[str, float], previous: Any = None) -> bool | None:
    """What an exit rule says of symbol 0 on day t."""
    from engines.strategy.program import POSITION_FIELDS

    fields = [position.get(name, NAN) for name in POSITION_FIELDS]
    before = [(previous or {}).get(name, NAN) for name in POSITION_FIELDS]
    code = result.exits[rule].code
    return run(code, result.values[:, t, 0].tolist(), result.flags[:, t, 0].tolist(), fields, before)


def test_exit_programs_join_flags_values_and_position() -> None:
    gain = {"type": "position", "field": "gain_pct"}
    entry_price = {"type": "position", "field": "entry_price"}
    above = compare(ind("close"), ">", ind("sma2"))
    tenth_lost = {"type": "math", "fn": "mul", "args": [entry_price, lit(0.9)]}
    rules = [
        {"name": "a", "priority": 2, "condition": {"type": "and", "conditions": [above, compare(gain, ">", lit(5))]}},
        {"name": "b", "priority": 1, "condition": compare(ind("close"), "<", tenth_lost)},
        {"name": "c", "priority": 3, "condition": compare(gain, "crosses_above", lit(5))},
        {"name": "d", "priority": 3, "condition": compare(ind("close"), "crosses_above", entry_price)},
    ]
    result = compiled({"exit_rules": rules}, panel([[10.0], [12.0], [8.0]]))
    assert [rule.name for rule in result.exits] == ["b", "a", "c", "d"]
    assert at(result, 1, 1, {"gain_pct": 6.0}) is True
    assert at(result, 1, 1, {"gain_pct": 5.0}) is False
    assert at(result, 1, 0, {"gain_pct": 6.0}) is None
    assert at(result, 1, 0, {"gain_pct": 4.0}) is False
    assert at(result, 0, 2, {"entry_price": 10.0}) is True
    assert at(result, 0, 2, {"entry_price": 8.8}) is False
    assert at(result, 2, 1, {"gain_pct": 6.0}, {"gain_pct": 5.0}) is True
    assert at(result, 2, 1, {"gain_pct": 6.0}) is None
    assert at(result, 3, 1, {"entry_price": 11.0}, {"entry_price": 11.0}) is True
    assert at(result, 3, 2, {"entry_price": 11.0}, {"entry_price": 11.0}) is False


def test_the_exit_buffer_applies_to_close_on_the_left() -> None:
    rules = [
        {"name": "low", "condition": compare(ind("close"), "<", lit(100))},
        {"name": "high", "condition": compare(ind("close"), ">", lit(100))},
        {"name": "right", "condition": compare(lit(100), ">", ind("close"))},
        {"name": "open", "condition": compare(ind("open"), "<", lit(100))},
    ]
    result = compiled(
        {"exit_rules": rules, "config": {"exit_buffer_pct": 2}}, panel([[97.9], [98.5], [101.5], [102.5]])
    )
    tables = [[result.flags[rule.code.args[0]][t, 0] == 2 for t in range(4)] for rule in result.exits]
    assert tables == [
        [True, False, False, False],
        [False, False, False, True],
        [True, True, False, False],
        [True, True, False, False],
    ]


def test_parameters_of_a_run_replace_the_declared() -> None:
    body = {
        "params": {"least": 10, "stop": 5},
        "entry_rules": compare(ind("close"), ">", {"type": "param", "name": "least"}),
        "config": {"stop_loss_pct": {"type": "param", "name": "stop"}},
    }
    prices = panel([[5.0, 15.0, 25.0]])
    assert sorted(listed(compiled(body, prices), 0)) == [1, 2]
    other = compiled(body, prices, parameters={"least": 20, "stop": 7})
    assert listed(other, 0) == [2]
    assert other.limits.stop_loss_pct == 7.0
    assert other.parameters == {"least": 20.0, "stop": 7.0}
    assert other.strategy_hash == compiled(body, prices).strategy_hash


def test_limits_and_sizing_arrive() -> None:
    config = {
        "min_hold": 3,
        "max_hold": 9,
        "atr_stop_mult": 2.5,
        "target_r": 2,
        "max_positions": 7,
        "max_per_sector": 2,
    }
    body = {"config": config, "sizing": {"mode": "inverse_vol", "pct": 4, "vol_bars": 5}}
    data = make_data(3, 60, 4)
    result = compiled(body, data)
    assert (result.limits.min_hold, result.limits.max_hold, result.limits.atr_stop_mult) == (3, 9, 2.5)
    assert (result.max_positions, result.max_per_sector) == (7, 2)
    assert (result.sizing.mode, result.sizing.pct, result.sizing.vol_bars) == ("inverse_vol", 4.0, 5)
    assert result.atr14.shape == (60, 4)
    factors = result.candidates.size_factor
    assert ((factors > 0) & (factors <= 1)).all()
    assert (factors < 1).any()
    assert compiled({}, data).atr14.shape == (0, 0)


def test_random_draws_follow_the_formula() -> None:
    source = panel([[1.0, 1.0], [1.0, 1.0]], symbols=("NSE:INFY", "TCS"))
    table = Workspace(MarketData(source), IndicatorCache(), seed=42).random()
    mask = 2**64 - 1

    def mix(x: int) -> int:
        z = (x + 0x9E3779B97F4A7C15) & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    import zlib

    assert mix(0) == 0xE220A8397B1DCDAF  # the published first output of SplitMix64 from 0
    for t, day in enumerate((dt.date(2024, 1, 1), dt.date(2024, 1, 2))):
        for i, bare in enumerate(("INFY", "TCS")):
            expected = mix(mix(42) ^ (zlib.crc32(bare.encode()) << 32) ^ day.toordinal()) / 2**64
            assert table[t, i] == expected


def test_the_equal_weighted_index() -> None:
    close = np.array([[10.0, 100.0], [11.0, NAN], [11.0, 130.0]])
    member = np.array([[True, True], [True, True], [True, False]])
    level = equal_weighted(close, member, np.zeros(2, np.int64), 1)[:, 0]
    assert level == pytest.approx([100.0, 110.0, 110.0])
    both = equal_weighted(close, np.ones((3, 2), bool), np.zeros(2, np.int64), 1)[:, 0]
    assert both == pytest.approx([100.0, 110.0, 110.0 * 1.15])


def test_sectors_in_a_list() -> None:
    result = compiled({"entry_rules": {"type": "sector_in", "sectors": ["y"]}}, panel([[1.0, 1.0, 1.0]]))
    assert listed(result, 0) == [1]
    other = compiled({"entry_rules": {"type": "sector_in", "sectors": ["Y"], "not": True}}, panel([[1.0, 1.0, 1.0]]))
    assert sorted(listed(other, 0)) == [0, 2]


def test_figures_not_loaded_never_act() -> None:
    for entry in (compare(ind("roe"), ">", lit(0)), {"type": "not", "condition": compare(ind("roe"), ">", lit(0))}):
        result = compiled({"entry_rules": entry}, panel([[1.0]]))
        assert listed(result, 0) == []
        assert result.uses == {"roe"}


def test_a_read_only_panel_is_fine() -> None:
    source = panel(np.full((40, 3), 5.0))
    for name in ("open", "high", "low", "close", "volume", "member"):
        getattr(source, name).flags.writeable = False
    result = compiled({"entry_rules": compare(ind("close"), ">=", ind("sma20"))}, source)
    assert len(listed(result, 39)) == 3


def test_ties_between_close_and_average_are_decided_right() -> None:
    rng = np.random.default_rng(4)
    ticks = np.repeat(rng.integers(200, 400_000, 40), 50)[:, None] + rng.integers(-4, 5, (2000, 6))
    close = ticks / 20.0
    out = np.empty(close.shape)
    for n in (5, 20):
        kernels.rolling_mean(close, n, out)
        paise = np.rint(close * 100).astype(np.int64)
        total = np.cumsum(np.vstack([np.zeros((1, 6), np.int64), paise]), axis=0)
        truth = np.sign(paise[n - 1 :] * n - (total[n:] - total[:-n]))
        assert np.array_equal(np.sign(close - out)[n - 1 :], truth)


def test_the_cache_stays_within_its_bounds() -> None:
    data = make_data(5, 200, 20, gaps=False)
    cache = IndicatorCache(max_bytes=100_000)
    for n in range(2, 30):
        compiled({"entry_rules": compare(ind("close"), ">", ind(f"sma{n}"))}, data, cache=cache)
    assert cache.size_bytes <= 100_000
    assert len(cache) >= 1
    cache.clear()
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_beta_is_the_slope_of_daily_changes_on_the_index() -> None:
    data = make_data(6, 300, 3, gaps=True)
    work = Workspace(data, IndicatorCache())
    table = work.own.restore(work.series(Indicator("beta_1y")))
    assert data.index is not None
    for i in range(3):
        present = np.flatnonzero(~np.isnan(data.panel.close[:, i]))
        if len(present) < 253:
            assert np.isnan(table[:, i]).all()
            continue
        stock, market = data.panel.close[present, i], data.index.close[present]
        r, b = stock[1:] / stock[:-1] - 1, market[1:] / market[:-1] - 1
        expected = np.cov(r[-252:], b[-252:], ddof=0)
        assert table[present[-1], i] == pytest.approx(expected[0, 1] / expected[1, 1])
        assert np.isnan(table[present[251], i])


@pytest.mark.parametrize("gap", [False, True])
def test_as_many_sectors_as_symbols(gap: bool) -> None:
    close = np.array([[10.0, 10.0], [20.0, 10.0], [20.0, 30.0]])
    if gap:
        close = np.vstack([[NAN, 10.0], close])
    source = replace(panel(close), sectors=("Z", "A"))
    above = compare(ind("close", of="sector"), ">", lit(150))
    flags = compiled({"exit_rules": [{"name": "e", "condition": above}]}, source).flags[0][-3:]
    assert flags.tolist() == [[0, 0], [2, 0], [2, 2]]


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (3, 0), (1, 4)])
def test_tiny_panels(shape: tuple[int, int]) -> None:
    source = panel(np.ones(shape))
    for key, strategy in template_strategies().items():
        result = compile_strategy(strategy, MarketData(source))
        assert result.shape == shape, key
        assert result.candidates.start.shape == (shape[0] + 1,)


def test_an_index_that_does_not_fit_is_refused() -> None:
    source = panel(np.ones((3, 2)))
    with pytest.raises(ValueError, match="panel 3 days"):
        MarketData(source, IndexSeries("i", np.ones(4)))
    with pytest.raises(ValueError, match="roe has the shape"):
        MarketData(source, figures={"roe": np.ones((3, 3))})
