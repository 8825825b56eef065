"""The tables a code reads, and evaluating conditions and operands over whole panels or at points."""

from collections.abc import Callable

import numpy as np

from engines.strategy import machine, memory
from engines.strategy.emit import Emission, emission
from engines.strategy.nodes import Indicator, Operand, Random, Rank, SectorIn
from engines.strategy.program import Floats, Ints, Truths
from engines.strategy.workspace import Workspace

Tables = Callable[[Operand | SectorIn], Floats]


class SymbolTables:
    """Tables at the symbols' own bars."""

    def __init__(self, work: Workspace) -> None:
        self.work = work

    def __call__(self, need: Operand | SectorIn) -> Floats:
        """Return the table of what a code reads."""
        if isinstance(need, Indicator):
            return self.work.placed(need)
        if isinstance(need, Rank):
            return self.work.find(need, lambda: self._rank(need))
        if isinstance(need, Random):
            return self.work.random()
        if isinstance(need, SectorIn):
            return self._sectors(need)
        raise TypeError(f"{type(need).__name__} has no table")

    def _rank(self, node: Rank) -> Floats:
        work = self.work
        if node.among == "sectors":
            width = work.owner("sector").rows.shape[1]
            return work.ranked_sectors(number_table(SectorTables(work), node.of, work.days, width))
        values = number_table(self, node.of, work.days, work.width)
        return work.ranked(node, work.own.restore(values))

    def _sectors(self, node: SectorIn) -> Floats:
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

    def __call__(self, need: Operand | SectorIn) -> Floats:
        """Return the table of what a code reads: sectors have indicators, no ranks, draws or sectors of their own."""
        if not isinstance(need, Indicator):
            raise TypeError(f"sectors have no {type(need).__name__}")
        of = need.of if need.of not in {"self", "sector"} else "sector"
        return self.work.on_panel(Indicator(need.name, need.params, need.on, need.lag, of))


def number_table(source: Tables, node: Operand, count: int, width: int) -> Floats:
    """Return an operand's values over a whole table."""
    made = emission((), [(node, 0)], reads_back=isinstance(source, SymbolTables))
    numbers = memory.table((1, count, width))
    given = machine.tables([source(need) for need in made.needs], count, width)
    machine.evaluate(made.code, given, width, np.empty((0, count, width), np.int8), numbers)
    return numbers[0]


def evaluate(work: Workspace, made: Emission, conditions: int, operands: int) -> tuple[Truths, Floats]:
    """Return the truths (R, T, N) and values (Q, T, N) a code makes, by panel day."""
    shape = (work.days, work.width)
    truths = memory.table((conditions, *shape), np.int8)
    numbers = memory.table((operands, *shape))
    if not conditions and not operands:
        return truths, numbers
    source = SymbolTables(work)
    given = machine.tables([source(need) for need in made.needs], *shape)
    machine.evaluate(made.code, given, work.width, truths, numbers)
    if work.own.row is not None:
        truths = np.stack([work.own.restore_truths(t) for t in truths]) if len(truths) else truths
        numbers = np.stack([work.own.restore(q) for q in numbers]) if len(numbers) else numbers
    return truths, numbers


def own_rows_of(work: Workspace, day: Ints, symbol: Ints) -> Ints:
    """Return the own rows of points (panel day, symbol)."""
    row = work.own.row
    return day if row is None else row[day, symbol]


def evaluate_at(work: Workspace, made: Emission, day: Ints, symbol: Ints, operands: int) -> Floats:
    """Return the values a code makes at points (panel day, symbol), (Q, M)."""
    if not len(day):
        return np.empty((operands, 0))
    source = SymbolTables(work)
    given = machine.tables([source(need) for need in made.needs], work.days, work.width)
    return machine.evaluate_at(made.code, given, own_rows_of(work, day, symbol), symbol, work.width, operands)
