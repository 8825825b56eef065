"""Write bars fast and in small consistent steps.

Every step is one transaction: bars, the counters of their series and the data version together, so that a run that
dies leaves whole steps behind and can simply be started again. On SQLite a step is kept so small that its write lock
stays below `LOCK_TARGET_S` by a wide margin, and grows or shrinks with what the last one took.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.db import connection, transaction

from core import clock, versions
from market.adapters.base import Floats, Ints
from market.constants import VERSION_CANDLES
from market.selectors.candles import BAR_FIELDS

#: Aim for the time a step holds SQLite's write lock. After each step the lock is left alone as long as it was held:
#: who waits for it only looks now and then, and would find it taken again and again. So nobody waits 0.2 s.
LOCK_TARGET_S: Final = 0.02
SQLITE_FIRST_STEP: Final = 2_000
SQLITE_STEPS: Final = (250, 8_000)
POSTGRES_STEP: Final = 50_000
_NULL_LENGTH: Final = -1
_COPY_HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER: Final = b"\xff\xff"
_COLUMNS: Final = "series_id, ts, open, high, low, close, volume, oi"
_ADVISORY_KEY: Final = 0x63616E646C65


@dataclass(frozen=True, slots=True)
class BarRows:
    """Bars to be written, ascending by (series, ts). ``is_new``: not stored yet (else they replace a stored bar)."""

    series: Ints
    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    oi: Ints
    is_new: np.ndarray

    def __len__(self) -> int:
        return len(self.ts)

    def part(self, rows: Any) -> "BarRows":
        """Return some of the rows."""
        return BarRows(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(slots=True)
class WriteReport:
    """What a write did. ``longest_lock_s`` is the longest single transaction."""

    rows: int = 0
    steps: int = 0
    longest_lock_s: float = 0.0


@contextmanager
def one_import_at_a_time(state_dir: Path) -> Iterator[None]:
    """Wait until no other import writes bars: on this machine by a file lock, on PostgreSQL by an advisory lock."""
    folder = state_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_KEY])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_KEY])


def write_bars(
    rows: BarRows, *, progress: Callable[[int], None] = lambda _: None, pause: Callable[[float], None] = time.sleep
) -> WriteReport:
    """Write ``rows`` in steps. ``progress`` is told after each how many rows are done; ``pause`` waits some seconds."""
    report = WriteReport()
    on_sqlite = connection.vendor == "sqlite"
    size = SQLITE_FIRST_STEP if on_sqlite else POSTGRES_STEP
    while report.rows < len(rows):
        step = rows.part(slice(report.rows, report.rows + size))
        held = _write_step_sqlite(step) if on_sqlite else _write_step_postgres(step)
        report.rows += len(step)
        report.steps += 1
        report.longest_lock_s = max(report.longest_lock_s, held)
        if on_sqlite:
            size = int(np.clip(size * np.clip(LOCK_TARGET_S / max(held, 1e-4), 0.25, 1.5), *SQLITE_STEPS))
            pause(held)
        progress(report.rows)
    return report


def _write_step_sqlite(step: BarRows) -> float:
    """Return how long the write lock was held."""
    new, old = step.part(step.is_new), step.part(~step.is_new)
    inserts = list(zip(*_plain_lists(new), strict=True))
    series, ts, *values = _plain_lists(old)
    updates = list(zip(*values, series, ts, strict=True))
    counters = _counters(step)
    with transaction.atomic():
        started = clock.monotonic()
        raw = connection.connection.cursor()
        if inserts:
            raw.executemany(f"INSERT INTO market_candle ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)", inserts)  # noqa: S608
        if updates:
            raw.executemany(
                "UPDATE market_candle SET open=?, high=?, low=?, close=?, volume=?, oi=? WHERE series_id=? AND ts=?",
                updates,
            )
        _update_counters(counters)
        versions.bump(VERSION_CANDLES)
    return clock.monotonic() - started


def _write_step_postgres(step: BarRows) -> float:
    """Copy new bars straight in; changed ones through a temporary table. Return the time the transaction took."""
    started = clock.monotonic()
    new, old = step.part(step.is_new), step.part(~step.is_new)
    with transaction.atomic():
        raw = connection.connection.cursor()
        _copy_in(raw, "market_candle", new)
        if len(old):
            raw.execute(
                "CREATE TEMP TABLE changed_bars (series_id bigint, ts bigint, open float8, high float8, low float8,"
                " close float8, volume bigint, oi bigint) ON COMMIT DROP"
            )
            _copy_in(raw, "changed_bars", old)
            raw.execute(
                "UPDATE market_candle SET open=c.open, high=c.high, low=c.low, close=c.close, volume=c.volume, oi=c.oi"
                " FROM changed_bars c WHERE market_candle.series_id = c.series_id AND market_candle.ts = c.ts"
            )
        _update_counters(_counters(step))
        versions.bump(VERSION_CANDLES)
    return clock.monotonic() - started


def _copy_in(raw: Any, table: str, rows: BarRows) -> None:
    """Send rows as PostgreSQL's binary COPY format, one block for each pattern of nulls."""
    if not len(rows):
        return
    with raw.copy(f"COPY {table} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_COPY_HEADER)
        for has_volume in (True, False):
            for has_oi in (True, False):
                chosen = ((rows.volume >= 0) == has_volume) & ((rows.oi >= 0) == has_oi)
                if chosen.any():
                    copy.write(_copy_block(rows.part(chosen), has_volume, has_oi))
        copy.write(_COPY_TRAILER)


def _copy_block(rows: BarRows, has_volume: bool, has_oi: bool) -> bytes:
    absent = {name for name, there in (("volume", has_volume), ("oi", has_oi)) if not there}
    layout: list[tuple[str, str]] = [("n", ">i2")]
    for name, kind in BAR_FIELDS:
        layout.append((f"{name}_len", ">i4"))
        if name not in absent:
            layout.append((name, kind))
    table = np.empty(len(rows), np.dtype(layout))
    table["n"] = len(BAR_FIELDS)
    for name, _ in BAR_FIELDS:
        table[f"{name}_len"] = _NULL_LENGTH if name in absent else 8
        if name not in absent:
            table[name] = getattr(rows, name)
    return table.tobytes()


def _plain_lists(rows: BarRows) -> list[list[Any]]:
    """Return the columns as Python lists with None for unknown volume and open interest."""
    lists = [getattr(rows, name).tolist() for name, _ in BAR_FIELDS]
    for at in (-2, -1):
        lists[at] = [None if value < 0 else value for value in lists[at]]
    return lists


def _counters(step: BarRows) -> list[tuple[int, int, int, int]]:
    """Return (first ts, last ts, new bars, series) for each series of the step."""
    starts = np.flatnonzero(np.diff(step.series, prepend=-1))
    ends = np.append(starts[1:], len(step)) - 1
    added = np.add.reduceat(step.is_new.astype(np.int64), starts)
    columns = (step.ts[starts], step.ts[ends], added, step.series[starts])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _update_counters(counters: list[tuple[int, int, int, int]]) -> None:
    now = connection.ops.adapt_datetimefield_value(clock.now())
    least, most = ("MIN", "MAX") if connection.vendor == "sqlite" else ("LEAST", "GREATEST")
    sql = (
        f"UPDATE market_candleseries SET first_ts = {least}(coalesce(first_ts, %s), %s),"  # noqa: S608
        f" last_ts = {most}(coalesce(last_ts, %s), %s), bars = bars + %s, updated_at = %s WHERE id = %s"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            sql, [(first, first, last, last, added, now, series) for first, last, added, series in counters]
        )
