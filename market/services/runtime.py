"""What a process holds of the live market: one of each, put together from the settings.

A web process makes it when it first needs it and runs its tasks while the server lives; commands and tests that only
read prices never start it.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings

from core import clock
from core.errors import PlatformError
from engines.exchange.calendar import CalendarUnknown
from market.adapters.base import Quote
from market.adapters.registry import BROKERS
from market.models import Instrument
from market.selectors.universes import members_of
from market.services.directory import Directory
from market.services.exchanges import clock_for
from market.services.feed import Feed
from market.services.live_prices import LivePrices
from market.services.market_hours import MarketHours
from market.services.providers import QuoteBatch, registry
from market.services.quotes import QuoteStore
from market.services.snapshot import UNIVERSE, MarketState, TopSignals, no_signals
from market.services.threads import in_thread
from market.services.warmers import Warmers
from market.stream.hub import Hub, Status
from market.stream.symbols import is_well_formed

log = logging.getLogger("platform.market")

WARM_WITHIN_S = 2.0
_SYMBOLS_A_QUERY = 500


class HubSink:
    """Hands ticks and the feed's state to the connections."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def take(self, quotes: Sequence[Quote], source: str) -> None:
        self._hub.publish(quotes, source)

    def status(self, status: Status) -> None:
        self._hub.set_status(status)


class StoreSink:
    """Hands ticks to the quotes in memory."""

    def __init__(self, store: QuoteStore) -> None:
        self._store = store

    def take(self, quotes: Sequence[Quote], source: str) -> None:
        self._store.put(quotes, source)

    def status(self, status: Status) -> None:
        """Quotes carry their age themselves."""


class MarketRuntime:
    """The parts, and the tasks that keep them going between ``start`` and ``stop``."""

    def __init__(self, *, redis_url: str = "", licensed_realtime: bool = False) -> None:
        self.redis_url = redis_url
        self.hours = MarketHours(clock_for)
        self.directory = Directory(known_symbols, monotonic=clock.monotonic)
        private = () if licensed_realtime else BROKERS
        self.store = QuoteStore(
            _fetch,
            monotonic=clock.monotonic,
            is_open=self.hours.is_open,
            private=private,
            shared=_shared(redis_url),
        )
        self.hub = Hub(now=clock.now, monotonic=clock.monotonic, is_open=self.hours.is_open)
        self.warmers = Warmers(
            self.store,
            self.hours,
            sectors=_sectors,
            market=_market,
            signals=_top_signals,
            now=clock.now,
            monotonic=clock.monotonic,
        )
        self.live_prices = LivePrices(self.store, self.hours, self.directory.known_now)
        self.feed: Any = None
        self._tasks: list[asyncio.Task[None]] = []

    def interest(self) -> set[str]:
        """Return the symbols that must tick: held by connections, and the always-warm ones."""
        return self.hub.interest() | set(self.warmers.warm_symbols())

    async def last_values(self, symbols: Sequence[str]) -> tuple[Mapping[str, Quote], Mapping[str, str]]:
        """Return the last known quotes of ``symbols`` and their sources. Never raises."""

        def read() -> tuple[dict[str, Quote], dict[str, str]]:
            now = clock.now()
            self.hours.load(symbols, now)
            entries = self.store.read(symbols, now=now, for_public=False)
            return {s: e.quote for s, e in entries.items()}, {s: e.source for s, e in entries.items()}

        try:
            return await in_thread(read)
        except PlatformError:
            return {}, {}

    async def start(self) -> None:
        """Start feed, warmers and hub; return when the snapshot is warm or has had its time.

        Raises ProviderNotInstalled when a configured source has no adapter.
        """
        await in_thread(registry)
        sinks = (HubSink(self.hub), StoreSink(self.store))
        self.feed = self._make_feed(sinks)
        self.hub.on_interest = self.feed.interest_changed
        with suppress(Exception):  # the warmer logs and tries again every second
            async with asyncio.timeout(WARM_WITHIN_S):
                await in_thread(self.warmers.refresh)
        works: tuple[Callable[[], Awaitable[None]], ...] = (self.feed.run, self.warmers.run, self.hub.run)
        self._tasks = [asyncio.create_task(_kept_up(work)) for work in works]

    def _make_feed(self, sinks: Sequence[Any]) -> Any:
        if self.redis_url:
            from market.services.tick_bus import Listener, connect

            return Listener(connect(self.redis_url), sinks, interest=self.interest)
        return Feed(registry().tick_source, sinks, interest=self.interest, is_open=self.any_open)

    def any_open(self, now: datetime) -> bool:
        """Tell whether any symbol that must tick trades now."""
        return any(self.hours.is_open(symbol, now) for symbol in self.interest())

    async def stop(self) -> None:
        """End the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def feed_report(self) -> dict[str, Any]:
        """Return the feed's state; ``down`` in a process that runs none."""
        if self.feed is not None:
            return self.feed.report()
        detail = "This process does not run the feed."
        return {"state": "down", "connected": False, "provider": registry().primary, "detail": detail, "age_s": None}


_runtime: MarketRuntime | None = None
_lock = threading.Lock()
_top: list[TopSignals] = [no_signals]


def runtime() -> MarketRuntime:
    """Return the process's runtime, made at the first call."""
    global _runtime
    if _runtime is None:
        with _lock:
            if _runtime is None:
                _runtime = MarketRuntime(redis_url=settings.REDIS_URL, licensed_realtime=settings.LICENSED_REALTIME)
    return _runtime


def use(value: MarketRuntime | None) -> MarketRuntime | None:
    """Let this process use ``value`` (None: make a new one when needed); return the former one. For tests."""
    global _runtime
    before, _runtime = _runtime, value
    return before


def provide_top_signals(function: TopSignals) -> None:
    """Let the snapshot show the signals of ``function(now)``; called by the package that finds patterns."""
    _top[0] = function


def known_symbols(symbols: Sequence[str]) -> set[str]:
    """Return those of ``symbols`` that are instruments of ours or listed by a configured source. Blocks."""
    formed = [symbol for symbol in symbols if is_well_formed(symbol)]
    if not formed:
        return set()
    found = registry().known(formed)
    left = [symbol for symbol in formed if symbol not in found]
    for at in range(0, len(left), _SYMBOLS_A_QUERY):
        pairs = [symbol.split(":", 1) for symbol in left[at : at + _SYMBOLS_A_QUERY]]
        rows = Instrument.objects.filter(symbol__in={name for _, name in pairs}, is_active=True)
        found |= {f"{exchange}:{name}" for exchange, name in rows.values_list("exchange", "symbol")} & set(left)
    return found


def _top_signals(now: datetime) -> Sequence[Any]:
    return _top[0](now)


def _fetch(symbols: Sequence[str], *, now: datetime, for_public: bool) -> QuoteBatch:
    return registry().quotes(symbols, now=now, for_public=for_public)


def _sectors(now: datetime) -> dict[str, str]:
    try:
        day = clock_for("NSE").trade_date(now)
    except CalendarUnknown:
        day = now.astimezone(clock.IST).date()
    members = members_of(UNIVERSE, on=day)
    return {member.instrument.key: member.sector or member.instrument.sector for member in members}


def _market(now: datetime) -> MarketState:
    try:
        exchange = clock_for("NSE")
        next_phase, at = exchange.next_change(now)
        return MarketState(exchange.is_open(now), str(exchange.phase(now)), str(next_phase), at)
    except CalendarUnknown:
        return MarketState(is_open=False, phase="UNKNOWN")


def _shared(redis_url: str) -> Any:
    if not redis_url:
        return None
    from market.services.shared_quotes import RedisQuotes

    return RedisQuotes.from_url(redis_url)


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` and start it again if it fails, which it should not."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a market task failed")
        await asyncio.sleep(1)
