"""Evaluating a rule over a whole table: postfix code, run some days at a time with all their symbols as one vector.

The code is that of `program` with loads in place of VALUE: `LOAD` reads a table some rows back. Tables are given by
address, so that one compiled function serves any number of them; `Tables` keeps them alive and checks their layout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from engines.compiling import loop, step
from engines.strategy import vectors
from engines.strategy.program import ABS, AND, BETWEEN, CONST, DIV, GE, GT, LE, LT, NOT, SUB, Floats, Ints, Truths

LOAD: Final = 5  # push row t - back of table arg
OUT_TRUTH: Final = 40  # pop a truth into truths[arg]
OUT_NUMBER: Final = 41  # pop a number into numbers[arg]

# Where a loaded table has its values: a row for each day, one value for each day, one row for all days.
BY_ROW: Final = 0
BY_DAY: Final = 1
BY_COLUMN: Final = 2

#: Values of one operand worked on at once: a few such vectors stay in the processor's first cache.
BLOCK: Final = 1024


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
    addresses = [array.__array_interface__["data"][0] for array in arrays]
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
def _values(typing: Any, address: Any, count: Any) -> Any:
    """Return the ``count`` float64 values at an address as an array, which does not own them."""
    kind = types.Array(types.float64, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(kind)(context, builder)
        size = context.get_constant(types.intp, 8)
        where = builder.inttoptr(arguments[0], array.data.type)
        populate_array(array, data=where, shape=[arguments[1]], strides=[size], itemsize=size, meminfo=None)
        return array._getvalue()

    return kind(types.int64, types.int64), generate


@step
def _load(
    address: int, layout: int, first: int, count: int, width: int, out: Floats, out_address: int
) -> tuple[float, int]:
    """Return one number for all values of the rows from ``first`` on, or the address where they stand in a row."""
    if layout == BY_ROW and first >= 0:
        return 0.0, address + first * width * 8
    if count == 1 and layout == BY_COLUMN:
        return 0.0, address
    if count == 1 and (first < 0 or layout == BY_DAY):
        return (np.nan if first < 0 else _values(address + first * 8, 1)[0]), 0
    _lay_out(address, layout, first, count, width, out)
    return 0.0, out_address


@loop
def _lay_out(address: int, layout: int, first: int, count: int, width: int, out: Floats) -> None:
    """Write the values of rows that do not stand in memory as they are needed."""
    for k in range(count):
        row, t = out[k * width : (k + 1) * width], first + k
        if layout == BY_COLUMN:
            vectors.copy(_values(address, width), row)
        elif t < 0:
            row[:] = np.nan
        elif layout == BY_DAY:
            row[:] = _values(address + t * 8, 1)[0]
        else:
            vectors.copy(_values(address + t * width * 8, width), row)


@step
def _store(out: Floats, value: float, where: int) -> None:
    if where == 0:
        out[:] = value
    else:
        vectors.copy(_values(where, out.shape[0]), out)


@step
def _truth_step(op: int, held: int, stack: Truths, size: int) -> int:
    if op == NOT:
        vectors.opposite(stack[held - 1, :size])
        return held
    if op == AND:
        vectors.lesser(stack[held - 2, :size], stack[held - 1, :size])
    else:
        vectors.greater(stack[held - 2, :size], stack[held - 1, :size])
    return held - 1


@step
def _number_step(
    op: int, top: int, scalar: Floats, where: Ints, scratch: Floats, scratch_address: int, size: int
) -> int:
    """Apply an arithmetic operation to the stack of numbers and return its new top."""
    at = top - 1 if op == ABS else top - 2
    if where[at] == 0 and (op == ABS or where[top - 1] == 0):
        scalar[at] = abs(scalar[at]) if op == ABS else vectors.calculate(op, scalar[at], scalar[top - 1])
        return at + 1
    out = scratch[at, :size]
    if op == ABS:
        vectors.absolute(_values(where[at], size), out)
    elif where[at] == 0 and op in (SUB, DIV):
        vectors.scalar_left(op, scalar[at], _values(where[top - 1], size), out)
    elif where[at] == 0:
        vectors.scalar_right(op, _values(where[top - 1], size), scalar[at], out)
    elif where[top - 1] == 0:
        vectors.scalar_right(op, _values(where[at], size), scalar[top - 1], out)
    else:
        vectors.both(op, _values(where[at], size), _values(where[top - 1], size), out)
    where[at] = scratch_address + at * scratch.shape[1] * 8
    return at + 1


@step
def _judge(op: int, top: int, scalar: Floats, where: Ints, out: Truths, spare: Truths) -> int:
    """Take the operands of a comparison off the stack of numbers, write its truths, return the stack's new top."""
    if op == BETWEEN:
        _compare(GE, top - 3, top - 2, scalar, where, out)
        _compare(LE, top - 3, top - 1, scalar, where, spare)
        vectors.lesser(out, spare)
        return top - 3
    _compare(op, top - 2, top - 1, scalar, where, out)
    return top - 2


@loop
def _compare(op: int, left: int, right: int, scalar: Floats, where: Ints, out: Truths) -> None:
    """Write the truths of left op right, each a row or one number."""
    size = out.shape[0]
    if where[left] == 0 and where[right] == 0:
        out[:] = vectors.judge_one(op, scalar[left], scalar[right])
    elif where[right] == 0:
        vectors.judge_against(op, _values(where[left], size), scalar[right], out)
    elif where[left] == 0:
        mirrored = LT if op == GT else LE if op == GE else GT if op == LT else GE if op == LE else op
        vectors.judge_against(mirrored, _values(where[right], size), scalar[left], out)
    else:
        a, b = _values(where[left], size), _values(where[right], size)
        if op in (LT, LE):
            vectors.judge(GT if op == LT else GE, b, a, out)
        else:
            vectors.judge(op, a, b, out)


@loop
def execute(
    code: Ints, constants: Floats, addresses: Ints, layouts: Ints, width: int, scalar: Floats, where: Ints,
    scratch: Floats, scratch_address: int, stack: Truths, truths: Truths, numbers: Floats,
) -> None:  # fmt: skip
    """Run ``code`` for a block of days at a time.

    ``scratch``: (depth, B·W) and ``stack``: (depth, B·W) int8 for blocks of B days; ``scalar``, ``where``: (depth,),
    of each number on the stack its value if it is one for all, else where its values stand (0 for such a number).
    Results go to ``truths`` (R, T·W) and ``numbers`` (Q, T·W).
    """
    total, most = max(truths.shape[1], numbers.shape[1]), scratch.shape[1]
    for begin in range(0, total, most):
        size = min(most, total - begin)
        top, held = 0, 0
        for s in range(code.shape[0]):
            op, arg, back = code[s, 0], code[s, 1], code[s, 2]
            if op == CONST:
                scalar[top], where[top] = constants[arg], 0
                top += 1
            elif op == LOAD:
                own = scratch_address + top * most * 8
                scalar[top], where[top] = _load(
                    addresses[arg], layouts[arg], begin // width - back, size // width, width, scratch[top], own
                )
                top += 1
            elif op < GT:
                top = _number_step(op, top, scalar, where, scratch, scratch_address, size)
            elif op < AND:
                top = _judge(op, top, scalar, where, stack[held, :size], stack[held + 1, :size])
                held += 1
            elif op == OUT_TRUTH:
                held -= 1
                vectors.copy(stack[held, :size], truths[arg, begin : begin + size])
            elif op == OUT_NUMBER:
                top -= 1
                _store(numbers[arg, begin : begin + size], scalar[top], where[top])
            else:
                held = _truth_step(op, held, stack, size)


def evaluate(code: Code, source: Tables, width: int, truths: Truths, numbers: Floats) -> None:
    """Run a code over all days of ``width`` symbols into ``truths`` (R, T, W) and ``numbers`` (Q, T, W)."""
    if not width or not (truths.shape[1] and numbers.shape[1]):
        return
    block = max(1, min(BLOCK // width, truths.shape[1])) * width
    scratch, stack = np.empty((code.depth, block)), np.empty((code.depth + 1, block), np.int8)
    execute(
        code.steps,
        code.constants,
        source.addresses,
        source.layouts,
        width,
        np.empty(code.depth),
        np.empty(code.depth, np.int64),
        scratch,
        scratch.__array_interface__["data"][0],
        stack,
        truths.reshape(len(truths), truths.shape[1] * width),
        numbers.reshape(len(numbers), numbers.shape[1] * width),
    )


@loop
def gather(addresses: Ints, layouts: Ints, loads: Ints, row: Ints, column: Ints, width: int, out: Floats) -> None:
    """Write to (L, M): for each load (table, back) its values at M points (own row, column)."""
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
                out[k, m] = _values(addresses[table] + at * 8, 1)[0]


def evaluate_at(code: Code, source: Tables, row: Ints, column: Ints, width: int, results: int) -> Floats:
    """Run a code that makes ``results`` numbers at M points only and return them, (results, M)."""
    places: dict[tuple[int, int], int] = {}
    local_steps = [
        (op, places.setdefault((arg, back), len(places)), 0) if op == LOAD else (op, arg, back)
        for op, arg, back in code.steps.tolist()
    ]
    loads = np.array(list(places), np.int64).reshape(-1, 2)
    gathered = np.empty((len(loads), len(row)))
    gather(source.addresses, source.layouts, loads, row, column, width, gathered)
    numbers = np.empty((results, 1, len(row)))
    points = tables([line.reshape(1, -1) for line in gathered], 1, len(row))
    local = Code(np.array(local_steps, np.int64), code.constants, code.depth)
    evaluate(local, points, len(row), np.empty((0, 1, len(row)), np.int8), numbers)
    return numbers[:, 0]
