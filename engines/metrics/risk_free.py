"""The risk-free rate by date: cut-off yields of the 91-day Treasury bill."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

SESSIONS_PER_YEAR: Final = 252

#: Where no cut-off is known.
DEFAULT_PCT: Final = 5.5


@dataclass(frozen=True, slots=True)
class RiskFreeRow:
    """Annual yield in percent, in force from ``valid_from`` to ``valid_to``, both included."""

    annual_pct: float
    valid_from: date
    valid_to: date
    source: str
    sure: str


_RBI: Final = "RBI auction results of 91-day Treasury bills, press reports"

#: A cut-off stands until the next known one, the last as long as the bill runs; outside, DEFAULT_PCT.
RISK_FREE: Final[tuple[RiskFreeRow, ...]] = (
    RiskFreeRow(6.78, date(2024, 7, 1), date(2024, 10, 31), _RBI, "M"),
    RiskFreeRow(6.44, date(2024, 11, 1), date(2025, 6, 30), _RBI, "M"),
    RiskFreeRow(5.40, date(2025, 7, 1), date(2025, 8, 31), _RBI, "M"),
    RiskFreeRow(5.50, date(2025, 9, 1), date(2026, 2, 3), _RBI, "M"),
    RiskFreeRow(5.34, date(2026, 2, 4), date(2026, 5, 6), _RBI, "M"),
)


def risk_free_pct(on: date) -> float:
    """Return the annual risk-free rate of a day in percent."""
    return next((row.annual_pct for row in RISK_FREE if row.valid_from <= on <= row.valid_to), DEFAULT_PCT)


def daily_rate(annual_pct: float) -> float:
    """Return the rate of one session that compounds to ``annual_pct`` in 252."""
    return float((1.0 + annual_pct / 100.0) ** (1.0 / SESSIONS_PER_YEAR) - 1.0)


@cache
def _steps() -> tuple[Days, Floats]:
    starts = [row.valid_from for row in RISK_FREE] + [date.fromordinal(RISK_FREE[-1].valid_to.toordinal() + 1)]
    rates = [DEFAULT_PCT, *(row.annual_pct for row in RISK_FREE), DEFAULT_PCT]
    return np.array(starts, "datetime64[D]"), np.array([daily_rate(rate) for rate in rates])


def daily_risk_free(dates: Days) -> Floats:
    """Return (D,) the risk-free return of each session; ``dates`` ascend."""
    starts, rates = _steps()
    out = np.full(len(dates), rates[0])
    changes = np.searchsorted(dates.astype("datetime64[D]", copy=False), starts)
    for change, rate in zip(changes.tolist(), rates[1:].tolist(), strict=True):
        out[change:] = rate
    return out
