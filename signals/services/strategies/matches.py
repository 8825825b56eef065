"""Which symbols a strategy would buy after the last close: what a scan will see, asked by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.errors import InvalidRequest
from engines.strategy.nodes import Condition, Group
from engines.strategy.nodes import Strategy as Rules
from signals.services.market_data import Stretch, complete_panel
from signals.services.strategies.compiled import Prepared, compiled, indicators, prepared
from signals.services.strategies.language import bound

MAX_SHOWN = 100
#: Rules that are counted one by one; what a person reads in one list.
MAX_EACH = 24


def matches(
    *, rules: Rules, universe: str, parameters: Mapping[str, float], now: datetime, each: bool = False
) -> dict[str, Any]:
    """Return the symbols that pass on the universe's last complete session, best first.

    A strategy that buys only at the end of a period is asked as if it were there; ``is_rebalance_day`` tells.
    ``each``: count for every rule of the first level how many pass it alone, as ``passes``.
    Raises InvalidRequest without a universe, ValidationFailed for a parameter.
    """
    if not universe:
        raise InvalidRequest("Name a universe: the strategy has none of its own.")
    last = complete_panel(universe, now).dates[-1].item()
    found = prepared(rules=rules, parameters=parameters, universe=universe, start=last, end=last, now=now)
    is_rebalance_day = bool(found.strategy.rebalance[-1])
    if not is_rebalance_day:
        daily = replace(rules, rebalance="daily")
        found = prepared(rules=daily, parameters=parameters, universe=universe, start=last, end=last, now=now)
    symbols = _symbols(found)
    return {
        "universe": universe,
        "count": len(symbols),
        "of": int(found.market.panel.member[-1].sum()),
        "symbols": symbols[:MAX_SHOWN],
        "passes": _passes(bound(rules, parameters), found.market) if each else [],
        "is_rebalance_day": is_rebalance_day,
        "warmup_bars": found.strategy.warmup_bars,
        "date": last,
        "as_of": last,
        "data_source": found.market.source,
        "flags": list(found.market.flags),
    }


def _passes(fixed: Rules, market: Stretch) -> list[dict[str, Any]]:
    """Return ``{loc, count}`` of each rule alone: which one lets how many through."""
    places: list[tuple[list[str | int], Condition]] = [(["entry_rules"], fixed.entry_rules)]
    if isinstance(fixed.entry_rules, Group):
        parts = enumerate(fixed.entry_rules.conditions)
        places = [(["entry_rules", "conditions", at], part) for at, part in parts]
    if fixed.regime is not None:
        places.append((["regime"], fixed.regime))
    alone = replace(fixed, regime=None, select=None, conviction_scoring=(), exit_rules=(), rebalance="daily")
    rows = []
    for loc, part in places[:MAX_EACH]:
        # Given its tables, it is not kept: nobody asks for one rule of a strategy again.
        strategy = compiled(replace(alone, entry_rules=part), market, cache=indicators)
        rows.append({"loc": loc, "count": len(_of_last_day(Prepared(market, strategy)))})
    return rows


def _of_last_day(found: Prepared) -> range:
    candidates = found.strategy.candidates
    return range(*candidates.of_day(len(found.market.panel.dates) - 1).indices(len(candidates.symbol)))


def _symbols(found: Prepared) -> list[dict[str, Any]]:
    panel, candidates = found.market.panel, found.strategy.candidates
    rows = []
    for at in _of_last_day(found):
        column = int(candidates.symbol[at])
        rows.append(
            {
                "symbol": panel.symbols[column],
                "sector": panel.sectors[column],
                "close": round(float(panel.close[-1, column]), 2),
                "conviction": round(float(candidates.conviction[at]), 1),
                "rank": int(candidates.rank[at]),
            }
        )
    return rows
