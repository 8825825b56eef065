"""The price panel: aligned arrays of one universe, and the arithmetic of bars that makes them.

Arrays are days × symbols (T, N). Pure: what is stored where, and in which version, is the caller's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]

DAY_S: Final = 86_400
IST_OFFSET_S: Final = 19_800


@dataclass(frozen=True, slots=True)
class PricePanel:
    """Prices of a universe, aligned. Where a symbol has no bar its prices are NaN and its volume is 0.

    ``dates``: (T,) datetime64[D] trade dates (or datetime64[s] UTC starts for an intraday panel), ascending.
    ``symbols``, ``sectors``: N names. Prices in rupees, ``volume`` in shares, each (T, N) float64; they are already
    multiplied (volume: divided) by ``factor`` (T, N), which is 1 everywhere in a panel that is not adjusted.
    ``member``: (T, N), whether the symbol was in the universe's list on the day.
    ``source``: data_source of every price. ``version``: names the panel (universe, range,
    basis) and the state of the data it was built from: what is worked out of it may be kept under this name.
    ``notes``: what a reader should know, such as members without prices.
    """

    dates: Days
    symbols: tuple[str, ...]
    sectors: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    factor: Floats
    member: Flags
    source: str
    version: str
    notes: tuple[str, ...] = field(default=())

    @property
    def shape(self) -> tuple[int, int]:
        """Return (T, N)."""
        return len(self.dates), len(self.symbols)

    @property
    def has_bar(self) -> Flags:
        """Tell where there is a bar, (T, N)."""
        return ~np.isnan(self.close)


@dataclass(frozen=True, slots=True)
class BarColumns:
    """Bars of several symbols in one table; row i belongs to symbol number ``column[i]`` and time ``ts[i]``.

    ``ts`` in seconds since 1970-01-01 UTC; ``volume`` -1 where unknown.
    """

    column: Ints
    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints


def adjustment_factors(days: Ints, ex_days: Sequence[int] | Ints, factors: Sequence[float] | Floats) -> Floats:
    """Return for each day the product of the factors of all events whose ex-date lies after it.

    ``days`` and ``ex_days`` number days from 1970-01-01. A share split one to two on day 10 has factor 0.5: prices
    of day 9 are halved, those of day 10 stay.
    """
    if not len(ex_days):
        return np.ones(len(days))
    order = np.argsort(ex_days)
    sorted_days = np.asarray(ex_days, np.int64)[order]
    after = np.append(np.cumprod(np.asarray(factors, np.float64)[order][::-1])[::-1], 1.0)
    return after[np.searchsorted(sorted_days, days, side="right")]


def adjusted_volume(volume: Ints, factors: Floats) -> Ints:
    """Return volumes divided by the factors, in whole shares; unknown volumes (-1) stay unknown."""
    return np.where(volume < 0, volume, np.rint(volume / factors).astype(np.int64))


def ist_days(ts: Ints, *, is_day: bool) -> Ints:
    """Return the trade date of bars, numbered from 1970-01-01."""
    return (ts if is_day else ts + IST_OFFSET_S) // DAY_S


@dataclass(frozen=True, slots=True)
class Resampled:
    """Longer bars made of shorter ones. ``oi`` is that of the last bar, -1 where unknown."""

    ts: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    oi: Ints


def bucket_starts(ts: Ints, *, minutes: int | None, opens_at: Mapping[int, int]) -> Ints:
    """Return the start of the longer bar that each short bar belongs to, or -1 for bars before the session's open.

    ``minutes`` None makes day bars (start: midnight UTC of the trade date). Else bars are counted from the session's
    open, as the exchange's 60-minute bars are: 09:15, 10:15, ... ``opens_at`` gives it (seconds UTC) by day number; a
    day it lacks is counted from its first bar. ``ts`` ascending.
    """
    days = ist_days(ts, is_day=False)
    firsts = np.flatnonzero(np.diff(days, prepend=days[:1] - 1))
    opened = np.array([opens_at.get(int(days[at]), int(ts[at])) for at in firsts], np.int64)
    anchor = np.repeat(opened, np.diff(np.append(firsts, len(ts))))
    starts = days * DAY_S if minutes is None else anchor + (ts - anchor) // (minutes * 60) * (minutes * 60)
    return np.where(ts < anchor, -1, starts)


def resample(
    ts: Ints, prices: tuple[Floats, Floats, Floats, Floats], volume: Ints, oi: Ints | None, starts: Ints
) -> Resampled:
    """Join bars with the same start: first open, highest high, lowest low, last close, summed volume.

    The volume is unknown where any part's is. Bars with start -1 are left out. ``ts`` ascending.
    """
    kept = starts >= 0
    opens, highs, lows, closes = (column[kept] for column in prices)
    starts, volume = starts[kept], volume[kept]
    if not len(starts):
        whole, real = np.empty(0, np.int64), np.empty(0)
        return Resampled(whole, real, real, real, real, whole, whole)
    first = np.flatnonzero(np.diff(starts, prepend=starts[:1] - 1))
    last = np.append(first[1:], len(starts)) - 1
    total = np.add.reduceat(np.maximum(volume, 0), first)
    unknown = np.minimum.reduceat(volume, first) < 0
    return Resampled(
        ts=starts[first],
        open=opens[first],
        high=np.maximum.reduceat(highs, first),
        low=np.minimum.reduceat(lows, first),
        close=closes[last],
        volume=np.where(unknown, -1, total),
        oi=np.full(len(first), -1, np.int64) if oi is None else oi[kept][last],
    )


def align(bars: BarColumns, symbols: int, *, is_day: bool = True) -> tuple[Days, dict[str, Floats]]:
    """Return the times at which any symbol has a bar, and each field as a (T, ``symbols``) array.

    Prices without a bar are NaN, volumes without a bar or unknown are 0. Of two bars of a symbol at one time the later
    in the table counts.
    """
    times, row = np.unique(bars.ts, return_inverse=True)
    fields: dict[str, Floats] = {}
    place = row * symbols + bars.column
    for name in ("open", "high", "low", "close"):
        table = np.full(len(times) * symbols, np.nan)
        table[place] = getattr(bars, name)
        fields[name] = table.reshape(len(times), symbols)
    volume = np.zeros(len(times) * symbols)
    volume[place] = np.maximum(bars.volume, 0)
    fields["volume"] = volume.reshape(len(times), symbols)
    dates = times // DAY_S if is_day else times
    return dates.astype("datetime64[D]" if is_day else "datetime64[s]"), fields


def apply_factors(fields: dict[str, Floats], factor: Floats) -> dict[str, Floats]:
    """Return the fields with prices multiplied and volumes divided by ``factor`` (T, N)."""
    if (factor == 1.0).all():
        return fields
    adjusted = {name: fields[name] * factor for name in ("open", "high", "low", "close")}
    adjusted["volume"] = fields["volume"] / factor
    return adjusted


def membership(dates: Days, symbols: Sequence[str], lists: Sequence[tuple[np.datetime64, frozenset[str]]]) -> Flags:
    """Return (T, N): whether each symbol was in the list in force on each date.

    ``lists`` are (valid from, members), oldest first; the first also stands for the time before it.
    """
    table = np.zeros((len(dates), len(symbols)), bool)
    starts = [0, *(int(np.searchsorted(dates, since)) for since, _ in lists[1:]), len(dates)]
    for at, (_, members) in enumerate(lists):
        table[starts[at] : starts[at + 1]] = np.array([symbol in members for symbol in symbols], bool)
    return table
