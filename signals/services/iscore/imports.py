"""Import of headlines and of daily counts (page views, percent delivered), which I-Scores need beside prices."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from django.db import transaction

from core import versions
from core.clock import IST
from core.errors import InvalidRequest
from engines.iscore.lexicon import event_kind, tone
from market.importers.columns import NO_TIME, wall_seconds
from market.importers.tables import FileTable, UnreadableFile, read_table
from market.selectors.instruments import owners_on
from market.services.imports import ImportReport, recorded, write_rejected
from signals.constants import VERSION_ISCORE_INPUTS
from signals.models import DailyCount, NewsArticle
from signals.services.iscore.inputs import DELIVERY, PAGE_VIEWS

Progress = Callable[[str, int, int], None]
COUNTS: Final = (PAGE_VIEWS, DELIVERY)
_HEADER: Final = ("line", "symbol", "when", "value", "reason", "detail")
_TIMES: Final = ("published_at", "timestamp", "datetime")
_BATCH: Final = 5_000
_CHUNK: Final = 20_000
_LONGEST: Final = 400
_NEWS_WORDS: Final = {
    "UNPARSABLE": "a symbol, a headline or the time cannot be read",
    "FUTURE_DATE": "published at a time that has not come",
    "UNKNOWN_SYMBOL": "no instrument had the symbol on the day of the headline",
}
_COUNT_WORDS: Final = {
    "UNPARSABLE": "the symbol, the date or the count cannot be used; a percentage is 0 to 100",
    "FUTURE_DATE": "the day has not come",
    "DUPLICATE_ROW": "the file has an earlier count for the same company and day",
    "UNKNOWN_SYMBOL": "no instrument had the symbol on that day",
}


@dataclass(frozen=True, slots=True)
class _Cell:
    """One given thing. ``fault``: (reason, sentence) when it cannot be used."""

    line: int
    symbol: str
    day: date | None
    when: str
    value: str
    fault: tuple[str, str] | None = None


def import_news(
    *, path: Path, source: str, exchange: str, now: datetime, progress: Progress = lambda stage, done, total: None
) -> ImportReport:
    """Import headlines: ``symbol``, ``headline`` and ``date`` with ``time``, or one ``published_at``; India's time.

    Optional ``url``, ``publisher``. The tone and what a headline announces are worked out from its words. The same
    headline at the same minute is unchanged; a headline of the future is refused. Raises UnreadableFile.
    """
    source = _named(source)
    with recorded("import_news", path, {"exchange": exchange, "source": source}, words=_NEWS_WORDS) as report:
        progress("reading", 0, 0)
        table = read_table(path)
        table.require("symbol", "headline")
        cells, rows = _headlines(table, source, now)
        owners = _owners(cells, exchange)
        report.read = table.rows + len(table.malformed)
        good: dict[tuple[int, datetime, str], NewsArticle] = {}
        refused = []
        for cell, row in zip(cells, rows, strict=True):
            owner = owners.get((cell.symbol, cell.day)) if cell.day else None
            fault = cell.fault or _unknown(cell, owner)
            if fault is not None or row is None or owner is None:
                refused.append((cell, fault or ("UNPARSABLE", "it cannot be read")))
                continue
            key = (owner, row.published_at, row.headline)
            row.instrument_id = owner
            if key in good:
                report.unchanged += 1
            good.setdefault(key, row)
        _store(report, list(good.values()), NewsArticle, progress)
        _refuse(report, refused, table, now)
    return report


def _headlines(table: FileTable, source: str, now: datetime) -> tuple[list[_Cell], list[NewsArticle | None]]:
    moments = next((table.texts(name) for name in _TIMES if name in table.columns), None)
    if moments is None:
        table.require("date")
        moments = [_joined(day, at) for day, at in zip(table.texts("date"), table.texts("time"), strict=True)]
    columns = (table.texts(name) for name in ("symbol", "headline", "url", "publisher"))
    cells: list[_Cell] = []
    rows: list[NewsArticle | None] = []
    for at, (moment, symbol, headline, url, publisher) in enumerate(zip(moments, *columns, strict=True)):
        text = " ".join(headline.split())[:_LONGEST]
        published = _instant(moment)
        fault = _fault_of(symbol, text, published, moment, now)
        day = published.astimezone(IST).date() if published else None
        cells.append(_Cell(table.line(at), symbol.upper(), day, moment, text[:60], fault))
        rows.append(
            None
            if fault or published is None
            else NewsArticle(
                published_at=published, headline=text, url=url[:600], publisher=publisher[:80], source=source,
                relevance=1.0, tone=tone(text), event=event_kind(text) or "", seen_at=now,
            )
        )  # fmt: skip
    return cells, rows


def _joined(day: str, at: str) -> str:
    """Return date and time as one text; a date in any form that the imports know is written the ISO way."""
    seconds = wall_seconds(day)
    if seconds == NO_TIME or not at:
        return day
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}T{at}"


def _fault_of(
    symbol: str, headline: str, published: datetime | None, moment: str, now: datetime
) -> tuple[str, str] | None:
    if not symbol or not headline:
        return "UNPARSABLE", "a symbol and a headline are needed"
    if published is None:
        return "UNPARSABLE", f"the time '{moment[:40]}' cannot be read"
    return ("FUTURE_DATE", f"published at {moment[:40]}, which has not come") if published > now else None


def import_attention(
    *, path: Path, source: str, exchange: str, now: datetime, progress: Progress = lambda stage, done, total: None
) -> ImportReport:
    """Import daily counts: ``symbol``, ``date`` and a column ``page_views`` or ``delivery_pct``, or both.

    The report counts cells that are not empty. A count read again is unchanged; another number for the same company,
    day, kind and source replaces it. Raises UnreadableFile.
    """
    source = _named(source)
    with recorded("import_attention", path, {"exchange": exchange, "source": source}, words=_COUNT_WORDS) as report:
        progress("reading", 0, 0)
        table = read_table(path)
        table.require("symbol", "date")
        kinds = [kind for kind in COUNTS if kind in table.columns]
        if not kinds:
            raise UnreadableFile(f"{table.file}: there is no column '{COUNTS[0]}' or '{COUNTS[1]}'")
        refused: Refused = []
        seen: set[tuple[int, str, int]] = set()
        for kind in kinds:
            cells = _counts(table, kind, now)
            while some := list(islice(cells, _CHUNK)):
                report.read += len(some)
                good = _judged(some, kind, exchange, seen, refused)
                _store_counts(report, good, source)
                progress("writing", report.read, table.rows * len(kinds))
        report.read += len(table.malformed)
        _refuse(report, refused, table, now)
    return report


Counts = dict[tuple[int, str, date], float]
Refused = list[tuple[_Cell, tuple[str, str]]]


def _judged(
    cells: Sequence[_Cell], kind: str, exchange: str, seen: set[tuple[int, str, int]], refused: Refused
) -> Counts:
    """Return the counts to keep by company, kind and day; add to ``refused`` what is not kept and why."""
    owners = _owners(cells, exchange)
    good: Counts = {}
    for cell in cells:
        owner = owners.get((cell.symbol, cell.day)) if cell.day else None
        fault = cell.fault or _unknown(cell, owner)
        if fault is None and owner is not None and cell.day is not None:
            key = (owner, kind, cell.day.toordinal())
            if key in seen:
                fault = ("DUPLICATE_ROW", "the file gave another row for it before")
            seen.add(key)
        if fault is not None or owner is None or cell.day is None:
            refused.append((cell, fault or ("UNPARSABLE", "it cannot be read")))
            continue
        good[owner, kind, cell.day] = float(cell.value.replace(",", ""))
    return good


def _counts(table: FileTable, kind: str, now: datetime) -> Iterator[_Cell]:
    today = now.astimezone(IST).date()
    columns = (table.texts(name) for name in ("symbol", "date", kind))
    for at, (symbol, when, text) in enumerate(zip(*columns, strict=True)):
        if text.lower() in ("", "-", "na", "nan", "null", "none"):
            continue
        moment = _instant(when)
        day = moment.astimezone(IST).date() if moment else None
        fault: tuple[str, str] | None = None
        if not symbol or day is None or not _is_count(kind, text):
            fault = ("UNPARSABLE", f"symbol, date or {kind} '{text[:40]}' cannot be used")
        elif day > today:
            fault = ("FUTURE_DATE", f"{when[:40]} has not come")
        yield _Cell(table.line(at), symbol.upper(), day, when, text, fault)


def _is_count(kind: str, text: str) -> bool:
    try:
        value = float(text.replace(",", "").replace("_", "?"))
    except ValueError:
        return False
    return math.isfinite(value) and 0.0 <= value <= (100.0 if kind == DELIVERY else 1e12)


def _named(source: str) -> str:
    text = source.strip().lower()
    if not 0 < len(text) <= 20:
        raise InvalidRequest("--source: a name of 1 to 20 characters is needed")
    return text


def _instant(text: str) -> datetime | None:
    """Return the instant of a wall-clock time in India."""
    try:
        seconds = wall_seconds(text)
        return None if seconds == NO_TIME else datetime.fromtimestamp(seconds, UTC).replace(tzinfo=IST).astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _owners(cells: Sequence[_Cell], exchange: str) -> dict[tuple[str, date], int]:
    """Return who had each symbol on its day."""
    return owners_on(exchange, {(cell.symbol, cell.day) for cell in cells if cell.fault is None and cell.day})


def _unknown(cell: _Cell, owner: int | None) -> tuple[str, str] | None:
    if owner is not None or cell.fault is not None:
        return None
    return "UNKNOWN_SYMBOL", f"no instrument had the symbol {cell.symbol[:40]} on {cell.day}"


def _store(report: ImportReport, rows: list[NewsArticle], model: type[NewsArticle], progress: Progress) -> None:
    with transaction.atomic():
        before = model.objects.count()
        for at in range(0, len(rows), _BATCH):
            progress("writing", at, len(rows))
            model.objects.bulk_create(rows[at : at + _BATCH], ignore_conflicts=True)
        report.added = model.objects.count() - before
        report.unchanged += len(rows) - report.added
        if report.added:
            versions.bump(VERSION_ISCORE_INPUTS)


def _store_counts(report: ImportReport, good: Counts, source: str) -> None:
    """Write what is new or different in a transaction of its own: others write in between, and a repeat goes on."""
    with transaction.atomic():
        stored = _stored_counts(good, source)
        new = [key for key in good if key not in stored]
        changed = [key for key in good if key in stored and stored[key] != good[key]]
        todo = [
            DailyCount(instrument_id=company, kind=kind, day=day, value=good[company, kind, day], source=source)
            for company, kind, day in new + changed
        ]
        DailyCount.objects.bulk_create(
            todo,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["instrument", "kind", "source", "day"],
            update_fields=["value"],
        )
        if todo:
            versions.bump(VERSION_ISCORE_INPUTS)
    report.added += len(new)
    report.changed += len(changed)
    report.unchanged += len(good) - len(todo)


def _stored_counts(good: Counts, source: str) -> Counts:
    if not good:
        return {}
    companies, kinds, days = (set(column) for column in zip(*good, strict=True))
    rows = DailyCount.objects.filter(
        source=source, instrument_id__in=companies, kind__in=kinds, day__gte=min(days), day__lte=max(days)
    )
    values = rows.values_list("instrument_id", "kind", "day", "value").iterator(20_000)
    return {(company, kind, day): value for company, kind, day, value in values}


def _refuse(
    report: ImportReport, refused: Sequence[tuple[_Cell, tuple[str, str]]], table: FileTable, now: datetime
) -> None:
    report.rejected = len(refused) + len(table.malformed)
    for _, (code, _) in refused:
        report.reasons[code] += 1
    if table.malformed:
        report.reasons["UNPARSABLE"] += len(table.malformed)
    rows: list[tuple[object, ...]] = [
        (cell.line, cell.symbol, cell.when, cell.value[:60], code, words) for cell, (code, words) in refused
    ]
    rows += [(line, "", "", "", "UNPARSABLE", text[:200]) for line, text in table.malformed]
    write_rejected(report, _HEADER, rows, at=now)
