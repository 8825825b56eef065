"""Runs side by side."""

from collections.abc import Sequence
from typing import Any, Final

from backtest.models import Run
from backtest.services.runs import content_of
from signals.services.strategies.diffs import changes

#: Points of a curve that are sent; more than a screen has pixels helps nobody.
POINTS: Final = 1_500
_LABELS: Final = ("strategy_id", "version_id", "version", "strategy_hash", "data_version")


def compared(runs: Sequence[Run]) -> dict[str, Any]:
    """Return figures, curves scaled so that each begins at 100, and what was asked differently from the first."""
    first = runs[0]
    return {
        "runs": [_shown(run) for run in runs],
        "differences": [
            {"id": run.pk, "against": first.pk, "changes": changes(_asked(first), _asked(run))} for run in runs[1:]
        ],
    }


def _asked(run: Run) -> dict[str, Any]:
    return {key: value for key, value in run.request.items() if key not in _LABELS}


def _shown(run: Run) -> dict[str, Any]:
    content = content_of(run)
    curve = content["equity_curve"]
    last = len(curve["date"]) - 1
    kept = sorted({*range(0, last + 1, -(-(last + 1) // POINTS)), last})
    start, other = curve["equity"][0], curve["benchmark"][0]
    return {
        "id": run.pk,
        "name": run.name,
        "strategy_id": run.strategy_id,
        "universe": run.universe,
        "start_date": run.start_date,
        "end_date": run.end_date,
        "created_at": run.created_at,
        "summary": run.summary,
        "flags": run.flags,
        "costs": content["costs"],
        "provenance": content["provenance"],
        "monthly_returns": content["monthly_returns"],
        "data_source": run.data_source,
        "as_of": run.end_date,
        "curve": [
            {
                "date": curve["date"][at],
                "value": round(100.0 * curve["equity"][at] / start, 4),
                "benchmark": round(100.0 * curve["benchmark"][at] / other, 4),
                "drawdown_pct": curve["drawdown_pct"][at],
            }
            for at in kept
        ],
    }
