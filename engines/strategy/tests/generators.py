"""Panels and strategies made at random, for properties. Used by the tests of the kernel too."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from engines.panel import PricePanel
from engines.strategy.data import IndexSeries, MarketData

Body = dict[str, Any]
SECTORS = ("Banks", "Energy", "IT")


def make_panel(seed: int, days: int = 160, symbols: int = 8, *, gaps: bool = True) -> PricePanel:
    """Prices on a 0.05 tick, with late listings, holes, days without volume and members that come and go."""
    rng = np.random.default_rng(seed)
    shape = (days, symbols)
    close = np.round(rng.uniform(50, 900, symbols) * np.exp(np.cumsum(rng.normal(0, 0.02, shape), axis=0)) * 20) / 20
    open_ = np.round(close * (1 + rng.normal(0, 0.008, shape)) * 20) / 20
    high = np.maximum(open_, close) + rng.integers(0, 40, shape) / 20
    low = np.maximum(np.minimum(open_, close) - rng.integers(0, 40, shape) / 20, 0.05)
    volume = rng.integers(0, 50_000, shape) * (rng.random(shape) > 0.02)
    member = np.ones(shape, bool)
    missing = np.zeros(shape, bool)
    if gaps:
        missing = rng.random(shape) < 0.03
        missing[: days // 3, symbols // 3] = True
        missing[2 * days // 3 :, symbols // 2] = True
        member[: days // 2, 0] = False
        member[days // 2 :, symbols - 1] = False
    prices = [np.where(missing, np.nan, column) for column in (open_, high, low, close)]
    dates = np.busday_offset("2021-01-04", np.arange(days), roll="forward")
    names = tuple(f"SYM{(7 * i) % symbols:03d}" if symbols % 7 else f"SYM{i:03d}" for i in range(symbols))
    sectors = tuple(SECTORS[i % len(SECTORS)] for i in range(symbols))
    return PricePanel(
        dates, names, sectors, *prices, np.where(missing, 0.0, volume.astype(float)), np.ones(shape), member,
        "simulated", f"made-{seed}-{days}-{symbols}-{gaps}",
    )  # fmt: skip


def make_data(seed: int, days: int = 160, symbols: int = 8, *, gaps: bool = True) -> MarketData:
    """A panel with an index and company figures."""
    panel = make_panel(seed, days, symbols, gaps=gaps)
    rng = np.random.default_rng(seed + 1)
    level = 10_000 * np.exp(np.cumsum(rng.normal(0, 0.01, days)))
    index = IndexSeries(f"index-{seed}", level, high=level * 1.005, low=level * 0.995)
    figures = {name: rng.normal(15, 10, panel.shape) for name in ("iscore", "roe", "earnings_yield")}
    figures["debt_equity"] = np.abs(rng.normal(0.8, 0.6, panel.shape))
    for table in figures.values():
        table[: days // 4] = np.nan
    return MarketData(panel, index, figures, f"figures-{seed}")


def changed_after(data: MarketData, last: int, seed: int = 5) -> MarketData:
    """The same data with every later bar, index value and figure replaced by other ones."""
    rng = np.random.default_rng(seed)

    def other(table: Any) -> Any:
        if table is None:
            return None
        out = np.array(table, float)
        out[last + 1 :] *= rng.uniform(0.5, 2.0, out[last + 1 :].shape)
        return out

    panel, index = data.panel, data.index
    columns = {name: other(getattr(panel, name)) for name in ("open", "high", "low", "close", "volume")}
    member = panel.member.copy()
    member[last + 1 :] = rng.random(member[last + 1 :].shape) < 0.5
    changed = replace(panel, **columns, member=member, version=f"{panel.version}-changed-{last}-{seed}")
    if index is not None:
        prices = {name: other(getattr(index, name)) for name in ("close", "open", "high", "low", "volume")}
        index = IndexSeries(f"{index.version}-changed-{last}-{seed}", **prices)
    figures = {name: other(table) for name, table in data.figures.items()}
    return MarketData(changed, index, figures, f"{data.figures_version}-{last}-{seed}", data.next_session)


def cut_after(data: MarketData, last: int) -> MarketData:
    """The same data as it was known at the close of day ``last``."""
    panel, index, end = data.panel, data.index, last + 1
    columns = ("dates", "open", "high", "low", "close", "volume", "factor", "member")
    cut = replace(panel, **{name: getattr(panel, name)[:end].copy() for name in columns})
    if index is not None:
        prices = {name: getattr(index, name) for name in ("close", "open", "high", "low", "volume")}
        index = IndexSeries(index.version, **{k: None if v is None else v[:end].copy() for k, v in prices.items()})
    figures = {name: table[:end].copy() for name, table in data.figures.items()}
    following = panel.dates[end].astype(object) if end < len(panel.dates) else data.next_session
    return MarketData(cut, index, figures, data.figures_version, following)


def permuted(data: MarketData, order: np.ndarray) -> MarketData:
    """The same data with the symbols in another order."""
    panel = data.panel
    columns = ("open", "high", "low", "close", "volume", "factor", "member")
    moved = replace(
        panel,
        symbols=tuple(panel.symbols[i] for i in order),
        sectors=tuple(panel.sectors[i] for i in order),
        **{name: np.ascontiguousarray(getattr(panel, name)[:, order]) for name in columns},
    )
    figures = {name: np.ascontiguousarray(table[:, order]) for name, table in data.figures.items()}
    return MarketData(moved, data.index, figures, data.figures_version, data.next_session)


_lags = st.integers(0, 3)
_owners = st.sampled_from(["self", "self", "self", "index", "sector"])
_windows = st.integers(2, 25)
_thresholds = st.sampled_from([-5.0, -1.0, 0.0, 0.5, 1.0, 2.0, 5.0, 20.0, 35.0, 50.0, 65.0, 80.0, 100.0, 300.0])
_ANYONES = ("sma", "ema", "rsi", "atr", "roc", "highest", "lowest", "stdev", "bb_upper", "bb_lower", "drawdown")
_FIXED = ("open", "high", "low", "close", "gap_pct")
_OWN = ("volume", "value", "sector_rs", "iscore", "roe", "debt_equity", "earnings_yield")
_POSITION = (
    "total_bars_held", "gain_pct", "entry_price", "quantity", "highest_high", "highest_close", "peak_drawdown_pct",
    "addons",
)  # fmt: skip


@st.composite
def indicators(draw: st.DrawFn) -> Body:
    """An indicator operand with short windows."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        name = draw(st.sampled_from(_FIXED))
    elif kind == 1:
        body: Body = {"type": "indicator", "name": draw(st.sampled_from(_OWN))}
        lag = draw(_lags)
        return {**body, "lag": lag} if lag else body
    elif kind == 2:
        name = draw(st.sampled_from(["macd3_6_2", "macd_signal3_6_2", "adx4", "days_since_high9"]))
    else:
        name = f"{draw(st.sampled_from(_ANYONES))}{draw(_windows)}"
    body = {"type": "indicator", "name": name, "of": draw(_owners), "lag": draw(_lags)}
    if name.startswith(("sma", "highest", "lowest", "stdev")) and draw(st.booleans()):
        body["params"] = {"on": draw(st.sampled_from(["open", "high", "low", "close"]))}
    return body


def operands(*, position: bool = False) -> st.SearchStrategy[Body]:
    """Any operand; with ``position`` also fields of the position."""
    leaves = [
        indicators(),
        indicators(),
        _thresholds.map(lambda value: {"type": "literal", "value": value}),
        st.just({"type": "random"}),
        st.builds(
            lambda of, among: {"type": "rank", "of": of, "among": among},
            indicators(),
            st.sampled_from(["universe", "sector"]),
        ),
    ]
    if position:
        leaves.append(st.sampled_from(_POSITION).map(lambda field: {"type": "position", "field": field}))
    leaf = st.one_of(leaves)
    pairs = st.builds(
        lambda fn, a, b: {"type": "math", "fn": fn, "args": [a, b]},
        st.sampled_from(["add", "sub", "mul", "div", "min", "max"]),
        leaf,
        leaf,
    )
    return st.one_of(leaf, leaf, pairs, leaf.map(lambda a: {"type": "math", "fn": "abs", "args": [a]}))


@st.composite
def comparisons(draw: st.DrawFn, *, position: bool = False) -> Body:
    """A comparison of any operator."""
    op = draw(st.sampled_from([">", ">=", "<", "<=", ">", "<", "==", "crosses_above", "crosses_below", "between"]))
    left, right = draw(operands(position=position)), draw(operands(position=position))
    body = {"type": "compare", "left": left, "op": op, "right": right}
    return {**body, "hi": draw(operands(position=position))} if op == "between" else body


def conditions(*, position: bool = False) -> st.SearchStrategy[Body]:
    """Conditions nested up to three deep."""
    leaf = st.one_of(
        comparisons(position=position),
        comparisons(position=position),
        st.builds(
            lambda names, no: {"type": "sector_in", "sectors": names, "not": no},
            st.lists(st.sampled_from(SECTORS), min_size=1, max_size=2),
            st.booleans(),
        ),
    )

    def group(inner: st.SearchStrategy[Body]) -> st.SearchStrategy[Body]:
        return st.one_of(
            st.builds(
                lambda kind, parts: {"type": kind, "conditions": parts},
                st.sampled_from(["and", "or"]),
                st.lists(inner, min_size=1, max_size=3),
            ),
            inner.map(lambda part: {"type": "not", "condition": part}),
        )

    return st.recursive(leaf, group, max_leaves=4)


@st.composite
def exit_rules(draw: st.DrawFn) -> list[Body]:
    """Up to three exit rules."""
    rules = draw(st.lists(conditions(position=True), max_size=3))
    return [
        {
            "name": f"exit {i}",
            "priority": draw(st.integers(0, 3)),
            "ignore_min_hold": draw(st.booleans()),
            "condition": rule,
            "exit_price": "close",
        }
        for i, rule in enumerate(rules)
    ]


_CONFIG: dict[str, st.SearchStrategy[Any]] = {
    "min_hold": st.integers(0, 6),
    "max_hold": st.integers(1, 25),
    "stop_loss_pct": st.sampled_from([1, 3, 8, 20]),
    "take_profit_pct": st.sampled_from([1, 4, 10, 40]),
    "atr_stop_mult": st.sampled_from([0.5, 1, 2.5]),
    "trail_atr_mult": st.sampled_from([0.5, 1.5, 3]),
    "target_r": st.sampled_from([0.5, 1, 2]),
    "exit_buffer_pct": st.sampled_from([0, 0.5, 2]),
}


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """A whole strategy, well formed."""
    body: Body = {
        "name": "Generated",
        "entry_rules": draw(conditions()),
        "exit_rules": draw(exit_rules()),
        "config": {name: draw(value) for name, value in _CONFIG.items() if draw(st.booleans())},
        "rebalance": draw(st.sampled_from(["daily", "daily", "daily", "weekly", "monthly"])),
    }
    if draw(st.booleans()):
        body["conviction_scoring"] = [{"name": "score", "value": draw(indicators()), "from": 0, "to": 80}]
    if draw(st.integers(0, 3)) == 0:
        body["regime"] = draw(comparisons())
    if draw(st.integers(0, 3)) == 0:
        top = draw(st.integers(1, 5))
        body["select"] = {
            "by": draw(indicators()),
            "direction": draw(st.sampled_from(["asc", "desc"])),
            "top": top,
            "exit_below": top + draw(st.integers(0, 3)),
        }
    if draw(st.integers(0, 3)) == 0:
        body["addon_rules"] = {
            "enabled": True,
            "condition": draw(conditions(position=True)),
            "max_addons": draw(st.integers(1, 3)),
            "size_pct": draw(st.sampled_from([25, 50, 100])),
        }
    if draw(st.integers(0, 3)) == 0:
        body["sizing"] = draw(
            st.sampled_from(
                [
                    {"mode": "risk", "risk_pct": 0.5},
                    {"mode": "inverse_vol", "vol_bars": 10},
                    {"mode": "pct_equity", "pct": 7},
                ]
            )
        )
    return body
