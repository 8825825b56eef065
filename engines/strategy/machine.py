"""Evaluating a rule over a whole table: postfix code, run a day at a time with all symbols as one vector.

The code is that of `program` with loads in place of VALUE: `LOAD` reads a table some rows back. Tables are given by
address, so that one compiled function serves any number of them; `Tables` keeps them alive and checks their layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

from engines.strategy.program import (
    ABS,
    ADD,
    AND,
    BETWEEN,
    CONST,
    DIV,
    EQ,
    FALSE,
    GE,
    GT,
    LE,
    LT,
    MIN,
    MUL,
    NOT,
    SUB,
    TRUE,
    UNKNOWN,
    Floats,
    Ints,
    Truths,
)

LOAD: Final = 5  # push row t - back of table arg
OUT_TRUTH: Final = 40  # pop a truth into truths[arg]
OUT_NUMBER: Final = 41  # pop a number into numbers[arg]

# Where a loaded table has its values: a row for each day, one value for each day, one row for all days.
BY_ROW: Final = 0
BY_DAY: Final = 1
BY_COLUMN: Final = 2


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions ``(op, arg, back)`` as an (L, 3) int64 array, with constants and the stack they need."""

    steps: Ints
    constants: Floats
    depth: int


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables a code loads: kept alive here, read by address."""

    arrays: tuple[Floats, ...]
    addresses: Ints
    layouts: Ints


def tables(arrays: Sequence[Floats], days: int, width: int) -> Tables:
    """Check and gather tables: (T, W), (T,) or (W,) float64, told apart by shape; (T, 1) counts as (T,)."""
    layouts = [_layout(array, days, width) for array in arrays]
    addresses = [array.ctypes.data for array in arrays]
    return Tables(tuple(arrays), np.array(addresses, np.int64), np.array(layouts, np.int64))


def _layout(array: Floats, days: int, width: int) -> int:
    if array.dtype != np.float64 or not array.flags.c_contiguous:
        raise ValueError("a table must be C-contiguous float64")
    if array.shape == (days, width):
        return BY_ROW
    if array.shape in {(days,), (days, 1)}:
        return BY_DAY
    if array.shape == (1, width):
        return BY_COLUMN
    raise ValueError(f"a table of shape {array.shape} does not fit {days} days of {width} symbols")


@intrinsic
def _pointer(typing: Any, address: Any) -> Any:
    """Turn an address into a pointer to float64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())

    return types.CPointer(types.float64)(types.int64), generate


_jit = njit(cache=True, nogil=True, error_model="numpy")
_inline = _jit


@_jit
def execute(
    code: Ints,
    constants: Floats,
    addresses: Ints,
    layouts: Ints,
    scratch: Floats,
    scratch_address: int,
    stack: Truths,
    truths: Truths,
    numbers: Floats,
) -> None:
    """Run ``code`` for each day. ``scratch``: (depth, W); ``stack``: (depth, W) int8; results in ``truths`` (R, T, W)
    and ``numbers`` (Q, T, W)."""
    days, width = truths.shape[1], scratch.shape[1]
    depth = scratch.shape[0]
    scalar = np.zeros(depth)  # the value of a number that is one for all symbols
    where = np.zeros(depth, np.int64)  # its row's address, 0 for such a number
    for t in range(days):
        top, held = 0, 0
        for s in range(code.shape[0]):
            op, arg, back = code[s, 0], code[s, 1], code[s, 2]
            if op == CONST:
                scalar[top], where[top] = constants[arg], 0
                top += 1
            elif op == LOAD:
                scalar[top], where[top] = _load(addresses[arg], layouts[arg], t - back, width)
                top += 1
            elif op < GT:
                top = _number_step(op, top, scalar, where, scratch, scratch_address, width)
            elif op < AND:
                top = _judge(op, top, scalar, where, stack[held], stack[held + 1], width)
                held += 1
            elif op == OUT_TRUTH:
                held -= 1
                truths[arg, t, :] = stack[held]
            elif op == OUT_NUMBER:
                top -= 1
                _store(numbers[arg, t], scalar[top], where[top], width)
            else:
                held = _truth_step(op, held, stack)


@_inline
def _load(address: int, layout: int, t: int, width: int) -> tuple[float, int]:
    if layout == BY_COLUMN:
        return 0.0, address
    if t < 0:
        return np.nan, 0
    if layout == BY_DAY:
        return carray(_pointer(address + t * 8), (1,))[0], 0
    return 0.0, address + t * width * 8


@_jit
def _store(out: Floats, value: float, where: int, width: int) -> None:
    if where == 0:
        out[:] = value
    else:
        out[:] = carray(_pointer(where), (width,))


@_jit
def _truth_step(op: int, held: int, stack: Truths) -> int:
    if op == NOT:
        row = stack[held - 1]
        for i in range(row.shape[0]):
            row[i] = np.int8(2) - row[i]
        return held
    if op == AND:
        _lesser(stack[held - 2], stack[held - 1])
    else:
        _greater(stack[held - 2], stack[held - 1])
    return held - 1


@_jit
def _lesser(a: Truths, b: Truths) -> None:
    for i in range(a.shape[0]):
        a[i] = b[i] if b[i] < a[i] else a[i]


@_jit
def _greater(a: Truths, b: Truths) -> None:
    for i in range(a.shape[0]):
        a[i] = b[i] if b[i] > a[i] else a[i]


@_inline
def _calculate(op: int, a: float, b: float) -> float:
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


@_jit
def _number_step(
    op: int, top: int, scalar: Floats, where: Ints, scratch: Floats, scratch_address: int, width: int
) -> int:
    """Apply an arithmetic operation to the stack of numbers and return its new top."""
    at = top - 1 if op == ABS else top - 2
    if where[at] == 0 and (op == ABS or where[top - 1] == 0):
        scalar[at] = abs(scalar[at]) if op == ABS else _calculate(op, scalar[at], scalar[top - 1])
        return at + 1
    out = scratch[at]
    if op == ABS:
        a = carray(_pointer(where[at]), (width,))
        for i in range(width):
            out[i] = abs(a[i])
    elif where[at] == 0:
        _scalar_left(op, scalar[at], carray(_pointer(where[top - 1]), (width,)), out)
    elif where[top - 1] == 0:
        _scalar_right(op, carray(_pointer(where[at]), (width,)), scalar[top - 1], out)
    else:
        _both(op, carray(_pointer(where[at]), (width,)), carray(_pointer(where[top - 1]), (width,)), out)
    where[at] = scratch_address + at * width * 8
    return at + 1


@_jit
def _scalar_left(op: int, a: float, b: Floats, out: Floats) -> None:
    if op == SUB:
        for i in range(out.shape[0]):
            out[i] = a - b[i]
    elif op == DIV:
        for i in range(out.shape[0]):
            out[i] = a / b[i] if b[i] != 0.0 else np.nan
    else:
        _scalar_right(op, b, a, out)  # these do not mind the order


@_jit
def _scalar_right(op: int, a: Floats, b: float, out: Floats) -> None:
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
            out[i] = _calculate(op, a[i], b)


@_jit
def _both(op: int, a: Floats, b: Floats, out: Floats) -> None:
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
            out[i] = _calculate(op, a[i], b[i])


@_jit
def _judge(op: int, top: int, scalar: Floats, where: Ints, out: Truths, spare: Truths, width: int) -> int:
    """Take the operands of a comparison off the stack of numbers, write its truths, return the stack's new top."""
    if op == BETWEEN:
        _compare(GE, top - 3, top - 2, scalar, where, out, width)
        _compare(LE, top - 3, top - 1, scalar, where, spare, width)
        _lesser(out, spare)
        return top - 3
    _compare(op, top - 2, top - 1, scalar, where, out, width)
    return top - 2


@_jit
def _compare(op: int, left: int, right: int, scalar: Floats, where: Ints, out: Truths, width: int) -> None:
    """Write the truths of left op right, each a row or one number."""
    if where[left] == 0 and where[right] == 0:
        out[:] = _one(op, scalar[left], scalar[right])
    elif where[right] == 0:
        _against(op, carray(_pointer(where[left]), (width,)), scalar[right], out)
    elif where[left] == 0:
        mirrored = LT if op == GT else LE if op == GE else GT if op == LT else GE if op == LE else op
        _against(mirrored, carray(_pointer(where[right]), (width,)), scalar[left], out)
    else:
        a, b = carray(_pointer(where[left]), (width,)), carray(_pointer(where[right]), (width,))
        if op in (LT, LE):
            _rows(GT if op == LT else GE, b, a, out)
        else:
            _rows(op, a, b, out)


@_inline
def _one(op: int, a: float, b: float) -> int:
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


@_jit
def _against(op: int, a: Floats, b: float, out: Truths) -> None:
    if b != b:
        out[:] = UNKNOWN
    elif op == GT:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] > b) * np.int8(2) + np.int8(a[i] != a[i])
    elif op == GE:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] >= b) * np.int8(2) + np.int8(a[i] != a[i])
    elif op == LT:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] < b) * np.int8(2) + np.int8(a[i] != a[i])
    elif op == LE:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] <= b) * np.int8(2) + np.int8(a[i] != a[i])
    else:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] == b) * np.int8(2) + np.int8(a[i] != a[i])


@_jit
def _rows(op: int, a: Floats, b: Floats, out: Truths) -> None:
    if op == GT:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] > b[i]) * np.int8(2) + np.int8((a[i] != a[i]) | (b[i] != b[i]))
    elif op == GE:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] >= b[i]) * np.int8(2) + np.int8((a[i] != a[i]) | (b[i] != b[i]))
    else:
        for i in range(out.shape[0]):
            out[i] = np.int8(a[i] == b[i]) * np.int8(2) + np.int8((a[i] != a[i]) | (b[i] != b[i]))


def evaluate(code: Code, source: Tables, width: int, truths: Truths, numbers: Floats) -> None:
    """Run a code over all days of ``width`` symbols into ``truths`` (R, T, W) and ``numbers`` (Q, T, W)."""
    scratch = np.empty((code.depth, width))
    stack = np.empty((code.depth + 1, width), np.int8)
    given = source.addresses, source.layouts
    execute(code.steps, code.constants, *given, scratch, scratch.ctypes.data, stack, truths, numbers)


@_jit
def gather(addresses: Ints, layouts: Ints, loads: Ints, row: Ints, column: Ints, width: int) -> Floats:
    """Return (L, M): for each load (table, back) its values at M points (own row, column)."""
    out = np.empty((loads.shape[0], len(row)))
    for k in range(loads.shape[0]):
        table, back = loads[k, 0], loads[k, 1]
        layout = layouts[table]
        for m in range(len(row)):
            t = row[m] - back
            if layout == BY_COLUMN:
                at = column[m]
            elif layout == BY_DAY:
                at = t
            else:
                at = t * width + column[m]
            if t < 0 and layout != BY_COLUMN:
                out[k, m] = np.nan
            else:
                out[k, m] = carray(_pointer(addresses[table] + at * 8), (1,))[0]
    return out


def evaluate_at(code: Code, source: Tables, row: Ints, column: Ints, width: int, results: int) -> Floats:
    """Run a code that makes ``results`` numbers at M points only and return them, (results, M)."""
    places: dict[tuple[int, int], int] = {}
    local_steps = [
        (op, places.setdefault((arg, back), len(places)), 0) if op == LOAD else (op, arg, back)
        for op, arg, back in code.steps.tolist()
    ]
    loads = np.array(list(places), np.int64).reshape(-1, 2)
    gathered = gather(source.addresses, source.layouts, loads, row, column, width)
    numbers = np.empty((results, 1, len(row)))
    points = tables([line.reshape(1, -1) for line in gathered], 1, len(row))
    local = Code(np.array(local_steps, np.int64), code.constants, code.depth)
    evaluate(local, points, len(row), np.empty((0, 1, len(row)), np.int8), numbers)
    return numbers[:, 0]
