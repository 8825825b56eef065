"""Strategies that are wrong in one place, and that place."""

import copy
from collections.abc import Iterator
from typing import Any

NAN, INF = float("nan"), float("inf")


def ind(name: Any, **more: Any) -> dict[str, Any]:
    return {"type": "indicator", "name": name, **more}


def lit(value: Any) -> dict[str, Any]:
    return {"type": "literal", "value": value}


def compare(left: Any = None, op: Any = ">", right: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "compare", "left": left or ind("close"), "op": op, "right": right or ind("sma20"), **more}


def good() -> dict[str, Any]:
    """A body in which everything is used."""
    return {
        "name": "Good",
        "description": "d",
        "base_model": "v1_momentum",
        "is_active": True,
        "universe": "nifty_100",
        "params": {"rsi_max": 45, "n": 20},
        "regime": compare(ind("close", of="index"), ">", ind("sma200", of="index")),
        "rebalance": "weekly",
        "entry_rules": {
            "type": "and",
            "conditions": [
                compare(),
                compare(ind("rsi14"), "<", {"type": "param", "name": "rsi_max"}),
                compare(ind("drawdown20"), "between", lit(5), hi=lit(15)),
                {"type": "not", "condition": {"type": "sector_in", "sectors": ["IT"], "not": True}},
                compare({"type": "math", "fn": "sub", "args": [ind("roc63"), ind("roc63", of="index")]}, ">", lit(5)),
                compare({"type": "rank", "of": ind("mom_12_1"), "among": "universe"}, ">", lit(80)),
                compare({"type": "random"}, "<", lit(0.5)),
            ],
        },
        "exit_rules": [
            {
                "name": "out",
                "priority": 1,
                "ignore_min_hold": False,
                "condition": compare({"type": "position", "field": "gain_pct"}, ">", lit(0)),
                "exit_price": "close",
            },
            {
                "name": "low",
                "condition": compare(op="<", right=ind("sma", params={"n": {"type": "param", "name": "n"}})),
            },
        ],
        "addon_rules": {"enabled": True, "condition": compare(), "max_addons": 2, "size_pct": 50},
        "conviction_scoring": [{"name": "rsi", "weight": 1, "value": ind("rsi14"), "from": 50, "to": 0}],
        "select": {"by": ind("mom_6_1"), "direction": "desc", "top": 10, "exit_below": 20},
        "sizing": {"mode": "risk", "pct": 10, "risk_pct": 1},
        "config": {"min_hold": 3, "max_hold": 30, "stop_loss_pct": 8, "target_r": 2, "exit_buffer_pct": 0.5},
    }


# path, wrong value, place of the fault where it is not the path itself
_ENTRY = "entry_rules.conditions"
_E0, _E1, _E2, _E3, _E4, _E5 = (f"{_ENTRY}[{i}]" for i in range(6))
_X, _C = "exit_rules[0]", "conviction_scoring[0]"
DEEP: Any = compare()
for _ in range(7):
    DEEP = {"type": "not", "condition": DEEP}
ABYSS: Any = {"type": "and", "conditions": []}
for _ in range(5000):
    ABYSS = {"type": "not", "condition": ABYSS}
DEEP_MATH: Any = lit(1)
for _ in range(7):
    DEEP_MATH = {"type": "math", "fn": "abs", "args": [DEEP_MATH]}

NO_WINDOWS: list[Any] = [0, 1, 401, 2.5, "20", None, True, NAN, [20], -3]
NO_INDICATORS: list[Any] = [
    *(None, 5, "", "smma20", "sma1", "sma401", "sma20.5", "sma20_3", "rsi0", "macd26_12", "x" * 5000, ["sma20"], {}),
    *("supertrend10_3", "vwap", "obv", "__class__", "close; drop", "sma-5", "sma1e2", "s\u043ca20"),
]

TABLE: list[tuple[str, Any, str]] = [
    *(("name", value, "name") for value in (None, 5, "", "   ", "x" * 121, [], "a\x00b", "\ud800")),
    *(("description", value, "description") for value in (5, {}, "x" * 4001, "bad\x07")),
    *(("base_model", value, "base_model") for value in (5, [], "x" * 61)),
    *(("is_active", value, "is_active") for value in (1, "true", None)),
    *(("universe", value, "universe") for value in (5, ["nifty_100"], "x" * 61)),
    *(("params", value, "params") for value in ([], "rsi", 5, {f"p{i}": i for i in range(51)})),
    *((f"params.{name}", 1, f"params.{name}") for name in ("1st", "a b", "é", "x-y", "")),
    *(("params.rsi_max", value, "params.rsi_max") for value in (None, "45", True, NAN, INF, -INF, 10**400, [45], {})),
    *(("regime", value, "regime") for value in (5, [], "up")),
    ("regime", {}, "regime.type"),
    *(("rebalance", value, "rebalance") for value in ("hourly", 5, "", ["daily"], "DAILY")),
    *(("entry_rules", value, "entry_rules") for value in (None, 5, [], "buy", True)),
    ("entry_rules", {}, "entry_rules.type"),
    *(("entry_rules.type", value, "entry_rules.type") for value in ("xor", "AND", None, 5, [], {}, "compare\n")),
    ("entry_rules.foo", 1, "entry_rules.foo"),
    ("entry_rules.condition", compare(), "entry_rules.condition"),
    *((_ENTRY, value, _ENTRY) for value in (None, {}, [], "all", 5, [compare()] * 201)),
    *((_E0, value, _E0) for value in (None, 5, "close > sma20", [])),
    (_E0, {"left": ind("close"), "op": ">", "right": lit(1)}, f"{_E0}.type"),
    (_E0, {"type": "compare", "op": ">", "right": lit(1)}, f"{_E0}.left"),
    (_E0, {"type": "compare", "left": lit(1), "right": lit(1)}, f"{_E0}.op"),
    (_E0, {"type": "compare", "left": lit(1), "op": ">"}, f"{_E0}.right"),
    (f"{_E0}.hi", lit(3), f"{_E0}.hi"),
    (f"{_E0}.lhs", lit(3), f"{_E0}.lhs"),
    *((f"{_E0}.op", value, f"{_E0}.op") for value in ("=>", "!=", "", None, 5, "crosses", ">\u200b", [">"])),
    *((f"{_E0}.left", value, f"{_E0}.left") for value in (None, 5, "close", [], True)),
    *((f"{_E0}.left", {"type": value}, f"{_E0}.left.type") for value in ("price", None, ["literal"])),
    (f"{_E0}.left", {}, f"{_E0}.left.type"),
    *((f"{_E0}.right", value, f"{_E0}.right") for value in (None, 70, "70", [])),
    *((f"{_E0}.right", lit(value), f"{_E0}.right.value") for value in (None, "5", NAN, INF, True, 1e16, -(10**500))),
    (f"{_E0}.right", {"type": "literal"}, f"{_E0}.right.value"),
    (f"{_E0}.right", {"type": "literal", "value": 1, "unit": "%"}, f"{_E0}.right.unit"),
    *((f"{_E0}.left.name", value, f"{_E0}.left.name") for value in NO_INDICATORS),
    (f"{_E0}.left", {"type": "indicator"}, f"{_E0}.left.name"),
    (f"{_E0}.left.period", 20, f"{_E0}.left.period"),
    *((f"{_E0}.left.lag", value, f"{_E0}.left.lag") for value in (-1, 1.5, "1", None, True, NAN, 401, 10**30)),
    *((f"{_E0}.left.of", value, f"{_E0}.left.of") for value in ("other", "", None, 5, "universe", ["self"])),
    (f"{_E0}.left", ind("sma200", lag=300), f"{_E0}.left"),
    (f"{_E0}.left", ind("mom_12_1", lag=149), f"{_E0}.left"),
    (f"{_E0}.left", ind("adx300"), f"{_E0}.left"),
    (f"{_E0}.left", ind("volume", of="sector"), f"{_E0}.left.of"),
    (f"{_E0}.left", ind("roe", of="index"), f"{_E0}.left.of"),
    (f"{_E0}.left", ind("beta_1y", of="index"), f"{_E0}.left.of"),
    (f"{_E0}.left", ind("sma20", params={"on": "value"}, of="sector"), f"{_E0}.left.of"),
    *((f"{_E0}.right.params", value, f"{_E0}.right.params") for value in (5, [], "n=20", None)),
    *((f"{_E0}.right.params", {"n": n}, f"{_E0}.right.params.n") for n in NO_WINDOWS),
    *((f"{_E0}.right.params", {"on": c}, f"{_E0}.right.params.on") for c in ("vwap", None, 5, "", ["close"])),
    (f"{_E0}.right.params", {"m": 20}, f"{_E0}.right.params.m"),
    (f"{_E0}.left.params", {"n": 20}, f"{_E0}.left.params.n"),
    (f"{_E0}.left", ind("atr14", params={"on": "close"}), f"{_E0}.left.params.on"),
    (f"{_E0}.left", ind("macd", params={"fast": 30}), f"{_E0}.left.params.fast"),
    (f"{_E0}.left", ind("bb_upper20", params={"width": 11}), f"{_E0}.left.params.width"),
    (f"{_E0}.right.params", {"n": {"type": "param", "name": "rsi"}}, f"{_E0}.right.params.n.name"),
    *((f"{_E1}.right.name", value, f"{_E1}.right.name") for value in ("rsi", "", None, 5, "rsi_max ", "x" * 41)),
    (f"{_E1}.right.value", 5, f"{_E1}.right.value"),
    (f"{_E1}.right", {"type": "param"}, f"{_E1}.right.name"),
    (f"{_E2}.hi", None, f"{_E2}.hi"),
    (f"{_E2}.hi", 15, f"{_E2}.hi"),
    (_E2, compare(ind("drawdown20"), "between", lit(5)), f"{_E2}.hi"),
    (f"{_E3}.condition", None, f"{_E3}.condition"),
    (_E3, {"type": "not", "conditions": [compare()]}, f"{_E3}.conditions"),
    *((f"{_E3}.condition.sectors", value, f"{_E3}.condition.sectors") for value in (None, "IT", [], ["x"] * 61, {})),
    *((f"{_E3}.condition.sectors", [value], f"{_E3}.condition.sectors[0]") for value in (None, 5, "", "x" * 81)),
    *((f"{_E3}.condition.not", value, f"{_E3}.condition.not") for value in (0, "no", None)),
    *((f"{_E4}.left.fn", value, f"{_E4}.left.fn") for value in ("pow", None, 5, "eval", "", ["add"])),
    *((f"{_E4}.left.args", value, f"{_E4}.left.args") for value in (None, [], [lit(1)], [lit(1)] * 3, {}, "a,b")),
    (f"{_E4}.left.args", [lit(1), 2], f"{_E4}.left.args[1]"),
    (f"{_E4}.left.args", [lit(1), ind("nope")], f"{_E4}.left.args[1].name"),
    (f"{_E4}.left", {"type": "math", "fn": "abs", "args": [lit(1), lit(2)]}, f"{_E4}.left.args"),
    *((f"{_E5}.left.among", value, f"{_E5}.left.among") for value in ("all", None, 5, "")),
    *((f"{_E5}.left.of", value, f"{_E5}.left.of") for value in (None, 5, "mom_12_1")),
    (f"{_E5}.left", {"type": "rank", "of": ind("volume"), "among": "sectors"}, f"{_E5}.left.of"),
    (f"{_ENTRY}[6].left.seed", 5, f"{_ENTRY}[6].left.seed"),
    (f"{_E0}.left", {"type": "position", "field": "gain_pct"}, f"{_E0}.left"),
    ("regime.left", {"type": "position", "field": "gain_pct"}, "regime.left"),
    ("select.by", {"type": "position", "field": "gain_pct"}, "select.by"),
    (f"{_C}.value", {"type": "position", "field": "gain_pct"}, f"{_C}.value"),
    *(("exit_rules", value, "exit_rules") for value in ({}, "x", 5, [{"condition": compare()}] * 21)),
    *((_X, value, _X) for value in (None, 5, [], "stop")),
    *((f"{_X}.name", value, f"{_X}.name") for value in (None, "", 5, "x" * 61)),
    ("exit_rules[1].name", "out", "exit_rules[1].name"),
    *((f"{_X}.priority", value, f"{_X}.priority") for value in (None, "1", 1.5, 2000, NAN, True)),
    *((f"{_X}.ignore_min_hold", value, f"{_X}.ignore_min_hold") for value in (0, "false", None)),
    *((f"{_X}.exit_price", value, f"{_X}.exit_price") for value in (5, "", "x" * 41, [])),
    *((f"{_X}.condition", value, f"{_X}.condition") for value in (None, 5, [])),
    (f"{_X}.when", 1, f"{_X}.when"),
    *((f"{_X}.condition.left.field", value, f"{_X}.condition.left.field") for value in ("pnl", None, 5, "")),
    *(("addon_rules", value, "addon_rules") for value in (5, "x", [compare()], True)),
    ("addon_rules.condition", None, "addon_rules.condition"),
    *(("addon_rules.enabled", value, "addon_rules.enabled") for value in (1, "yes", None)),
    *(("addon_rules.max_addons", value, "addon_rules.max_addons") for value in (0, 1.5, "2", None, 101)),
    *(("addon_rules.size_pct", value, "addon_rules.size_pct") for value in (0, -5, NAN, "50", 1001)),
    ("addon_rules.size", 5, "addon_rules.size"),
    *(("conviction_scoring", value, "conviction_scoring") for value in ({}, 5, "x", [{}] * 21)),
    *((f"{_C}.weight", value, f"{_C}.weight") for value in (0, -1, None, "1", NAN, INF)),
    *((f"{_C}.from", value, f"{_C}.from") for value in (None, "0", NAN)),
    *((f"{_C}.to", value, f"{_C}.to") for value in (None, "0", 50, INF)),
    (f"{_C}.value", ind("sma"), ""),
    (f"{_C}.valve", 1, f"{_C}.valve"),
    *(("select", value, "select") for value in (5, [], "top")),
    *(("select.top", value, "select.top") for value in (0, -1, 501, 1.5, None, "10", True)),
    *(("select.exit_below", value, "select.exit_below") for value in (5, 0, "20", 1001)),
    *(("select.direction", value, "select.direction") for value in ("down", None, 5)),
    ("select.rank", 1, "select.rank"),
    *(("sizing", value, "sizing") for value in (5, [], "equal")),
    *(("sizing.mode", value, "sizing.mode") for value in ("kelly", None, 5)),
    *(("sizing.pct", value, "sizing.pct") for value in (0, -5, 101, "10", NAN)),
    *(("sizing.risk_pct", value, "sizing.risk_pct") for value in (0, 21, "1")),
    ("sizing.vol_bars", 20, "sizing.vol_bars"),
    *(("config", value, "config") for value in (5, [], "x")),
    *(("config.min_hold", value, "config.min_hold") for value in (-1, 1.5, "3", NAN, 1001, True)),
    *(("config.max_hold", value, "config.max_hold") for value in (0, -1, 1.5, "3")),
    *(("config.stop_loss_pct", value, "config.stop_loss_pct") for value in (0, -8, 100, "8", NAN, INF)),
    *(("config.take_profit_pct", value, "config.take_profit_pct") for value in (0, -1, "x")),
    *(("config.atr_stop_mult", value, "config.atr_stop_mult") for value in (0, -1, 51)),
    *(("config.trail_atr_mult", value, "config.trail_atr_mult") for value in (0, "3")),
    *(("config.target_r", value, "config.target_r") for value in (0, -2, [])),
    *(("config.exit_buffer_pct", value, "config.exit_buffer_pct") for value in (-0.1, 51, "1")),
    ("config.leverage", 2, "config.leverage"),
    ("code", "import os", "code"),
    ("entry_rule", {}, "entry_rule"),
    ("entry_rules", DEEP, f"entry_rules{'.condition' * 6}"),
    ("entry_rules", ABYSS, f"entry_rules{'.condition' * 6}"),
    (f"{_E0}.left", DEEP_MATH, f"{_E0}.left{'.args[0]' * 6}"),
    ("entry_rules", {"type": "and", "conditions": [compare() for _ in range(70)]}, f"{_ENTRY}[66].left"),
]


def placed(body: Any, path: str, value: Any) -> Any:
    """The body with ``value`` at ``path``."""
    steps = [step for part in path.replace("]", "").split(".") for step in part.split("[")]
    at = body
    for step in steps[:-1]:
        at = at[int(step)] if isinstance(at, list) else at[step]
    last = steps[-1]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return body


def malformed() -> Iterator[tuple[str, Any, str]]:
    """Every wrong body with a title and the place of its fault."""
    for i, (path, value, place) in enumerate(TABLE):
        if place:
            yield f"{i}-{path[-60:]}", placed(copy.deepcopy(good()), path, value), place
    for body in (None, [], "strategy", 5, True):
        yield f"body-{body}", body, "body"
    for key in ("name", "entry_rules"):
        body = good()
        del body[key]
        yield f"without-{key}", body, key
