"""The sources of market data this process uses, built from the settings once and shared by everything.

Whoever wants a price asks here. Answers name their source; failures leave as the platform's own errors:
`core.errors.DataUnavailable` when no source can answer now, `core.errors.InvalidSymbol` when none has the symbol.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import Protocol, runtime_checkable

from django.conf import settings

from core import clock
from core.errors import DataUnavailable, InvalidSymbol
from engines.simulation.answers import DailyBars
from market.adapters import registry as fallback
from market.adapters.base import (
    Bars,
    ListedInstrument,
    MarketData,
    OptionChain,
    ProviderError,
    TickSource,
    UnknownSymbol,
)
from market.adapters.registry import ProviderStatus, QuoteBatch, Registry
from market.constants import REAL_SOURCES
from market.services import sandbox

__all__ = ["Providers", "QuoteBatch", "registry", "reset", "use"]


@runtime_checkable
class HasMatrix(Protocol):
    """A source that gives the day bars of many symbols in one go."""

    name: str

    def daily_matrix(self, symbols: Sequence[str], start: date, end: date, now: datetime) -> DailyBars: ...


class Providers:
    """`Registry` in the platform's terms: the clock's ``now``, the platform's errors."""

    def __init__(self, inner: Registry) -> None:
        self.inner = inner

    @property
    def primary(self) -> str:
        """Name of the first configured source."""
        return self.inner.primary

    @property
    def primary_source(self) -> str:
        """The ``data_source`` of the first configured source."""
        return self.inner.primary_source

    def has(self, source: str) -> bool:
        """Tell whether a source of this name or ``data_source`` is configured."""
        return self.inner.has(source)

    @property
    def simulated(self) -> bool:
        """Whether the first source is the simulated exchange, whose clock then rules."""
        return self.primary == "simulated"

    @cached_property
    def one_market(self) -> "Providers":
        """These sources without those of another market than the first one's: real prices, the simulated exchange and
        a replay are never mixed. For whoever puts several answers together into one statement."""
        first = self.primary_source
        if first in REAL_SOURCES:
            return Providers(self.inner.restricted(REAL_SOURCES.__contains__))
        return Providers(self.inner.restricted(first.__eq__))

    def adapter(self, name: str) -> MarketData | None:
        return self.inner.adapter(name)

    def quotes(self, symbols: Sequence[str], *, now: datetime, for_public: bool = False) -> QuoteBatch:
        """Return quotes of ``EXCHANGE:SYMBOL`` keys with the source of each. Raises DataUnavailable.

        ``for_public`` leaves brokers out unless the deployment holds a licence (LICENSED_REALTIME).
        """
        with _translated("quotes"):
            return self.inner.quotes(symbols, now=now, for_public=for_public)

    def candles(
        self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime, source: str = ""
    ) -> tuple[Bars, str]:
        """Return the bars that start in [start, end] from one source, and its name.

        Raises InvalidSymbol when every source that answered does not have it, else DataUnavailable.
        """
        with _translated(f"{interval} candles of {symbol}"):
            return self.inner.candles(symbol, interval, start, end, now=now, source=source)

    def option_chain(
        self, underlying: str, expiry: date | None = None, *, now: datetime, for_public: bool = False
    ) -> tuple[OptionChain, str]:
        """Return the chain of the named or nearest expiry, and its source. Raises InvalidSymbol, DataUnavailable."""
        with _translated(f"the option chain of {underlying}"):
            return self.inner.option_chain(underlying, expiry, now=now, for_public=for_public)

    def instruments(self, *, now: datetime) -> tuple[Sequence[ListedInstrument], str]:
        """Return the list of the first source that has one, and its name. Raises DataUnavailable."""
        with _translated("the list of instruments"):
            return self.inner.instruments(now=now)

    def daily_matrix(
        self, symbols: Sequence[str], start: date, end: date, *, now: datetime
    ) -> tuple[DailyBars, str] | None:
        """Return day bars (days, symbols) of the first source that has them by the matrix, and its name, or None.

        The simulated exchange has; others are imported first. Raises InvalidSymbol.
        """
        for name in self.inner.names:
            adapter = self.inner.adapter(name)
            if isinstance(adapter, HasMatrix):
                with _translated("daily prices"):
                    return adapter.daily_matrix(symbols, start, end, now), adapter.name
        return None

    def known(self, symbols: Sequence[str], *, now: datetime | None = None) -> set[str]:
        """Return those of ``symbols`` that a configured source lists (contracts included)."""
        return self.inner.known(symbols, now=now or clock.now())

    def tick_source(self) -> TickSource:
        """Return a new stream of the first source: its own ticks, or its quotes asked for again and again."""
        with _translated("ticks"):
            return self.inner.tick_source()

    def status(self) -> list[ProviderStatus]:
        return self.inner.status()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except UnknownSymbol as error:
        raise InvalidSymbol(error.detail) from error
    except ProviderError as error:
        raise DataUnavailable(f"No source can give {what} now: {error.detail}", provider=error.provider) from error


_registry: Providers | None = None
_simulated_registry: Providers | None = None
_lock = threading.Lock()


def registry() -> Providers:
    """Return the process's sources, building them from the settings at the first call. Thread-safe.

    Within `sandbox.simulated_only` the simulated exchange is the only one.
    Raises market.adapters.registry.ProviderNotInstalled when a configured source has no adapter.
    """
    global _registry
    if sandbox.active():
        return _simulated_only()
    if _registry is None:
        with _lock:
            if _registry is None:
                _registry = Providers(_build(settings.MARKET_PROVIDERS))
    return _registry


def _simulated_only() -> Providers:
    global _simulated_registry
    if _registry is not None and _registry.inner.names == ("simulated",):
        return _registry
    if _simulated_registry is None:
        with _lock:
            if _simulated_registry is None:
                _simulated_registry = Providers(_build(("simulated",)))
    return _simulated_registry


def reset() -> None:
    """Forget the sources; the next call builds them anew. For tests and for a process that forked."""
    global _registry, _simulated_registry
    with _lock:
        _registry = _simulated_registry = None


@contextmanager
def use(inner: Registry) -> Iterator[Providers]:
    """Let this process use ``inner`` for a while. For tests."""
    global _registry
    before, _registry = _registry, Providers(inner)
    try:
        yield _registry
    finally:
        _registry = before


def _build(names: Sequence[str]) -> Registry:
    factories: dict[str, fallback.Factory] = {
        "simulated": _simulated,
        "yahoo": _yahoo,
        "replay": _replay,
    }
    return Registry(
        fallback.build(names, factories),
        monotonic=clock.monotonic,
        sleep=time.sleep,
        licensed_realtime=settings.LICENSED_REALTIME,
    )


def _simulated() -> MarketData:
    from market.adapters.simulated import SimulatedData

    return SimulatedData(seed=settings.SIMULATED_SEED, hours=settings.SIMULATED_MARKET_HOURS)


def _yahoo() -> MarketData:
    from market.adapters.yahoo import YahooData

    return YahooData(api_root=settings.YAHOO_API_ROOT)


def _replay() -> MarketData:
    from market.adapters.replay import ReplayData
    from market.adapters.replay.recording import FileRecording
    from market.services.recordings import ImportedRecording

    recording = FileRecording(settings.REPLAY_DIR) if settings.REPLAY_DIR else ImportedRecording()
    start = settings.REPLAY_START
    return ReplayData(recording, start=start, began=clock.now() if start else None, speed=settings.REPLAY_SPEED)
