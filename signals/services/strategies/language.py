"""The rule language on this side of the wire: bodies read into strategies, faults told as field errors."""

import re
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from core.errors import FieldError, ValidationFailed
from engines.strategy.binding import bind
from engines.strategy.canonical import strategy_hash, to_body
from engines.strategy.lint import lint
from engines.strategy.nodes import Strategy as Rules
from engines.strategy.parse import parse_strategy
from engines.strategy.reader import Fault, InvalidStrategy, Reader
from engines.strategy.rules import CONDITION_TYPES, OPERAND_TYPES, read_condition, read_operand
from engines.strategy.schema import strategy_schema
from engines.strategy.sentence import condition_sentence, operand_phrase, sentences
from signals.models import StrategyVersion

_KEPT: Final = 256
_versions: OrderedDict[tuple[object, ...], "ReadStrategy"] = OrderedDict()
_lock = threading.Lock()
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class ReadStrategy:
    """A body that is a strategy. ``canonical``: the body in one spelling; ``hash`` is of it."""

    rules: Rules
    canonical: dict[str, Any]
    hash: str
    unused_params: tuple[str, ...] = ()


def read_body(body: Mapping[str, Any], *, at: Sequence[str | int] = ()) -> ReadStrategy:
    """Read a strategy's body. Raises ValidationFailed with the place of every fault, under ``at``."""
    try:
        parsed = parse_strategy(body)
        text = to_body(parsed.strategy)
    except InvalidStrategy as error:
        raise ValidationFailed(errors=field_errors(error.faults, at)) from None
    return ReadStrategy(parsed.strategy, text, strategy_hash(parsed.strategy), parsed.unused_params)


def read_version(version: StrategyVersion) -> ReadStrategy:
    """Read a stored version. Versions never change, so the last few hundred are kept."""
    key = (version.pk, version.hash, version.created_at)
    with _lock:
        found = _versions.get(key)
        if found is not None:
            _versions.move_to_end(key)
            return found
    found = read_body(version.body)
    with _lock:
        _versions[key] = found
        while len(_versions) > _KEPT:
            _versions.popitem(last=False)
    return found


def bound(rules: Rules, parameters: Mapping[str, float], *, at: Sequence[str | int] = ("params",)) -> Rules:
    """Return the rules with numbers for parameters. Raises ValidationFailed naming the parameter."""
    try:
        return bind(rules, parameters)
    except InvalidStrategy as error:
        raise ValidationFailed(errors=field_errors(error.faults, at[:-1])) from None


def field_errors(faults: Sequence[Fault], at: Sequence[str | int] = ()) -> list[FieldError]:
    """Return faults of the language as the API's field errors."""
    return [
        {"loc": [*at, *steps(fault.place)], "msg": _sentence(fault.message), "type": "invalid_strategy"}
        for fault in faults
    ]


def steps(place: str) -> list[str | int]:
    """Split ``entry_rules.conditions[1].left`` into its steps; ``body`` is the whole."""
    if place in {"", "body"}:
        return []
    return [int(index) if index else name for index, name in _STEP.findall(place)]


def findings_of(read: ReadStrategy, *, days: int | None = None) -> list[dict[str, Any]]:
    """Return what the linter says, the gravest first: ``{code, severity, loc, place, message}``.

    ``days``: sessions of data up to the last day to be judged.
    """
    found = lint(read.rules, bars_available=days, unused_params=read.unused_params)
    return [{**asdict(one), "loc": steps(one.place)} for one in found]


def words_of(rules: Rules) -> dict[str, Any]:
    """Return the strategy in words: ``sentence`` in one piece, ``sentences`` part by part."""
    parts = sentences(rules)
    return {"sentence": parts.text, "sentences": asdict(parts)}


def phrase_of(node: Any, parameters: Mapping[str, float]) -> str:
    """Put a condition, an operand or what holds one (an exit rule, a score) into words; empty for anything else."""
    if not isinstance(node, Mapping):
        return ""
    inner = next((node[key] for key in ("condition", "value", "by") if isinstance(node.get(key), Mapping)), None)
    if "type" not in node and inner is not None:
        name = f"{node['name']}: " if node.get("name") else ""
        return name + phrase_of(inner, parameters)
    reader = Reader()
    reader.params = dict(parameters)
    try:
        if node.get("type") in CONDITION_TYPES:
            condition = read_condition(reader, node, "", position=True)
            return "" if condition is None else condition_sentence(condition, reader.params)
        if node.get("type") in OPERAND_TYPES:
            operand = read_operand(reader, node, "", position=True)
            return "" if operand is None else operand_phrase(operand, reader.params)
    except InvalidStrategy:
        return ""
    return ""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a strategy's body."""
    return strategy_schema()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
