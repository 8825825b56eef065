"""Market context (5): the index's trend, its expected volatility, breadth, and the strength of the stock's sector."""

import numpy as np

from engines.indicators.windows import sma
from engines.iscore.recent import Recent
from engines.iscore.scaling import Flags, Floats, freshness
from engines.iscore.tables import MARKET_CONTEXT, QUARTER, STALE_AT, SUB_WEIGHTS, TTL, YEAR
from engines.iscore.types import Inputs, Sub, sub

_WEIGHT = SUB_WEIGHTS[MARKET_CONTEXT]
_SLOPE_BARS = 20
_LEAST_VIX = 200
_LEAST_IN_SECTOR = 3
_LEAST_SECTORS = 5


def market_context(inputs: Inputs, bars: Recent, reference: Flags, last: int) -> list[Sub]:
    """Return the four sub-scores; three of them are the same for every stock."""
    symbols = len(inputs.panel.symbols)
    trend, trend_age = index_trend(_known(inputs.index, last))
    vix, level, vix_age = vix_rank(_known(inputs.vix, last))
    above = breadth(bars.close, reference & (bars.age == 0.0))
    strength, rise = sector_strength(bars.close, reference & (bars.age == 0.0), inputs.panel.sectors)
    now = freshness(np.zeros(symbols), TTL["context"], STALE_AT)

    def same(name: str, score: float, value: float, age: float) -> Sub:
        fresh = freshness(np.full(symbols, age), TTL["context"], STALE_AT)
        return sub(MARKET_CONTEXT, name, _WEIGHT[name], np.full(symbols, score), np.full(symbols, value), fresh)

    return [
        same("index_trend", trend, trend / 50.0, trend_age),
        same("vix", vix, level, vix_age),
        same("breadth", above, above, 0.0),
        sub(MARKET_CONTEXT, "sector_strength", _WEIGHT["sector_strength"], strength, rise, now),
    ]


def _known(series: Floats | None, last: int) -> tuple[Floats, float]:
    """Return the known values up to the session, and how many sessions ago the last one was (NaN: never)."""
    if series is None:
        return np.empty(0), float("nan")
    cut = series[: last + 1]
    there = np.flatnonzero(~np.isnan(cut))
    return cut[there], float(last - there[-1]) if len(there) else float("nan")


def index_trend(series: tuple[Floats, float]) -> tuple[float, float]:
    """Return (score, age): 50 for a close above the 200-day average, 50 for a 50-day one above that of 20 days ago."""
    close, age = series
    if len(close) < 200:
        return float("nan"), float("nan")
    long, middle = sma(close[-200:], 200)[-1], sma(close[-(50 + _SLOPE_BARS) :], 50)
    return 50.0 * (close[-1] > long) + 50.0 * (middle[-1] > middle[-1 - _SLOPE_BARS]), age


def vix_rank(series: tuple[Floats, float]) -> tuple[float, float, float]:
    """Return (100 less its percentile among a year's values, the level, its age)."""
    level, age = series
    if len(level) < _LEAST_VIX:
        return float("nan"), float("nan"), float("nan")
    year = level[-YEAR:]
    below, equal = (year < level[-1]).sum(), (year == level[-1]).sum()
    return float(100.0 - 100.0 * (below + equal / 2.0) / len(year)), float(level[-1]), age


def breadth(close: Floats, counted: Flags) -> float:
    """Return the percentage of the counted stocks above their 50-day average."""
    if len(close) < 50:
        return float("nan")
    average = sma(close[-50:], 50)[-1]
    known = counted & ~np.isnan(average)
    return float(100.0 * (close[-1] > average)[known].mean()) if known.any() else float("nan")


def sector_strength(close: Floats, counted: Flags, sectors: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return (percentile of the stock's sector, its return) by the mean three-month return of its counted members.

    A sector needs three of them, and a ranking five sectors.
    """
    symbols = close.shape[1]
    nothing = np.full(symbols, np.nan)
    if len(close) <= QUARTER:
        return nothing, nothing
    rise = close[-1] / close[-1 - QUARTER] - 1.0
    known = counted & ~np.isnan(rise)
    names = np.array(sectors, dtype=object)
    means = {
        name: float(rise[inside].mean())
        for name in {sector for sector in sectors if sector}
        if (inside := known & (names == name)).sum() >= _LEAST_IN_SECTOR
    }
    if len(means) < _LEAST_SECTORS:
        return nothing, nothing
    values = np.array(list(means.values()))
    rank = {name: 100.0 * ((values < m).sum() + (values == m).sum() / 2.0) / len(values) for name, m in means.items()}
    own = np.array([rank.get(name, np.nan) for name in sectors])
    return own, np.array([means.get(name, np.nan) for name in sectors])
