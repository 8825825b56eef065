"""Import bars from a file: read, judge, compare with what is stored, write the difference, report every row."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from django.conf import settings

from core import clock
from market.adapters.base import Ints
from market.constants import Interval
from market.importers.bars import FileBars
from market.importers.closes import has_only_closes
from market.importers.columns import DAY_S, IST_OFFSET_S
from market.importers.judgement import DayVerdicts, StoredBars, judge_days, judge_rows, nothing_stored
from market.importers.layouts import read_bars
from market.importers.reasons import BY_CODE, WORDS, Reason
from market.importers.tables import FileTable, UnreadableFile, read_table
from market.selectors.candles import read_columns
from market.services.calendar import import_calendar, record_proven_sessions
from market.services.candle_store import BarRows, one_import_at_a_time, write_bars
from market.services.close_imports import keep_closes
from market.services.imports import (
    REJECTED_HEADER,
    CandleOptions,
    ImportReport,
    Progress,
    recorded,
    source_and_origin,
    write_rejected,
)
from market.services.series_targets import (
    SeriesKind,
    Target,
    attach_series,
    make_missing,
    record_former_symbols,
    resolve,
)

#: How far before the file's first bar stored bars are looked at, to recognise copies of them.
LOOK_BACK_DAYS: Final = {"day": 130}
INTRADAY_LOOK_BACK_DAYS: Final = 10
INTERVALS: Final = tuple(Interval.values)
REFUSED, ADDED, CHANGED, UNCHANGED, CONFLICT = range(5)
_KEY_SHIFT: Final = 34


@dataclass(slots=True)
class _Work:
    """A file on its way: its rows, where they go, what is stored there, and what becomes of each."""

    table: FileTable
    bars: FileBars
    targets: list[Target]
    group: Ints
    stored: StoredBars
    verdicts: DayVerdicts
    fate: np.ndarray
    stored_at: Ints


def import_candles(
    *, path: Path, options: CandleOptions, now: datetime, progress: Progress = lambda stage, done, total: None
) -> ImportReport:
    """Import the bars of one file and report what became of every row.

    Rows that were imported before are unchanged; a row that differs from the stored one is a conflict and the stored
    one is kept, unless ``replace``. A file that has closes and no bars is
    kept as such (`close_imports`). Raises market.importers.tables.UnreadableFile.
    """
    source, origin = source_and_origin(options.source or "import")
    kind = SeriesKind(options.interval, source, origin, options.basis)
    with recorded("import_candles", path, {**asdict(options), "source": source, "origin": origin}) as report:
        progress("reading", 0, 0)
        table = read_table(path)
        if has_only_closes(table):
            with one_import_at_a_time(Path(settings.STATE_DIR)):
                refused = keep_closes(table, options, report, origin=(source, origin), now=now, progress=progress)
            write_rejected(report, REJECTED_HEADER, refused, at=clock.now())
            return report
        if options.interval not in INTERVALS:
            raise UnreadableFile(f"{table.file}: bars are kept of {', '.join(INTERVALS)}, not of a {options.interval}")
        bars = read_bars(table, interval=options.interval, symbol=options.symbol)
        report.read = table.rows + len(table.malformed)
        with one_import_at_a_time(Path(settings.STATE_DIR)):
            work = _judged(table, bars, kind, options, now, progress)
            _count(report, work)
            if not options.dry_run:
                _keep(work, kind, options, report, progress)
        report.notes += bars.notes
        write_rejected(report, REJECTED_HEADER, _refused_rows(work), at=clock.now())
    return report


def _judged(
    table: FileTable, bars: FileBars, kind: SeriesKind, options: CandleOptions, now: datetime, progress: Progress
) -> _Work:
    """Find every row's place and fate. Writes nothing."""
    targets, group = resolve(bars, exchange=options.exchange)
    attach_series(targets, kind)
    judge_rows(bars, group, now_ts=int(now.timestamp()))
    progress("comparing", 0, 0)
    stored = _stored(targets, bars, kind.interval)
    verdicts = judge_days(bars, group, stored, import_calendar(options.exchange))
    fate, stored_at = _fates(bars, group, stored, replace=options.replace)
    return _Work(table, bars, targets, group, stored, verdicts, fate, stored_at)


def _stored(targets: list[Target], bars: FileBars, interval: str) -> StoredBars:
    """Return what the database has of the file's series, from some way before the file's first bar."""
    number = {target.series_id: at for at, target in enumerate(targets) if target.series_id is not None}
    good = bars.ts[bars.mark == 0]
    if not number or not len(good):
        return nothing_stored()
    back = LOOK_BACK_DAYS.get(interval, INTRADAY_LOOK_BACK_DAYS) * DAY_S
    found = read_columns(list(number), int(good.min()) - back, int(good.max()))
    if not len(found):
        return nothing_stored()
    ids, inverse = np.unique(found.series, return_inverse=True)
    groups = np.array([number[int(one)] for one in ids])[inverse]
    order = np.lexsort((found.ts, groups))
    wall = found.ts if interval == "day" else found.ts + IST_OFFSET_S
    minute = np.zeros_like(wall) if interval == "day" else wall % DAY_S // 60
    prices = (found.open, found.high, found.low, found.close)
    columns = (groups, found.ts, wall // DAY_S, minute, *prices, found.volume, found.oi)
    return StoredBars(*(column[order] for column in columns))


def _fates(bars: FileBars, group: Ints, stored: StoredBars, *, replace: bool) -> tuple[np.ndarray, Ints]:
    """Return what becomes of each row, and the position of the stored bar it meets (-1: none).

    A volume or open interest the file does not have is no difference.
    """
    fate = np.full(len(bars), REFUSED, np.uint8)
    rows = np.flatnonzero(bars.mark == 0)
    fate[rows] = ADDED
    meets = np.full(len(bars), -1, np.int64)
    if len(stored) and len(rows):
        keys = (stored.group << _KEY_SHIFT) + stored.ts
        wanted = (group[rows] << _KEY_SHIFT) + bars.ts[rows]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        hit = keys[at] == wanted
        rows, at = rows[hit], at[hit]
        meets[rows] = at
        same = np.ones(len(rows), bool)
        for name in ("open", "high", "low", "close"):
            same &= getattr(bars, name)[rows] == getattr(stored, name)[at]
        for name in ("volume", "oi"):
            given = getattr(bars, name)[rows]
            same &= (given < 0) | (given == getattr(stored, name)[at])
        fate[rows] = np.where(same, UNCHANGED, CHANGED if replace else CONFLICT)
    return fate, meets


def _count(report: ImportReport, work: _Work) -> None:
    counts = np.bincount(work.fate, minlength=5)
    report.added, report.changed, report.unchanged, report.conflict = (int(count) for count in counts[1:])
    report.rejected = int(counts[REFUSED]) + len(work.table.malformed)
    for code, count in zip(*np.unique(work.bars.mark[work.bars.mark > 0], return_counts=True), strict=True):
        report.reasons[BY_CODE[int(code)].value] = int(count)
    report.reasons[Reason.UNPARSABLE.value] += len(work.table.malformed)
    report.reasons = +report.reasons


def _keep(work: _Work, kind: SeriesKind, options: CandleOptions, report: ImportReport, progress: Progress) -> None:
    """Make what is missing and write the rows that are new or replace others."""
    if work.verdicts.proven:
        words = f"prices of many symbols in {work.table.file}"
        days = record_proven_sessions(exchange=options.exchange, days=work.verdicts.proven, evidence=words)
        report.notes += [f"{day} is in no list; the data proves a session" for day in days]
    chosen = np.flatnonzero((work.fate == ADDED) | (work.fate == CHANGED))
    used = [work.targets[number] for number in np.unique(work.group[chosen])]
    made = make_missing(
        used, kind, work.bars.contracts, progress=lambda done, total: progress("instruments", done, total)
    )
    if made:
        report.notes.append(f"{made:,} instruments were not known and have been made")
    if work.bars.former_symbols:
        record_former_symbols(work.bars.former_symbols, exchange=options.exchange)
    rows = _rows_to_write(work, chosen)
    written = write_bars(rows, progress=lambda done: progress("writing", done, len(rows)))
    report.longest_lock_s = written.longest_lock_s


def _rows_to_write(work: _Work, chosen: Ints) -> BarRows:
    series = np.array([target.series_id or 0 for target in work.targets], np.int64)[work.group[chosen]]
    chosen = chosen[np.lexsort((work.bars.ts[chosen], series))]
    bars, group = work.bars, work.group[chosen]
    series = np.array([target.series_id or 0 for target in work.targets], np.int64)[group]
    volume, oi = bars.volume[chosen], bars.oi[chosen]
    is_new = work.fate[chosen] == ADDED
    meets = np.maximum(work.stored_at[chosen], 0)
    if len(work.stored):
        volume = np.where(~is_new & (volume < 0), work.stored.volume[meets], volume)
        oi = np.where(~is_new & (oi < 0), work.stored.oi[meets], oi)
    prices = (column[chosen] for column in bars.prices)
    return BarRows(series, bars.ts[chosen], *prices, volume, oi, is_new)


def _refused_rows(work: _Work) -> Iterator[tuple[object, ...]]:
    """Yield every row that was not taken, with its line, values, reason and what was found."""
    bars = work.bars
    for row in np.flatnonzero((work.fate == REFUSED) | (work.fate == CONFLICT)):
        if work.fate[row] == CONFLICT:
            reason, detail = "CONFLICT", _difference(work, int(row))
        else:
            found = BY_CODE[int(bars.mark[row])]
            reason, detail = found.value, WORDS[found]
            if found in (Reason.WRONG_DATE, Reason.UNLISTED_DAY, Reason.HOLIDAY_COPY):
                detail = work.verdicts.words.get(int(bars.day[row]), detail)
        yield (work.table.line(int(row)), bars.symbols[bars.symbol[row]], _time(bars, int(row)),
               *(float(column[row]) for column in bars.prices), int(bars.volume[row]), reason, detail)  # fmt: skip
    for line, text in work.table.malformed:
        yield (line, "", "", "", "", "", "", "", Reason.UNPARSABLE.value, f"wrong number of fields: {text[:200]}")


def _time(bars: FileBars, row: int) -> str:
    if bars.mark[row] and not bars.ts[row]:
        return ""
    moment = datetime.fromtimestamp(int(bars.day[row]) * DAY_S + int(bars.minute[row]) * 60, UTC)
    return f"{moment:%Y-%m-%d %H:%M}" if bars.minute.any() else f"{moment:%Y-%m-%d}"


def _difference(work: _Work, row: int) -> str:
    at = int(work.stored_at[row])
    parts = [
        f"{name} {getattr(work.stored, name)[at]:g} stored, {getattr(work.bars, name)[row]:g} here"
        for name in ("open", "high", "low", "close", "volume", "oi")
        if getattr(work.stored, name)[at] != getattr(work.bars, name)[row]
    ]
    return "; ".join(parts)
