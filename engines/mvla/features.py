"""The figures of one instant that votes, strength, filters and entry modes are made of. NaN: not known."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from engines.mvla.history import MINUTE_S, History, last_before, usual
from engines.mvla.inputs import MinuteBars, Moment, Profile
from engines.mvla.parameters import Parameters

NAN: Final = float("nan")
_OF_FUTURE: Final = ("vwap", "vwap_sd", "future_close", "future_low", "future_high", "volume_ratio")


@dataclass(frozen=True, slots=True)
class Features:
    """Prices in points. ``five_at``: place of the last complete five-minute bar in `History.five`, -1: none today.

    ``close``: of the last complete minute; ``close_15``, ``close_5``: of those 15 and 5 minutes before it, today's, NaN
    where that very minute is missing. ``or_high``, ``or_low``: NaN until every minute of the opening range is there.
    ``vwap``, ``vwap_sd``, ``future_close``: of the future. ``volume_ratio``: the last bar's over its usual one.
    ``adverse``: distance to the far end of the last six bars, by direction (long, short). ``bars_age_s``: since the
    last complete minute. ``resumed_s``: since trading went on after a gap, NaN without one. ``warm_bars``: five-minute
    bars that the averages rest on.
    """

    close: float
    close_15: float
    close_5: float
    day_open: float
    day_high: float
    day_low: float
    previous_high: float
    previous_low: float
    previous_close: float
    or_high: float
    or_low: float
    five_at: int
    five_open: float
    five_high: float
    five_low: float
    five_close: float
    atr: float
    atr_usual: float
    ema_fast: float
    ema_slow: float
    supertrend: float
    adx: float
    chop: float
    rsi: float
    donchian_high: float
    donchian_low: float
    volume_ratio: float
    vwap: float
    vwap_sd: float
    future_close: float
    future_low: float
    future_high: float
    adverse_long: float
    adverse_short: float
    bars_age_s: float
    resumed_s: float
    warm_bars: int
    failed_high: bool
    failed_low: bool
    bearish_divergence: bool
    bullish_divergence: bool

    @property
    def vwap_z(self) -> float:
        """Distance of the future from its VWAP in standard deviations."""
        return (self.future_close - self.vwap) / self.vwap_sd if self.vwap_sd > 0 else NAN


def features(history: History, moment: Moment, p: Parameters) -> Features:
    """Return the figures as they stood at ``moment.at_s``."""
    stop = last_before(history.spot.ts + 60, moment.at_s) + 1
    at = last_before(history.five.end_s, moment.at_s)
    minutes = _minutes(history, stop, moment, p)
    bars = _bars(history, at, stop, p)
    alone = moment.profile is Profile.INDEX_ONLY
    merged = {**minutes, **bars, **(dict.fromkeys(_OF_FUTURE, NAN) if alone else _future(history, moment.at_s, p))}
    merged |= _failed(history, at, merged, p)
    return Features(**merged)


def _minutes(history: History, stop: int, moment: Moment, p: Parameters) -> dict[str, float]:
    """What single minutes tell: today's extremes, the opening range, the day before."""
    spot = history.spot
    if not stop:
        names = ("close", "close_15", "close_5", "day_open", "day_high", "day_low", "or_high", "or_low")
        return dict.fromkeys((*names, "resumed_s"), NAN) | {"bars_age_s": float("inf")} | _before(history, 0, moment)
    first = int(np.searchsorted(spot.session[:stop], spot.session[stop - 1], side="left"))
    or_high, or_low = _opening_range(spot, first, stop, p)
    return {
        "close": float(spot.close[stop - 1]),
        "close_15": _close_before(spot, first, stop, p.momentum_minutes),
        "close_5": _close_before(spot, first, stop, p.pause_minutes),
        "day_open": float(spot.open[first]),
        "day_high": float(spot.high[first:stop].max()),
        "day_low": float(spot.low[first:stop].min()),
        "or_high": or_high,
        "or_low": or_low,
        "bars_age_s": float(moment.at_s - (spot.ts[stop - 1] + 60)),
        "resumed_s": _resumed(spot.ts[first:stop], moment.at_s, p),
    } | _before(history, first, moment)


def _close_before(spot: MinuteBars, first: int, stop: int, minutes: int) -> float:
    """Return today's close so many minutes of the clock before the last one; NaN where that minute is missing."""
    wanted = spot.ts[stop - 1] - MINUTE_S * minutes
    at = first + int(np.searchsorted(spot.ts[first:stop], wanted, side="left"))
    return float(spot.close[at]) if spot.ts[at] == wanted else NAN


def _opening_range(spot: MinuteBars, first: int, stop: int, p: Parameters) -> tuple[float, float]:
    """Return high and low of the opening range; NaN until all its minutes are there: one left out may hold either."""
    clock, ts = spot.clock[first:stop], spot.ts[first:stop]
    start, end = (at.hour * 60 + at.minute for at in (p.opening_range_start, p.opening_range_end))
    pace = float(clock[-1] - clock[0]) / float(ts[-1] - ts[0]) * MINUTE_S if len(ts) > 1 else 1.0
    opened = float(clock[0]) - float(ts[0] - spot.opens[first]) / MINUTE_S * pace
    begins, ends = (max(math.ceil((at - opened) / pace - 1e-6), 0) for at in (start, end))
    minute = (ts - spot.opens[first]) // MINUTE_S
    inside = (minute >= begins) & (minute < ends)
    if not 0 < ends - begins == np.count_nonzero(inside):
        return NAN, NAN
    return float(spot.high[first:stop][inside].max()), float(spot.low[first:stop][inside].min())


def _before(history: History, first: int, moment: Moment) -> dict[str, float]:
    """The day before: as given, else from its bars."""
    day, spot = moment.day, history.spot
    values = [day.previous_high, day.previous_low, day.previous_close]
    if first and not all(np.isfinite(values)):
        begin = int(np.searchsorted(spot.session[:first], spot.session[first - 1], side="left"))
        values = [spot.high[begin:first].max(), spot.low[begin:first].min(), spot.close[first - 1]]
    names = ("previous_high", "previous_low", "previous_close")
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _resumed(ts: np.ndarray, at_s: float, p: Parameters) -> float:
    gaps = np.flatnonzero(np.diff(ts) >= 60 * p.halt_gap_minutes)
    return float(at_s - ts[gaps[-1] + 1]) if len(gaps) else NAN


def _bars(history: History, at: int, stop: int, p: Parameters) -> dict[str, float | int]:
    """What complete five-minute bars tell. The bar must be today's for its own prices to count."""
    five = history.five
    names = (
        "five_open", "five_high", "five_low", "five_close", "atr", "atr_usual", "ema_fast", "ema_slow", "supertrend",
        "adx", "chop", "rsi", "donchian_high", "donchian_low", "adverse_long", "adverse_short",
    )  # fmt: skip
    warm = history.rest_on(at, int(history.spot.session[stop - 1])) if stop else 0
    if at < 0 or not stop or five.session[at] != history.spot.session[stop - 1]:
        return {**dict.fromkeys(names, NAN), "five_at": -1, "warm_bars": warm}
    before = slice(max(at - p.donchian_bars, 0), at)
    close = float(history.spot.close[stop - 1])
    near = slice(max(at + 1 - p.structure_bars, 0), at + 1)
    full = at >= p.donchian_bars
    return {
        "five_at": at,
        "warm_bars": warm,
        "five_open": float(five.open[at]),
        "five_high": float(five.high[at]),
        "five_low": float(five.low[at]),
        "five_close": float(five.close[at]),
        "atr": float(history.atr[at]),
        "atr_usual": usual(history.atr, five, at, p.least_sessions),
        "ema_fast": float(history.ema_fast[at]),
        "ema_slow": float(history.ema_slow[at]),
        "supertrend": float(history.supertrend[at]),
        "adx": float(history.adx[at]),
        "chop": float(history.chop[at]),
        "rsi": float(history.rsi[at]),
        "donchian_high": float(five.high[before].max()) if full else NAN,
        "donchian_low": float(five.low[before].min()) if full else NAN,
        "adverse_long": close - float(five.low[near].min()),
        "adverse_short": float(five.high[near].max()) - close,
    }


def _future(history: History, at_s: float, p: Parameters) -> dict[str, float]:
    """VWAP with its deviation, and volume against the usual, of the future: the index itself has no volume."""
    future, five = history.future, history.future_five
    if future is None or five is None or history.money is None:
        return dict.fromkeys(_OF_FUTURE, NAN)
    stop = last_before(future.ts + 60, at_s)
    if stop < 0 or future.opens[stop] != history.opened():  # each series numbers the sessions that it has
        return dict.fromkeys(_OF_FUTURE, NAN)
    volume, worth, square = (float(column[stop]) for column in history.money)
    mean = worth / volume if volume > 0 else NAN
    spread = max(square / volume - mean * mean, 0.0) ** 0.5 if volume > 0 else NAN
    at = last_before(five.end_s, at_s)
    is_today = at >= 0 and five.session[at] == future.session[stop]
    normal = usual(five.volume, five, at, p.least_sessions) if is_today else NAN
    return {
        "vwap": mean + history.base,
        "vwap_sd": spread,
        "future_close": float(future.close[stop]),
        "future_low": float(five.low[at]) if is_today else NAN,
        "future_high": float(five.high[at]) if is_today else NAN,
        "volume_ratio": float(five.volume[at]) / normal if normal > 0 else NAN,
    }


def _failed(history: History, at: int, found: dict[str, float], p: Parameters) -> dict[str, bool]:
    """Breaks that were taken back, and extremes that the RSI did not confirm, within today's last bars."""
    five = history.five
    none = dict.fromkeys(("failed_high", "failed_low", "bearish_divergence", "bullish_divergence"), False)
    if found["five_at"] < 0:
        return none
    span = p.divergence_recent + p.divergence_before
    first = max(at + 1 - span, int(np.searchsorted(five.session, five.session[at], side="left")))
    if at + 1 - first < span:
        return none
    split = at + 1 - p.divergence_recent
    highs, lows, strength = five.high[first : at + 1], five.low[first : at + 1], history.rsi[first : at + 1]
    middle = split - first
    top, old_top = middle + int(highs[middle:].argmax()), int(highs[:middle].argmax())
    low, old_low = middle + int(lows[middle:].argmin()), int(lows[:middle].argmin())
    close, recent_high, recent_low = found["five_close"], highs[middle:].max(), lows[middle:].min()
    above = [level for level in (found["or_high"], found["previous_high"]) if level == level]
    below = [level for level in (found["or_low"], found["previous_low"]) if level == level]
    return {
        "failed_high": any(recent_high > level > close for level in above),
        "failed_low": any(recent_low < level < close for level in below),
        "bearish_divergence": bool(highs[top] > highs[old_top] and strength[top] < strength[old_top]),
        "bullish_divergence": bool(lows[low] < lows[old_low] and strength[low] > strength[old_low]),
    }
