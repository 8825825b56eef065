"""Dated contract rules of index and stock derivatives: lots, strike steps, expiry weekdays.

Sources: NSE circulars of 2024-04, 2024-10, 2025-03, 2025-08 and 2025-10 on lots and expiry days, BSE notices on
SENSEX contracts, SEBI circular of 2025-05 (expiries on Tuesday or Thursday). A row holds from its date on until
the next row of the same name.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)


class IndexSpec(NamedTuple):
    """One index with derivatives.

    name: contract name. key: quote key of the index. exchange: where its derivatives trade. strike_step:
    points. volatility_ratio: its implied volatility over NIFTY's. skew: SSVI correlation. futures_lots,
    futures_open_interest, option_lots, option_open_interest: typical lots of the front contract (of the busiest
    strike for options).
    """

    name: str
    key: str
    exchange: str
    strike_step: int
    volatility_ratio: float
    skew: float
    futures_lots: int
    futures_open_interest: int
    option_lots: int
    option_open_interest: int


INDEX_SPECS = (
    IndexSpec("NIFTY", "NSE:NIFTY 50", "NFO", 50, 1.0, -0.36, 95_000, 230_000, 2_400_000, 165_000),
    IndexSpec("BANKNIFTY", "NSE:NIFTY BANK", "NFO", 100, 1.16, -0.30, 36_000, 72_000, 420_000, 46_000),
    IndexSpec("FINNIFTY", "NSE:NIFTY FIN SERVICE", "NFO", 50, 1.12, -0.30, 30_000, 26_000, 40_000, 7_000),
    IndexSpec("SENSEX", "BSE:SENSEX", "BFO", 100, 0.99, -0.36, 28_000, 24_000, 1_500_000, 88_000),
)
SPEC_OF = {spec.name: spec for spec in INDEX_SPECS}
SPEC_OF_KEY = {spec.key: spec for spec in INDEX_SPECS}

# name -> (first expiry date, lot)
INDEX_LOTS = {
    "NIFTY": (
        ("2000-01-01", 75),
        ("2021-07-01", 50),
        ("2024-05-02", 25),
        ("2025-01-02", 75),
        ("2025-01-30", 25),
        ("2025-01-31", 75),
        ("2026-01-06", 65),
    ),
    "BANKNIFTY": (("2000-01-01", 25), ("2023-09-01", 15), ("2025-02-01", 30), ("2025-07-31", 35), ("2026-01-27", 30)),
    "FINNIFTY": (("2000-01-01", 40), ("2024-07-30", 25), ("2025-02-01", 65), ("2026-01-27", 60)),
    "SENSEX": (("2000-01-01", 15), ("2023-05-15", 10), ("2025-01-07", 20)),
}
# Lots of the stock futures listed here, as of February 2026.
STOCK_LOTS = {
    "RELIANCE": 500,
    "HDFCBANK": 550,
    "ICICIBANK": 700,
    "INFY": 400,
    "TCS": 175,
    "SBIN": 750,
    "TATASTEEL": 5_500,
    "ITC": 1_600,
    "LT": 175,
    "MARUTI": 50,
    "AXISBANK": 625,
    "KOTAKBANK": 2_000,
    "BHARTIARTL": 475,
    "M&M": 200,
    "BAJFINANCE": 750,
    "SUNPHARMA": 350,
    "HINDUNILVR": 300,
    "TITAN": 175,
    "NTPC": 1_500,
    "HCLTECH": 350,
}
# name -> (first expiry date, weekday of the weekly contract or None)
WEEKLY_WEEKDAY = {
    "NIFTY": (("2000-01-01", THURSDAY), ("2025-08-29", TUESDAY)),
    "BANKNIFTY": (("2000-01-01", THURSDAY), ("2023-09-01", WEDNESDAY), ("2024-11-14", None)),
    "FINNIFTY": (("2000-01-01", TUESDAY), ("2024-11-20", None)),
    "SENSEX": (("2000-01-01", THURSDAY), ("2023-05-15", FRIDAY), ("2025-01-01", TUESDAY), ("2025-09-01", THURSDAY)),
}
# name -> (first contract month, weekday of the monthly contract)
MONTHLY_WEEKDAY = {
    "NIFTY": (("2000-01-01", THURSDAY), ("2025-09-01", TUESDAY)),
    "BANKNIFTY": (
        ("2000-01-01", THURSDAY),
        ("2024-03-01", WEDNESDAY),
        ("2025-01-01", THURSDAY),
        ("2025-09-01", TUESDAY),
    ),
    "FINNIFTY": (("2000-01-01", TUESDAY), ("2025-01-01", THURSDAY), ("2025-09-01", TUESDAY)),
    "SENSEX": (
        ("2000-01-01", THURSDAY),
        ("2023-05-01", FRIDAY),
        ("2025-01-01", TUESDAY),
        ("2025-09-01", THURSDAY),
    ),
}


def in_force(rows: tuple[tuple[str, int | None], ...], day: np.datetime64) -> int | None:
    """Value of the last row whose date is on or before `day`."""
    return next(value for start, value in reversed(rows) if np.datetime64(start) <= day)


def lot_size(name: str, expiry: np.datetime64) -> int:
    """Shares in one lot of a contract. Raises KeyError for a name without derivatives here."""
    if name in STOCK_LOTS:
        return STOCK_LOTS[name]
    if name not in INDEX_LOTS:
        raise KeyError(f"{name} has no derivatives on the simulated exchange")
    lot = in_force(INDEX_LOTS[name], expiry)
    assert lot is not None
    return lot
