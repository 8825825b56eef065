"""Figures of a value curve: returns, risk, drawdowns. One compiled pass for what a run shows at once."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from engines.metrics.risk_free import SESSIONS_PER_YEAR

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

DAYS_PER_YEAR: Final = 365.25
_FIGURES: Final = 9
_NO_BENCHMARK: Final = np.empty(0)


@njit(cache=True, nogil=True)
def deepest_drawdown(curve: Floats) -> float:
    """Return the lowest value of curve / highest so far - 1, at most 0. Compiled; for kernels."""
    peak, worst = curve[0], 0.0
    for value in curve:
        peak = max(peak, value)
        worst = min(worst, value / peak - 1.0)
    return worst


@njit(cache=True, nogil=True)
def moments(curve: Floats, risk_free: Floats, out: Floats) -> None:
    """Write to out[0:5]: mean return, mean excess, sums of squares about each, downside mean square. For kernels.

    Two passes, no cancellation.
    """
    count = curve.shape[0] - 1
    mean, mean_excess, downside = 0.0, 0.0, 0.0
    for at in range(count):
        change = curve[at + 1] / curve[at] - 1.0
        excess = change - risk_free[at + 1]
        mean += change
        mean_excess += excess
        downside += min(excess, 0.0) ** 2
    mean /= count
    mean_excess /= count
    squares, squares_excess = 0.0, 0.0
    for at in range(count):
        change = curve[at + 1] / curve[at] - 1.0
        squares += (change - mean) ** 2
        squares_excess += (change - risk_free[at + 1] - mean_excess) ** 2
    out[0], out[1], out[2], out[3], out[4] = mean, mean_excess, squares, squares_excess, downside / count


@njit(cache=True, nogil=True)
def _regression(curve: Floats, risk_free: Floats, benchmark: Floats, mean_excess: float, out: Floats) -> None:
    """Co-moment and square sum of excess returns against the benchmark, and its mean, into out[6:9]."""
    count = curve.shape[0] - 1
    mean = 0.0
    for at in range(count):
        mean += benchmark[at + 1] / benchmark[at] - 1.0 - risk_free[at + 1]
    mean /= count
    joint, squares = 0.0, 0.0
    for at in range(count):
        other = benchmark[at + 1] / benchmark[at] - 1.0 - risk_free[at + 1] - mean
        joint += other * (curve[at + 1] / curve[at] - 1.0 - risk_free[at + 1] - mean_excess)
        squares += other * other
    out[6], out[7], out[8] = joint, squares, mean


@njit(cache=True, nogil=True)
def _figures(curve: Floats, risk_free: Floats, benchmark: Floats) -> Floats:
    out = np.zeros(_FIGURES)
    moments(curve, risk_free, out)
    out[5] = deepest_drawdown(curve)
    if benchmark.shape[0] > 0:
        _regression(curve, risk_free, benchmark, out[1], out)
    return out


@dataclass(frozen=True, slots=True)
class CurveFigures:
    """Figures of a curve as shares (0.1 is 10 %), not percent. Annualised with 252 sessions unless named calendar.

    ``total_return``: last/first - 1. ``cagr_sessions``: (1 + total)^(252/N) - 1 (empyrical, quantstats).
    ``cagr_calendar``: over calendar days / 365.25. ``volatility``: sd (ddof 1) of returns. ``sharpe``: mean of
    excess returns over their sd (Sharpe 1994). ``sortino``: over the root mean square of negative excess returns,
    taken over all N. ``max_drawdown``: at most 0, the first point counts as a peak. ``calmar``: cagr_sessions over
    its size. ``beta``, ``alpha``: of excess returns against the benchmark's, alpha compounded as empyrical does.
    """

    returns: int
    total_return: float
    cagr_sessions: float | None
    cagr_calendar: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    calmar: float | None
    beta: float | None
    alpha: float | None


def _power(base: float, exponent: float) -> float | None:
    """base^exponent - 1, None where that is no finite number."""
    try:
        value = base**exponent - 1.0 if base > 0.0 else -1.0
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def _ratio(part: float | None, whole: float) -> float | None:
    if part is None or not whole > 1e-15:
        return None
    value = part / whole
    return value if math.isfinite(value) else None


def curve_figures(
    curve: Floats, *, dates: Days | None = None, risk_free: Floats | float = 0.0, benchmark: Floats | None = None
) -> CurveFigures:
    """Return the figures of a curve of D positive values.

    ``risk_free``: the return of a session, one number or (D,) by the session it ends. ``dates``: (D,) for the
    calendar's CAGR. ``benchmark``: (D,) values on the same days.
    """
    count = len(curve) - 1
    if count < 1:
        return CurveFigures(0, 0.0, None, None, None, None, None, 0.0, None, None, None)
    rates = np.full(len(curve), risk_free) if isinstance(risk_free, float) else risk_free
    other = _NO_BENCHMARK if benchmark is None else benchmark
    found = _figures(curve, rates, other).tolist()
    _, mean_excess, squares, squares_excess, downside, worst, joint, square_sum, other_mean = found
    year = math.sqrt(SESSIONS_PER_YEAR)
    growth = float(curve[-1] / curve[0])
    cagr = _power(growth, SESSIONS_PER_YEAR / count)
    beta = _ratio(joint, square_sum) if benchmark is not None else None
    return CurveFigures(
        returns=count,
        total_return=growth - 1.0,
        cagr_sessions=cagr,
        cagr_calendar=_calendar_cagr(growth, dates),
        volatility=math.sqrt(squares / (count - 1)) * year if count > 1 else None,
        sharpe=_ratio(mean_excess * year, math.sqrt(squares_excess / (count - 1))) if count > 1 else None,
        sortino=_ratio(mean_excess * year, math.sqrt(downside)),
        max_drawdown=worst,
        calmar=_ratio(cagr, -worst),
        beta=beta,
        alpha=None if beta is None else _power(1.0 + mean_excess - beta * other_mean, SESSIONS_PER_YEAR),
    )


def _calendar_cagr(growth: float, dates: Days | None) -> float | None:
    if dates is None:
        return None
    days = int((dates[-1] - dates[0]).astype("timedelta64[D]").astype(np.int64))
    return _power(growth, DAYS_PER_YEAR / days) if days > 0 else None


def returns_of(curve: Floats) -> Floats:
    """Return the N = D - 1 simple returns of a curve."""
    return curve[1:] / curve[:-1] - 1.0


def drawdown_pct(curve: Floats) -> Floats:
    """Return (D,) percent below the highest value so far, at most 0."""
    return 100.0 * (curve / np.maximum.accumulate(curve) - 1.0)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A time below a former peak; rows of the curve. ``end`` is the recovery, None while it lasts."""

    peak: int
    trough: int
    end: int | None
    depth_pct: float


def drawdowns(curve: Floats, *, most: int = 10) -> list[Drawdown]:
    """Return the deepest drawdowns, deepest first, at most ``most``."""
    depth = drawdown_pct(curve)
    below = np.concatenate(([False], depth < 0.0, [False]))
    starts = np.flatnonzero(~below[:-1] & below[1:])
    ends = np.flatnonzero(below[:-1] & ~below[1:])
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        trough = start + int(np.argmin(depth[start:end]))
        found.append(Drawdown(start - 1, trough, end if end < len(curve) else None, float(depth[trough])))
    return sorted(found, key=lambda drawdown: (drawdown.depth_pct, drawdown.peak))[:most]


@dataclass(frozen=True, slots=True)
class MonthlyTable:
    """Returns in percent by calendar month: ``months`` (Y, 12) and ``years`` (Y,), NaN where there is no session."""

    year: Ints
    months: Floats
    years: Floats


def monthly_table(curve: Floats, dates: Days) -> MonthlyTable:
    """Return the returns of each month and year; the first ones count from the first point."""
    month = dates.astype("datetime64[M]").astype(np.int64)
    last = np.append(np.flatnonzero(np.diff(month)), len(curve) - 1)
    closes, number = curve[last], month[last]
    growth = closes / np.concatenate((curve[:1], closes[:-1])) - 1.0
    year = number // 12 + 1970
    rows = np.arange(year[0], year[-1] + 1)
    months, years = np.full((len(rows), 12), np.nan), np.full(len(rows), np.nan)
    months[year - year[0], number % 12] = 100.0 * growth
    ends = np.append(np.flatnonzero(np.diff(year)), len(year) - 1)
    values = closes[ends]
    years[year[ends] - year[0]] = 100.0 * (values / np.concatenate((curve[:1], values[:-1])) - 1.0)
    return MonthlyTable(rows, months, years)
