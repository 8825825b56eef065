"""Stop, target and their worth: on the index, on the premium, and as a chance."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.mvla.features import Features
from engines.mvla.parameters import Parameters
from engines.mvla.votes import LONG, clip
from engines.options import black76

_MINUTES_PER_YEAR: Final = 365.0 * 24.0 * 60.0
_CHANCE_BOUNDS: Final = (0.02, 0.98)
_SLACK: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Levels:
    """Rupees of premium. ``gross_rr``: reward over risk, after rounding to the tick."""

    entry: float
    sl: float
    target: float

    @property
    def risk(self) -> float:
        return self.entry - self.sl

    @property
    def reward(self) -> float:
        return self.target - self.entry

    @property
    def gross_rr(self) -> float:
        return self.reward / self.risk if self.risk > 0 else 0.0

    def net_rr(self, cost: float) -> float:
        """Return reward over risk when a round trip costs ``cost`` rupees a unit."""
        return (self.reward - cost) / (self.risk + cost) if self.risk + cost > 0 else 0.0


def stop_distance(f: Features, way: int, p: Parameters) -> float:
    """Return the distance dS of the stop on the index, points: 1.5 ATR or the structure behind the price, bounded.

    The structure is the far end of the last six five-minute bars. NaN before there is an ATR.
    """
    structure = f.adverse_long if way == LONG else f.adverse_short
    wide = max(p.stop_atr * f.atr, structure) if math.isfinite(structure) else p.stop_atr * f.atr
    return clip(wide, p.stop_least * f.close, p.stop_most * f.close)


def on_tick(price: float, tick: float, *, up: bool) -> float:
    """Return ``price`` on the next tick above (``up``) or below it; a price on a tick stays."""
    steps = price / tick
    whole = math.ceil(steps - _SLACK) if up else math.floor(steps + _SLACK)
    return round(whole * tick, 2)


@dataclass(frozen=True, slots=True)
class Option:
    """A contract as Black-76 prices it: ``years`` to its end, ``volatility`` and ``rate`` fractions a year."""

    strike: float
    years: float
    volatility: float
    is_call: bool
    rate: float


def option_levels(option: Option, *, entry: float, forward: float, distance: float, p: Parameters) -> Levels:
    """Return stop and target of a bought option whose underlying moves ``distance`` against and RR times it for it.

    Both by Black-76 at the same volatility, the stop 15 minutes on, the target 30. The premium's loss is at most 35
    percent of the entry. Stop rounded up to the tick, target down.
    """
    sign = 1.0 if option.is_call else -1.0
    forwards = np.array([forward - sign * distance, forward + sign * p.reward_risk * distance])
    later = np.array([p.stop_minutes, p.target_minutes]) / _MINUTES_PER_YEAR
    left = np.maximum(option.years - later, 0.0)
    prices = black76.price(forwards, option.strike, left, option.volatility, option.is_call, option.rate)
    sl, target = prices.tolist()
    return rounded(entry, sl, target, p)


def rounded(entry: float, sl: float, target: float, p: Parameters) -> Levels:
    """Return the levels with the stop clamped and both on the tick, conservatively."""
    held = max(sl, p.premium_kept * entry)
    return Levels(entry, on_tick(held, p.tick, up=True), on_tick(target, p.tick, up=False))


def target_chance(probability: float, reward_risk: float) -> float:
    """Return the chance of +RR before -1 where +1 before -1 has ``probability``: two barriers, Brownian with drift.

    u = p / (1 - p); p_t = (u - 1) / (u - u^-RR); 1 / (1 + RR) at p = 1/2. Zero for a target that is no gain.
    """
    if not reward_risk > 0.0:
        return 0.0
    p = clip(probability, *_CHANCE_BOUNDS)
    u = p / (1.0 - p)
    if abs(u - 1.0) < 1e-9:
        return 1.0 / (1.0 + reward_risk)
    return (u - 1.0) / (u - u**-reward_risk)


def expected_r(probability: float, reward_risk: float, cost_r: float) -> float:
    """Return the expected result in R: p_t RR - (1 - p_t) - cost."""
    chance = target_chance(probability, reward_risk)
    return chance * reward_risk - (1.0 - chance) - cost_r


def break_even(reward_risk: float, cost_r: float) -> float:
    """Return the chance of the target from which on a trade pays: (1 + cost) / (1 + RR)."""
    return (1.0 + cost_r) / (1.0 + reward_risk)


def lots(*, capital: float, risk_share: float, entry: float, sl: float, lot: int, cost: float) -> int:
    """Return the whole lots whose loss at the stop, with ``cost`` rupees a lot, stays within the share of capital."""
    loss = (entry - sl) * lot + cost
    return max(math.floor(capital * risk_share / loss), 0) if loss > 0 else 0
