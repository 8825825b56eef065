"""Keep the closes and counts of a file that has no bars: judge, compare with what is stored, write the difference."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from django.db.models import Q

from core import versions
from market.adapters.base import Ints
from market.constants import VERSION_CANDLES, Basis, Interval, ObservedEvery
from market.importers.bars import FileBars
from market.importers.closes import WEEK_DAYS, FileCloses, judge_closes, read_closes
from market.importers.columns import DAY_S
from market.importers.reasons import BY_CODE, WORDS, Reason
from market.importers.tables import FileTable, UnreadableFile
from market.models import Observation, ObservationSeries
from market.services.calendar import import_calendar
from market.services.imports import CandleOptions, ImportReport, Progress
from market.services.series_targets import Target, make_instruments, resolve
from market.services.steps import short_step

REFUSED, ADDED, CHANGED, UNCHANGED, CONFLICT = range(5)
#: Values written in one transaction: small, so that SQLite's write lock is short.
STEP: Final = 1_000
_KEY_SHIFT: Final = 34

#: What tells one series from another within a file: number of its target, and of its figure.
Key = tuple[int, int]


@dataclass(slots=True)
class _Work:
    """A file on its way. Value i belongs to ``keys[group[i]]``; ``ids`` are the series that exist already."""

    table: FileTable
    closes: FileCloses
    every: str
    targets: list[Target]
    keys: list[Key]
    group: Ints
    ids: dict[int, int]
    fate: np.ndarray
    stored: dict[int, float]


def keep_closes(
    table: FileTable, options: CandleOptions, report: ImportReport, *, origin: tuple[str, str], now: datetime,
    progress: Progress,
) -> Iterator[tuple[object, ...]]:  # fmt: skip
    """Import a file of closes; return the refused rows. Every value counts as a row of its own in the report.

    ``origin`` is source and name of the import. Raises UnreadableFile for another interval than a day or a week.
    """
    closes = read_closes(table, symbol=options.symbol)
    every = _every(table, closes, options)
    report.read = len(closes) + len(table.malformed)
    work = _judged(table, closes, every, options, origin, now)
    _count(report, work)
    if not options.dry_run:
        _keep(work, origin, report, progress)
    each = f"{table.rows:,} rows with {len(closes.figures)} figures each" if len(closes) != table.rows else "rows"
    report.notes.append(f"no open, high and low: {each} are kept as values of a {every}, never shown as bars")
    report.notes += closes.notes
    return _refused_rows(work)


def _every(table: FileTable, closes: FileCloses, options: CandleOptions) -> str:
    """Return how often the values were taken: as they lie, which must not contradict what the person said."""
    if options.basis != Basis.RAW:
        raise UnreadableFile(
            f"{table.file}: closes without bars are kept as they are; --basis {options.basis} is for bars"
        )
    apart = f"{table.file}: its values are {closes.gap_days} days apart"
    if options.interval not in (Interval.DAY, ObservedEvery.WEEK):
        raise UnreadableFile(f"{table.file}: has closes of days or weeks, no bars of --interval {options.interval}")
    if closes.gap_days == WEEK_DAYS:
        return ObservedEvery.WEEK.value
    if closes.gap_days > 1 or options.interval == ObservedEvery.WEEK:
        raise UnreadableFile(f"{apart}; closes are kept of days (--interval day) and weeks (--interval week)")
    return ObservedEvery.DAY.value


def _judged(
    table: FileTable, closes: FileCloses, every: str, options: CandleOptions, origin: tuple[str, str], now: datetime
) -> _Work:
    """Find every value's place and fate. Writes nothing."""
    targets, target = _targets(closes, options.exchange)
    judge_closes(closes, import_calendar(options.exchange), today=int(now.timestamp() + 19_800) // DAY_S)
    pairs, group = np.unique(target * len(closes.figures) + closes.figure, return_inverse=True)
    keys = [(int(pair) // len(closes.figures), int(pair) % len(closes.figures)) for pair in pairs]
    work = _Work(table, closes, every, targets, keys, group, {}, np.full(len(closes), REFUSED, np.uint8), {})
    work.ids = _existing(work, origin)
    work.stored = _stored(work)
    for at in np.flatnonzero(closes.mark == 0):
        before = work.stored.get(_place(work, int(at)))
        if before is None:
            work.fate[at] = ADDED
        elif before == closes.value[at]:
            work.fate[at] = UNCHANGED
        else:
            work.fate[at] = CHANGED if options.replace else CONFLICT
    return work


def _targets(closes: FileCloses, exchange: str) -> tuple[list[Target], Ints]:
    """Return the instruments of a file, and for each value the number of its own (0 where it has none: refused)."""
    names = list(dict.fromkeys(figure.name for figure in closes.figures))
    symbol = np.array([names.index(figure.name) for figure in closes.figures])[closes.figure]
    nothing, zeros = np.zeros(len(closes)), np.zeros(len(closes), np.int64)
    bars = FileBars(names, symbol, zeros, closes.day, zeros, *(nothing,) * 4, zeros, zeros, closes.mark)
    targets, group = resolve(bars, exchange=exchange)
    return targets, np.maximum(group, 0)


def _existing(work: _Work, origin: tuple[str, str]) -> dict[int, int]:
    """Return the series that exist, by the number of their key."""
    instruments = {target.instrument_id for target in work.targets if target.instrument_id is not None}
    rows = ObservationSeries.objects.filter(
        instrument_id__in=instruments, interval=work.every, source=origin[0], origin=origin[1]
    ).values_list("instrument_id", "measure", "industry", "id")
    found = {tuple(row[:3]): row[3] for row in rows}
    ids = {}
    for number, (target, figure) in enumerate(work.keys):
        one = work.closes.figures[figure]
        known = found.get((work.targets[target].instrument_id, one.measure, one.industry))
        if known is not None:
            ids[number] = known
    return ids


def _stored(work: _Work) -> dict[int, float]:
    number = {series: key for key, series in work.ids.items()}
    good = work.closes.day[work.closes.mark == 0]
    if not number or not len(good):
        return {}
    within = Q(ts__gte=int(good.min()) * DAY_S, ts__lte=int(good.max()) * DAY_S)
    rows = Observation.objects.filter(within, series_id__in=list(number)).values_list("series_id", "ts", "value")
    return {(number[series] << _KEY_SHIFT) + ts: value for series, ts, value in rows.iterator(chunk_size=5_000)}


def _place(work: _Work, at: int) -> int:
    return (int(work.group[at]) << _KEY_SHIFT) + int(work.closes.day[at]) * DAY_S


def _count(report: ImportReport, work: _Work) -> None:
    counts = np.bincount(work.fate, minlength=5)
    report.added, report.changed, report.unchanged, report.conflict = (int(count) for count in counts[1:])
    report.rejected = int(counts[REFUSED]) + len(work.table.malformed)
    for code, count in zip(*np.unique(work.closes.mark[work.closes.mark > 0], return_counts=True), strict=True):
        report.reasons[BY_CODE[int(code)].value] = int(count)
    report.reasons[Reason.UNPARSABLE.value] += len(work.table.malformed)
    report.reasons = +report.reasons


def _keep(work: _Work, origin: tuple[str, str], report: ImportReport, progress: Progress) -> None:
    """Make what is missing and write the values that are new or replace others, in small transactions."""
    chosen = np.flatnonzero((work.fate == ADDED) | (work.fate == CHANGED))
    used = np.unique(work.group[chosen])
    strangers = {work.keys[number][0] for number in used if work.targets[work.keys[number][0]].instrument_id is None}
    if made := make_instruments([work.targets[one] for one in sorted(strangers)], {}):
        report.notes.append(f"{made:,} instruments were not known and have been made")
    _make_series(work, [int(number) for number in used if int(number) not in work.ids], origin)
    for begin in range(0, len(chosen), STEP):
        _write(work, chosen[begin : begin + STEP])
        progress("writing", min(begin + STEP, len(chosen)), len(chosen))


def _make_series(work: _Work, numbers: list[int], origin: tuple[str, str]) -> None:
    if not numbers:
        return
    with short_step():
        for number in numbers:
            target, figure = work.keys[number]
            one = work.closes.figures[figure]
            series = ObservationSeries.objects.create(
                instrument_id=work.targets[target].instrument_id,
                measure=one.measure,
                industry=one.industry[:60],
                interval=work.every,
                source=origin[0],
                origin=origin[1],
            )
            work.ids[number] = series.id


def _write(work: _Work, chosen: Ints) -> None:
    def written(fate: int) -> list[Observation]:
        return [
            Observation(
                series_id=work.ids[int(work.group[at])],
                ts=int(work.closes.day[at]) * DAY_S,
                value=float(work.closes.value[at]),
            )
            for at in chosen[work.fate[chosen] == fate]
        ]

    new, other = written(ADDED), written(CHANGED)
    with short_step():
        Observation.objects.bulk_create(new)
        for one in other:
            Observation.objects.filter(series_id=one.series_id, ts=one.ts).update(value=one.value)
        versions.bump(VERSION_CANDLES)


def _refused_rows(work: _Work) -> Iterator[tuple[object, ...]]:
    """Yield every value that was not taken, under the header of refused bars: the value stands under ``close``."""
    closes = work.closes
    for at in np.flatnonzero((work.fate == REFUSED) | (work.fate == CONFLICT)):
        figure = closes.figures[closes.figure[at]]
        name = " ".join(part for part in (figure.name, figure.measure, figure.industry) if part)
        if work.fate[at] == CONFLICT:
            reason, detail = "CONFLICT", f"{work.stored[_place(work, int(at))]:g} stored, {closes.value[at]:g} here"
        else:
            found = BY_CODE[int(closes.mark[at])]
            reason, detail = found.value, WORDS[found]
        day = datetime.fromtimestamp(int(closes.day[at]) * DAY_S, UTC) if closes.day[at] else None
        yield (work.table.line(int(closes.row[at])), name, f"{day:%Y-%m-%d}" if day else "", "", "", "",
               float(closes.value[at]), "", reason, detail)  # fmt: skip
    for line, text in work.table.malformed:
        yield (line, "", "", "", "", "", "", "", Reason.UNPARSABLE.value, f"wrong number of fields: {text[:200]}")
