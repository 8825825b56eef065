"""Versions of a strategy: list, one, what changed, and a document to take along."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.query import PageQuery, paged, parse_query
from core.errors import NotFound
from signals.api.strategies import seen
from signals.models import Strategy, StrategyVersion
from signals.selectors.strategies import version_of, versions_of
from signals.services.strategies.diffs import changes
from signals.services.strategies.language import phrase_of
from signals.services.strategies.portability import exported


class VersionOut(serializers.Serializer):
    """A version: its number, the hash of its rules and the rules in words."""

    version = serializers.IntegerField()
    hash = serializers.CharField()
    sentence = serializers.CharField()
    created_at = serializers.DateTimeField()
    is_current = serializers.BooleanField()


def version_out(version: StrategyVersion, strategy: Strategy) -> dict[str, Any]:
    return {
        "version": version.number,
        "name": version.body.get("name"),
        "hash": version.hash,
        "sentence": version.sentence,
        "created_at": version.created_at,
        "is_current": version.pk == strategy.current_id,
    }


def version_at(strategy: Strategy, number: int) -> StrategyVersion:
    """Return a version of the strategy. Raises NotFound."""
    found = version_of(strategy, number) if number < 2**31 else None
    if found is None:
        raise NotFound(f"The strategy has no version {str(number)[:12]}.")
    return found


class VersionsApi(APIView):
    """All versions, newest first."""

    @extend_schema(parameters=[PageQuery], responses=VersionOut(many=True))
    def get(self, request: Request, key: str) -> Response:
        """List versions."""
        page = parse_query(PageQuery, request)
        strategy = seen(request, key)
        return paged(request, versions_of(strategy), **page, render=lambda version: version_out(version, strategy))


class VersionApi(APIView):
    """One version."""

    @extend_schema(responses=VersionOut)
    def get(self, request: Request, key: str, number: int) -> Response:
        """Read a version with its rules under `strategy`."""
        strategy = seen(request, key)
        version = version_at(strategy, number)
        return Response({**version_out(version, strategy), "strategy": version.body})


_NUMBER = {"min_value": 1, "max_value": 2**31 - 1, "required": False}
#: ``from`` is Python's word, so the class is made by call.
DiffQuery = type(
    "DiffQuery",
    (serializers.Serializer,),
    {"from": serializers.IntegerField(**_NUMBER), "to": serializers.IntegerField(**_NUMBER)},
)


class DiffApi(APIView):
    """What changed between two versions."""

    class Output(serializers.Serializer):
        changes = serializers.ListField(child=serializers.DictField())

    @extend_schema(parameters=[DiffQuery], responses=Output)
    def get(self, request: Request, key: str) -> Response:
        """Compare versions `from` and `to`; by default the current one with the one before."""
        strategy = seen(request, key)
        query = parse_query(DiffQuery, request)
        after = version_at(strategy, query["to"]) if "to" in query else strategy.current
        if after is None:
            raise NotFound("The strategy has no versions.")
        before = version_at(strategy, query.get("from", max(1, after.number - 1)))
        rows = [_told(row, before.body, after.body) for row in changes(before.body, after.body)]
        return Response({"from": before.number, "to": after.number, "changes": rows})


def _told(row: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Put the rules of a change into words beside them, as ``before_text`` and ``after_text``; else empty."""
    texts = {
        "before_text": phrase_of(row["before"], before.get("params") or {}),
        "after_text": phrase_of(row["after"], after.get("params") or {}),
    }
    return {**row, **texts}


class ExportApi(APIView):
    """A strategy to take along."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, key: str) -> Response:
        """Export the current version; `POST /api/strategies/import` reads it."""
        strategy = seen(request, key)
        if strategy.current is None:
            raise NotFound("The strategy has no versions.")
        response = Response(exported(strategy.current))
        name = f"strategy-{strategy.pk}-v{strategy.current.number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
