"""What everybody may read: index snapshot, live prices, state of the broker tokens, health."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.ratelimit import Decision
from market.constants import MAX_LIVE_PRICE_SYMBOLS
from market.services import public_throttle
from market.services.health import UNHEALTHY, health
from market.services.runtime import runtime
from market.services.shared_tokens import token_status


class PublicRead(APIView):
    """No credential; so many reads a minute from one address; every answer says how many are left."""

    authentication_classes = ()
    permission_classes = ()
    _decision: Decision | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._decision = public_throttle.hit(request._request.client_address, now=clock.now())
        if self._decision is not None and not self._decision.allowed:
            raise public_throttle.refusal(self._decision)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._decision is not None:
            for name, value in self._decision.headers().items():
                response[name] = value
        return response


class SectorChange(serializers.Serializer):
    """Percent since the previous close; members weighted by the rupees traded today."""

    name = serializers.CharField()
    change_pct = serializers.FloatField()


class SnapshotSignal(serializers.Serializer):
    """A pattern on a symbol; confidence 0 to 100."""

    symbol = serializers.CharField()
    pattern = serializers.CharField()
    confidence = serializers.FloatField()
    data_source = serializers.CharField(help_text="Of the daily bars that it was seen in")
    session = serializers.DateField(help_text="Day of the last of them")


class SnapshotMarket(serializers.Serializer):
    """State of the market shown."""

    is_open = serializers.BooleanField()
    phase = serializers.CharField()
    next_phase = serializers.CharField(allow_null=True)
    next_change_at = serializers.DateTimeField(allow_null=True)
    as_of_ist = serializers.CharField()


class IndexSnapshotApi(PublicRead):
    """Index prices, state of the market, sectors and top signals, from memory."""

    class Output(serializers.Serializer):
        nifty_price = serializers.FloatField(allow_null=True)
        nifty_change = serializers.FloatField(allow_null=True)
        banknifty_price = serializers.FloatField(allow_null=True)
        banknifty_change = serializers.FloatField(allow_null=True)
        sensex_price = serializers.FloatField(allow_null=True)
        sensex_change = serializers.FloatField(allow_null=True)
        vix = serializers.FloatField(allow_null=True)
        signals = SnapshotSignal(many=True)
        sectors = SectorChange(many=True)
        market = SnapshotMarket()
        data_source = serializers.CharField()
        as_of = serializers.DateTimeField()

    @extend_schema(responses=Output)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(runtime().warmers.snapshot(), content_type="application/json")


class LivePrice(serializers.Serializer):
    """The last price of one symbol; ``stale``: older than it should be in market hours."""

    symbol = serializers.CharField()
    last_price = serializers.FloatField()
    change = serializers.FloatField(allow_null=True)
    change_pct = serializers.FloatField(allow_null=True)
    open = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    prev_close = serializers.FloatField(allow_null=True)
    volume = serializers.IntegerField(allow_null=True)
    data_source = serializers.CharField()
    as_of = serializers.DateTimeField()
    stale = serializers.BooleanField()


class LivePricesApi(PublicRead):
    """Last prices of up to 50 symbols; symbols that nobody knows are listed in ``missing``."""

    class Output(serializers.Serializer):
        quotes = LivePrice(many=True)
        missing = serializers.ListField(child=serializers.CharField())
        data_source = serializers.CharField(allow_null=True)
        as_of = serializers.DateTimeField(allow_null=True)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "symbols",
                str,
                required=True,
                description=f"Comma-separated, 1 to {MAX_LIVE_PRICE_SYMBOLS}; a bare symbol means NSE.",
                examples=[OpenApiExample("Two shares", "NSE:TCS,NSE:RELIANCE")],
            )
        ],
        responses=Output,
    )
    def get(self, request: Request) -> HttpResponse:
        body = runtime().live_prices.read(request.query_params.get("symbols"), now=clock.now())
        return HttpResponse(body, content_type="application/json")


class TokenStatus(serializers.Serializer):
    """Whether the server holds a shared token of a broker."""

    initialized = serializers.BooleanField()
    valid = serializers.BooleanField()
    set_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class ZerodhaTokenStatus(TokenStatus):
    """The same for Zerodha, with the kind of token."""

    token_type = serializers.CharField()


class ZerodhaStatusApi(PublicRead):
    """Validity of the server's shared Zerodha token."""

    @extend_schema(responses=ZerodhaTokenStatus)
    def get(self, request: Request) -> Response:
        return Response(token_status("kite", now=clock.now()))


class IciciStatusApi(PublicRead):
    """Validity of the server's shared ICICI token."""

    @extend_schema(responses=TokenStatus)
    def get(self, request: Request) -> Response:
        return Response(token_status("icici", now=clock.now()))


class HealthApi(APIView):
    """State of database, caches, warmers, feed, queue and workers. Not throttled: load balancers ask often."""

    authentication_classes = ()
    permission_classes = ()

    class Output(serializers.Serializer):
        status = serializers.ChoiceField(choices=("healthy", "degraded", "unhealthy"))
        database = serializers.CharField()
        cache_l1 = serializers.DictField()
        cache_l2 = serializers.DictField()
        warmers = serializers.DictField(child=serializers.CharField())
        feed = serializers.DictField()
        stream = serializers.DictField()
        queue = serializers.DictField()
        workers = serializers.DictField()
        children = serializers.DictField()
        as_of = serializers.DateTimeField()

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        report = health()
        return Response(report, status=503 if report["status"] == UNHEALTHY else 200)
