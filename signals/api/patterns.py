"""Candlestick and chart patterns, and stretches of history that looked alike."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.query import parse_query
from engines.patterns.catalogue import BY_KEY
from market.api.fields import NumberOrNull, SymbolField
from signals.models import PatternSignal
from signals.services.patterns.reading import MAX_SESSIONS, symbol_patterns, universe_patterns
from signals.services.patterns.scanning import DEFAULT_UNIVERSE
from signals.services.patterns.similar import (
    LEAST_BARS,
    MOST_AFTER,
    MOST_BARS,
    Analogues,
    analogues,
    percent,
    rendered_match,
    rendered_summary,
)

_OWN_SOURCE = "Source of the symbol's own daily bars, which need not be the universe's; the universe's without any"
_OWN_CLOSE = "Close of the symbol's last daily bar, of complete sessions only; the universe's last close without any"
#: Sessions searched when none are named.
SESSIONS = 60
AFTER = 20
_RELIANCE = OpenApiExample("One share", {"symbol": "NSE:RELIANCE"}, parameter_only=("symbol", "query"))


class Universe(serializers.CharField):
    """Name of a universe, whose record confidences are taken from."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, default=DEFAULT_UNIVERSE, **kwargs)


class PatternOut(serializers.Serializer):
    """A pattern that the close of the session ``at`` completed.

    ``confidence``: percent, 35 to 75: the share of ``n`` earlier signals of its kind that won, drawn towards a half,
    five points more or less for volume and trend. 50 and n 0 where there is no record (the record is of shares, so that
    options and futures have none), and for neutral patterns.
    """

    pattern = serializers.ChoiceField(sorted(BY_KEY))
    direction = serializers.ChoiceField(PatternSignal.Direction.values)
    confidence = serializers.IntegerField()
    n = serializers.IntegerField()
    timeframe = serializers.CharField()
    at = serializers.DateField()


class PatternTurnOut(serializers.Serializer):
    """A turn of the price that a chart pattern is made of."""

    at = serializers.DateField()
    price = serializers.FloatField()


class PatternGroundsOut(serializers.Serializer):
    """What stands behind a signal; only with ``detail``. ``chance_pct``: share of all bars that won so."""

    title = serializers.CharField()
    rule = serializers.CharField()
    kind = serializers.ChoiceField(["candle", "chart"])
    wins = serializers.IntegerField()
    chance_pct = NumberOrNull()
    close = serializers.FloatField()
    atr = serializers.FloatField()
    volume_ratio = NumberOrNull()
    trend = serializers.ChoiceField([-1, 0, 1])
    outcome = serializers.ChoiceField(["won", "lost"], allow_null=True)
    resolved_on = serializers.DateField(allow_null=True)
    points = PatternTurnOut(many=True)


class PatternDetailOut(PatternOut):
    """A pattern, and with ``detail`` what stands behind it."""

    detail = PatternGroundsOut(required=False)


class PatternsApi(APIView):
    """Patterns of one symbol."""

    class Query(serializers.Serializer):
        symbol = SymbolField()
        universe = Universe()
        sessions = serializers.IntegerField(min_value=1, max_value=MAX_SESSIONS, default=SESSIONS)
        detail = serializers.BooleanField(default=False)

    class Output(serializers.Serializer):
        symbol = serializers.CharField()
        patterns = PatternDetailOut(many=True)
        data_source = serializers.CharField(help_text=_OWN_SOURCE)
        as_of = serializers.DateTimeField(help_text=_OWN_CLOSE)

    @extend_schema(parameters=[Query], responses=Output, examples=[_RELIANCE])
    def get(self, request: Request) -> Response:
        """Read the patterns that the last sessions completed, newest first."""
        query = parse_query(self.Query, request)
        found = symbol_patterns(
            symbol=query["symbol"], universe=query["universe"], sessions=query["sessions"], now=clock.now()
        )
        rows = [_row(signal, detail=query["detail"]) for signal in found.signals]
        return Response(
            {"symbol": found.symbol, "patterns": rows, "data_source": found.data_source, "as_of": found.as_of}
        )


def _row(signal: dict[str, Any], *, detail: bool) -> dict[str, Any]:
    row = {name: signal[name] for name in ("pattern", "direction", "confidence", "n", "timeframe")}
    row["at"] = signal["session"]
    if detail:
        pattern = BY_KEY[signal["pattern"]]
        row["detail"] = {
            "title": pattern.title,
            "rule": pattern.rule,
            "kind": pattern.kind,
            "chance_pct": percent(signal["chance"]),
            "outcome": signal["outcome"] or None,
            "points": [{"at": at, "price": price} for at, price in signal["points"]],
            **{name: signal[name] for name in ("wins", "close", "atr", "volume_ratio", "trend", "resolved_on")},
        }
    return row


class SimilarityOut(serializers.Serializer):
    """How alike two windows are: of log closes, of daily returns, after time warping, and the weighted mean."""

    pearson = serializers.FloatField()
    cosine = serializers.FloatField()
    dtw = serializers.FloatField()
    composite = serializers.FloatField()


class SimilarAfterOut(serializers.Serializer):
    """What followed a match."""

    bars = serializers.IntegerField()
    return_pct = serializers.FloatField()


class SimilarMatchOut(serializers.Serializer):
    """A window of history. ``path``, only with ``paths``: percent from its last close, of its bars and those after."""

    symbol = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    similarity = SimilarityOut()
    after = SimilarAfterOut()
    path = serializers.ListField(child=serializers.FloatField(), required=False)


class SimilarSummaryOut(serializers.Serializer):
    """What followed, in percent. Matches close in time count as one of ``periods``, on which the 95 % bounds rest.

    ``base``: the same after every bar of the universe.
    """

    n = serializers.IntegerField()
    periods = serializers.IntegerField()
    after_bars = serializers.IntegerField()
    up = serializers.IntegerField()
    up_pct = NumberOrNull()
    up_low_pct = NumberOrNull()
    up_high_pct = NumberOrNull()
    lower_quartile_pct = NumberOrNull()
    median_pct = NumberOrNull()
    upper_quartile_pct = NumberOrNull()
    base_n = serializers.IntegerField()
    base_up_pct = NumberOrNull()
    base_median_pct = NumberOrNull()


class SimilarPathsOut(serializers.Serializer):
    """What a drawing needs: the window asked for, and the quartiles of what followed, bar by bar."""

    start = serializers.DateField()
    end = serializers.DateField()
    window = serializers.ListField(child=serializers.FloatField())
    fan = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class SimilarApi(APIView):
    """Similar history of one symbol."""

    class Query(serializers.Serializer):
        symbol = SymbolField()
        bars = serializers.IntegerField(min_value=LEAST_BARS, max_value=MOST_BARS)
        after = serializers.IntegerField(min_value=1, max_value=MOST_AFTER, default=AFTER)
        universe = Universe()
        paths = serializers.BooleanField(default=False)

    class Output(serializers.Serializer):
        symbol = serializers.CharField()
        bars = serializers.IntegerField()
        matches = SimilarMatchOut(many=True)
        summary = SimilarSummaryOut()
        paths = SimilarPathsOut(required=False)
        data_source = serializers.CharField(help_text="Source of the symbol's own daily bars")
        matches_source = serializers.CharField(help_text="Source of the matches' bars, which are of the universe's")
        as_of = serializers.DateTimeField(help_text="Close of the last bar of the stretch asked for")

    @extend_schema(
        parameters=[Query],
        responses=Output,
        examples=[_RELIANCE, OpenApiExample("Six weeks", {"bars": 30}, parameter_only=("bars", "query"))],
    )
    def get(self, request: Request) -> Response:
        """Find what was most like the last ``bars`` daily closes, in any symbol of the universe at any time."""
        query = parse_query(self.Query, request)
        paths = query.pop("paths")
        found = analogues(**query, now=clock.now())
        body: dict[str, Any] = {
            "symbol": found.symbol,
            "bars": found.bars,
            "matches": [rendered_match(found, match) for match in found.matches],
            "summary": rendered_summary(found.summary),
            "data_source": found.data_source,
            "matches_source": found.panel.source,
            "as_of": found.as_of,
        }
        return Response(body | _paths(found, body["matches"]) if paths else body)


def _paths(found: Analogues, matches: list[dict[str, Any]]) -> dict[str, Any]:
    drawn = [row | {"path": found.matches[at].path.round(3).tolist()} for at, row in enumerate(matches)]
    paths = {
        "start": found.start,
        "end": found.end,
        "window": found.window.round(3).tolist(),
        "fan": found.summary.fan.round(3).tolist(),
    }
    return {"matches": drawn, "paths": paths}


class PatternScanRowOut(PatternOut):
    """A signal of a universe. ``liquidity_pct``: the stock's place among the members by traded rupees, 100 the most."""

    symbol = serializers.CharField()
    wins = serializers.IntegerField()
    chance_pct = NumberOrNull()
    liquidity_pct = serializers.FloatField()


class PatternKindOut(serializers.Serializer):
    """All decided signals of a pattern in the universe: ``wins`` of ``n`` won; ``chance_pct`` of all bars did."""

    pattern = serializers.CharField()
    title = serializers.CharField()
    direction = serializers.CharField()
    n = serializers.IntegerField()
    wins = serializers.IntegerField()
    win_pct = NumberOrNull()
    chance_pct = NumberOrNull()


class ScanApi(APIView):
    """Patterns of a universe."""

    class Query(serializers.Serializer):
        universe = Universe()
        sessions = serializers.IntegerField(min_value=1, max_value=30, default=1)

    class Output(serializers.Serializer):
        universe = serializers.CharField()
        symbols = serializers.IntegerField()
        sessions = serializers.IntegerField(help_text="Sessions of history behind the record")
        signals = PatternScanRowOut(many=True)
        record = PatternKindOut(many=True)
        data_source = serializers.CharField()
        as_of = serializers.DateTimeField(help_text="Close of the last complete session")

    @extend_schema(parameters=[Query], responses=Output)
    def get(self, request: Request) -> Response:
        """Read the signals of the last sessions, best of each session first, and the record of every pattern."""
        query = parse_query(self.Query, request)
        found = universe_patterns(universe=query["universe"], sessions=query["sessions"], now=clock.now())
        return Response(
            {
                "universe": found.universe,
                "symbols": found.symbols,
                "sessions": found.sessions,
                "signals": [_scan_row(signal) for signal in found.signals],
                "record": [_kind(row) for row in found.record],
                "data_source": found.data_source,
                "as_of": found.as_of,
            }
        )


def _scan_row(signal: PatternSignal) -> dict[str, Any]:
    return {
        "symbol": signal.instrument.key,
        "pattern": signal.pattern,
        "direction": signal.direction,
        "confidence": signal.confidence,
        "n": signal.n,
        "wins": signal.wins,
        "chance_pct": percent(signal.chance),
        "timeframe": signal.timeframe,
        "at": signal.session,
        "liquidity_pct": round(100.0 * signal.liquidity, 1),
    }


def _kind(row: dict[str, Any]) -> dict[str, Any]:
    named = {name: row[name] for name in ("pattern", "title", "direction", "n", "wins")}
    return named | {"win_pct": percent(row["share"]), "chance_pct": percent(row["chance"])}
