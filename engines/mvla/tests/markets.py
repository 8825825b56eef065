"""Markets to test with: drawn by hand, and from the simulated exchange."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np

from engines.mvla.history import History, build
from engines.mvla.inputs import (
    Breadth,
    Chain,
    ChainSide,
    DayFacts,
    FutureInterest,
    MinuteBars,
    Moment,
    Profile,
    SessionFacts,
)
from engines.mvla.parameters import Parameters, parameters_on
from engines.options import black76

DAY = date(2026, 11, 18)
OPEN_S = int(datetime(2026, 11, 18, 3, 45, tzinfo=UTC).timestamp())  # 09:15 in India
RATE = 0.055
P: Parameters = parameters_on(DAY)


def clock_at(minutes: float) -> time:
    """Exchange time of day so many minutes after 09:15."""
    return (datetime(2000, 1, 1, 9, 15) + timedelta(minutes=minutes)).time()


def walk(seed: int, drift: float = 0.0, sessions: int = 11, minutes: int = 375, start: float = 25_000.0) -> MinuteBars:
    """Random one-minute bars of ``sessions`` days with volume; today drifts by ``drift`` points a minute."""
    rng = np.random.default_rng(seed)
    count = sessions * minutes
    steps = rng.normal(0.0, 4.0, count)
    steps[-minutes:] += drift
    close = start + np.cumsum(steps)
    open_ = np.concatenate([[start], close[:-1]])
    spread = np.abs(rng.normal(0.0, 2.0, (2, count)))
    day = np.repeat(np.arange(sessions), minutes)
    minute = np.tile(np.arange(minutes), sessions)
    opens = OPEN_S - 86_400 * (sessions - 1 - day)
    return MinuteBars(
        ts=opens + 60 * minute,
        open=open_,
        high=np.maximum(open_, close) + spread[0],
        low=np.minimum(open_, close) - spread[1],
        close=close,
        session=day.astype(np.int64),
        clock=555.0 + minute,
        opens=opens,
        volume=np.rint(rng.gamma(4.0, 500.0, count)),
    )


def spot_of(future: MinuteBars) -> MinuteBars:
    """The same bars as those of an index: no volume."""
    return replace(future, volume=None)


def mirrored(bars: MinuteBars, around: float = 25_000.0) -> MinuteBars:
    """Bars turned upside down around a level."""
    return replace(
        bars, open=2 * around - bars.open, high=2 * around - bars.low, low=2 * around - bars.high,
        close=2 * around - bars.close,
    )  # fmt: skip


def chain_at(spot: float, *, volatility: float = 0.13, years: float = 4 / 365, day: date = DAY) -> Chain:
    """A chain of 41 strikes at Black-76 prices with a spread of 0.4 rupees."""
    centre = np.floor(spot / 50 + 0.5) * 50
    strikes = centre + 50.0 * np.arange(-20, 21)
    forward = spot * np.exp(RATE * years)
    sides = []
    for kind, is_call in (("CE", True), ("PE", False)):
        price = np.maximum(black76.price(forward, strikes, years, volatility, is_call, RATE), 0.5)
        interest = np.full(len(strikes), 2_000_000.0)
        sides.append(
            ChainSide(
                symbols=tuple(f"NIFTY26N24{strike:.0f}{kind}" for strike in strikes),
                bid=price - 0.2,
                ask=price + 0.2,
                ltp=price,
                oi=interest,
                volume=interest,
                oi_day_open=interest * (0.9 if is_call else 0.8),
            )
        )
    return Chain(
        expiry=day + timedelta(days=6), strikes=strikes, call=sides[0], put=sides[1], lot=65, years=years, rate=RATE,
        as_of_s=0.0,
    )  # fmt: skip


def moment_at(bars: MinuteBars, minutes: int = 150, **changes: object) -> Moment:
    """Everything besides the bars, ``minutes`` after the open, all inputs there."""
    at_s = float(OPEN_S + 60 * minutes)
    spot = float(bars.until(at_s).close[-1])
    moment = Moment(
        index="NIFTY",
        at_s=at_s,
        spot=spot,
        session=SessionFacts(DAY, clock_at(minutes)),
        day=DayFacts(vix=13.0, vix_previous=13.1, closes=np.full(60, spot), vix_closes=np.linspace(11, 22, 252)),
        chain=chain_at(spot),
        future=FutureInterest(price=spot + 10, price_open=spot, oi=1.01e7, oi_open=1.0e7),
        breadth=Breadth(60.0, 40.0, 30, 20),
        ages_s={"chain": 1.0, "spot": 1.0},
    )
    return replace(moment, **changes)  # type: ignore[arg-type]


def index_only(moment: Moment) -> Moment:
    """The same moment as a replay of history sees it."""
    return replace(moment, profile=Profile.INDEX_ONLY, chain=None, future=None, breadth=None)


@lru_cache(maxsize=8)
def history(seed: int = 1, drift: float = 0.0) -> tuple[MinuteBars, History]:
    """Future's bars and the history made of them."""
    bars = walk(seed, drift)
    return bars, build(spot_of(bars), bars, P)
