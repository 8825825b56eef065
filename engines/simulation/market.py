"""The simulated exchange: one object that answers for any instant what the market has shown so far."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from engines.simulation import chains, depth
from engines.simulation.answers import Bars, DailyBars, OptionChain, Quotes, TickSeries
from engines.simulation.bars import Ohlcv, aggregate, concatenate
from engines.simulation.cash import CashMarket
from engines.simulation.contract_specs import INDEX_SPECS, SPEC_OF, SPEC_OF_KEY
from engines.simulation.contracts import Contract, ContractBook, option
from engines.simulation.frame import MINUTE_MS, complete_and_partial
from engines.simulation.futures import FuturesMarket
from engines.simulation.listing import Listing, full_listing
from engines.simulation.quotes import Part, QuoteDesk, join
from engines.simulation.series import CashSeries, FutureSeries, OptionMarket, OptionSeries, Series
from engines.simulation.sessions import Instant, SimSessions, epoch_seconds
from engines.simulation.tickpath import SLOTS

DEFAULT_SEED = 195
_KEPT_SERIES = 4_096
_TICK_CHUNK = 240
Day = date | np.datetime64 | str


def _milliseconds(instant: Instant) -> int:
    # Half a microsecond absorbs the rounding of float seconds.
    return int(np.floor(epoch_seconds(instant) * 1_000.0 + 5e-4))


class SimulatedMarket:
    """A seeded exchange over a calendar of sessions; safe to share between threads.

    The same seed, calendar and instant give the same bytes in every process, and no answer depends on anything
    after the instant asked for. Instants are aware datetimes or epoch seconds, trade dates IST dates, symbols
    Kite keys (`NSE:RELIANCE`, `NFO:NIFTY26NOV25000CE`). Unknown symbols raise KeyError naming them.
    """

    def __init__(self, seed: int, sessions: SimSessions) -> None:
        self.seed, self.sessions = seed, sessions
        self.listing: Listing = full_listing()
        self._book = ContractBook(sessions)
        self._cash = CashMarket(seed, self.listing, sessions)
        self._futures = FuturesMarket(self._cash, self._book)
        self._options = OptionMarket(self._cash, self._book)
        self._desk = QuoteDesk(self._cash, self._futures, self._options)
        self._contracts_of: dict[str, Contract] = {}
        self._contract_list: tuple[int, tuple[Contract, ...]] | None = None
        self._lock = threading.RLock()

    # Instruments

    def contract(self, symbol: str) -> Contract:
        """The future or option a key names, listed now or not."""
        found = self._contracts_of.get(symbol)
        if found is None:
            found = self._book.parse(symbol)
            if len(self._contracts_of) > _KEPT_SERIES:
                self._contracts_of.clear()
            self._contracts_of[symbol] = found
        return found

    def contracts(self, at: Instant) -> tuple[Contract, ...]:
        """Futures and options listed on the session in progress (or last opened) at an instant."""
        with self._lock:
            ordinal = self._ordinal(at)
            if self._contract_list is None or self._contract_list[0] != ordinal:
                self._contract_list = (ordinal, tuple(self._listed_contracts(ordinal)))
            return self._contract_list[1]

    def _listed_contracts(self, ordinal: int) -> Iterator[Contract]:
        day = self.sessions.dates[ordinal]
        yield from self._book.futures(day)
        for spec in INDEX_SPECS:
            strikes = self._options.strikes(spec.name, ordinal)
            for expiry, weekly in self._book.expiries(spec.name, day):
                for kind in ("CE", "PE"):
                    yield from (option(spec, expiry, weekly, float(strike), kind) for strike in strikes)

    def expiries(self, index: str, now: Instant) -> tuple[np.datetime64, ...]:
        """Option expiries of an index that have not passed, soonest first; `index` is a name (NIFTY) or quote
        key.
        """
        ordinal, second = self._ordinal(now), epoch_seconds(now)
        found = self._book.expiries(self._index_name(index), self.sessions.dates[ordinal])
        return tuple(expiry for expiry, _ in found if self.sessions.close_instant(expiry) > second)

    def tick_sizes(self, symbols: Sequence[str], at: Instant) -> npt.NDArray[np.float64]:
        """Tick size of each symbol on the session of an instant, rupees."""
        with self._lock:
            ordinal = self._ordinal(at)
            core = self._cash.panel.row(ordinal).tick
            ticks = np.concatenate([core, core[self.listing.twin_base_rows]])
            return np.array([self._tick_size(symbol, ordinal, ticks) for symbol in symbols])

    def _tick_size(self, symbol: str, ordinal: int, ticks: npt.NDArray[np.float64]) -> float:
        row = self.listing.row_of.get(symbol)
        if row is not None:
            return float(ticks[row])
        contract = self.contract(symbol)
        return float(self._futures.tick_of((contract,), ordinal)[0]) if contract.kind == "FUT" else 0.05

    @staticmethod
    def _index_name(index: str) -> str:
        return SPEC_OF_KEY[index].name if index in SPEC_OF_KEY else index

    def _ordinal(self, now: Instant) -> int:
        ordinal = self.sessions.ordinal_at(now)
        if ordinal < 0:
            raise ValueError(f"the simulated exchange first opens on {self.sessions.dates[0]}; {now} is before that")
        return ordinal

    def _series(self, symbol: str) -> Series:
        row = self.listing.row_of.get(symbol)
        if row is not None:
            return CashSeries(self._cash, row)
        contract = self.contract(symbol)
        if contract.kind == "FUT":
            return FutureSeries(self._futures, contract)
        return OptionSeries(self._options, contract)

    # Bars and ticks

    def _minutes_until(self, series: Series, ordinal: int, until_ms: int) -> Ohlcv | None:
        """Minute bars of a session seen by an instant, or None where there are none."""
        elapsed = until_ms - 1_000 * self.sessions.open_of(ordinal)
        if elapsed < 0 or not series.listed(ordinal):
            return None
        return complete_and_partial(
            series.minutes(ordinal), elapsed, lambda minute: series.ticks(ordinal, np.array([minute])).row(0)
        )

    def daily(self, symbols: Sequence[str], start: Day, end: Day, until: Instant) -> DailyBars:
        """Daily bars of the sessions from `start` to `end` that had opened by `until`; one in progress is the
        day so far.
        """
        with self._lock:
            span = self.sessions.span(start, end)
            last = self.sessions.ordinal_at(until)
            span = range(span.start, min(span.stop, last + 1))
            if len(span) <= 0:
                empty = np.empty((0, len(symbols)))
                return DailyBars(tuple(symbols), self.sessions.dates[:0], empty, empty, empty, empty, empty)
            bars = self._complete_days(symbols, span)
            if span[-1] == last and epoch_seconds(until) < self.sessions.close_of(last):
                self._put_day_so_far(bars, symbols, last, _milliseconds(until))
            return DailyBars(tuple(symbols), self.sessions.dates[span.start : span.stop], *bars)

    def _complete_days(self, symbols: Sequence[str], span: range) -> Ohlcv:
        bars = Ohlcv(*(np.empty((len(span), len(symbols))) for _ in Ohlcv._fields))
        rows = np.array([self.listing.row_of.get(symbol, -1) for symbol in symbols])
        static = np.flatnonzero(rows >= 0)
        if len(static):
            found = self._cash.days(rows[static], span).bars
            for column, values in zip(bars, found, strict=True):
                column[:, static] = values
        for place in np.flatnonzero(rows < 0):
            for column, values in zip(bars, self._series(symbols[place]).days(span), strict=True):
                column[:, place] = values
        return bars

    def _put_day_so_far(self, bars: Ohlcv, symbols: Sequence[str], ordinal: int, until_ms: int) -> None:
        snapshot = self._cash.frame(ordinal).snapshot(until_ms).day
        for place, symbol in enumerate(symbols):
            row = self.listing.row_of.get(symbol)
            if row is not None:
                today: Ohlcv | None = snapshot.take(row)
            else:
                minutes = self._minutes_until(self._series(symbol), ordinal, until_ms)
                today = aggregate(minutes, np.zeros(1, np.int64)).take(0) if minutes is not None else None
            for column, value in zip(bars, today or (np.nan,) * 5, strict=True):
                column[-1, place] = value

    def minutes(self, symbol: str, trade_date: Day, until: Instant) -> Bars:
        """Minute bars of one session seen by `until`; the last may be the part of a minute seen so far.

        Raises KeyError when that date has no session.
        """
        return self._session_bars(symbol, self.sessions.ordinal_of(trade_date), 1, _milliseconds(until))

    def _session_bars(self, symbol: str, ordinal: int, interval: int, until_ms: int) -> Bars:
        with self._lock:
            minutes = self._minutes_until(self._series(symbol), ordinal, until_ms)
        if minutes is None:
            nothing = np.empty(0)
            return Bars(symbol, np.empty(0, np.int64), nothing, nothing, nothing, nothing, nothing)
        starts = np.arange(0, len(minutes.open), interval)
        merged = minutes if interval == 1 else aggregate(minutes, starts)
        return Bars.of(symbol, self.sessions.open_of(ordinal) + 60 * starts, merged)

    def bars(self, symbol: str, interval_minutes: int, start: Instant, end: Instant, until: Instant) -> Bars:
        """Bars of `interval_minutes` that start within [start, end), anchored at each session's open, as seen
        by `until`.
        """
        if interval_minutes < 1:
            raise ValueError(f"interval_minutes must be at least 1, not {interval_minutes}")
        first = max(self.sessions.ordinal_at(start), 0)
        stop = int(
            np.searchsorted(self.sessions.opens, min(epoch_seconds(end), epoch_seconds(until) + 0.001), side="left")
        )
        parts = [
            self._session_bars(symbol, o, interval_minutes, _milliseconds(until))
            for o in range(first, max(stop, first))
        ]
        if not parts:
            nothing = np.empty(0)
            return Bars(symbol, np.empty(0, np.int64), nothing, nothing, nothing, nothing, nothing)
        times = np.concatenate([part.times for part in parts])
        joined = concatenate([Ohlcv(p.open, p.high, p.low, p.close, p.volume) for p in parts])
        inside = (times >= epoch_seconds(start)) & (times < epoch_seconds(end))
        return Bars.of(symbol, times[inside], joined.take(inside))

    def ticks(self, symbol: str, start: Instant, end: Instant) -> TickSeries:
        """Ticks at instants within [start, end); pass an `end` that is not after the present."""
        first_ms, end_ms = _milliseconds(start), _milliseconds(end)
        times, prices, units = [np.empty(0, np.int64)], [np.empty(0)], [np.empty(0)]
        with self._lock:
            series = self._series(symbol)
            for ordinal in range(max(self.sessions.ordinal_at(start), 0), self.sessions.ordinal_at(end) + 1):
                if not series.listed(ordinal):
                    continue
                open_ms, length = 1_000 * self.sessions.open_of(ordinal), int(self.sessions.minutes[ordinal])
                low = max((first_ms - open_ms) // MINUTE_MS, 0)
                high = min((end_ms - open_ms - 1) // MINUTE_MS + 1, length)
                for begin in range(low, high, _TICK_CHUNK):
                    minutes = np.arange(begin, min(begin + _TICK_CHUNK, high))
                    ticks = series.ticks(ordinal, minutes)
                    moment = open_ms + MINUTE_MS * np.repeat(minutes, SLOTS).reshape(-1, SLOTS) + ticks.offset_ms
                    seen = ticks.happened & (moment >= first_ms) & (moment < end_ms)
                    times.append(moment[seen])
                    prices.append(ticks.price[seen])
                    units.append(ticks.units[seen])
        quantity = np.rint(np.concatenate(units)).astype(np.int64)
        return TickSeries(symbol, np.concatenate(times), np.concatenate(prices), quantity)

    # The present

    def quotes(self, symbols: Sequence[str], now: Instant) -> Quotes:
        """Quotes at an instant; between sessions those of the last session's close.

        Raises KeyError for a symbol that is unknown or not listed on that session.
        """
        with self._lock:
            ordinal, now_ms = self._ordinal(now), _milliseconds(now)
            groups: dict[tuple, list[int]] = defaultdict(list)
            row_of = self.listing.row_of
            for place, symbol in enumerate(symbols):
                groups[("cash",) if symbol in row_of else self._group(symbol)].append(place)
            parts: list[tuple[npt.NDArray[np.int64], Part]] = []
            for group, places in groups.items():
                chosen = [symbols[place] for place in places]
                if group[0] == "cash":
                    part = self._desk.static(np.array([row_of[s] for s in chosen], np.int64), ordinal, now_ms)
                elif group[0] == "future":
                    part = self._desk.future([self.contract(s) for s in chosen], ordinal, now_ms)
                else:
                    part = self._desk.option([self.contract(s) for s in chosen], ordinal, now_ms)
                parts.append((np.array(places), part))
            if not parts:
                raise ValueError("quotes need at least one symbol")
            return join(tuple(symbols), parts, now_ms, self.sessions.dates[ordinal])

    def _group(self, symbol: str) -> tuple:
        contract = self.contract(symbol)
        return ("future",) if contract.kind == "FUT" else ("option", contract.name, contract.expiry)

    def depth(self, symbol: str, now: Instant) -> depth.Depth:
        """Five levels each side at an instant. Raises ValueError for an index, which has no book."""
        with self._lock:
            row = self.listing.row_of.get(symbol)
            if row is not None and self.listing.instruments[row].is_index:
                raise ValueError(f"{symbol} is an index and has no market depth")
            ordinal, now_ms = self._ordinal(now), _milliseconds(now)
            quote = self.quotes([symbol], now)
            if row is not None:
                number, unit, spread = row, 1.0, depth.CASH_SPREAD
                typical = self.listing.instruments[row].units_per_day
            else:
                contract = self.contract(symbol)
                number, unit = contract.number, float(contract.lot)
                spread = depth.CASH_SPREAD if contract.kind == "FUT" else depth.OPTION_SPREAD
                typical = float(quote.volume[0]) + 100.0 * unit
                if contract.kind != "FUT":
                    session = self._options.session(contract.name, contract.expiry, ordinal)
                    at = (0 if contract.kind == "CE" else 1, int(np.searchsorted(session.strikes, contract.strike)))
                    typical = float(session.session_volume()[at]) + 20.0 * unit
            key = depth.book_keys(self.seed, np.array([number], np.uint64), now_ms // 1_000)[0]
            return depth.five_levels(
                float(quote.last_price[0]), float(quote.tick[0]), unit, typical, spread, key, now_ms
            )

    def chain(self, index: str, expiry: Day | None, now: Instant) -> OptionChain:
        """The option chain of an index (name or quote key); the nearest live expiry when `expiry` is None.

        Raises KeyError for an index without options or an expiry that is not listed.
        """
        name = self._index_name(index)
        if name not in SPEC_OF:
            raise KeyError(f"{index} has no options on the simulated exchange; known: {', '.join(SPEC_OF)}")
        with self._lock:
            chosen = np.datetime64(expiry, "D") if expiry is not None else self.expiries(name, now)[0]
            session = self._options.session(name, chosen, self._ordinal(now))
            return chains.build(self._desk, session, _milliseconds(now))
