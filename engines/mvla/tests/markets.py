"""Markets to test with: drawn by hand, and from the simulated exchange."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np

from engines.mvla.features import Features
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


#: The figures of a quiet market at 25,000 with an ATR of 20 points; a test changes the few that it is about.
QUIET = Features(
    close=25_000.0, close_15=25_000.0, close_5=25_000.0, day_open=25_000.0, day_high=25_050.0, day_low=24_950.0,
    previous_high=25_200.0, previous_low=24_800.0, previous_close=25_000.0, or_high=25_050.0, or_low=24_950.0,
    five_at=100, five_open=25_000.0, five_high=25_005.0, five_low=24_995.0, five_close=25_000.0, atr=20.0,
    atr_usual=20.0, ema_fast=25_000.0, ema_slow=25_000.0, supertrend=1.0, adx=15.0, chop=50.0, rsi=50.0,
    donchian_high=25_100.0, donchian_low=24_900.0, volume_ratio=1.0, vwap=25_000.0, vwap_sd=20.0,
    future_close=25_000.0, future_low=24_995.0, future_high=25_005.0, adverse_long=10.0, adverse_short=10.0,
    bars_age_s=0.0, resumed_s=float("nan"), warm_bars=500, failed_high=False, failed_low=False,
    bearish_divergence=False, bullish_divergence=False,
)  # fmt: skip


def quiet(**changes: float | bool) -> Features:
    """The quiet market with some figures changed."""
    return replace(QUIET, **changes)


def of_fives(fives: list[tuple[float, float, float, float]], before: int = 0) -> MinuteBars:
    """Minutes that make these five-minute bars (open, high, low, close); the first ``before`` are of the day before."""
    rows: list[tuple[float, float, float, float]] = []
    for open_, high, low, close in fives:
        rows += [(open_, open_, open_, open_), (open_, high, open_, high), (high, high, low, low), (low, low, low, low)]
        rows.append((low, max(low, close), min(low, close), close))
    columns = np.array(rows).T
    day = (np.arange(len(rows)) >= 5 * before).astype(np.int64) if before else np.zeros(len(rows), np.int64)
    minute = np.where(day == day[-1], np.arange(len(rows)) - 5 * before, np.arange(len(rows)))
    opens = OPEN_S - 86_400 * (day[-1] - day)
    return MinuteBars(
        ts=opens + 60 * minute, open=columns[0], high=columns[1], low=columns[2], close=columns[3], session=day,
        clock=555.0 + minute, opens=opens,
    )  # fmt: skip


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
