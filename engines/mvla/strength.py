"""Strength: how much of a move there is, whatever its direction. S in [0, 1], over the parts that are known."""

import math
from dataclasses import dataclass
from typing import Final

from engines.mvla.features import Features
from engines.mvla.inputs import Moment
from engines.mvla.parameters import Parameters
from engines.mvla.votes import breadth_of, clip

#: Closes of India VIX without which its place among them says nothing.
LEAST_CLOSES: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One part of strength: ``measure`` as it was found, ``value`` in [0, 1]; None where it is not known."""

    name: str
    weight: float
    measure: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Strength:
    """``s``: weighted mean of the parts known; ``coverage``: their weight."""

    parts: tuple[Part, ...]
    s: float
    coverage: float


def strength(f: Features, moment: Moment, p: Parameters) -> Strength:
    """Return the strength layer."""
    width = f.atr * math.sqrt(p.momentum_minutes / p.bar_minutes)
    ratio = f.atr / f.atr_usual if f.atr_usual > 0 else math.nan
    pace = abs(f.close - f.close_15) / width if width > 0 else math.nan
    wide = abs(breadth_of(moment))
    found = {
        "adx": (f.adx, (f.adx - p.adx_low) / p.adx_span),
        "range": (ratio, (ratio - p.range_low) / p.range_span),
        "volume": (f.volume_ratio, (f.volume_ratio - p.volume_low) / p.volume_span),
        "momentum": (pace, pace / p.momentum_full),
        "breadth": (wide, wide),
    }
    parts = tuple(_part(name, p.strength_weights[name], *found[name]) for name in p.strength_weights)
    known = [(part.weight, part.value) for part in parts if part.value is not None]
    coverage = sum(weight for weight, _ in known)
    s = sum(weight * value for weight, value in known) / coverage if coverage > 0 else 0.0
    return Strength(parts, clip(s), coverage)


def _part(name: str, weight: float, measure: float, value: float) -> Part:
    if not math.isfinite(value):
        return Part(name, weight, None, None)
    return Part(name, weight, measure, clip(value))


def iv_rank(closes: list[float], now: float | None, days: int) -> float | None:
    """Return the place of ``now`` between the least and the greatest of the last ``days`` closes, 0 to 100."""
    past = [close for close in closes[-days:] if math.isfinite(close)]
    if now is None or not math.isfinite(now) or len(past) < LEAST_CLOSES:
        return None
    low, high = min(past), max(past)
    return clip(100.0 * (now - low) / (high - low), 0.0, 100.0) if high > low else 50.0
