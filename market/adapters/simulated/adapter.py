"""The simulated exchange as a source."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from engines import simulation
from engines.simulation import SimulatedMarket
from market.adapters.base import (
    Bars,
    Capabilities,
    ListedInstrument,
    OptionChain,
    Quote,
    UnknownSymbol,
    Unsupported,
)
from market.adapters.simulated import instruments, translation
from market.adapters.simulated.hours import sessions
from market.adapters.simulated.ticks import SimulatedTicks

MINUTES: Final = {"minute": 1, "5minute": 5, "15minute": 15, "60minute": 60}
OPTION_TICK: Final = 0.05
#: A request for at most so many symbols gets the five levels of each book, too.
WITH_DEPTH: Final = 5


def _nothing_fails(call: str) -> None:
    """Let every call through."""


class SimulatedData:
    """`market.adapters.base.MarketData` over `engines.simulation`. Thread-safe.

    ``hours`` is ``always`` or ``exchange``. ``fail`` is called with the name of every call before it is answered and
    may raise a ProviderError: the seam by which tests and drills make this source break.
    """

    name = "simulated"
    capabilities = Capabilities(
        candles=frozenset({*MINUTES, "day"}),
        depth=True,
        option_chain=True,
        ticks=True,
        instruments=True,
        realtime=True,
        max_symbols_per_quote=500,
        calls_per_second=10_000.0,
    )

    def __init__(
        self,
        *,
        seed: int,
        hours: str,
        fail: Callable[[str], None] = _nothing_fails,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.market = SimulatedMarket(seed, sessions(hours))
        self._fail = fail
        self._sleep = sleep
        self._lock = threading.Lock()
        self._listed: tuple[int, list[ListedInstrument], frozenset[str]] | None = None

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        self._fail("quotes")
        known = self._quotable(symbols, now)
        if not known or not self._has_opened(now):
            return {}
        found = translation.quotes(self.market.quotes(known, now))
        return self._with_depth(found, now) if len(found) <= WITH_DEPTH else found

    def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
        self._fail("candles")
        if interval not in self.capabilities.candles:
            raise Unsupported(f"the simulated exchange has no {interval} candles", provider=self.name, symbol=symbol)
        self._require(symbol)
        if interval == "day":
            return self._days(symbol, start, end, now)
        after = min(end + timedelta(seconds=1), now + timedelta(milliseconds=1))
        return translation.minutes(self.market.bars(symbol, MINUTES[interval], start, after, now))

    def option_chain(self, underlying: str, expiry: date | None, *, now: datetime) -> OptionChain:
        self._fail("option_chain")
        try:
            found = self.market.chain(underlying, expiry, now)
        except (KeyError, ValueError, IndexError) as error:
            detail = error.args[0] if error.args else f"no options of {underlying}"
            raise UnknownSymbol(str(detail), provider=self.name, symbol=underlying) from error
        calendar = self.market.sessions
        closed = datetime.fromtimestamp(calendar.close_of(calendar.ordinal_at(now)), UTC)
        return translation.chain(found, as_of=min(now, closed))

    def instruments(self, *, now: datetime) -> Sequence[ListedInstrument]:
        self._fail("instruments")
        return self._listing(now)[0]

    def tick_source(self) -> SimulatedTicks:
        return SimulatedTicks(self._quotes_for_stream, sleep=self._sleep)

    def daily_matrix(self, symbols: Sequence[str], start: date, end: date, now: datetime) -> simulation.DailyBars:
        """Return day bars of many symbols at once, (days, symbols) in the order given: what a price panel is made of.

        Prices in rupees, volumes in units, NaN where a symbol was not listed; the day in progress is the day so far.
        Raises UnknownSymbol.
        """
        for symbol in symbols:
            self._require(symbol)
        return self.market.daily(symbols, start, end, now)

    def _days(self, symbol: str, start: datetime, end: datetime, now: datetime) -> Bars:
        """A day bar is stamped with its date's UTC midnight, which an always-open session begins 5½ hours before."""
        first = np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "s")
        days = first.astype("datetime64[D]")
        if days.astype("datetime64[s]") < first:
            days += np.timedelta64(1, "D")
        calendar = self.market.sessions
        today = calendar.dates[max(0, calendar.ordinal_at(now))]
        last = today if end >= now else np.datetime64(end.astimezone(UTC).replace(tzinfo=None), "D")
        return translation.days(self.market.daily([symbol], days, last, now))

    def _quotes_for_stream(self, symbols: Sequence[str], now: datetime) -> dict[str, Quote]:
        self._fail("ticks")
        return self.quotes(symbols, now=now)

    def _has_opened(self, now: datetime) -> bool:
        return self.market.sessions.ordinal_at(now) >= 0

    def _require(self, symbol: str) -> None:
        if symbol in self.market.listing.row_of:
            return
        try:
            self.market.contract(symbol)
        except KeyError as error:
            raise UnknownSymbol(
                f"the simulated exchange does not list {symbol}", provider=self.name, symbol=symbol
            ) from error

    def _quotable(self, symbols: Sequence[str], now: datetime) -> list[str]:
        """Return the symbols that trade in this session, once each."""
        row_of = self.market.listing.row_of
        if all(symbol in row_of for symbol in symbols):
            return list(dict.fromkeys(symbols))
        contracts = self._listing(now)[1]
        return [symbol for symbol in dict.fromkeys(symbols) if symbol in row_of or symbol in contracts]

    def _with_depth(self, found: dict[str, Quote], now: datetime) -> dict[str, Quote]:
        return {
            key: quote
            if quote.upper_circuit is None
            else replace(quote, depth=translation.depth(self.market.depth(key, now)))
            for key, quote in found.items()
        }

    def _listing(self, now: datetime) -> tuple[list[ListedInstrument], frozenset[str]]:
        """Return everything listed on the session at ``now``, and the keys of its contracts. Kept for that session."""
        ordinal = max(0, self.market.sessions.ordinal_at(now))
        with self._lock:
            if self._listed is None or self._listed[0] != ordinal:
                moment = self.market.sessions.open_of(ordinal)
                static, dated = self.market.listing.instruments, self.market.contracts(moment)
                rows = instruments.cash(static, self._tick_sizes(static, moment))
                futures = [it for it in dated if it.kind == "FUT"]
                options = [it for it in dated if it.kind != "FUT"]
                rows += instruments.contracts(futures, self._tick_sizes(futures, moment))
                rows += instruments.contracts(options, [OPTION_TICK] * len(options))
                self._listed = (ordinal, rows, frozenset(it.key for it in dated))
            return self._listed[1], self._listed[2]

    def _tick_sizes(self, listed: Sequence[simulation.SimInstrument | simulation.Contract], moment: int) -> list[float]:
        return self.market.tick_sizes([it.key for it in listed], moment).tolist()
