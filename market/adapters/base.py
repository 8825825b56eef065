"""What a market-data source can be asked, whoever it is. Adapters speak to the outside and know no ORM.

An adapter implements `MarketData`, and `TickSource` if it can stream. What it can do is data (`Capabilities`), never
``if provider ==``. Failures are typed by what the caller should do about them:

    ProviderError
    |-- UnknownSymbol      this source does not have it: ask the next one
    |-- Unsupported        this source cannot do this at all: ask the next one
    |-- NotConnected       no session or credential: ask the next one, tell the owner
    |-- RateLimitedUpstream  asked too often: back off ``retry_after_s``, ask the next one
    |-- UpstreamTimeout    no answer within the deadline: ask the next one
    |-- UpstreamUnavailable  refused, reset, 5xx: ask the next one
    |-- MalformedReply     answered, but not what was agreed: ask the next one, log
    `-- StaleFeed          connected, but silent for too long
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class ProviderError(Exception):
    """A source could not answer. ``provider`` names it."""

    def __init__(self, detail: str, *, provider: str = "", symbol: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.provider = provider
        self.symbol = symbol


class UnknownSymbol(ProviderError): ...


class Unsupported(ProviderError): ...


class NotConnected(ProviderError): ...


class RateLimitedUpstream(ProviderError):
    def __init__(self, detail: str, *, retry_after_s: float = 1.0, provider: str = "", symbol: str = "") -> None:
        super().__init__(detail, provider=provider, symbol=symbol)
        self.retry_after_s = retry_after_s


class UpstreamTimeout(ProviderError): ...


class UpstreamUnavailable(ProviderError): ...


class MalformedReply(ProviderError): ...


class StaleFeed(ProviderError): ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can do. Zero means: not at all."""

    quotes: bool = True
    candles: frozenset[str] = frozenset({"day"})
    depth: bool = False
    option_chain: bool = False
    ticks: bool = False
    instruments: bool = False
    realtime: bool = False
    max_symbols_per_quote: int = 50
    calls_per_second: float = 1.0


@dataclass(frozen=True, slots=True)
class DepthLevel:
    price: float
    quantity: int
    orders: int


@dataclass(frozen=True, slots=True)
class Depth:
    """Best first on both sides; at most five levels."""

    buy: tuple[DepthLevel, ...] = ()
    sell: tuple[DepthLevel, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """The market of one symbol at ``as_of``. Prices in rupees, volume and oi in units; None where unknown."""

    symbol: str
    last_price: float
    as_of: datetime
    open: float | None = None
    high: float | None = None
    low: float | None = None
    prev_close: float | None = None
    volume: int | None = None
    average_price: float | None = None
    oi: int | None = None
    bid: float | None = None
    ask: float | None = None
    upper_circuit: float | None = None
    lower_circuit: float | None = None
    depth: Depth | None = None

    @property
    def change(self) -> float | None:
        """Rupees since the previous close."""
        return None if self.prev_close is None else self.last_price - self.prev_close

    @property
    def change_pct(self) -> float | None:
        """Percent since the previous close."""
        return None if not self.prev_close else (self.last_price / self.prev_close - 1) * 100


@dataclass(frozen=True, slots=True)
class Bars:
    """Candles of one symbol as columns of equal length, ascending in time.

    ``ts``: seconds since 1970-01-01 UTC of the bar's start; a day bar's is midnight UTC of its trade date.
    ``volume`` and ``oi``: units, -1 where unknown.
    """

    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    oi: Ints | None = None

    def __len__(self) -> int:
        return len(self.ts)


def no_bars() -> Bars:
    """Return columns without a row."""
    whole, prices = np.empty(0, np.int64), np.empty(0)
    return Bars(whole, prices, prices, prices, prices, whole)


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One strike of an option chain. Prices in rupees, iv as a fraction a year, oi and volume in units."""

    strike: float
    ce: "OptionQuote | None"
    pe: "OptionQuote | None"


@dataclass(frozen=True, slots=True)
class OptionQuote:
    tradingsymbol: str
    last_price: float
    bid: float
    ask: float
    iv: float | None
    delta: float | None
    gamma: float | None
    theta: float | None
    vega: float | None
    oi: int
    oi_day_open: int | None
    volume: int


@dataclass(frozen=True, slots=True)
class OptionChain:
    underlying: str
    expiry: date
    spot: float
    forward: float
    lot_size: int
    rows: tuple[ChainRow, ...]
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ListedInstrument:
    """A row of a source's instrument list, in our words (see `market.models.Instrument`)."""

    exchange: str
    symbol: str
    name: str
    segment: str
    instrument_type: str
    isin: str = ""
    sector: str = ""
    underlying: str = ""
    expiry: date | None = None
    strike: float | None = None
    lot_size: int = 1
    tick_size: float = 0.05
    token: int | None = None
    tags: frozenset[str] = field(default_factory=frozenset)


class MarketData(Protocol):
    """A source of quotes and candles. Blocking; call it off the event loop."""

    name: str
    capabilities: Capabilities

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        """Return quotes of ``EXCHANGE:SYMBOL`` keys; symbols the source does not have are left out."""
        ...

    def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
        """Return bars that start in [start, end], nothing after ``now``. An empty range gives empty Bars.

        Raises UnknownSymbol, Unsupported (interval) or another ProviderError.
        """
        ...

    def option_chain(self, underlying: str, expiry: date | None, *, now: datetime) -> OptionChain:
        """Return the chain of the nearest (or the named) expiry. Raises Unsupported or UnknownSymbol."""
        ...

    def instruments(self, *, now: datetime) -> Sequence[ListedInstrument]:
        """Return everything the source lists now. Raises Unsupported."""
        ...


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """Whether the upstream feed delivers: ``state`` is live, delayed, simulated, replay or down."""

    connected: bool
    state: str
    detail: str = ""


class TickSource(Protocol):
    """A stream of quotes. ``run`` yields batches of changed quotes until it is cancelled."""

    name: str

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Replace the set of wanted symbols. Unknown ones are ignored (the hub has checked them)."""
        ...

    def run(self, *, clock: Callable[[], datetime]) -> AsyncIterator[Sequence[Quote]]:
        """Yield batches of quotes. Raises StaleFeed, UpstreamUnavailable, ...; the feed reconnects with back-off."""
        ...
