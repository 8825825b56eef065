"""Backtest runs: make one, list, read, delete, compare."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, parsed
from backtest.access import access_run, runs_of
from backtest.api.fields import RunInput
from backtest.constants import MAX_COMPARED
from backtest.models import Run
from backtest.services.comparing import compared
from backtest.services.csv_export import trades_csv
from backtest.services.plans import plan_of
from backtest.services.runs import body_of, run_create, run_delete
from core import clock
from core.api.fields import Choice
from core.api.query import PageQuery, paged, parse_query
from signals.api.fields import Deleted

RUN_EXAMPLE = OpenApiExample(
    "A template on the NIFTY 100",
    {
        "strategy_id": "v3_dip_buyer",
        "universe": "nifty_100",
        "start_date": "2020-01-01",
        "end_date": "2026-01-01",
        "starting_capital": 10_000_000,
        "position_size_pct": 10,
        "max_positions": 20,
        "max_per_sector": 2,
        "slippage_bps": 5,
    },
    request_only=True,
)


class SummaryOut(serializers.Serializer):
    """Figures of a run: percent numbers, rupees, ratios. Null where one does not exist."""

    cagr = serializers.FloatField()
    win_rate = serializers.FloatField()
    total_trades = serializers.IntegerField()
    total_return_pct = serializers.FloatField()
    max_drawdown_pct = serializers.FloatField(help_text="Negative")
    sharpe = serializers.FloatField(allow_null=True)
    final_equity = serializers.FloatField()


class RunRow(serializers.Serializer):
    """A run in a list."""

    id = serializers.IntegerField()
    status = serializers.CharField()
    strategy_id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    universe = serializers.CharField()
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    summary = SummaryOut()
    flags = serializers.ListField(child=serializers.CharField())
    hash = serializers.CharField()
    data_source = serializers.CharField()
    as_of = serializers.DateField()
    analysis_status = serializers.CharField()
    created_at = serializers.DateTimeField()


class RunOut(serializers.Serializer):
    """A whole run."""

    id = serializers.IntegerField()
    status = serializers.CharField()
    summary = SummaryOut()
    equity_curve = serializers.ListField(child=serializers.DictField())
    trades = serializers.ListField(child=serializers.DictField())
    monthly_returns = serializers.ListField(child=serializers.DictField())
    drawdowns = serializers.ListField(child=serializers.DictField())
    flags = serializers.ListField(child=serializers.CharField())
    flag_notes = serializers.DictField(child=serializers.CharField())
    provenance = serializers.DictField()
    skipped = serializers.DictField()
    costs = serializers.DictField()
    addons = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="Purchases that added to a position"
    )
    open_positions = serializers.ListField(child=serializers.DictField())
    analysis = serializers.DictField()
    data_source = serializers.CharField()
    as_of = serializers.DateField()


def row_out(run: Run) -> dict[str, Any]:
    """Return a run as a list shows it."""
    names = ("id", "strategy_id", "name", "universe", "start_date", "end_date", "summary", "flags", "hash")
    return {name: getattr(run, name) for name in names} | {
        "status": "done",
        "version_id": run.version_id,
        "data_source": run.data_source,
        "as_of": run.end_date,
        "analysis_status": run.analysis.status,
        "created_at": run.created_at,
    }


class RunApi(APIView):
    """Runs a backtest."""

    @extend_schema(request=RunInput, responses={201: RunOut}, examples=[RUN_EXAMPLE])
    def post(self, request: Request) -> HttpResponse:
        """Run a strategy and answer when it is done; what `analysis` adds follows by itself."""
        plan = plan_of(user=request.user, data=parsed(RunInput, request))
        body = run_create(owner=request.user, plan=plan, now=clock.now())
        return HttpResponse(body, status=201, content_type="application/json")


class RunsApi(APIView):
    """The caller's runs."""

    class Query(PageQuery):
        strategy_id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
        universe = serializers.CharField(required=False, max_length=60)

    @extend_schema(parameters=[Query], responses=RunRow(many=True))
    def get(self, request: Request) -> Response:
        """List runs, newest first."""
        query = parse_query(self.Query, request)
        found = runs_of(request.user)
        if "strategy_id" in query:
            found = found.filter(strategy_id=query["strategy_id"])
        if "universe" in query:
            found = found.filter(universe=query["universe"].lower())
        return paged(request, found, limit=query["limit"], offset=query["offset"], render=row_out)


class OneRunApi(APIView):
    """One run."""

    class Query(serializers.Serializer):
        format = Choice(choices=("json", "csv"), default="json", help_text="csv: the trades alone")

    @extend_schema(parameters=[Query], responses=RunOut)
    def get(self, request: Request, run_id: int) -> HttpResponse:
        """Read a run with its trades; `?format=csv` answers the trades as a file."""
        wanted = parse_query(self.Query, request)["format"]
        run = access_run(request.user, run_id)
        if wanted == "json":
            return HttpResponse(body_of(run), content_type="application/json")
        response = HttpResponse(trades_csv(run), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="backtest-{run.pk}-trades.csv"'
        return response

    @extend_schema(responses=Deleted)
    def delete(self, request: Request, run_id: int) -> Response:
        """Delete a run."""
        run_delete(run=access_run(request.user, run_id), now=clock.now())
        return Response({"deleted": True})


class CompareApi(APIView):
    """Runs side by side."""

    class Input(Body):
        ids = serializers.ListField(child=serializers.IntegerField(min_value=1), min_length=1, max_length=MAX_COMPARED)

    @extend_schema(
        request=Input,
        responses=OpenApiTypes.OBJECT,
        examples=[OpenApiExample("Two runs", {"ids": [1, 2]}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Compare up to four runs: figures, curves scaled to 100, and what was asked differently."""
        ids = list(dict.fromkeys(parsed(self.Input, request)["ids"]))
        return Response(compared([access_run(request.user, run_id) for run_id in ids]))
