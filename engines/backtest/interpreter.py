"""The compiled interpreter of a strategy's programs; `engines.strategy.program.run` is its definition."""

import math

import numpy as np

from engines.backtest.layout import FIELDS, PREVIOUS_FIELDS, Floats, Rules
from engines.compiling import kernel
from engines.strategy import program as code


@kernel
def compare(op: int, a: float, b: float) -> float:
    """Return the truth of a comparison: 0 false, 1 unknown, 2 true."""
    if math.isnan(a) or math.isnan(b):
        return 1.0
    if op == code.GT:
        holds = a > b
    elif op == code.GE:
        holds = a >= b
    elif op == code.LT:
        holds = a < b
    elif op == code.LE:
        holds = a <= b
    else:
        holds = a == b
    return 2.0 if holds else 0.0


@kernel
def arithmetic(op: int, a: float, b: float) -> float:
    """Return a op b; NaN where either is, or where a divisor is 0."""
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if op == code.ADD:
        return a + b
    if op == code.SUB:
        return a - b
    if op == code.MUL:
        return a * b
    if op == code.DIV:
        return a / b if b != 0.0 else math.nan
    if op == code.MIN:
        return min(a, b)
    return max(a, b)


@kernel
def load(rules: Rules, op: int, arg: int, t: int, n: int, position: Floats) -> float:
    """Return what an operation without operands pushes."""
    if op == code.FLAG:
        return np.float64(rules.flags[arg, t, n])
    if op == code.VALUE:
        return rules.values[arg, t, n]
    if op == code.CONST:
        return rules.constants[arg]
    if op == code.FIELD:
        return position[FIELDS + arg]
    return position[PREVIOUS_FIELDS + arg]


@kernel
def binary(op: int, a: float, b: float) -> float:
    """Return the result of an operation on two operands."""
    if op >= code.AND:
        return min(a, b) if op == code.AND else max(a, b)
    return compare(op, a, b) if op >= code.GT else arithmetic(op, a, b)


@kernel
def is_true(rules: Rules, number: int, t: int, n: int, position: Floats, stack: Floats) -> bool:
    """Tell whether program ``number`` is TRUE for symbol ``n`` at the close of day ``t``; an empty one is not."""
    first, last = rules.bounds[number], rules.bounds[number + 1]
    if first == last:
        return False
    top = 0
    for at in range(first, last):
        op = rules.ops[at]
        if op < code.ADD:
            stack[top] = load(rules, op, rules.args[at], t, n, position)
            top += 1
        elif op == code.NOT:
            stack[top - 1] = 2.0 - stack[top - 1]
        elif op == code.ABS:
            stack[top - 1] = abs(stack[top - 1])
        elif op == code.BETWEEN:
            top -= 2
            above = compare(code.GE, stack[top - 1], stack[top])
            stack[top - 1] = min(above, compare(code.LE, stack[top - 1], stack[top + 1]))
        else:
            top -= 1
            stack[top - 1] = binary(op, stack[top - 1], stack[top])
    return stack[0] == 2.0
