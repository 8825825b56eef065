"""The last bars of each stock, its own ones side by side: a day on which it did not trade is left out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.iscore.scaling import Floats
from engines.iscore.tables import LONGEST_ABSENCE, LOOKBACK
from engines.panel import PricePanel

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recent:
    """Up to `LOOKBACK` own bars of N stocks, the last one in the last row; NaN above where a stock has fewer.

    ``rows``: (L, N) row of the panel each bar is from, -1 for none. ``age``: (N,) sessions since the last bar, NaN for
    a stock without present prices, which has no bars here at all. ``bars``: (N,) how many there are.
    """

    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    rows: Ints
    age: Floats
    bars: Ints


def recent(panel: PricePanel, last: int) -> Recent:
    """Return the bars up to row ``last`` of the panel, that one included."""
    first = max(0, last + 1 - LOOKBACK - LONGEST_ABSENCE)
    there = ~np.isnan(panel.close[first : last + 1])
    days, symbols = there.shape
    length = min(LOOKBACK, last + 1)
    rows = np.full((length, symbols), -1, np.int64)
    full = there[-length:].all(axis=0) if days >= length else np.zeros(symbols, bool)
    rows[:, full] = np.arange(last + 1 - length, last + 1)[:, None]
    for column in np.flatnonzero(~full):
        found = np.flatnonzero(~np.isnan(panel.close[: last + 1, column]))[-length:]
        if len(found) and last - found[-1] < LONGEST_ABSENCE:
            rows[length - len(found) :, column] = found
    bars = (rows >= 0).sum(axis=0)
    age = np.where(bars > 0, last - rows[-1], np.nan).astype(np.float64)
    tables = (_taken(table, rows) for table in (panel.high, panel.low, panel.close, panel.volume))
    return Recent(*tables, rows, age, bars)


def _taken(table: Floats, rows: Ints) -> Floats:
    found = np.take_along_axis(table, np.maximum(rows, 0), axis=0)
    return np.where(rows >= 0, found, np.nan)


def taken_series(values: Floats, rows: Ints) -> Floats:
    """Return a (T,) series at the days of the stocks' own bars, (L, N)."""
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan)
