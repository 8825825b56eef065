"""Sweeps and walk-forward tests as the pages print them. Pure: no database, no clock."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

from backtest.constants import FLAG_NOTES
from backtest.lifecycle import State
from market.pages import figures
from market.pages.figures import Figure

METRIC_WORDS: Final = {
    "sharpe": "Sharpe ratio",
    "cagr": "return a year",
    "calmar": "return over deepest fall",
    "sortino": "Sortino ratio",
    "profit_factor": "profit factor",
    "total_return_pct": "total return",
    "win_rate": "winning trades",
}
#: Figures a map can show, in the order of the list. The browser's twin is lib/charts/grid.ts.
FIGURES: Final = (
    ("cagr", "Return a year (CAGR)"), ("sharpe", "Sharpe ratio"), ("max_drawdown_pct", "Deepest fall"),
    ("calmar", "Return over deepest fall"), ("sortino", "Sortino ratio"), ("profit_factor", "Profit factor"),
    ("total_return_pct", "Total return"), ("win_rate", "Winning trades"), ("total_trades", "Closed trades"),
    ("volatility_pct", "Volatility"), ("exposure_pct", "Invested"), ("turnover_pct", "Turnover a year"),
)  # fmt: skip
STATES: Final = {
    State.QUEUED: ("Waiting for its turn", ""),
    State.RUNNING: ("Running", "accent"),
    State.DONE: ("Done", "up"),
    State.FAILED: ("Failed", "danger"),
    State.CANCELLED: ("Cancelled", "warning"),
}
#: Probabilities of the deflated Sharpe ratio from which words change.
SURE, LIKELY = 0.95, 0.5


def span(start: date, end: date) -> str:
    """Return a range of days in words."""
    return f"{start.day} {start:%b %Y} to {end.day} {end:%b %Y}"


def months(start: str, end: str) -> str:
    """Return a window in short: Jan 2023 – Jun 2023."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return f"{first:%b %Y} – {last:%b %Y}" if f"{first:%b %Y}" != f"{last:%b %Y}" else f"{first:%b %Y}"


def row(study: Any, titles: Mapping[str, str], url: str) -> dict[str, Any]:
    """Return a line of the list. ``study.summary``: its best point, or its summary, as JSON text."""
    word, kind = STATES[State(study.status)]
    summary = json.loads(study.summary) if isinstance(study.summary, str) else study.summary or {}
    asked = study.request
    return {
        "study": study,
        "url": url,
        "state": word,
        "kind": kind,
        "is_active": study.status in {State.QUEUED, State.RUNNING},
        "percent": round(100 * study.done / study.total) if study.total else 0,
        "universe": titles.get(study.universe) or study.universe,
        "range": span(date.fromisoformat(asked["start_date"]), date.fromisoformat(asked["end_date"])),
        "varied": ", ".join(dict.fromkeys(name for one in asked["sets"] for name in one)),
        "sets": len(asked["sets"]),
        "cagr": figures.change_pct(summary.get("cagr")),
        "sharpe": ratio(summary.get("sharpe")),
        "fall": figures.change_pct(summary.get("max_drawdown_pct")),
        "efficiency": share(summary.get("efficiency")),
    }


def ratio(value: float | None) -> Figure:
    """Return a ratio with two decimals."""
    return Figure(figures.UNKNOWN) if value is None else Figure(figures.signed(value, 2), raw=repr(value))


def share(value: float | None) -> Figure:
    """Return a share of one as percent."""
    return Figure(figures.UNKNOWN) if value is None else figures.share_pct(100 * value)


def flags(names: Sequence[str]) -> list[dict[str, str]]:
    """Return flags with what they mean."""
    return [{"name": name.replace("_", " ").capitalize(), "note": FLAG_NOTES.get(name, "")} for name in names]


def luck(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return how much of the best set's Sharpe ratio so many tries explain, in words."""
    probability, tries = found["probability"], found["tries"]
    if probability is None or found["sharpe"] is None:
        return {"kind": "", "title": "Nothing can be said about luck", "text": "The best set's account did not vary."}
    chance = (
        f"{100 * probability:.0f}%"
        if 0.005 < probability < 0.995
        else ("over 99%" if probability > 0.5 else "under 1%")
    )
    if probability >= SURE:
        title, kind = "More than luck explains", "up"
    elif probability >= LIKELY:
        title, kind = "Luck is not ruled out", "warning"
    else:
        title, kind = "No better than luck", "down"
    here = "all of them here" if tries == found["sets"] else f"{figures.grouped(found['sets'], 0)} of them here"
    text = (
        f"You have tried {figures.grouped(tries, 0)} backtests so far, {here}. The best of so many without any merit "
        f"would be expected to show a Sharpe ratio of about {figures.signed(found['sharpe_of_luck'], 2)} over this "
        f"time; the best set here shows {figures.signed(found['sharpe'], 2)}. The probability that its true ratio is "
        f"above what luck gives is {chance}."
    )
    return {"kind": kind, "title": title, "text": text, "chance": chance}


def windows(points: Sequence[Mapping[str, Any]], metric: str) -> dict[str, Any]:
    """Return the rows of the table of windows, and what varied in the chosen sets."""
    names = list(dict.fromkeys(name for point in points for name in point["parameters"]))
    rows = [
        {
            "trained": months(point["train_from"], point["train_to"]),
            "tested": months(point["test_from"], point["test_to"]),
            "chosen": [plain(point["parameters"].get(name)) for name in names],
            "inside": figures.change_pct(point["in_sample"]["cagr"]),
            "outside": figures.change_pct(point["out_of_sample"]["cagr"]),
            "fall": figures.change_pct(point["out_of_sample"]["max_drawdown_pct"]),
            "trades": figures.count(point["out_of_sample"]["total_trades"]),
            "metric": ratio(point["in_sample"].get(metric)),
        }
        for point in points
    ]
    return {"names": names, "windows": rows, "steady": steadiness(points, names)}


def plain(value: float | None) -> str:
    """Return a parameter's value as it is typed."""
    return figures.UNKNOWN if value is None else f"{value:.10g}"


def steadiness(points: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Return how often the chosen set changed from one window to the next, in words."""
    if len(points) < 2:
        return ""
    pairs = list(pairwise(points))
    same = sum(before["parameters"] == after["parameters"] for before, after in pairs)
    ranges = [
        f"{name} {plain(min(values))} to {plain(max(values))}"
        for name in names
        if len(values := {point["parameters"][name] for point in points if name in point["parameters"]}) > 1
    ]
    if not ranges:
        return "Every window chose the same set: the choice does not hang on the window."
    return (
        f"The choice stayed the same in {same} of {len(pairs)} moves; chosen were {', '.join(ranges)}. Numbers that "
        "jump from window to window were fitted to noise rather than found."
    )


def walk_stats(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the leading figures of a finished test."""
    return [
        {"name": "Return a year, out of sample", "value": figures.change_pct(summary["cagr"])},
        {"name": "Mean of the chosen sets, in sample", "value": figures.change_pct(summary["mean_in_sample_cagr"])},
        {"name": "Efficiency (out / in)", "value": share(summary["efficiency"])},
        {"name": "Deepest fall, out of sample", "value": figures.change_pct(summary["max_drawdown_pct"])},
        {"name": "Sharpe ratio, out of sample", "value": ratio(summary["sharpe"])},
        {"name": "Closed trades, out of sample", "value": figures.count(summary["total_trades"])},
    ]


def efficiency(summary: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the efficiency says, in words."""
    value = summary["efficiency"]
    won = sum((point["out_of_sample"]["cagr"] or 0.0) > 0 for point in points)
    held = f"{won} of {len(points)} tests ended with a gain."
    if value is None:
        return {
            "title": "No efficiency",
            "kind": "warning",
            "text": f"The chosen sets did not earn even on the days they were chosen on. {held}",
        }
    kept = f"{100 * value:.0f}%"
    if value < 0:
        title, kind = "Nothing was kept", "down"
        text = "What was chosen on the past lost money on what followed."
    elif value < LIKELY:
        title, kind = f"{kept} of it was kept", "warning"
        text = "Less than half of the return found on the past came true afterwards: most of it was fitted."
    else:
        title, kind = f"{kept} of it was kept", "up"
        text = (
            "At least half of the return found on the past came true afterwards, which is as much as one may hope for."
        )
        if value > 1:
            text = "It did better afterwards than on the past it was chosen on: the times were kinder, not the choice."
    return {"title": title, "kind": kind, "text": f"{text} {held}"}
