"""The cash market: stocks, ETFs, indices and VIX with prices of their own, and the BSE twins that follow them."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation import rng
from engines.simulation.bars import Ohlcv
from engines.simulation.daily import LEAST_UNITS_PER_MINUTE, DailyBlock, DailyPanel
from engines.simulation.derived import LEVEL_DAY, LEVEL_MINUTE, follow_days, follow_minutes
from engines.simulation.frame import Frame
from engines.simulation.intraday import LEAST_UNITS, core_minutes
from engines.simulation.listing import BSE_VOLUME_SHARE, Listing
from engines.simulation.sessions import SimSessions
from engines.simulation.tickpath import Ticks, follow_ticks, minute_ticks

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

LEVEL_TICK, LEVEL_TWIN_VOLUME = 31, 32
TWIN_VOLUME_NOISE = 0.5
#: A day of the always-open session is 15 MiB; around midnight there are two.
_KEPT_FRAMES = 2
_KEPT_ROWS = 256


class Days(NamedTuple):
    """Daily bars (sessions, rows) and the tick in force."""

    bars: Ohlcv
    tick: F64


def tick_keys(seed: int, ordinal: int, ids: npt.ArrayLike, minutes: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Random key of each (instrument, minute) pair of a session; the two broadcast."""
    return rng.fold_keys(rng.fold_keys(rng.fold_key(seed, LEVEL_TICK, ordinal), ids), minutes)


class CashMarket:
    """Prices of the static instruments; rows are those of `Listing.row_of`."""

    def __init__(self, seed: int, listing: Listing, sessions: SimSessions) -> None:
        self.seed, self.listing, self.sessions = seed, listing, sessions
        self.panel = DailyPanel(seed, listing, sessions)
        self._core = len(listing.core)
        self._frames: OrderedDict[int, Frame] = OrderedDict()
        self._rows: OrderedDict[tuple[int, int], Ohlcv] = OrderedDict()

    def days(self, rows: I64, ordinals: range) -> Days:
        """Complete daily bars of some rows over consecutive sessions."""
        block = self.panel.through(ordinals[-1])
        span = slice(ordinals[0], ordinals[-1] + 1)
        base = self._base_rows(rows)
        bars = Ohlcv(*(getattr(block, name)[span][:, base] for name in Ohlcv._fields))
        tick = block.tick[span][:, base]
        twin = np.flatnonzero(rows >= self._core)
        if len(twin):
            follow = self._twin_days(rows[twin], np.array(ordinals), bars.take((slice(None), twin)), tick[:, twin])
            for column, values in zip(bars, follow, strict=True):
                column[:, twin] = values
        return Days(bars, tick)

    def _base_rows(self, rows: I64) -> I64:
        base = rows.copy()
        twin = rows >= self._core
        base[twin] = self.listing.twin_base_rows[rows[twin] - self._core]
        return base

    def _twin_days(self, rows: I64, ordinals: I64, base: Ohlcv, tick: F64) -> Ohlcv:
        keys = rng.fold_keys(rng.fold_key(self.seed, LEVEL_DAY), rows)
        bits = rng.words(keys[None, :], ordinals[:, None].astype(np.uint64))
        prices = follow_days(base, np.ones_like(tick), tick, bits)
        share = BSE_VOLUME_SHARE * np.exp(TWIN_VOLUME_NOISE * (2.0 * rng.fraction(bits, 8, 24) - 1.0))
        least = LEAST_UNITS_PER_MINUTE * self.sessions.minutes[ordinals][:, None]
        return Ohlcv(*prices, np.maximum(np.rint(share * base.volume), least))

    def previous_close(self, ordinal: int) -> F64:
        """Close of the session before, every row; the starting levels before the first session."""
        if ordinal == 0:
            return self.panel.first_close()[self._base_rows(np.arange(len(self.listing.instruments)))]
        return self.days(np.arange(len(self.listing.instruments)), range(ordinal - 1, ordinal)).bars.close[0]

    def minutes(self, row: int, ordinal: int) -> Ohlcv:
        """All minute bars (minutes,) of one row and session, complete."""
        if ordinal in self._frames:
            return self._frames[ordinal].bars.take(row)
        kept = self._rows.get((row, ordinal))
        if kept is None:
            kept = self._rows[row, ordinal] = self._session_bars(np.array([row]), ordinal).take(0)
            while len(self._rows) > _KEPT_ROWS:
                self._rows.popitem(last=False)
        return kept

    def _session_bars(self, rows: I64, ordinal: int) -> Ohlcv:
        """Minute bars (rows, minutes); `rows` must list the core rows before the twins."""
        base = self._base_rows(rows)
        needed, place = np.unique(base, return_inverse=True)
        today = self.panel.row(ordinal)
        day = DailyBlock(*(getattr(today, name)[needed] for name in DailyBlock.__slots__))
        minutes = int(self.sessions.minutes[ordinal])
        core = core_minutes(self.seed, ordinal, needed, day, self.panel.loads, minutes)
        twin = rows >= self._core
        if not twin.any():
            return core.take(place)
        days = self.days(rows[twin], range(ordinal, ordinal + 1))
        keys = rng.fold_keys(rng.fold_key(self.seed, LEVEL_MINUTE, ordinal), rows[twin])
        ones = np.ones(int(twin.sum()))
        bars = follow_minutes(core.take(place[twin]), days.bars.take(0), ones, days.tick[0], keys, ones, LEAST_UNITS)
        own = core.take(place[~twin])
        return Ohlcv(*(np.concatenate(pair) for pair in zip(own, bars, strict=True)))

    def frame(self, ordinal: int) -> Frame:
        """All rows of a session; kept for the latest few sessions used."""
        frame = self._frames.get(ordinal)
        if frame is None:
            bars = self._session_bars(np.arange(len(self.listing.instruments)), ordinal)
            frame = Frame(self.sessions.open_of(ordinal), bars, lambda minute: self._frame_ticks(ordinal, bars, minute))
            self._frames[ordinal] = frame
            while len(self._frames) > _KEPT_FRAMES:
                self._frames.popitem(last=False)
        else:
            self._frames.move_to_end(ordinal)
        return frame

    def _frame_ticks(self, ordinal: int, bars: Ohlcv, minute: int) -> Ticks:
        rows = np.arange(len(self.listing.instruments))
        n = self._core
        keys = tick_keys(self.seed, ordinal, rows, np.full(len(rows), minute))
        now, tick = bars.take((slice(None), minute)), self.panel.row(ordinal).tick
        unit = np.ones(len(rows))
        core = minute_ticks(now.take(slice(0, n)), tick, unit[:n], keys[:n], minute == 0)
        base = self.listing.twin_base_rows
        under = Ticks(*(column[base] for column in core))
        twins = follow_ticks(under, now.take(slice(n, None)), unit[n:], tick[base], unit[n:], keys[n:], minute == 0)
        return Ticks(*(np.concatenate(pair) for pair in zip(core, twins, strict=True)))

    def minute_ticks(self, row: int, ordinal: int, minutes: I64) -> Ticks:
        """Ticks (len(minutes), 60) of one row in several minutes of a session."""
        base = int(self._base_rows(np.array([row]))[0])
        ones = np.ones(len(minutes))
        tick = ones * self.panel.row(ordinal).tick[base]
        first = minutes == 0
        keys = tick_keys(self.seed, ordinal, np.full(len(minutes), base), minutes)
        ticks = minute_ticks(self.minutes(base, ordinal).take(minutes), tick, ones, keys, first)
        if base == row:
            return ticks
        keys = tick_keys(self.seed, ordinal, np.full(len(minutes), row), minutes)
        return follow_ticks(ticks, self.minutes(row, ordinal).take(minutes), ones, tick, ones, keys, first)
