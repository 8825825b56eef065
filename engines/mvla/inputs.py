"""What the engine is given. Prices in rupees or points, times as epoch seconds UTC; arrays are float64 unless said."""

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Profile(StrEnum):
    """LIVE: all inputs can be there. INDEX_ONLY: bars of the index alone (replays of history)."""

    LIVE = "live"
    INDEX_ONLY = "index_only"


@dataclass(frozen=True, slots=True)
class MinuteBars:
    """One-minute bars of up to eleven sessions, ascending; shape (T,) each.

    ``ts``: start of the bar. ``session``: number of its session, without gaps, the highest is today's. ``clock``:
    exchange time of day at its start, minutes after midnight (what "09:30" in a rule means). ``opens``: the opening of
    its session, epoch seconds. ``volume``: units, NaN where unknown; None for an index.
    """

    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    session: Ints
    clock: Floats
    opens: Ints
    volume: Floats | None = None

    def __len__(self) -> int:
        return len(self.ts)

    def until(self, at_s: float) -> "MinuteBars":
        """Return the bars that are complete at ``at_s``."""
        stop = int(np.searchsorted(self.ts, at_s - 60.0, side="right"))
        volume = None if self.volume is None else self.volume[:stop]
        parts = (self.open, self.high, self.low, self.close, self.session, self.clock, self.opens)
        return MinuteBars(self.ts[:stop], *(part[:stop] for part in parts), volume)


def minute_bars(
    *, ts: Ints, open: Floats, high: Floats, low: Floats, close: Floats, volume: Floats | None, opens: Ints,
    clock_starts: Floats, pace: float = 1.0,
) -> MinuteBars:  # fmt: skip
    """Return bars of the sessions that begin at ``opens`` (epoch seconds, ascending); earlier bars are left out.

    ``clock_starts``: exchange time of day at each opening, minutes after midnight. ``pace``: exchange minutes that pass
    in a minute (below 1 where a session lasts a whole day).
    """
    place = np.searchsorted(opens, ts, side="right") - 1
    kept = place >= 0
    place = place[kept]
    _, session = np.unique(place, return_inverse=True)
    start = opens[place]
    return MinuteBars(
        ts=ts[kept], open=open[kept], high=high[kept], low=low[kept], close=close[kept],
        session=session.astype(np.int64), clock=clock_starts[place] + (ts[kept] - start) / 60.0 * pace, opens=start,
        volume=None if volume is None else volume[kept],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainSide:
    """Calls or puts of one expiry, shape (strikes,). ``oi_day_open`` is None where the source has none."""

    symbols: tuple[str, ...]
    bid: Floats
    ask: Floats
    ltp: Floats
    oi: Floats
    volume: Floats
    oi_day_open: Floats | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """An option chain, strikes ascending; a missing contract is NaN.

    ``years``: to 15:30 exchange time of the expiry, calendar years. ``rate``: continuous, a fraction a year.
    ``forward``: price of the future of the same expiry; None: taken from put-call parity at the money.
    """

    expiry: date
    strikes: Floats
    call: ChainSide
    put: ChainSide
    lot: int
    years: float
    rate: float
    as_of_s: float
    forward: float | None = None


@dataclass(frozen=True, slots=True)
class FutureInterest:
    """Open interest of the near-month future now and at the open, units; its prices at the same instants."""

    price: float
    price_open: float
    oi: float
    oi_open: float


@dataclass(frozen=True, slots=True)
class Breadth:
    """Index weight of constituents above and below their previous close; any one unit, counts as well."""

    advancing: float
    declining: float
    advances: int = 0
    declines: int = 0


@dataclass(frozen=True, slots=True)
class DayFacts:
    """Facts of earlier days. NaN or None where unknown.

    ``closes``: daily closes of earlier sessions, ascending. ``vix_closes``: the same of India VIX. ``vix``: now.
    """

    previous_high: float = float("nan")
    previous_low: float = float("nan")
    previous_close: float = float("nan")
    closes: Floats = field(default_factory=lambda: np.empty(0))
    vix: float | None = None
    vix_previous: float | None = None
    vix_closes: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, slots=True)
class Blackout:
    """A stretch of exchange time of this trade date in which nothing fires, and why."""

    start: time
    end: time
    reason: str


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Where the exchange is. ``is_expiry_day``: some contract of this index ends today.

    ``blackouts``: of today. ``events_until``: day of the last announcement that an administrator entered, None without
    one; after it and the shipped list nothing is known about announcements (`events.known_until`), nor before the list.
    """

    trade_date: date
    market_time: time
    is_open: bool = True
    phase: str = "OPEN"
    is_expiry_day: bool = False
    blackouts: tuple[Blackout, ...] = ()
    events_until: date | None = None


@dataclass(frozen=True, slots=True)
class PastTrigger:
    """A signal of this week. ``r``: its result in multiples of its risk, None while it is open."""

    at_s: float
    direction: int
    outcome: str = "OPEN"
    closed_s: float | None = None
    r: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the loss-averse rules know.

    ``today``: signals of this index on this trade date. ``account_today``, ``account_week``: those of all indices.
    ``is_live``: a signal of this index is not over; there is one at a time.
    """

    today: tuple[PastTrigger, ...] = ()
    account_today: tuple[PastTrigger, ...] = ()
    account_week: tuple[PastTrigger, ...] = ()
    is_live: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What one analysis leaves to the next: since when D has kept its sign, and the last direction and mode."""

    sign: int = 0
    since_s: float = 0.0
    last_s: float = 0.0
    direction: int = 0
    mode: str = "NONE"


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything about one instant that is not a bar.

    ``spot``: the index now. ``faults``: reason codes of inputs that could not be had (`words.WORDS`). ``ages_s``:
    age of each live input in seconds. ``previous_iv``: last known volatility by contract.
    """

    index: str
    at_s: float
    spot: float
    session: SessionFacts
    day: DayFacts
    profile: Profile = Profile.LIVE
    chain: Chain | None = None
    future: FutureInterest | None = None
    breadth: Breadth | None = None
    record: Record = field(default_factory=Record)
    memory: Memory = field(default_factory=Memory)
    faults: tuple[str, ...] = ()
    ages_s: dict[str, float] = field(default_factory=dict)
    previous_iv: dict[str, float] = field(default_factory=dict)
