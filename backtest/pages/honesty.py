"""What the analysis of a run found, in sentences. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from backtest.pages import words
from backtest.pages.definitions import ANALYSIS, Definition
from market.pages import figures
from market.pages.presenters import RangeMeter

_HOW: Final = {one.key: one for one in ANALYSIS}
GOOD_PERCENTILE: Final = 95.0
FAIR_PERCENTILE: Final = 75.0
GOOD_PROBABILITY: Final = 0.95


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of the analysis. ``verdict``: a word or two, ``kind`` of its badge; ``text``: what was found.

    ``meters``: label and interval; ``how``: how it is found.
    """

    key: str
    title: str
    verdict: str
    kind: str
    text: str
    how: Definition
    meters: tuple[tuple[str, RangeMeter], ...] = ()


def findings(analysis: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Finding]:
    """Return what has been found so far, in the order in which it is shown."""
    makers = {
        "look_ahead": look_ahead,
        "warm_up": warm_up,
        "random_baseline": random_baseline,
        "bootstrap": lambda part: bootstrap(part, summary),
        "deflated_sharpe": deflated_sharpe,
    }
    is_done = analysis["status"] == "done"
    return [
        make(analysis.get(key)) for key, make in makers.items() if analysis.get(key) or (is_done and key in analysis)
    ]


def _finding(key: str, verdict: str, kind: str, text: str, **more: Any) -> Finding:
    return Finding(key, _HOW[key].label, verdict, kind, text, _HOW[key], **more)


def look_ahead(part: Mapping[str, Any]) -> Finding:
    """Return what taking the future away changed."""
    cuts = part["cuts"]
    compared = max((cut["trades_compared"] for cut in cuts), default=0)
    if part["passed"]:
        text = (
            f"Prices were cut off at {len(cuts)} dates; nothing before them changed ({_n(compared)} trades compared)."
        )
        return _finding("look_ahead", "Passed", "up", text if cuts else "The range is too short to be cut.")
    bad = [
        words.day(cut["date"]) for cut in cuts if cut["differences"] or not (cut["equity_equal"] and cut["rules_equal"])
    ]
    return _finding(
        "look_ahead", "Failed", "danger", f"Results before {', '.join(bad)} change when later prices are taken away."
    )


def warm_up(part: Mapping[str, Any]) -> Finding:
    """Return what a shorter warm-up changed."""
    if not part["compared"]:
        needed, there = _n(part["needed"]), _n(part["sessions"])
        text = f"The rules need {needed} sessions and {there} lie before the start: there is nothing to shorten."
        return _finding("warm_up", "Not tried", "", text)
    told = f"{_n(part['sessions'])} sessions lie before the start; the rules ask for {_n(part['needed'])}."
    if part["passed"]:
        return _finding("warm_up", "Passed", "up", f"{told} With fewer the trades are the same.")
    return _finding("warm_up", "Sensitive", "warning", f"{told} With fewer, {_n(part['differences'])} trades differ.")


def random_baseline(part: Mapping[str, Any]) -> Finding:
    """Return how the run stands among runs with random entries."""
    percentile, (low, middle, high) = part["percentile"], part["interval_pct"]
    text = (
        f"The run returned {_pct(part['total_return_pct'])}, more than {_share(percentile)} of {_n(part['runs'])} runs "
        f"with random entries. Half of those returned less than {_pct(middle)}; nine of ten lie between {_pct(low)} "
        f"and {_pct(high)}."
    )
    if percentile >= GOOD_PERCENTILE:
        return _finding("random_baseline", "Better than luck", "up", text)
    if percentile >= FAIR_PERCENTILE:
        return _finding("random_baseline", "Perhaps luck", "warning", text)
    return _finding("random_baseline", "No better than luck", "danger", text)


def bootstrap(part: Mapping[str, Any] | None, summary: Mapping[str, Any]) -> Finding:
    """Return the intervals of growth and drawdown."""
    if part is None:
        return _finding("bootstrap", "Too short", "", "Fewer than twenty daily returns: nothing to put together.")
    (low, _, high), (deep, _, shallow) = part["cagr"], part["max_drawdown_pct"]
    text = (
        f"In nine of ten of {_n(part['samples'])} histories made of the run's own days, growth was between {_pct(low)} "
        f"and {_pct(high)} a year and the deepest drawdown between {_pct(shallow)} and {_pct(deep)}."
    )
    own = summary.get("cagr_sessions")
    meters = (
        ("Growth a year, by sessions", _meter(low, high, own)),
        ("Deepest drawdown", _meter(deep, shallow, summary.get("max_drawdown_pct"))),
    )
    verdict, kind = (
        ("Gains in nearly all", "up") if low > 0 else ("May lose", "warning") if high > 0 else ("Loses", "danger")
    )
    return _finding("bootstrap", verdict, kind, text, meters=meters)


def deflated_sharpe(part: Mapping[str, Any]) -> Finding:
    """Return how sure the Sharpe ratio is after so many tries."""
    probability, tries = part["probability"], part["tries"]
    if probability is None:
        return _finding("deflated_sharpe", "Not known", "", "Returns that do not vary have no Sharpe ratio.")
    sure = f"With {_share(100 * probability)} probability the true Sharpe ratio is above"
    if tries > 1:
        text = f"{sure} what the best of your {_n(tries)} different backtests would show by luck alone."
    else:
        text = f"{sure} zero. This is your only try so far; every further one raises what it has to beat."
    verdict, kind = ("Convincing", "up") if probability >= GOOD_PROBABILITY else ("Not convincing", "warning")
    return _finding("deflated_sharpe", verdict, kind, text)


def _meter(low: float, high: float, own: float | None) -> RangeMeter:
    share = None if own is None or high <= low else min(1.0, max(0.0, (own - low) / (high - low)))
    place = "this run unknown" if own is None else f"this run {_pct(own)}"
    marker = None if share is None else round(1 + 98 * share, 2)
    return RangeMeter(
        low=_pct(low), high=_pct(high), low_raw=repr(low), high_raw=repr(high), marker_pct=marker, place=place
    )


def _n(value: float) -> str:
    return figures.grouped(value, 0)


def _pct(value: float) -> str:
    return f"{figures.signed(value, 1)}%"


def _share(value: float) -> str:
    return f"{figures.grouped(value, 1)}%"
