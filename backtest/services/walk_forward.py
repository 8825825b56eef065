"""Walk-forward testing: choose parameters on the past, run them on what follows, and move on (Pardo 1992).

Only the runs on what follows count: they are chained to one curve, which no parameter has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from backtest.lifecycle import Happening
from backtest.models import Study
from backtest.services import engine
from backtest.services.jobs import Held, Paused
from backtest.services.plans import Plan
from backtest.services.runs import tries_add
from backtest.services.sweeps import METRIC, best, market_of, point
from core import clock
from signals.services.strategies.compiled import compiled, compiler_of
from signals.services.strategies.language import bound


def windows(start: date, end: date, *, train_months: int, test_months: int) -> list[dict[str, date]]:
    """Return the windows: each trains on ``train_months``, then tests on the months after; the last may be cut."""
    found = []
    while (test_from := months_after(start, train_months + len(found) * test_months)) <= end:
        following = months_after(start, train_months + (len(found) + 1) * test_months)
        train_from = months_after(start, len(found) * test_months)
        train_to, test_to = test_from - timedelta(days=1), min(end, following - timedelta(days=1))
        found.append({"train_from": train_from, "train_to": train_to, "test_from": test_from, "test_to": test_to})
    return found


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, the month's last where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    for number_of_day in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number_of_day)
        except ValueError:
            continue
    return date(year, month + 1, min(day.day, 28))


def walk_forward(held: Held, job: Study) -> None:
    """Go on with a walk-forward test from its last stored window. Raises Stopped, Paused."""
    plan, sets = Plan.restored(job.request), job.request["sets"]
    metric, spans = job.request.get("metric", METRIC), job.request["windows"]
    found: list[dict[str, Any]] = list(job.points)
    while len(found) < len(spans):
        span = {name: date.fromisoformat(day) for name, day in spans[len(found)].items()}
        found.append(window(held, plan, sets, span, metric, done=len(found) * len(sets), found=found))
        held.progress(len(found) * len(sets), points=found)
    tries_add(job.owner, len(sets))
    held.close(Happening.FINISHED, result=chained(found), done=job.total)


def window(
    held: Held, plan: Plan, sets: Sequence[Mapping[str, float]], span: Mapping[str, date], metric: str,
    *, done: int, found: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Train on the window's past, test on what follows."""
    trained = replace(plan, start=span["train_from"], end=span["train_to"])
    market = market_of(trained, sets, now=clock.now())
    compiler = compiler_of(plan.rules, market, seed=plan.seed)
    points = []
    for at, values in enumerate(sets):
        points.append(point(trained, market, values, compiler))
        if at % 20 == 19:
            _keep(held, done + at + 1, found)
    chosen = best(points, metric) or 0
    tested = replace(plan, start=span["test_from"], end=span["test_to"]).varied(sets[chosen])
    ahead = market_of(tested, [{}], now=clock.now())
    strategy = compiled(bound(tested.rules, tested.params), ahead, seed=tested.seed)
    result = engine.simulated(tested, ahead, strategy)
    dates = np.datetime_as_string(ahead.panel.dates[ahead.first : ahead.last + 1]).tolist()
    return {
        **{name: day.isoformat() for name, day in span.items()},
        "parameters": dict(sets[chosen]),
        "in_sample": {name: value for name, value in points[chosen].items() if name != "parameters"},
        "out_of_sample": engine.short_figures(ahead, result),
        "growth": [dates, np.round(result.equity / result.equity[0], 8).tolist()],
        "flags": list(ahead.flags),
        "data_source": ahead.source,
    }


def _keep(held: Held, done: int, found: list[dict[str, Any]]) -> None:
    """Keep the lease within a window; a window is not given back half done."""
    try:
        held.progress(done, points=found)
    except Paused:
        return


def chained(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the tests to one curve that begins at 100, with its figures."""
    days: list[str] = []
    values: list[float] = []
    level = 100.0
    for one in found:
        dates, growth = one["growth"]
        skip = 1 if values else 0
        days += dates[skip:]
        values += [round(level * value, 6) for value in growth[skip:]]
        level = values[-1]
    curve, stamps = np.array(values), np.array(days, "datetime64[D]")
    figures = engine.curve_figures(curve, dates=stamps, risk_free=engine.daily_risk_free(stamps))
    inside = [one["in_sample"]["cagr"] for one in found]
    outside = engine.percent(figures.cagr_calendar) or 0.0
    mean = float(np.mean(inside)) if inside else 0.0
    return {
        "summary": {
            "cagr": outside,
            "total_return_pct": engine.percent(figures.total_return),
            "max_drawdown_pct": engine.percent(figures.max_drawdown),
            "sharpe": engine.rounded(figures.sharpe, 4),
            "volatility_pct": engine.percent(figures.volatility),
            "mean_in_sample_cagr": round(mean, 4),
            "efficiency": round(outside / mean, 4) if mean > 0 else None,
            "windows": len(found),
            "total_trades": sum(one["out_of_sample"]["total_trades"] for one in found),
        },
        "equity_curve": [{"date": day, "value": value} for day, value in zip(days, values, strict=True)],
        "flags": sorted({flag for one in found for flag in one["flags"]}),
        "data_source": found[-1]["data_source"] if found else "",
        "as_of": days[-1] if days else None,
    }
