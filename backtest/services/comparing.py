"""Runs side by side."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from backtest.models import Run
from backtest.services import alignment
from backtest.services.runs import content_of
from signals.services.strategies.diffs import changes

#: Points of a curve that are sent; more than a screen has pixels helps nobody.
POINTS: Final = 1_500
_LABELS: Final = ("strategy_id", "version_id", "version", "strategy_hash", "data_version")


def compared(runs: Sequence[Run]) -> dict[str, Any]:
    """Return figures, curves scaled so that each begins at 100, and what is different from the first.

    ``common``: the days all runs cover, with the figures of each there; None where there are none. A difference has
    ``changes`` (what was asked), ``overlap`` (shares held at the same time), ``correlation`` of the daily returns and
    ``monthly`` (percentage points against the first).
    """
    contents = [content_of(run) for run in runs]
    step = -(-max(len(one["equity_curve"]["date"]) for one in contents) // POINTS)
    return {
        "runs": [_shown(run, content, step) for run, content in zip(runs, contents, strict=True)],
        "common": _common(runs, contents),
        "differences": [
            {
                "id": run.pk,
                "against": runs[0].pk,
                "changes": changes(_asked(runs[0]), _asked(run)),
                "overlap": alignment.overlap(contents[0], content),
                "correlation": alignment.correlation(contents[0], content),
                "monthly": alignment.monthly_differences(contents[0], content),
            }
            for run, content in zip(runs[1:], contents[1:], strict=True)
        ],
    }


def _common(runs: Sequence[Run], contents: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    found = alignment.common_range(contents)
    if found is None:
        return None
    first, last = found
    parts = zip(runs, contents, strict=True)
    return {
        "start_date": str(first),
        "end_date": str(last),
        "figures": {str(run.pk): _within(content, first, last) for run, content in parts},
    }


def _within(content: dict[str, Any], first: Any, last: Any) -> dict[str, Any]:
    """Return figures of the common days, and where the curve that begins at 100 stands on the first of them."""
    equity = content["equity_curve"]["equity"]
    level = round(100.0 * equity[alignment.between(content, first, last).start] / equity[0], 4)
    return {**alignment.figures_between(content, first, last), "level": level}


def _asked(run: Run) -> dict[str, Any]:
    return {key: value for key, value in run.request.items() if key not in _LABELS}


def _shown(run: Run, content: dict[str, Any], step: int) -> dict[str, Any]:
    curve = content["equity_curve"]
    # Days are thinned by the calendar, so that runs of different ranges keep the same ones.
    numbers = alignment.days_of(content).astype("datetime64[D]").astype(int)
    last = len(numbers) - 1
    kept = sorted({0, *np.flatnonzero(numbers % step == 0).tolist(), last})
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
        "drawdowns": content["drawdowns"],
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
