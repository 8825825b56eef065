"""Risk (15; high is safe): volatility, fall from the high, beta, liquidity, the mean of the worst days.

Ang et al. 2006 (volatility), Frazzini & Pedersen 2014 (beta), Amihud 2002 (illiquidity).
"""

import math

import numpy as np

from engines.iscore.recent import Recent, taken_series
from engines.iscore.scaling import Flags, Floats, band, freshness, mix, pct
from engines.iscore.tables import (
    BETA_BAND,
    DRAWDOWN_BAND,
    RISK,
    STALE_AT,
    SUB_WEIGHTS,
    TAIL,
    TTL,
    VOLATILITY_BAND,
    YEAR,
)
from engines.iscore.trend import yearly_high, yearly_volatility
from engines.iscore.types import Sub, sub

_WEIGHT = SUB_WEIGHTS[RISK]
_LIQUIDITY_BARS = 20
_LEAST_PAIRS = 200


def risk(bars: Recent, index: Floats | None, reference: Flags) -> list[Sub]:
    """Return the five sub-scores. ``index``: (T,) closes on the panel's dates."""
    fresh = freshness(bars.age, TTL["prices"], STALE_AT)
    sigma = yearly_volatility(bars.close)
    fall = 1.0 - bars.close[-1] / yearly_high(bars.high)
    slope = beta(bars, index)
    traded, illiquid = liquidity(bars)
    worst = tail_loss(bars.close)
    volatility = mix(pct(sigma, reference, low_is_good=True), band(sigma, VOLATILITY_BAND))
    ranks = np.stack([pct(traded, reference), pct(illiquid, reference, low_is_good=True)])
    known = (~np.isnan(ranks)).sum(axis=0)
    easy = np.where(known > 0, np.nansum(ranks, axis=0) / np.maximum(known, 1), np.nan)
    return [
        sub(RISK, "volatility", _WEIGHT["volatility"], volatility, sigma, fresh),
        sub(RISK, "drawdown", _WEIGHT["drawdown"], band(fall, DRAWDOWN_BAND), fall, fresh),
        sub(RISK, "beta", _WEIGHT["beta"], band(slope, BETA_BAND), slope, fresh),
        sub(RISK, "liquidity", _WEIGHT["liquidity"], easy, traded, fresh),
        sub(RISK, "tail_loss", _WEIGHT["tail_loss"], pct(worst, reference, low_is_good=True), worst, fresh),
    ]


def beta(bars: Recent, index: Floats | None) -> Floats:
    """Return covariance over variance of a year's daily returns of the stock's own days, (N,).

    The index's return runs over the same days as the stock's. NaN with fewer than 200 pairs.
    """
    symbols = bars.close.shape[1]
    if index is None or len(bars.close) < _LEAST_PAIRS + 1:
        return np.full(symbols, np.nan)
    own = _returns(bars.close[-(YEAR + 1) :])
    other = _returns(taken_series(index, bars.rows[-(YEAR + 1) :]))
    pair = ~(np.isnan(own) | np.isnan(other))
    count = pair.sum(axis=0)
    own, other = np.where(pair, own, 0.0), np.where(pair, other, 0.0)
    divisor = np.maximum(count, 1)
    covariance = (own * other).sum(axis=0) / divisor - own.sum(axis=0) * other.sum(axis=0) / divisor**2
    variance = (other * other).sum(axis=0) / divisor - (other.sum(axis=0) / divisor) ** 2
    good = (count >= _LEAST_PAIRS) & (variance > 0.0)
    return np.where(good, covariance / np.where(good, variance, 1.0), np.nan)


def liquidity(bars: Recent) -> tuple[Floats, Floats]:
    """Return the median rupees traded a day and Amihud's |return| per rupee (both of 20 bars), (N,) each."""
    symbols = bars.close.shape[1]
    if len(bars.close) < _LIQUIDITY_BARS + 1:
        return np.full(symbols, np.nan), np.full(symbols, np.nan)
    close, volume = bars.close[-(_LIQUIDITY_BARS + 1) :], bars.volume[-_LIQUIDITY_BARS:]
    value = close[1:] * np.where(volume > 0.0, volume, np.nan)
    known = ~np.isnan(value).any(axis=0)
    filled = np.where(known, value, 1.0)
    median = np.where(known, np.median(filled, axis=0), np.nan)
    illiquid = np.where(known, (np.abs(_returns(close)) / filled).mean(axis=0), np.nan)
    return median, illiquid


def tail_loss(close: Floats) -> Floats:
    """Return the mean of the worst 5 % of a year's daily returns as a positive fraction (CVaR), (N,)."""
    if len(close) <= YEAR:
        return np.full(close.shape[1], np.nan)
    returns = np.sort(_returns(close[-(YEAR + 1) :]), axis=0)  # NaN sorts last: a stock with any has too few
    worst = math.ceil(TAIL * YEAR)
    return np.where(np.isnan(returns[-1]), np.nan, -returns[:worst].mean(axis=0))


def _returns(close: Floats) -> Floats:
    before = np.where(close[:-1] > 0.0, close[:-1], np.nan)
    return close[1:] / before - 1.0
