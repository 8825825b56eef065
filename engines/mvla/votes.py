"""Direction: seven votes in [-1, 1], their weighted mean D, how much of them is known (q), how many agree (A)."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.mvla.features import Features
from engines.mvla.inputs import Chain, FutureInterest, Moment, Profile
from engines.mvla.parameters import Parameters

LONG: Final = 1
SHORT: Final = -1
FLAT: Final = 0


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote; ``value`` is None where its input is missing. ``facts``: the numbers it is made of."""

    name: str
    weight: float
    value: float | None
    facts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Direction:
    """``d``: weighted mean of the votes known, ``q``: their weight, ``agreement``: the share of it with D's sign."""

    votes: tuple[Vote, ...]
    d: float
    q: float
    agreement: float
    way: int

    def value(self, name: str) -> float | None:
        """Return a vote by its name."""
        return next(vote.value for vote in self.votes if vote.name == name)


def clip(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """Return ``value`` held within [low, high]; NaN stays NaN."""
    return value if value != value else min(max(value, low), high)


def direction(f: Features, moment: Moment, p: Parameters) -> Direction:
    """Return the direction layer."""
    cast = {
        "orb": _orb(f, p),
        "vwap": _vwap(f),
        "ema": _ema(f, p),
        "supertrend": (f.supertrend, {}),
        "fut_oi": _future_interest(moment.future, p),
        "opt_oi": _option_interest(moment.chain, moment.spot, p),
        "breadth": _breadth(moment),
    }
    if moment.profile is Profile.INDEX_ONLY:
        cast |= dict.fromkeys(("vwap", "fut_oi", "opt_oi", "breadth"), (math.nan, {}))
    return combine(tuple(_vote(name, p.vote_weights[name], *cast[name]) for name in p.vote_weights), p)


def _vote(name: str, weight: float, value: float, facts: dict[str, float]) -> Vote:
    known = {key: number for key, number in facts.items() if math.isfinite(number)}
    return Vote(name, weight, float(value) if math.isfinite(value) else None, known)


def combine(votes: tuple[Vote, ...], p: Parameters) -> Direction:
    """Return D, q, A and the way they point: D of .30 and agreement of .60 are needed for one."""
    known = [(vote.weight, vote.value) for vote in votes if vote.value is not None]
    q = sum(weight for weight, _ in known)
    if q <= 0.0:
        return Direction(votes, 0.0, 0.0, 0.0, FLAT)
    d = sum(weight * value for weight, value in known) / q
    sign = (d > 0.0) - (d < 0.0)
    agreement = sum(weight for weight, value in known if sign and value * sign > 0.0) / q
    sure = abs(d) >= p.direction_d - 1e-12 and agreement >= p.agreement - 1e-12
    return Direction(votes, d, q, agreement, sign if sure else FLAT)


def _orb(f: Features, p: Parameters) -> tuple[float, dict[str, float]]:
    """Where the price stands against the opening range 09:15-09:30."""
    middle, span = (f.or_high + f.or_low) / 2.0, f.or_high - f.or_low
    reach = p.orb_half * span + p.orb_atr * f.atr
    value = clip((f.close - middle) / reach, -1.0, 1.0) if reach > 0 else math.nan
    return value, {"price": f.close, "range_high": f.or_high, "range_low": f.or_low}


def _vwap(f: Features) -> tuple[float, dict[str, float]]:
    return clip(f.vwap_z, -1.0, 1.0), {"future": f.future_close, "vwap": f.vwap, "z": f.vwap_z}


def _ema(f: Features, p: Parameters) -> tuple[float, dict[str, float]]:
    reach = p.ema_atr * f.atr
    value = math.tanh((f.ema_fast - f.ema_slow) / reach) if reach > 0 else math.nan
    return value, {"ema9": f.ema_fast, "ema21": f.ema_slow, "atr": f.atr}


def _future_interest(future: FutureInterest | None, p: Parameters) -> tuple[float, dict[str, float]]:
    """Price and open interest of the future since the open: both up is buying, price down with interest up selling."""
    if future is None or not (future.oi_open > 0 and future.price_open > 0 and future.oi >= 0):
        return math.nan, {}
    change, move = future.oi / future.oi_open - 1.0, future.price - future.price_open
    sign = (move > 0) - (move < 0)
    size = min(1.0, abs(change) / p.future_oi_full)
    return sign * (1.0 if change > 0 else 0.5) * size, {"price_change": move, "oi_change_pct": 100.0 * change}


def _option_interest(chain: Chain | None, spot: float, p: Parameters) -> tuple[float, dict[str, float]]:
    """Interest added since the open near the money: puts written against calls written.

    Of the strikes whose call and put are both known, now and at the open; unknown without one. e is one percent of the
    open interest of all these contracts, so that one side without additions stays finite.
    """
    if chain is None or chain.call.oi_day_open is None or chain.put.oi_day_open is None or not len(chain.strikes):
        return math.nan, {}
    if not 0.0 < spot < math.inf:
        return math.nan, {}
    centre = int(np.argmin(np.abs(chain.strikes - spot)))
    near = slice(max(centre - p.option_oi_reach, 0), centre + p.option_oi_reach + 1)
    now = np.stack([chain.call.oi[near], chain.put.oi[near]])
    opened = np.stack([chain.call.oi_day_open[near], chain.put.oi_day_open[near]])
    both = np.isfinite(now + opened).all(axis=0)
    calls, puts = (float(side) for side in np.maximum(now - opened, 0.0)[:, both].sum(axis=1))
    floor = p.option_oi_floor * float(now[:, both].sum())
    if not floor > 0:
        return math.nan, {}
    value = clip(math.log((puts + floor) / (calls + floor)) / math.log(2.0), -1.0, 1.0)
    return value, {"puts_added": puts, "calls_added": calls}


def breadth_of(moment: Moment) -> float:
    """Return (advancing - declining) / (advancing + declining) by index weight; NaN where nothing is known."""
    found = moment.breadth
    if found is None or moment.profile is Profile.INDEX_ONLY:
        return math.nan
    total = found.advancing + found.declining
    return (found.advancing - found.declining) / total if total > 0 else math.nan


def _breadth(moment: Moment) -> tuple[float, dict[str, float]]:
    found = moment.breadth
    facts = {} if found is None else {"advances": float(found.advances), "declines": float(found.declines)}
    return breadth_of(moment), facts
