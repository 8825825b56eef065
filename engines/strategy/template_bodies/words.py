"""Short ways to write the rule language."""

from typing import Any

Node = dict[str, Any]


def ind(name: str, **more: Any) -> Node:
    """Write an indicator; ``more`` may hold params, lag, of."""
    return {"type": "indicator", "name": name, **more}


def lit(value: float) -> Node:
    """Write a number."""
    return {"type": "literal", "value": value}


def par(name: str) -> Node:
    """Write a parameter."""
    return {"type": "param", "name": name}


def pos(field: str) -> Node:
    """Write a field of the position."""
    return {"type": "position", "field": field}


def calc(fn: str, *args: Node) -> Node:
    """Write a function of operands."""
    return {"type": "math", "fn": fn, "args": list(args)}


def rank(of: Node, among: str = "universe") -> Node:
    """Write a percentile rank."""
    return {"type": "rank", "of": of, "among": among}


def when(left: Node, op: str, right: Node, hi: Node | None = None) -> Node:
    """Write a comparison."""
    body = {"type": "compare", "left": left, "op": op, "right": right}
    return body if hi is None else {**body, "hi": hi}


def both(*conditions: Node) -> Node:
    """Write: all of these."""
    return {"type": "and", "conditions": list(conditions)}


def either(*conditions: Node) -> Node:
    """Write: any of these."""
    return {"type": "or", "conditions": list(conditions)}


def leave(name: str, priority: int, condition: Node, price: str = "close", *, at_once: bool = False) -> Node:
    """Write an exit rule; ``at_once`` ignores the least holding time."""
    return {
        "name": name,
        "priority": priority,
        "ignore_min_hold": at_once,
        "condition": condition,
        "exit_price": price,
    }


def score(name: str, value: Node, low: float, high: float, weight: float = 1) -> Node:
    """Write a part of the conviction."""
    return {"name": name, "weight": weight, "value": value, "from": low, "to": high}


CLOSE = ind("close")
INDEX_UP = when(ind("close", of="index"), ">", ind("sma200", of="index"))
