"""The rule language in plain Python, one symbol and one day at a time: the definition the compiler is held to.

Indicators are those of `engines.indicators` over own bars; everything else is written out here anew.
"""

import math
import zlib
from typing import Any

import numpy as np

from engines.indicators.own_bars import on_own_bars
from engines.indicators.registry import INDICATORS, compute
from engines.strategy.data import MarketData, equal_weighted, sector_numbers
from engines.strategy.nodes import (
    Compare,
    Group,
    Indicator,
    Literal,
    Math,
    Not,
    Random,
    Rank,
    SectorIn,
)

Series = list[float]
NAN = float("nan")
PRICES = ("open", "high", "low", "close")


class Reference:
    """Series of operands and truths of conditions, for each symbol by panel day (NaN or None: unknown)."""

    def __init__(self, data: MarketData, seed: int = 0) -> None:
        self.data = data
        self.seed = seed
        self.days, self.symbols = data.panel.shape
        sectors, self.sector = sector_numbers(data.panel)
        panel = data.panel
        self.bars = [self._columns(i) for i in range(self.symbols)]
        levels = equal_weighted(panel.close, panel.member, self.sector, len(sectors))
        self.sector_bars = [self._flat(levels[:, g]) for g in range(len(sectors))]
        everyone = np.zeros(self.symbols, np.int64)
        self.universe = self._flat(equal_weighted(panel.close, panel.member, everyone, 1)[:, 0])
        self.index = self.universe if data.index is None else self._index()
        self.memory: dict[Any, Any] = {}

    def _columns(self, i: int) -> dict[str, np.ndarray]:
        panel = self.data.panel
        present = ~np.isnan(panel.close[:, i])
        columns = {name: getattr(panel, name)[:, i] for name in PRICES}
        columns["volume"] = np.where(present, panel.volume[:, i], np.nan)
        return {**columns, "value": columns["close"] * columns["volume"]}

    def _flat(self, level: np.ndarray) -> dict[str, np.ndarray]:
        nothing = np.full(len(level), np.nan)
        return {**dict.fromkeys(PRICES, level), "volume": nothing, "value": nothing}

    def _index(self) -> dict[str, np.ndarray]:
        index = self.data.index
        assert index is not None
        flat = self._flat(index.close)
        return {**flat, **{name: getattr(index, name) for name in PRICES if getattr(index, name) is not None}}

    def number(self, node: Any, i: int) -> Series:
        """Values of an operand for symbol i, one per panel day, NaN where unknown or without a bar."""
        key = (node, i)
        if key not in self.memory:
            values = self._number(node, i)
            bars = self.bars[i]["close"]
            self.memory[key] = [NAN if math.isnan(bar) else v for v, bar in zip(values, bars, strict=True)]
        return self.memory[key]

    def _number(self, node: Any, i: int) -> Series:
        if isinstance(node, Literal):
            return [node.value] * self.days
        if isinstance(node, Indicator):
            return self._indicator(node, i)
        if isinstance(node, Math):
            args = [self.number(arg, i) for arg in node.args]
            return [_function(node.fn, [arg[t] for arg in args]) for t in range(self.days)]
        if isinstance(node, Random):
            return [self._draw(i, t) for t in range(self.days)]
        assert isinstance(node, Rank)
        return [self._rank(node, i, t) for t in range(self.days)]

    def _indicator(self, node: Indicator, i: int) -> Series:
        if node.name == "sector_rs":
            roc = Indicator("roc", (("n", 63.0),), None, node.lag, "sector")
            sector = self._series(roc, self.sector_bars[self.sector[i]])
            everyone = self._series(roc, self.universe)
            return [a - b for a, b in zip(sector, everyone, strict=True)]
        if node.of == "self":
            return self._series(node, self.bars[i], self.data.figures.get(node.name), i)
        return self._series(node, self.index if node.of == "index" else self.sector_bars[self.sector[i]])

    def _series(self, node: Indicator, bars: dict[str, np.ndarray], figure: Any = None, i: int = 0) -> Series:
        lag = int(node.lag)
        if node.name in ("iscore", "roe", "debt_equity", "earnings_yield"):
            column = np.full(self.days, np.nan) if figure is None else figure[:, i]
            values, inputs = column, ["close"]
        else:
            entry = INDICATORS[node.name]
            inputs = [node.on] if node.on else list(entry.inputs)
            own = lambda *columns: next(
                iter(compute(entry, node.numbers, dict(zip(inputs, columns, strict=True)), node.on).values())
            )
            (values,) = on_own_bars(own, *(bars[name] for name in inputs))
        present = np.flatnonzero(~np.isnan(bars["close"]))
        out = [NAN] * self.days
        for k, t in enumerate(present):
            if k >= lag:
                out[t] = float(values[present[k - lag]])
        return out

    def _draw(self, i: int, t: int) -> float:
        code = zlib.crc32(self.data.panel.symbols[i].encode())
        day = self.data.panel.dates[t].astype(object).toordinal()
        return _splitmix(_splitmix(self.seed) ^ (code << 32) ^ day) / 2**64

    def _rank(self, node: Rank, i: int, t: int) -> float:
        if node.among == "sectors":
            of = Indicator(node.of.name, node.of.params, node.of.on, node.of.lag, "sector")
            values = [self._series(of, bars)[t] for bars in self.sector_bars]
            return _percentile(values, values[self.sector[i]])
        member = self.data.panel.member
        peers = [
            j
            for j in range(self.symbols)
            if member[t, j] and (node.among == "universe" or self.sector[j] == self.sector[i])
        ]
        if i not in peers:
            return NAN
        return _percentile([self.number(node.of, j)[t] for j in peers], self.number(node.of, i)[t])

    def truth(self, node: Any, i: int) -> list[bool | None]:
        """Truths of a condition for symbol i; None where unknown or without a bar."""
        values = self._truth(node, i)
        bars = self.bars[i]["close"]
        return [None if math.isnan(bar) else v for v, bar in zip(values, bars, strict=True)]

    def _truth(self, node: Any, i: int) -> list[bool | None]:
        if isinstance(node, Group):
            parts = [self.truth(part, i) for part in node.conditions]
            join = kleene_and if node.kind == "and" else kleene_or
            return [join([part[t] for part in parts]) for t in range(self.days)]
        if isinstance(node, Not):
            return [None if v is None else not v for v in self.truth(node.condition, i)]
        if isinstance(node, SectorIn):
            return [(self.data.panel.sectors[i] in node.sectors) != node.negated] * self.days
        assert isinstance(node, Compare)
        left, right = self.number(node.left, i), self.number(node.right, i)
        if node.op == "between":
            high = self.number(node.hi, i)
            pairs = zip(left, right, high, strict=True)
            return [kleene_and([_holds(a, ">=", b), _holds(a, "<=", c)]) for a, b, c in pairs]
        now = [_holds(a, node.op.replace("crosses_above", ">").replace("crosses_below", "<"), b)
               for a, b in zip(left, right, strict=True)]  # fmt: skip
        if not node.op.startswith("crosses"):
            return now
        before = [_holds(a, "<=" if node.op == "crosses_above" else ">=", b) for a, b in zip(left, right, strict=True)]
        present = [t for t in range(self.days) if not math.isnan(self.bars[i]["close"][t])]
        out: list[bool | None] = [None] * self.days
        for k, t in enumerate(present):
            out[t] = kleene_and([now[t], before[present[k - 1]] if k else None])
        return out


def kleene_and(values: list[bool | None]) -> bool | None:
    """False if any is false, else unknown if any is unknown."""
    return False if False in values else None if None in values else True


def kleene_or(values: list[bool | None]) -> bool | None:
    """True if any is true, else unknown if any is unknown."""
    return True if True in values else None if None in values else False


def _holds(a: float, op: str, b: float) -> bool | None:
    if math.isnan(a) or math.isnan(b):
        return None
    return {">": a > b, ">=": a >= b, "<": a < b, "<=": a <= b, "==": a == b}[op]


def _function(fn: str, args: list[float]) -> float:
    if any(math.isnan(arg) for arg in args):
        return NAN
    if fn == "div":
        return args[0] / args[1] if args[1] else NAN
    simple = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "min": min, "max": max}
    return abs(args[0]) if fn == "abs" else simple[fn](*args)


def _percentile(values: list[float], own: float) -> float:
    known = sorted(v for v in values if not math.isnan(v))
    if math.isnan(own):
        return NAN
    places = [k + 1 for k, v in enumerate(known) if v == own]
    return 100.0 * (sum(places) / len(places) - 0.5) / len(known)


def _splitmix(x: int) -> int:
    z = (x + 0x9E3779B97F4A7C15) % 2**64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)
