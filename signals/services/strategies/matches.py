"""Which symbols a strategy would buy after the last close: what a scan will see, asked by hand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.errors import InvalidRequest
from engines.strategy.nodes import Strategy as Rules
from signals.services.market_data import whole_panel
from signals.services.strategies.compiled import Prepared, prepared

MAX_SHOWN = 100


def matches(*, rules: Rules, universe: str, parameters: Mapping[str, float], now: datetime) -> dict[str, Any]:
    """Return the symbols that pass on the universe's last complete session, best first.

    A strategy that buys only at the end of a period is asked as if it were there; ``is_rebalance_day`` tells.
    Raises InvalidRequest without a universe, ValidationFailed for a parameter.
    """
    if not universe:
        raise InvalidRequest("Name a universe: the strategy has none of its own.")
    last = whole_panel(universe, now).dates[-1].item()
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
        "is_rebalance_day": is_rebalance_day,
        "warmup_bars": found.strategy.warmup_bars,
        "date": last,
        "as_of": last,
        "data_source": found.market.source,
        "flags": list(found.market.flags),
    }


def _symbols(found: Prepared) -> list[dict[str, Any]]:
    panel, candidates = found.market.panel, found.strategy.candidates
    rows = []
    for at in range(*candidates.of_day(len(panel.dates) - 1).indices(len(candidates.symbol))):
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
