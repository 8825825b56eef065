"""The JSON Schema (2020-12) of a strategy's body.

It says all that a schema can say; depth, number of nodes, look-back and declared parameters are checked by
`parse.parse_strategy`, which names the place of every fault.
"""

from typing import Any

from engines.indicators.registry import Param
from engines.strategy import language as words
from engines.strategy.parse import CONFIG
from engines.strategy.program import POSITION_FIELDS

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **more,
    }


def _typed(kind: str, properties: dict[str, Any], required: tuple[str, ...] = ()) -> Schema:
    return _object({"type": {"const": kind}, **properties}, ("type", *required))


def _number(least: float, most: float, *, whole: bool = False) -> Schema:
    """A number within bounds, or a parameter."""
    kind = "integer" if whole else "number"
    return {"anyOf": [{"type": kind, "minimum": least, "maximum": most}, _ref("param")]}


def _text(most: int, least: int = 0) -> Schema:
    return {"type": "string", "minLength": least, "maxLength": most}


def _nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _array(items: Schema, most: int, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def strategy_schema() -> Schema:
    """Return the schema of a strategy's body."""
    return {
        "$schema": DIALECT,
        "$id": "urn:strategy",
        "title": "Strategy",
        "description": "Server-owned keys (id, version, created_at, ...) may be sent back and are ignored.",
        "type": "object",
        "properties": {**_body(), **{key: {"readOnly": True} for key in sorted(words.SERVER_OWNED)}},
        "required": ["name", "entry_rules"],
        "additionalProperties": False,
        "$defs": {**_conditions("", "operand"), **_conditions("held_", "held_operand"), **_operands()},
    }


def _body() -> dict[str, Any]:
    finite = {"type": "number", "minimum": -words.MAX_NUMBER, "maximum": words.MAX_NUMBER}
    return {
        "name": _text(120, 1),
        "description": _nullable(_text(4000)),
        "base_model": _nullable(_text(60)),
        "is_active": {"type": "boolean", "default": True},
        "universe": _nullable(_text(60)),
        "params": _nullable(
            {
                "type": "object",
                "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]{0,39}$"},
                "additionalProperties": finite,
                "maxProperties": words.MAX_PARAMS,
            }
        ),
        "regime": _nullable(_ref("condition")),
        "rebalance": _nullable({"enum": list(words.REBALANCES)}),
        "entry_rules": _ref("condition"),
        "exit_rules": _nullable(_array(_exit(), words.MAX_EXIT_RULES)),
        "addon_rules": _addons(),
        "conviction_scoring": _nullable(_array(_score(), words.MAX_SCORES)),
        "select": _nullable(_select()),
        "sizing": _nullable(_sizing()),
        "config": _nullable(_object({name: _nullable(_number(a, b, whole=w)) for name, (a, b, w) in CONFIG.items()})),
    }


def _exit() -> Schema:
    return _object(
        {
            "name": _text(60, 1),
            "priority": {"type": "integer", "minimum": -1000, "maximum": 1000},
            "ignore_min_hold": {"type": "boolean", "default": False},
            "condition": _ref("held_condition"),
            "exit_price": _nullable(_text(40, 1)),
        },
        ("condition",),
    )


def _addons() -> Schema:
    rule = _object(
        {
            "enabled": {"type": "boolean"},
            "condition": _nullable(_ref("held_condition")),
            "max_addons": _number(1, 100, whole=True),
            "size_pct": _number(0.1, 1000),
        }
    )
    return {"anyOf": [rule, {"type": "null"}, {"type": "array", "maxItems": 0}]}


def _score() -> Schema:
    ends = _number(-words.MAX_NUMBER, words.MAX_NUMBER)
    properties = {
        "name": _text(60, 1),
        "weight": _number(1e-6, 1e6),
        "value": _ref("operand"),
        "from": ends,
        "to": ends,
    }
    return _object(properties, ("value", "from", "to"))


def _select() -> Schema:
    properties = {
        "by": _ref("operand"),
        "direction": {"enum": list(words.DIRECTIONS), "default": "desc"},
        "top": _number(1, 500, whole=True),
        "exit_below": _nullable(_number(1, 1000, whole=True)),
    }
    return _object(properties, ("by", "top"))


def _sizing() -> Schema:
    return _object(
        {
            "mode": {"enum": list(words.SIZING_MODES), "default": "pct_equity"},
            "pct": _nullable(_number(0.01, 100.0)),
            "risk_pct": _nullable(_number(0.01, 20.0)),
            "vol_bars": _nullable(_number(5, 400, whole=True)),
        }
    )


def _conditions(prefix: str, operand: str) -> dict[str, Any]:
    """Conditions, once over all operands and once with position fields too."""
    inner, value = _ref(f"{prefix}condition"), _ref(operand)
    group = [_typed(kind, {"conditions": _array(inner, words.MAX_NODES, 1)}, ("conditions",)) for kind in ("and", "or")]
    sides = {"left": value, "right": value}
    plain = [op for op in words.OPERATORS if op != "between"]
    kinds = [
        *group,
        _typed("not", {"condition": inner}, ("condition",)),
        _typed("compare", {**sides, "op": {"enum": plain}}, ("left", "op", "right")),
        _typed("compare", {**sides, "op": {"const": "between"}, "hi": value}, ("left", "op", "right", "hi")),
        _typed(
            "sector_in",
            {"sectors": _array(_text(80, 1), words.MAX_SECTORS, 1), "not": {"type": "boolean", "default": False}},
            ("sectors",),
        ),
    ]
    return {f"{prefix}condition": {"oneOf": kinds}}


def _operands() -> dict[str, Any]:
    simple = [_ref(name) for name in ("indicator", "literal", "param", "random", "rank")]
    position = _typed("position", {"field": {"enum": list(POSITION_FIELDS)}}, ("field",))
    finite = {"type": "number", "minimum": -words.MAX_NUMBER, "maximum": words.MAX_NUMBER}
    rank = {"of": _ref("operand"), "among": {"enum": list(words.PEERS)}}
    return {
        "operand": {"oneOf": [*simple, _math("operand")]},
        "held_operand": {"oneOf": [*simple, position, _math("held_operand")]},
        "literal": _typed("literal", {"value": finite}, ("value",)),
        "param": _typed("param", {"name": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,39}$"}}, ("name",)),
        "random": _typed("random", {}),
        "rank": _typed("rank", rank, ("of", "among")),
        "indicator": _indicator(),
    }


def _math(operand: str) -> Schema:
    pairs = [fn for fn, takes in words.FUNCTIONS.items() if takes == 2]
    args = _ref(operand)
    return {
        "oneOf": [
            _typed("math", {"fn": {"enum": pairs}, "args": _array(args, 2, 2)}, ("fn", "args")),
            _typed("math", {"fn": {"const": "abs"}, "args": _array(args, 1, 1)}, ("fn", "args")),
        ]
    }


def _indicator() -> Schema:
    numbers: dict[str, Param] = {param.name: param for word in words.WORDS.values() for param in word.params}
    bounds = {name: _number(1 if param.whole else param.least, param.most) for name, param in numbers.items()}
    names = "|".join(sorted(words.WORDS, key=len, reverse=True))
    return _typed(
        "indicator",
        {
            "name": {
                "type": "string",
                "maxLength": 40,
                "pattern": rf"^\s*(?:{names})(?:\d+(?:\.\d+)?(?:_\d+(?:\.\d+)?)*)?\s*$",
                "examples": ["close", "sma20", "rsi14", "macd12_26_9", "mom_12_1"],
            },
            "params": _object({**bounds, "on": {"enum": list(words.COLUMNS)}}),
            "lag": _number(0, words.MAX_LOOKBACK_BARS, whole=True),
            "of": {"enum": list(words.OWNERS), "default": "self"},
        },
        ("name",),
    )
