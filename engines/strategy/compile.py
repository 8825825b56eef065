"""Compiling a strategy over market data, once or for many sets of parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.strategy.binding import effective_parameters
from engines.strategy.cache import IndicatorCache
from engines.strategy.data import MarketData
from engines.strategy.nodes import Indicator, Strategy
from engines.strategy.picking import Picker
from engines.strategy.plan import EntryPlan, ExitPlan, plan_of
from engines.strategy.program import AddonRule, Candidates, CompiledStrategy, ExitRule, Flags, Floats, Truths
from engines.strategy.tables import evaluate
from engines.strategy.workspace import Workspace

OUTCOME_BYTES: Final = 64 * 2**20
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
        self._plan = plan_of(strategy)
        self._outcomes = IndicatorCache(OUTCOME_BYTES)

    def compile(self, parameters: Mapping[str, float] | None = None) -> CompiledStrategy:
        """Return the strategy with these parameters over the declared ones."""
        values = effective_parameters(self.strategy, parameters)
        picked, held = self._parts(self._plan.entries(values), self._plan.exits(values))
        settings = self._plan.settings(values)
        return CompiledStrategy(
            shape=self.data.panel.shape,
            candidates=picked.candidates,
            rebalance=picked.rebalance,
            rank_exit=picked.rank_exit,
            exits=held.exits,
            addons=held.addons,
            flags=held.flags,
            values=held.values,
            atr14=self._atr() if settings.uses_atr else _NOTHING,
            limits=settings.limits,
            sizing=settings.sizing,
            parameters=values,
            warmup_bars=max(picked.warmup_bars, held.warmup_bars, settings.bars),
            uses=picked.uses | held.uses,
            strategy_hash=self._plan.hash,
            max_positions=settings.max_positions,
            max_per_sector=settings.max_per_sector,
        )

    def _parts(self, entries: EntryPlan, exits: ExitPlan) -> tuple[_Picked, _Held]:
        """Find both outcomes, or work out what is missing in one pass over the tables."""
        picked, held = self._outcomes.peek(("entries", entries.key)), self._outcomes.peek(("exits", exits.key))
        if picked is not None and held is not None:
            return picked, held
        work = Workspace(self.data, self.cache, self.seed)
        code = self._plan.code(entries if picked is None else None, exits if held is None else None)
        first = len(entries.conditions) if picked is None else 0
        sizes = (len(exits.flags), len(exits.values)) if held is None else (0, 0)
        truths, numbers = evaluate(work, code, first + sizes[0], sizes[1])
        uses = frozenset(work.used)
        if picked is None:
            picker = Picker(entries, work)
            found, rank_exit = picker.candidates(truths[0], truths[1] if first > 1 else None)
            made = _Picked(found, picker.rebalance, rank_exit, uses | frozenset(work.used), entries.bars)
            picked = self._outcomes.find(("entries", entries.key), lambda: made)
        if held is None:
            own = _Held(exits.rules, exits.addons, truths[first:], numbers, uses, exits.bars)
            held = self._outcomes.find(("exits", exits.key), lambda: own)
        return picked, held

    def _atr(self) -> Floats:
        work = Workspace(self.data, self.cache, self.seed)
        return work.on_panel(Indicator("atr", (("n", 14.0),)))
