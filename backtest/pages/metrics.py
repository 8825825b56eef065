"""Figures of a run as cards print them, each with how it is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backtest.pages.definitions import BY_KEY, DEFINITIONS, LEADING, Definition
from market.pages import figures
from market.pages.figures import UNKNOWN, Figure


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure, what it is beside (``note``), and its definition, as ``<c-metric>`` shows it."""

    key: str
    label: str
    figure: Figure
    how: Definition
    note: str = ""


def metric(key: str, summary: Mapping[str, Any]) -> Metric:
    """Return the figure named ``key`` of a run's summary. KeyError for one that has no definition."""
    how = BY_KEY[key]
    other = summary.get(how.against) if how.against else None
    note = "" if other is None else f"Benchmark {figure(other, how.unit).text}"
    return Metric(key, how.label, figure(summary.get(key), how.unit), how, note or _note(key, summary))


def metrics(keys: Sequence[str], summary: Mapping[str, Any]) -> list[Metric]:
    """Return several figures."""
    return [metric(key, summary) for key in keys]


def leading(summary: Mapping[str, Any]) -> list[Metric]:
    """Return the figures that lead a report."""
    return metrics(LEADING, summary)


def further(summary: Mapping[str, Any]) -> list[Metric]:
    """Return all other figures."""
    return metrics([one.key for one in DEFINITIONS if one.key not in LEADING], summary)


def figure(value: float | None, unit: str) -> Figure:
    """Return a number of a run ready to show; a dash for one that does not exist."""
    if value is None:
        return Figure(UNKNOWN)
    if unit == "change":
        return figures.change_pct(value)
    if unit in ("percent", "share"):
        return figures.share_pct(value)
    if unit == "rupees":
        return _rupees(value)
    if unit == "money":
        shown = figures.compact(abs(value))
        sign = {"up": "+", "down": figures.MINUS, "flat": ""}[figures.direction(value)]
        exact = f"{sign}₹{figures.grouped(abs(value), 2)}"
        return Figure(f"{sign}₹{shown.text}", repr(value), exact, figures.direction(value))
    if unit == "number":
        return figures.count(value)
    if unit == "bars":
        return Figure(f"{figures.grouped(value, 1)} bars", repr(value))
    text = figures.grouped(value, 2) + (" R" if unit == "multiple" else "")
    return Figure(text, repr(value), figures.grouped(value, 4))


def _rupees(value: float) -> Figure:
    return Figure(f"₹{figures.compact(value).text}", repr(value), f"₹{figures.grouped(value, 2)}")


def _note(key: str, summary: Mapping[str, Any]) -> str:
    if key == "win_rate":
        return "" if not summary["total_trades"] else f"of {figures.grouped(summary['total_trades'], 0)} closed"
    if key == "total_trades":
        held = summary["open_positions"]
        return f"{held} still open" if held else "none still open"
    if key == "sharpe" and summary.get(key) is None:
        return "Too short a sample"
    if key == "profit_factor" and summary.get(key) is None:
        return "No losing trade" if summary["total_trades"] else "No trade"
    if key == "final_equity":
        return f"from {_rupees(summary['starting_capital']).text}"
    return ""
