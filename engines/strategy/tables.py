"""Tables for the emitter, and evaluating conditions and operands over whole panels or at points."""

from collections.abc import Sequence

import numpy as np

from engines.strategy import machine, memory
from engines.strategy.emit import Emitter
from engines.strategy.nodes import Condition, Indicator, Operand, Rank, SectorIn
from engines.strategy.program import Floats, Ints, Truths
from engines.strategy.workspace import Workspace


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


def evaluate(
    work: Workspace, conditions: Sequence[Condition], operands: Sequence[tuple[Operand, int]]
) -> tuple[Truths, Floats]:
    """Return the truths (R, T, N) of conditions and values (Q, T, N) of operands, some own bars back, by panel day."""
    shape = (work.days, work.width)
    truths = memory.table((len(conditions), *shape), np.int8)
    numbers = memory.table((len(operands), *shape))
    if not conditions and not operands:
        return truths, numbers
    emitter = Emitter(SymbolTables(work))
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


def own_rows_of(work: Workspace, day: Ints, symbol: Ints) -> Ints:
    """Return the own rows of points (panel day, symbol)."""
    row = work.own.row
    return day if row is None else row[day, symbol]


def evaluate_at(work: Workspace, operands: Sequence[Operand], day: Ints, symbol: Ints) -> Floats:
    """Return operands at points (panel day, symbol), (Q, M)."""
    if not len(day):
        return np.empty((len(operands), 0))
    emitter = Emitter(SymbolTables(work))
    for place, operand in enumerate(operands):
        emitter.number(operand)
        emitter.result(machine.OUT_NUMBER, place)
    source = machine.tables(emitter.arrays, work.days, work.width)
    rows = own_rows_of(work, day, symbol)
    return machine.evaluate_at(emitter.code(), source, rows, symbol, work.width, len(operands))
