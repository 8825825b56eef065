"""Compiling a strategy over market data, once or for many sets of parameters."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.strategy.binding import Binder, effective_parameters
from engines.strategy.cache import IndicatorCache
from engines.strategy.canonical import strategy_hash
from engines.strategy.data import MarketData
from engines.strategy.horizon import entry_bars, exit_bars, setting_bars
from engines.strategy.nodes import Condition, Group, Indicator, SizingRule, Strategy, parameters_of
from engines.strategy.picking import DEFAULT_VOL_BARS, Picker
from engines.strategy.positions import ProgramWriter
from engines.strategy.program import (
    AddonRule,
    Candidates,
    CompiledStrategy,
    ExitRule,
    Flags,
    Floats,
    Limits,
    Sizing,
    Truths,
)
from engines.strategy.tables import evaluate
from engines.strategy.workspace import Workspace

OUTCOME_BYTES: Final = 64 * 2**20
_LIMITS: Final = ("stop_loss_pct", "take_profit_pct", "atr_stop_mult", "trail_atr_mult", "target_r")
_REMEMBERED: Final = 64
_NOTHING: Final = np.empty((0, 0))


def compile_strategy(
    strategy: Strategy,
    data: MarketData,
    *,
    parameters: Mapping[str, float] | None = None,
    seed: int = 0,
    cache: IndicatorCache | None = None,
) -> CompiledStrategy:
    """Work a strategy out over a panel.

    ``parameters`` override the declared ones. ``cache`` keeps indicator tables for the next compilation over the same
    data. Raises `InvalidStrategy` when a parameter is unknown or does not fit.
    """
    return StrategyCompiler(strategy, data, seed=seed, cache=cache).compile(parameters)


@dataclass(frozen=True, slots=True)
class _Picked:
    """Outcome of everything about entries."""

    candidates: Candidates
    rebalance: Flags
    rank_exit: Flags
    uses: frozenset[str]
    warmup_bars: int

    @property
    def nbytes(self) -> int:
        return 40 * len(self.candidates.symbol) + 9 * len(self.rebalance) + self.rank_exit.nbytes


@dataclass(frozen=True, slots=True)
class _Held:
    """Outcome of everything about exits and add-ons."""

    exits: tuple[ExitRule, ...]
    addons: AddonRule | None
    flags: Truths
    values: Floats
    uses: frozenset[str]
    warmup_bars: int

    @property
    def nbytes(self) -> int:
        return self.flags.nbytes + self.values.nbytes


class StrategyCompiler:
    """Compiles one strategy over one market's data, for as many parameter sets as asked.

    Entries and exits are kept by the parameters they read, so that a sweep works out each of them once. Safe between
    threads. ``seed`` decides what `random` draws.
    """

    def __init__(
        self, strategy: Strategy, data: MarketData, *, seed: int = 0, cache: IndicatorCache | None = None
    ) -> None:
        self.strategy = strategy
        self.data = data
        self.seed = seed
        self.cache = IndicatorCache() if cache is None else cache
        self._outcomes = IndicatorCache(OUTCOME_BYTES)
        self._hash = _identity(strategy)
        self._entry_names = parameters_of(strategy, entries=True)
        self._exit_names = parameters_of(strategy, entries=False)

    def compile(self, parameters: Mapping[str, float] | None = None) -> CompiledStrategy:
        """Return the strategy with these parameters over the declared ones."""
        values = effective_parameters(self.strategy, parameters)
        binder = Binder(values)
        picked, held = self._parts(binder, values)
        bound = binder.settings(self.strategy)
        limits = _limits(bound)
        uses_atr = limits.atr_stop_mult == limits.atr_stop_mult or limits.trail_atr_mult == limits.trail_atr_mult
        return CompiledStrategy(
            shape=self.data.panel.shape,
            candidates=picked.candidates,
            rebalance=picked.rebalance,
            rank_exit=picked.rank_exit,
            exits=held.exits,
            addons=held.addons,
            flags=held.flags,
            values=held.values,
            atr14=self._atr() if uses_atr else _NOTHING,
            limits=limits,
            sizing=_sizing(bound.sizing),
            parameters=values,
            warmup_bars=max(picked.warmup_bars, held.warmup_bars, setting_bars(bound)),
            uses=picked.uses | held.uses,
            strategy_hash=self._hash,
            max_positions=_whole(bound, "max_positions"),
            max_per_sector=_whole(bound, "max_per_sector"),
        )

    def _parts(self, binder: Binder, values: Mapping[str, float]) -> tuple[_Picked, _Held]:
        """Find both outcomes, or work out what is missing in one pass over the tables."""
        entry_key = ("entries", *(values[name] for name in self._entry_names))
        exit_key = ("exits", *(values[name] for name in self._exit_names))
        picked, held = self._outcomes.peek(entry_key), self._outcomes.peek(exit_key)
        if picked is not None and held is not None:
            return picked, held
        work = Workspace(self.data, self.cache, self.seed)
        entries = None if picked is not None else binder.entries(self.strategy)
        conditions = [] if entries is None else _entry_conditions(entries)
        exits = None if held is not None else binder.exits(self.strategy)
        writer, rules, addons = _programs(exits)
        truths, numbers = evaluate(work, [*conditions, *writer.flags], writer.values)
        uses = frozenset(work.used)
        if entries is not None:
            picker = Picker(entries, work)
            found, rank_exit = picker.candidates(truths[0], truths[1] if len(conditions) > 1 else None)
            picked = _Picked(found, picker.rebalance, rank_exit, uses | frozenset(work.used), entry_bars(entries))
            self._outcomes.find(entry_key, lambda: picked)
        if exits is not None:
            held = _Held(rules, addons, truths[len(conditions) :], numbers, uses, exit_bars(exits))
            self._outcomes.find(exit_key, lambda: held)
        assert picked is not None
        assert held is not None
        return picked, held

    def _atr(self) -> Floats:
        work = Workspace(self.data, self.cache, self.seed)
        return work.on_panel(Indicator("atr", (("n", 14.0),)))


_known: OrderedDict[int, tuple[Strategy, str]] = OrderedDict()


def _identity(strategy: Strategy) -> str:
    """The strategy's hash, remembered for the objects seen last: the same one is often compiled again."""
    entry = _known.get(id(strategy))
    if entry is None or entry[0] is not strategy:
        entry = _known[id(strategy)] = (strategy, strategy_hash(strategy))
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return entry[1]


def _entry_conditions(bound: Strategy) -> list[Condition]:
    """Return what makes a symbol eligible, and apart from it the regime when ranks must not depend on it."""
    if bound.regime is None:
        return [bound.entry_rules]
    if bound.select is not None:
        return [bound.entry_rules, bound.regime]
    return [Group("and", (bound.entry_rules, bound.regime))]


def _programs(bound: Strategy | None) -> tuple[ProgramWriter, tuple[ExitRule, ...], AddonRule | None]:
    if bound is None:
        return ProgramWriter(), (), None
    writer = ProgramWriter(bound.setting("exit_buffer_pct") or 0.0)  # type: ignore[arg-type]
    exits = tuple(
        ExitRule(rule.name, rule.priority, rule.ignore_min_hold, writer.program(rule.condition), rule.exit_price)
        for rule in sorted(bound.exit_rules, key=lambda rule: rule.priority)
    )
    addon = bound.addon_rules
    if addon is None:
        return writer, exits, None
    code = writer.program(addon.condition, buffered=False)
    return writer, exits, AddonRule(code, int(addon.max_addons), float(addon.size_pct))  # type: ignore[arg-type]


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
