"""Quotes of many instruments at one instant."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from engines.simulation import depth, openinterest, ticksize
from engines.simulation.answers import Quotes
from engines.simulation.bars import Ohlcv
from engines.simulation.cash import CashMarket
from engines.simulation.contracts import Contract
from engines.simulation.futures import FuturesMarket, carry_factor
from engines.simulation.options import OptionSession
from engines.simulation.series import OptionMarket

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
T = TypeVar("T")

_KEPT_NAMES = 128

# Price bands: plain 20 %; names with derivatives start at 10 % and widen by 5 % when reached (so do index
# futures).
PLAIN_BAND, DYNAMIC_BAND, BAND_STEP, OVERNIGHT_FUND_BAND = 0.20, 0.10, 0.05, 0.05
OPTION_BAND_OF_SPOT = 0.20


class Part(NamedTuple):
    """Quote columns of a group of instruments, arrays of one shape."""

    day: Ohlcv
    previous_close: F64
    average_price: F64
    open_interest: F64
    open_interest_day_open: F64
    last_ms: I64
    top: depth.TopOfBook
    lower: F64
    upper: F64
    tick: F64


def dynamic_band(previous: F64, high: F64, low: F64, start: F64) -> F64:
    """Band that has widened in steps of 5 % as far as the day's extremes required."""
    reached = np.maximum(high / previous - 1.0, 1.0 - low / previous)
    steps = np.ceil(np.maximum(reached - start, 0.0) / BAND_STEP - 1e-9)
    return start + BAND_STEP * np.maximum(steps, 0.0)


def _circuits(previous: F64, band: F64, tick: F64) -> tuple[F64, F64]:
    lower = np.maximum(np.ceil(np.round(previous * (1.0 - band) / tick, 6)), 1.0)
    upper = np.floor(np.round(previous * (1.0 + band) / tick, 6))
    return ticksize.to_price(lower, tick), ticksize.to_price(upper, tick)


def average_price(turnover: F64, day: Ohlcv) -> F64:
    """Traded value over volume, within the day's range; the last price where nothing is traded."""
    mean = np.where(day.volume > 0, turnover / np.maximum(day.volume, 1.0), day.close)
    return np.round(np.clip(mean, day.low, day.high), 2)


class QuoteDesk:
    """Builds quotes from the cash, futures and option markets."""

    def __init__(self, cash: CashMarket, futures: FuturesMarket, options: OptionMarket) -> None:
        self.cash, self.futures, self.options = cash, futures, options
        instruments = cash.listing.instruments
        self._is_index = np.array([i.is_index for i in instruments])
        self._typical = np.array([i.units_per_day for i in instruments])
        self._start_band = np.array(
            [
                OVERNIGHT_FUND_BAND if i.symbol == "LIQUIDBEES" else DYNAMIC_BAND if i.has_derivatives else PLAIN_BAND
                for i in instruments
            ]
        )
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def _per_session(self, name: str, session: Hashable, build: Callable[[], T]) -> T:
        """The latest value of a name is kept while its session stays the same."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != session:
            if len(self._kept) > _KEPT_NAMES:
                self._kept.clear()
            kept = self._kept[name] = (session, build())
        return kept[1]

    def previous_close(self, ordinal: int) -> F64:
        """Previous closes of all static rows."""
        return self._per_session("cash", ordinal, lambda: self.cash.previous_close(ordinal))

    def static(self, rows: I64, ordinal: int, now_ms: int) -> Part:
        """Quotes of static instruments."""
        snapshot = self.cash.frame(ordinal).snapshot(now_ms)
        base = self.cash.panel.row(ordinal).tick
        tick = np.concatenate([base, base[self.cash.listing.twin_base_rows]])[rows]
        day = snapshot.day.take(rows)
        previous = self.previous_close(ordinal)[rows]
        keys = depth.book_keys(self.cash.seed, rows, now_ms // 1_000)
        top = depth.top_of_book(day.close, tick, np.ones(len(rows)), self._typical[rows], depth.CASH_SPREAD, keys)
        tradable = ~self._is_index[rows]
        top = depth.TopOfBook(*(column * tradable for column in top))
        lower, upper = _circuits(previous, dynamic_band(previous, day.high, day.low, self._start_band[rows]), tick)
        zero = np.zeros(len(rows))
        return Part(
            day,
            previous,
            average_price(snapshot.turnover[rows], day),
            zero,
            zero,
            snapshot.last_ms[rows],
            top,
            lower * tradable,
            upper * tradable,
            tick,
        )

    def _future_facts(self, ordinal: int) -> tuple[F64, F64, F64, F64, F64]:
        """Previous closes, open interest before and after, tick and lot of all futures of a session."""
        contracts, _ = self.futures.frame(ordinal)
        if ordinal:
            previous = self.futures.day(contracts, ordinal - 1).close
        else:
            rows = [self.cash.listing.row_of[c.underlying] for c in contracts]
            previous = np.round(
                self.previous_close(0)[rows] * carry_factor(self.cash.sessions.dates[0], [c.expiry for c in contracts]),
                2,
            )
        return (
            previous,
            self.futures.open_interest(contracts, ordinal - 1),
            self.futures.open_interest(contracts, ordinal),
            self.futures.tick_of(contracts, ordinal),
            np.array([c.lot for c in contracts], np.float64),
        )

    def future(self, contracts: list[Contract], ordinal: int, now_ms: int) -> Part:
        """Quotes of futures. Raises KeyError for one that is not listed on the session."""
        listed, frame = self.futures.frame(ordinal)
        place = self._per_session("places", ordinal, lambda: {c.key: i for i, c in enumerate(listed)})
        missing = [c.key for c in contracts if c.key not in place]
        if missing:
            raise KeyError(f"{missing[0]} is not listed on {self.cash.sessions.dates[ordinal]}")
        at = np.array([place[c.key] for c in contracts])
        facts = self._per_session("futures", ordinal, lambda: self._future_facts(ordinal))
        previous, before, after, tick, lot = (column[at] for column in facts)
        snapshot = frame.snapshot(now_ms)
        day = snapshot.day.take(at)
        interest = openinterest.interest_so_far(before / lot, after / lot, frame.minute_at(now_ms), frame.minutes) * lot
        keys = depth.book_keys(self.cash.seed, np.array([c.number for c in contracts], np.uint64), now_ms // 1_000)
        top = depth.top_of_book(day.close, tick, lot, day.volume + 100.0 * lot, depth.CASH_SPREAD, keys)
        band = dynamic_band(previous, day.high, day.low, np.full(len(at), DYNAMIC_BAND))
        return Part(
            day,
            previous,
            average_price(snapshot.turnover[at], day),
            interest,
            before,
            snapshot.last_ms[at],
            top,
            *_circuits(previous, band, tick),
            tick,
        )

    def option_facts(self, session: OptionSession) -> tuple[F64, F64, F64]:
        """Previous closes, open interest before and after (2, strikes) of an option session."""
        key = (session.ordinal, session.expiry)
        return self._per_session(f"{session.spec.name}{session.expiry}", key, lambda: self._build_facts(session))

    def _build_facts(self, session: OptionSession) -> tuple[F64, F64, F64]:
        after = session.open_interest()
        if session.ordinal == 0:
            return session.opening, np.zeros_like(after), after
        before = OptionSession(
            self.cash, session.spec, session.expiry, session.weekly, session.ordinal - 1, session.strikes
        )
        previous, interest = before.closing, before.open_interest()
        # A strike listed the day before closed at the price of that day's list.
        listed = dict(self.options.book.expiries(session.spec.name, before.trade_date))
        if session.expiry in listed:
            yesterday = self.options.session(session.spec.name, session.expiry, session.ordinal - 1)
            common, here, there = np.intersect1d(session.strikes, yesterday.strikes, return_indices=True)
            if len(common):
                previous[:, here] = yesterday.closing[:, there]
        else:
            interest = np.zeros_like(interest)
        return previous, interest, after

    def option(self, contracts: list[Contract], ordinal: int, now_ms: int) -> Part:
        """Quotes of options of one expiry. Raises KeyError for a strike that is not listed."""
        session = self.options.session(contracts[0].name, contracts[0].expiry, ordinal)
        at = np.searchsorted(session.strikes, [c.strike for c in contracts])
        for contract, index in zip(contracts, at, strict=True):
            if index >= len(session.strikes) or session.strikes[index] != contract.strike:
                raise KeyError(f"{contract.key} is not listed on {session.trade_date}")
        pick = (np.array([0 if c.kind == "CE" else 1 for c in contracts]), at)
        state = session.state(now_ms)
        high, low = session.ranges_before(min(state.minute, session.minutes))
        day = Ohlcv(session.opening, np.fmax(high, state.high), np.fmin(low, state.low), state.last, state.volume).take(
            pick
        )
        previous, before, after = (column[pick] for column in self.option_facts(session))
        lot = np.full(len(contracts), float(session.lot))
        tick = np.full(len(contracts), ticksize.OPTION_TICK)
        interest = openinterest.interest_so_far(before / lot, after / lot, state.minute, session.minutes) * lot
        top = self.option_books(session, now_ms, state.last)
        upper = previous + OPTION_BAND_OF_SPOT * state.spot
        return Part(
            day,
            previous,
            np.round((day.open + day.high + day.low + day.close) / 4.0, 2),
            interest,
            before,
            np.full(len(contracts), state.last_ms),
            depth.TopOfBook(*(column[pick] for column in top)),
            tick,
            ticksize.to_price(np.floor(upper / tick), tick),
            tick,
        )

    def option_books(self, session: OptionSession, now_ms: int, last: F64) -> depth.TopOfBook:
        """Best bids and offers (2, strikes)."""
        keys = depth.book_keys(self.cash.seed, session.numbers, now_ms // 1_000)
        full = np.ones_like(last)
        lot = session.lot * full
        return depth.top_of_book(
            last, ticksize.OPTION_TICK * full, lot, session.session_volume() + 20.0 * lot, depth.OPTION_SPREAD, keys
        )


def join(keys: tuple[str, ...], parts: list[tuple[I64, Part]], as_of_ms: int, trade_date: np.datetime64) -> Quotes:
    """Quotes of several groups in the order of `keys`; each part comes with the positions of its rows."""
    order = np.argsort(np.concatenate([places for places, _ in parts]), kind="stable")

    def column(read: Callable[[Part], npt.NDArray]) -> npt.NDArray:
        return np.concatenate([read(part) for _, part in parts])[order]

    def whole(read: Callable[[Part], npt.NDArray]) -> I64:
        return np.rint(column(read)).astype(np.int64)

    return Quotes(
        keys,
        column(lambda p: p.day.close),
        column(lambda p: p.day.open),
        column(lambda p: p.day.high),
        column(lambda p: p.day.low),
        column(lambda p: p.previous_close),
        whole(lambda p: p.day.volume),
        column(lambda p: p.average_price),
        whole(lambda p: p.open_interest),
        whole(lambda p: p.open_interest_day_open),
        column(lambda p: p.last_ms),
        column(lambda p: p.top.bid),
        column(lambda p: p.top.ask),
        column(lambda p: p.top.buy_quantity),
        column(lambda p: p.top.sell_quantity),
        column(lambda p: p.lower),
        column(lambda p: p.upper),
        column(lambda p: p.tick),
        as_of_ms,
        trade_date,
    )
