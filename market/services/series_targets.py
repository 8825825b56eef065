"""Where the rows of a file go: symbol and date to instrument, instrument to series; both are made when missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
from django.db import transaction

from core import versions
from market.adapters.base import Ints
from market.constants import VERSION_INSTRUMENTS, InstrumentType, Segment
from market.importers.bars import ContractTerms, FileBars, FormerSymbol
from market.importers.index_names import known_index
from market.importers.reasons import CODES, Reason
from market.models import CandleSeries, Instrument, InstrumentSymbol
from market.selectors.instruments import DatedSymbol, symbol_history
from market.services.steps import short_step

_DERIVATIVES_OF: Final = {"NSE": "NFO", "BSE": "BFO"}
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
#: Instruments made in one transaction: small, so that SQLite's write lock is short.
_STEP: Final = 200


@dataclass(slots=True)
class Target:
    """One instrument that rows of the file belong to. ids are None until it is made."""

    exchange: str
    symbol: str
    segment: str
    instrument_id: int | None = None
    series_id: int | None = None


@dataclass(frozen=True, slots=True)
class SeriesKind:
    """What the series of one import have in common."""

    interval: str
    source: str
    origin: str
    basis: str


def resolve(bars: FileBars, *, exchange: str) -> tuple[list[Target], Ints]:
    """Return the targets of a file and, for each row, the number of its target (-1: none).

    Symbols resolve by the date of the row; a row whose symbol was nobody's on its date is marked.
    """
    places = [_place(name, bars.contracts.get(name), exchange) for name in bars.symbols]
    history = {
        venue: symbol_history(venue, [place[1] for place in places if place[0] == venue])
        for venue in {place[0] for place in places}
    }
    targets: list[Target] = []
    numbers: dict[tuple[str, str, int | None], int] = {}
    by_symbol = np.full(len(places), -1, np.int64)
    dated: list[tuple[int, list[DatedSymbol]]] = []

    def number(place: tuple[str, str, str], instrument: int | None) -> int:
        key = ("", "", instrument) if instrument is not None else (place[0], place[1], None)
        if key not in numbers:
            numbers[key] = len(targets)
            targets.append(Target(*place, instrument_id=instrument))
        return numbers[key]

    for at, place in enumerate(places):
        if not place[1]:
            continue
        spans = history[place[0]].get(place[1], [])
        if len(spans) == 1 and spans[0].first is None and spans[0].last is None:
            by_symbol[at] = number(place, spans[0].instrument_id)
        elif spans:
            dated.append((at, spans))
        else:
            by_symbol[at] = number(place, None)
    group = by_symbol[bars.symbol]
    for at, spans in dated:
        _resolve_by_date(bars, group, at, [(span, number(places[at], span.instrument_id)) for span in spans])
    bars.refuse(group < 0, CODES[Reason.UNKNOWN_SYMBOL])
    return targets, group


def _resolve_by_date(bars: FileBars, group: Ints, at: int, spans: Sequence[tuple[DatedSymbol, int]]) -> None:
    rows = bars.symbol == at
    for span, number in reversed(spans):
        first = -(2**40) if span.first is None else span.first.toordinal() - _EPOCH_ORDINAL
        last = 2**40 if span.last is None else span.last.toordinal() - _EPOCH_ORDINAL
        group[rows & (bars.day >= first) & (bars.day <= last)] = number


def _place(name: str, terms: ContractTerms | None, exchange: str) -> tuple[str, str, str]:
    """Return (exchange, symbol, segment) of a name in a file."""
    if terms is not None:
        return _DERIVATIVES_OF.get(exchange, exchange), name, terms.segment
    index = known_index(name)
    if index is not None:
        return index[0], index[1], Segment.INDEX.value
    return exchange, name, Segment.EQUITY.value


def attach_series(targets: Sequence[Target], kind: SeriesKind) -> None:
    """Fill in the ids of series that exist."""
    ids = [target.instrument_id for target in targets if target.instrument_id is not None]
    found: dict[int, int] = {}
    for at in range(0, len(ids), 5_000):
        rows = CandleSeries.objects.filter(
            instrument_id__in=ids[at : at + 5_000],
            interval=kind.interval,
            source=kind.source,
            origin=kind.origin,
            basis=kind.basis,
        )
        found.update(rows.values_list("instrument_id", "id"))
    for target in targets:
        if target.instrument_id is not None:
            target.series_id = found.get(target.instrument_id)


def make_missing(
    targets: Sequence[Target],
    kind: SeriesKind,
    contracts: dict[str, ContractTerms],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Make the instruments and series that ``targets`` lack, in small transactions. Return how many instruments."""
    made_instruments = make_instruments(targets, contracts, progress=progress)
    lacking = [target for target in targets if target.series_id is None]
    for at in range(0, len(lacking), _STEP):
        some = lacking[at : at + _STEP]
        with short_step():
            made = CandleSeries.objects.bulk_create(
                CandleSeries(
                    instrument_id=target.instrument_id,
                    interval=kind.interval,
                    source=kind.source,
                    origin=kind.origin,
                    basis=kind.basis,
                )
                for target in some
            )
        for target, series in zip(some, made, strict=True):
            target.series_id = series.id
    return made_instruments


def make_instruments(
    targets: Sequence[Target],
    contracts: dict[str, ContractTerms],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Make the instruments that ``targets`` lack, in small transactions. Return how many."""
    strangers = [target for target in targets if target.instrument_id is None]
    for at in range(0, len(strangers), _STEP):
        with short_step():
            _make_instruments(strangers[at : at + _STEP], contracts)
            versions.bump(VERSION_INSTRUMENTS)
        progress(min(at + _STEP, len(strangers)), len(strangers))
    return len(strangers)


def _make_instruments(targets: Sequence[Target], contracts: dict[str, ContractTerms]) -> None:
    made = Instrument.objects.bulk_create([_instrument(target, contracts.get(target.symbol)) for target in targets])
    InstrumentSymbol.objects.bulk_create(
        InstrumentSymbol(instrument=one, exchange=one.exchange, symbol=one.symbol) for one in made
    )
    for target, instrument in zip(targets, made, strict=True):
        target.instrument_id = instrument.id


def _instrument(target: Target, terms: ContractTerms | None) -> Instrument:
    if terms is not None:
        return Instrument(
            exchange=target.exchange,
            symbol=target.symbol,
            name=terms.underlying,
            segment=terms.segment,
            instrument_type=terms.instrument_type,
            underlying=terms.underlying,
            expiry=terms.expiry,
            strike=None if terms.strike is None else Decimal(str(terms.strike)),
            lot_size=terms.lot_size,
        )
    is_index = target.segment == Segment.INDEX
    return Instrument(
        exchange=target.exchange,
        symbol=target.symbol,
        name=target.symbol if is_index else "",
        segment=target.segment,
        instrument_type=InstrumentType.INDEX if is_index else InstrumentType.EQUITY,
    )


def record_former_symbols(former: Sequence[FormerSymbol], *, exchange: str) -> int:
    """Keep under which symbols shares traded once, as far as the instrument is known. Return how many are new."""
    known = Instrument.objects.filter(exchange=exchange, symbol__in={one.symbol for one in former})
    instruments = dict(known.values_list("symbol", "id"))
    rows = [
        InstrumentSymbol(
            instrument_id=instruments[one.symbol],
            exchange=exchange,
            symbol=one.former,
            valid_from=one.first,
            valid_to=one.last,
        )
        for one in former
        if one.symbol in instruments
    ]
    before = InstrumentSymbol.objects.count()
    if rows:
        with transaction.atomic():
            InstrumentSymbol.objects.bulk_create(rows, ignore_conflicts=True)
            versions.bump(VERSION_INSTRUMENTS)
    return InstrumentSymbol.objects.count() - before
