"""Index options of one session: prices, traded lots and open interest of every strike of an expiry."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation import openinterest, optionprice, rng, surface
from engines.simulation.bars import Ohlcv
from engines.simulation.cash import CashMarket
from engines.simulation.contract_specs import IndexSpec
from engines.simulation.contracts import option
from engines.simulation.frame import MINUTE_MS
from engines.simulation.futures import CARRY_RATE, carry_factor
from engines.simulation.intraday import VOLUME_NOISE, session_curve
from engines.simulation.listing import VIX_KEY
from engines.simulation.optionprice import Moments
from engines.simulation.tickpath import SLOTS, Ticks

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

LEVEL_OPTION_MINUTE, LEVEL_OPTION_SLOT = 51, 52


class OptionState(NamedTuple):
    """What an expiry showed at an instant; price and volume arrays are (2, strikes): calls, then puts.

    last, high, low: rupees (of the minute in progress for high and low). volume: shares traded in the session
    so far.
    """

    minute: int
    spot: float
    last: F64
    high: F64
    low: F64
    volume: F64
    last_ms: int


class OptionSession:
    """One expiry of one index on one session."""

    def __init__(
        self, cash: CashMarket, spec: IndexSpec, expiry: np.datetime64, weekly: bool, ordinal: int, strikes: F64
    ) -> None:
        self.cash, self.spec, self.expiry, self.weekly, self.ordinal = cash, spec, expiry, weekly, ordinal
        self.strikes = strikes
        self.row = cash.listing.row_of[spec.key]
        self.minutes = int(cash.sessions.minutes[ordinal])
        self.open_s = cash.sessions.open_of(ordinal)
        self.expiry_s = cash.sessions.close_instant(expiry)
        self.trade_date = cash.sessions.dates[ordinal]
        self.days_left = float((expiry - self.trade_date).astype(np.int64))
        self.growth = float(carry_factor(self.trade_date, expiry))
        self.lot = option(spec, expiry, weekly, float(strikes[0]), "CE").lot

    @cached_property
    def numbers(self) -> npt.NDArray[np.uint64]:
        """Stable identities (2, strikes)."""
        kinds = [option(self.spec, self.expiry, self.weekly, 0.0, kind).number for kind in ("CE", "PE")]
        base = np.array(kinds, np.uint64)[:, None]
        return base ^ (self.strikes.astype(np.uint64) << np.uint64(20))[None, :]

    @cached_property
    def _vix_before(self) -> F64:
        """VIX known at the start of each minute."""
        vix = self.cash.minutes(self.cash.listing.row_of[VIX_KEY], self.ordinal)
        return np.append(vix.open[:1], vix.close[:-1])

    @cached_property
    def spot_bars(self) -> Ohlcv:
        return self.cash.minutes(self.row, self.ordinal)

    def years(self, minutes: I64) -> F64:
        """Years to expiry at the start of each minute."""
        return surface.years_left(self.open_s + 60 * minutes, self.expiry_s)

    def moments(self, minutes: I64) -> Moments:
        """Pricing inputs in force during each minute."""
        years = self.years(minutes)
        theta = surface.at_the_money_variance(self._vix_before[minutes], years, self.spec.volatility_ratio)
        return Moments(np.full(len(years), self.growth), np.exp(-CARRY_RATE * years), theta)

    def prices(self, spot: F64, minutes: I64) -> F64:
        """Prices (2, n, strikes) at spots (n,) in minutes (n,)."""
        return np.stack(optionprice.both_prices(spot, self.strikes, self.moments(minutes), self.spec.skew))

    def path(self, index: int, is_call: bool, spot: F64, minutes: I64) -> F64:
        """Prices (n,) of one strike."""
        moments = self.moments(minutes)
        if is_call:
            return optionprice.call_prices(spot, self.strikes[index:], moments, self.spec.skew)[:, 0]
        return optionprice.put_prices(spot, self.strikes[: index + 1], moments, self.spec.skew)[:, -1]

    @cached_property
    def _ranges(self) -> tuple[F64, F64]:
        """Running highs and lows (2, minutes, strikes) of the session."""
        every = np.arange(self.minutes)
        top = self.prices(self.spot_bars.high, every)
        bottom = self.prices(self.spot_bars.low, every)
        high, low = np.stack([top[0], bottom[1]]), np.stack([bottom[0], top[1]])
        return np.maximum.accumulate(high, axis=1), np.minimum.accumulate(low, axis=1)

    def ranges_before(self, minute: int) -> tuple[F64, F64]:
        """High and low (2, strikes) over the first `minute` minutes; nan for none."""
        if minute == 0:
            nothing = np.full((2, len(self.strikes)), np.nan)
            return nothing, nothing
        high, low = self._ranges
        return high[:, minute - 1], low[:, minute - 1]

    @cached_property
    def opening(self) -> F64:
        """First prices of the session (2, strikes)."""
        return self.prices(self.spot_bars.open[:1], np.zeros(1, np.int64))[:, 0]

    @cached_property
    def closing(self) -> F64:
        """Last prices of the session (2, strikes)."""
        return self.prices(self.spot_bars.close[-1:], np.array([self.minutes - 1]))[:, 0]

    @cached_property
    def _session_lots(self) -> F64:
        spot = float(self.spot_bars.open[0])
        return np.stack(
            [
                openinterest.option_lots(
                    self.cash.seed,
                    self.numbers[side],
                    self.ordinal,
                    self.strikes,
                    spot,
                    self.spec.strike_step,
                    self.days_left,
                    self.spec.option_lots,
                    side == 0,
                )
                for side in (0, 1)
            ]
        )

    @cached_property
    def _lots_curve(self) -> F64:
        """Share of the session's lots traded after 0..minutes complete minutes."""
        key = rng.fold_keys(rng.fold_key(self.cash.seed, LEVEL_OPTION_MINUTE, self.ordinal), [self.row])
        noise = np.exp(VOLUME_NOISE * (2.0 * rng.fraction(rng.grid(key, self.minutes)[0], 11, 53) - 1.0))
        total = np.concatenate([[0.0], np.cumsum(session_curve(self.minutes) * noise)])
        return total / total[-1]

    def _slot_curve(self, minutes: I64) -> F64:
        """Share of a minute's lots traded by the end of each of its slots, (n, 60)."""
        keys = rng.fold_keys(rng.fold_key(self.cash.seed, LEVEL_OPTION_SLOT, self.ordinal, self.row), minutes)
        total = np.cumsum(0.1 + rng.fraction(rng.grid(keys, SLOTS), 11, 53), axis=1)
        return total / total[:, -1:]

    def lots_after(self, minute: int) -> F64:
        """Lots traded (2, strikes) in the first `minute` minutes."""
        return np.rint(self._session_lots * self._lots_curve[minute])

    def session_volume(self) -> F64:
        """Shares traded in the whole session (2, strikes)."""
        return self._session_lots * self.lot

    def open_interest(self) -> F64:
        """Shares open at the end of the session (2, strikes)."""
        reference = float(self.cash.previous_close(self.ordinal)[self.row])
        return self.lot * np.stack(
            [
                openinterest.option_interest(
                    self.cash.seed,
                    self.numbers[side],
                    self.ordinal,
                    self.strikes,
                    reference,
                    self.spec.strike_step,
                    self.days_left,
                    self.spec.option_open_interest,
                    self.weekly,
                    side == 0,
                )
                for side in (0, 1)
            ]
        )

    def state(self, now_ms: int) -> OptionState:
        """Prices and volumes at an instant of the session or after its close."""
        elapsed = now_ms - 1_000 * self.open_s
        minute = min(elapsed // MINUTE_MS, self.minutes)
        if minute == self.minutes:
            closed = 1_000 * self.open_s + self.minutes * MINUTE_MS - 1
            last = self.closing
            return OptionState(minute, float(self.spot_bars.close[-1]), last, last, last, self.session_volume(), closed)
        ticks = self.cash.frame(self.ordinal).ticks(minute)
        offsets, price = ticks.offset_ms[self.row], ticks.price[self.row]
        seen = int(np.searchsorted(offsets, elapsed - minute * MINUTE_MS, side="right"))
        at = np.array([minute])
        if seen == 0:
            spot = float(self.spot_bars.close[minute - 1])
            last = self.prices(np.array([spot]), at - 1)[:, 0]
            moment = 1_000 * self.open_s + minute * MINUTE_MS - 1
            return OptionState(minute, spot, last, last, last, self.lots_after(minute) * self.lot, moment)
        spots = np.array([price[seen - 1], price[:seen].max(), price[:seen].min()])
        last, top, bottom = np.moveaxis(self.prices(spots, np.repeat(at, 3)), 1, 0)
        high, low = np.stack([top[0], bottom[1]]), np.stack([bottom[0], top[1]])
        before = self.lots_after(minute)
        within = np.rint((self.lots_after(minute + 1) - before) * self._slot_curve(at)[0, seen - 1])
        moment = 1_000 * self.open_s + minute * MINUTE_MS + int(offsets[seen - 1])
        return OptionState(minute, float(spots[0]), last, high, low, (before + within) * self.lot, moment)

    def minute_bars(self, index: int, is_call: bool) -> Ohlcv:
        """All minute bars (minutes,) of one strike."""
        spot = self.spot_bars
        every = np.tile(np.arange(self.minutes), 4)
        stacked = np.concatenate([spot.open, spot.high, spot.low, spot.close])
        first, top, bottom, last = self.path(index, is_call, stacked, every).reshape(4, -1)
        if not is_call:
            top, bottom = bottom, top
        lots = np.diff(np.rint(self._session_lots[0 if is_call else 1, index] * self._lots_curve))
        return Ohlcv(first, top, bottom, last, lots * self.lot)

    def minute_ticks(self, index: int, is_call: bool, minutes: I64) -> Ticks:
        """Ticks (n, 60) of one strike: a price for every tick of the index, with the units traded (possibly
        none).
        """
        base = self.cash.minute_ticks(self.row, self.ordinal, minutes)
        price = self.path(index, is_call, base.price.ravel(), np.repeat(minutes, SLOTS)).reshape(base.price.shape)
        through = np.rint(self._session_lots[0 if is_call else 1, index] * self._lots_curve)
        lots = np.rint((through[minutes + 1] - through[minutes])[:, None] * self._slot_curve(minutes))
        units = np.diff(lots, axis=1, prepend=0.0) * self.lot
        return base._replace(price=price, units=units)

    def day(self, index: int, is_call: bool) -> Ohlcv:
        """Complete daily bar (1,) of one strike."""
        spot, ends = self.spot_bars, np.array([0, self.minutes - 1])
        first, last = self.path(index, is_call, np.array([spot.open[0], spot.close[-1]]), ends)
        dear, cheap = (spot.high, spot.low) if is_call else (spot.low, spot.high)
        high = self._extreme(index, is_call, dear, np.max)
        low = self._extreme(index, is_call, cheap, np.min)
        volume = self._session_lots[0 if is_call else 1, index] * self.lot
        return Ohlcv(*(np.array([value]) for value in (first, high, low, last, volume)))

    def _extreme(self, index: int, is_call: bool, spot: F64, choose: Callable[[F64], np.float64]) -> float:
        """Highest or lowest price over all minutes. Rounding differs from the unrounded price by at most a tick
        for each strike
        summed, so only minutes whose unrounded price comes that close to the extreme need the exact sum."""
        every = np.arange(self.minutes)
        rough = optionprice.unrounded(spot, self.strikes[index], self.moments(every), self.spec.skew, is_call)
        summed = len(self.strikes) - index if is_call else index + 1
        margin = 2.0 * optionprice.OPTION_TICK * (summed + 1.0)
        near = every[np.abs(rough - choose(rough)) <= margin]
        return float(choose(self.path(index, is_call, spot[near], near)))
