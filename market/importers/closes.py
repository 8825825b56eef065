"""Read files that give closes without open, high and low, and counts of an index's shares beside them.

Known: ``symbol, date, close`` (or one symbol, named by the caller), and one column an index (``nifty_50``,
``nifty500_close``). A column ``stocks_above_200sma`` counts shares of the file's one index; every further column then
is the same count in an industry. No bar is made of a close: they are kept as what they are.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from market.adapters.base import Floats, Ints
from market.importers import columns
from market.importers.bars import Marks
from market.importers.columns import DAY_S, NO_TIME
from market.importers.index_names import known_index
from market.importers.judgement import DayStatus, ListedDays
from market.importers.layouts import SYMBOL_NAMES, SYMBOL_TEXT, TIME_NAMES
from market.importers.reasons import CODES, Reason
from market.importers.tables import FileTable, UnreadableFile, normalised

CLOSE: Final = "close"
ABOVE_SMA_200: Final = "above_sma_200"
_COUNT_COLUMN: Final = "stocks_above_200sma"
_BAR_COLUMNS: Final = frozenset({"open", "high", "low"})
WEEK_DAYS: Final = 7
#: So many counts must all be those of the day before, before they are called a copy of it.
MIN_COUNTS: Final = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One series of a file: the name of its instrument there, what is measured, and of which industry."""

    name: str
    measure: str
    industry: str = ""


@dataclass(slots=True)
class FileCloses:
    """Values of a file, one after the other. Value i is of ``figures[figure[i]]`` and stands in row ``row[i]``.

    ``day``: days since 1970-01-01. ``mark``: code of the first fault found (`reasons.CODES`). ``gap_days``: the usual
    distance of one figure's values.
    """

    figures: list[Figure]
    figure: Ints
    row: Ints
    day: Ints
    value: Floats
    mark: Marks
    gap_days: int = 1
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.day)

    def refuse(self, values: np.ndarray, code: int) -> None:
        """Mark ``values`` that have no fault yet."""
        self.mark[values & (self.mark == 0)] = code


def has_only_closes(table: FileTable) -> bool:
    """Tell whether a file is of this kind: a date, a close or columns named after indices, and no open, high or low."""
    has = table.columns.keys()
    if _BAR_COLUMNS & has or not any(name in has for name in TIME_NAMES):
        return False
    return "close" in has or any(_index_of(name) for name in table.header)


def read_closes(table: FileTable, *, symbol: str = "") -> FileCloses:
    """Read the values of ``table``. Raises UnreadableFile where it does not say of what they are."""
    time = next(name for name in TIME_NAMES if name in table.columns)
    wall = columns.instants(table.columns[time])
    readable = wall != NO_TIME
    day = np.where(readable, wall // DAY_S, 0)
    closes = _long(table, symbol, day) if "close" in table.columns else _wide(table, time, day)
    closes.refuse(~readable[closes.row] | np.isnan(closes.value), CODES[Reason.UNPARSABLE])
    unnamed = np.array([not SYMBOL_TEXT.fullmatch(figure.name) for figure in closes.figures], bool)
    closes.refuse(unnamed[closes.figure], CODES[Reason.UNKNOWN_SYMBOL])
    closes.gap_days = _usual_gap(closes)
    return closes


def _long(table: FileTable, symbol: str, day: Ints) -> FileCloses:
    """One close a row."""
    named = next((name for name in SYMBOL_NAMES if name in table.columns), None)
    if not symbol and named is None:
        raise UnreadableFile(f"{table.file}: there is no column 'symbol'; say --symbol")
    if symbol:
        figure, names = np.zeros(table.rows, np.int64), [symbol.strip().upper()]
    else:
        figure, names = columns.texts(table.columns[str(named)])
    values, _ = columns.floats(table.columns["close"])
    figures = [Figure(name, CLOSE) for name in names]
    return FileCloses(figures, figure, np.arange(table.rows), day, values, np.zeros(table.rows, np.uint8))


def _wide(table: FileTable, time: str, day: Ints) -> FileCloses:
    """One column a figure."""
    figures, found, notes = _figures(table, time)
    blocks = [columns.floats(table.columns[name])[0] for name in found]
    size = table.rows * len(found)
    return FileCloses(
        figures, np.repeat(np.arange(len(found)), table.rows), np.tile(np.arange(table.rows), len(found)),
        np.tile(day, len(found)), np.concatenate(blocks), np.zeros(size, np.uint8), notes=notes,
    )  # fmt: skip


def _figures(table: FileTable, time: str) -> tuple[list[Figure], list[str], list[str]]:
    """Return the figures of the columns, the columns' own names, and what there is to say of them."""
    titles = dict(zip(table.columns, _titles(table), strict=True))
    indices = {name: index for name in table.columns if name != time and (index := _index_of(name))}
    figures = [Figure(index, CLOSE) for index in indices.values()]
    found, rest = list(indices), [name for name in table.columns if name != time and name not in indices]
    if _COUNT_COLUMN not in rest:
        notes = [f"column '{titles[name]}' is of no index we know and was left out" for name in rest]
        return figures, found, notes
    if len(indices) != 1:
        raise UnreadableFile(f"{table.file}: '{_COUNT_COLUMN}' counts shares of one index, but it names {len(indices)}")
    (index,) = indices.values()
    for name in rest:
        industry = "" if name == _COUNT_COLUMN else titles[name]
        figures.append(Figure(index, ABOVE_SMA_200, industry))
        found.append(name)
    note = f"{len(rest)} columns are no prices: kept as counts of the shares of {index} above their average of 200 days"
    return figures, found, [note]


def _titles(table: FileTable) -> list[str]:
    """Return the columns' titles as the file writes them; of two with one name the first counts."""
    first: dict[str, str] = {}
    for title in table.header:
        first.setdefault(normalised(title), title)
    return [first[name] for name in table.columns]


def _index_of(column: str) -> str:
    """Return the symbol of the index a column is named after, '' if it is none."""
    words = column.strip().lower().removesuffix("_close").removesuffix(" close")
    index = known_index(words.replace("_", " "))
    return index[1] if index else ""


def _usual_gap(closes: FileCloses) -> int:
    good = np.flatnonzero(closes.mark == 0)
    order = good[np.lexsort((closes.day[good], closes.figure[good]))]
    gaps = np.diff(closes.day[order])[np.diff(closes.figure[order]) == 0]
    gaps = gaps[gaps > 0]
    return int(np.median(gaps)) if len(gaps) else 1


def judge_closes(closes: FileCloses, listed: ListedDays, *, today: int) -> None:
    """Mark impossible values, repetitions of a date, and what is no observation of its day.

    A close of a day on which the exchange was closed is none. A close that is that of the day before to the last
    digit, while the counts beside it moved, was filled in; counts that are all those of the day before were copied. A
    day whose every count is zero was not counted.
    """
    is_close = np.array([figure.measure == CLOSE for figure in closes.figures], bool)[closes.figure]
    with np.errstate(invalid="ignore"):
        closes.refuse(is_close & (closes.value <= 0), CODES[Reason.ZERO_PRICE])
        closes.refuse(~is_close & (closes.value < 0), CODES[Reason.NEGATIVE_VOLUME])
    closes.refuse(closes.day > today, CODES[Reason.FUTURE_DATE])
    good = np.flatnonzero(closes.mark == 0)
    order = good[np.lexsort((closes.row[good], closes.day[good], closes.figure[good]))]
    same_figure = np.diff(closes.figure[order]) == 0
    twice = same_figure & (np.diff(closes.day[order]) == 0)
    closes.mark[order[1:][twice]] = CODES[Reason.DUPLICATE_ROW]
    if closes.gap_days >= WEEK_DAYS:
        return  # a week's value carries the week's date, session or not
    order = order[closes.mark[order] == 0]
    repeats = np.zeros(len(closes), bool)
    steps = np.diff(closes.figure[order]) == 0
    repeats[order[1:]] = steps & (np.diff(closes.value[order]) == 0)
    _refuse_uncounted(closes, is_close)
    status = _statuses(closes, listed)
    closes.refuse((status == DayStatus.CLOSED) & repeats, CODES[Reason.HOLIDAY_COPY])
    closes.refuse(status == DayStatus.CLOSED, CODES[Reason.UNLISTED_DAY])
    _refuse_repeated(closes, repeats, is_close, status)


def _statuses(closes: FileCloses, listed: ListedDays) -> np.ndarray:
    days, position = np.unique(closes.day, return_inverse=True)
    return np.array([listed.status(int(day)) for day in days])[position]


def _refuse_repeated(closes: FileCloses, repeats: np.ndarray, is_close: np.ndarray, status: np.ndarray) -> None:
    """Let the counts of a row witness for its close, and the other way round.

    One count may well be that of the day before; several all at once are not, and neither is a close when shares moved.
    """
    rows = int(closes.row.max(initial=-1)) + 1

    def of_row(values: np.ndarray, least: int = 1) -> np.ndarray:
        return (np.bincount(closes.row, weights=values, minlength=rows) >= least)[closes.row]

    frozen = of_row(~is_close, MIN_COUNTS) & ~of_row(~is_close & ~repeats)
    everything = frozen & ~of_row(is_close & ~repeats) & (status == DayStatus.UNKNOWN)
    closes.refuse(everything, CODES[Reason.HOLIDAY_COPY])
    closes.refuse(is_close & repeats & (frozen | of_row(~is_close & ~repeats)), CODES[Reason.FILLED_CLOSE])
    closes.refuse(~is_close & frozen, CODES[Reason.COPIED_COUNTS])


def _refuse_uncounted(closes: FileCloses, is_close: np.ndarray) -> None:
    rows = int(closes.row.max(initial=-1)) + 1
    counted = np.bincount(closes.row, weights=~is_close, minlength=rows) > 0
    some = np.bincount(closes.row, weights=np.where(is_close, 0, np.nan_to_num(closes.value)), minlength=rows) > 0
    closes.refuse(~is_close & (counted & ~some)[closes.row], CODES[Reason.NOT_COUNTED])
