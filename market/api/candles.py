"""Candles and indicator lines of one instrument."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.fields import Choice
from core.api.query import parse_query
from core.clock import IST
from market.api.fields import DateOrInstant, SymbolField
from market.constants import Interval
from market.services.charts import ChartRead, chart_read, indicator_lines, times

#: Range of an answer when ``from`` is left out, in days, by interval.
DEFAULT_DAYS = {"minute": 1, "5minute": 5, "15minute": 15, "60minute": 60, "day": 365}


class RangeQuery(serializers.Serializer):
    """What every read of a series needs. ``from`` and ``to`` are inclusive."""

    symbol = SymbolField()
    interval = Choice(Interval.values, default=Interval.DAY)
    adjusted = serializers.BooleanField(default=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Add ``from`` and ``to``: the first is a word of the language."""
        return super().get_fields() | {"from": DateOrInstant(required=False), "to": DateOrInstant(required=False)}


class CandleOut(serializers.Serializer):
    """A bar. ``t``: its start, a UTC instant; for ``day`` the IST trade date.

    Open, high and low are null throughout an answer marked ``closes_only``: its source gave closes and no bars.
    """

    t = serializers.CharField()
    open = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    close = serializers.FloatField()
    volume = serializers.IntegerField(allow_null=True)


class CandlesApi(APIView):
    """Bars of one instrument from one source, adjusted for corporate actions unless asked otherwise."""

    class Output(serializers.Serializer):
        symbol = serializers.CharField()
        interval = serializers.CharField()
        adjusted = serializers.BooleanField()
        candles = CandleOut(many=True)
        data_source = serializers.CharField()
        as_of = serializers.DateTimeField(allow_null=True)
        closes_only = serializers.BooleanField(required=False, help_text="true: closes and no bars; absent otherwise")

    @extend_schema(
        parameters=[RangeQuery],
        responses=Output,
        examples=[
            OpenApiExample(
                "A month of days", {"symbol": "NSE:RELIANCE", "interval": "day"}, parameter_only=("symbol", "query")
            )
        ],
    )
    def get(self, request: Request) -> Response:
        read = _read(parse_query(RangeQuery, request))
        body = {
            "symbol": read.symbol,
            "interval": read.interval,
            "adjusted": read.adjusted,
            "candles": candle_rows(read),
            "data_source": read.source,
            "as_of": read.as_of,
        }
        if read.closes_only:
            body["closes_only"] = True
        return _conditional(request, body, read)


class IndicatorLineOut(serializers.Serializer):
    """One line of an indicator; points are [t, value] with ``t`` as candles have it."""

    key = serializers.CharField()
    label = serializers.CharField()
    points = serializers.ListField(child=serializers.ListField())


class IndicatorOut(serializers.Serializer):
    """An indicator: drawn over the prices, or in a pane of its own."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["overlay", "pane"])
    lines = IndicatorLineOut(many=True)


class IndicatorsApi(APIView):
    """Indicator lines over the same bars as `candles`, warmed up before the range."""

    class Query(RangeQuery):
        names = serializers.CharField(max_length=200)

    class Output(serializers.Serializer):
        symbol = serializers.CharField()
        interval = serializers.CharField()
        series = IndicatorOut(many=True)
        data_source = serializers.CharField()
        as_of = serializers.DateTimeField(allow_null=True)

    @extend_schema(parameters=[Query], responses=Output)
    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        names = [name.strip() for name in query.pop("names").split(",") if name.strip()]
        start, end = _range(query)
        read, series = indicator_lines(
            symbol=query["symbol"],
            interval=query["interval"],
            start=start,
            end=end,
            adjusted=query["adjusted"],
            names=names,
            now=clock.now(),
        )
        body = {
            "symbol": read.symbol,
            "interval": read.interval,
            "series": series,
            "data_source": read.source,
            "as_of": read.as_of,
        }
        return Response(body)


def _read(query: dict[str, Any]) -> ChartRead:
    start, end = _range(query)
    return chart_read(
        symbol=query["symbol"],
        interval=query["interval"],
        start=start,
        end=end,
        adjusted=query["adjusted"],
        now=clock.now(),
    )


def _range(query: dict[str, Any]) -> tuple[date | datetime, date | datetime]:
    today = clock.now().astimezone(IST).date()
    end = query.get("to", today)
    day = end.astimezone(IST).date() if isinstance(end, datetime) else end
    return query.get("from", day - timedelta(days=DEFAULT_DAYS[query["interval"]])), end


def candle_rows(read: ChartRead) -> list[dict[str, Any]]:
    """Return the bars as the API prints them."""
    bars = read.bars
    opens, highs, lows = (
        [None] * len(bars) if read.closes_only else np.round(column, 4).tolist()
        for column in (bars.open, bars.high, bars.low)
    )
    columns = zip(
        times(bars.ts, read.interval),
        opens,
        highs,
        lows,
        np.round(bars.close, 4).tolist(),
        bars.volume.tolist(),
        strict=True,
    )
    return [
        {"t": t, "open": o, "high": h, "low": low, "close": c, "volume": v if v >= 0 else None}
        for t, o, h, low, c, v in columns
    ]


def _conditional(request: Request, body: dict[str, Any], read: ChartRead) -> Response:
    """Answer 304 when the client has these very bars: the chart asks again every two seconds."""
    digest = hashlib.blake2b(digest_size=12)
    for column in (read.bars.ts, read.bars.open, read.bars.high, read.bars.low, read.bars.close, read.bars.volume):
        digest.update(np.ascontiguousarray(column).data)
    tag = f'W/"{read.source}-{int(read.adjusted)}-{digest.hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return Response(status=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag, "Cache-Control": "private, no-cache"})
