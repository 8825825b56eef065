"""Prices of the moment, kept in memory (L1) and, where there is Redis, shared between processes (L2).

L1 holds each quote beside the JSON of its row in ``/api/portfolio/live-prices``, encoded once. The feed and the warmers
write to it; a symbol that neither keeps is asked for when somebody wants it, once however many want it at the same
time. What a broker's token brought is kept apart: the public sees it only with a licence.
"""

import math
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import datetime
from typing import Any, Final, Protocol

import orjson

from core.clock import isoformat_z
from core.errors import DataUnavailable, PlatformError
from market.adapters.base import Quote
from market.adapters.registry import QuoteBatch

#: Seconds for which a quote may be answered without asking again: from a live or simulated source, from a delayed
#: one, and while the exchange is closed.
FRESH_S: Final = 5.0
FRESH_DELAYED_S: Final = 30.0
FRESH_CLOSED_S: Final = 60.0
DELAYED_SOURCES: Final = frozenset({"yahoo", "import"})
STALE_AFTER_S: Final = 10.0
MAX_ENTRIES: Final = 20_000
WAIT_FOR_OTHERS_S: Final = 10.0


class Entry:
    """A quote, its source, when it was seen (monotonic seconds), and the beginning of its JSON row."""

    __slots__ = ("_at", "_head", "as_of_s", "quote", "seen_s", "source")

    def __init__(self, quote: Quote, source: str, seen_s: float) -> None:
        self.quote, self.source, self.seen_s = quote, source, seen_s
        self.as_of_s = quote.as_of.timestamp()
        self._at = ""
        self._head: bytes | None = None

    @property
    def at(self) -> str:
        """The quote's instant as it is printed; most quotes are overtaken before anybody reads them."""
        if not self._at:
            self._at = isoformat_z(self.quote.as_of)
        return self._at

    def row(self, *, stale: bool) -> bytes:
        """Return the JSON row of the quote."""
        if self._head is None:
            self._head = orjson.dumps(_row(self.quote, self.source, self.at), option=orjson.OPT_SERIALIZE_NUMPY)[:-1]
        return self._head + (b',"stale":true}' if stale else b',"stale":false}')


def _row(quote: Quote, source: str, at: str) -> dict[str, Any]:
    return {
        "symbol": quote.symbol,
        "last_price": round(quote.last_price, 2),
        "change": None if quote.change is None else round(quote.change, 2),
        "change_pct": None if quote.change_pct is None else round(quote.change_pct, 2),
        "open": quote.open,
        "high": quote.high,
        "low": quote.low,
        "prev_close": quote.prev_close,
        "volume": quote.volume,
        "data_source": source,
        "as_of": at,
    }


class SharedQuotes(Protocol):
    """L2. Its methods block, never raise, and do nothing while Redis is away."""

    def get(self, symbols: Sequence[str]) -> dict[str, tuple[Quote, str, float]]:
        """Return quote, source and age in seconds of what is shared."""
        ...

    def put(self, quotes: Mapping[str, Quote], sources: Mapping[str, str]) -> None: ...

    def statistics(self) -> dict[str, Any]: ...


class Fetch(Protocol):
    def __call__(self, symbols: Sequence[str], *, now: datetime, for_public: bool) -> QuoteBatch: ...


class QuoteStore:
    """Thread-safe: the feed writes from the event loop, requests read from threads.

    ``fetch`` asks the sources (blocking). ``private`` names the sources that the public may not see. ``is_open`` tells
    whether a symbol trades now, without blocking.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        monotonic: Callable[[], float],
        is_open: Callable[[str, datetime], bool],
        private: Collection[str] = (),
        shared: SharedQuotes | None = None,
    ) -> None:
        self.shared = shared
        self._fetch, self._monotonic, self._is_open = fetch, monotonic, is_open
        self._private = frozenset(private)
        self._public: dict[str, Entry] = {}
        self._all: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._asking: dict[tuple[bool, str], Future[None]] = {}
        self.hits = self.misses = 0

    def put(self, quotes: Iterable[Quote], source: str, *, age_s: float = 0.0) -> None:
        """Keep quotes of one source. A value that is older than the kept one is left out."""
        seen_s = self._monotonic() - age_s
        entries = {quote.symbol: Entry(quote, source, seen_s) for quote in quotes if math.isfinite(quote.last_price)}
        with self._lock:
            _keep(self._all, entries)
            if source not in self._private:
                _keep(self._public, entries)

    def fresh(self, symbols: Iterable[str], *, now: datetime, for_public: bool = True) -> list[Entry] | None:
        """Return the entries of ``symbols`` if memory has all of them, fresh; else None. Never blocks."""
        table = self._public if for_public else self._all
        at_s = self._monotonic()
        entries = []
        for symbol in symbols:
            entry = table.get(symbol)
            if entry is None or not self._is_fresh(entry, at_s, now):
                return None
            entries.append(entry)
        self.hits += 1
        return entries

    def read(
        self, symbols: Sequence[str], *, now: datetime, for_public: bool = True, share: float = 1.0
    ) -> dict[str, Entry]:
        """Return the entries of ``symbols``, asking the sources for what is not fresh. Blocks.

        ``share`` below 1 asks sooner: when that part of the time for which a value is fresh has passed.
        A source that fails leaves the last known values in place, with their age. Raises DataUnavailable if nothing
        at all is known and no source could answer.
        """
        table = self._public if for_public else self._all
        at_s = self._monotonic()
        wanted = [s for s in symbols if (e := table.get(s)) is None or not self._is_fresh(e, at_s, now, share=share)]
        failure = self._refresh(wanted, now, for_public) if wanted else None
        found = {symbol: entry for symbol in symbols if (entry := table.get(symbol)) is not None}
        self.misses += bool(wanted)
        self.hits += not wanted
        if failure is not None and not found:
            raise DataUnavailable("No source can give quotes now. Try again.") from failure
        return found

    def is_stale(self, entry: Entry, now: datetime) -> bool:
        """Tell whether the value is older than it should be while the market trades."""
        return now.timestamp() - entry.as_of_s > STALE_AFTER_S and self._is_open(entry.quote.symbol, now)

    def _is_fresh(self, entry: Entry, at_s: float, now: datetime, *, share: float = 1.0) -> bool:
        age_s = at_s - entry.seen_s
        if age_s <= FRESH_S * share:
            return True
        delayed = entry.source in DELAYED_SOURCES
        limit_s = FRESH_DELAYED_S if delayed else FRESH_S
        if age_s <= limit_s * share:
            return True
        return age_s <= FRESH_CLOSED_S * share and not self._is_open(entry.quote.symbol, now)

    def _refresh(self, symbols: Sequence[str], now: datetime, for_public: bool) -> Exception | None:
        """Ask for ``symbols``; those that another thread is asking for already are waited for."""
        with self._lock:
            others = {f for s in symbols if (f := self._asking.get((for_public, s))) is not None}
            mine = [symbol for symbol in symbols if (for_public, symbol) not in self._asking]
            done: Future[None] = Future()
            self._asking |= {(for_public, symbol): done for symbol in mine}
        try:
            failure = self._ask(mine, now, for_public) if mine else None
        finally:
            with self._lock:
                for symbol in mine:
                    del self._asking[for_public, symbol]
            done.set_result(None)
        wait(others, timeout=WAIT_FOR_OTHERS_S)
        return failure

    def _ask(self, symbols: Sequence[str], now: datetime, for_public: bool) -> Exception | None:
        left = self._from_shared(symbols, now, for_public) if self.shared else list(symbols)
        if not left:
            return None
        try:
            batch = self._fetch(left, now=now, for_public=for_public)
        except PlatformError as exc:
            return exc
        by_source: dict[str, list[Quote]] = {}
        for symbol, quote in batch.quotes.items():
            by_source.setdefault(batch.sources[symbol], []).append(quote)
        for source, quotes in by_source.items():
            self.put(quotes, source)
        if self.shared:
            self.shared.put(batch.quotes, batch.sources)
        return None

    def _from_shared(self, symbols: Sequence[str], now: datetime, for_public: bool) -> list[str]:
        assert self.shared is not None
        for quote, source, age_s in self.shared.get(symbols).values():
            self.put([quote], source, age_s=age_s)
        table = self._public if for_public else self._all
        at_s = self._monotonic()
        return [s for s in symbols if (e := table.get(s)) is None or not self._is_fresh(e, at_s, now)]

    def statistics(self) -> dict[str, int]:
        """Return sizes and counts for the health report."""
        return {"size": len(self._all), "hits": self.hits, "misses": self.misses}


def _keep(table: dict[str, Entry], entries: Mapping[str, Entry]) -> None:
    for symbol, entry in entries.items():
        before = table.get(symbol)
        if before is None or entry.seen_s >= before.seen_s:
            table[symbol] = entry
    while len(table) > MAX_ENTRIES:
        del table[next(iter(table))]
