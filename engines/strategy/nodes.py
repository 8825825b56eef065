"""The parts of a strategy, after reading: immutable, comparable, hashable.

Two equal operands have equal values, so they serve as keys of what has been computed.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ParamRef:
    """A number that a parameter provides, with what it must satisfy where it stands."""

    name: str
    place: str
    least: float
    most: float
    whole: bool


Number: TypeAlias = float | ParamRef


@dataclass(frozen=True, slots=True)
class Literal:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """The value of a declared parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """A series. ``name`` is a word of the language, ``params`` all its numbers, ``on`` another column (or None),
    ``lag`` in bars of its owner, ``of`` self, index or sector."""

    name: str
    params: tuple[tuple[str, Number], ...] = ()
    on: str | None = None
    lag: Number = 0.0
    of: str = "self"

    @property
    def numbers(self) -> dict[str, float]:
        """Return the numbers by name, of a bound strategy."""
        return {name: value for name, value in self.params if isinstance(value, float)}


@dataclass(frozen=True, slots=True)
class Position:
    """A field of the position held."""

    field: str


@dataclass(frozen=True, slots=True)
class Math:
    """A function of one or two operands."""

    fn: str
    args: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Random:
    """A number from 0 to 1 fixed by seed, symbol and day."""


@dataclass(frozen=True, slots=True)
class Rank:
    """Percentile of the day among universe, sector, or of the symbol's sector among sectors."""

    of: "Operand"
    among: str


Operand: TypeAlias = Literal | Parameter | Indicator | Position | Math | Random | Rank


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands and an operator; ``hi`` only with ``between``."""

    left: Operand
    op: str
    right: Operand
    hi: Operand | None = None


@dataclass(frozen=True, slots=True)
class SectorIn:
    """Whether the symbol belongs to one of the sectors, or with ``negated`` to none."""

    sectors: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """``and`` or ``or`` of conditions."""

    kind: str
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    condition: "Condition"


Condition: TypeAlias = Compare | SectorIn | Group | Not


@dataclass(frozen=True, slots=True)
class Exit:
    """An exit rule as written."""

    name: str
    priority: int
    ignore_min_hold: bool
    condition: Condition
    exit_price: str


@dataclass(frozen=True, slots=True)
class Addon:
    """The add-on rule as written."""

    condition: Condition
    max_addons: Number
    size_pct: Number


@dataclass(frozen=True, slots=True)
class Score:
    """A part of the conviction: ``value`` mapped so that ``low`` ("from") is 0 and ``high`` ("to") is 100."""

    name: str
    weight: Number
    value: Operand
    low: Number
    high: Number


@dataclass(frozen=True, slots=True)
class Select:
    """Hold the ``top`` ranked, sell below ``exit_below``."""

    by: Operand
    direction: str
    top: Number
    exit_below: Number


@dataclass(frozen=True, slots=True)
class SizingRule:
    """How big positions are."""

    mode: str = "pct_equity"
    pct: Number | None = None
    risk_pct: Number | None = None
    vol_bars: Number | None = None


@dataclass(frozen=True, slots=True)
class Strategy:
    """A strategy that has been read and found well formed. ``config`` holds only what was given."""

    name: str
    entry_rules: Condition
    exit_rules: tuple[Exit, ...] = ()
    addon_rules: Addon | None = None
    conviction_scoring: tuple[Score, ...] = ()
    config: tuple[tuple[str, Number], ...] = ()
    universe: str | None = None
    params: tuple[tuple[str, float], ...] = ()
    regime: Condition | None = None
    rebalance: str = "daily"
    select: Select | None = None
    sizing: SizingRule | None = None
    base_model: str | None = None
    description: str = ""
    is_active: bool = True

    def setting(self, name: str) -> Number | None:
        """Return a number of ``config`` or None."""
        return dict(self.config).get(name)

    @property
    def parameters(self) -> dict[str, float]:
        """Return the declared parameters."""
        return dict(self.params)


def children(node: Condition | Operand) -> tuple[tuple[str, Condition | Operand], ...]:
    """Return the parts of a node, each with the words that lead to it (``.conditions[1]``)."""
    if isinstance(node, Group):
        return tuple((f".conditions[{i}]", part) for i, part in enumerate(node.conditions))
    if isinstance(node, Not):
        return ((".condition", node.condition),)
    if isinstance(node, Compare):
        parts: tuple[tuple[str, Condition | Operand], ...] = ((".left", node.left), (".right", node.right))
        return parts if node.hi is None else (*parts, (".hi", node.hi))
    if isinstance(node, Math):
        return tuple((f".args[{i}]", part) for i, part in enumerate(node.args))
    if isinstance(node, Rank):
        return ((".of", node.of),)
    return ()


def walk(node: Condition | Operand, place: str = "") -> list[tuple[str, Condition | Operand]]:
    """Return a node and all below it, each with its place."""
    found: list[tuple[str, Condition | Operand]] = [(place, node)]
    for step, part in children(node):
        found.extend(walk(part, place + step))
    return found


def roots(strategy: Strategy) -> list[tuple[str, Condition | Operand]]:
    """Return every condition and operand that stands in a strategy, with its place."""
    found: list[tuple[str, Condition | Operand]] = [("entry_rules", strategy.entry_rules)]
    if strategy.regime is not None:
        found.append(("regime", strategy.regime))
    found += [(f"exit_rules[{i}].condition", rule.condition) for i, rule in enumerate(strategy.exit_rules)]
    if strategy.addon_rules is not None:
        found.append(("addon_rules.condition", strategy.addon_rules.condition))
    found += [(f"conviction_scoring[{i}].value", score.value) for i, score in enumerate(strategy.conviction_scoring)]
    if strategy.select is not None:
        found.append(("select.by", strategy.select.by))
    return found


def has_position(node: Condition | Operand) -> bool:
    """Tell whether a node reads the position."""
    return isinstance(node, Position) or any(has_position(part) for _, part in children(node))


def parameters_of(strategy: Strategy, *, entries: bool) -> tuple[str, ...]:
    """Return the parameters that candidates depend on (``entries``), or that exits and add-ons depend on."""
    kept = {"entry_rules", "regime", "conviction_scoring", "select"}
    names: set[str] = set()
    for place, root in roots(strategy):
        if (place.split("[")[0].split(".")[0] in kept) == entries:
            for _, node in walk(root):
                names |= _names(node)
    if entries:
        numbers: list[Number | None] = [
            number for score in strategy.conviction_scoring for number in (score.weight, score.low, score.high)
        ]
        numbers += [] if strategy.select is None else [strategy.select.top, strategy.select.exit_below]
        sizing = strategy.sizing
        extra = [] if sizing is None else [sizing.pct, sizing.risk_pct, sizing.vol_bars]
    else:
        numbers = [strategy.setting("exit_buffer_pct")]
        addon = strategy.addon_rules
        extra = [] if addon is None else [addon.max_addons, addon.size_pct]
    names |= {number.name for number in (*numbers, *extra) if isinstance(number, ParamRef)}
    return tuple(sorted(names))


def _names(node: Condition | Operand) -> set[str]:
    if isinstance(node, Parameter):
        return {node.name}
    if isinstance(node, Indicator):
        return {number.name for number in (*(n for _, n in node.params), node.lag) if isinstance(number, ParamRef)}
    return set()
