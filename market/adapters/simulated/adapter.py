"""The simulated exchange as a source."""

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np

from engines.simulation.bars import Ohlcv, aggregate
from engines.simulation.cash import CashMarket
from engines.simulation.listing import full_listing
from engines.simulation.sessions import always_open
from market.adapters.base import (
    Bars,
    Capabilities,
    ListedInstrument,
    OptionChain,
    Quote,
    UnknownSymbol,
    Unsupported,
)
from market.adapters.simulated.instruments import cash_instruments

STEPS = {"minute": 1, "5minute": 5, "15minute": 15, "60minute": 60}


class SimulatedData:
    name = "simulated"
    capabilities = Capabilities(
        candles=frozenset({*STEPS, "day"}),
        instruments=True,
        realtime=True,
        max_symbols_per_quote=500,
        calls_per_second=10_000.0,
    )

    def __init__(self, *, seed: int, hours: str) -> None:
        self._lock = threading.RLock()
        self._cash = CashMarket(seed, full_listing(), always_open())

    def quotes(self, symbols: Sequence[str], *, now: datetime) -> dict[str, Quote]:
        with self._lock:
            cash = self._cash
            ordinal = cash.sessions.ordinal_at(now)
            snapshot = cash.frame(ordinal).snapshot(int(now.timestamp() * 1000))
            before = cash.previous_close(ordinal)
            rows = {key: row for key in symbols if (row := cash.listing.row_of.get(key)) is not None}
            return {key: _quote(key, snapshot, row, float(before[row])) for key, row in rows.items()}

    def candles(self, symbol: str, interval: str, start: datetime, end: datetime, *, now: datetime) -> Bars:
        row = self._cash.listing.row_of.get(symbol)
        if row is None:
            raise UnknownSymbol(f"the simulated exchange does not list {symbol}", provider=self.name, symbol=symbol)
        with self._lock:
            return self._days(row, start, end, now) if interval == "day" else self._minutes(row, interval, start, end, now)

    def _days(self, row: int, start: datetime, end: datetime, now: datetime) -> Bars:
        sessions = self._cash.sessions
        last = sessions.ordinal_at(now)
        dates = sessions.dates[: last + 1].astype("datetime64[s]").astype(np.int64)
        chosen = np.flatnonzero((dates >= start.timestamp()) & (dates <= end.timestamp()))
        if not len(chosen):
            return _bars(np.empty(0, np.int64), Ohlcv(*(np.empty(0) for _ in range(5))))
        days = self._cash.days(np.array([row]), range(int(chosen[0]), int(chosen[-1]) + 1)).bars
        bars = Ohlcv(*(column[:, 0].copy() for column in days))
        if chosen[-1] == last:
            snapshot = self._cash.frame(last).snapshot(int(now.timestamp() * 1000))
            for column, values in zip(bars, snapshot.day, strict=True):
                column[-1] = values[row]
        return _bars(dates[chosen], bars)

    def _minutes(self, row: int, interval: str, start: datetime, end: datetime, now: datetime) -> Bars:
        sessions, step, now_s = self._cash.sessions, STEPS[interval], now.timestamp()
        first = max(0, sessions.ordinal_at(start))
        ts, parts = [], []
        for ordinal in range(first, sessions.ordinal_at(min(end, now)) + 1):
            bars = self._cash.minutes(row, ordinal)
            if sessions.close_of(ordinal) > now_s:
                bars = self._cash.frame(ordinal).bars_until(row, int(now_s * 1000))
            starts = np.arange(0, bars.open.shape[-1], step)
            parts.append(aggregate(bars, starts))
            ts.append(sessions.open_of(ordinal) + 60 * starts)
        if not ts:
            return _bars(np.empty(0, np.int64), Ohlcv(*(np.empty(0) for _ in range(5))))
        at = np.concatenate(ts)
        inside = (at >= start.timestamp()) & (at <= end.timestamp())
        joined = Ohlcv(*(np.concatenate(columns)[inside] for columns in zip(*parts, strict=True)))
        return _bars(at[inside], joined)

    def option_chain(self, underlying: str, expiry: date | None, *, now: datetime) -> OptionChain:
        raise Unsupported("no option chains yet", provider=self.name)

    def instruments(self, *, now: datetime) -> Sequence[ListedInstrument]:
        return cash_instruments()


def _bars(ts: np.ndarray, bars: Ohlcv) -> Bars:
    return Bars(ts.astype(np.int64), bars.open, bars.high, bars.low, bars.close, bars.volume.astype(np.int64))


def _quote(key: str, snapshot, row: int, before: float) -> Quote:
    day = snapshot.day
    return Quote(
        symbol=key,
        last_price=float(day.close[row]),
        as_of=datetime.fromtimestamp(int(snapshot.last_ms[row]) / 1000, UTC),
        open=float(day.open[row]),
        high=float(day.high[row]),
        low=float(day.low[row]),
        prev_close=before,
        volume=int(day.volume[row]),
    )
