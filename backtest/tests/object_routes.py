"""Factories of objects for the matrix of routes and identities."""

from dataclasses import replace
from datetime import date
from typing import Any

from backtest.models import Analysis, Run, Study
from backtest.services.csv_export import COLUMNS
from backtest.services.documents import encoded
from tests.flows.objects import MARKER, Target


def run(owner: Any) -> Target:
    document = {"summary": {}, "equity_curve": {}, "trades": {name: [] for name in COLUMNS}, "flags": []}
    row = Run.objects.create(
        owner=owner, name=MARKER, universe="pocket", start_date=date(2022, 1, 1), end_date=date(2022, 2, 1),
        hash="0" * 64, request={}, summary={}, data_source="simulated",
        document=encoded(document),
    )  # fmt: skip
    Analysis.objects.create(run=row)
    return Target({"run_id": row.pk}, Run.objects.filter(pk=row.pk), {})


def study(kind: str) -> Any:
    """Return a factory of a sweep or walk-forward test."""

    def make(owner: Any) -> Target:
        row = Study.objects.create(owner=owner, kind=kind, name=MARKER, universe="pocket", request={})
        return Target({"study_id": row.pk}, Study.objects.filter(pk=row.pk), {})

    return make


def job(owner: Any) -> Target:
    target = study("sweep")(owner)
    return replace(target, kwargs={"kind": "sweep", "number": target.kwargs["study_id"]})


OBJECTS = {
    "api/backtest/jobs/<str:kind>/<int:number>": job,
    "api/backtest/runs/<int:run_id>": run,
    "api/backtest/sweeps/<int:study_id>": study("sweep"),
    "api/backtest/sweeps/<int:study_id>/cancel": study("sweep"),
    "api/backtest/walk-forward/<int:study_id>": study("walk_forward"),
    "api/backtest/walk-forward/<int:study_id>/cancel": study("walk_forward"),
}
