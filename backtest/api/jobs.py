"""How far a job is, in a few bytes: for pages whose socket is down."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backtest.access import access_run, access_study
from backtest.api.fields import JobOut
from backtest.models import Study
from backtest.services.job_feed import analysis_news, study_news
from core.errors import NotFound

ANALYSIS = "analysis"
KINDS = (*Study.Kind.values, ANALYSIS)
KIND = OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=KINDS)
NUMBER = OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="Of an analysis: its run's")


class JobApi(APIView):
    """One job."""

    class Output(JobOut):
        name = serializers.CharField(required=False, help_text="Of a sweep or walk-forward test")
        run_id = serializers.IntegerField(required=False, help_text="Of an analysis")

    @extend_schema(parameters=[KIND, NUMBER], responses=Output)
    def get(self, request: Request, kind: str, number: int) -> Response:
        """Read how far a sweep, a walk-forward test or the analysis of a run is, as `/api/ws/jobs` tells it."""
        return Response(news_of(request.user, kind, number))


def news_of(user: Any, kind: str, number: int) -> dict[str, Any]:
    """Return the news of a job of the user. Raises NotFound."""
    if kind == ANALYSIS:
        return analysis_news(access_run(user, number).analysis)
    if kind not in KINDS:
        raise NotFound("No such kind of job.")
    return study_news(access_study(user, number, kind))
