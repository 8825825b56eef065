"""The tables that operands stand for, each worked out once over one market's data."""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numba import njit

from engines.indicators.windows import rolling_std
from engines.strategy import kernels, memory
from engines.strategy.cache import IndicatorCache
from engines.strategy.data import IndexSeries, MarketData, alphabetical, equal_weighted, sector_numbers, unlocked
from engines.strategy.language import FIGURES
from engines.strategy.nodes import Indicator, Rank
from engines.strategy.own import OwnRows, own_rows
from engines.strategy.program import Floats, Ints

YEAR_BARS: Final = 252
UNIVERSE: Final = "universe"  # the equal-weighted index of all members; not a word of the language
PRICES: Final = ("open", "high", "low", "close")
_COLUMNS: Final = frozenset({*PRICES, "volume", "value"})


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose bars: the symbols themselves, the index, the sector indices. Columns are own bars, (T, W)."""

    rows: OwnRows
    columns: dict[str, Floats]


class Workspace:
    """Tables over one `MarketData`, from the cache or made. ``seed`` decides what `random` draws."""

    def __init__(self, data: MarketData, cache: IndicatorCache, seed: int = 0) -> None:
        self.data = data
        self.cache = cache
        self.seed = seed
        self.key = data.key
        self.days, self.width = data.panel.shape
        self.used: set[str] = set()
        self._owners: dict[str, Owner] = {}
        self._local: dict[object, Floats] = {}

    @property
    def own(self) -> OwnRows:
        """Return where the symbols' own bars stand."""
        return self.owner("self").rows

    def find(self, key: object, make: Callable[[], Floats]) -> Floats:
        """Return a table by key, local to this data."""
        table = self._local.get(key)
        if table is None:
            table = self.cache.find((self.key, key), make)
            self._local[key] = table
        return table

    def owner(self, name: str) -> Owner:
        """Return the bars of ``self``, ``index``, ``sector`` or the ``universe``."""
        if name not in self._owners:
            key = (self.key, "owner", name)
            self._owners[name] = self.cache.find(key, lambda: self._make_owner(name), _owner_bytes)
        return self._owners[name]

    def _make_owner(self, name: str) -> Owner:
        panel = self.data.panel
        if name == "self":
            fields = {column: unlocked(getattr(panel, column)) for column in (*PRICES, "volume")}
        elif name == "index" and self.data.index is not None:
            fields = _index_fields(self.data.index)
        else:
            fields = self._made_index(name)
        rows = own_rows(fields["close"])
        return Owner(rows, {column: rows.compact(table) for column, table in fields.items()})

    def _made_index(self, name: str) -> dict[str, Floats]:
        """Equal-weighted indices of the members: of every sector, or of all (also in place of a missing index)."""
        panel = self.data.panel
        sectors, numbers = sector_numbers(panel)
        group, groups = (numbers, max(len(sectors), 1)) if name == "sector" else (np.zeros_like(numbers), 1)
        level = equal_weighted(unlocked(panel.close), unlocked(panel.member), group, groups)
        return {**dict.fromkeys(PRICES, level), "volume": np.full_like(level, np.nan)}

    def column(self, owner: str, name: str) -> Floats:
        """Return a price, the volume or the traded value, (T, W) own bars."""
        columns = self.owner(owner).columns
        if name != "value":
            return columns[name]
        return self.find(("value", owner), lambda: columns["close"] * columns["volume"])

    def series(self, node: Indicator) -> Floats:
        """Return an indicator over its owner's own bars, lag left aside, (T, W)."""
        if node.name in _COLUMNS:
            return self.column(node.of, node.name)
        plain = replace(node, lag=0.0) if node.lag else node
        return self.find(plain, lambda: self._make_series(plain))

    def _make_series(self, node: Indicator) -> Floats:
        if node.name in FIGURES:
            return self._figure(node.name)
        if node.name == "beta_1y":
            market = self.gathered(self.owner("index").rows.restore(self.column("index", "close")))
            return filled(kernels.beta, self.column("self", "close"), market, YEAR_BARS)
        return _technical(node, lambda name: self.column(node.of, name))

    def _figure(self, name: str) -> Floats:
        given = self.data.figures.get(name)
        if given is None:
            return np.full((self.days, self.width), np.nan)
        return self.own.compact(unlocked(np.asarray(given, np.float64)))

    def placed(self, node: Indicator) -> Floats:
        """Return a table to be read at the symbols' own bars. A lag of the symbols' own is left to the reader."""
        if node.name in FIGURES:
            self.used.add(node.name)
        if node.of == "self":
            return self.series(node)
        if node.of in ("index", "sector"):
            self.used.add(node.of)
        if self.own.row is None and node.of != "sector":
            return self.on_panel(node)
        spread = self.by_sector if node.of == "sector" else self.gathered
        return self.find(("placed", node), lambda: spread(self.on_panel(node)))

    def on_panel(self, node: Indicator) -> Floats:
        """Return an index's or all sectors' indicator by panel day, lagged in its own bars, (T, W of the owner)."""
        return self.find(("panel", node), lambda: self._on_panel(node))

    def _on_panel(self, node: Indicator) -> Floats:
        own, lag = self.series(node), int(node.lag)  # type: ignore[arg-type]
        if lag:
            shifted = np.full_like(own, np.nan)
            shifted[lag:] = own[:-lag]
            own = shifted
        return self.owner(node.of).rows.restore(own)

    def gathered(self, table: Floats) -> Floats:
        """Return a panel table of an index (T, 1) as the symbols' own bars (T, N)."""
        return self.own.compact(_spread(table, np.zeros(self.width, np.int64)))

    def by_sector(self, table: Floats) -> Floats:
        """Return a (T, S) table of the sectors as the symbols' own bars, unknown for symbols without a sector."""
        return self.own.compact(_spread(table, self.sector_of))

    @property
    def sector_of(self) -> Ints:
        """Return each symbol's sector number, -1 for none."""
        return self.find("sectors", lambda: sector_numbers(self.data.panel)[1])

    @property
    def letters(self) -> Ints:
        """Return each symbol's place in A–Z order."""
        return self.find("letters", lambda: alphabetical(self.data.panel))

    def volatility(self, n: int) -> Floats:
        """Return the yearly volatility of n log changes, percent, own bars."""
        return self.find(("volatility", n), lambda: _volatility(self.column("self", "close"), n))

    def random(self) -> Floats:
        """Return what `random` draws, own bars."""
        return self.find(("random", self.seed), lambda: self.own.compact(self._draws()))

    def _draws(self) -> Floats:
        panel = self.data.panel
        bare = [symbol.rsplit(":", 1)[-1] for symbol in panel.symbols]
        codes = np.array([zlib.crc32(symbol.encode()) for symbol in bare], np.uint64)
        ordinals = (np.asarray(panel.dates, "datetime64[D]").astype(np.int64) + 719_163).astype(np.uint64)
        return draws(np.uint64(self.seed % 2**64), codes, ordinals)

    def ranked(self, node: Rank, values: Floats) -> Floats:
        """Return percentile ranks of panel values (T, N) among members of the universe or of the sector, own bars."""
        group = np.zeros(self.width, np.int64) if node.among == "universe" else self.sector_of
        member = unlocked(self.data.panel.member)
        return self.own.compact(percentiles(values, member, group, int(group.max(initial=0)) + 1))

    def ranked_sectors(self, values: Floats) -> Floats:
        """Return percentile ranks of sector values (T, S) among all sectors, as the symbols' own bars."""
        everyone = np.ones(values.shape, bool)
        return self.by_sector(percentiles(values, everyone, np.zeros(values.shape[1], np.int64), 1))


def _owner_bytes(owner: Owner) -> int:
    return 0 if owner.rows.row is None else owner.rows.row.nbytes + sum(t.nbytes for t in owner.columns.values())


def _index_fields(index: IndexSeries) -> dict[str, Floats]:
    def column(values: Floats | None) -> Floats:
        return np.array(index.close if values is None else values, np.float64).reshape(-1, 1)

    close = column(None)
    volume = np.full_like(close, np.nan) if index.volume is None else column(index.volume)
    if np.isnan(volume[~np.isnan(close)]).any():
        volume[:] = np.nan  # a window must not be filled by halves
    fields = {name: column(getattr(index, name)) for name in PRICES}
    return {**{name: np.where(np.isnan(table), close, table) for name, table in fields.items()}, "volume": volume}


def filled(kernel: Callable[..., None], first: Floats, *others: Any) -> Floats:
    """Call a kernel with a new table to write to, and return that."""
    out = memory.table(first.shape)
    kernel(first, *others, out)
    return out


def _technical(node: Indicator, column: Callable[[str], Floats]) -> Floats:
    """Compute an indicator that is a series of its own; those made of others are `expand`ed before."""
    numbers = node.numbers
    n = int(numbers.get("n", 0))
    if node.name in {"highest", "lowest"}:
        own = "high" if node.name == "highest" else "low"
        sign = 1.0 if node.name == "highest" else -1.0
        return filled(kernels.rolling_extreme, column(node.on or own), n, sign)
    if node.name == "days_since_high":
        return filled(kernels.bars_since_high, column(node.on or "high"), n)
    if node.name in {"atr", "adx"}:
        return _ranges(node.name, n, column("high"), column("low"), column("close"))
    x = column(node.on or "close")
    if node.name == "sma":
        return filled(kernels.rolling_mean, x, n)
    if node.name == "ema":
        return filled(kernels.smooth, x, 0, n, False)
    if node.name == "rsi":
        return filled(kernels.rsi, x, n)
    if node.name == "stdev":
        return rolling_std(x, n)
    if node.name == "vol_1y":
        return _volatility(x, YEAR_BARS)
    if node.name == "macd_signal":
        fast, slow, signal = (int(numbers[name]) for name in ("fast", "slow", "signal"))
        line = filled(kernels.smooth, x, 0, fast, False) - filled(kernels.smooth, x, 0, slow, False)
        return filled(kernels.smooth, line, slow - 1, signal, False)
    raise ValueError(f"{node.name} is not a series of its own")


def _volatility(close: Floats, n: int) -> Floats:
    """Yearly volatility in percent of n log changes (own bars)."""
    change = np.full_like(close, np.nan)
    positive = np.where(close > 0.0, close, np.nan)
    change[1:] = np.log(positive[1:] / positive[:-1])
    return 100.0 * math.sqrt(YEAR_BARS) * rolling_std(change, n)


def _ranges(name: str, n: int, high: Floats, low: Floats, close: Floats) -> Floats:
    average = filled(kernels.smooth, filled(kernels.true_range, high, low, close), 1, n, True)
    if name == "atr":
        return average
    moves = memory.table(high.shape), memory.table(high.shape)
    kernels.directional_movement(high, low, *moves)
    plus, minus = (filled(kernels.smooth, move, 1, n, True) for move in moves)
    return filled(kernels.smooth, filled(kernels.direction_strength, plus, minus, average), n, n, True)


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(table: Floats, columns: Ints) -> Floats:
    """Column ``columns[i]`` of the table for each symbol i, NaN where that is -1."""
    out = np.full((table.shape[0], len(columns)), np.nan)
    for t in range(table.shape[0]):
        for i in range(len(columns)):
            if columns[i] >= 0:
                out[t, i] = table[t, columns[i]]
    return out


@njit(cache=True, nogil=True)
def _mix(x: int) -> int:
    """SplitMix64 (Steele, Lea & Flood 2014): the output for the state before ``x`` advances."""
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True)
def draws(seed: int, codes: Ints, ordinals: Ints) -> Floats:
    """Return (T, N) numbers in [0, 1): splitmix64(splitmix64(seed) ^ crc32 << 32 ^ day) / 2**64."""
    out = np.empty((len(ordinals), len(codes)))
    start = _mix(seed)
    for t in range(len(ordinals)):
        for i in range(len(codes)):
            out[t, i] = _mix(start ^ (codes[i] << np.uint64(32)) ^ ordinals[t]) / 18446744073709551616.0
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def percentiles(values: Floats, member: Floats, group: Ints, groups: int) -> Floats:
    """Return 100·(average rank - 0.5)/n of each day's values within their group, among members with a value."""
    days, width = values.shape
    out = np.full((days, width), np.nan)
    chosen, kept = np.empty(width, np.int64), np.empty(width)
    for g in range(groups):
        for t in range(days):
            n = 0
            for i in range(width):
                if group[i] == g and member[t, i] and values[t, i] == values[t, i]:
                    chosen[n], kept[n] = i, values[t, i]
                    n += 1
            order = np.argsort(kept[:n])
            first = 0
            while first < n:
                last = first
                while last + 1 < n and kept[order[last + 1]] == kept[order[first]]:
                    last += 1
                share = 100.0 * (0.5 * (first + last) + 0.5) / n
                for k in range(first, last + 1):
                    out[t, chosen[order[k]]] = share
                first = last + 1
    return out
