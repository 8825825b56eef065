"""Tick sizes by instrument kind, price and trade date, and rounding to them.

Sources: NSE circulars on 0.01 below 250 rupees (from 2024-06-10) and on price-based ticks (from 2025-04-15),
applied for a month by the price of the last session of the month before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

# valid_from, upper price limits (exclusive first, then inclusive), ticks
STOCK_TICKS = (
    (np.datetime64("2000-01-01"), (), (0.05,)),
    (np.datetime64("2024-06-10"), (250.0,), (0.01, 0.05)),
    (
        np.datetime64("2025-04-15"),
        (250.0, 1_000.0, 5_000.0, 10_000.0, 20_000.0),
        (0.01, 0.05, 0.10, 0.50, 1.00, 5.00),
    ),
)
INDEX_FUTURE_TICKS = (
    (np.datetime64("2000-01-01"), (), (0.05,)),
    (np.datetime64("2025-04-15"), (15_000.0, 30_000.0), (0.05, 0.10, 0.20)),
)
BSE_INDEX_FUTURE_TICK = 0.05
ETF_TICK = 0.01
INDEX_TICK = 0.05
FINE_INDEX_TICK = 0.01
OPTION_TICK = 0.05

Table = tuple[tuple[np.datetime64, tuple[float, ...], tuple[float, ...]], ...]


def tick_by_price(table: Table, day: np.datetime64, price: npt.ArrayLike) -> F64:
    """Tick for each price by the table's row in force on a trade date."""
    _, limits, ticks = next(row for row in reversed(table) if row[0] <= day)
    # 250 itself belongs to the dearer band, the other limits to the cheaper one.
    edges = np.array([np.nextafter(limits[0], 0.0), *limits[1:]]) if limits else np.empty(0)
    return np.array(ticks)[np.searchsorted(edges, np.asarray(price, np.float64), side="left")]


def to_ticks(price: F64, tick: npt.ArrayLike) -> F64:
    """Nearest whole number of ticks, at least one."""
    return np.maximum(np.rint(price / tick), 1.0)


def to_price(ticks: F64, tick: npt.ArrayLike) -> F64:
    """Price of a number of ticks, as the decimal number it prints as."""
    return np.round(ticks * tick, 2)
