"""Yahoo Finance as a source: delayed about fifteen minutes, without depth, contracts or ticks."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import pairwise
from typing import Final, Protocol

import numpy as np

from market.adapters.base import (
    Bars,
    Capabilities,
    ListedInstrument,
    OptionChain,
    Quote,
    UnknownSymbol,
    Unsupported,
)
from market.adapters.yahoo import parsing
from market.adapters.yahoo.process import Child
from market.adapters.yahoo.symbols import ticker

#: Our interval -> Yahoo's word, minutes, days back it keeps, days it gives in one reply. None: no limit.
INTERVALS: Final[dict[str, tuple[str, int, int | None, int | None]]] = {
    "minute": ("1m", 1, 29, 7),
    "5minute": ("5m", 5, 59, 59),
    "15minute": ("15m", 15, 59, 59),
    "60minute": ("60m", 60, 729, 729),
    "day": ("1d", 0, None, None),
}


class Fetches(Protocol):
    """What the adapter needs of the child: parsed JSON of a path, or a ProviderError."""

    def fetch(self, path: str, params: dict[str, str]) -> object: ...


class YahooData:
    """`market.adapters.base.MarketData` over Yahoo. Thread-safe.

    ``api_root`` replaces Yahoo's address; ``call_s`` is the deadline of a call in seconds. Candles are adjusted for
    splits (``candle_basis``); intraday ones reach back 29 days (minutes), 59 days, or two years (60 minutes), and a
    range that starts earlier is answered from there on.
    """

    name = "yahoo"
    candle_basis = "adjusted"
    capabilities = Capabilities(
        candles=frozenset(INTERVALS),
        realtime=False,
        max_symbols_per_quote=50,
        calls_per_second=2.0,
    )

    def __init__(
        self,
        *,
        api_root: str = "",
        call_s: float = 10.0,
        child: Fetches | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._child: Fetches = child or Child(api_root=api_root, call_s=call_s, monotonic=monotonic)

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        keys = {name: key for key in symbols if (name := ticker(key))}
        if not keys:
            return {}
        body = self._child.fetch("/v7/finance/quote", {"symbols": ",".join(keys), "formatted": "false"})
        return parsing.quotes(body, keys, now=now)

    def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
        name = ticker(symbol)
        if name is None:
            raise UnknownSymbol(f"Yahoo does not have {symbol}", provider=self.name, symbol=symbol)
        if interval not in INTERVALS:
            raise Unsupported(f"Yahoo has no {interval} candles", provider=self.name, symbol=symbol)
        word, minutes, _, _ = INTERVALS[interval]
        parts = [
            parsing.bars(
                self._child.fetch(
                    f"/v8/finance/chart/{name}",
                    {"period1": str(first), "period2": str(last), "interval": word, "includePrePost": "false"},
                ),
                symbol=symbol,
                minutes=minutes,
            )
            for first, last in _windows(interval, start, min(end, now), now)
        ]
        joined = reduce(_joined, parts, parsing.bars({"chart": {}}, symbol=symbol, minutes=minutes))
        return _between(joined, start.timestamp(), min(end, now).timestamp())

    def option_chain(self, underlying: str, expiry: date | None, *, now: datetime) -> OptionChain:
        raise Unsupported("Yahoo has no Indian option chains", provider=self.name, symbol=underlying)

    def instruments(self, *, now: datetime) -> Sequence[ListedInstrument]:
        raise Unsupported("Yahoo lists no instruments", provider=self.name)


def _windows(interval: str, start: datetime, end: datetime, now: datetime) -> list[tuple[int, int]]:
    """Cut [start, end] into ranges that Yahoo answers, as seconds since 1970, the last bar's start included."""
    _, minutes, keeps_days, gives_days = INTERVALS[interval]
    if not minutes:
        # A day bar's midnight UTC lies before the session whose time Yahoo stamps on it.
        midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return [(int(midnight.timestamp()), int((end + timedelta(days=1)).timestamp()))] if start <= end else []
    if keeps_days:
        start = max(start, now - timedelta(days=keeps_days))
    if start > end:
        return []
    cuts, step = [start], timedelta(days=gives_days or 3650)
    while cuts[-1] + step < end:
        cuts.append(cuts[-1] + step)
    cuts.append(end + timedelta(seconds=1))
    return [(int(first.timestamp()), int(last.timestamp())) for first, last in pairwise(cuts)]


def _joined(first: Bars, second: Bars) -> Bars:
    after = second.ts > (first.ts[-1] if len(first) else -1)
    return Bars(
        *(
            np.concatenate([getattr(first, column), getattr(second, column)[after]])
            for column in ("ts", "open", "high", "low", "close", "volume")
        )
    )


def _between(bars: Bars, first_s: float, last_s: float) -> Bars:
    inside = (bars.ts >= first_s) & (bars.ts <= last_s)
    return Bars(*(getattr(bars, column)[inside] for column in ("ts", "open", "high", "low", "close", "volume")))
