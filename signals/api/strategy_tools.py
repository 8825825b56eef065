"""What helps to write a strategy: schema, validation, matches on the last bar, import."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, parsed
from core import clock
from core.errors import ValidationFailed
from engines.strategy.language import SERVER_OWNED
from signals.api.strategies import EXAMPLE, StrategyOut, one_out, seen
from signals.services.strategies.language import ReadStrategy, findings_of, read_body, read_version, schema, words_of
from signals.services.strategies.matches import matches
from signals.services.strategies.portability import imported
from signals.services.strategies.saving import current_version


class SchemaApi(APIView):
    """The JSON Schema of a strategy's body."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Read the schema."""
        return Response(schema())


class ValidateApi(APIView):
    """Looks at a strategy without saving it."""

    class Output(serializers.Serializer):
        valid = serializers.BooleanField()
        hash = serializers.CharField()
        sentence = serializers.CharField()
        sentences = serializers.DictField()
        findings = serializers.ListField(child=serializers.DictField())
        strategy = serializers.DictField(help_text="The strategy in canonical form")

    @extend_schema(request=OpenApiTypes.OBJECT, responses=Output, examples=[EXAMPLE])
    def post(self, request: Request) -> Response:
        """Lint a strategy. A malformed one is 422 with the place of every fault."""
        read = read_body(request.data)
        body = {"valid": True, "hash": read.hash, **words_of(read.rules), "findings": findings_of(read)}
        return Response({**body, "strategy": read.canonical})


class MatchesInput(Body):
    """Where to look. ``strategy``: rules that are not saved yet, in place of the stored ones.

    ``each``: count every rule of the first level alone too.
    """

    strategy = serializers.DictField(required=False)
    universe = serializers.CharField(max_length=60, required=False)
    params = serializers.DictField(child=serializers.FloatField(), required=False, default=dict)
    each = serializers.BooleanField(required=False, default=False)


class MatchesOutput(serializers.Serializer):
    """Symbols that pass on the last complete session, best first; the first hundred of ``count``."""

    universe = serializers.CharField()
    count = serializers.IntegerField()
    of = serializers.IntegerField(help_text="Members of the universe on that day")
    symbols = serializers.ListField(child=serializers.DictField())
    passes = serializers.ListField(
        child=serializers.DictField(), help_text="With `each`: how many pass a rule alone, as `loc` and `count`"
    )
    is_rebalance_day = serializers.BooleanField()
    warmup_bars = serializers.IntegerField()
    date = serializers.DateField()
    flags = serializers.ListField(child=serializers.CharField())
    data_source = serializers.CharField()
    as_of = serializers.DateField()


class MatchesApi(APIView):
    """Live count of what a stored strategy would buy."""

    @extend_schema(request=MatchesInput, responses=MatchesOutput)
    def post(self, request: Request, key: str) -> Response:
        """Count and list the symbols that match on the last bar."""
        data = parsed(MatchesInput, request)
        version = current_version(seen(request, key))
        return Response(_matches(inline(data) or read_version(version), data))


class UnsavedMatchesApi(APIView):
    """The same for rules that are being written."""

    @extend_schema(operation_id="api_strategies_matches_unsaved", request=MatchesInput, responses=MatchesOutput)
    def post(self, request: Request) -> Response:
        """Count and list the symbols that match rules which are not saved yet."""
        data = parsed(MatchesInput, request)
        read = inline(data)
        if read is None:
            row = {"loc": ["strategy"], "msg": "This field is required.", "type": "required"}
            raise ValidationFailed(errors=[row])  # type: ignore[list-item]
        return Response(_matches(read, data))


def inline(data: dict[str, Any]) -> ReadStrategy | None:
    """Read the ``strategy`` of a body, which needs no name; None if there is none."""
    body = data.get("strategy")
    if body is None:
        return None
    known = {key: value for key, value in body.items() if key not in SERVER_OWNED}
    return read_body({"name": "Unnamed strategy", **known}, at=("strategy",))


def _matches(read: ReadStrategy, data: dict[str, Any]) -> dict[str, Any]:
    universe = data.get("universe") or read.rules.universe or ""
    return matches(rules=read.rules, universe=universe, parameters=data["params"], now=clock.now(), each=data["each"])


class ImportApi(APIView):
    """Brings in an exported strategy."""

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: StrategyOut})
    def post(self, request: Request) -> Response:
        """Make a strategy of a document that `export` gave."""
        strategy = imported(owner=request.user, document=request.data, now=clock.now())
        return Response(one_out(strategy, request.user), status=201)
