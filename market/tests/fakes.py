"""Sources of market data that do what a test tells them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

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
from market.adapters.registry import Registry

ALL = frozenset({"minute", "5minute", "15minute", "60minute", "day"})


class FakeData:
    """Has ``prices``; raises ``error`` when set; counts its calls."""

    def __init__(
        self,
        name: str = "simulated",
        prices: dict[str, float] | None = None,
        *,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.name = name
        self.prices = prices or {}
        self.error: Exception | None = None
        self.asked: list[tuple[str, ...]] = []
        self.day_starts: list[int] = []
        self.capabilities = capabilities or Capabilities(candles=ALL, instruments=True, calls_per_second=1000.0)

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        self._called(*symbols)
        return {key: Quote(key, self.prices[key], now) for key in symbols if key in self.prices}

    def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
        self._called(symbol)
        if symbol not in self.prices:
            raise UnknownSymbol(f"{self.name} does not have {symbol}", provider=self.name, symbol=symbol)
        ts = np.array([at for at in self.day_starts if start.timestamp() <= at <= end.timestamp()], dtype=np.int64)
        price = np.full(len(ts), self.prices[symbol])
        return Bars(ts, price, price, price, price, np.zeros(len(ts), dtype=np.int64))

    def option_chain(self, underlying: str, expiry: date | None, *, now: datetime) -> OptionChain:
        self._called(underlying)
        raise Unsupported(f"{self.name} has no option chains", provider=self.name)

    def instruments(self, *, now: datetime) -> Sequence[ListedInstrument]:
        self._called("instruments")
        rows = (key.partition(":") for key in self.prices)
        return [ListedInstrument(exchange, symbol, symbol.title(), "EQ", "EQ") for exchange, _, symbol in rows]

    def _called(self, *what: str) -> None:
        self.asked.append(what)
        if self.error:
            raise self.error


class FakeTime:
    """A monotonic clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


def registry_of(*adapters: FakeData, time: FakeTime | None = None, licensed: bool = False) -> Registry:
    clock = time or FakeTime()
    sleep: Callable[[float], None] = clock.sleep
    return Registry(adapters, monotonic=clock.monotonic, sleep=sleep, licensed_realtime=licensed)
