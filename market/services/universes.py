"""Import of dated lists of members."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.models import Max

from core import versions
from core.errors import InvalidRequest
from market.constants import VERSION_INSTRUMENTS, VERSION_UNIVERSES, InstrumentType, Segment, Source
from market.importers.constituents import ConstituentRow, read_constituents
from market.importers.tables import UnreadableFile, read_table
from market.models import Instrument, InstrumentSymbol, Universe, UniverseMember, UniverseSnapshot
from market.selectors.instruments import symbol_history
from market.services.imports import ImportReport, recorded, write_rejected

_HEADER: Final = ("line", "symbol", "isin", "reason", "detail")
_FACTS: Final = ("name", "sector", "isin")


def import_constituents(
    *, path: Path, universe: str, as_of: date, exchange: str = "NSE", now: datetime
) -> ImportReport:
    """Import a list of members as it stood on ``as_of``; unknown universes and instruments are made.

    The file replaces a list of the same date. Sectors, names and ISINs are taken over into the instruments. Counts are
    of members: added, changed (another sector, name or ISIN), unchanged. Raises UnreadableFile, InvalidRequest.
    """
    name = universe.strip().lower()
    if not name or not all(part.isalnum() for part in name.replace("-", "_").split("_")):
        raise InvalidRequest(f"'{universe}' is no name of a universe; use letters, digits and underscores")
    options: dict[str, object] = {"universe": name, "as_of": as_of.isoformat(), "exchange": exchange}
    with recorded("import_constituents", path, options) as report:
        table = read_table(path)
        rows = read_constituents(table)
        good = [row for row in rows if not row.fault]
        if not good:
            raise UnreadableFile(f"{path.name}: no row has a symbol")
        report.read = len(rows) + len(table.malformed)
        with transaction.atomic():
            instruments, touched = _instruments(good, exchange, as_of, report)
            removed = _write_list(name, as_of, path.name, good, instruments, touched, report)
            if removed:
                report.notes.append(f"{removed} members of the former list of {as_of} are no longer in it")
            _bump(report, touched=bool(touched), removed=removed)
        refused = [row for row in rows if row.fault]
        report.rejected = len(refused) + len(table.malformed)
        if report.rejected:
            report.reasons["UNPARSABLE"] = report.rejected
        cells = [(row.line, row.symbol, row.isin, "UNPARSABLE", row.fault) for row in refused]
        cells += [(line, "", "", "UNPARSABLE", text[:200]) for line, text in table.malformed]
        write_rejected(report, _HEADER, cells, at=now)
    return report


def _bump(report: ImportReport, *, touched: bool, removed: int) -> None:
    if touched:
        versions.bump(VERSION_INSTRUMENTS)
    if report.added or report.changed or removed:
        versions.bump(VERSION_UNIVERSES)


def _instruments(
    rows: list[ConstituentRow], exchange: str, as_of: date, report: ImportReport
) -> tuple[dict[str, Instrument], set[int]]:
    """Return the instrument of each symbol on ``as_of``, and the ids of those made or changed."""
    history = symbol_history(exchange, [row.symbol for row in rows])
    ids = {
        row.symbol: span.instrument_id
        for row in rows
        for span in reversed(history.get(row.symbol, []))
        if span.covers(as_of)
    }
    stored = Instrument.objects.in_bulk(list(ids.values()))
    by_symbol = {symbol: stored[pk] for symbol, pk in ids.items()}
    touched: set[int] = set()
    made = 0
    for row in rows:
        instrument = by_symbol.get(row.symbol)
        if instrument is None:
            instrument = by_symbol[row.symbol] = _renamed(row, exchange, as_of, report) or _made(row, exchange)
            made += 1
            touched.add(instrument.id)
        if _take_over(instrument, row):
            touched.add(instrument.id)
    Instrument.objects.bulk_update([one for one in by_symbol.values() if one.id in touched], _FACTS)
    if made:
        report.notes.append(f"{made} instruments were not known by these symbols and have been made or found by ISIN")
    return by_symbol, touched


def _made(row: ConstituentRow, exchange: str) -> Instrument:
    return Instrument.objects.create(
        exchange=exchange, symbol=row.symbol, segment=Segment.EQUITY, instrument_type=InstrumentType.EQUITY
    )


def _renamed(row: ConstituentRow, exchange: str, as_of: date, report: ImportReport) -> Instrument | None:
    """Return the one instrument with the row's ISIN and note its other symbol; None if no single one has the ISIN.

    Lists come in any order, so the date decides which symbol is the new one: what the instrument is known by after
    ``as_of`` stays its name, and the row's symbol is a former one.
    """
    if not row.isin:
        return None
    same = list(Instrument.objects.filter(exchange=exchange, isin=row.isin, segment=Segment.EQUITY)[:2])
    if len(same) != 1:
        return None
    instrument, present = same[0], same[0].symbol
    if _known_after(instrument, as_of):
        InstrumentSymbol.objects.update_or_create(
            instrument=instrument, exchange=exchange, symbol=row.symbol, valid_from=None, defaults={"valid_to": as_of}
        )
        report.notes.append(f"{row.symbol} is a former name of {present} (same ISIN)")
        return instrument
    until = as_of - timedelta(days=1)
    spans = InstrumentSymbol.objects.filter(instrument=instrument, exchange=exchange, symbol=present)
    if not spans.filter(valid_to__isnull=True).update(valid_to=until):
        InstrumentSymbol.objects.create(instrument=instrument, exchange=exchange, symbol=present, valid_to=until)
    InstrumentSymbol.objects.create(instrument=instrument, exchange=exchange, symbol=row.symbol, valid_from=as_of)
    instrument.symbol = row.symbol
    instrument.save(update_fields=["symbol"])
    report.notes.append(f"{present} is called {row.symbol} from {as_of} on (same ISIN)")
    return instrument


def _known_after(instrument: Instrument, day: date) -> bool:
    """Tell whether the present symbol is younger knowledge than ``day``: a listing of today, or later bars."""
    if instrument.origin == Source.SIMULATED:
        return True
    last_ts = instrument.series.aggregate(last=Max("last_ts"))["last"]
    return last_ts is not None and datetime.fromtimestamp(last_ts, UTC).date() > day


def _take_over(instrument: Instrument, row: ConstituentRow) -> bool:
    """Copy what the list says; return whether anything is new."""
    changed = False
    for fact in _FACTS:
        value = getattr(row, fact)
        if value and getattr(instrument, fact) != value:
            setattr(instrument, fact, value)
            changed = True
    return changed


def _write_list(
    name: str,
    as_of: date,
    source: str,
    rows: list[ConstituentRow],
    instruments: dict[str, Instrument],
    touched: set[int],
    report: ImportReport,
) -> int:
    """Write the members of one date; return how many of a former list are gone."""
    universe, _ = Universe.objects.get_or_create(name=name, defaults={"title": name.replace("_", " ").upper()})
    snapshot, _ = UniverseSnapshot.objects.update_or_create(
        universe=universe, as_of=as_of, defaults={"source": source[:80]}
    )
    stored = {member.instrument_id: member for member in snapshot.members.all()}
    new: list[UniverseMember] = []
    other: list[UniverseMember] = []
    for row in rows:
        instrument = instruments[row.symbol]
        member = stored.pop(instrument.id, None)
        if member is None:
            new.append(UniverseMember(snapshot=snapshot, instrument=instrument, sector=row.sector))
        elif member.sector != row.sector:
            member.sector = row.sector
            other.append(member)
        elif instrument.id in touched:
            report.changed += 1
        else:
            report.unchanged += 1
    UniverseMember.objects.bulk_create(new)
    UniverseMember.objects.bulk_update(other, ["sector"])
    gone = UniverseMember.objects.filter(pk__in=[member.pk for member in stored.values()]).delete()[0]
    report.added += len(new)
    report.changed += len(other)
    return gone
