"""Reading conditions and operands."""

from collections.abc import Mapping
from typing import Any, Final

from engines.indicators.registry import Param
from engines.indicators.tokens import InvalidIndicator, parse_token
from engines.strategy import language as words
from engines.strategy.language import MAX_DEPTH, MAX_LOOKBACK_BARS, MAX_NODES, WORDS, Word
from engines.strategy.nodes import (
    Compare,
    Condition,
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
    Random,
    Rank,
    SectorIn,
)
from engines.strategy.program import POSITION_FIELDS
from engines.strategy.reader import Reader, shown

CONDITION_TYPES: Final = ("and", "or", "not", "compare", "sector_in")
OPERAND_TYPES: Final = ("indicator", "literal", "param", "position", "math", "random", "rank")
_COLUMN_PHRASES: Final = ", ".join(words.COLUMNS)


def read_condition(reader: Reader, value: Any, place: str, *, position: bool, depth: int = 1) -> Condition | None:
    """Return the condition at ``place`` or None, its faults kept. ``position``: whether position fields are allowed."""
    if depth > MAX_DEPTH:
        reader.fault(place, f"conditions may be nested {MAX_DEPTH} deep; this is one deeper")
        return None
    kind = _type_of(reader, value, place, CONDITION_TYPES, "a condition")
    if kind is None:
        return None
    reader.count(place)
    if kind in {"and", "or"}:
        return _group(reader, value, place, kind, position, depth)
    if kind == "not":
        body = reader.object(value, place, ("type", "condition"), ("condition",))
        inner = body and read_condition(
            reader, body["condition"], f"{place}.condition", position=position, depth=depth + 1
        )
        return Not(inner) if inner else None
    if kind == "sector_in":
        return _sector_in(reader, value, place)
    return _compare(reader, value, place, position)


def _type_of(reader: Reader, value: Any, place: str, choices: tuple[str, ...], what: str) -> str | None:
    if not isinstance(value, Mapping):
        reader.fault(place, f"must be an object ({what}), was {shown(value)}")
        return None
    if "type" not in value:
        reader.fault(f"{place}.type", f"is missing; {what} is one of {', '.join(choices)}")
        return None
    return reader.choice(value["type"], f"{place}.type", choices)


def _group(reader: Reader, value: Any, place: str, kind: str, position: bool, depth: int) -> Condition | None:
    body = reader.object(value, place, ("type", "conditions"), ("conditions",))
    parts = body and reader.array(body["conditions"], f"{place}.conditions", MAX_NODES, least=1)
    if not parts:
        return None
    read = [
        read_condition(reader, part, f"{place}.conditions[{i}]", position=position, depth=depth + 1)
        for i, part in enumerate(parts)
    ]
    good = tuple(part for part in read if part is not None)
    return Group(kind, good) if len(good) == len(read) else None


def _sector_in(reader: Reader, value: Any, place: str) -> Condition | None:
    body = reader.object(value, place, ("type", "sectors", "not"), ("sectors",))
    if body is None:
        return None
    names = reader.array(body["sectors"], f"{place}.sectors", words.MAX_SECTORS, least=1)
    read = [reader.text(name, f"{place}.sectors[{i}]", 80) for i, name in enumerate(names or [])]
    negated = reader.flag(body.get("not", False), f"{place}.not")
    if names is None or None in read:
        return None
    return SectorIn(tuple(sorted({name for name in read if name})), negated)


def _compare(reader: Reader, value: Any, place: str, position: bool) -> Condition | None:
    body = reader.object(value, place, ("type", "left", "op", "right", "hi"), ("left", "op", "right"))
    if body is None:
        return None
    left = read_operand(reader, body["left"], f"{place}.left", position=position)
    op = reader.choice(body["op"], f"{place}.op", words.OPERATORS)
    right = read_operand(reader, body["right"], f"{place}.right", position=position)
    hi = read_operand(reader, body["hi"], f"{place}.hi", position=position) if "hi" in body else None
    if op == "between" and "hi" not in body:
        reader.fault(f"{place}.hi", "is missing: between needs right (low) and hi (high)")
        return None
    if op is not None and op != "between" and "hi" in body:
        reader.fault(f"{place}.hi", f"belongs to between only, not to {op}")
        return None
    if left is None or op is None or right is None or ("hi" in body and hi is None):
        return None
    return Compare(left, op, right, hi)


def read_operand(reader: Reader, value: Any, place: str, *, position: bool, depth: int = 1) -> Operand | None:
    """Return the operand at ``place`` or None, its faults kept."""
    if depth > MAX_DEPTH:
        reader.fault(place, f"operands may be nested {MAX_DEPTH} deep; this is one deeper")
        return None
    kind = _type_of(reader, value, place, OPERAND_TYPES, "an operand")
    if kind is None:
        return None
    reader.count(place)
    if kind == "indicator":
        return _indicator(reader, value, place)
    if kind == "literal":
        body = reader.object(value, place, ("type", "value"), ("value",))
        number = None if body is None else reader.plain(body["value"], f"{place}.value")
        return None if number is None else Literal(number)
    if kind == "param":
        name = reader.parameter(value, place)
        return None if name is None else Parameter(name)
    if kind == "position":
        return _position(reader, value, place, position)
    if kind == "random":
        return None if reader.object(value, place, ("type",)) is None else Random()
    return _math(reader, value, place, position, depth) if kind == "math" else _rank(reader, value, place, depth)


def _position(reader: Reader, value: Any, place: str, allowed: bool) -> Operand | None:
    body = reader.object(value, place, ("type", "field"), ("field",))
    if body is None:
        return None
    if not allowed:
        reader.fault(place, "a position exists in exit and add-on rules only: here it is not known yet")
        return None
    field = reader.choice(body["field"], f"{place}.field", POSITION_FIELDS)
    return Position(field) if field else None


def _math(reader: Reader, value: Any, place: str, position: bool, depth: int) -> Operand | None:
    body = reader.object(value, place, ("type", "fn", "args"), ("fn", "args"))
    if body is None:
        return None
    fn = reader.choice(body["fn"], f"{place}.fn", words.FUNCTIONS)
    takes = words.FUNCTIONS.get(fn or "", 2)
    args = reader.array(body["args"], f"{place}.args", takes if fn else 2, least=takes if fn else 1)
    read = [
        read_operand(reader, arg, f"{place}.args[{i}]", position=position, depth=depth + 1)
        for i, arg in enumerate(args or [])
    ]
    good = tuple(arg for arg in read if arg is not None)
    return Math(fn, good) if fn and args is not None and len(good) == len(read) else None


def _rank(reader: Reader, value: Any, place: str, depth: int) -> Operand | None:
    body = reader.object(value, place, ("type", "of", "among"), ("of", "among"))
    if body is None:
        return None
    of = read_operand(reader, body["of"], f"{place}.of", position=False, depth=depth + 1)
    among = reader.choice(body["among"], f"{place}.among", words.PEERS)
    if of is None or among is None:
        return None
    if among == "sectors" and not _fits_sectors(of):
        reader.fault(f"{place}.of", "sectors can be ranked by price indicators and math of them only")
        return None
    return Rank(of, among)


def _fits_sectors(of: Operand) -> bool:
    if isinstance(of, Math):
        return all(_fits_sectors(arg) for arg in of.args)
    if isinstance(of, Indicator):
        return "sector" in WORDS[of.name].owners and of.on not in {"volume", "value"} and of.of != "index"
    return isinstance(of, (Literal, Parameter))


def _indicator(reader: Reader, value: Any, place: str) -> Operand | None:
    body = reader.object(value, place, ("type", "name", "params", "lag", "of"), ("name",))
    if body is None:
        return None
    named = _named(reader, body["name"], f"{place}.name")
    if named is None:
        return None
    word, numbers = named
    read = _numbers(reader, word, numbers, body["params"], f"{place}.params") if "params" in body else (numbers, None)
    lag = reader.number(body.get("lag", 0), f"{place}.lag", 0, MAX_LOOKBACK_BARS, whole=True)
    of = reader.choice(body.get("of", "self"), f"{place}.of", words.OWNERS)
    if read is None or lag is None or of is None:
        return None
    params, on = read
    if not _owned(reader, word, on, of, place):
        return None
    node = Indicator(word.name, tuple((p.name, params[p.name]) for p in word.params), on, lag, of)
    return node if _fits(reader, node, place) else None


def _named(reader: Reader, name: Any, place: str) -> tuple[Word, dict[str, Number]] | None:
    """Read a token such as ``sma20``: the word and its numbers, defaults filled in."""
    if not isinstance(name, str):
        reader.fault(place, f"must be the name of an indicator, was {shown(name)}")
        return None
    text = name.strip().lower()
    if text in WORDS and text not in {"macd"} and not WORDS[text].params:
        return WORDS[text], {}
    try:
        call = parse_token(name)
    except InvalidIndicator as error:
        reader.fault(place, str(error))
        return None
    if call.name not in WORDS:
        reader.fault(place, f"{call.name} is not part of the rule language; known: {', '.join(sorted(WORDS))}")
        return None
    return WORDS[call.name], dict(call.params)


def _numbers(
    reader: Reader, word: Word, numbers: dict[str, Number], given: Any, place: str
) -> tuple[dict[str, Number], str | None] | None:
    known: dict[str, Param] = {param.name: param for param in word.params}
    body = reader.object(given, place, (*known, *(("on",) if word.takes_on else ())))
    if body is None:
        return None
    before = len(reader.faults)
    merged = dict(numbers)
    for name, param in known.items():
        if name in body:
            number = reader.number(body[name], f"{place}.{name}", param.least, param.most, whole=param.whole)
            merged[name] = number if number is not None else param.default
    on = reader.choice(body["on"], f"{place}.on", words.COLUMNS) if "on" in body else None
    if on == word.inputs[0] if word.inputs else False:
        on = None  # its own column said aloud
    return None if len(reader.faults) > before else (merged, on)


def _owned(reader: Reader, word: Word, on: str | None, of: str, place: str) -> bool:
    if of not in word.owners or (of == "sector" and on in {"volume", "value"}):
        what = f"{word.name} on {on}" if on in {"volume", "value"} else word.name
        reader.fault(f"{place}.of", f"{what} exists for {', '.join(o for o in word.owners if o != of)} only")
        return False
    return True


def _fits(reader: Reader, node: Indicator, place: str) -> bool:
    """Check the look-back, and orders between numbers, with the declared parameters in place."""
    values = {name: _value(reader, number) for name, number in node.params}
    if "fast" in values and values["fast"] >= values["slow"]:
        reader.fault(f"{place}.params.fast", f"fast ({values['fast']:g}) must be less than slow ({values['slow']:g})")
        return False
    bars = WORDS[node.name].lookback(values) + int(_value(reader, node.lag))
    if bars > MAX_LOOKBACK_BARS + 1:
        reader.fault(place, f"looks back over {bars} bars, at most {MAX_LOOKBACK_BARS} are allowed")
        return False
    return True


def _value(reader: Reader, number: Number) -> float:
    return reader.params[number.name] if isinstance(number, ParamRef) else number
