"""Daily prices of every core instrument, in blocks of sessions computed once and kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.simulation import ticksize
from engines.simulation.factors import BLOCK, FactorBlock, advance_block, start_state
from engines.simulation.listing import VIX_KEY, Listing
from engines.simulation.loads import MARKET_VOL, FactorLoads, factor_loads
from engines.simulation.sessions import CALENDAR_DAYS_PER_YEAR, SimSessions

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

DRIFT_START = np.datetime64("2019-01-01")
DRIFT_ANCHOR = np.datetime64("2026-11-20")
DRIFT_AFTER_ANCHOR = 0.07
# The VIX: market volatility expected for a month, a premium over it, and its own intraday movement.
VIX_PREMIUM = 1.0
VIX_MONTH_PERSISTENCE = 0.62
VIX_NOISE = 0.012
VIX_OVERNIGHT = 0.3
VIX_INTRADAY_VOL = 0.030
VIX_LIMITS = (9.0, 85.0)
RANGE_VARIANCE = 0.85
LEAST_UNITS_PER_MINUTE = 14
VOLUME_SHOCK = 0.22


@dataclass(frozen=True, slots=True)
class DailyBlock:
    """Prices of consecutive sessions, (sessions, rows): rupees or points, volume in units, tick, intraday
    variance of log price.
    """

    open: F64
    high: F64
    low: F64
    close: F64
    volume: F64
    tick: F64
    variance: F64


def _combine(sources: F64, loads: F64) -> F64:
    """Sum of sources (sessions, sources) by loads (rows, sources). A plain loop: unlike a BLAS product, its
    last bits do not
    depend on threads, and it does not wake threads that fight over a busy machine's cores."""
    return np.einsum("ts,rs->tr", sources, loads)


class DailyPanel:
    """Daily open, high, low, close and volume of the core rows from the first session on; grows as later
    sessions are asked for.
    """

    def __init__(self, seed: int, listing: Listing, sessions: SimSessions) -> None:
        self._seed, self._listing, self._sessions = seed, listing, sessions
        self.loads: FactorLoads = factor_loads(listing)
        self._rows = len(listing.core)
        self._vix = listing.row_of[VIX_KEY]
        self._state = start_state(self.loads, self._rows)
        self._blocks: list[DailyBlock] = []
        self._joined: DailyBlock | None = None
        self._log_close = self._fair_log(sessions.dates[:1] - np.timedelta64(1, "D"))
        self._base_units = np.array([i.units_per_day for i in listing.core])
        self._noise_of = self.loads.noise_of

    def row(self, ordinal: int) -> DailyBlock:
        """Arrays (rows,) of one session."""
        self._grow(ordinal)
        block, at = self._blocks[ordinal // BLOCK], ordinal % BLOCK
        return DailyBlock(*(getattr(block, name)[at] for name in DailyBlock.__slots__))

    def through(self, ordinal: int) -> DailyBlock:
        """Arrays (sessions, rows) of all sessions up to `ordinal`, and possibly some after it."""
        self._grow(ordinal)
        if self._joined is None:
            names = DailyBlock.__slots__
            self._joined = DailyBlock(*(np.concatenate([getattr(b, name) for b in self._blocks]) for name in names))
            # The blocks become views of the joined arrays, so that prices are held once.
            self._blocks = [
                DailyBlock(*(getattr(self._joined, name)[start : start + BLOCK] for name in names))
                for start in range(0, len(self._joined.open), BLOCK)
            ]
        return self._joined

    def first_close(self) -> F64:
        """Close before the first session: its fair value."""
        tick = self._ticks(np.array([0]), self._log_close[:1])[0]
        return ticksize.to_price(ticksize.to_ticks(np.exp(self._log_close[0]), tick), tick)

    def _grow(self, ordinal: int) -> None:
        if not 0 <= ordinal < len(self._sessions):
            raise IndexError(f"session {ordinal} is outside the calendar of {len(self._sessions)} sessions")
        while len(self._blocks) * BLOCK <= ordinal:
            self._blocks.append(self._next_block(len(self._blocks)))
            self._joined = None

    def _fair_log(self, dates: npt.NDArray[np.datetime64]) -> F64:
        """Log of the fair-value path: straight from the level of 2019 to that of 2026, then a common slope."""
        first = np.log([i.level_2019 for i in self._listing.core])
        last = np.log([i.level_2026 for i in self._listing.core])
        span = (DRIFT_ANCHOR - DRIFT_START).astype(np.int64)
        days = (dates - DRIFT_START).astype(np.int64)[:, None].astype(np.float64)
        growing = np.array([i.annual_vol_pct > 1 or i.is_index or bool(i.follows) for i in self._listing.core])
        later = np.maximum(days - span, 0.0) * DRIFT_AFTER_ANCHOR / CALENDAR_DAYS_PER_YEAR
        return first + (last - first) * np.minimum(days, span) / span + later * growing

    def _next_block(self, block: int) -> DailyBlock:
        first = block * BLOCK
        ordinals = np.minimum(np.arange(first - 1, first + BLOCK), len(self._sessions) - 1)
        dates = self._sessions.dates[np.maximum(ordinals, 0)]
        fair = self._fair_log(dates)
        if first == 0:
            fair[0] = self._fair_log(dates[:1] - np.timedelta64(1, "D"))[0]
        factors = advance_block(
            self._seed,
            block,
            self._state,
            self.loads,
            self._rows,
            self._sessions.sessions_per_year,
            self._sessions.overnight_share,
        )
        previous = self._log_close[-1]
        closes = fair[1:] + _combine(factors.deviation, self.loads.matrix)
        opens = np.vstack([previous, closes[:-1]]) + np.diff(fair, axis=0) + _combine(factors.gap, self.loads.matrix)
        variance = _combine(factors.session_variance, self.loads.matrix**2)
        self._add_vix(factors, opens, closes, variance, previous[self._vix])
        self._log_close = np.vstack([self._log_close, closes])
        tick = self._block_ticks(first, closes)
        volume = self._volume(factors, np.arange(first, first + BLOCK))
        return self._on_grid(opens, closes, variance, tick, volume, factors.uniforms)

    def _add_vix(self, factors: FactorBlock, opens: F64, closes: F64, variance: F64, previous: float) -> None:
        expected = 1.0 + VIX_MONTH_PERSISTENCE * (factors.market_variance_next - 1.0)
        level = 100.0 * MARKET_VOL * VIX_PREMIUM * np.sqrt(expected) * np.exp(VIX_NOISE * factors.normals[:, 0])
        closes[:, self._vix] = np.log(np.clip(level, *VIX_LIMITS))
        before = np.concatenate([[previous], closes[:-1, self._vix]])
        change = closes[:, self._vix] - before
        opens[:, self._vix] = before + VIX_OVERNIGHT * change + VIX_NOISE * factors.normals[:, 1]
        variance[:, self._vix] = VIX_INTRADAY_VOL**2

    def _block_ticks(self, first: int, closes: F64) -> F64:
        """Ticks in force: set by the last close of the month before each session."""
        dates = self._sessions.dates[np.minimum(np.arange(first, first + BLOCK), len(self._sessions) - 1)]
        starts = dates.astype("datetime64[M]").astype("datetime64[D]")
        # Row r of `_log_close` is the close of session r - 1, so this is the row of the last session before the
        # month.
        rows = np.searchsorted(self._sessions.dates, starts, side="left")
        return self._ticks(np.minimum(np.arange(first, first + BLOCK), len(self._sessions) - 1), self._log_close[rows])

    def _ticks(self, ordinals: I64, reference_log: F64) -> F64:
        core = self._listing.core
        ticks = np.empty_like(reference_log)
        n = len(self._listing.stocks)
        dates = self._sessions.dates[ordinals]
        edges = [row[0] for row in ticksize.STOCK_TICKS]
        era = np.searchsorted(np.array(edges), dates, side="right")
        for value in np.unique(era):
            chosen = era == value
            ticks[chosen, :n] = ticksize.tick_by_price(
                ticksize.STOCK_TICKS, edges[value - 1], np.exp(reference_log[chosen, :n])
            )
        for row in range(n, len(core)):
            fine = core[row].key in (VIX_KEY, "BSE:SENSEX") or core[row].is_etf
            ticks[:, row] = ticksize.FINE_INDEX_TICK if fine else ticksize.INDEX_TICK
        return ticks

    def _volume(self, factors: FactorBlock, ordinals: I64) -> F64:
        own = np.zeros((BLOCK, self._rows))
        first_own = 1 + self.loads.sector_count
        tradable = len(self._listing.stocks) + len(self._listing.etfs)
        own[:, :tradable] = np.abs(factors.shock[:, first_own:]) + 0.6 * np.abs(factors.shock[:, :1]) - 1.2
        minutes = self._sessions.minutes[np.minimum(ordinals, len(self._sessions) - 1)].astype(np.float64)
        units = np.rint(self._base_units * np.exp(factors.volume_mood + VOLUME_SHOCK * own))
        return np.where(self._base_units > 0, np.maximum(units, LEAST_UNITS_PER_MINUTE * minutes[:, None]), 0.0)

    def _on_grid(self, opens: F64, closes: F64, variance: F64, tick: F64, volume: F64, uniforms: F64) -> DailyBlock:
        """Round to ticks and add highs and lows: the extremes of a Brownian bridge from open to close."""
        spread = (closes - opens) ** 2
        draws = uniforms[:, :, self._noise_of]
        reach = np.sqrt(spread - 2.0 * RANGE_VARIANCE * variance * np.log(np.maximum(draws, 1e-4)))
        middle = 0.5 * (opens + closes)
        first, last = ticksize.to_ticks(np.exp(opens), tick), ticksize.to_ticks(np.exp(closes), tick)
        top = np.maximum(ticksize.to_ticks(np.exp(middle + 0.5 * reach[0]), tick), np.maximum(first, last))
        bottom = np.minimum(ticksize.to_ticks(np.exp(middle - 0.5 * reach[1]), tick), np.minimum(first, last))
        prices = (ticksize.to_price(ticks, tick) for ticks in (first, top, bottom, last))
        return DailyBlock(*prices, volume, tick, variance)
