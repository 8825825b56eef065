"""What is found about a run after it was answered: probes of its honesty, and how much of it may be luck."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from backtest import constants as limits
from backtest.lifecycle import Happening
from backtest.models import Analysis
from backtest.services import engine
from backtest.services.engine import BacktestResult, percent
from backtest.services.gate import give_way
from backtest.services.jobs import Held, equals_finish
from backtest.services.plans import Plan
from backtest.services.runs import pack, tries_of
from core import clock
from core.errors import Conflict
from engines.strategy.cache import IndicatorCache
from engines.strategy.data import IndexSeries, MarketData
from engines.strategy.program import CompiledStrategy
from signals.services.market_data import Stretch
from signals.services.strategies.compiled import Prepared, compiled
from signals.services.strategies.language import bound

#: Where the data is cut off, as shares of the run.
CUTS: Final = (0.3, 0.5, 0.7, 0.9)
CHUNK: Final = 10
CACHE_BYTES: Final = 16 * 2**20
_COMPARED: Final = ("symbol", "entry_day", "exit_day", "quantity", "reason", "entry_price", "exit_price", "pnl")


def analyse(held: Held, job: Analysis) -> None:
    """Work out what is missing of a run's analysis. Raises Stopped, Paused, Conflict when the data has changed."""
    run = job.run
    give_way()
    plan = Plan.restored(run.request)
    ready = engine.prepare(plan, now=clock.now())
    if ready.market.panel.version != run.request["data_version"]:
        raise Conflict("Prices have been imported since the run was made. Run it again.")
    found: dict[str, Any] = dict(job.result or {})
    result = engine.simulated(plan, ready.market, ready.strategy)
    seed = int(run.hash[:15], 16)
    if "look_ahead" not in found:
        found["look_ahead"] = look_ahead(plan, ready, result)
        held.progress(1, result=found)
    if "warm_up" not in found:
        found["warm_up"] = warm_up(plan, ready, result)
        held.progress(2, result=found)
    _baselines(held, found, plan, ready, result, seed)
    found["bootstrap"] = bootstrap(result, seed)
    found["deflated_sharpe"] = deflated(result, ready.market, tries_of(run.owner_id))
    found["flags"] = [
        flag
        for flag, part in ((limits.LOOK_AHEAD, "look_ahead"), (limits.WARM_UP_SENSITIVE, "warm_up"))
        if not found[part]["passed"]
    ]
    found["flag_notes"] = {flag: limits.FLAG_NOTES[flag] for flag in found["flags"]}
    pack(run)
    held.close(Happening.FINISHED, result=found, done=job.total)
    equals_finish(job, found)


def look_ahead(plan: Plan, ready: Prepared, result: BacktestResult) -> dict[str, Any]:
    """Work everything out again on data that ends earlier.

    What had happened by then must be the same to the last bit: the account, the trades, and what the rules said at
    every close, the last one included, whose orders are filled after the cut.
    """
    market = ready.market
    rows = sorted({market.first + int(share * (market.days - 1)) for share in CUTS} - {market.last})
    cuts = []
    for row in rows:
        shorter = cut(market, 0, row)
        strategy = compiled_again(plan, shorter)
        again = engine.simulated(plan, shorter, strategy)
        before, after = _rows(result, until=row), _rows(again, until=row)
        cuts.append(
            {
                "date": str(market.panel.dates[row]),
                "trades_compared": len(before),
                "differences": len(set(before) ^ set(after)),
                "equity_equal": bool((again.equity == result.equity[: row - market.first + 1]).all()),
                "rules_equal": same_rules(ready.strategy, strategy, market.first, row),
            }
        )
    passed = all(one["equity_equal"] and one["rules_equal"] and not one["differences"] for one in cuts)
    return {"passed": passed, "cuts": cuts}


def same_rules(whole: CompiledStrategy, part: CompiledStrategy, first: int, row: int) -> bool:
    """Tell whether two compilations say the same of every close from ``first`` to ``row``."""
    days = slice(first, row + 1)
    starts = whole.candidates.start[first : row + 2], part.candidates.start[first : row + 2]
    if not np.array_equal(starts[0] - starts[0][0], starts[1] - starts[1][0]):
        return False
    places = slice(int(starts[0][0]), int(starts[0][-1])), slice(int(starts[1][0]), int(starts[1][-1]))
    for name in ("symbol", "conviction", "rank", "size_factor"):
        lists = getattr(whole.candidates, name)[places[0]], getattr(part.candidates, name)[places[1]]
        if not np.array_equal(*lists):
            return False
    tables = [(whole.flags[:, days], part.flags[:, days]), (whole.values[:, days], part.values[:, days])]
    tables += [(whole.rank_exit[days], part.rank_exit[days]), (whole.atr14[days], part.atr14[days])]
    return all(np.array_equal(*pair, equal_nan=pair[0].dtype.kind == "f") for pair in tables)


def warm_up(plan: Plan, ready: Prepared, result: BacktestResult) -> dict[str, Any]:
    """Run again with half the sessions of warm-up, or what the rules claim to need: averages must have settled."""
    market = ready.market
    needed = ready.strategy.warmup_bars
    begin = min(begin_of(market, needed), market.first // 2)
    if begin <= 0:
        return {"passed": True, "compared": False, "sessions": market.first, "needed": needed, "differences": 0}
    shorter = cut(market, begin, market.last)
    again = engine.simulated(plan, shorter, compiled_again(plan, shorter))
    before, after = _rows(result, until=market.last), _rows(again, until=market.last, shift=begin)
    differences = len(set(before) ^ set(after))
    return {
        "passed": differences == 0,
        "compared": True,
        "sessions": market.first,
        "needed": needed,
        "differences": differences,
    }


def begin_of(market: Stretch, needed: int) -> int:
    """Return the last row from which every symbol has ``needed`` bars before the first day, or all it has."""
    before = np.asarray(market.panel.has_bar[: market.first])
    if not len(before):
        return 0
    later = np.cumsum(before[::-1], axis=0)[::-1]
    enough = (later >= np.minimum(needed, later[0])).all(axis=1)
    return int(np.flatnonzero(enough)[-1])


def cut(market: Stretch, begin: int, last: int) -> Stretch:
    """Return the market with only the rows from ``begin`` to ``last`` of its panel."""
    panel, rows = market.panel, slice(begin, last + 1)
    names = ("dates", "open", "high", "low", "close", "volume", "factor", "member")
    part = {name: getattr(panel, name)[rows] for name in names}
    shorter = replace(panel, version=f"{panel.version}|{begin}-{last}", **part)
    following = panel.dates[last + 1].item() if last + 1 < len(panel.dates) else market.data.next_session
    data = MarketData(panel=shorter, index=_cut_index(market.data.index, rows), next_session=following)
    return replace(market, data=data, first=market.first - begin, last=last - begin)


def _cut_index(index: IndexSeries | None, rows: slice) -> IndexSeries | None:
    if index is None:
        return None
    columns = {name: getattr(index, name) for name in ("close", "open", "high", "low", "volume")}
    return replace(index, **{name: None if values is None else values[rows] for name, values in columns.items()})


def compiled_again(plan: Plan, market: Stretch) -> CompiledStrategy:
    """Return the plan's strategy compiled with nothing taken from a cache."""
    return compiled(bound(plan.rules, plan.params), market, seed=plan.seed, cache=IndicatorCache(CACHE_BYTES))


def _rows(result: BacktestResult, *, until: int, shift: int = 0) -> list[tuple[float, ...]]:
    """Return the trades that were closed by a row, as comparable tuples in the rows of the full panel."""
    table = result.trades
    kept = np.flatnonzero(table.exit_day + shift <= until)
    columns = [(getattr(table, name)[kept] + (shift if name.endswith("_day") else 0)).tolist() for name in _COMPARED]
    return list(zip(*columns, strict=True))


def _baselines(
    held: Held, found: dict[str, Any], plan: Plan, ready: Prepared, result: BacktestResult, seed: int
) -> None:
    """Run with random entries until there are enough; what is done stays done."""
    returns: list[float] = found.get("random_returns", [])
    while len(returns) < limits.BASELINES:
        give_way()
        numbers = range(len(returns), min(limits.BASELINES, len(returns) + CHUNK))
        returns = returns + engine.random_returns(plan, ready, seed=seed, numbers=numbers)
        found["random_returns"] = returns
        held.progress(2 + len(returns), result=found)
    found.pop("random_returns")
    own = float(result.equity[-1] / result.equity[0] - 1.0)
    sample = np.array(returns)
    low, middle, high = np.quantile(sample, [0.05, 0.5, 0.95]).tolist()
    found["random_baseline"] = {
        "runs": len(returns),
        "percentile": round(engine.percentile_of(own, sample), 2),
        "total_return_pct": percent(own),
        "interval_pct": [percent(low), percent(middle), percent(high)],
        "returns_pct": [percent(value, 2) for value in sorted(returns)],
    }


def bootstrap(result: BacktestResult, seed: int) -> dict[str, Any] | None:
    """Return intervals of CAGR and drawdown, percent numbers: low, median, high."""
    found = engine.bootstrap_intervals(_returns(result), seed=seed, samples=limits.BOOTSTRAPS)
    if found is None:
        return None
    return {
        "samples": found.samples,
        "confidence": found.confidence,
        "mean_block_days": found.mean_block_days,
        "cagr": [percent(value) for value in found.cagr],
        "max_drawdown_pct": [percent(value) for value in found.max_drawdown],
    }


def deflated(result: BacktestResult, market: Stretch, tries: int) -> dict[str, Any]:
    """Return the probability that the Sharpe ratio beats the best of so many worthless tries."""
    dates = market.panel.dates[market.first : market.last + 1]
    probability = engine.deflated_sharpe(
        _returns(result), tries=max(tries, 1), risk_free=engine.daily_risk_free(dates)[1:]
    )
    return {"probability": None if probability is None else round(probability, 6), "tries": tries}


def _returns(result: BacktestResult) -> Any:
    return result.equity[1:] / result.equity[:-1] - 1.0
