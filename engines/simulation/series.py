"""One instrument's days, minutes and ticks, whatever its kind."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engines.simulation.bars import Ohlcv
from engines.simulation.cash import CashMarket
from engines.simulation.contract_specs import SPEC_OF
from engines.simulation.contracts import Contract, ContractBook
from engines.simulation.futures import FuturesMarket
from engines.simulation.options import OptionSession
from engines.simulation.tickpath import Ticks

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

STRIKE_MEMORY_SESSIONS = 40
_KEPT_OPTION_SESSIONS = 16
_KEPT_OPTION_DAYS = 8_192
_KEPT_OPTION_BARS = 128


class Series(Protocol):
    """Bars and ticks of one instrument by session."""

    def listed(self, ordinal: int) -> bool:
        """Whether the instrument trades on a session."""

    def days(self, ordinals: range) -> Ohlcv:
        """Complete daily bars (sessions,), nan where it was not listed."""

    def minutes(self, ordinal: int) -> Ohlcv:
        """Complete minute bars of a session on which it is listed."""

    def ticks(self, ordinal: int, minutes: I64) -> Ticks:
        """Ticks (n, 60) of some minutes."""


class CashSeries:
    """A stock, ETF, index or BSE twin."""

    def __init__(self, cash: CashMarket, row: int) -> None:
        self._cash, self._row = cash, row

    def listed(self, ordinal: int) -> bool:
        return True

    def days(self, ordinals: range) -> Ohlcv:
        return self._cash.days(np.array([self._row]), ordinals).bars.take((slice(None), 0))

    def minutes(self, ordinal: int) -> Ohlcv:
        return self._cash.minutes(self._row, ordinal)

    def ticks(self, ordinal: int, minutes: I64) -> Ticks:
        return self._cash.minute_ticks(self._row, ordinal, minutes)


def _stack_days(rows: list[Ohlcv | None]) -> Ohlcv:
    nothing = Ohlcv(*(np.full(1, np.nan) for _ in Ohlcv._fields))
    return Ohlcv(*(np.concatenate(column) for column in zip(*(row or nothing for row in rows), strict=True)))


class FutureSeries:
    """A future."""

    def __init__(self, futures: FuturesMarket, contract: Contract) -> None:
        self._futures, self._contract = futures, contract

    def listed(self, ordinal: int) -> bool:
        day = self._futures.cash.sessions.dates[ordinal]
        return self._contract.expiry in self._futures.book.future_expiries(self._contract.name, day)

    def days(self, ordinals: range) -> Ohlcv:
        return _stack_days(
            [self._futures.day((self._contract,), ordinal) if self.listed(ordinal) else None for ordinal in ordinals]
        )

    def minutes(self, ordinal: int) -> Ohlcv:
        return self._futures.minutes(self._contract, ordinal)

    def ticks(self, ordinal: int, minutes: I64) -> Ticks:
        return self._futures.minute_ticks(self._contract, ordinal, minutes)


class OptionMarket:
    """Sessions of every listed option expiry, kept while they are in use."""

    def __init__(self, cash: CashMarket, book: ContractBook) -> None:
        self.cash, self.book = cash, book
        self._sessions: OrderedDict[tuple[str, np.datetime64, int], OptionSession] = OrderedDict()
        self._days: OrderedDict[tuple[str, int], Ohlcv] = OrderedDict()
        self._bars: OrderedDict[tuple[str, int], Ohlcv] = OrderedDict()

    def strikes(self, name: str, ordinal: int) -> F64:
        """Strikes listed on a session: around the closes of the last two months, so that none disappears after
        a move.
        """
        spec = SPEC_OF[name]
        row = self.cash.listing.row_of[spec.key]
        if ordinal == 0:
            closes = self.cash.previous_close(0)[[row]]
        else:
            span = range(max(ordinal - STRIKE_MEMORY_SESSIONS, 0), ordinal)
            closes = self.cash.days(np.array([row]), span).bars.close
        return self.book.strikes(spec, float(closes.min()), float(closes.max()))

    def session(self, name: str, expiry: np.datetime64, ordinal: int) -> OptionSession:
        """One expiry on one session. Raises KeyError when that expiry was not listed."""
        kept = self._sessions.get((name, expiry, ordinal))
        if kept is None:
            weekly = dict(self.book.expiries(name, self.cash.sessions.dates[ordinal])).get(expiry)
            if weekly is None:
                day = self.cash.sessions.dates[ordinal]
                raise KeyError(f"{name} has no options expiring on {expiry} listed on {day}")
            kept = OptionSession(self.cash, SPEC_OF[name], expiry, weekly, ordinal, self.strikes(name, ordinal))
            self._keep(self._sessions, (name, expiry, ordinal), kept, _KEPT_OPTION_SESSIONS)
        return kept

    @staticmethod
    def _keep(store: OrderedDict, key: tuple, value: object, size: int) -> None:
        store[key] = value
        while len(store) > size:
            store.popitem(last=False)

    def day(self, contract: Contract, ordinal: int) -> Ohlcv:
        """Complete daily bar (1,) of a contract."""
        kept = self._days.get((contract.key, ordinal))
        if kept is None:
            session = self.session(contract.name, contract.expiry, ordinal)
            index = int(np.searchsorted(session.strikes, contract.strike))
            kept = session.day(index, contract.kind == "CE")
            self._keep(self._days, (contract.key, ordinal), kept, _KEPT_OPTION_DAYS)
        return kept

    def minute_bars(self, contract: Contract, index: int, ordinal: int) -> Ohlcv:
        kept = self._bars.get((contract.key, ordinal))
        if kept is None:
            kept = self.session(contract.name, contract.expiry, ordinal).minute_bars(index, contract.kind == "CE")
            self._keep(self._bars, (contract.key, ordinal), kept, _KEPT_OPTION_BARS)
        return kept


class OptionSeries:
    """An index option."""

    def __init__(self, market: OptionMarket, contract: Contract) -> None:
        self._market, self._contract = market, contract
        self._side = 0 if contract.kind == "CE" else 1

    def listed(self, ordinal: int) -> bool:
        contract = self._contract
        expiries = dict(self._market.book.expiries(contract.name, self._market.cash.sessions.dates[ordinal]))
        return expiries.get(contract.expiry) == contract.weekly and contract.strike in self._market.strikes(
            contract.name, ordinal
        )

    def _index(self, strikes: F64) -> int:
        return int(np.searchsorted(strikes, self._contract.strike))

    def days(self, ordinals: range) -> Ohlcv:
        return _stack_days(
            [self._market.day(self._contract, ordinal) if self.listed(ordinal) else None for ordinal in ordinals]
        )

    def minutes(self, ordinal: int) -> Ohlcv:
        index = self._index(self._market.strikes(self._contract.name, ordinal))
        return self._market.minute_bars(self._contract, index, ordinal)

    def ticks(self, ordinal: int, minutes: I64) -> Ticks:
        session = self._market.session(self._contract.name, self._contract.expiry, ordinal)
        return session.minute_ticks(self._index(session.strikes), self._side == 0, minutes)
