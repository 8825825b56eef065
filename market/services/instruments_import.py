"""Import of a broker's list of instruments: instruments, and the broker's own names for them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from core import versions
from market.adapters.base import ListedInstrument
from market.constants import VERSION_INSTRUMENTS
from market.importers.kite_dump import read_kite_dump
from market.importers.tables import UnreadableFile, read_table
from market.models import BrokerAlias, Instrument, InstrumentSymbol
from market.selectors.instruments import symbol_history
from market.services.broker_aliases import AliasBook, AliasChanges
from market.services.imports import ImportReport, Progress, recorded, write_rejected
from market.services.steps import short_step

BROKER: Final = "kite"
#: Rows written in one transaction: small, so that SQLite's write lock is short.
_STEP: Final = 100
_HEADER: Final = ("line", "symbol", "reason", "detail")
_FACTS: Final = ("underlying", "expiry", "strike", "lot_size", "tick_size", "is_active")

Pair = tuple[ListedInstrument, Instrument | None]


def import_instruments(
    *, path: Path, as_of: date, now: datetime, progress: Progress = lambda stage, done, total: None
) -> ImportReport:
    """Import Zerodha's list of instruments as it stood on ``as_of``.

    Unknown instruments are made; known ones get the list's contract terms. Every token is kept with its dates: a token
    that passed to another instrument ends for the former one. Counts are of rows. Raises UnreadableFile.
    """
    with recorded("import_instruments", path, {"as_of": as_of.isoformat(), "broker": BROKER}) as report:
        table = read_table(path)
        rows = read_kite_dump(table)
        report.read = len(rows) + len(table.malformed)
        listed = [one for _, one, _, _ in rows if one is not None]
        if not listed:
            raise UnreadableFile(f"{path.name}: no row names an instrument the platform keeps")
        pairs = _pairs(listed, as_of)
        book = AliasBook(
            BROKER, (one.token or 0 for one in listed), (known.id for _, known in pairs if known is not None)
        )
        reused = 0
        for at in range(0, len(pairs), _STEP):
            reused += _write_step(pairs[at : at + _STEP], book, as_of, report)
            progress("writing", min(at + _STEP, len(pairs)), len(pairs))
        if reused:
            report.notes.append(f"{reused} tokens passed to another instrument; the former owner's time is closed")
        refused = [(line, symbol, *_split(why)) for line, one, why, symbol in rows if one is None]
        refused += [(line, "", "UNPARSABLE", text[:200]) for line, text in table.malformed]
        report.rejected = len(refused)
        for _, _, code, _ in refused:
            report.reasons[code] += 1
        write_rejected(report, _HEADER, refused, at=now)
    return report


def _pairs(listed: Sequence[ListedInstrument], as_of: date) -> list[Pair]:
    """Return each row with the instrument that has its symbol on ``as_of``."""
    ids: dict[tuple[str, str], int] = {}
    for exchange in {one.exchange for one in listed}:
        history = symbol_history(exchange, [one.symbol for one in listed if one.exchange == exchange])
        for symbol, spans in history.items():
            current = next((span for span in spans if span.covers(as_of)), None)
            if current is not None:
                ids[exchange, symbol] = current.instrument_id
    wanted = sorted(set(ids.values()))
    known: dict[int, Instrument] = {}
    for at in range(0, len(wanted), 5_000):
        known.update(Instrument.objects.in_bulk(wanted[at : at + 5_000]))
    return [(one, known.get(ids.get((one.exchange, one.symbol), -1))) for one in listed]


def _write_step(pairs: Sequence[Pair], book: AliasBook, as_of: date, report: ImportReport) -> int:
    """Write some rows in one short transaction, none if nothing is new; return how many tokens were reused."""
    changes = AliasChanges()
    updated = [known for one, known in pairs if known is not None and _take_over(known, one)]
    touched = {known.id for known in updated}
    for one, known in pairs:
        if known is None:
            report.added += 1
        elif book.record(known.id, one.symbol, one.token or 0, as_of, changes) or known.id in touched:
            report.changed += 1
        else:
            report.unchanged += 1
    strangers = [one for one, known in pairs if known is None]
    fresh = [_new(one) for one in strangers]
    if not (fresh or updated or changes.new or changes.changed):
        return 0
    with short_step():
        made = Instrument.objects.bulk_create(fresh)
        InstrumentSymbol.objects.bulk_create(
            InstrumentSymbol(instrument=one, exchange=one.exchange, symbol=one.symbol) for one in made
        )
        for one, instrument in zip(strangers, made, strict=True):
            book.record(instrument.id, one.symbol, one.token or 0, as_of, changes)
        Instrument.objects.bulk_update(updated, (*_FACTS, "name"))
        BrokerAlias.objects.bulk_create(changes.new)
        BrokerAlias.objects.bulk_update(
            list(changes.changed.values()), ("instrument_id", "code", "valid_from", "valid_to")
        )
        versions.bump(VERSION_INSTRUMENTS)
    return changes.reused


def _new(one: ListedInstrument) -> Instrument:
    return Instrument(
        exchange=one.exchange,
        symbol=one.symbol,
        name=one.name,
        segment=one.segment,
        instrument_type=one.instrument_type,
        **_facts(one),
    )


def _facts(one: ListedInstrument) -> dict[str, object]:
    return {
        "underlying": one.underlying,
        "expiry": one.expiry,
        "strike": None if one.strike is None else Decimal(str(one.strike)),
        "lot_size": one.lot_size,
        "tick_size": Decimal(str(one.tick_size)),
        "is_active": True,
    }


def _take_over(known: Instrument, one: ListedInstrument) -> bool:
    """Copy the terms of the list; a name only where there is none. Return whether anything is new."""
    changed = False
    if known.segment != one.segment:
        return False  # the symbol means something else here; terms of a contract do not fit
    for fact, value in _facts(one).items():
        if getattr(known, fact) != value:
            setattr(known, fact, value)
            changed = True
    if not known.name and one.name:
        known.name = one.name
        changed = True
    return changed


def _split(why: str) -> tuple[str, str]:
    code, _, words = why.partition(": ")
    return code, words
