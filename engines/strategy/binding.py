"""Putting numbers in place of parameters."""

from collections.abc import Mapping
from dataclasses import replace

from engines.strategy.language import MAX_LOOKBACK_BARS, WORDS
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
    Rank,
    Score,
    Select,
    SizingRule,
    Strategy,
)
from engines.strategy.reader import Fault, InvalidStrategy, number_problem


def bind(strategy: Strategy, overrides: Mapping[str, float] | None = None) -> Strategy:
    """Return the strategy with every parameter replaced by its number, ``overrides`` before what it declares.

    The result has literals and floats only; its ``params`` are the effective ones. Raises `InvalidStrategy` when an
    override is not declared or a number does not fit where it is used.
    """
    return Binder(effective_parameters(strategy, overrides)).strategy(strategy)


def effective_parameters(strategy: Strategy, overrides: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the declared parameters with ``overrides`` in place. Raises `InvalidStrategy` for what is not declared."""
    values = strategy.parameters
    for name, value in (overrides or {}).items():
        if name not in values:
            declared = ", ".join(values) or "none"
            raise InvalidStrategy([Fault(f"params.{name[:40]}", f"is not declared; declared: {declared}")])
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        problem = number_problem(value, -1e15, 1e15, whole=False) if is_number else "must be a number"
        if problem:
            raise InvalidStrategy([Fault(f"params.{name}", problem)])
        values[name] = float(value)
    return values


class Binder:
    """Puts numbers in place of parameters, in a whole strategy or in a part of it."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.values = values

    def strategy(self, source: Strategy) -> Strategy:
        """Bind everything."""
        return self.settings(self.exits(self.entries(source)))

    def entries(self, source: Strategy) -> Strategy:
        """Bind what decides on candidates."""
        select, sizing = source.select, source.sizing
        return replace(
            source,
            entry_rules=self.condition(source.entry_rules),
            regime=None if source.regime is None else self.condition(source.regime),
            conviction_scoring=tuple(self.score(score) for score in source.conviction_scoring),
            select=None if select is None else self.select(select),
            sizing=None if sizing is None else self.sizing(sizing),
        )

    def exits(self, source: Strategy) -> Strategy:
        """Bind exits, add-ons and the settings they read."""
        addon = source.addon_rules
        return replace(
            self.settings(source),
            exit_rules=tuple(self.exit(rule) for rule in source.exit_rules),
            addon_rules=None if addon is None else self.addon(addon),
        )

    def settings(self, source: Strategy) -> Strategy:
        """Bind ``config`` and ``sizing``."""
        return replace(
            source,
            params=tuple(self.values.items()),
            sizing=None if source.sizing is None else self.sizing(source.sizing),
            config=tuple((name, self.number(value)) for name, value in source.config),
        )

    def number(self, number: Number) -> float:
        if not isinstance(number, ParamRef):
            return number
        value = self.values[number.name]
        problem = number_problem(value, number.least, number.most, number.whole)
        if problem:
            raise InvalidStrategy([Fault(number.place, f"parameter {number.name}: {problem}")])
        return value

    def maybe(self, number: Number | None) -> float | None:
        return None if number is None else self.number(number)

    def exit(self, rule: Exit) -> Exit:
        return Exit(rule.name, rule.priority, rule.ignore_min_hold, self.condition(rule.condition), rule.exit_price)

    def addon(self, rule: Addon) -> Addon:
        return Addon(self.condition(rule.condition), self.number(rule.max_addons), self.number(rule.size_pct))

    def score(self, score: Score) -> Score:
        low, high = self.number(score.low), self.number(score.high)
        if low == high:
            raise InvalidStrategy([Fault("conviction_scoring", f"{score.name}: 'from' and 'to' are both {low:g}")])
        return Score(score.name, self.number(score.weight), self.operand(score.value), low, high)

    def select(self, select: Select) -> Select:
        top, below = self.number(select.top), self.number(select.exit_below)
        if below < top:
            raise InvalidStrategy([Fault("select.exit_below", f"must not be less than top ({top:g}), was {below:g}")])
        return Select(self.operand(select.by), select.direction, top, below)

    def sizing(self, sizing: SizingRule) -> SizingRule:
        return SizingRule(sizing.mode, self.maybe(sizing.pct), self.maybe(sizing.risk_pct), self.maybe(sizing.vol_bars))

    def condition(self, node: Condition) -> Condition:
        if isinstance(node, Group):
            return Group(node.kind, tuple(self.condition(part) for part in node.conditions))
        if isinstance(node, Not):
            return Not(self.condition(node.condition))
        if isinstance(node, Compare):
            hi = None if node.hi is None else self.operand(node.hi)
            return Compare(self.operand(node.left), node.op, self.operand(node.right), hi)
        return node

    def operand(self, node: Operand) -> Operand:
        if isinstance(node, Parameter):
            return Literal(self.values[node.name])
        if isinstance(node, Indicator):
            return self.indicator(node)
        if isinstance(node, Math):
            return Math(node.fn, tuple(self.operand(arg) for arg in node.args))
        return Rank(self.operand(node.of), node.among) if isinstance(node, Rank) else node

    def indicator(self, node: Indicator) -> Indicator:
        if isinstance(node.lag, float) and all(isinstance(value, float) for _, value in node.params):
            return node
        bound = replace(
            node, params=tuple((name, self.number(value)) for name, value in node.params), lag=self.number(node.lag)
        )
        numbers = bound.numbers
        places = [value.place for value in (*(v for _, v in node.params), node.lag) if isinstance(value, ParamRef)]
        if "fast" in numbers and numbers["fast"] >= numbers["slow"]:
            raise InvalidStrategy([Fault(places[0], "fast must be less than slow")])
        bars = WORDS[bound.name].lookback(numbers) + int(bound.lag)  # type: ignore[arg-type]
        if bars > MAX_LOOKBACK_BARS + 1:
            raise InvalidStrategy([Fault(places[0], f"looks back over {bars} bars, at most {MAX_LOOKBACK_BARS}")])
        return bound
