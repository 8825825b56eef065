"""Find instruments: by key, by text, by the symbol they had on a date."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Upper

from core import clock
from core.clock import IST
from market.models import Instrument, InstrumentSymbol

_SYMBOLS_A_QUERY = 5_000


def find_instrument(symbol: str, *, now: datetime | None = None) -> Instrument | None:
    """Return the instrument of ``EXCHANGE:SYMBOL`` (a bare symbol means NSE), in any case; None if there is none.

    A symbol that was given up is found by the name it had last, unless another instrument has it today.
    """
    exchange, _, name = symbol.strip().upper().rpartition(":")
    exchange = exchange or "NSE"
    present = Instrument.objects.filter(exchange=exchange, symbol=name).first()
    if present is not None or not name:
        return present
    today = (now or clock.now()).astimezone(IST).date()
    former = InstrumentSymbol.objects.select_related("instrument").filter(exchange=exchange, symbol=name)
    dated = former.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=today))
    latest = dated.order_by(F("valid_to").desc(nulls_first=True)).first()
    return latest.instrument if latest else None


def names_of(keys: Sequence[str]) -> dict[str, str]:
    """Return the name of each known ``EXCHANGE:SYMBOL`` key, with one query."""
    symbols = {key.rpartition(":")[2] for key in keys}
    found = Instrument.objects.filter(symbol__in=symbols).only("exchange", "symbol", "name")
    named = {instrument.key: instrument.name for instrument in found}
    return {key: named[key] for key in keys if key in named}


def search_instruments(
    text: str, *, exchange: str | None = None, segment: str | None = None, today: date | None = None
) -> QuerySet[Instrument]:
    """Return instruments whose symbol or name contains ``text``: exact symbol, prefix, then the rest; NSE before BSE.

    Expired contracts (before ``today``) are left out.
    """
    wanted = text.strip().upper().rpartition(":")[2]
    found = Instrument.objects.filter(is_active=True).exclude(symbol="")
    if exchange:
        found = found.filter(exchange=exchange)
    if segment:
        found = found.filter(segment=segment)
    if today:
        found = found.filter(Q(expiry__isnull=True) | Q(expiry__gte=today))
    if wanted:
        found = found.filter(Q(symbol__icontains=wanted) | Q(name__icontains=wanted))
    rank = Case(
        When(symbol=wanted, then=Value(0)),
        When(symbol__startswith=wanted, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    kind = Case(
        When(segment="INDEX", then=Value(0)),
        When(segment="EQ", then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return found.annotate(rank=rank, kind=kind).order_by("rank", "kind", Upper("symbol"), "-exchange", "id")


@dataclass(frozen=True, slots=True)
class DatedSymbol:
    """An instrument that had a symbol from ``first`` to ``last`` (None: open)."""

    instrument_id: int
    first: date | None
    last: date | None

    def covers(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def symbol_history(exchange: str, symbols: Iterable[str]) -> dict[str, list[DatedSymbol]]:
    """Return who had each of ``symbols`` on ``exchange``, the narrowest span first; unknown symbols are left out.

    An instrument's present symbol counts from the beginning unless its history says since when.
    """
    wanted = sorted(set(symbols))
    found: dict[str, list[DatedSymbol]] = {}
    for at in range(0, len(wanted), _SYMBOLS_A_QUERY):
        some = wanted[at : at + _SYMBOLS_A_QUERY]
        dated = InstrumentSymbol.objects.filter(exchange=exchange, symbol__in=some)
        for symbol, *span in dated.values_list("symbol", "instrument_id", "valid_from", "valid_to"):
            found.setdefault(symbol, []).append(DatedSymbol(*span))
        present = Instrument.objects.filter(exchange=exchange, symbol__in=some)
        for symbol, instrument in present.values_list("symbol", "id"):
            spans = found.setdefault(symbol, [])
            if all(span.instrument_id != instrument for span in spans):
                spans.append(DatedSymbol(instrument, None, None))
    for spans in found.values():
        spans.sort(key=lambda span: (span.first is None) + (span.last is None))
    return found


def owners_on(exchange: str, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], int]:
    """Return the id of the instrument that had each (symbol, day); those nobody had are left out."""
    history = symbol_history(exchange, {symbol for symbol, _ in wanted})
    return {
        (symbol, day): span.instrument_id
        for symbol, day in wanted
        for span in reversed(history.get(symbol, []))
        if span.covers(day)
    }


def instrument_on(exchange: str, symbol: str, day: date) -> int | None:
    """Return the id of the instrument that had ``symbol`` on ``exchange`` on ``day``."""
    spans = symbol_history(exchange, [symbol]).get(symbol, [])
    return next((span.instrument_id for span in spans if span.covers(day)), None)
