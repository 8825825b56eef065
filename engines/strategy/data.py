"""What strategies are worked out over: a price panel, an index, company figures."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from engines.panel import PricePanel
from engines.strategy.program import Flags, Floats, Ints

INDEX_BASE = 100.0


@dataclass(frozen=True, slots=True)
class IndexSeries:
    """An index on the panel's dates, each column (T,) float64. Columns left out: prices are the close, volume unknown.

    ``version`` names index and state of its data, e.g. ``NSE:NIFTY 50@7``.
    """

    version: str
    close: Floats
    open: Floats | None = None
    high: Floats | None = None
    low: Floats | None = None
    volume: Floats | None = None


@dataclass(frozen=True)
class MarketData:
    """Panel, index and figures of one or many compilations.

    ``index``: None puts the equal-weighted index of the universe in its place. ``figures``: ``iscore``, ``roe``,
    ``debt_equity``, ``earnings_yield`` as (T, N) float64 as known at each close, NaN where unknown; a figure left out
    is unknown everywhere. ``figures_version`` names their state. ``next_session``: the first session after the panel's
    last row by the exchange's calendar; it decides whether the last row ends its week, month or quarter (None: the
    next weekday is taken for it).
    """

    panel: PricePanel
    index: IndexSeries | None = None
    figures: Mapping[str, Floats] = field(default_factory=dict)
    figures_version: str = ""
    next_session: dt.date | None = None

    def __post_init__(self) -> None:
        """Refuse an index or figures that do not fit the panel."""
        days, symbols = self.panel.shape
        if self.index is not None and np.shape(self.index.close) != (days,):
            raise ValueError(f"the index has {np.shape(self.index.close)} closes, the panel {days} days")
        for name, table in self.figures.items():
            if np.shape(table) != (days, symbols):
                raise ValueError(f"{name} has the shape {np.shape(table)}, the panel {(days, symbols)}")

    @cached_property
    def key(self) -> str:
        """Return what names this data in caches: equal keys promise equal arrays."""
        panel = self.panel
        names = hashlib.sha256("\n".join((*panel.symbols, "", *panel.sectors)).encode()).hexdigest()[:16]
        days = f"{panel.dates[0]}..{panel.dates[-1]}" if len(panel.dates) else ""
        index = self.index.version if self.index else ""
        return f"{panel.version}|{days}|{panel.shape}|{names}|{index}|{self.figures_version}"


def unlocked(values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return a C-contiguous array that numba does not tell from a writable one, without a copy where possible.

    Memory-mapped panels are read-only, and numba would compile every kernel twice. Nothing here writes to inputs.
    """
    array = np.ascontiguousarray(values)
    if array.flags.writeable:
        return array
    return np.asarray(_Alias(array))


class _Alias:
    def __init__(self, array: npt.NDArray[Any]) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self.array = array  # keeps the memory


def sector_numbers(panel: PricePanel) -> tuple[tuple[str, ...], Ints]:
    """Return the sector names A–Z and each symbol's number among them, -1 without a sector."""
    names = tuple(sorted({name for name in panel.sectors if name}))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place.get(name, -1) for name in panel.sectors], np.int64)


def alphabetical(panel: PricePanel) -> Ints:
    """Return each symbol's place in A–Z order."""
    order = sorted(range(len(panel.symbols)), key=lambda i: panel.symbols[i])
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


def rebalance_days(dates: npt.NDArray[np.datetime64], every: str, next_session: dt.date | None = None) -> Flags:
    """Return (T,): whether the day is the last session of its period (``daily``: always)."""
    days = np.asarray(dates, "datetime64[D]")
    if every == "daily" or not len(days):
        return np.ones(len(days), bool)
    after = np.datetime64(next_session) if next_session else np.busday_offset(days[-1] + 1, 0, roll="forward")
    periods = _periods(np.append(days, after), every)
    return periods[1:] != periods[:-1]


def _periods(days: npt.NDArray[np.datetime64], every: str) -> Ints:
    if every == "weekly":
        return (days.astype(np.int64) + 3) // 7  # 1970-01-01 was a Thursday; weeks begin on Monday
    months = days.astype("datetime64[M]").astype(np.int64)
    return months // 3 if every == "quarterly" else months


@njit(cache=True, nogil=True, error_model="numpy")
def equal_weighted(close: Floats, member: Flags, group: Ints, groups: int) -> Floats:
    """Return (T, groups): index levels, each day's change the mean change of the members that have a bar.

    A symbol's change is from its own previous bar. ``group`` (N,): number of the group, -1 for none. A level is NaN
    until a group's first bar, and on days on which no member has one.
    """
    days, symbols = close.shape
    out = np.full((days, groups), np.nan)
    before = np.full(symbols, np.nan)
    level = np.full(groups, np.nan)
    for t in range(days):
        total, count, seen = np.zeros(groups), np.zeros(groups), np.zeros(groups)
        for i in range(symbols):
            price = close[t, i]
            if price != price:
                continue
            g = group[i]
            if g >= 0 and member[t, i]:
                seen[g] += 1.0
                if before[i] > 0.0:
                    total[g] += price / before[i] - 1.0
                    count[g] += 1.0
            before[i] = price
        for g in range(groups):
            if seen[g] == 0.0:
                continue
            if level[g] != level[g]:
                level[g] = INDEX_BASE
            elif count[g] > 0.0:
                level[g] *= 1.0 + total[g] / count[g]
            out[t, g] = level[g]
    return out
