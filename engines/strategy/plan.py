"""What a strategy comes to before any data is seen: parts with their numbers in place, and the code that tests them.

The same strategy is compiled again and again, over other days or with other numbers, so a plan keeps its parts by the
parameters they read.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from engines.strategy.binding import Binder
from engines.strategy.cache import IndicatorCache
from engines.strategy.canonical import strategy_hash
from engines.strategy.emit import Emission, emission
from engines.strategy.horizon import entry_bars, exit_bars, setting_bars
from engines.strategy.nodes import Condition, Group, Number, Operand, ParamRef, SizingRule, Strategy, parameters_of
from engines.strategy.positions import ProgramWriter
from engines.strategy.program import AddonRule, ExitRule, Limits, Sizing

DEFAULT_VOL_BARS: Final = 252
_LIMITS: Final = ("stop_loss_pct", "take_profit_pct", "atr_stop_mult", "trail_atr_mult", "target_r")
_REMEMBERED: Final = 64

Key = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """What decides on candidates. ``conditions``: what makes a symbol eligible, and apart from it the regime when
    ranks must not depend on it. ``scores``, ``by``: code of the conviction's values, and of what `select` ranks by."""

    key: Key
    bound: Strategy
    conditions: tuple[Condition, ...]
    scores: Emission
    by: Emission | None
    bars: int


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """Exits and add-ons as programs, and the ``flags`` and ``values`` (operand, own bars back) these read."""

    key: Key
    rules: tuple[ExitRule, ...]
    addons: AddonRule | None
    flags: tuple[Condition, ...]
    values: tuple[tuple[Operand, int], ...]
    bars: int


@dataclass(frozen=True, slots=True)
class SettingPlan:
    """Limits, sizes and caps. ``uses_atr``: a stop needs ATR14."""

    limits: Limits
    sizing: Sizing
    max_positions: int | None
    max_per_sector: int | None
    uses_atr: bool
    bars: int


class Plan:
    """The parts of one strategy by the parameters they read. Safe between threads."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.hash = strategy_hash(strategy)
        self.entry_names = parameters_of(strategy, entries=True)
        self.exit_names = parameters_of(strategy, entries=False)
        self.setting_names = _setting_names(strategy)
        self._parts = IndicatorCache(_REMEMBERED)

    def entries(self, values: Mapping[str, float]) -> EntryPlan:
        """Return what decides on candidates. Raises `InvalidStrategy` when a number does not fit."""
        key = tuple(values[name] for name in self.entry_names)
        return self._find("entries", key, lambda: _entries(self.strategy, values, key))

    def exits(self, values: Mapping[str, float]) -> ExitPlan:
        """Return exits and add-ons. Raises likewise."""
        key = tuple(values[name] for name in self.exit_names)
        return self._find("exits", key, lambda: _exits(self.strategy, values, key))

    def settings(self, values: Mapping[str, float]) -> SettingPlan:
        """Return limits, sizes and caps. Raises likewise."""
        key = tuple(values[name] for name in self.setting_names)
        return self._find("settings", key, lambda: _settings(self.strategy, values))

    def code(self, entries: EntryPlan | None, exits: ExitPlan | None) -> Emission:
        """Return the code of the conditions and values of either or both, those of the entries first."""
        conditions = (*(entries.conditions if entries else ()), *(exits.flags if exits else ()))
        key = (entries.key if entries else None, exits.key if exits else None)
        return self._find("code", key, lambda: emission(conditions, exits.values if exits else ()))

    def _find(self, kind: str, key: Hashable, make: Callable[[], Any]) -> Any:
        return self._parts.find((kind, key), make, _one)


def _one(part: object) -> int:
    return 1


_plans: OrderedDict[int, Plan] = OrderedDict()


def plan_of(strategy: Strategy) -> Plan:
    """Return the plan of a strategy, remembered for the objects seen last: the same one is often compiled again."""
    plan = _plans.get(id(strategy))
    if plan is None or plan.strategy is not strategy:
        plan = _plans[id(strategy)] = Plan(strategy)
        while len(_plans) > _REMEMBERED:
            _plans.popitem(last=False)
    return plan


def _entries(strategy: Strategy, values: Mapping[str, float], key: Key) -> EntryPlan:
    bound = Binder(values).entries(strategy)
    conditions: tuple[Condition, ...] = (bound.entry_rules,)
    if bound.regime is not None and bound.select is not None:
        conditions = (bound.entry_rules, bound.regime)
    elif bound.regime is not None:
        conditions = (Group("and", (bound.entry_rules, bound.regime)),)
    scores = emission((), [(score.value, 0) for score in bound.conviction_scoring])
    by = None if bound.select is None else emission((), [(bound.select.by, 0)])
    return EntryPlan(key, bound, conditions, scores, by, entry_bars(bound))


def _exits(strategy: Strategy, values: Mapping[str, float], key: Key) -> ExitPlan:
    bound = Binder(values).exits(strategy)
    writer = ProgramWriter(bound.setting("exit_buffer_pct") or 0.0)  # type: ignore[arg-type]
    rules = tuple(
        ExitRule(rule.name, rule.priority, rule.ignore_min_hold, writer.program(rule.condition), rule.exit_price)
        for rule in sorted(bound.exit_rules, key=lambda rule: rule.priority)
    )
    addon, addons = bound.addon_rules, None
    if addon is not None:
        code = writer.program(addon.condition, buffered=False)
        addons = AddonRule(code, int(addon.max_addons), float(addon.size_pct))  # type: ignore[arg-type]
    return ExitPlan(key, rules, addons, tuple(writer.flags), tuple(writer.values), exit_bars(bound))


def _settings(strategy: Strategy, values: Mapping[str, float]) -> SettingPlan:
    bound = Binder(values).settings(strategy)
    limits = _limits(bound)
    uses_atr = limits.atr_stop_mult == limits.atr_stop_mult or limits.trail_atr_mult == limits.trail_atr_mult
    most = _whole(bound, "max_positions"), _whole(bound, "max_per_sector")
    return SettingPlan(limits, _sizing(bound.sizing), *most, uses_atr, setting_bars(bound))


def _setting_names(strategy: Strategy) -> tuple[str, ...]:
    numbers: list[Number | None] = [value for _, value in strategy.config]
    if strategy.sizing is not None:
        numbers += [strategy.sizing.pct, strategy.sizing.risk_pct, strategy.sizing.vol_bars]
    return tuple(sorted({number.name for number in numbers if isinstance(number, ParamRef)}))


def _limits(bound: Strategy) -> Limits:
    settings = dict(bound.config)
    given = {name: float(settings[name]) for name in _LIMITS if name in settings}  # type: ignore[arg-type]
    return Limits(int(settings.get("min_hold", 0)), int(settings.get("max_hold", 0)), **given)  # type: ignore[arg-type]


def _whole(bound: Strategy, name: str) -> int | None:
    value = bound.setting(name)
    return None if value is None else int(value)  # type: ignore[arg-type]


def _sizing(rule: SizingRule | None) -> Sizing:
    if rule is None:
        return Sizing()
    vol_bars = int(rule.vol_bars or DEFAULT_VOL_BARS) if rule.mode == "inverse_vol" else 0  # type: ignore[arg-type]
    return Sizing(rule.mode, rule.pct, rule.risk_pct, vol_bars)  # type: ignore[arg-type]
