"""From operands and conditions to code: loads of tables, arithmetic, comparisons."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from engines.strategy import language as words
from engines.strategy import machine
from engines.strategy.machine import Code
from engines.strategy.nodes import (
    Compare,
    Condition,
    Group,
    Indicator,
    Literal,
    Math,
    Not,
    Operand,
    Random,
    Rank,
    SectorIn,
)
from engines.strategy.program import (
    ABS,
    ADD,
    AND,
    BETWEEN,
    CONST,
    DIV,
    EQ,
    GE,
    GT,
    LE,
    LT,
    MAX,
    MIN,
    MUL,
    NOT,
    OR,
    SUB,
)
from engines.strategy.workspace import UNIVERSE

FUNCTIONS: Final = {"add": ADD, "sub": SUB, "mul": MUL, "div": DIV, "min": MIN, "max": MAX, "abs": ABS}
OPERATORS: Final = {">": GT, ">=": GE, "<": LT, "<=": LE, "==": EQ}


@dataclass(frozen=True, slots=True)
class Emission:
    """Code, and what its tables hold: operands, in the order in which the code numbers them."""

    code: Code
    needs: tuple[Operand | SectorIn, ...]


@dataclass
class Emitter:
    """Collects code, constants and what the tables must hold.

    ``reads_back``: a lagged indicator of the symbols themselves is read some rows back, so that all lags share one
    table; else every lag is a table of its own, as those of the index and the sectors always are.
    """

    reads_back: bool = True
    steps: list[tuple[int, int, int]] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    places: dict[Operand | SectorIn, int] = field(default_factory=dict)
    level: int = 0
    depth: int = 1

    def emission(self) -> Emission:
        """Return what has been collected."""
        steps = np.array(self.steps, np.int64).reshape(-1, 3)
        code = Code(steps, np.array(self.constants or [0.0]), self.depth + 1)
        return Emission(code, tuple(self.places))

    def _add(self, op: int, arg: int = 0, back: int = 0, *, takes: int = 0) -> None:
        self.steps.append((op, arg, back))
        self.level += 1 - takes
        self.depth = max(self.depth, self.level)

    def _load(self, need: Operand | SectorIn, back: int = 0) -> None:
        self._add(machine.LOAD, self.places.setdefault(need, len(self.places)), back)

    def result(self, op: int, place: int) -> None:
        """Take the top of the stack into a result."""
        self._add(op, place, takes=2)

    def number(self, node: Operand, back: int = 0) -> None:
        """Push an operand as it was ``back`` own bars ago."""
        if isinstance(node, Literal):
            self.constants.append(node.value)
            self._add(CONST, len(self.constants) - 1)
        elif isinstance(node, Math):
            for arg in node.args:
                self.number(arg, back)
            self._add(FUNCTIONS[node.fn], takes=len(node.args))
        elif isinstance(node, Indicator):
            self._indicator(node, back)
        elif isinstance(node, Rank | Random):
            self._load(node, back)
        else:
            raise TypeError(f"{type(node).__name__} has no table")

    def _indicator(self, node: Indicator, back: int) -> None:
        expanded = expand(node)
        if expanded is not None:
            self.number(expanded, back)
            return
        if node.lag and node.of == "self" and self.reads_back:
            self._load(replace(node, lag=0.0), back + int(node.lag))  # type: ignore[arg-type]
        else:
            self._load(node, back)

    def truth(self, node: Condition) -> None:
        """Push the truth of a condition."""
        if isinstance(node, Group):
            for i, part in enumerate(node.conditions):
                self.truth(part)
                if i:
                    self._add(AND if node.kind == "and" else OR, takes=2)
        elif isinstance(node, Not):
            self.truth(node.condition)
            self._add(NOT, takes=1)
        elif isinstance(node, SectorIn):
            self._load(node)
            self.number(Literal(1.0))
            self._add(EQ, takes=2)
        else:
            self._compare(node)

    def _compare(self, node: Compare) -> None:
        if node.op in words.CROSSINGS:
            above = node.op == "crosses_above"
            self._pair(node.left, node.right, GT if above else LT, 0)
            self._pair(node.left, node.right, LE if above else GE, 1)
            self._add(AND, takes=2)
        elif node.op == "between":
            self.number(node.left)
            self.number(node.right)
            self.number(node.hi)  # type: ignore[arg-type]
            self._add(BETWEEN, takes=3)
        else:
            self._pair(node.left, node.right, OPERATORS[node.op], 0)

    def _pair(self, left: Operand, right: Operand, op: int, back: int) -> None:
        self.number(left, back)
        self.number(right, back)
        self._add(op, takes=2)


def emission(
    conditions: Sequence[Condition], operands: Sequence[tuple[Operand, int]], *, reads_back: bool = True
) -> Emission:
    """Return the code that writes the truths of conditions and the values of operands, some own bars back."""
    emitter = Emitter(reads_back)
    for place, condition in enumerate(conditions):
        emitter.truth(condition)
        emitter.result(machine.OUT_TRUTH, place)
    for place, (operand, back) in enumerate(operands):
        emitter.number(operand, back)
        emitter.result(machine.OUT_NUMBER, place)
    return emitter.emission()


def expand(node: Indicator) -> Operand | None:
    """Return an indicator that is arithmetic on others as that arithmetic, or None.

    The arithmetic is that of `engines.indicators`, in the same order.
    """
    maker = _EXPANSIONS.get(node.name)
    return None if maker is None else maker(node)


def _column(node: Indicator, name: str, extra: int = 0) -> Indicator:
    return Indicator(name, (), None, node.lag + extra, node.of)  # type: ignore[operator]


def _windowed(node: Indicator, name: str, n: float, on: str | None = None, extra: int = 0) -> Indicator:
    return Indicator(name, (("n", n),), on, node.lag + extra, node.of)  # type: ignore[operator]


def _percent_change(now: Operand, before: Operand) -> Operand:
    return Math("mul", (Literal(100.0), Math("sub", (Math("div", (now, before)), Literal(1.0)))))


def _roc(node: Indicator) -> Operand:
    column, n = node.on or "close", int(node.numbers["n"])
    return _percent_change(_column(node, column), _column(node, column, n))


def _momentum(node: Indicator) -> Operand:
    bars = 252 if node.name == "mom_12_1" else 126
    return _percent_change(_column(node, "close", words.MONTH_BARS), _column(node, "close", bars))


def _gap(node: Indicator) -> Operand:
    return _percent_change(_column(node, "open"), _column(node, "close", 1))


def _drawdown(node: Indicator) -> Operand:
    ratio = Math("div", (_column(node, "close"), _windowed(node, "highest", node.numbers["n"])))
    return Math("mul", (Literal(100.0), Math("sub", (Literal(1.0), ratio))))


def _rel_volume(node: Indicator) -> Operand:
    column = node.on or "volume"
    on = None if column == "close" else column
    return Math("div", (_column(node, column), _windowed(node, "sma", node.numbers["n"], on, 1)))


def _band(node: Indicator) -> Operand:
    n, width = node.numbers["n"], node.numbers["width"]
    spread = Math("mul", (Literal(width), _windowed(node, "stdev", n, node.on)))
    return Math("add" if node.name == "bb_upper" else "sub", (_windowed(node, "sma", n, node.on), spread))


def _macd(node: Indicator) -> Operand:
    fast, slow = (_windowed(node, "ema", node.numbers[name], node.on) for name in ("fast", "slow"))
    return Math("sub", (fast, slow))


def _sector_rs(node: Indicator) -> Operand:
    params = (("n", float(words.SECTOR_RS_BARS)),)
    sector = Indicator("roc", params, None, node.lag, "sector")
    return Math("sub", (sector, Indicator("roc", params, None, node.lag, UNIVERSE)))


_EXPANSIONS: Final = {
    "roc": _roc,
    "mom_12_1": _momentum,
    "mom_6_1": _momentum,
    "gap_pct": _gap,
    "drawdown": _drawdown,
    "rel_volume": _rel_volume,
    "bb_upper": _band,
    "bb_lower": _band,
    "macd": _macd,
    "sector_rs": _sector_rs,
    "value": lambda node: Math("mul", (_column(node, "close"), _column(node, "volume"))),
}
