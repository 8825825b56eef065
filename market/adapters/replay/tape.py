"""A bar played as four ticks, and ticks gathered into bars again.

Inside a bar the price goes O-L-H-C when the bar rose or stayed and O-H-L-C when it fell, one step at each quarter of
the bar. Which way it really went is not known; this way, the ticks of a bar give exactly that bar, every time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from market.adapters.base import Bars, Floats, Ints

DAY_S: Final = 86_400
IST_OFFSET_S: Final = 19_800
#: 09:15 in India as seconds after UTC midnight, where intraday bars are anchored, and the length of a day's trading.
OPENING_S: Final = 13_500
TRADING_S: Final = 22_500
PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Tape:
    """Ticks of one symbol, ascending. ``at``: seconds since 1970; ``traded``: units since the tick before.

    ``oi`` is -1 where unknown. ``counts`` tells whether volumes are known at all.
    """

    at: Ints
    price: Floats
    traded: Ints
    oi: Ints
    counts: bool

    def __len__(self) -> int:
        return len(self.at)

    def until(self, instant_s: float) -> int:
        """Return how many ticks have happened at ``instant_s``."""
        return int(np.searchsorted(self.at, instant_s, side="right"))

    def of_day(self, upto: int) -> slice:
        """Return the ticks of the trade date of tick ``upto - 1``, up to that tick."""
        midnight = trade_day(self.at[upto - 1 : upto])[0] - IST_OFFSET_S
        return slice(int(np.searchsorted(self.at, midnight)), upto)


def tape_of(bars: Bars, step_s: int) -> Tape:
    """Spread bars of ``step_s`` seconds into ticks; day bars over the trading hours of their date."""
    day = step_s == DAY_S
    quarter = (TRADING_S if day else step_s) // PARTS
    starts = bars.ts + (OPENING_S if day else 0)
    rose = bars.close >= bars.open
    price = np.column_stack(
        [bars.open, np.where(rose, bars.low, bars.high), np.where(rose, bars.high, bars.low), bars.close]
    )
    volume = np.maximum(bars.volume, 0)
    traded = np.repeat((volume // PARTS)[:, None], PARTS, axis=1)
    traded[:, -1] += volume % PARTS
    oi = bars.oi if bars.oi is not None else np.full(len(bars), -1, dtype=np.int64)
    return Tape(
        at=(starts[:, None] + quarter * np.arange(PARTS)).ravel(),
        price=price.ravel(),
        traded=traded.ravel(),
        oi=np.repeat(oi, PARTS),
        counts=bool((bars.volume >= 0).any()),
    )


def bars_of(tape: Tape, upto: int, step_s: int) -> Bars:
    """Gather the first ``upto`` ticks into bars of ``step_s`` seconds; the last one may be unfinished."""
    at, price = tape.at[:upto], tape.price[:upto]
    if not upto:
        return empty()
    starts = trade_day(at) if step_s == DAY_S else (at - OPENING_S) // step_s * step_s + OPENING_S
    first = np.flatnonzero(np.diff(starts, prepend=starts[0] - 1))
    last = np.append(first[1:], upto) - 1
    volume = np.add.reduceat(tape.traded[:upto], first)
    oi = tape.oi[last]
    return Bars(
        ts=starts[first],
        open=price[first],
        high=np.maximum.reduceat(price, first),
        low=np.minimum.reduceat(price, first),
        close=price[last],
        volume=volume if tape.counts else np.full(len(first), -1, dtype=np.int64),
        oi=oi if (oi >= 0).any() else None,
    )


def trade_day(at: Ints) -> Ints:
    """Return the UTC midnight of the trade date in India of each instant, as day bars are stamped."""
    return (at + IST_OFFSET_S) // DAY_S * DAY_S


def empty() -> Bars:
    none, whole = np.empty(0), np.empty(0, dtype=np.int64)
    return Bars(whole, none, none, none, none, whole)


def part(bars: Bars, first_s: float, last_s: float) -> Bars:
    """Return the bars that start in [first_s, last_s]."""
    low, high = np.searchsorted(bars.ts, first_s, "left"), np.searchsorted(bars.ts, last_s, "right")
    cut = slice(int(low), int(high))
    return Bars(
        *(getattr(bars, name)[cut] for name in ("ts", "open", "high", "low", "close", "volume")),
        None if bars.oi is None else bars.oi[cut],
    )


def joined(first: Bars, second: Bars) -> Bars:
    """Put ``second`` after ``first``. Open interest survives only if both have it."""
    both = first.oi is not None and second.oi is not None
    return Bars(
        *(
            np.concatenate([getattr(first, name), getattr(second, name)])
            for name in ("ts", "open", "high", "low", "close", "volume")
        ),
        np.concatenate([first.oi, second.oi]) if both else None,
    )
