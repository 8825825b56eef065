"""From the layers to one published number."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.calibration.mapping import Calibrator
from engines.indicators.smoothing import ema
from engines.mvla.features import Features
from engines.mvla.inputs import Moment
from engines.mvla.modes import REVERSAL
from engines.mvla.parameters import Parameters
from engines.mvla.votes import FLAT, clip

GRADES: Final = ((75, "Strong"), (60, "Moderate"), (50, "Weak"))
TIERS: Final = ((75, "HIGH"), (60, "REGULAR"), (50, "AGGRESSIVE"))
NO_GRADE: Final = "None"


@dataclass(frozen=True, slots=True)
class Softener:
    """A factor that lowers confidence, and why."""

    code: str
    factor: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What the layers found: D, its coverage q, strength S, the direction and mode of an entry."""

    d: float
    q: float
    s: float
    way: int
    mode: str


@dataclass(frozen=True, slots=True)
class Confidence:
    """``raw``: 50 to 100, None without a direction. ``published``: 0 to 100. ``probability``: of +1R before -1R, not
    above what is published; ``uncapped``: as the calibrator gave it.
    """

    raw: float | None
    published: int
    probability: float | None
    uncapped: float | None
    grade: str
    tier: str | None
    calibrated: bool
    softeners: tuple[Softener, ...]


def raw_score(d: float, s: float, soft: float, p: Parameters) -> float:
    """Return 50 + 50 clip(.55 (|D| - .30) / .70 + .45 S, 0, 1) soft."""
    gain = p.raw_d * (abs(d) - p.direction_d) / (1.0 - p.direction_d) + p.raw_s * s
    return 50.0 + 50.0 * clip(gain) * soft


def grade_of(published: int) -> str:
    """Return Strong, Moderate, Weak or None of the published number."""
    return next((name for least, name in GRADES if published >= least), NO_GRADE)


def tier_of(published: int) -> str | None:
    """Return HIGH, REGULAR or AGGRESSIVE of the published number; None below 50."""
    return next((name for least, name in TIERS if published >= least), None)


def confidence(
    found: Finding, softeners: tuple[Softener, ...], *, calibrator: Calibrator, cap: int | None, p: Parameters
) -> Confidence:
    """Return the confidence; without a direction floor(49 min(1, |D| / .30)), which no calibration has seen."""
    if found.way == FLAT:
        published = math.floor(49.0 * min(1.0, abs(found.d) / p.direction_d))
        return Confidence(None, published, None, None, NO_GRADE, None, calibrator.calibrated, softeners)
    soft = found.q * math.prod(softener.factor for softener in softeners)
    raw = raw_score(found.d, found.s, soft, p)
    caps = [limit for limit in (cap, p.reversal_cap if found.mode == REVERSAL else None) if limit is not None]
    published = calibrator.confidence(raw, cap=min(caps) if caps else None)
    uncapped = calibrator.probability(raw)
    probability = min(uncapped, published / 100.0)
    return Confidence(
        raw, published, probability, uncapped, grade_of(published), tier_of(published), calibrator.calibrated, softeners
    )


def softeners(f: Features, moment: Moment, way: int, iv_rank: float | None, p: Parameters) -> tuple[Softener, ...]:
    """Return the factors below 1 that apply; q is taken besides."""
    at, found = moment.session.market_time, []
    if moment.session.is_expiry_day and at >= p.expiry_afternoon:
        found.append(Softener("EXPIRY_AFTERNOON", p.expiry_afternoon_times))
    if p.lunch_start <= at < p.lunch_end:
        found.append(Softener("LUNCH", p.soft_times))
    if iv_rank is not None and iv_rank > p.iv_rank_high:
        found.append(Softener("RICH_PREMIUM", p.soft_times))
    if way != FLAT and _gap_against(f, way, p):
        found.append(Softener("GAP_AGAINST", p.soft_times))
    if way != FLAT and _trend_against(f, moment, way, p):
        found.append(Softener("TREND_AGAINST", p.soft_times))
    return tuple(found)


def _gap_against(f: Features, way: int, p: Parameters) -> bool:
    """Tell whether the day opened more than a percent away and the gap, which points the other way, is open."""
    if not f.previous_close > 0:
        return False
    gap = f.day_open / f.previous_close - 1.0
    filled = f.day_low <= f.previous_close if gap > 0 else f.day_high >= f.previous_close
    return abs(gap) > p.gap_share and not filled and gap * way < 0


def _trend_against(f: Features, moment: Moment, way: int, p: Parameters) -> bool:
    return way * (f.close - daily_average(moment, p)) < 0.0


def daily_average(moment: Moment, p: Parameters) -> float:
    """Return the exponential average of the daily closes; NaN with too few of them."""
    closes = moment.day.closes
    if len(closes) < p.daily_ema:
        return math.nan
    return float(ema(np.asarray(closes[-4 * p.daily_ema :]), p.daily_ema)[-1])
