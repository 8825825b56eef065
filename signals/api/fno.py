"""F&O signals: the present analysis, the option chain, what fired, how it came out."""

from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.fields import Choice
from core.api.query import MAX_OFFSET, paged, parse_query
from signals.api.shapes import OUTCOMES, AnalysisShape, LayersOut, SignalShape, TradeShape
from signals.models import FnoSignal
from signals.services.fno.indices import INDICES, check_index
from signals.services.fno.live import chain_view, live
from signals.services.fno.markets import MARKETS
from signals.services.fno.track_record import track_record
from signals.services.fno.wire import signal_detail, signal_row

INDEX_HELP = f"One of {', '.join(INDICES)}, in any case"
NIFTY = [OpenApiExample("NIFTY", "NIFTY", parameter_only=("index", "query"))]


class IndexQuery(serializers.Serializer):
    """Which index."""

    index = serializers.CharField(max_length=20, help_text=INDEX_HELP)


class OptionalIndexQuery(serializers.Serializer):
    """Which index; all four without it."""

    index = serializers.CharField(max_length=20, required=False, help_text=f"{INDEX_HELP}; all four without it")


class TrackRecordQuery(OptionalIndexQuery):
    """Which index and which market."""

    market = Choice(
        choices=MARKETS, required=False, help_text="Whose signals; without it those of the market that is looked at now"
    )


class TradeOut(TradeShape):
    """One way to trade a signal, with its quote, Greeks and odds."""

    bid = serializers.FloatField(allow_null=True)
    ask = serializers.FloatField(allow_null=True)
    oi = serializers.FloatField(allow_null=True)
    volume = serializers.FloatField(allow_null=True)
    iv_source = serializers.ChoiceField(["mid", "previous"])
    gamma = serializers.FloatField()
    theta = serializers.FloatField(help_text="Rupees a day")
    vega = serializers.FloatField(help_text="Rupees a volatility point")
    rr_gross = serializers.FloatField()
    rr_net = serializers.FloatField()
    cost_per_lot = serializers.FloatField()
    reward_per_lot = serializers.FloatField()
    target_probability = serializers.FloatField()
    break_even_probability = serializers.FloatField()
    lots = serializers.IntegerField()


class AnalysisOut(AnalysisShape):
    """One index at one instant, with what the engine knows besides."""

    raw_confidence = serializers.FloatField(allow_null=True)
    probability = serializers.FloatField(allow_null=True)
    calibration = serializers.DictField(help_text="id, kind, n, cap")
    entry_words = serializers.CharField()
    strike_step = serializers.FloatField()
    forward = serializers.FloatField(allow_null=True)
    forward_source = serializers.CharField(allow_null=True)
    years_to_expiry = serializers.FloatField(
        allow_null=True, help_text="Of 365 days at scanned_at, as the options are priced; null without a chain"
    )
    trades = TradeOut(many=True)
    stop_distance = serializers.FloatField(allow_null=True, help_text="Points of the index")
    size = serializers.FloatField()
    market_time = serializers.CharField(help_text="Exchange time; between two sessions the close of the last one")
    trade_date = serializers.DateField()
    data_source = serializers.CharField()
    sources = serializers.DictField(child=serializers.CharField())
    scanned_at = serializers.DateTimeField()
    missing_inputs = serializers.ListField(child=serializers.CharField())
    missing_words = serializers.ListField(child=serializers.CharField())
    profile = serializers.CharField()
    params_hash = serializers.CharField()


class SignalOut(SignalShape):
    """A signal and its whole life."""

    id = serializers.IntegerField()
    trade_date = serializers.DateField()
    confidence_grade = serializers.CharField()
    raw_confidence = serializers.FloatField()
    spot_price = serializers.FloatField()
    exchange = serializers.CharField()
    lots = serializers.IntegerField()
    max_loss_per_lot = serializers.FloatField()
    expected_r = serializers.FloatField()
    stop_distance = serializers.FloatField()
    status = serializers.ChoiceField(["LIVE", "CLOSED"])
    last_price = serializers.FloatField(allow_null=True)
    last_price_at = serializers.DateTimeField(allow_null=True, help_text="When the option had it; null before a price")
    charges_per_lot = serializers.FloatField(allow_null=True)
    net_per_lot = serializers.FloatField(allow_null=True, help_text="Rupees after charges")
    mfe_points = serializers.FloatField(help_text="Best distance from the entry")
    mae_points = serializers.FloatField(help_text="Worst distance from the entry")
    triggered_at = serializers.DateTimeField()
    deadline = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    data_source = serializers.CharField()
    engine_version = serializers.CharField()
    params_hash = serializers.CharField()


class LiveOut(serializers.Serializer):
    """The analysis of this minute, and the signal that is live."""

    index = serializers.CharField()
    analysis = AnalysisOut()
    signal = SignalOut(allow_null=True)


class FnoLiveApi(APIView):
    """The engine on the latest prices."""

    @extend_schema(parameters=[IndexQuery], responses=LiveOut, examples=NIFTY)
    def get(self, request: Request) -> Response:
        """Read the present analysis of an index: direction, confidence, layers, vetoes, three trades."""
        return Response(live(_index(request), now=clock.now()))


class FnoChainApi(APIView):
    """The option chain around the money."""

    class Output(serializers.Serializer):
        index = serializers.CharField()
        expiry = serializers.DateField(allow_null=True)
        days_to_expiry = serializers.FloatField(allow_null=True)
        spot_price = serializers.FloatField(allow_null=True)
        forward = serializers.FloatField(allow_null=True)
        forward_source = serializers.CharField(allow_null=True)
        atm_strike = serializers.FloatField(allow_null=True)
        strike_step = serializers.FloatField()
        lot_size = serializers.IntegerField(allow_null=True)
        put_call_ratio = serializers.FloatField(allow_null=True)
        rows = serializers.ListField(child=serializers.DictField(), help_text="strike, ce, pe")
        chosen = serializers.ListField(child=serializers.DictField(), help_text="type, strike, option_type")
        market_phase = serializers.CharField()
        data_source = serializers.CharField()
        as_of = serializers.DateTimeField(allow_null=True)
        faults = serializers.ListField(child=serializers.CharField())

    @extend_schema(parameters=[IndexQuery], responses=Output, examples=NIFTY)
    def get(self, request: Request) -> Response:
        """Read the chain of the expiry that signals use, with the strikes they chose."""
        return Response(chain_view(_index(request), now=clock.now()))


class FnoHistoryApi(APIView):
    """Signals that fired, newest first."""

    class Query(OptionalIndexQuery):
        days = serializers.IntegerField(min_value=1, max_value=30, default=7)
        limit = serializers.IntegerField(min_value=1, max_value=500, default=100)
        offset = serializers.IntegerField(min_value=0, max_value=MAX_OFFSET, default=0)
        outcome = Choice(OUTCOMES, required=False)

    @extend_schema(parameters=[Query], responses=SignalOut(many=True), examples=NIFTY)
    def get(self, request: Request) -> Response:
        """List the signals of the last days with what became of them."""
        query = parse_query(self.Query, request)
        found = FnoSignal.objects.filter(triggered_at__gt=_since(query["days"]))
        if query.get("index"):
            found = found.filter(index=check_index(query["index"]))
        if query.get("outcome"):
            found = found.filter(outcome=query["outcome"])
        return paged(request, found, limit=query["limit"], offset=query["offset"], render=signal_row)


class FnoSignalApi(APIView):
    """One signal with what it was made of."""

    class Output(SignalOut):
        """``features``: the layers as they stood when it fired. ``label``: 1 where the index went its way first."""

        calibrator = serializers.CharField(allow_blank=True)
        label = serializers.IntegerField(allow_null=True)
        labelled_at = serializers.DateTimeField(allow_null=True)
        features = LayersOut()

    @extend_schema(
        responses=Output,
        examples=[OpenApiExample("First", "NIFTY-2026-11-27-001", parameter_only=("trade_code", "path"))],
    )
    def get(self, request: Request, trade_code: str) -> Response:
        """Read a signal by its code: trigger, life so far, outcome, and the layers as they stood."""
        return Response(signal_detail(trade_code))


class FnoTrackRecordApi(APIView):
    """How signals came out."""

    class Output(serializers.Serializer):
        """``overall`` and ``tiers``: hit rates with n and 95 % bounds, R, expectancy after charges."""

        index = serializers.CharField(allow_null=True)
        market = serializers.ChoiceField(choices=MARKETS)
        label = serializers.CharField()
        since = serializers.DateTimeField(allow_null=True)
        as_of = serializers.DateTimeField()
        data_sources = serializers.ListField(child=serializers.CharField())
        count = serializers.IntegerField()
        live = serializers.IntegerField()
        overall = serializers.DictField()
        tiers = serializers.ListField(child=serializers.DictField())
        calibration = serializers.DictField()

    @extend_schema(parameters=[TrackRecordQuery], responses=Output, examples=NIFTY)
    def get(self, request: Request) -> Response:
        """Read hit rates, results and calibration of all signals that fired on one market."""
        asked: dict[str, Any] = parse_query(TrackRecordQuery, request)
        index = check_index(asked["index"]) if asked.get("index") else None
        return Response(track_record(index, now=clock.now(), market=asked.get("market")))


def _index(request: Request) -> str:
    return check_index(request.query_params.get("index"))


def _since(days: int) -> datetime:
    return clock.now() - timedelta(days=days)
