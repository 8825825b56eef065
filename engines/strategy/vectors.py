"""The inner loops of `machine`: arithmetic, comparisons and truths of whole vectors.

Each loop does one thing to contiguous memory, so that the compiler turns it into vector instructions. A truth is the
sum of two comparisons: ``a > b`` is TRUE when both hold, UNKNOWN when only ``not a <= b`` does (one of them is NaN).
"""

import numpy as np

from engines.compiling import loop, step
from engines.strategy.program import (
    ADD,
    DIV,
    EQ,
    FALSE,
    GE,
    GT,
    LE,
    LT,
    MIN,
    MUL,
    SUB,
    TRUE,
    UNKNOWN,
    Floats,
    Truths,
)


@step
def calculate(op: int, a: float, b: float) -> float:
    """Return a op b; NaN where either is, or where a divisor is 0."""
    if op == ADD:
        return a + b
    if op == SUB:
        return a - b
    if op == MUL:
        return a * b
    if op == DIV:
        return a / b if b != 0.0 else np.nan
    if op == MIN:
        return a if a < b or a != a else b
    return a if a > b or a != a else b


@loop
def copy(a: Floats | Truths, out: Floats | Truths) -> None:
    """Write a. (Assigning a whole array would make a copy of it first, in case the two overlap.)"""
    for i in range(out.shape[0]):
        out[i] = a[i]


@loop
def absolute(a: Floats, out: Floats) -> None:
    """Write |a|."""
    for i in range(out.shape[0]):
        out[i] = abs(a[i])


@loop
def scalar_left(op: int, a: float, b: Floats, out: Floats) -> None:
    """Write a op b, a one number. What does not mind the order is left to `scalar_right`."""
    if op == SUB:
        for i in range(out.shape[0]):
            out[i] = a - b[i]
    else:
        for i in range(out.shape[0]):
            out[i] = a / b[i] if b[i] != 0.0 else np.nan


@loop
def scalar_right(op: int, a: Floats, b: float, out: Floats) -> None:
    """Write a op b, b one number."""
    if op == MUL:
        for i in range(out.shape[0]):
            out[i] = a[i] * b
    elif op == ADD:
        for i in range(out.shape[0]):
            out[i] = a[i] + b
    elif op == SUB:
        for i in range(out.shape[0]):
            out[i] = a[i] - b
    else:
        for i in range(out.shape[0]):
            out[i] = calculate(op, a[i], b)


@loop
def both(op: int, a: Floats, b: Floats, out: Floats) -> None:
    """Write a op b."""
    if op == SUB:
        for i in range(out.shape[0]):
            out[i] = a[i] - b[i]
    elif op == DIV:
        for i in range(out.shape[0]):
            out[i] = a[i] / b[i] if b[i] != 0.0 else np.nan
    elif op == MUL:
        for i in range(out.shape[0]):
            out[i] = a[i] * b[i]
    elif op == ADD:
        for i in range(out.shape[0]):
            out[i] = a[i] + b[i]
    else:
        for i in range(out.shape[0]):
            out[i] = calculate(op, a[i], b[i])


@step
def judge_one(op: int, a: float, b: float) -> int:
    """Return the truth of a op b."""
    if a != a or b != b:
        return UNKNOWN
    holds = (
        (op == GT and a > b)
        or (op == GE and a >= b)
        or (op == LT and a < b)
        or (op == LE and a <= b)
        or (op == EQ and a == b)
    )
    return TRUE if holds else FALSE


@loop
def judge_against(op: int, a: Floats, b: float, out: Truths) -> None:
    """Write the truths of a op b, b one number."""
    if b != b:
        out[:] = UNKNOWN
    elif op == GT:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] > b) + np.int8(not a[i] <= b)
    elif op == GE:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] >= b) + np.int8(not a[i] < b)
    elif op == LT:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] < b) + np.int8(not a[i] >= b)
    elif op == LE:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] <= b) + np.int8(not a[i] > b)
    else:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] == b) * np.int8(2) + np.int8(a[i] != a[i])


@loop
def judge(op: int, a: Floats, b: Floats, out: Truths) -> None:
    """Write the truths of a op b; op is GT, GE or EQ."""
    if op == GT:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] > b[i]) + np.int8(not a[i] <= b[i])
    elif op == GE:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] >= b[i]) + np.int8(not a[i] < b[i])
    else:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] == b[i]) * np.int8(2) + np.int8((a[i] != a[i]) | (b[i] != b[i]))


@loop
def lesser(a: Truths, b: Truths) -> None:
    """Take the lesser of two truths into the first: `and`."""
    for i in range(a.shape[0]):
        a[i] = b[i] if b[i] < a[i] else a[i]


@loop
def greater(a: Truths, b: Truths) -> None:
    """Take the greater of two truths into the first: `or`."""
    for i in range(a.shape[0]):
        a[i] = b[i] if b[i] > a[i] else a[i]


@loop
def opposite(a: Truths) -> None:
    """Turn truths round: `not`."""
    for i in range(a.shape[0]):
        a[i] = np.int8(2) - a[i]
