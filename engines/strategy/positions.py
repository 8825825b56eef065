"""Writing the programs that the kernel runs for held positions.

What a rule says without the position is worked out beforehand: conditions become flags, operands become values. Only
what is left is code.
"""

import numpy as np

from engines.strategy import program as p
from engines.strategy.emit import FUNCTIONS, OPERATORS
from engines.strategy.language import CROSSINGS
from engines.strategy.nodes import (
    Compare,
    Condition,
    Group,
    Indicator,
    Literal,
    Math,
    Not,
    Operand,
    Position,
    has_position,
)

CLOSE = Indicator("close")


def buffered(condition: Condition, buffer_pct: float) -> Condition:
    """Return an exit condition in which ``close`` must pass its right operand by ``buffer_pct`` percent."""
    if isinstance(condition, Group):
        return Group(condition.kind, tuple(buffered(part, buffer_pct) for part in condition.conditions))
    if isinstance(condition, Not):
        return Not(buffered(condition.condition, buffer_pct))
    if not isinstance(condition, Compare) or condition.left != CLOSE or condition.op not in {"<", "<=", ">", ">="}:
        return condition
    sign = -1.0 if condition.op in {"<", "<="} else 1.0
    factor = Literal(1.0 + sign * buffer_pct / 100.0)
    return Compare(condition.left, condition.op, Math("mul", (condition.right, factor)))


class ProgramWriter:
    """Writes programs and collects the flags and values (operand, own bars back) they read."""

    def __init__(self, buffer_pct: float = 0.0) -> None:
        self.buffer_pct = buffer_pct
        self.flags: list[Condition] = []
        self.values: list[tuple[Operand, int]] = []

    def program(self, condition: Condition, *, buffered: bool = True) -> p.Program:
        """Return the program of a condition."""
        if buffered and self.buffer_pct:
            condition = _buffered(condition, self.buffer_pct)
        code = _Code(self)
        code.truth(condition)
        ops, args = np.array(code.ops, np.int16), np.array(code.args, np.int64)
        return p.Program(ops, args, np.array(code.constants, np.float64), code.depth)

    def flag(self, condition: Condition) -> int:
        """Return the number of a flag."""
        if condition not in self.flags:
            self.flags.append(condition)
        return self.flags.index(condition)

    def value(self, operand: Operand, back: int) -> int:
        """Return the number of a value."""
        if (operand, back) not in self.values:
            self.values.append((operand, back))
        return self.values.index((operand, back))


_buffered = buffered


class _Code:
    def __init__(self, writer: ProgramWriter) -> None:
        self.writer = writer
        self.ops: list[int] = []
        self.args: list[int] = []
        self.constants: list[float] = []
        self.level = 0
        self.depth = 1

    def add(self, op: int, arg: int = 0, takes: int = 0) -> None:
        self.ops.append(op)
        self.args.append(arg)
        self.level += 1 - takes
        self.depth = max(self.depth, self.level)

    def truth(self, node: Condition) -> None:
        if not has_position(node):
            self.add(p.FLAG, self.writer.flag(node))
        elif isinstance(node, Group):
            self._group(node)
        elif isinstance(node, Not):
            self.truth(node.condition)
            self.add(p.NOT, takes=1)
        elif isinstance(node, Compare):
            self._compare(node)

    def _group(self, node: Group) -> None:
        free = tuple(part for part in node.conditions if not has_position(part))
        bound = tuple(part for part in node.conditions if has_position(part))
        parts = (*((Group(node.kind, free) if len(free) > 1 else free[0],) if free else ()), *bound)
        for i, part in enumerate(parts):
            self.truth(part)
            if i:
                self.add(p.AND if node.kind == "and" else p.OR, takes=2)

    def _compare(self, node: Compare) -> None:
        if node.op in CROSSINGS:
            above = node.op == "crosses_above"
            self._pair(node, p.GT if above else p.LT, 0)
            self._pair(node, p.LE if above else p.GE, 1)
            self.add(p.AND, takes=2)
        elif node.hi is not None:
            for operand in (node.left, node.right, node.hi):
                self.number(operand, 0)
            self.add(p.BETWEEN, takes=3)
        else:
            self._pair(node, OPERATORS[node.op], 0)

    def _pair(self, node: Compare, op: int, back: int) -> None:
        self.number(node.left, back)
        self.number(node.right, back)
        self.add(op, takes=2)

    def number(self, node: Operand, back: int) -> None:
        if isinstance(node, Literal):
            self.constants.append(node.value)
            self.add(p.CONST, len(self.constants) - 1)
        elif not has_position(node):
            self.add(p.VALUE, self.writer.value(node, back))
        elif isinstance(node, Position):
            self.add(p.PREVIOUS if back else p.FIELD, p.POSITION_FIELDS.index(node.field))
        elif isinstance(node, Math):
            for arg in node.args:
                self.number(arg, back)
            self.add(FUNCTIONS[node.fn], takes=len(node.args))
