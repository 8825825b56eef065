"""Files of market data that a replay does not use: what kind each is, of which days, and why it is left out.

A kind is told by a file's columns. Nothing here is read by a replay or by a live signal.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

_DATES: Final = ("trade_date", "TradDt", "ts", "datetime", "timestamp", "date", "DATE1", "Date")
_SUFFIXES: Final = (".parquet", ".csv", ".csv.gz", ".json.gz", ".json")
_IN_NAME: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
VIX: Final = "INDIA VIX"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. ``of_options``: whether it has prices of options, so that its days could have mattered."""

    title: str
    why: str
    of_options: bool = False


END_OF_DAY: Final = Kind(
    "Options and futures, end of day",
    "one open, high, low, close and settlement a contract and day: a signal lives 45 minutes at most, so that neither "
    "its entry nor which came first, stop or target, can be seen; the open interest of the close is known after it",
    of_options=True,
)
SNAPSHOTS: Final = Kind(
    "Option chains, single moments",
    "one moment of a day, mostly the close: no second price of the same option to leave at",
    of_options=True,
)
ROLLING: Final = Kind(
    "The option at the money, rolling",
    "neither strike nor expiry is given and the contract changes with the index, so that two bars need not be of one "
    "option; five minutes hide which came first, stop or target",
    of_options=True,
)
CONTRACTS: Final = Kind(
    "Bars of option contracts within the day",
    "they could price the options of signals on their days; the replay does not read them yet",
    of_options=True,
)
LAYOUTS: Final = Kind("Samples of vendors' layouts", "some rows that show a layout, no history")
VIX_CLOSES: Final = Kind(
    "India VIX, closes",
    "its jump needs the VIX of the minute, its rank the daily closes of a year before the day",
)
COUNTS: Final = Kind(
    "Counts of shares above an average, daily",
    "the engine's breadth is how many members stand above their previous close at the minute",
)
SHARES: Final = Kind(
    "Shares, daily",
    "the engine's breadth needs the members at the minute; a day's bar is known after its signals",
)
BARS: Final = Kind("Bars that were not imported", "not in the database when the replay was made")


@dataclass(frozen=True, slots=True)
class Beside:
    """Files of a kind. ``signals``: how many of the replay's signals fired on a day of which they hold something."""

    kind: Kind
    files: tuple[str, ...]
    rows: int
    days: frozenset[date]
    signals: int


def beside(folders: Iterable[Path], *, used: Collection[str], fired: Collection[date]) -> list[Beside]:
    """Return what is in these folders and was not replayed, by kind in the order of names.

    ``used``: names of imported series, which are named after their files; ``fired``: the trade date of each signal.
    Files that are no tables of prices or counts are left out.
    """
    found: dict[Kind, list[tuple[str, int, frozenset[date]]]] = {}
    for folder in folders:
        for path in sorted(one for one in folder.rglob("*") if one.is_file() and one.name.endswith(_SUFFIXES)):
            for kind, rows, days in _parts(path, used):
                name = f"{folder.name}/{path.relative_to(folder)}"
                found.setdefault(kind, []).append((name, rows, days))
    return [_together(kind, parts, fired) for kind, parts in found.items()]


def _together(kind: Kind, parts: list[tuple[str, int, frozenset[date]]], fired: Collection[date]) -> Beside:
    days = frozenset[date]().union(*(one for _, _, one in parts))
    names, rows = tuple(name for name, _, _ in parts), sum(rows for _, rows, _ in parts)
    return Beside(kind, names, rows, days, sum(day in days for day in fired))


def _parts(path: Path, used: Collection[str]) -> list[tuple[Kind, int, frozenset[date]]]:
    """Return the kinds of what a file holds: one, of a file with the VIX beside indices two, of any other none."""
    if path.name.removesuffix(".gz").endswith(".json"):
        named = _IN_NAME.search(path.name)
        return [(SNAPSHOTS, 1, frozenset({date.fromisoformat(named.group())}))] if named else []
    table = _read(path)
    kind = _kind(path, {name.lower() for name in table.column_names})
    stem = path.name.split(".")[0]
    if kind is SNAPSHOTS and (named := _IN_NAME.search(path.name)):
        return [(kind, table.num_rows, frozenset({date.fromisoformat(named.group())}))]
    found = [] if kind is None or stem in used else [(kind, table.num_rows, _days(table))]
    if kind in (SHARES, BARS) and "symbol" in table.column_names:
        rows = table.filter(pc.equal(table["symbol"], VIX))
        found += [(VIX_CLOSES, rows.num_rows, _days(rows))] if rows.num_rows else []
    return found


def _read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path)
    return pyarrow.csv.read_csv(path)


def _kind(path: Path, columns: set[str]) -> Kind | None:
    contract, timed = {"expiry", "strike"} <= columns, bool({"ts", "datetime", "timestamp"} & columns)
    rules: tuple[tuple[Any, Kind], ...] = (
        ({"traddt", "xprydt"} <= columns or (contract and "trade_date" in columns), END_OF_DAY),
        ("ce_ltp" in columns, SNAPSHOTS),
        ("layout" in path.parent.name and timed, LAYOUTS),
        (contract and timed, CONTRACTS),
        ("option_type" in columns and timed, ROLLING),
        ("india_vix" in columns, VIX_CLOSES),
        (any(name.startswith("stocks_above") for name in columns), COUNTS),
        ("close" in columns and timed, BARS),
        ("close" in columns and "date" in columns, SHARES),
    )
    return next((kind for holds, kind in rules if holds), None)


def _days(table: pa.Table) -> frozenset[date]:
    column = next(table[name] for name in _DATES if name in table.column_names)
    if not pa.types.is_string(column.type):
        return frozenset(_day(value) for value in pc.unique(column.cast(pa.date32(), safe=False)).to_pylist())
    return frozenset(date.fromisoformat(text[:10]) for text in pc.unique(column).to_pylist())


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
