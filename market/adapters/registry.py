"""Ordered fallback over the sources of market data.

The registry asks the first source that may and can answer, and goes on to the next for what is still missing. It
names the source of every symbol, and never joins candles of two sources. Which failure leads where is decided by the
error types of `market.adapters.base` alone.
"""

import copy
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from market.adapters.base import (
    Bars,
    ListedInstrument,
    MalformedReply,
    MarketData,
    NotConnected,
    OptionChain,
    ProviderError,
    Quote,
    RateLimitedUpstream,
    TickSource,
    UnknownSymbol,
    Unsupported,
    UpstreamUnavailable,
)
from market.adapters.limits import BreakerPolicy, CircuitBreaker, Monotonic, TokenBucket
from market.adapters.polling import PollingTicks

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")
Factory = Callable[[], MarketData]

#: Sources that speak with a person's or the firm's broker token; what they say is not for the public.
BROKERS = frozenset({"kite", "icici"})
#: Longest a caller is made to wait for a token of a source's own limit before the next source is asked.
LONGEST_WAIT_S = 1.5


class ProviderNotInstalled(Exception):
    """A configured source has no adapter. Raised when the process starts, so that nobody finds out later."""


@dataclass(frozen=True, slots=True)
class QuoteBatch:
    """Quotes by symbol, the source (``data_source``) of each, what nobody has, and why sources were passed over."""

    quotes: dict[str, Quote]
    sources: dict[str, str]
    missing: list[str]
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """How a source is doing: ``state`` is ``ok``, ``failing`` (last call failed) or ``resting`` (not asked for now)."""

    name: str
    state: str
    detail: str
    retry_in_s: float
    realtime: bool


class Provider:
    """One source with its limit and its breaker. ``data_source`` is the word for it on the wire."""

    def __init__(self, adapter: MarketData, *, monotonic: Monotonic, sleep: Callable[[float], None]) -> None:
        self.adapter = adapter
        self.name = adapter.name
        self.data_source: str = getattr(adapter, "data_source", adapter.name)
        self.breaker = CircuitBreaker(BreakerPolicy(), monotonic=monotonic)
        self._bucket = TokenBucket(adapter.capabilities.calls_per_second, monotonic=monotonic)
        self._sleep = sleep

    def call(self, ask: Callable[[MarketData], Answer]) -> Answer:
        """Ask within the limit; count what happens. Raises ProviderError of this source."""
        if not self.breaker.allows():
            raise UpstreamUnavailable(
                f"{self.name} is left alone for {self.breaker.retry_in_s:.0f} s after: {self.breaker.last_error}",
                provider=self.name,
            )
        self._wait()
        try:
            answer = ask(self.adapter)
        except (UnknownSymbol, Unsupported):
            self.breaker.succeeded()
            raise
        except NotConnected:
            raise
        except RateLimitedUpstream as error:
            self.breaker.failed(error.detail, retry_after_s=error.retry_after_s)
            raise
        except ProviderError as error:
            self.breaker.failed(error.detail)
            raise
        except Exception as error:
            logger.exception("adapter %s raised an untyped error", self.name)
            self.breaker.failed(type(error).__name__)
            raise MalformedReply(f"{self.name} gave an answer that could not be read", provider=self.name) from error
        self.breaker.succeeded()
        return answer

    def _wait(self) -> None:
        waited = 0.0
        while (wait := self._bucket.take()) > 0:
            if waited + wait > LONGEST_WAIT_S:
                raise RateLimitedUpstream(
                    f"{self.name} may be asked again in {wait:.1f} s", retry_after_s=wait, provider=self.name
                )
            self._sleep(wait)
            waited += wait

    def status(self) -> ProviderStatus:
        state = "resting" if self.breaker.is_open else "failing" if self.breaker.last_error else "ok"
        return ProviderStatus(
            name=self.name,
            state=state,
            detail=self.breaker.last_error,
            retry_in_s=self.breaker.retry_in_s,
            realtime=self.adapter.capabilities.realtime,
        )


class Registry:
    """The configured sources in their order. Thread-safe; adapters must be, too."""

    def __init__(
        self,
        adapters: Sequence[MarketData],
        *,
        monotonic: Monotonic,
        sleep: Callable[[float], None],
        licensed_realtime: bool = False,
        private: Collection[str] = BROKERS,
    ) -> None:
        if not adapters:
            raise ValueError("at least one source of market data is needed")
        self._providers = tuple(Provider(adapter, monotonic=monotonic, sleep=sleep) for adapter in adapters)
        self._hidden = frozenset() if licensed_realtime else frozenset(private)
        self._listing: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def restricted(self, wanted: Callable[[str], bool]) -> "Registry":
        """Return a view of the sources whose ``data_source`` is ``wanted``, with the limits and breakers of this one.

        The first source has to be among them.
        """
        view = copy.copy(self)
        view._providers = tuple(provider for provider in self._providers if wanted(provider.data_source))
        return view

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(provider.name for provider in self._providers)

    @property
    def primary(self) -> str:
        return self._providers[0].name

    @property
    def primary_source(self) -> str:
        """The ``data_source`` of the first source."""
        return self._providers[0].data_source

    def has(self, source: str) -> bool:
        """Tell whether a source of this name or ``data_source`` is configured."""
        return any(source in (provider.name, provider.data_source) for provider in self._providers)

    def adapter(self, name: str) -> MarketData | None:
        """Return the adapter called ``name``, or None when it is not configured."""
        return next((provider.adapter for provider in self._providers if provider.name == name), None)

    def quotes(self, symbols: Sequence[str], *, now: datetime, for_public: bool = False) -> QuoteBatch:
        """Return quotes of ``EXCHANGE:SYMBOL`` keys, each from the first source that has it.

        Raises ProviderError when no source answered at all; a symbol nobody has is in ``missing``.
        """
        wanted = list(dict.fromkeys(symbols))
        batch = QuoteBatch({}, {}, [], {})
        answered = not wanted
        last: ProviderError | None = None
        for provider in self._usable(for_public):
            if not wanted:
                break
            if not provider.adapter.capabilities.quotes:
                continue
            try:
                for part in _parts(wanted, provider.adapter.capabilities.max_symbols_per_quote):
                    _merge(batch, provider, part, now)
                    answered = True
            except ProviderError as error:
                last = error
                batch.failures[provider.name] = error.detail
            wanted = [symbol for symbol in wanted if symbol not in batch.quotes]
        if not answered:
            raise last or UpstreamUnavailable("no source of quotes may answer this request")
        batch.missing.extend(wanted)
        return batch

    def candles(
        self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime, source: str = ""
    ) -> tuple[Bars, str]:
        """Return bars that start in [start, end] from one source, and its ``data_source``.

        The first source with any bar of the range gives all of them. When every source that knows the symbol has
        none, the answer is empty and names the first of them. ``source`` restricts the search to one source, for a
        caller that has pages of the range already. Raises the last source's ProviderError when none answered.
        """
        empty: tuple[Bars, str] | None = None
        last: ProviderError | None = None
        for provider in self._providers:
            if source and source not in (provider.name, provider.data_source):
                continue
            if interval not in provider.adapter.capabilities.candles:
                last = last or Unsupported(f"{provider.name} has no {interval} candles", provider=provider.name)
                continue
            try:
                bars = provider.call(lambda it: it.candles(symbol, interval, start, end, now=now))
            except ProviderError as error:
                last = _graver(last, error)
                continue
            if len(bars):
                return bars, provider.data_source
            empty = empty or (bars, provider.data_source)
        if empty:
            return empty
        raise last or Unsupported(f"no source called {source}" if source else f"no source has {interval} candles")

    def option_chain(
        self, underlying: str, expiry: date | None, *, now: datetime, for_public: bool = False
    ) -> tuple[OptionChain, str]:
        """Return the chain of the named or the nearest expiry, and its ``data_source``. Raises ProviderError."""
        last: ProviderError | None = None
        for provider in self._usable(for_public):
            if not provider.adapter.capabilities.option_chain:
                continue
            try:
                return provider.call(lambda it: it.option_chain(underlying, expiry, now=now)), provider.data_source
            except ProviderError as error:
                last = _graver(last, error)
        raise last or Unsupported("no configured source has option chains")

    def instruments(self, *, now: datetime) -> tuple[Sequence[ListedInstrument], str]:
        """Return the list of the first source that has one, and its ``data_source``. Raises ProviderError."""
        last: ProviderError | None = None
        for provider in self._providers:
            if not provider.adapter.capabilities.instruments:
                continue
            try:
                return provider.call(lambda it: it.instruments(now=now)), provider.data_source
            except ProviderError as error:
                last = _graver(last, error)
        raise last or Unsupported("no configured source lists its instruments")

    def known(self, symbols: Sequence[str], *, now: datetime) -> set[str]:
        """Return those of ``symbols`` that some source with a list has. Lists are read once a day of ``now``."""
        left, found = set(symbols), set()
        for provider in self._providers:
            if not left or not provider.adapter.capabilities.instruments:
                continue
            has = left & self._listed(provider, now)
            found |= has
            left -= has
        return found

    def tick_source(self) -> TickSource:
        """Return a stream of the first source alone: its own ticks, or its quotes asked for again and again.

        Ticks of a later source beside the first one's quotes would be two markets under one name.
        """
        first = self._providers[0]
        if first.adapter.capabilities.ticks and hasattr(first.adapter, "tick_source"):
            return first.adapter.tick_source()
        return PollingTicks(first.data_source, lambda symbols, now: _quotes_of(first, symbols, now))

    def status(self) -> list[ProviderStatus]:
        return [provider.status() for provider in self._providers]

    def _usable(self, for_public: bool) -> Iterator[Provider]:
        return (it for it in self._providers if not (for_public and it.name in self._hidden))

    def _listed(self, provider: Provider, now: datetime) -> frozenset[str]:
        key = f"{provider.name} {now.date()}"
        with self._lock:
            if key in self._listing:
                return self._listing[key]
        try:
            rows = provider.call(lambda it: it.instruments(now=now))
        except ProviderError:
            return frozenset()
        keys = frozenset(f"{row.exchange}:{row.symbol}" for row in rows)
        with self._lock:
            self._listing = {it: val for it, val in self._listing.items() if it.split(" ")[0] != provider.name}
            self._listing[key] = keys
        return keys


def build(names: Sequence[str], factories: Mapping[str, Factory]) -> list[MarketData]:
    """Make the adapters of ``names`` in order. Raises ProviderNotInstalled for a name without an adapter."""
    absent = [name for name in names if name not in factories]
    if absent:
        raise ProviderNotInstalled(
            f"MARKET_PROVIDERS names {', '.join(absent)}, which this version cannot speak to yet; "
            f"it has {', '.join(sorted(factories))}"
        )
    return [factories[name]() for name in names]


def _merge(batch: QuoteBatch, provider: Provider, symbols: Sequence[str], now: datetime) -> None:
    answer = provider.call(lambda it: it.quotes(symbols, now=now))
    for symbol in symbols:
        if symbol in answer:
            batch.quotes[symbol] = answer[symbol]
            batch.sources[symbol] = provider.data_source


def _quotes_of(provider: Provider, symbols: Sequence[str], now: datetime) -> dict[str, Quote]:
    batch = QuoteBatch({}, {}, [])
    for part in _parts(symbols, provider.adapter.capabilities.max_symbols_per_quote):
        _merge(batch, provider, part, now)
    return batch.quotes


def _parts(symbols: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(symbols), max(1, size)):
        yield symbols[start : start + max(1, size)]


def _graver(before: ProviderError | None, error: ProviderError) -> ProviderError:
    """Keep the error that says most: an outage outweighs "I do not have it", whoever was asked first."""
    mild = (UnknownSymbol, Unsupported)
    return before if before is not None and isinstance(error, mild) and not isinstance(before, Unsupported) else error
