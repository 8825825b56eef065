"""Compiling a strategy over market data."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np

from engines.strategy import candidates as days
from engines.strategy import machine, memory
from engines.strategy.binding import bind
from engines.strategy.cache import IndicatorCache
from engines.strategy.canonical import strategy_hash
from engines.strategy.data import MarketData, rebalance_days, unlocked
from engines.strategy.emit import Emitter
from engines.strategy.horizon import warmup_bars
from engines.strategy.nodes import Condition, Group, Indicator, Operand, Rank, SectorIn, SizingRule, Strategy
from engines.strategy.positions import ProgramWriter
from engines.strategy.program import (
    AddonRule,
    Candidates,
    CompiledStrategy,
    ExitRule,
    Flags,
    Floats,
    Ints,
    Limits,
    Sizing,
    Truths,
)
from engines.strategy.workspace import Workspace, filled

DEFAULT_VOL_BARS = 252
_LIMITS = ("stop_loss_pct", "take_profit_pct", "atr_stop_mult", "trail_atr_mult", "target_r")
_REMEMBERED = 64
_NOTHING = np.empty((0, 0))
_MANY = 10  # a table costs about as much as a tenth of its points one by one


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
    work = Workspace(data, IndicatorCache() if cache is None else cache, seed)
    return _Compiler(bind(strategy, parameters), work).run(_identity(strategy))


_known: OrderedDict[int, tuple[Strategy, str]] = OrderedDict()


def _identity(strategy: Strategy) -> str:
    """The strategy's hash, remembered for the objects seen last: a sweep compiles one object many times."""
    entry = _known.get(id(strategy))
    if entry is None or entry[0] is not strategy:
        entry = _known[id(strategy)] = (strategy, strategy_hash(strategy))
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return entry[1]


class SymbolTables:
    """Tables at the symbols' own bars, for the `Emitter`."""

    def __init__(self, work: Workspace) -> None:
        self.work = work

    def indicator(self, node: Indicator) -> tuple[Floats, int]:
        return self.work.placed(node)

    def random(self) -> Floats:
        return self.work.random()

    def rank(self, node: Rank) -> Floats:
        return self.work.find(node, lambda: self._rank(node))

    def _rank(self, node: Rank) -> Floats:
        work = self.work
        if node.among == "sectors":
            width = work.owner("sector").rows.shape[1]
            return work.ranked_sectors(number_table(Emitter(SectorTables(work)), node.of, work.days, width))
        values = number_table(Emitter(self), node.of, work.days, work.width)
        return work.ranked(node, work.own.restore(values))

    def sectors(self, node: SectorIn) -> Floats:
        wanted = {name.casefold() for name in node.sectors}
        inside = [
            np.nan if not name else float((name.casefold() in wanted) != node.negated)
            for name in self.work.data.panel.sectors
        ]
        return np.array([inside])


class SectorTables:
    """Tables of the sector indices by panel day, for ranks among sectors."""

    def __init__(self, work: Workspace) -> None:
        self.work = work

    def indicator(self, node: Indicator) -> tuple[Floats, int]:
        of = node.of if node.of not in {"self", "sector"} else "sector"
        return self.work.on_panel(Indicator(node.name, node.params, node.on, node.lag, of)), 0

    def random(self) -> Floats:
        raise ValueError("sectors have no random number")

    def rank(self, node: Rank) -> Floats:
        raise ValueError("ranks of ranks of sectors are not defined")

    def sectors(self, node: SectorIn) -> Floats:
        raise ValueError("a sector is in itself")


def number_table(emitter: Emitter, node: Operand, count: int, width: int) -> Floats:
    """Return an operand's values over a whole table."""
    emitter.number(node)
    emitter.result(machine.OUT_NUMBER, 0)
    numbers = memory.table((1, count, width))
    source = machine.tables(emitter.arrays, count, width)
    machine.evaluate(emitter.code(), source, width, np.empty((0, count, width), np.int8), numbers)
    return numbers[0]


def _stacked(truths: Sequence[Truths], shape: tuple[int, int]) -> Truths:
    """Return truths (T, N) as one array (F, T, N), without a copy where they already are one."""
    if not truths:
        return np.empty((0, *shape), np.int8)
    size = truths[0].nbytes
    first = truths[0].ctypes.data
    if all(truth.ctypes.data == first + i * size for i, truth in enumerate(truths)):
        return np.lib.stride_tricks.as_strided(truths[0], (len(truths), *shape), (size, *truths[0].strides))
    return np.stack(truths)


class _Compiler:
    def __init__(self, bound: Strategy, work: Workspace) -> None:
        self.bound = bound
        self.work = work
        self.source = SymbolTables(work)
        panel = work.data.panel
        self.member = unlocked(panel.member)
        self.rebalance = rebalance_days(panel.dates, bound.rebalance, work.data.next_session)

    def run(self, identity: str) -> CompiledStrategy:
        bound, work = self.bound, self.work
        writer = ProgramWriter(bound.setting("exit_buffer_pct") or 0.0)  # type: ignore[arg-type]
        exits = tuple(
            ExitRule(rule.name, rule.priority, rule.ignore_min_hold, writer.program(rule.condition), rule.exit_price)
            for rule in sorted(bound.exit_rules, key=lambda rule: rule.priority)
        )
        addon = bound.addon_rules
        addons = None if addon is None else AddonRule(
            writer.program(addon.condition, buffered=False), int(addon.max_addons), addon.size_pct  # type: ignore[arg-type]
        )  # fmt: skip
        entry, regime = self._entries()
        first = [entry] if regime is None else [entry, regime]
        truths, values = self._tables([*first, *writer.flags], writer.values)
        found, rank_exit = self._candidates(truths[0], None if regime is None else truths[1])
        flags = _stacked(truths[len(first) :], (work.days, work.width))
        limits = self._limits()
        uses_atr = limits.atr_stop_mult == limits.atr_stop_mult or limits.trail_atr_mult == limits.trail_atr_mult
        return CompiledStrategy(
            shape=(work.days, work.width),
            candidates=found,
            rebalance=self.rebalance,
            rank_exit=rank_exit,
            exits=exits,
            addons=addons,
            flags=flags,
            values=values,
            atr14=self._atr() if uses_atr else _NOTHING,
            limits=limits,
            sizing=_sizing(bound.sizing),
            parameters=bound.parameters,
            warmup_bars=warmup_bars(bound),
            uses=frozenset(work.used),
            strategy_hash=identity,
            max_positions=self._whole("max_positions"),
            max_per_sector=self._whole("max_per_sector"),
        )

    def _entries(self) -> tuple[Condition, Condition | None]:
        """Return what makes a symbol eligible, and apart from it the regime when ranks must not depend on it."""
        bound = self.bound
        if bound.regime is None or bound.select is not None:
            return bound.entry_rules, bound.regime
        return Group("and", (bound.entry_rules, bound.regime)), None

    def _tables(
        self, conditions: Sequence[Condition], operands: Sequence[tuple[Operand, int]]
    ) -> tuple[list[Truths], Floats]:
        """Return the truths of conditions, each (T, N), from a sweep's cache where they are, and operands' values."""
        cache = self.work.cache
        if not cache.keep_truths:
            truths, values = self._evaluate(conditions, operands)
            return list(truths), values
        keys = [(self.work.key, self.work.seed, "truth", condition) for condition in conditions]
        missing = [i for i, key in enumerate(keys) if key not in cache]
        truths, values = self._evaluate([conditions[i] for i in missing], operands)
        made = dict(zip(missing, truths, strict=True))
        return [cache.find(key, lambda i=i: self._again(conditions, made, i)) for i, key in enumerate(keys)], values

    def _again(self, conditions: Sequence[Condition], made: Mapping[int, Truths], i: int) -> Truths:
        """What was just made, or, had the cache dropped it in between, the truth worked out again."""
        return made[i].copy() if i in made else self._evaluate([conditions[i]], ())[0][0]

    def _evaluate(
        self, conditions: Sequence[Condition], operands: Sequence[tuple[Operand, int]]
    ) -> tuple[Truths, Floats]:
        """Return the truths (R, T, N) of conditions and the values (Q, T, N) of operands, by panel day."""
        work = self.work
        shape = (work.days, work.width)
        truths = memory.table((len(conditions), *shape), np.int8)
        numbers = memory.table((len(operands), *shape))
        if not conditions and not operands:
            return truths, numbers
        emitter = Emitter(self.source)
        for place, condition in enumerate(conditions):
            emitter.truth(condition)
            emitter.result(machine.OUT_TRUTH, place)
        for place, (operand, back) in enumerate(operands):
            emitter.number(operand, back)
            emitter.result(machine.OUT_NUMBER, place)
        source = machine.tables(emitter.arrays, *shape)
        machine.evaluate(emitter.code(), source, work.width, truths, numbers)
        if work.own.row is not None:
            truths = np.stack([work.own.restore_truths(t) for t in truths]) if len(truths) else truths
            numbers = np.stack([work.own.restore(q) for q in numbers]) if len(numbers) else numbers
        return truths, numbers

    def _at(self, operands: Sequence[Operand], day: Ints, symbol: Ints) -> Floats:
        """Return operands at points (day, symbol), (Q, M)."""
        if not len(day):
            return np.empty((len(operands), 0))
        emitter = Emitter(self.source)
        for place, operand in enumerate(operands):
            emitter.number(operand)
            emitter.result(machine.OUT_NUMBER, place)
        work = self.work
        source = machine.tables(emitter.arrays, work.days, work.width)
        return machine.evaluate_at(emitter.code(), source, self._rows(day, symbol), symbol, work.width, len(operands))

    def _rows(self, day: Ints, symbol: Ints) -> Ints:
        row = self.work.own.row
        return day if row is None else row[day, symbol]

    def _candidates(self, truth: Truths, regime: Truths | None) -> tuple[Candidates, Flags]:
        select = self.bound.select
        start, day, symbol = days.collect(truth, self.rebalance, self.member)
        none = np.zeros((0, 0), bool)
        if select is None:
            conviction = self._conviction(start, day, symbol)
            order = self._order(start, day, symbol, conviction)
            rank = days.day_ranks(start, conviction[order])
            return self._listed(start, day[order], symbol[order], conviction[order], rank), none
        (value,) = self._at([select.by], day, symbol)
        keys = value if select.direction == "desc" else -value
        order = self._order(start, day, symbol, keys)
        day, symbol, rank = day[order], symbol[order], days.day_ranks(start, keys[order])
        leaving = days.rank_exits(truth, self.rebalance, self.member, day, symbol, rank, int(select.exit_below))  # type: ignore[arg-type]
        chosen = (rank > 0) & (rank <= select.top)
        if regime is not None:
            chosen &= regime[day, symbol] == 2
        day, symbol, rank = day[chosen], symbol[chosen], rank[chosen]
        start = days.recount(day, self.work.days)
        return self._listed(start, day, symbol, self._conviction(start, day, symbol), rank), leaving

    def _order(self, start: Ints, day: Ints, symbol: Ints, keys: Floats) -> Ints:
        work = self.work
        close, volume = work.column("self", "close"), work.column("self", "volume")
        return days.best_first(start, symbol, self._rows(day, symbol), keys, work.letters, close, volume)

    def _conviction(self, start: Ints, day: Ints, symbol: Ints) -> Floats:
        scores = self.bound.conviction_scoring
        if not scores:
            return days.day_percentiles(start, self._medians(day, symbol))
        values = self._at([score.value for score in scores], day, symbol)
        total, weights = np.zeros(len(day)), 0.0
        for score, value in zip(scores, values, strict=True):
            share = 100.0 * ((value - score.low) / (score.high - score.low))  # type: ignore[operator]
            total += score.weight * np.where(np.isnan(share), 0.0, np.clip(share, 0.0, 100.0))  # type: ignore[operator]
            weights += score.weight  # type: ignore[operator]
        return total / weights

    def _medians(self, day: Ints, symbol: Ints) -> Floats:
        """20-bar median traded values of points; of many points by way of the whole table, which the cache keeps."""
        work, rows = self.work, self._rows(day, symbol)
        close, volume = work.column("self", "close"), work.column("self", "volume")
        if len(day) * _MANY < close.size:
            return days.median_values(close, volume, rows, symbol)
        return work.find("median value", lambda: filled(days.median_table, close, volume))[rows, symbol]

    def _listed(self, start: Ints, day: Ints, symbol: Ints, conviction: Floats, rank: Ints) -> Candidates:
        return Candidates(start, symbol, conviction, rank, self._factors(start, day, symbol))

    def _factors(self, start: Ints, day: Ints, symbol: Ints) -> Floats:
        """Size factors: 1, or median volatility of the day's candidates over one's own, at most 1 (unknown: 1)."""
        sizing = self.bound.sizing
        if sizing is None or sizing.mode != "inverse_vol":
            return np.ones(len(day))
        table = self.work.volatility(int(sizing.vol_bars or DEFAULT_VOL_BARS))  # type: ignore[arg-type]
        own = table[self._rows(day, symbol), symbol]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = days.day_medians(start, own) / own
        return np.where(np.isfinite(factor), np.minimum(factor, 1.0), 1.0)

    def _limits(self) -> Limits:
        numbers = {name: self.bound.setting(name) for name in _LIMITS}
        given = {name: float(value) for name, value in numbers.items() if value is not None}  # type: ignore[arg-type]
        return Limits(self._whole("min_hold") or 0, self._whole("max_hold") or 0, **given)

    def _whole(self, name: str) -> int | None:
        value = self.bound.setting(name)
        return None if value is None else int(value)  # type: ignore[arg-type]

    def _atr(self) -> Floats:
        return self.work.own.restore(self.work.series(Indicator("atr", (("n", 14.0),))))


def _sizing(rule: SizingRule | None) -> Sizing:
    if rule is None:
        return Sizing()
    vol_bars = int(rule.vol_bars or DEFAULT_VOL_BARS) if rule.mode == "inverse_vol" else 0  # type: ignore[arg-type]
    return Sizing(rule.mode, rule.pct, rule.risk_pct, vol_bars)  # type: ignore[arg-type]
