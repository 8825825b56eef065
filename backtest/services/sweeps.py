"""Doing a sweep: many parameter sets over one market, two at a time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from backtest.constants import SWEEP_THREADS
from backtest.lifecycle import Happening
from backtest.models import Study
from backtest.services import engine
from backtest.services.analysis import deflated
from backtest.services.gate import give_way
from backtest.services.jobs import Held
from backtest.services.plans import Plan
from backtest.services.runs import tries_add, tries_of
from core import clock
from engines.strategy.compile import StrategyCompiler
from engines.strategy.horizon import warmup_bars
from signals.services.iscore.stored import uses_scores
from signals.services.market_data import Stretch, stretch
from signals.services.strategies.compiled import compiler_of
from signals.services.strategies.language import bound

#: Sets between two looks at the clock, the cancel flag and the lease.
CHUNK: Final = 20
#: What the best set is chosen by, unless the request says otherwise.
METRIC: Final = "sharpe"


def sweep(held: Held, job: Study) -> None:
    """Go on with a sweep from its last stored point. Raises Stopped, Paused."""
    plan, sets = Plan.restored(job.request), job.request["sets"]
    points: list[dict[str, Any]] = list(job.points)
    market = market_of(plan, sets, now=clock.now())
    compiler = compiler_of(plan.rules, market, seed=plan.seed)
    with ThreadPoolExecutor(SWEEP_THREADS, thread_name_prefix="sweep") as pool:
        while len(points) < len(sets):
            part = sets[len(points) : len(points) + CHUNK]
            points += pool.map(lambda values: point(plan, market, values, compiler), part)
            tries_add(job.owner, len(part))
            held.progress(len(points), points=points)
    metric = job.request.get("metric", METRIC)
    result = {"best": best(points, metric), "metric": metric, "data_version": market.panel.version}
    result |= luck(job.owner_id, plan, market, compiler, points, result["best"])
    result |= {"data_source": market.source, "as_of": market.as_of.isoformat(), "flags": list(market.flags)}
    held.close(Happening.FINISHED, result=result, done=len(sets))


def luck(
    owner_id: int, plan: Plan, market: Stretch, compiler: StrategyCompiler, points: Sequence[Mapping[str, Any]],
    chosen: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Return the best point, and how much of its Sharpe ratio so many tries explain by luck alone."""
    if chosen is None:
        return {"best_point": None, "luck": None}
    own = plan.varied(points[chosen]["parameters"])
    result = engine.simulated(own, market, compiler.compile(own.params))
    tries = max(tries_of(owner_id), len(points))
    found = deflated(result, market, tries)
    expected = engine.rounded(engine.sharpe_of_luck(result, tries=tries), 4)
    return {
        "best_point": points[chosen],
        "luck": {**found, "sets": len(points), "sharpe": points[chosen].get("sharpe"), "sharpe_of_luck": expected},
    }


def market_of(plan: Plan, sets: Sequence[Mapping[str, float]], *, now: Any) -> Stretch:
    """Return one stretch with enough warm-up for every set."""
    needs = max(warmup_bars(bound(plan.rules, plan.varied(values).params)) for values in sets)
    return stretch(
        universe=plan.universe, start=plan.start, end=plan.end, now=now, index=plan.benchmark,
        warm_up=needs, needs=needs, scores=uses_scores(plan.rules),
    )  # fmt: skip


def point(plan: Plan, market: Stretch, values: Mapping[str, float], compiler: StrategyCompiler) -> dict[str, Any]:
    """Return the figures of one set."""
    give_way()
    own = plan.varied(values)
    result = engine.simulated(own, market, compiler.compile(own.params))
    return {"parameters": dict(values), **engine.short_figures(market, result)}


def best(points: Sequence[Mapping[str, Any]], metric: str) -> int | None:
    """Return the number of the point with the highest value of a metric, the first of equals; None without any."""
    known = [(point[metric], -at) for at, point in enumerate(points) if point.get(metric) is not None]
    return -max(known)[1] if known else None
