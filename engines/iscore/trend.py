"""Trend (20): momentum that skips the last month, averages in order, RSI, nearness to the high, directed ADX.

Jegadeesh & Titman 1993 (momentum), George & Hwang 2004 (52-week high), Wilder 1978 (RSI, ADX); momentum over
volatility as in the exchange's own momentum indices.
"""

import numpy as np

from engines.indicators.derived import volatility_1y
from engines.indicators.smoothing import directional_index, ema, rsi
from engines.iscore.recent import Recent
from engines.iscore.scaling import Flags, Floats, band, freshness, pct
from engines.iscore.tables import HIGH_BAND, LOOKBACK, MONTH, RSI_BAND, STALE_AT, SUB_WEIGHTS, TREND, TTL, YEAR
from engines.iscore.types import Sub, sub

_WEIGHT = SUB_WEIGHTS[TREND]
_SETTLED = 4 * 14
#: Bars an average is worked out over: it has settled in them, and older ones cost time.
_WINDOW = {14: YEAR, 20: 200, 50: 420, 200: LOOKBACK}


def trend(bars: Recent, reference: Flags) -> list[Sub]:
    """Return the six sub-scores; momentum is ranked in the whole universe."""
    fresh = freshness(bars.age, TTL["prices"], STALE_AT)
    close = bars.close
    sigma = yearly_volatility(close)
    found = []
    for name, months in (("mom_12_1", 12), ("mom_6_1", 6)):
        value = momentum_over_risk(close, months, sigma)
        found.append(sub(TREND, name, _WEIGHT[name], pct(value, reference), value, fresh))
    stack = ema_stack(close)
    strength = _enough(rsi(close[-_WINDOW[14] :], 14)[-1], bars, _SETTLED)
    nearness = close[-1] / yearly_high(bars.high)
    directed = adx_score(bars)
    found += [
        sub(TREND, "ema_stack", _WEIGHT["ema_stack"], stack, stack / 25.0, fresh),
        sub(TREND, "rsi", _WEIGHT["rsi"], band(strength, RSI_BAND), strength, fresh),
        sub(TREND, "near_high", _WEIGHT["near_high"], band(nearness, HIGH_BAND), nearness, fresh),
        sub(TREND, "adx", _WEIGHT["adx"], 50.0 + 50.0 * directed, directed, fresh),
    ]
    return found


def yearly_volatility(close: Floats) -> Floats:
    """Return the annualised deviation of a year's daily log returns, a fraction, (N,)."""
    return volatility_1y(close[-(YEAR + 1) :])[-1] / 100.0 if len(close) > YEAR else np.full(close.shape[1], np.nan)


def momentum_over_risk(close: Floats, months: int, sigma: Floats) -> Floats:
    """Return (P[M-1]/P[M-1-months] - 1)/sigma with months of 21 bars, (N,)."""
    start = MONTH * (months + 1)
    if len(close) <= start:
        return np.full(close.shape[1], np.nan)
    before = close[-1 - start]
    return (close[-1 - MONTH] / before - 1.0) / np.where(sigma > 0.0, sigma, np.nan)


def ema_stack(close: Floats) -> Floats:
    """Return 25 for each of P > EMA20, EMA20 > EMA50, EMA50 > EMA200, EMA50 above itself 20 sessions ago."""
    short, middle, long = (ema(close[-_WINDOW[n] :], n) for n in (20, 50, 200))
    before = middle[-21] if len(middle) > 20 else np.full(close.shape[1], np.nan)
    checks = np.stack([close[-1] > short[-1], short[-1] > middle[-1], middle[-1] > long[-1], middle[-1] > before])
    known = ~(np.isnan(close[-1]) | np.isnan(long[-1]) | np.isnan(before))
    return np.where(known, 25.0 * checks.sum(axis=0), np.nan)


def yearly_high(high: Floats) -> Floats:
    """Return the highest high of a year's bars; unknown for a stock that has not a year of them."""
    if len(high) < YEAR:
        return np.full(high.shape[1], np.nan)
    return high[-YEAR:].max(axis=0)


def adx_score(bars: Recent) -> Floats:
    """Return sign(+DI - -DI)·clip((ADX - 15)/25, 0, 1), from -1 to 1."""
    columns = (column[-_WINDOW[14] :] for column in (bars.high, bars.low, bars.close))
    adx, plus, minus = (column[-1] for column in directional_index(*columns, 14))
    return _enough(np.sign(plus - minus) * np.clip((adx - 15.0) / 25.0, 0.0, 1.0), bars, _SETTLED)


def _enough(values: Floats, bars: Recent, least: int) -> Floats:
    return np.where(bars.bars >= least, values, np.nan)
