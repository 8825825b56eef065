"""A strategy in words: "Buy when RSI(14) below 45 and close above SMA(200)." """

from dataclasses import dataclass
from typing import Final

from engines.strategy import language as words
from engines.strategy.nodes import (
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
    SectorIn,
    Strategy,
)

OPERATORS: Final = {
    ">": "above",
    ">=": "at least",
    "<": "below",
    "<=": "at most",
    "==": "equal to",
    "crosses_above": "crosses above",
    "crosses_below": "crosses below",
}
FIELDS: Final = {
    "total_bars_held": "bars held",
    "gain_pct": "gain",
    "entry_price": "entry price",
    "quantity": "quantity held",
    "highest_high": "highest high since entry",
    "highest_close": "highest close since entry",
    "peak_drawdown_pct": "fall from the highest close",
    "addons": "add-ons made",
}
_SIGNS: Final = {"add": "+", "sub": "−", "mul": "×", "div": "÷"}
_PEERS: Final = {
    "universe": "percentile in the universe",
    "sector": "percentile in its sector",
    "sectors": "its sector's percentile among sectors",
}
_PERIODS: Final = {"weekly": "week", "monthly": "month", "quarterly": "quarter"}


@dataclass(frozen=True, slots=True)
class Sentences:
    """A strategy in words, part by part; ``text`` is all of it. Parts that are not there are empty."""

    entry: str
    selection: str
    exits: tuple[str, ...]
    limits: str
    addons: str
    conviction: str
    sizing: str

    @property
    def text(self) -> str:
        """Return all parts as one text."""
        parts = (self.entry, self.selection, *self.exits, self.limits, self.addons, self.conviction, self.sizing)
        return " ".join(part for part in parts if part)


def sentences(strategy: Strategy) -> Sentences:
    """Put a strategy into words. Parameters are named with their values: ``rsi_max (45)``."""
    return _Writer(strategy.parameters).strategy(strategy)


def condition_sentence(condition: Condition, parameters: dict[str, float] | None = None) -> str:
    """Put one condition into words."""
    return _Writer(parameters or {}).condition(condition)


def operand_phrase(operand: Operand, parameters: dict[str, float] | None = None) -> str:
    """Put one operand into words."""
    return _Writer(parameters or {}).operand(operand)


def figure(value: float) -> str:
    """Return a number as it is read: 5, 0.05, 1.5, 50,000,000."""
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"


class _Writer:
    def __init__(self, parameters: dict[str, float]) -> None:
        self.parameters = parameters

    def number(self, number: Number) -> str:
        return self._parameter(number.name) if isinstance(number, ParamRef) else figure(number)

    def _parameter(self, name: str) -> str:
        return f"{name} ({figure(self.parameters[name])})" if name in self.parameters else name

    def _bars(self, number: Number) -> str:
        return f"{self.number(number)} bar{'' if number == 1.0 else 's'}"

    def condition(self, node: Condition, *, inner: bool = False) -> str:
        if isinstance(node, Group):
            parts = [self.condition(part, inner=len(node.conditions) > 1) for part in node.conditions]
            joined = f" {node.kind} ".join(parts)
            return f"({joined})" if inner and len(parts) > 1 else joined
        if isinstance(node, Not):
            return f"not ({self.condition(node.condition)})"
        if isinstance(node, SectorIn):
            names = " or ".join(node.sectors)
            return f"sector is not {names}" if node.negated else f"sector is {names}"
        unit = " %" if self._percent(node.left) else ""
        left, right = self.operand(node.left), self.operand(node.right, unit)
        if node.op == "between" and node.hi is not None:
            return f"{left} between {right} and {self.operand(node.hi, unit)}"
        return f"{left} {OPERATORS[node.op]} {right}"

    @staticmethod
    def _percent(node: Operand) -> bool:
        if isinstance(node, Math) and node.fn in {"sub", "add", "min", "max"}:
            return all(_Writer._percent(arg) for arg in node.args)
        if isinstance(node, Indicator):
            return node.name in words.PERCENT_WORDS
        return isinstance(node, Position) and node.field in words.PERCENT_FIELDS

    def operand(self, node: Operand, unit: str = "") -> str:
        if isinstance(node, Literal):
            return figure(node.value) + unit
        if isinstance(node, Parameter):
            return self._parameter(node.name) + unit
        if isinstance(node, Position):
            return FIELDS[node.field]
        if isinstance(node, Indicator):
            return self.indicator(node)
        if isinstance(node, Rank):
            return f"{_PEERS[node.among]} of {self.operand(node.of)}"
        return self._math(node) if isinstance(node, Math) else "a random number from 0 to 1"

    def _math(self, node: Math) -> str:
        args = [self._nested(arg) for arg in node.args]
        if node.fn in _SIGNS:
            return f" {_SIGNS[node.fn]} ".join(args)
        name = {"min": "the lesser of", "max": "the greater of", "abs": "the size of"}[node.fn]
        return f"{name} {' and '.join(args)}"

    def _nested(self, node: Operand) -> str:
        text = self.operand(node)
        return f"({text})" if isinstance(node, Math) else text

    def indicator(self, node: Indicator) -> str:
        owner = "" if node.of == "self" else f"{node.of} "
        text = owner + self._named(node)
        return f"{text} {self._bars(node.lag)} ago" if node.lag else text

    def _named(self, node: Indicator) -> str:
        title = words.WORDS[node.name].title
        numbers = dict(node.params)
        if node.name in {"highest", "lowest"}:
            column = node.on or ("high" if node.name == "highest" else "low")
            return f"{title} {column} of {self._bars(numbers['n'])}"
        if node.name == "drawdown":
            return f"fall from the {self.number(numbers['n'])}-bar high"
        if node.name == "days_since_high":
            return f"bars since the {self.number(numbers['n'])}-bar high"
        if node.name == "roc":
            column = "" if node.on is None else f" of {node.on}"
            return f"{self.number(numbers['n'])}-bar change{column}"
        inside = ", ".join(self._inside(value) for value in numbers.values())
        column = f"{node.on}, " if node.on and inside else ""
        return f"{title}({column}{inside})" if inside else title

    def _inside(self, number: Number) -> str:
        if isinstance(number, ParamRef) and number.name in self.parameters:
            return f"{number.name} = {figure(self.parameters[number.name])}"
        return self.number(number)

    def strategy(self, strategy: Strategy) -> Sentences:
        return Sentences(
            entry=self._entry(strategy),
            selection=self._selection(strategy),
            exits=tuple(self._exit(rule) for rule in sorted(strategy.exit_rules, key=lambda rule: rule.priority)),
            limits=self._limits(strategy),
            addons=self._addons(strategy),
            conviction=self._conviction(strategy),
            sizing=self._sizing(strategy),
        )

    def _entry(self, strategy: Strategy) -> str:
        when = "" if strategy.rebalance == "daily" else f"On the last session of the {_PERIODS[strategy.rebalance]}: "
        regime = "" if strategy.regime is None else f", only while {self.condition(strategy.regime)}"
        return f"{when}Buy when {self.condition(strategy.entry_rules)}{regime}."

    def _selection(self, strategy: Strategy) -> str:
        select = strategy.select
        if select is None:
            return ""
        order = "highest" if select.direction == "desc" else "lowest"
        return (
            f"Of these hold the {self.number(select.top)} with the {order} {self.operand(select.by)}; sell what ranks "
            f"below {self.number(select.exit_below)} or no longer passes."
        )

    def _exit(self, rule: Exit) -> str:
        early = ", however short the holding" if rule.ignore_min_hold else ""
        return f"Sell ({rule.name}) when {self.condition(rule.condition)}{early}."

    def _limits(self, strategy: Strategy) -> str:
        phrases = {
            "stop_loss_pct": "stop {} % below the entry",
            "atr_stop_mult": "stop {} × ATR(14) below the entry",
            "trail_atr_mult": "trailing stop {} × ATR(14) below the highest high",
            "take_profit_pct": "target {} % above the entry",
            "target_r": "target {} times the risk",
            "max_hold": "sold after {} bars",
            "min_hold": "rules sell from {} bars on",
            "exit_buffer_pct": "closes must pass their line by {} % to sell",
            "max_positions": "at most {} positions",
            "max_per_sector": "at most {} a sector",
        }
        given = dict(strategy.config)
        said = [phrase.format(self.number(given[name])) for name, phrase in phrases.items() if given.get(name)]
        return f"Limits: {'; '.join(said)}." if said else ""

    def _addons(self, strategy: Strategy) -> str:
        rule = strategy.addon_rules
        if rule is None:
            return ""
        times = f"at most {self.number(rule.max_addons)} times"
        return f"Add {self.number(rule.size_pct)} % of a position, {times}, when {self.condition(rule.condition)}."

    def _conviction(self, strategy: Strategy) -> str:
        if not strategy.conviction_scoring:
            return "" if strategy.select is not None else "The most traded come first."
        parts = [
            f"{self.operand(score.value)} from {self.number(score.low)} to {self.number(score.high)}"
            + ("" if len(strategy.conviction_scoring) == 1 else f" (weight {self.number(score.weight)})")
            for score in strategy.conviction_scoring
        ]
        return f"Conviction: {'; '.join(parts)}."

    def _sizing(self, strategy: Strategy) -> str:
        rule = strategy.sizing
        if rule is None:
            return ""
        size = "" if rule.pct is None else f"{self.number(rule.pct)} % of equity each"
        if rule.mode == "risk":
            risk = "1" if rule.risk_pct is None else self.number(rule.risk_pct)
            return f"Size: {risk} % of equity at risk{', at most ' + size if size else ''}."
        if rule.mode == "inverse_vol":
            return f"Size: the calmer the larger{', at most ' + size if size else ''}."
        return f"Size: {size}." if size else ""
