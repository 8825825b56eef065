"""Which clock rules a symbol: the official one with the database's days on top, or the simulated exchange's own.

Services that need to know phase, session, trade date or slot ask `clock_for`; none of them looks at the wall clock.
On an official clock the methods raise `CalendarMissing` in a year without an official list: it is both the engine's
`CalendarUnknown` and the platform's DataUnavailable, so a request that nobody prepared for this is refused with a
sentence, too. Live and broker work calls `require_official` first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, cast

from django.conf import settings

from core import versions
from core.clock import IST
from core.errors import DataUnavailable, InvalidSymbol
from engines.exchange.calendar import CalendarUnknown, SessionCalendar, TradingCalendar
from engines.exchange.clock import AlwaysOpenClock, ExchangeClock, OfficialClock
from engines.exchange.holidays import OFFICIAL_YEARS, DayKind, DayRow, calendar_exchange, official_rows
from engines.simulation.listing import full_listing
from market.adapters.simulated.hours import exchange_calendar
from market.constants import VERSION_CALENDAR, VERSION_INSTRUMENTS, Exchange, Segment
from market.models import Instrument, TradingDay
from market.services import providers

#: A year is official when the database has a holiday of it whose source begins with this word.
OFFICIAL_SOURCE: Final = "official"


class CalendarMissing(CalendarUnknown, DataUnavailable):
    """No official list of trading days is loaded for this exchange and year."""

    def __init__(self, exchange: str, year: int) -> None:
        DataUnavailable.__init__(
            self,
            f"No official trading calendar of {exchange} is loaded for {year}, "
            "so live and broker work is refused until an administrator loads it.",
        )
        self.exchange = exchange
        self.year = year


class _Calendar(SessionCalendar):
    """A calendar that refuses in the platform's words."""

    def _require(self, year: int) -> None:
        if year not in self.years:
            raise CalendarMissing(self.exchange, year)


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What decides an instrument's hours: keys of indices, and shares with derivatives on any exchange."""

    indices: frozenset[str]
    with_derivatives: frozenset[str]


def clock_for(symbol_or_exchange: str) -> ExchangeClock:
    """Return the clock of ``NSE:RELIANCE``, or of an exchange's ordinary segment (``NSE``; options for ``NFO``).

    The first configured source decides: the simulated exchange has its own clock, a replay has its recording's.
    Raises InvalidSymbol for an exchange we do not know.
    """
    exchange, _, symbol = symbol_or_exchange.partition(":")
    if exchange not in Exchange.values:
        raise InvalidSymbol(f"{symbol_or_exchange}: the exchange must be one of {', '.join(Exchange.values)}")
    sources = providers.registry()
    if sources.simulated:
        return simulated_clock(exchange, symbol)
    own = getattr(sources.adapter(sources.primary), "clock", None)
    return cast("Callable[[str], ExchangeClock]", own)(exchange) if own else official_clock(exchange, symbol)


def official_clock(exchange: str, symbol: str = "") -> OfficialClock:
    """Return the official clock of a symbol's segment, whatever the configured sources are."""
    segment, cas_eligible = _segment(exchange, symbol)
    if versions.in_transaction():
        return OfficialClock(official_trading_calendar(exchange), exchange, segment, cas_eligible)
    return _official(exchange, segment, cas_eligible, versions.current(VERSION_CALENDAR))


def simulated_clock(exchange: str, symbol: str = "") -> ExchangeClock:
    """Return the simulated exchange's clock: always open, or NSE's hours (SIMULATED_MARKET_HOURS)."""
    if settings.SIMULATED_MARKET_HOURS == "always":
        return _always(exchange)
    segment, cas_eligible = _segment(exchange, symbol)
    return _simulated(exchange, segment, cas_eligible)


def trading_calendar(exchange: str) -> TradingCalendar:
    """Return the calendar that `clock_for` uses for an exchange."""
    return clock_for(exchange).calendar


def official_trading_calendar(exchange: str) -> SessionCalendar:
    """Return the official calendar with the database's days on top.

    Inside a transaction it is built anew: what this transaction wrote may be rolled back and must not be kept.
    """
    build = _calendar.__wrapped__ if versions.in_transaction() else _calendar
    return build(calendar_exchange(exchange), versions.current(VERSION_CALENDAR))


def calendar_banner(now: datetime) -> str | None:
    """Return what people must be told when no official list of NSE's trading days is loaded for this year."""
    today = now.astimezone(IST).date()
    if _known("NSE", today):
        return None
    return (
        f"No official trading calendar is loaded for {today.year}. Live prices and broker orders are refused until an "
        "administrator loads it; imports and the simulated exchange go on."
    )


def require_official(exchange: str, now: datetime) -> None:
    """Refuse live and broker work when the trading days of this year are not known. Raises DataUnavailable."""
    today = now.astimezone(IST).date()
    if not _known(exchange, today):
        raise CalendarMissing(calendar_exchange(exchange), today.year)


def _known(exchange: str, day: date) -> bool:
    return official_trading_calendar(exchange).is_known(day)


@lru_cache(maxsize=16)
def _always(exchange: str) -> AlwaysOpenClock:
    return AlwaysOpenClock(exchange)


@lru_cache(maxsize=64)
def _official(exchange: str, segment: str, cas_eligible: bool, version: int) -> OfficialClock:
    return OfficialClock(_calendar(calendar_exchange(exchange), version), exchange, segment, cas_eligible)


@lru_cache(maxsize=64)
def _simulated(exchange: str, segment: str, cas_eligible: bool) -> OfficialClock:
    return OfficialClock(exchange_calendar(), exchange if exchange != Exchange.MCX else "NSE", segment, cas_eligible)


@lru_cache(maxsize=16)
def _calendar(exchange: str, version: int) -> SessionCalendar:
    """``version`` is the number of VERSION_CALENDAR the rows belong to; it is here to make the cache forget."""
    rows = list(TradingDay.objects.filter(exchange=exchange))
    years = {
        row.date.year
        for row in rows
        if row.kind == TradingDay.Kind.HOLIDAY and row.source.lower().startswith(OFFICIAL_SOURCE)
    }
    shipped = official_rows(exchange) if exchange in OFFICIAL_YEARS else ()
    return _Calendar(exchange, [*shipped, *map(_day, rows)], OFFICIAL_YEARS.get(exchange, frozenset()) | years)


def _day(row: TradingDay) -> DayRow:
    trading = ((row.open, row.close),) if row.open and row.close else ()
    return DayRow(row.date, DayKind(row.kind), trading, note=row.note, source=row.source)


def _segment(exchange: str, symbol: str) -> tuple[str, bool]:
    """Return segment and closing-auction eligibility, by which hours differ."""
    if exchange in (Exchange.NFO, Exchange.BFO):
        return (Segment.FUTURES.value if symbol.endswith("FUT") else Segment.OPTIONS.value), False
    if exchange == Exchange.MCX:
        return "", False
    if not symbol:
        return Segment.EQUITY.value, False
    read = _kinds.__wrapped__ if versions.in_transaction() else _kinds
    kinds = read(versions.current(VERSION_INSTRUMENTS))
    if f"{exchange}:{symbol}" in kinds.indices:
        return Segment.INDEX.value, True
    return Segment.EQUITY.value, symbol in kinds.with_derivatives


@lru_cache(maxsize=2)
def _kinds(version: int) -> _Kinds:
    """Read once a version of VERSION_INSTRUMENTS; the shipped listing fills in what no import has told yet."""
    listing = full_listing()
    rows = Instrument.objects.filter(segment=Segment.INDEX).values_list("exchange", "symbol")
    contracts = Instrument.objects.filter(segment__in=(Segment.FUTURES, Segment.OPTIONS))
    underlyings = contracts.order_by().values_list("underlying", flat=True).distinct()
    return _Kinds(
        indices=frozenset(f"{exchange}:{symbol}" for exchange, symbol in rows)
        | frozenset(index.key for index in listing.indices),
        with_derivatives=frozenset(underlyings)
        | frozenset(stock.symbol for stock in listing.stocks if stock.has_derivatives),
    )
