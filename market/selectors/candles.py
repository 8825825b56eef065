"""Read stored bars as columns: packed by PostgreSQL or by sqlite3's own cursor, never rows of the ORM."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connection

from market.adapters.base import Bars, Floats, Ints
from market.models import Candle, CandleSeries

NO_START: Final = -(2**62)
NO_END: Final = 2**62

#: The fields of a stored bar in the order of the table's columns, as PostgreSQL's binary formats write them.
BAR_FIELDS: Final = (
    ("series", ">i8"), ("ts", ">i8"), ("open", ">f8"), ("high", ">f8"), ("low", ">f8"), ("close", ">f8"),
    ("volume", ">i8"), ("oi", ">i8"),
)  # fmt: skip
_PACKED_ROW: Final = np.dtype([field for field in BAR_FIELDS if field[0] != "series"])
_PACKED: Final = " || ".join(
    f"{'int8send' if kind == '>i8' else 'float8send'}({f'coalesce({name}, -1)' if name in ('volume', 'oi') else name})"
    for name, kind in BAR_FIELDS
    if name != "series"
)
_COLUMNS: Final = "series_id, ts, open, high, low, close, coalesce(volume, -1), coalesce(oi, -1)"
#: Rows come as Python's numbers, 300 bytes each, before they are packed: few at a time.
_SERIES_A_QUERY: Final = 8


@dataclass(frozen=True, slots=True)
class StoredColumns:
    """Bars of several series, ascending by (series, ts). Meaning of the columns as in `market.adapters.base.Bars`."""

    series: Ints
    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    oi: Ints

    def __len__(self) -> int:
        return len(self.ts)


def series_of(instrument_id: int, *, interval: str | None = None) -> list[CandleSeries]:
    """Return the series of an instrument that hold bars."""
    found = CandleSeries.objects.filter(instrument_id=instrument_id, bars__gt=0)
    return list(found.filter(interval=interval) if interval else found)


def count_bars(series_id: int, start_ts: int, end_ts: int) -> int:
    """Return how many bars of a series begin in [start_ts, end_ts]; the primary key alone answers it."""
    return Candle.objects.filter(series_id=series_id, ts__gte=start_ts, ts__lte=end_ts).count()


def read_columns(
    series_ids: Sequence[int] | Ints, start_ts: int = NO_START, end_ts: int = NO_END, *, with_oi: bool = True
) -> StoredColumns:
    """Return the bars of ``series_ids`` that begin in [start_ts, end_ts] (seconds since 1970-01-01 UTC).

    Without ``with_oi`` the open interest is not read and is -1.
    """
    ids = sorted({int(one) for one in series_ids})
    if not ids:
        return _columns({name: np.empty(0, kind.replace(">", "=")) for name, kind in BAR_FIELDS})
    if connection.vendor == "postgresql":
        return _columns(_packed(ids, start_ts, end_ts))
    return _columns(_fetch(ids, start_ts, end_ts, with_oi))


def read_series(series_id: int, start_ts: int = NO_START, end_ts: int = NO_END) -> Bars:
    """Return one series' bars that begin in [start_ts, end_ts]."""
    found = read_columns([series_id], start_ts, end_ts)
    return Bars(found.ts, found.open, found.high, found.low, found.close, found.volume, found.oi)


def _columns(values: dict[str, npt.NDArray[Any]]) -> StoredColumns:
    """Sort by series and time unless the rows came that way."""
    series, ts = values["series"], values["ts"]
    if len(ts) > 1:
        steps = np.diff(series)
        if (steps < 0).any() or (np.diff(ts)[steps == 0] < 0).any():
            order = np.lexsort((ts, series))
            values = {name: column[order] for name, column in values.items()}
    return StoredColumns(**{name: values[name] for name, _ in BAR_FIELDS})


def _packed(ids: list[int], start_ts: int, end_ts: int) -> dict[str, npt.NDArray[Any]]:
    """Let the server pack each series into one byte string.

    A row of its own for every bar, even in binary COPY, costs four times as much: psycopg handles it in Python.
    """
    import psycopg

    connection.ensure_connection()
    sql = (
        f"SELECT series_id, string_agg({_PACKED}, ''::bytea) FROM market_candle"  # noqa: S608
        " WHERE series_id = ANY(%s) AND ts BETWEEN %s AND %s GROUP BY series_id"
    )
    with psycopg.Cursor(connection.connection) as cursor:
        packed = cursor.execute(sql, (ids, start_ts, end_ts), binary=True).fetchall()
    tables = [np.frombuffer(data, _PACKED_ROW) for _, data in packed]
    series = np.repeat(np.array([one for one, _ in packed], np.int64), [len(table) for table in tables])
    table = np.concatenate(tables) if tables else np.empty(0, _PACKED_ROW)
    return {"series": series} | {name: table[name].astype(kind.replace(">", "=")) for name, kind in BAR_FIELDS[1:]}


def _fetch(ids: list[int], start_ts: int, end_ts: int, with_oi: bool) -> dict[str, npt.NDArray[Any]]:
    """Read with the sqlite3 module itself: Django's cursor would convert each value.

    Whole numbers up to 2**53 survive the passage through float64; epoch seconds and volumes are far below.
    """
    connection.ensure_connection()
    chosen = _COLUMNS if with_oi else _COLUMNS.removesuffix(", coalesce(oi, -1)")
    blocks = []
    for at in range(0, len(ids), _SERIES_A_QUERY):
        some = ids[at : at + _SERIES_A_QUERY]
        sql = (
            f"SELECT {chosen} FROM market_candle WHERE series_id IN ({','.join('?' * len(some))})"  # noqa: S608
            " AND ts BETWEEN ? AND ?"
        )
        rows = connection.connection.cursor().execute(sql, (*some, start_ts, end_ts)).fetchall()
        blocks.append(np.array(rows, np.float64).reshape(len(rows), 8 if with_oi else 7))
    count = sum(map(len, blocks))
    found = {}
    # Column by column: a whole table beside the blocks would be as large again.
    for at, (name, kind) in enumerate(BAR_FIELDS):
        column = np.full(count, -1, kind.replace(">", "="))
        if at < 7 or with_oi:
            np.concatenate([block[:, at] for block in blocks], out=column, casting="unsafe")
        found[name] = column
    return found
