"""The two engines on demand."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.query import parse_query
from core.errors import InvalidRequest, InvalidSymbol
from engines.exchange.naming import capitals
from partners.api.answers import IDEMPOTENCY
from partners.api.answers_engines import (
    PartnerBatchAnswer,
    PartnerHistoryAnswer,
    PartnerLiveAnswer,
    PartnerScoreAnswer,
)
from partners.api.base import SYMBOL, Body, PartnerView, Text, engine_scenario, idempotent, parsed
from partners.constants import BATCH_MAX
from partners.services.engines import factors_only, fno_analysis, fno_history, index_check, iscore_batch, iscore_result
from partners.services.scenarios import forced_fno, forced_iscore

INDEX = OpenApiParameter(
    "index", str, required=True, description="NIFTY, BANKNIFTY, FINNIFTY or SENSEX",
    examples=[OpenApiExample("NIFTY", "NIFTY")],
)  # fmt: skip


class LiveApi(PartnerView):
    """The present analysis of an index."""

    @extend_schema(parameters=[INDEX], responses=PartnerLiveAnswer)
    def get(self, request: Request) -> Response:
        """Analyse an index now: direction, confidence, three ranked trades, what the score is made of."""
        scenario = engine_scenario(request)
        index = index_check(request.query_params.get("index"))
        now = clock.now()
        found = fno_analysis(index, environment=self.key.environment, now=now)
        return Response(
            {"success": True, "index": index, "analysis": forced_fno(found, scenario, index=index, now=now)}
        )


class HistoryQuery(serializers.Serializer):
    """Which signals, newest first."""

    index = serializers.CharField(allow_blank=True, default="NIFTY")
    days = serializers.IntegerField(min_value=1, max_value=30, default=7)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)


class HistoryApi(PartnerView):
    """Signals that fired, with what became of them."""

    @extend_schema(parameters=[HistoryQuery], responses=PartnerHistoryAnswer)
    def get(self, request: Request) -> Response:
        """List past signals of an index."""
        engine_scenario(request)
        query = parse_query(HistoryQuery, request)
        index = index_check(query["index"])
        rows = fno_history(
            index, environment=self.key.environment, days=query["days"], limit=query["limit"], now=clock.now()
        )
        return Response({"success": True, "index": index, "days": query["days"], "count": len(rows), "signals": rows})


class IScoreApi(PartnerView):
    """The I-Score of one share."""

    @extend_schema(responses=PartnerScoreAnswer)
    def get(self, request: Request, symbol: str) -> Response:
        """Read the score, its six components and the reasons."""
        scenario = engine_scenario(request)
        name = _symbol(symbol)
        found = iscore_result(name, environment=self.key.environment, now=clock.now())
        return Response({"success": True, "symbol": name, "result": _result(found, scenario)})


class BatchInput(Body):
    """1 to 25 symbols; the limit counts before doubles are folded."""

    symbols = serializers.ListField(child=Text(max_length=60), min_length=1, max_length=BATCH_MAX)


class IScoreBatchApi(PartnerView):
    """I-Scores of up to 25 shares."""

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=BatchInput,
        responses=PartnerBatchAnswer,
        examples=[
            OpenApiExample("Four shares", {"symbols": ["RELIANCE", "TCS", "HDFCBANK", "INFY"]}, request_only=True)
        ],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Read several scores; one bad symbol does not fail the rest."""
        scenario = engine_scenario(request)
        names = [_symbol(text, f"symbols[{at}]") for at, text in enumerate(parsed(BatchInput, request)["symbols"])]
        rows = iscore_batch(names, environment=self.key.environment, now=clock.now())
        found = [row | {"result": _result(row["result"], scenario)} if row["success"] else row for row in rows]
        return Response({"success": True, "count": len(found), "results": found})


def _symbol(text: str, where: str = "symbol") -> str:
    name = capitals(text.strip())
    if not SYMBOL.fullmatch(name):
        kind = InvalidSymbol if where == "symbol" else InvalidRequest
        raise kind(f"{where}: {text[:40]!r} is no symbol of the NSE.")
    return name


def _result(found: dict[str, Any], scenario: str | None) -> dict[str, Any]:
    result = forced_iscore(found, scenario)
    return result | {"components": factors_only(result["components"])}
