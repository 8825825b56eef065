"""Corporate actions: their import, and the factors they give."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction

from core import versions
from market.constants import VERSION_ACTIONS
from market.importers.actions import ActionRow, read_actions
from market.importers.tables import read_table
from market.models import CorporateAction
from market.selectors.instruments import symbol_history
from market.services.calendar import EPOCH
from market.services.imports import ImportReport, recorded, write_rejected

_HEADER: Final = ("line", "symbol", "ex_date", "price_factor", "kind", "reason", "detail")
_COMPARED: Final = ("price_factor", "confidence", "evidence", "is_applied")


def action_factors(instrument_ids: Sequence[int]) -> dict[int, tuple[list[int], list[float]]]:
    """Return ex-dates (numbered from 1970-01-01, ascending) and price factors of each instrument's applied actions."""
    found: dict[int, tuple[list[int], list[float]]] = {}
    rows = CorporateAction.objects.filter(instrument_id__in=list(instrument_ids), is_applied=True)
    for instrument, ex_date, factor in rows.order_by("ex_date", "id").values_list(
        "instrument_id", "ex_date", "price_factor"
    ):
        ex_days, factors = found.setdefault(instrument, ([], []))
        ex_days.append((ex_date - EPOCH).days)
        factors.append(factor)
    return found


def import_corporate_actions(
    *, path: Path, exchange: str = "NSE", source: str = "import", now: datetime
) -> ImportReport:
    """Import a file of corporate actions. A row read again with other values changes the stored one.

    Rows without a factor, of an unknown symbol or unreadable are refused (SKIPPED_NO_FACTOR, UNKNOWN_SYMBOL,
    UNPARSABLE). Rows of a kind that is no event are kept, marked as not applied and counted as SKIPPED_KIND in the
    report's reasons. Raises UnreadableFile.
    """
    with recorded("import_corporate_actions", path, {"exchange": exchange, "source": source}) as report:
        table = read_table(path)
        rows = read_actions(table)
        report.read = len(rows) + len(table.malformed)
        owners = _owners(rows, exchange)
        refused = [(row, *why) for row in rows if (why := _refusal(row, owners))]
        bad = {row.line for row, *_ in refused}
        with transaction.atomic():
            changed = _store([row for row in rows if row.line not in bad], owners, source, report)
            if changed:
                versions.bump(VERSION_ACTIONS)
        _report(report, refused, rows, table.malformed, now)
    return report


def _owners(rows: Iterable[ActionRow], exchange: str) -> dict[tuple[str, object], int]:
    """Return who had each symbol on its ex-date."""
    wanted = {(row.symbol, row.ex_date) for row in rows if row.symbol and row.ex_date}
    history = symbol_history(exchange, {symbol for symbol, _ in wanted})
    return {
        (symbol, day): span.instrument_id
        for symbol, day in wanted
        for span in reversed(history.get(symbol, []))
        if span.covers(day)
    }


def _refusal(row: ActionRow, owners: dict[tuple[str, object], int]) -> tuple[str, str] | None:
    if row.fault:
        return "UNPARSABLE", row.fault
    if row.price_factor is None:
        return "SKIPPED_NO_FACTOR", f"{row.kind} without a price factor"
    if (row.symbol, row.ex_date) not in owners:
        return "UNKNOWN_SYMBOL", f"no instrument had the symbol {row.symbol} on {row.ex_date}"
    return None


def _store(rows: list[ActionRow], owners: dict[tuple[str, object], int], source: str, report: ImportReport) -> bool:
    """Write what is new or different. Of two rows for one event the first counts."""
    stored = {
        (action.instrument_id, action.ex_date, action.kind): action
        for action in CorporateAction.objects.filter(instrument_id__in=set(owners.values()))
    }
    added: list[CorporateAction] = []
    changed: list[CorporateAction] = []
    for row in rows:
        key = (owners[row.symbol, row.ex_date], row.ex_date, row.kind)
        evidence = f"not applied: {row.not_applied}. {row.evidence}"[:200] if row.not_applied else row.evidence
        values = (row.price_factor, row.confidence, evidence, not row.not_applied)
        action = stored.get(key)
        if action is None:
            action = stored[key] = CorporateAction(
                instrument_id=key[0],
                ex_date=key[1],
                kind=key[2],
                source=source[:40],
                **dict(zip(_COMPARED, values, strict=True)),
            )
            added.append(action)
        elif tuple(getattr(action, name) for name in _COMPARED) == values:
            report.unchanged += 1
        else:
            for name, value in zip(_COMPARED, values, strict=True):
                setattr(action, name, value)
            changed.append(action)
    CorporateAction.objects.bulk_create(added)
    CorporateAction.objects.bulk_update(changed, _COMPARED)
    report.added, report.changed = len(added), len(changed)
    return bool(added or changed)


def _report(
    report: ImportReport,
    refused: list[tuple[ActionRow, str, str]],
    rows: list[ActionRow],
    malformed: list[tuple[int, str]],
    now: datetime,
) -> None:
    report.rejected = len(refused) + len(malformed)
    for _, code, _ in refused:
        report.reasons[code] += 1
    if malformed:
        report.reasons["UNPARSABLE"] += len(malformed)
    bad = {row.line for row, *_ in refused}
    kept = [row for row in rows if row.not_applied and row.line not in bad]
    if kept:
        report.reasons["SKIPPED_KIND"] = len(kept)
        report.notes.append(f"{len(kept)} rows are kept but not applied: their kind is no known corporate action")
    lines = [
        *((row, code, detail) for row, code, detail in refused),
        *((row, "SKIPPED_KIND", row.not_applied) for row in kept),
    ]
    cells = [
        (row.line, row.symbol, row.ex_date or "", row.price_factor or "", row.kind, code, detail)
        for row, code, detail in sorted(lines, key=lambda line: line[0].line)
    ]
    cells += [(line, "", "", "", "", "UNPARSABLE", text[:200]) for line, text in malformed]
    write_rejected(report, _HEADER, cells, at=now)
