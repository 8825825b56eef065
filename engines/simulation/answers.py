"""What the simulated exchange answers with: columns of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.simulation.bars import Ohlcv

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DailyBars:
    """Daily bars: dates (T,), prices and volume (T, N) in the order of `keys`; nan where a contract was not
    listed.
    """

    keys: tuple[str, ...]
    dates: npt.NDArray[np.datetime64]
    open: F64
    high: F64
    low: F64
    close: F64
    volume: F64


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars of one instrument: start of each bar (epoch seconds UTC), prices in rupees, volume in shares."""

    key: str
    times: I64
    open: F64
    high: F64
    low: F64
    close: F64
    volume: F64

    @classmethod
    def of(cls, key: str, times: I64, bars: Ohlcv) -> Bars:
        return cls(key, times, *bars)


@dataclass(frozen=True, slots=True)
class TickSeries:
    """Trades of one instrument (for an index: published values, for an option also price changes without a
    trade).

    times_ms: epoch milliseconds UTC; price: rupees; quantity: shares, 0 where nothing traded.
    """

    key: str
    times_ms: I64
    price: F64
    quantity: I64


@dataclass(frozen=True, slots=True)
class Quotes:
    """One row per key at an instant.

    previous_close: of the session before. volume, open_interest: shares. average_price: traded value over
    volume (the last price for an index, the mean of open, high, low and last for an option). last_trade_ms:
    epoch milliseconds. bid, ask, buy_quantity, sell_quantity and the circuits are 0 for an index.
    """

    keys: tuple[str, ...]
    last_price: F64
    open: F64
    high: F64
    low: F64
    previous_close: F64
    volume: I64
    average_price: F64
    open_interest: I64
    open_interest_day_open: I64
    last_trade_ms: I64
    bid: F64
    ask: F64
    buy_quantity: I64
    sell_quantity: I64
    lower_circuit: F64
    upper_circuit: F64
    tick: F64
    as_of_ms: int
    trade_date: np.datetime64


@dataclass(frozen=True, slots=True)
class OptionSide:
    """Calls or puts of a chain, one element per strike.

    implied_volatility: a fraction (0.13 = 13 %). delta, gamma per index point, theta rupees per calendar day,
    vega rupees per volatility point. volume and open interest in shares.
    """

    symbols: tuple[str, ...]
    last_price: F64
    bid: F64
    ask: F64
    previous_close: F64
    implied_volatility: F64
    delta: F64
    gamma: F64
    theta: F64
    vega: F64
    volume: I64
    open_interest: I64
    open_interest_day_open: I64
    buy_quantity: I64
    sell_quantity: I64


@dataclass(frozen=True, slots=True)
class OptionChain:
    """All strikes of one expiry of an index at an instant.

    spot, forward: points; forward is the same-expiry futures price before its noise. rate: continuous. years:
    to the expiry instant. strikes: ascending.
    """

    name: str
    underlying: str
    expiry: np.datetime64
    weekly: bool
    lot: int
    spot: float
    forward: float
    rate: float
    years: float
    atm_strike: float
    strikes: F64
    call: OptionSide
    put: OptionSide
    as_of_ms: int
