"""Reading values of a strategy's body: every fault is kept with its place, nothing is believed.

A place reads like the path in the body: ``entry_rules.conditions[1].left.name``.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engines.strategy.language import MAX_NODES, MAX_NUMBER
from engines.strategy.nodes import Number, ParamRef

MAX_FAULTS: Final = 25
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where."""

    place: str
    message: str


class InvalidStrategy(ValueError):
    """A body that is no strategy. ``faults`` names every place that is wrong, at least one, at most `MAX_FAULTS`."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.place}: {fault.message}" for fault in self.faults))


def shown(value: Any) -> str:
    """Return a short, safe rendering of what was sent."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "…")
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number of very many digits"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    return {dict: "an object", list: "an array"}.get(type(value), type(value).__name__)


class Reader:
    """Collects faults, counts nodes, knows the declared parameters and which were used."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.nodes = 0
        self.params: dict[str, float] = {}
        self.used: set[str] = set()

    def fault(self, place: str, message: str) -> None:
        """Keep a fault; beyond `MAX_FAULTS` reading stops."""
        self.faults.append(Fault(place, message))
        if len(self.faults) >= MAX_FAULTS:
            raise InvalidStrategy(self.faults)

    def count(self, place: str) -> None:
        """Count one node of a rule; too many end the reading."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.fault(place, f"a strategy has at most {MAX_NODES} conditions and operands; this is one too many")
            raise InvalidStrategy(self.faults)

    def object(
        self, value: Any, place: str, allowed: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, Any] | None:
        """Return an object with only allowed and all required keys, or None. Wrong keys are faults of their own."""
        if not isinstance(value, Mapping):
            self.fault(place, f"must be an object, was {shown(value)}")
            return None
        known = set(allowed)
        for key in value:
            if not isinstance(key, str) or key not in known:
                self.fault(_under(place, key), f"unknown key; known here: {', '.join(sorted(known))}")
        missing = [key for key in required if key not in value]
        for key in missing:
            self.fault(_under(place, key), "is missing")
        return None if missing else {key: value[key] for key in value if isinstance(key, str) and key in known}

    def array(self, value: Any, place: str, most: int, least: int = 0) -> list[Any] | None:
        """Return a list of ``least`` to ``most`` elements, or None."""
        if not isinstance(value, list):
            self.fault(place, f"must be an array, was {shown(value)}")
            return None
        if not least <= len(value) <= most:
            self.fault(place, f"must have {least} to {most} elements, has {len(value)}")
            return None
        return value

    def text(self, value: Any, place: str, most: int, least: int = 1) -> str | None:
        """Return a trimmed text of ``least`` to ``most`` characters without control characters, or None."""
        if not isinstance(value, str):
            self.fault(place, f"must be text, was {shown(value)}")
            return None
        if len(value) > 4 * most or not least <= len(value.strip()) <= most:
            self.fault(place, f"must have {least} to {most} characters, has {len(value)}")
            return None
        if _CONTROL.search(value):
            self.fault(place, "must not contain control characters")
            return None
        return value.strip()

    def identifier(self, value: Any, place: str) -> str | None:
        """Return a name of letters, digits and underscores, or None."""
        if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
            return value
        self.fault(place, f"must be 1 to 40 letters, digits or _ and not begin with a digit, was {shown(value)}")
        return None

    def choice(self, value: Any, place: str, choices: Iterable[str]) -> str | None:
        """Return one of ``choices``, or None."""
        options = tuple(choices)
        if isinstance(value, str) and value in options:
            return value
        self.fault(place, f"must be one of {', '.join(options)}, was {shown(value)}")
        return None

    def flag(self, value: Any, place: str) -> bool:
        """Return true or false."""
        if not isinstance(value, bool):
            self.fault(place, f"must be true or false, was {shown(value)}")
            return False
        return value

    def plain(
        self, value: Any, place: str, least: float = -MAX_NUMBER, most: float = MAX_NUMBER, *, whole: bool = False
    ) -> float | None:
        """Return a finite number within bounds, or None."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(place, f"must be a number, was {shown(value)}")
            return None
        problem = number_problem(value, least, most, whole)
        if problem:
            self.fault(place, problem)
            return None
        return float(value) + 0.0

    def number(
        self, value: Any, place: str, least: float = -MAX_NUMBER, most: float = MAX_NUMBER, *, whole: bool = False
    ) -> Number | None:
        """Return a number, or a reference to a parameter ({"type": "param", "name": …}), or None."""
        if not isinstance(value, Mapping):
            return self.plain(value, place, least, most, whole=whole)
        name = self.parameter(value, place)
        if name is None:
            return None
        problem = number_problem(self.params[name], least, most, whole)
        if problem:
            self.fault(place, f"parameter {name}: {problem}")
            return None
        return ParamRef(name, place, least, most, whole)

    def parameter(self, value: Mapping[str, Any], place: str) -> str | None:
        """Return the name of a declared parameter that ``value`` refers to, or None."""
        body = self.object(value, place, ("type", "name"), ("type", "name"))
        if body is None or self.choice(body["type"], f"{place}.type", ("param",)) is None:
            return None
        name = self.identifier(body["name"], f"{place}.name")
        if name is not None and name not in self.params:
            declared = ", ".join(sorted(self.params)) or "none"
            self.fault(f"{place}.name", f"parameter {name!r} is not declared in params; declared: {declared}")
            return None
        if name is not None:
            self.used.add(name)
        return name


def number_problem(value: float, least: float, most: float, whole: bool) -> str | None:
    """Return what is wrong with a number, or None."""
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if not least <= value <= most:
        return f"must lie between {least:g} and {most:g}, was {shown(value)}"
    if whole and value != int(value):
        return f"must be a whole number, was {value:g}"
    return None


def _under(place: str, key: Any) -> str:
    name = key if isinstance(key, str) else shown(key)
    name = name if len(name) <= 40 else name[:40] + "…"
    return f"{place}.{name}" if place else name
