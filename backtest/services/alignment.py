"""What runs have in common: the same days, the same trades, the same months."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backtest.services import engine
from engines.panel import Days, Floats

Content = Mapping[str, Any]


def days_of(content: Content) -> Days:
    """Return the sessions of a run, (D,)."""
    return np.array(content["equity_curve"]["date"], "datetime64[D]")


def common_range(contents: Sequence[Content]) -> tuple[Days, Days] | None:
    """Return the first and last day that all runs cover, or None where they have fewer than two days in common."""
    days = [days_of(one) for one in contents]
    first, last = max(one[0] for one in days), min(one[-1] for one in days)
    return (first, last) if first < last else None


def between(content: Content, first: Days, last: Days) -> slice:
    """Return the rows of a run's curve from one day to another, both included."""
    days = days_of(content)
    return slice(int(np.searchsorted(days, first)), int(np.searchsorted(days, last, side="right")))


def figures_between(content: Content, first: Days, last: Days) -> dict[str, Any]:
    """Return figures of the part of a run between two days, percent numbers; None where one does not exist."""
    rows = between(content, first, last)
    curve, days = np.array(content["equity_curve"]["equity"], float)[rows], days_of(content)[rows]
    found = engine.curve_figures(curve, dates=days, risk_free=engine.daily_risk_free(days))
    return {
        "total_return_pct": engine.percent(found.total_return),
        "cagr": engine.percent(found.cagr_calendar),
        "max_drawdown_pct": engine.percent(found.max_drawdown),
        "volatility_pct": engine.percent(found.volatility),
    }


def correlation(one: Content, other: Content) -> float | None:
    """Return the correlation of the daily returns on the days both runs have; None for fewer than 20 or none vary."""
    mine, theirs = _returns(one), _returns(other)
    days = np.intersect1d(mine[0], theirs[0])
    if len(days) < 20:
        return None
    pair = [returns[np.searchsorted(own, days)] for own, returns in (mine, theirs)]
    if min(np.std(pair[0]), np.std(pair[1])) < 1e-12:
        return None
    return round(float(np.corrcoef(pair[0], pair[1])[0, 1]), 4)


def _returns(content: Content) -> tuple[Days, Floats]:
    equity = np.array(content["equity_curve"]["equity"], float)
    return days_of(content)[1:], equity[1:] / equity[:-1] - 1.0


def overlap(one: Content, other: Content) -> dict[str, Any]:
    """Return how far two runs hold the same shares at the same time.

    ``same_entries``: closed trades in the same share from the same day. ``days``, ``other_days``, ``both_days``: a day
    of one share held counts one, on days both runs cover; ``share_pct`` is what both hold of what either holds.
    """
    found = common_range([one, other])
    entries = [set(zip(run["trades"]["symbol"], run["trades"]["entry_date"], strict=True)) for run in (one, other)]
    shown = {
        "trades": len(one["trades"]["symbol"]),
        "other_trades": len(other["trades"]["symbol"]),
        "same_entries": len(entries[0] & entries[1]),
    }
    if found is None:
        return {**shown, "days": 0, "other_days": 0, "both_days": 0, "share_pct": None}
    days = days_of(one)[between(one, *found)]
    symbols = sorted({name for run in (one, other) for name, _, _ in _stretches(run)})
    mine, theirs = (_held(run, symbols, days) for run in (one, other))
    both, either = int((mine & theirs).sum()), int((mine | theirs).sum())
    share = round(100.0 * both / either, 2) if either else None
    return {
        **shown, "days": int(mine.sum()), "other_days": int(theirs.sum()), "both_days": both, "share_pct": share,
    }  # fmt: skip


def _stretches(content: Content) -> list[tuple[str, str, str]]:
    """Return what was held: symbol, day of the purchase, day of the sale (the run's last day for what is open)."""
    table, last = content["trades"], content["equity_curve"]["date"][-1]
    closed = list(zip(table["symbol"], table["entry_date"], table["exit_date"], strict=True))
    return closed + [(one["symbol"], one["entry_date"], last) for one in content["open_positions"]]


def _held(content: Content, symbols: Sequence[str], days: Days) -> Any:
    """Return (symbols, days): whether a share was held at the open of a day or bought there."""
    row = {symbol: at for at, symbol in enumerate(symbols)}
    held = np.zeros((len(symbols), len(days)), bool)
    for symbol, entry, leave in _stretches(content):
        first, last = np.searchsorted(days, np.array([entry, leave], "datetime64[D]"), side="left")
        held[row[symbol], first : last + 1] = True
    return held


def monthly_differences(one: Content, other: Content) -> list[dict[str, Any]]:
    """Return a row a year: months and year of ``other`` less those of ``one``, percentage points; null unless both."""
    mine = {row["year"]: row for row in one["monthly_returns"]}
    theirs = {row["year"]: row for row in other["monthly_returns"]}
    return [
        {
            "year": year,
            "months": [_less(*pair) for pair in zip(mine[year]["months"], theirs[year]["months"], strict=True)],
            "total": _less(mine[year]["total"], theirs[year]["total"]),
        }
        for year in sorted(mine.keys() & theirs.keys())
    ]


def _less(base: float | None, value: float | None) -> float | None:
    return None if base is None or value is None else round(value - base, 4)
