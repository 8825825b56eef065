"""Instruments and universes as a source lists them, written into the database so that search and lists work at once.

A listed symbol is the row (exchange, symbol). A row that somebody else made is never renamed or re-typed: the listing
only fills what it left blank; a later import does the same to rows made here and finds them by exchange and symbol.
No `InstrumentSymbol` rows are written: a present symbol counts from the beginning until a history says otherwise.

Contracts: every listed future becomes a row; of the options only those of each underlying's two nearest expiries,
which is what strategies and search speak of. Quotes, candles and chains of all other contracts work without a row.
Contracts that have expired, or that their own source no longer lists, are marked inactive.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Q

from core import versions
from core.clock import IST
from market.adapters.base import ListedInstrument
from market.constants import VERSION_INSTRUMENTS, VERSION_UNIVERSES, Segment
from market.models import Instrument, Universe, UniverseMember, UniverseSnapshot
from market.services import providers

#: A listing stands from the simulated exchange's first session on.
LISTED_SINCE: Final = date(2019, 1, 1)
NEAR_EXPIRIES: Final = 2
BATCH: Final = 2000
FACTS: Final = ("name", "isin", "sector", "underlying", "expiry", "strike", "lot_size", "tick_size", "is_active")
#: What a listing may fill in on a row that somebody else made.
FILLED: Final = ("name", "isin", "sector")


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a run did."""

    source: str
    listed: int
    added: int
    changed: int
    unchanged: int
    expired: int
    universes: int


def seed(*, now: datetime) -> Seeded:
    """Write what the configured sources list into instruments and universes. Idempotent.

    Raises core.errors.DataUnavailable when no configured source lists its instruments.
    """
    rows, source = providers.registry().instruments(now=now)
    return write(rows=rows, origin=source, now=now)


def write(*, rows: Sequence[ListedInstrument], origin: str, now: datetime) -> Seeded:
    """Write listed instruments and the universes their tags name, in one transaction."""
    today = now.astimezone(IST).date()
    wanted = near(rows, today)
    with transaction.atomic():
        added, changed = _write_instruments(wanted, origin)
        expired = _retire(wanted, origin, today)
        universes = _write_universes(wanted, origin)
        if added or changed or expired:
            versions.bump(VERSION_INSTRUMENTS)
        if universes:
            versions.bump(VERSION_UNIVERSES)
    return Seeded(
        source=origin,
        listed=len(wanted),
        added=added,
        changed=changed,
        unchanged=len(wanted) - added - changed,
        expired=expired,
        universes=universes,
    )


def near(rows: Iterable[ListedInstrument], today: date) -> list[ListedInstrument]:
    """Leave out options beyond the two nearest expiries of their underlying, and contracts that have expired."""
    listed = [row for row in rows if row.expiry is None or row.expiry >= today]
    expiries: dict[str, set[date]] = defaultdict(set)
    for row in listed:
        if row.segment == Segment.OPTIONS and row.expiry:
            expiries[row.underlying].add(row.expiry)
    last = {name: sorted(dates)[:NEAR_EXPIRIES][-1] for name, dates in expiries.items()}
    return [
        row
        for row in listed
        if row.segment != Segment.OPTIONS or (row.expiry is not None and row.expiry <= last[row.underlying])
    ]


def _write_instruments(rows: Sequence[ListedInstrument], origin: str) -> tuple[int, int]:
    """Return how many rows were added and changed."""
    exchanges = {row.exchange for row in rows}
    present = {(it.exchange, it.symbol): it for it in Instrument.objects.filter(exchange__in=exchanges)}
    added: list[Instrument] = []
    changed: list[Instrument] = []
    for row in rows:
        facts = _facts(row)
        it = present.get((row.exchange, row.symbol))
        if it is None:
            kind = {"segment": row.segment, "instrument_type": row.instrument_type}
            added.append(Instrument(exchange=row.exchange, symbol=row.symbol, origin=origin, **kind, **facts))
        elif _apply(it, facts, own=it.origin == origin):
            changed.append(it)
    Instrument.objects.bulk_create(added, batch_size=BATCH)
    Instrument.objects.bulk_update(changed, FACTS, batch_size=500)
    return len(added), len(changed)


def _facts(row: ListedInstrument) -> dict[str, object]:
    return {
        "name": row.name,
        "isin": row.isin,
        "sector": row.sector,
        "underlying": row.underlying,
        "expiry": row.expiry,
        "strike": None if row.strike is None else Decimal(f"{row.strike:.2f}"),
        "lot_size": max(1, row.lot_size),
        "tick_size": Decimal(f"{row.tick_size:.4f}"),
        "is_active": True,
    }


def _apply(it: Instrument, facts: dict[str, object], *, own: bool) -> bool:
    """Put facts on a row: all of them on our own, only missing ones on another's. Return whether it changed."""
    names = FACTS if own else [name for name in FILLED if not getattr(it, name)]
    different = [name for name in names if getattr(it, name) != facts[name]]
    for name in different:
        setattr(it, name, facts[name])
    return bool(different)


def _retire(rows: Sequence[ListedInstrument], origin: str, today: date) -> int:
    """Mark contracts of this source inactive that have expired or are no longer listed."""
    keys = {(row.exchange, row.symbol) for row in rows}
    contracts = Instrument.objects.filter(origin=origin, is_active=True, segment__in=(Segment.FUTURES, Segment.OPTIONS))
    gone = [
        pk
        for pk, exchange, symbol, expiry in contracts.values_list("pk", "exchange", "symbol", "expiry")
        if expiry < today or (exchange, symbol) not in keys
    ]
    for at in range(0, len(gone), 500):
        Instrument.objects.filter(pk__in=gone[at : at + 500]).update(is_active=False)
    return len(gone)


def _write_universes(rows: Sequence[ListedInstrument], origin: str) -> int:
    """Write one list a tag; a universe that has a list of another source is left as it is. Return lists written."""
    tagged: dict[str, list[tuple[str, str]]] = defaultdict(list)
    sectors = {(row.exchange, row.symbol): row.sector for row in rows if row.tags}
    for row in rows:
        for tag in row.tags:
            tagged[tag].append((row.exchange, row.symbol))
    foreign = Universe.objects.filter(~Q(snapshots__source=origin), snapshots__isnull=False, name__in=tagged)
    taken = set(foreign.values_list("name", flat=True))
    ids = {
        (exchange, symbol): pk
        for pk, exchange, symbol in Instrument.objects.filter(exchange__in={key[0] for key in sectors}).values_list(
            "pk", "exchange", "symbol"
        )
    }
    return sum(
        _write_universe(name, {ids[key]: sectors[key] for key in keys}, origin)
        for name, keys in sorted(tagged.items())
        if name not in taken
    )


def _write_universe(name: str, members: dict[int, str], origin: str) -> bool:
    universe, _ = Universe.objects.get_or_create(name=name, defaults={"title": _title(name)})
    snapshot, _ = UniverseSnapshot.objects.get_or_create(
        universe=universe, as_of=LISTED_SINCE, defaults={"source": origin}
    )
    if set(snapshot.members.values_list("instrument_id", "sector")) == set(members.items()):
        return False
    snapshot.members.all().delete()
    UniverseMember.objects.bulk_create(
        UniverseMember(snapshot=snapshot, instrument_id=pk, sector=sector) for pk, sector in members.items()
    )
    return True


def _title(name: str) -> str:
    return "ETFs" if name == "etf" else "Stocks with derivatives" if name == "fno" else name.replace("_", " ").upper()
