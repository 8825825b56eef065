"""Strategies compiled over a stretch of the market, shared by all requests of a process, within a bound of memory."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from engines.strategy import memory
from engines.strategy.cache import IndicatorCache
from engines.strategy.compile import StrategyCompiler, compile_strategy
from engines.strategy.horizon import warmup_bars
from engines.strategy.nodes import Strategy as Rules
from engines.strategy.program import CompiledStrategy
from signals.services.iscore.stored import uses_scores
from signals.services.market_data import DEFAULT_INDEX, Stretch, stretch
from signals.services.strategies.language import bound

INDICATOR_BYTES: Final = 16 * 2**20
COMPILED_BYTES: Final = 12 * 2**20
SWEEP_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A strategy ready to run: the market it is worked out over, and itself."""

    market: Stretch
    strategy: CompiledStrategy


class _Kept:
    """Compiled strategies by what they are, the least recently used thrown out beyond the bound."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._entries: OrderedDict[tuple[object, ...], CompiledStrategy] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> CompiledStrategy | None:
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], compiled: CompiledStrategy) -> None:
        with self._lock:
            if key in self._entries or weight(compiled) > self.max_bytes:
                return
            self._entries[key] = compiled
            self._bytes += weight(compiled)
            while self._bytes > self.max_bytes:
                self._bytes -= weight(self._entries.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._bytes = 0


indicators = IndicatorCache(INDICATOR_BYTES)
_compiled = _Kept(COMPILED_BYTES)


def prepared(
    *,
    rules: Rules,
    parameters: Mapping[str, float],
    universe: str,
    start: date,
    end: date,
    now: datetime,
    index: str = DEFAULT_INDEX,
    seed: int = 0,
) -> Prepared:
    """Return the strategy compiled over the range.

    Raises ValidationFailed for parameters, InvalidRequest for universe, index and range.
    """
    fixed = bound(rules, parameters)
    needs = warmup_bars(fixed)
    market = stretch(
        universe=universe, start=start, end=end, now=now, index=index, warm_up=needs, needs=needs,
        scores=uses_scores(fixed),
    )  # fmt: skip
    return Prepared(market, compiled(fixed, market, seed=seed))


def compiled(fixed: Rules, market: Stretch, *, seed: int = 0, cache: IndicatorCache | None = None) -> CompiledStrategy:
    """Return a strategy without open parameters, compiled over a stretch."""
    key = (market.data.key, market.data.next_session, fixed, seed)
    found = _compiled.get(key)
    if found is None:
        found = compile_strategy(fixed, market.data, seed=seed, cache=indicators if cache is None else cache)
        memory.release()  # a server compiles now and then; it need not keep the tables' memory for the next time
        if cache is None:
            _compiled.put(key, found)
    return found


def compiler_of(rules: Rules, market: Stretch, *, seed: int = 0) -> StrategyCompiler:
    """Return what compiles a strategy for many parameter sets, with tables of its own: they go when it goes."""
    return StrategyCompiler(rules, market.data, seed=seed, cache=IndicatorCache(SWEEP_BYTES))


def weight(strategy: CompiledStrategy) -> int:
    """Return the bytes of a compiled strategy's arrays."""
    tables = (strategy.flags, strategy.values, strategy.atr14, strategy.rank_exit, strategy.candidates.symbol)
    return sum(table.nbytes for table in tables) + 4 * strategy.candidates.symbol.nbytes


def forget() -> None:
    """Drop everything that is kept. For tests and measurements."""
    indicators.clear()
    _compiled.clear()
