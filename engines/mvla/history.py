"""Minute bars turned into causal columns, once; an analysis then looks at the columns as they stood at its instant.

No element depends on a later bar, so a history built from a whole day answers for 11:00 exactly as one that was cut
at 11:00. Five-minute bars are counted from each session's open; only complete ones are looked at.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from engines.indicators.smoothing import atr, choppiness, directional_index, ema, rsi, supertrend
from engines.mvla.inputs import Floats, Ints, MinuteBars
from engines.mvla.parameters import Parameters

MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class FiveBars:
    """Bars of ``bar_minutes``, shape (N,). ``slot``: number of the bar in its session; ``end_s``: its end."""

    end_s: Ints
    session: Ints
    slot: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.end_s)


def five_bars(bars: MinuteBars, minutes: int) -> FiveBars:
    """Return the bars of ``minutes``; the last may be incomplete, its ``end_s`` lies in the future then."""
    width = minutes * MINUTE_S
    slot = (bars.ts - bars.opens) // width
    keys = bars.session * 1_000_000 + slot
    first = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1)) if len(keys) else np.empty(0, np.int64)
    volume = bars.volume if bars.volume is not None else np.full(len(bars), np.nan)
    last = np.append(first[1:], len(keys)) - 1 if len(first) else first
    empty = np.empty(0)
    return FiveBars(
        end_s=bars.opens[first] + (slot[first] + 1) * width,
        session=bars.session[first],
        slot=slot[first],
        open=bars.open[first],
        high=np.maximum.reduceat(bars.high, first) if len(first) else empty,
        low=np.minimum.reduceat(bars.low, first) if len(first) else empty,
        close=bars.close[last],
        volume=np.add.reduceat(volume, first) if len(first) else empty,
    )


@dataclass(frozen=True)
class History:
    """Spot and future of up to eleven sessions, the last of them today's, with the columns made from them."""

    spot: MinuteBars
    future: MinuteBars | None
    parameters: Parameters

    @cached_property
    def five(self) -> FiveBars:
        return five_bars(self.spot, self.parameters.bar_minutes)

    @cached_property
    def future_five(self) -> FiveBars | None:
        return None if self.future is None else five_bars(self.future, self.parameters.bar_minutes)

    @cached_property
    def atr(self) -> Floats:
        b = self.five
        return atr(b.high, b.low, b.close, self.parameters.atr_bars)

    @cached_property
    def _recent(self) -> int:
        """Place of the first bar that today's averages rest on."""
        return self._first_for(self.today())

    def _first_for(self, session: int) -> int:
        """Return the place of the first bar of the second session before: what averages of a session can still feel."""
        return int(np.searchsorted(self.five.session, session - 2, side="left"))

    def rest_on(self, at: int, session: int) -> int:
        """Return how many bars up to ``at`` averages of a session rest on."""
        return max(at + 1 - self._first_for(session), 0)

    def _late(self, values: Floats) -> Floats:
        """Put columns made of the recent bars in their place."""
        return np.concatenate([np.full(self._recent, np.nan), values])

    def _bars(self) -> tuple[Floats, Floats, Floats]:
        b = self.five
        return b.high[self._recent :], b.low[self._recent :], b.close[self._recent :]

    @cached_property
    def ema_fast(self) -> Floats:
        return self._late(ema(self.five.close[self._recent :], self.parameters.ema_fast))

    @cached_property
    def ema_slow(self) -> Floats:
        return self._late(ema(self.five.close[self._recent :], self.parameters.ema_slow))

    @cached_property
    def supertrend(self) -> Floats:
        """Direction of Supertrend, +1 or -1."""
        p = self.parameters
        return self._late(supertrend(*self._bars(), p.supertrend_bars, p.supertrend_width)[1])

    @cached_property
    def adx(self) -> Floats:
        return self._late(directional_index(*self._bars(), self.parameters.atr_bars)[0])

    @cached_property
    def chop(self) -> Floats:
        return self._late(choppiness(*self._bars(), self.parameters.atr_bars))

    @cached_property
    def rsi(self) -> Floats:
        return self._late(rsi(self.five.close[self._recent :], self.parameters.atr_bars))

    @cached_property
    def money(self) -> tuple[Floats, Floats, Floats] | None:
        """Running sums of volume, volume x price and volume x price squared of the future, by session.

        Prices are counted from `base`: squares of five digits would leave no places for a deviation of a few points.
        """
        f = self.future
        if f is None or f.volume is None:
            return None
        price = (f.high + f.low + f.close) / 3.0 - self.base
        volume = np.where(np.isfinite(f.volume), f.volume, 0.0)
        return tuple(_by_session(column, f.session) for column in (volume, volume * price, volume * price**2))  # type: ignore[return-value]

    @cached_property
    def base(self) -> float:
        """Price of the future that `money` is counted from."""
        return float(self.future.close[0]) if self.future is not None and len(self.future) else 0.0

    @cached_property
    def params_hash(self) -> str:
        return self.parameters.hash

    def today(self) -> int:
        """Return the number of today's session."""
        return int(self.spot.session[-1]) if len(self.spot) else 0

    def opened(self) -> int:
        """Return when today's session opened, epoch seconds; 0 without bars."""
        return int(self.spot.opens[-1]) if len(self.spot) else 0


def _by_session(values: Floats, session: Ints) -> Floats:
    """Return running sums that start afresh with each session."""
    total = np.cumsum(values)
    starts = np.flatnonzero(np.diff(session, prepend=session[:1] - 1))
    before = np.repeat(np.append(0.0, total)[starts], np.diff(np.append(starts, len(session))))
    return total - before


def build(spot: MinuteBars, future: MinuteBars | None, parameters: Parameters) -> History:
    """Return the history of these bars. Raises ValueError where they are not in order or not finite."""
    for bars in (spot, future):
        if bars is None:
            continue
        if np.any(np.diff(bars.ts) <= 0):
            raise ValueError("minute bars must ascend in time without repeats")
        if not all(np.isfinite(part).all() for part in (bars.open, bars.high, bars.low, bars.close)):
            raise ValueError("minute bars must hold finite prices; leave a missing minute out")
    return History(spot, future, parameters)


def usual(values: Floats, bars: FiveBars, at: int, least: int) -> float:
    """Return the median of ``values`` at the same place of earlier sessions than bar ``at``; NaN with too few."""
    same = (bars.slot[:at] == bars.slot[at]) & (bars.session[:at] < bars.session[at])
    found = values[:at][same]
    found = found[np.isfinite(found)]
    return float(np.median(found)) if len(found) >= least else float("nan")


def last_before(ends: npt.NDArray[np.int64], at_s: float) -> int:
    """Return the place of the last bar that is complete at ``at_s``; -1 if none is."""
    return int(np.searchsorted(ends, at_s, side="right")) - 1
