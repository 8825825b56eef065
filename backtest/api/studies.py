"""Sweeps and walk-forward tests: asked for now, done by a worker, watched while they run."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import parsed
from backtest.access import access_study, studies_of
from backtest.api.fields import JobOut, RunInput
from backtest.constants import MAX_SETS, MAX_WINDOWS
from backtest.models import Study
from backtest.services import jobs
from backtest.services.plans import plan_of
from backtest.services.studies import parameter_sets, study_cancel, study_create, study_delete
from backtest.services.walk_forward import windows
from core import audit, clock
from core.api.fields import Choice
from core.api.query import PageQuery, paged, parse_query
from core.errors import InvalidRequest
from signals.api.fields import Deleted

METRICS = ("sharpe", "cagr", "sortino", "calmar", "total_return_pct", "profit_factor", "win_rate")


class SweepInput(RunInput):
    """A run, and what is varied: declared parameters of the strategy, or numbers of the run by their names."""

    parameters = serializers.DictField(default=dict, help_text="Values by name: a list, or {from, to, step}")
    sets = serializers.ListField(child=serializers.DictField(), default=list, max_length=MAX_SETS)
    metric = Choice(choices=METRICS, default="sharpe")


class WalkForwardInput(SweepInput):
    """A sweep in every window."""

    train_months = serializers.IntegerField(min_value=1, max_value=240, default=24)
    test_months = serializers.IntegerField(min_value=1, max_value=120, default=6)


class StudyOut(JobOut):
    """A sweep or walk-forward test. ``points``: a result a finished set (or window), in their order."""

    name = serializers.CharField()
    universe = serializers.CharField()
    strategy_id = serializers.IntegerField(allow_null=True)
    request = serializers.DictField()
    points = serializers.ListField(child=serializers.DictField())
    result = serializers.DictField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


SWEEP_EXAMPLE = OpenApiExample(
    "Twenty-five combinations",
    {
        "strategy_id": "v3_dip_buyer",
        "universe": "nifty_100",
        "start_date": "2020-01-01",
        "end_date": "2026-01-01",
        "parameters": {"max_positions": [5, 10, 15, 20, 25], "position_size_pct": {"from": 4, "to": 12, "step": 2}},
    },
    request_only=True,
)


def study_row(study: Study) -> dict[str, Any]:
    """Return a study as a list shows it."""
    shown = {
        "id": study.pk,
        "kind": study.kind,
        "status": study.status,
        "done": study.done,
        "total": study.total,
        "name": study.name,
        "universe": study.universe,
        "strategy_id": study.strategy_id,
        "created_at": study.created_at,
        "finished_at": study.finished_at,
    }
    return shown | ({"error": study.error} if study.error else {})


def study_out(study: Study) -> dict[str, Any]:
    """Return a whole study; what walk-forward tests need to be joined is left out."""
    points = [{key: value for key, value in point.items() if key != "growth"} for point in study.points]
    return {**study_row(study), "request": study.request, "points": points, "result": study.result}


class SweepApi(APIView):
    """Starts a sweep."""

    @extend_schema(request=SweepInput, responses={202: StudyOut}, examples=[SWEEP_EXAMPLE])
    def post(self, request: Request) -> Response:
        """Try up to 1,000 parameter sets; watch `/api/ws/jobs` or the sweep itself."""
        data = parsed(SweepInput, request)
        plan = plan_of(user=request.user, data=data)
        sets = parameter_sets(plan, parameters=data["parameters"], sets=data["sets"])
        asked = {"sets": sets, "metric": data["metric"], "axes": _axes(data["parameters"], sets)}
        study = study_create(
            owner=request.user, plan=plan, kind=Study.Kind.SWEEP, total=len(sets), request=asked, now=clock.now()
        )
        return Response(study_out(study), status=202)


def _axes(parameters: dict[str, Any], sets: list[dict[str, float]]) -> dict[str, list[float]]:
    """Return the values of each varied number, ascending: the axes of a heat map."""
    names = list(parameters) or sorted({name for one in sets for name in one})
    return {name: sorted({one[name] for one in sets if name in one}) for name in names}


class WalkForwardApi(APIView):
    """Starts or lists walk-forward tests."""

    @extend_schema(parameters=[PageQuery], responses=StudyOut(many=True))
    def get(self, request: Request) -> Response:
        """List walk-forward tests, newest first."""
        page = parse_query(PageQuery, request)
        return paged(request, studies_of(request.user, Study.Kind.WALK_FORWARD), **page, render=study_row)

    @extend_schema(request=WalkForwardInput, responses={202: StudyOut})
    def post(self, request: Request) -> Response:
        """Choose parameters in a window of the past, run them on the months after, move on."""
        data = parsed(WalkForwardInput, request)
        plan = plan_of(user=request.user, data=data)
        sets = parameter_sets(plan, parameters=data["parameters"], sets=data["sets"])
        spans = windows(plan.start, plan.end, train_months=data["train_months"], test_months=data["test_months"])
        if not spans:
            raise InvalidRequest("The range is too short for one window of training and a day of testing.")
        if len(spans) > MAX_WINDOWS or len(spans) * len(sets) > MAX_SETS:
            raise InvalidRequest(
                f"{len(spans)} windows of {len(sets)} sets are too many: at most {MAX_WINDOWS} windows and "
                f"{MAX_SETS:,} trained sets in all."
            )
        dated = [{name: day.isoformat() for name, day in span.items()} for span in spans]
        asked = {name: data[name] for name in ("metric", "train_months", "test_months")}
        study = study_create(
            owner=request.user,
            plan=plan,
            kind=Study.Kind.WALK_FORWARD,
            total=len(spans) * len(sets),
            request={**asked, "sets": sets, "windows": dated},
            now=clock.now(),
        )
        return Response(study_out(study), status=202)


class SweepsApi(APIView):
    """The caller's sweeps."""

    @extend_schema(parameters=[PageQuery], responses=StudyOut(many=True))
    def get(self, request: Request) -> Response:
        """List sweeps, newest first, without their points."""
        page = parse_query(PageQuery, request)
        return paged(request, studies_of(request.user, Study.Kind.SWEEP), **page, render=study_row)


class OneStudyApi(APIView):
    """One sweep or walk-forward test."""

    kind: str = Study.Kind.SWEEP

    class Removed(Deleted):
        status = serializers.CharField(required=False, help_text="`cancelled`: it was running; what it found is kept")

    @extend_schema(responses=StudyOut)
    def get(self, request: Request, study_id: int) -> Response:
        """Read it with the points found so far."""
        return Response(study_out(access_study(request.user, study_id, self.kind)))

    @extend_schema(responses=Removed)
    def delete(self, request: Request, study_id: int) -> Response:
        """Cancel it while it runs, keeping what was found; delete it when it is over."""
        study = access_study(request.user, study_id, self.kind)
        now = clock.now()
        if jobs.is_active(study) and study_cancel(study=study, by=audit.name_of(request.user), now=now):
            return Response({"deleted": True, "status": study.status})
        study_delete(study=study, now=now)
        return Response({"deleted": True})


class CancelApi(APIView):
    """Stops a sweep or walk-forward test."""

    kind: str = Study.Kind.SWEEP

    @extend_schema(request=None, responses=StudyOut)
    def post(self, request: Request, study_id: int) -> Response:
        """Cancel it; what it found is kept. Cancelling what is over changes nothing."""
        study = access_study(request.user, study_id, self.kind)
        study_cancel(study=study, by=audit.name_of(request.user), now=clock.now())
        return Response(study_out(study))
