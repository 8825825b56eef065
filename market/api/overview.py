"""The market at a glance, its state, and the quote of one instrument."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.fields import Choice
from core.api.query import parse_query
from market.api.fields import NumberOrNull, SymbolField
from market.services.overview import overview
from market.services.quote_view import quote_view
from market.services.status import market_status


class IndexCardOut(serializers.Serializer):
    """An index with the closes of the session so far."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    last_price = serializers.FloatField()
    change = NumberOrNull()
    change_pct = NumberOrNull()
    spark = serializers.ListField(child=serializers.FloatField())


class SectorStockOut(serializers.Serializer):
    """A stock inside a sector tile."""

    symbol = serializers.CharField()
    change_pct = serializers.FloatField()
    last_price = serializers.FloatField()
    turnover = serializers.FloatField(help_text="rupees traded today")


class SectorOut(serializers.Serializer):
    """A sector: change in percent weighted by the rupees traded, and its stocks."""

    name = serializers.CharField()
    change_pct = serializers.FloatField()
    advances = serializers.IntegerField()
    declines = serializers.IntegerField()
    turnover_weight = serializers.FloatField()
    symbols = SectorStockOut(many=True)


class BreadthOut(serializers.Serializer):
    """How many stocks rose, fell or stood still."""

    advances = serializers.IntegerField()
    declines = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class MoverOut(serializers.Serializer):
    """One of the largest moves of the day."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    last_price = serializers.FloatField()
    change = NumberOrNull()
    change_pct = NumberOrNull()


class OverviewApi(APIView):
    """Indices with sparklines, sectors, breadth, gainers and losers of the NIFTY 100."""

    class Output(serializers.Serializer):
        indices = IndexCardOut(many=True)
        sectors = SectorOut(many=True)
        breadth = BreadthOut()
        gainers = MoverOut(many=True)
        losers = MoverOut(many=True)
        data_source = serializers.CharField(allow_null=True)
        as_of = serializers.DateTimeField(allow_null=True)

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        return Response(overview.at(clock.now()))


class StatusApi(APIView):
    """Phase and clock of the exchange, the next change, and the state of the feed."""

    class Query(serializers.Serializer):
        exchange = Choice(["NSE", "BSE", "NFO", "BFO"], default="NSE")

    class Output(serializers.Serializer):
        exchange = serializers.CharField()
        phase = serializers.CharField()
        is_open = serializers.BooleanField()
        trade_date = serializers.DateField(allow_null=True)
        market_time_ist = serializers.CharField(allow_null=True)
        next_phase = serializers.CharField(allow_null=True)
        next_change_at = serializers.DateTimeField(allow_null=True)
        feed = serializers.DictField()
        simulated = serializers.BooleanField()
        banner = serializers.CharField(allow_null=True)
        as_of = serializers.DateTimeField()

    @extend_schema(parameters=[Query], responses=Output)
    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        return Response(market_status(exchange=query["exchange"], now=clock.now()))


class DepthLevelOut(serializers.Serializer):
    """One price of the order book."""

    price = serializers.FloatField()
    quantity = serializers.IntegerField()
    orders = serializers.IntegerField()


class DepthOut(serializers.Serializer):
    """Five best prices on each side."""

    buy = DepthLevelOut(many=True)
    sell = DepthLevelOut(many=True)


class Week52Out(serializers.Serializer):
    """Highest and lowest price of the last 52 weeks and when they were."""

    high = NumberOrNull()
    low = NumberOrNull()
    high_date = serializers.DateField(allow_null=True)
    low_date = serializers.DateField(allow_null=True)
    source = serializers.CharField(allow_null=True)


class QuoteApi(APIView):
    """Everything about one instrument now: key figures, quote, depth, 52-week range."""

    class Query(serializers.Serializer):
        symbol = SymbolField()

    class Output(serializers.Serializer):
        symbol = serializers.CharField()
        name = serializers.CharField()
        exchange = serializers.CharField()
        segment = serializers.CharField()
        sector = serializers.CharField()
        instrument_type = serializers.CharField()
        isin = serializers.CharField()
        expiry = serializers.DateField(allow_null=True)
        strike = NumberOrNull()
        lot_size = serializers.IntegerField()
        tick_size = serializers.FloatField()
        last_price = NumberOrNull()
        change = NumberOrNull()
        change_pct = NumberOrNull()
        open = NumberOrNull()
        high = NumberOrNull()
        low = NumberOrNull()
        prev_close = NumberOrNull()
        volume = serializers.IntegerField(allow_null=True)
        average_price = NumberOrNull()
        oi = serializers.IntegerField(allow_null=True)
        upper_circuit = NumberOrNull()
        lower_circuit = NumberOrNull()
        week52 = Week52Out()
        depth = DepthOut()
        data_source = serializers.CharField(allow_null=True)
        as_of = serializers.DateTimeField(allow_null=True)
        stale = serializers.BooleanField()

    @extend_schema(parameters=[Query], responses=Output)
    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        view: dict[str, Any] = quote_view(symbol=query["symbol"], now=clock.now())
        return Response(view)
