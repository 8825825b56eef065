"""The last run of each strategy, for the lists of strategies."""

from collections.abc import Mapping, Sequence

from django.db.models import Max

from accounts.models import User
from backtest.models import Run
from signals.services.strategies.last_runs import LastRun, register_last_runs


def last_runs_of(user: User, strategy_ids: Sequence[int]) -> Mapping[int, LastRun]:
    """Return the user's newest run of each strategy that has one. Two queries."""
    mine = Run.objects.filter(owner=user, strategy__in=strategy_ids).order_by()
    newest = mine.values("strategy").annotate(newest=Max("id")).values_list("newest", flat=True)
    runs = Run.objects.filter(pk__in=list(newest)).select_related("version").defer("document", "request")
    return {run.strategy_id: _last_run(run) for run in runs if run.strategy_id is not None}


def _last_run(run: Run) -> LastRun:
    return LastRun(
        run_id=run.pk,
        version=run.version.number if run.version else None,
        start=run.start_date,
        end=run.end_date,
        universe=run.universe,
        cagr_pct=float(run.summary.get("cagr") or 0.0),
        max_drawdown_pct=run.summary.get("max_drawdown_pct"),
        trades=int(run.summary.get("total_trades") or 0),
        data_source=run.data_source,
    )


register_last_runs(last_runs_of)
