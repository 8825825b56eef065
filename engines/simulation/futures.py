"""Futures of the four indices and of large stocks: spot carried to expiry, with a tick of noise."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation import openinterest, rng, ticksize
from engines.simulation.bars import Ohlcv
from engines.simulation.cash import CashMarket, tick_keys
from engines.simulation.contract_specs import SPEC_OF
from engines.simulation.contracts import Contract, ContractBook
from engines.simulation.daily import LEAST_UNITS_PER_MINUTE
from engines.simulation.derived import LEVEL_DAY, LEVEL_MINUTE, follow_days, follow_minutes
from engines.simulation.frame import Frame
from engines.simulation.intraday import LEAST_UNITS
from engines.simulation.tickpath import Ticks, follow_ticks

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

# Continuous carry: interest less dividends, taken as the 91-day bill; also the rate options are discounted
# with.
CARRY_RATE = 0.055
DAYS_PER_YEAR = 365.0
STOCK_LOTS_OF_CASH_VOLUME = 0.6
STOCK_INTEREST_OF_CASH_VOLUME = 8.0
_KEPT_FRAMES = 2


def carry_factor(trade_date: np.datetime64, expiry: npt.ArrayLike) -> F64:
    """Forward over spot; fixed for the whole trade date and 1 on the expiry date."""
    days = (np.asarray(expiry, "datetime64[D]") - trade_date).astype(np.int64)
    return np.exp(CARRY_RATE * days / DAYS_PER_YEAR)


class _Static(NamedTuple):
    """Columns of a list of futures on one trade date."""

    numbers: npt.NDArray[np.uint64]
    base_rows: I64
    factor: F64
    tick: F64
    lot: F64
    days_left: F64
    typical_lots: F64
    typical_interest: F64


class FuturesMarket:
    """Prices of futures, derived from the cash market."""

    def __init__(self, cash: CashMarket, book: ContractBook) -> None:
        self.cash, self.book = cash, book
        self._frames: OrderedDict[int, tuple[tuple[Contract, ...], Frame]] = OrderedDict()

    def _static(self, contracts: tuple[Contract, ...], ordinal: int) -> _Static:
        day = self.cash.sessions.dates[ordinal]
        rows = np.array([self.cash.listing.row_of[c.underlying] for c in contracts], np.int64)
        expiry = np.array([c.expiry for c in contracts], "datetime64[D]")
        lot = np.array([c.lot for c in contracts], np.float64)
        units = np.array([i.units_per_day for i in self.cash.listing.instruments])[rows]
        specs = [SPEC_OF.get(c.name) for c in contracts]
        lots = [
            s.futures_lots if s else STOCK_LOTS_OF_CASH_VOLUME * u / q
            for s, u, q in zip(specs, units, lot, strict=True)
        ]
        interest = [
            s.futures_open_interest if s else STOCK_INTEREST_OF_CASH_VOLUME * u / q
            for s, u, q in zip(specs, units, lot, strict=True)
        ]
        numbers = np.array([c.number for c in contracts], np.uint64)
        days_left = (expiry - day).astype(np.float64)
        return _Static(
            numbers,
            rows,
            carry_factor(day, expiry),
            self._ticks(contracts, rows, ordinal),
            lot,
            days_left,
            np.array(lots),
            np.array(interest),
        )

    def _ticks(self, contracts: tuple[Contract, ...], rows: I64, ordinal: int) -> F64:
        """Stock futures tick like the stock; index futures by the level of the month before's last close."""
        sessions = self.cash.sessions
        day = sessions.dates[ordinal]
        month_start = day.astype("datetime64[M]").astype("datetime64[D]")
        last = max(int(np.searchsorted(sessions.dates, month_start)) - 1, 0)
        level = self.cash.panel.row(last).close
        ticks = self.cash.panel.row(ordinal).tick[rows]
        for position, contract in enumerate(contracts):
            if contract.name in SPEC_OF:
                if contract.exchange == "BFO":
                    ticks[position] = ticksize.BSE_INDEX_FUTURE_TICK
                else:
                    ticks[position] = ticksize.tick_by_price(ticksize.INDEX_FUTURE_TICKS, day, level[rows[position]])
        return ticks

    def day(self, contracts: tuple[Contract, ...], ordinal: int) -> Ohlcv:
        """Complete daily bar (contracts,) of a session; volume in shares."""
        return self._day(self._static(contracts, ordinal), ordinal)

    def _day(self, static: _Static, ordinal: int) -> Ohlcv:
        seed = self.cash.seed
        base = self.cash.days(static.base_rows, range(ordinal, ordinal + 1)).bars.take(0)
        keys = rng.fold_keys(rng.fold_key(seed, LEVEL_DAY), static.numbers)
        prices = follow_days(base, static.factor, static.tick, rng.words(keys, np.uint64(ordinal)))
        lots = openinterest.future_lots(seed, static.numbers, ordinal, static.days_left, static.typical_lots)
        least = LEAST_UNITS_PER_MINUTE * float(self.cash.sessions.minutes[ordinal])
        return Ohlcv(*prices, np.maximum(lots, least) * static.lot)

    def tick_of(self, contracts: tuple[Contract, ...], ordinal: int) -> F64:
        """Tick size of each contract on a session."""
        return self._static(contracts, ordinal).tick

    def open_interest(self, contracts: tuple[Contract, ...], ordinal: int) -> F64:
        """Open interest in shares at the end of a session (before its start for ordinal - 1)."""
        static = self._static(contracts, max(ordinal, 0))
        lots = openinterest.future_interest(
            self.cash.seed, static.numbers, max(ordinal, 0), static.days_left, static.typical_interest
        )
        return lots * static.lot

    def minutes(self, contract: Contract, ordinal: int) -> Ohlcv:
        """All minute bars of one contract and session."""
        return self._minutes(self._static((contract,), ordinal), ordinal).take(0)

    def _minutes(self, static: _Static, ordinal: int) -> Ohlcv:
        cash = self.cash
        parts = [cash.minutes(int(row), ordinal) for row in static.base_rows]
        base = Ohlcv(*(np.stack(columns) for columns in zip(*parts, strict=True)))
        keys = rng.fold_keys(rng.fold_key(cash.seed, LEVEL_MINUTE, ordinal), static.numbers)
        return follow_minutes(
            base, self._day(static, ordinal), static.factor, static.tick, keys, static.lot, LEAST_UNITS
        )

    def minute_ticks(self, contract: Contract, ordinal: int, minutes: I64) -> Ticks:
        """Ticks (len(minutes), 60) of one contract."""
        static = self._static((contract,), ordinal)
        base = self.cash.minute_ticks(int(static.base_rows[0]), ordinal, minutes)
        ones = np.ones(len(minutes))
        keys = tick_keys(self.cash.seed, ordinal, np.repeat(static.numbers, len(minutes)), minutes)
        bars = self.minutes(contract, ordinal).take(minutes)
        return follow_ticks(base, bars, ones * static.factor, ones * static.tick, ones * static.lot, keys, minutes == 0)

    def frame(self, ordinal: int) -> tuple[tuple[Contract, ...], Frame]:
        """All futures listed on a session, with their frame."""
        kept = self._frames.get(ordinal)
        if kept is None:
            contracts = tuple(self.book.futures(self.cash.sessions.dates[ordinal]))
            static = self._static(contracts, ordinal)
            self.cash.frame(ordinal)
            bars = self._minutes(static, ordinal)
            frame = Frame(
                self.cash.sessions.open_of(ordinal),
                bars,
                lambda minute: self._frame_ticks(static, bars, ordinal, minute),
            )
            kept = self._frames[ordinal] = (contracts, frame)
            while len(self._frames) > _KEPT_FRAMES:
                self._frames.popitem(last=False)
        return kept

    def _frame_ticks(self, static: _Static, bars: Ohlcv, ordinal: int, minute: int) -> Ticks:
        cash_ticks = self.cash.frame(ordinal).ticks(minute)
        base = Ticks(*(column[static.base_rows] for column in cash_ticks))
        keys = tick_keys(self.cash.seed, ordinal, static.numbers, np.full(len(static.numbers), minute))
        now = bars.take((slice(None), minute))
        return follow_ticks(base, now, static.factor, static.tick, static.lot, keys, minute == 0)
