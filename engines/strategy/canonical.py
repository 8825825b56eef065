"""The canonical form of a strategy and its hash."""

import hashlib
import json
from typing import Any

from engines.strategy import language as words
from engines.strategy.nodes import (
    Addon,
    Compare,
    Condition,
    Exit,
    Group,
    Indicator,
    Literal,
    Math,
    Not,
    Number,
    Operand,
    Parameter,
    ParamRef,
    Position,
    Rank,
    Score,
    SectorIn,
    Select,
    SizingRule,
    Strategy,
)

LABELS = ("name", "description", "base_model", "is_active")


def to_body(strategy: Strategy) -> dict[str, Any]:
    """Return the strategy as a body that reads back to the same strategy: every key present, numbers in their
    shortest form, indicators by token."""
    addon, select, sizing = strategy.addon_rules, strategy.select, strategy.sizing
    return {
        "name": strategy.name,
        "description": strategy.description,
        "base_model": strategy.base_model,
        "is_active": strategy.is_active,
        "universe": strategy.universe,
        "params": {name: plain(value) for name, value in sorted(strategy.params)},
        "regime": None if strategy.regime is None else condition_body(strategy.regime),
        "rebalance": strategy.rebalance,
        "entry_rules": condition_body(strategy.entry_rules),
        "exit_rules": [_exit(rule) for rule in strategy.exit_rules],
        "addon_rules": {"enabled": False} if addon is None else _addon(addon),
        "conviction_scoring": [_score(score) for score in strategy.conviction_scoring],
        "select": None if select is None else _select(select),
        "sizing": None if sizing is None else _sizing(sizing),
        "config": {name: _number(value) for name, value in sorted(strategy.config)},
    }


def canonical_json(strategy: Strategy) -> str:
    """Return the canonical text: what the strategy does, its labels left out, keys sorted."""
    body = {key: value for key, value in to_body(strategy).items() if key not in LABELS}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def strategy_hash(strategy: Strategy) -> str:
    """Return the sha256 of the canonical text, 64 hexadecimal digits: equal hashes trade alike."""
    return hashlib.sha256(canonical_json(strategy).encode()).hexdigest()


def plain(value: float) -> int | float:
    """Return a whole number as int, so that 20 and 20.0 are written alike."""
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _number(value: Number) -> Any:
    return {"type": "param", "name": value.name} if isinstance(value, ParamRef) else plain(value)


def _exit(rule: Exit) -> dict[str, Any]:
    return {
        "name": rule.name,
        "priority": rule.priority,
        "ignore_min_hold": rule.ignore_min_hold,
        "condition": condition_body(rule.condition),
        "exit_price": rule.exit_price,
    }


def _addon(rule: Addon) -> dict[str, Any]:
    return {
        "enabled": True,
        "condition": condition_body(rule.condition),
        "max_addons": _number(rule.max_addons),
        "size_pct": _number(rule.size_pct),
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "name": score.name,
        "weight": _number(score.weight),
        "value": operand_body(score.value),
        "from": _number(score.low),
        "to": _number(score.high),
    }


def _select(select: Select) -> dict[str, Any]:
    return {
        "by": operand_body(select.by),
        "direction": select.direction,
        "top": _number(select.top),
        "exit_below": _number(select.exit_below),
    }


def _sizing(sizing: SizingRule) -> dict[str, Any]:
    numbers = {"pct": sizing.pct, "risk_pct": sizing.risk_pct, "vol_bars": sizing.vol_bars}
    return {"mode": sizing.mode, **{name: _number(value) for name, value in numbers.items() if value is not None}}


def condition_body(node: Condition) -> dict[str, Any]:
    """Return a condition as written in a body."""
    if isinstance(node, Group):
        return {"type": node.kind, "conditions": [condition_body(part) for part in node.conditions]}
    if isinstance(node, Not):
        return {"type": "not", "condition": condition_body(node.condition)}
    if isinstance(node, SectorIn):
        body: dict[str, Any] = {"type": "sector_in", "sectors": list(node.sectors)}
        return {**body, "not": True} if node.negated else body
    assert isinstance(node, Compare)
    body = {
        "type": "compare",
        "left": operand_body(node.left),
        "op": node.op,
        "right": operand_body(node.right),
    }
    return body if node.hi is None else {**body, "hi": operand_body(node.hi)}


def operand_body(node: Operand) -> dict[str, Any]:
    """Return an operand as written in a body."""
    if isinstance(node, Literal):
        return {"type": "literal", "value": plain(node.value)}
    if isinstance(node, Parameter):
        return {"type": "param", "name": node.name}
    if isinstance(node, Position):
        return {"type": "position", "field": node.field}
    if isinstance(node, Math):
        return {"type": "math", "fn": node.fn, "args": [operand_body(arg) for arg in node.args]}
    if isinstance(node, Rank):
        return {"type": "rank", "of": operand_body(node.of), "among": node.among}
    return _indicator(node) if isinstance(node, Indicator) else {"type": "random"}


def _indicator(node: Indicator) -> dict[str, Any]:
    token = indicator_token(node)
    body: dict[str, Any] = {"type": "indicator", "name": node.name if token is None else token}
    params = {} if token is not None else {name: _number(value) for name, value in node.params}
    if node.on is not None:
        params["on"] = node.on
    if params:
        body["params"] = params
    if node.lag:
        body["lag"] = _number(node.lag)
    return body if node.of == "self" else {**body, "of": node.of}


def indicator_token(node: Indicator) -> str | None:
    """Return ``sma20`` or ``macd12_26_9``, or None when a number is a parameter or no token says it exactly."""
    values = [value for _, value in node.params]
    if any(isinstance(value, ParamRef) or float(f"{value:g}") != value for value in values):
        return None
    if any(value != int(value) and "e" in f"{value:g}" for value in values if isinstance(value, float)):
        return None
    defaults = {param.name: param.default for param in words.WORDS[node.name].params}
    shown = len(values)
    while shown > 1 and node.params[shown - 1][1] == defaults[node.params[shown - 1][0]]:
        shown -= 1
    return node.name + "_".join(f"{value:g}" for value in values[:shown])
