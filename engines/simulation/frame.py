"""One session of a set of rows: minute bars, the ticks of single minutes, and what was visible at an instant."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation.bars import Ohlcv
from engines.simulation.tickpath import SLOTS, Ticks

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

MINUTE_MS = 60_000
_KEPT_MINUTES = 3


class Snapshot(NamedTuple):
    """State of every row of a frame at an instant: day so far, last price and its time (epoch ms), value traded
    so far.
    """

    day: Ohlcv
    last_ms: I64
    turnover: F64


class _MinuteState(NamedTuple):
    ticks: Ticks
    last_slot: I64
    high: F64
    low: F64
    units: F64
    turnover: F64


def _minute_state(ticks: Ticks) -> _MinuteState:
    slots = np.where(ticks.happened, np.arange(SLOTS), -1)
    price = np.where(ticks.happened, ticks.price, np.nan)
    return _MinuteState(
        ticks,
        np.maximum.accumulate(slots, axis=1),
        np.fmax.accumulate(price, axis=1),
        np.fmin.accumulate(price, axis=1),
        np.cumsum(ticks.units, axis=1),
        np.cumsum(ticks.units * ticks.price, axis=1),
    )


class Frame:
    """Minute bars (rows, minutes) of a session that opens at `open_s` (epoch seconds), and access to its ticks."""

    def __init__(self, open_s: int, bars: Ohlcv, ticks_of: Callable[[int], Ticks]) -> None:
        self.open_ms = 1_000 * open_s
        self.bars = bars
        self.minutes = bars.open.shape[1]
        self._ticks_of = ticks_of
        self._states: OrderedDict[int, _MinuteState] = OrderedDict()
        self._done: OrderedDict[int, Snapshot] = OrderedDict()

    def _state(self, minute: int) -> _MinuteState:
        state = self._states.get(minute)
        if state is None:
            state = self._states[minute] = _minute_state(self._ticks_of(minute))
            while len(self._states) > _KEPT_MINUTES:
                self._states.popitem(last=False)
        return state

    def ticks(self, minute: int) -> Ticks:
        """All ticks of one minute (the future included: for callers that cut at their own instant)."""
        return self._state(minute).ticks

    def minute_at(self, now_ms: int) -> int:
        """Minute of the session in progress; the number of minutes once it has closed."""
        return min(max((now_ms - self.open_ms) // MINUTE_MS, 0), self.minutes)

    def snapshot(self, now_ms: int) -> Snapshot:
        """What had happened by `now_ms` (ticks at that very millisecond included). Requires now_ms >= open."""
        if now_ms < self.open_ms:
            raise ValueError("the session has not opened at this instant")
        minute = self.minute_at(now_ms)
        if minute == self.minutes:
            return self._after_close()
        state = self._state(minute)
        rows = np.arange(len(self.bars.open))
        within = now_ms - self.open_ms - minute * MINUTE_MS
        slot = within // 1_000
        slots = np.where(state.ticks.offset_ms[:, slot] <= within, slot, slot - 1)
        last = np.where(slots >= 0, state.last_slot[rows, np.maximum(slots, 0)], -1)
        began = last >= 0
        at = np.maximum(last, 0)
        before = minute - 1
        moment = self.open_ms + minute * MINUTE_MS + np.where(began, state.ticks.offset_ms[rows, at], -1)
        so_far = self._before(before)
        high, low = state.high[rows, at], state.low[rows, at]
        return Snapshot(
            Ohlcv(
                self.bars.open[:, 0],
                np.where(began, np.fmax(so_far.day.high, high), so_far.day.high),
                np.where(began, np.fmin(so_far.day.low, low), so_far.day.low),
                np.where(began, state.ticks.price[rows, at], so_far.day.close),
                so_far.day.volume + np.where(began, state.units[rows, at], 0.0),
            ),
            moment,
            so_far.turnover + np.where(began, state.turnover[rows, at], 0.0),
        )

    def _before(self, minute: int) -> Snapshot:
        """Complete minutes up to and including `minute`; nothing for -1."""
        if minute < 0:
            nothing = np.full(len(self.bars.open), np.nan)
            zero = np.zeros_like(nothing)
            return Snapshot(Ohlcv(nothing, nothing, nothing, nothing, zero), zero.astype(np.int64), zero)
        done = self._done.get(minute)
        if done is None:
            done = self._done[minute] = self._summed(minute)
            while len(self._done) > _KEPT_MINUTES:
                self._done.popitem(last=False)
        return done

    def _summed(self, minute: int) -> Snapshot:
        """Work out `_before`. Tables of every minute would be quicker by a millisecond and as large as the bars."""
        bars = self.bars.take((slice(None), slice(0, minute + 1)))
        turnover = bars.volume * (bars.open + bars.high + bars.low + bars.close) / 4.0
        # Added up minute by minute: a plain sum adds in another order, and its last bits differ.
        units, value = (np.cumsum(column, axis=1)[:, -1].copy() for column in (bars.volume, turnover))
        day = Ohlcv(bars.open[:, 0], bars.high.max(axis=1), bars.low.min(axis=1), bars.close[:, -1], units)
        return Snapshot(day, np.zeros(len(units), np.int64), value)

    def _after_close(self) -> Snapshot:
        done = self._before(self.minutes - 1)
        last = np.full(len(done.day.open), self.open_ms + self.minutes * MINUTE_MS - 1)
        return Snapshot(done.day, last, done.turnover)

    def bars_until(self, row: int, now_ms: int) -> Ohlcv:
        """Minute bars of one row that had happened by `now_ms`; the last may be the part of a minute seen so
        far.
        """
        if now_ms < self.open_ms:
            return self.bars.take((row, slice(0, 0)))
        return complete_and_partial(
            self.bars.take(row), now_ms - self.open_ms, lambda minute: self.ticks(minute).row(row)
        )


def complete_and_partial(bars: Ohlcv, elapsed_ms: int, ticks_of: Callable[[int], Ticks]) -> Ohlcv:
    """Cut minute bars (minutes,) at an instant; a minute in progress becomes the bar of its ticks so far."""
    minute = elapsed_ms // MINUTE_MS
    if minute >= len(bars.open):
        return bars
    done = bars.take(slice(0, minute))
    ticks = ticks_of(minute)
    seen = ticks.happened & (ticks.offset_ms <= elapsed_ms - minute * MINUTE_MS)
    if not seen.any():
        return done
    price = ticks.price[seen]
    part = (price[0], price.max(), price.min(), price[-1], ticks.units[seen].sum())
    return Ohlcv(*(np.append(column, value) for column, value in zip(done, part, strict=True)))
