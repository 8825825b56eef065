"""Search of instruments, and the members of universes."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.fields import Choice
from core.api.query import PageQuery, paged, parse_query
from core.clock import IST
from market.api.fields import NumberOrNull
from market.constants import Exchange, Segment
from market.selectors.instruments import search_instruments
from market.selectors.universes import universe_as_of


class InstrumentOut(serializers.Serializer):
    """An instrument as lists show it; ``symbol`` is ``EXCHANGE:SYMBOL``."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    exchange = serializers.CharField()
    segment = serializers.CharField()
    sector = serializers.CharField()
    instrument_type = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    strike = NumberOrNull()
    lot_size = serializers.IntegerField()
    tick_size = serializers.FloatField()


def instrument_out(instrument: Any) -> dict[str, Any]:
    """Return an instrument as the API shows it."""
    return {
        "symbol": instrument.key,
        "name": instrument.name,
        "exchange": instrument.exchange,
        "segment": instrument.segment,
        "sector": instrument.sector,
        "instrument_type": instrument.instrument_type,
        "expiry": instrument.expiry,
        "strike": instrument.strike,
        "lot_size": instrument.lot_size,
        "tick_size": instrument.tick_size,
    }


class InstrumentsApi(APIView):
    """Instruments by symbol or name; the closest matches first."""

    class Query(PageQuery):
        q = serializers.CharField(max_length=60, default="", allow_blank=True)
        exchange = Choice(Exchange.values, required=False)
        segment = Choice(Segment.values, required=False)

    @extend_schema(parameters=[Query], responses=InstrumentOut(many=True))
    def get(self, request: Request) -> Response:
        query = parse_query(self.Query, request)
        found = search_instruments(
            query["q"],
            exchange=query.get("exchange"),
            segment=query.get("segment"),
            today=clock.now().astimezone(IST).date(),
        )
        return paged(request, found, limit=query["limit"], offset=query["offset"], render=instrument_out)


class UniverseMemberOut(serializers.Serializer):
    """A member and the sector the list gives it."""

    symbol = serializers.CharField()
    sector = serializers.CharField()


class UniverseApi(APIView):
    """The members of a universe as of a date: the newest list that is not younger."""

    class Query(serializers.Serializer):
        as_of = serializers.DateField(required=False)

    class Output(serializers.Serializer):
        name = serializers.CharField()
        as_of = serializers.DateField()
        members = UniverseMemberOut(many=True)

    @extend_schema(parameters=[Query], responses=Output)
    def get(self, request: Request, name: str) -> Response:
        query = parse_query(self.Query, request)
        day = query.get("as_of") or clock.now().astimezone(IST).date()
        snapshot, members = universe_as_of(name, on=day)
        rows = [{"symbol": m.instrument.key, "sector": m.sector or m.instrument.sector} for m in members]
        return Response({"name": snapshot.universe.name, "as_of": snapshot.as_of, "members": rows})
