"""I-Scores over HTTP: one stock, a table of a universe, a history."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.query import TOTAL_COUNT, PageQuery, paged, parse_query
from core.errors import InvalidRequest
from engines.exchange.naming import normalise_key
from engines.iscore.tables import WEIGHTS
from market.api.fields import NumberOrNull
from signals.api.shapes import ChangeOut, ComponentShape, ScoreShape, components_of
from signals.models import IScoreSnapshot
from signals.services.iscore.reading import SORTS, iscore_history, iscore_of, iscore_table

_SYMBOL = OpenApiParameter(
    "symbol", str, OpenApiParameter.PATH, description="EXCHANGE:SYMBOL in any case; a bare symbol means NSE",
    examples=[OpenApiExample("A stock", "NSE:RELIANCE")],
)  # fmt: skip


_OWN_SOURCE = "Source of the stock's own prices, which need not be that of the universe it is ranked in"


class InputOut(serializers.Serializer):
    """One input of a component: its own score, the measured number, and what it adds to the I-Score."""

    component = serializers.CharField()
    input = serializers.CharField()
    title = serializers.CharField()
    score = serializers.FloatField()
    value = NumberOrNull(help_text="In the unit the text names; ratios and returns are fractions")
    share = serializers.FloatField(help_text="Share of the I-Score, 0 to 1")
    points = serializers.FloatField(help_text="Points above or below 50; all points sum up to the I-Score less 50")
    text = serializers.CharField()


class ComponentOut(ComponentShape):
    """One of the six components with its inputs."""

    title = serializers.CharField()
    freshness = serializers.FloatField(help_text="1 while inputs are within their life, falling to 0")
    inputs = InputOut(many=True)
    missing = serializers.ListField(child=serializers.CharField())


ComponentsOut = components_of("ComponentsOut", ComponentOut)


class IScoreApi(APIView):
    """The I-Score of a stock after the last complete session, with its components and the reasons in words.

    Nulls where too little is known; `missing_inputs` names what is not known. A stock beside the universe in which
    stocks are ranked has no score of a session of which it has no bar: the summary names its last one. A symbol nobody
    knows is a 404. 503 with `Retry-After` while the score is not ready or its working out failed: nothing is said then
    of what is known.
    """

    class Output(ScoreShape):
        symbol = serializers.CharField()
        components = ComponentsOut()
        data_source = serializers.CharField(
            allow_null=True, help_text=f"{_OWN_SOURCE}; null where there are none, or none are asked for"
        )

    @extend_schema(parameters=[_SYMBOL], responses=Output)
    def get(self, request: Request, symbol: str) -> Response:
        return Response(iscore_of(_key(symbol), now=clock.now()))


class RowOut(serializers.Serializer):
    """A stock in the table. ``change``: points since the session kept before."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    sector = serializers.CharField()
    iscore = NumberOrNull()
    change = NumberOrNull()
    confidence = NumberOrNull()
    recommendation = serializers.CharField(allow_null=True)
    code = serializers.CharField(allow_null=True)
    components = serializers.DictField(child=NumberOrNull(), help_text=f"Scores of {', '.join(WEIGHTS)}")
    as_of_session = serializers.DateField(help_text="The session of the table")
    data_source = serializers.CharField(help_text=f"{_OWN_SOURCE}; the universe's for a stock without prices")


class IScoreTableApi(APIView):
    """The I-Scores of a universe's members, sorted."""

    class Query(PageQuery):
        universe = serializers.CharField(
            max_length=40, required=False, default="", help_text="By default the one in which stocks are ranked"
        )
        sort = serializers.CharField(
            max_length=20, required=False, default="-iscore", help_text=f"{', '.join(SORTS)}; with - from the highest"
        )

    @extend_schema(parameters=[Query, TOTAL_COUNT], responses=RowOut(many=True))
    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        table = iscore_table(universe=query["universe"], sort=query["sort"], now=clock.now())
        return paged(request, table.rows, limit=query["limit"], offset=query["offset"], render=lambda row: row)


class HistoryOut(serializers.Serializer):
    """The score kept for one session."""

    session = serializers.DateField()
    iscore = NumberOrNull()
    confidence = NumberOrNull()
    recommendation = serializers.CharField(allow_null=True)
    components = serializers.DictField(child=NumberOrNull())
    changes = ChangeOut(many=True)
    data_source = serializers.CharField(help_text=_OWN_SOURCE)
    engine_version = serializers.CharField()
    computed_at = serializers.DateTimeField()


class IScoreHistoryApi(APIView):
    """The kept I-Scores of a stock, newest session first, with what moved each since the one before.

    All from one source of its prices, that of the present ones.
    """

    @extend_schema(parameters=[_SYMBOL, PageQuery, TOTAL_COUNT], responses=HistoryOut(many=True))
    def get(self, request: Request, symbol: str) -> Response:
        query = parse_query(PageQuery, request)
        rows = iscore_history(_key(symbol), now=clock.now())
        return paged(request, rows, limit=query["limit"], offset=query["offset"], render=_history_row)


def _history_row(row: IScoreSnapshot) -> dict[str, Any]:
    parts = row.result["components"]
    return {
        "session": row.session,
        "iscore": row.iscore,
        "confidence": row.confidence,
        "recommendation": row.tier or None,
        "components": {name: parts[name]["score"] for name in WEIGHTS},
        "changes": row.changes,
        "data_source": row.data_source,
        "engine_version": row.engine_version,
        "computed_at": row.computed_at,
    }


def _key(symbol: str) -> str:
    """Return the canonical key of a symbol in an address. Raises InvalidRequest, as for a symbol in a query."""
    try:
        return normalise_key(symbol)
    except ValueError as error:
        raise InvalidRequest(f"symbol: {error}") from None
