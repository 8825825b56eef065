"""Import of company figures: what was public of a company, and since when."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from core import versions
from core.clock import IST
from core.errors import InvalidRequest
from market.constants import VERSION_FUNDAMENTALS
from market.importers.fundamentals import ASSUMED_LAG_DAYS, Figure, Figures, read_figures
from market.importers.tables import read_table
from market.models import Fundamental
from market.selectors.instruments import owners_on
from market.services.imports import ImportReport, Progress, recorded, write_rejected

#: Instrument, metric, end of the period, day it was public: what a figure of one source is known by.
Key = tuple[int, str, date | None, date | None]
Refused = tuple[Figure, str, str]

_HEADER: Final = ("line", "symbol", "metric", "period_end", "known_from", "value", "reason", "detail")
_CONFLICT: Final = "FIGURE_CONFLICT"
_WORDS: Final = {
    "UNPARSABLE": "a figure, a date or a period cannot be read",
    "FUTURE_DATE": "the day it was public, or the end of its period, has not come",
    "DUPLICATE_ROW": "the file has an earlier figure for the same company, metric, period and day",
    "UNKNOWN_SYMBOL": "no instrument had the symbol on the day the figure was public",
    "NOT_FINITE": "the figure is not finite",
    "ABSURD": "the figure is too large for any company",
}
_BATCH: Final = 2_000
#: Each replaced figure is a branch of one CASE, which every row of the statement walks through.
_UPDATE_BATCH: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FundamentalOptions:
    """How to read a file. ``as_of``: when it was public if its rows do not say; ``source``: whose figures they are."""

    as_of: date | None = None
    exchange: str = "NSE"
    source: str = "import"
    replace: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class _Work:
    """What is to be written, and what is not and why."""

    added: dict[Key, float] = field(default_factory=dict)
    changed: list[Fundamental] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    conflicts: list[Refused] = field(default_factory=list)
    unchanged: int = 0


def import_fundamentals(
    *,
    path: Path,
    options: FundamentalOptions,
    now: datetime,
    progress: Progress = lambda stage, done, total: None,
) -> ImportReport:
    """Import a wide file of company figures and report what became of every figure (not row).

    A figure read again is unchanged; one that differs from the stored one of the same company, metric, period, day and
    source is a conflict and kept, unless ``options.replace``. Empty cells are no figures: a note counts them. A symbol
    means the company that had it on the day the figure was public; none was public on a day that has not come. Raises
    UnreadableFile, InvalidRequest.
    """
    source = options.source.strip()
    if not 0 < len(source) <= 40:
        raise InvalidRequest("--source: a name of 1 to 40 characters is needed")
    today = now.astimezone(IST).date()
    if options.as_of and options.as_of > today:
        raise InvalidRequest(f"--as-of: {options.as_of} has not come")
    kept = {**asdict(options), "source": source, "as_of": options.as_of.isoformat() if options.as_of else None}
    with recorded("import_fundamentals", path, kept, words=_WORDS) as report:
        progress("reading", 0, 0)
        table = read_table(path)
        figures = read_figures(table, options.as_of, today=today)
        report.read = len(figures.cells) + len(table.malformed)
        with transaction.atomic():
            work = _sorted(figures.cells, source, options, progress)
            if not options.dry_run:
                _write(work, source, progress)
                if work.added or work.changed:
                    versions.bump(VERSION_FUNDAMENTALS)
        _report(report, work, figures, table.malformed, options)
        write_rejected(report, _HEADER, _refused_rows(work, table.malformed), at=now)
    return report


def _stored(instruments: set[int], metrics: set[str], source: str) -> dict[Key, tuple[int, float]]:
    """Return (row's id, value) of what is stored of one source."""
    rows = Fundamental.objects.filter(instrument_id__in=instruments, metric__in=metrics, source=source)
    names = ("instrument_id", "metric", "period_end", "known_from", "id", "value")
    return {tuple(key): (pk, value) for *key, pk, value in rows.values_list(*names).iterator(_BATCH)}


def _sorted(cells: list[Figure], source: str, options: FundamentalOptions, progress: Progress) -> _Work:
    """Find every figure's fate. Writes nothing. Of two figures of a file for one thing the first counts."""
    progress("comparing", 0, 0)
    wanted = {(cell.symbol, cell.known_from) for cell in cells if cell.fault is None and cell.known_from}
    owners = owners_on(options.exchange, wanted)
    stored = _stored(set(owners.values()), {cell.metric for cell in cells}, source)
    seen: dict[Key, float] = {}
    work = _Work()
    for cell in cells:
        owner = owners.get((cell.symbol, cell.known_from)) if cell.known_from else None
        if cell.fault is not None:
            work.refused.append((cell, *cell.fault))
        elif owner is None:
            words = f"no instrument had the symbol {cell.symbol[:40]} on {cell.known_from}"
            work.refused.append((cell, "UNKNOWN_SYMBOL", words))
        else:
            key = (owner, cell.metric, cell.period_end, cell.known_from)
            if key in seen:
                words = f"the file gave {seen[key]!r} for it before"
                work.refused.append((cell, "DUPLICATE_ROW", words))
                continue
            seen[key] = cell.value
            _place(work, cell, key, stored.get(key), replace=options.replace)
    return work


def _place(work: _Work, cell: Figure, key: Key, stored: tuple[int, float] | None, *, replace: bool) -> None:
    if stored is None:
        work.added[key] = cell.value
    elif stored[1] == cell.value:
        work.unchanged += 1
    elif replace:
        work.changed.append(Fundamental(id=stored[0], value=cell.value))
    else:
        work.conflicts.append((cell, _CONFLICT, f"stored is {stored[1]!r}"))


def _write(work: _Work, source: str, progress: Progress) -> None:
    keys = list(work.added)
    for at in range(0, len(keys), _BATCH):
        progress("writing", at, len(keys))
        Fundamental.objects.bulk_create(
            Fundamental(
                instrument_id=key[0],
                metric=key[1],
                period_end=key[2],
                known_from=key[3],
                value=work.added[key],
                source=source,
            )
            for key in keys[at : at + _BATCH]
        )
    for at in range(0, len(work.changed), _UPDATE_BATCH):
        progress("replacing", at, len(work.changed))
        Fundamental.objects.bulk_update(work.changed[at : at + _UPDATE_BATCH], ("value",))


def _report(
    report: ImportReport,
    work: _Work,
    figures: Figures,
    malformed: list[tuple[int, str]],
    options: FundamentalOptions,
) -> None:
    report.added, report.changed, report.unchanged = len(work.added), len(work.changed), work.unchanged
    report.conflict = len(work.conflicts)
    report.rejected = len(work.refused) + len(malformed)
    for _, code, _ in (*work.refused, *work.conflicts):
        report.reasons[code] += 1
    if malformed:
        report.reasons["UNPARSABLE"] += len(malformed)
        report.notes.append(f"{len(malformed)} lines with a wrong number of fields count as one figure each")
    if figures.missing:
        report.notes.append(f"{figures.missing} cells are empty: these figures are missing and not counted as read")
    if figures.assumed:
        rule = f"{ASSUMED_LAG_DAYS} days after the period"
        rule = f"--as-of {options.as_of} or {rule}, the later" if options.as_of else rule
        report.notes.append(f"of {figures.assumed} figures the file has no public date; assumed: {rule}")
    if work.conflicts:
        report.notes.append(f"{_CONFLICT}: differs from the stored figure, which is kept; --replace lets the file win")


def _refused_rows(work: _Work, malformed: list[tuple[int, str]]) -> list[tuple[object, ...]]:
    """Return the lines of the file of refused figures, as `_HEADER` names them."""
    lines = sorted((*work.refused, *work.conflicts), key=lambda refused: refused[0].line)
    rows: list[tuple[object, ...]] = [
        (
            cell.line,
            cell.symbol,
            cell.metric,
            cell.period_end or "",
            cell.known_from or "",
            cell.text[:60],
            code,
            words,
        )
        for cell, code, words in lines
    ]
    rows += [(line, "", "", "", "", "", "UNPARSABLE", text[:200]) for line, text in malformed]
    return rows
