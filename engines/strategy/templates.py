"""The strategies everyone may fork: bodies in the rule language, with their literature and a sensitivity grid.

Their numbers are published or round ones, not fitted to the shipped data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engines.strategy.parse import parse_strategy
from engines.strategy.template_bodies import dips, momentum, ranks


@dataclass(frozen=True, slots=True)
class Template:
    """A template. ``key`` is also its ``base_model``; ``grid``: parameter values of its sensitivity sweep."""

    key: str
    name: str
    description: str
    literature: str
    body: dict[str, Any]
    grid: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


def _templates() -> dict[str, Template]:
    found = {}
    for entry in (*momentum.TEMPLATES, *dips.TEMPLATES, *ranks.TEMPLATES):
        rules, key, spread = dict(entry["rules"]), entry["key"], entry.get("spread", ())
        body = {"name": entry["name"], "description": entry["description"], "base_model": key, **rules}
        grid = {name: around(rules["params"][name]) for name in spread}
        found[key] = Template(key, entry["name"], entry["description"], entry["literature"], body, grid)
    return found


def around(value: float) -> tuple[float, ...]:
    """Return a value and its neighbours 25 % and 12.5 % away, whole where the value is."""
    values = [value * factor for factor in (0.75, 0.875, 1.0, 1.125, 1.25)]
    whole = value == int(value) and abs(value) >= 4
    return tuple(sorted({float(round(v)) if whole else round(v, 6) for v in values}))


TEMPLATES: Final[Mapping[str, Template]] = _templates()
_PARSED: Final = {key: parse_strategy(template.body) for key, template in TEMPLATES.items()}


def template_strategies() -> dict[str, Any]:
    """Return every template's `Strategy` by key."""
    return {key: parsed.strategy for key, parsed in _PARSED.items()}
