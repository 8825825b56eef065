"""Strategies: the caller's own, templates, and what others share."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, parsed
from accounts.models import User
from core import clock
from core.api.query import PageQuery, paged, parse_query
from signals.access import access_strategy, own_strategy
from signals.api.fields import Deleted
from signals.models import Strategy
from signals.selectors.strategies import strategies_of
from signals.services.strategies.language import findings_of, read_version, words_of
from signals.services.strategies.saving import (
    strategy_create,
    strategy_delete,
    strategy_fork,
    strategy_replace,
    strategy_share,
)
from signals.services.strategies.templates import about, ensure_templates


class StrategyOut(serializers.Serializer):
    """A strategy. Beside these keys stand those of its body: params, regime, rebalance, select, sizing."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    hash = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    base_model = serializers.CharField(allow_null=True)
    universe = serializers.CharField(allow_null=True)
    entry_rules = serializers.DictField()
    exit_rules = serializers.ListField()
    addon_rules = serializers.DictField()
    conviction_scoring = serializers.ListField()
    config = serializers.DictField()
    sentence = serializers.CharField()
    is_active = serializers.BooleanField()
    is_public = serializers.BooleanField()
    is_template = serializers.BooleanField()
    template = serializers.CharField(allow_null=True, help_text="A template's name, by which it can be addressed too")
    is_mine = serializers.BooleanField()
    owner = serializers.CharField(allow_null=True)
    forked_from = serializers.IntegerField(allow_null=True, help_text="Number of the strategy it began as a copy of")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


CLOSE_ABOVE_SMA = {
    "type": "compare",
    "left": {"type": "indicator", "name": "close"},
    "op": ">",
    "right": {"type": "indicator", "name": "sma20"},
}
BODY = {
    "name": "My Strategy",
    "base_model": "v3_dip_buyer",
    "universe": "nifty_100",
    "entry_rules": CLOSE_ABOVE_SMA,
    "exit_rules": [
        {
            "name": "below_sma20",
            "condition": {**CLOSE_ABOVE_SMA, "op": "<"},
        }
    ],
    "addon_rules": {"enabled": False},
    "conviction_scoring": [],
    "config": {"min_hold": 2, "stop_loss_pct": 8},
}
EXAMPLE = OpenApiExample("Above its average", BODY, request_only=True)


def strategy_out(strategy: Strategy, user: User) -> dict[str, Any]:
    """Return a strategy as lists show it: its body and what the server knows of it."""
    version = strategy.current
    return {
        "id": strategy.pk,
        **(version.body if version else {}),
        "version": version.number if version else 0,
        "hash": version.hash if version else "",
        "sentence": version.sentence if version else "",
        "is_active": strategy.is_active,
        "is_public": strategy.is_public,
        "is_template": strategy.is_template,
        "template": strategy.slug,
        "is_mine": strategy.owner_id == user.pk,
        "owner": strategy.owner.name or "A user" if strategy.owner else None,
        "forked_from": strategy.forked_from.strategy_id if strategy.forked_from else None,
        "created_at": strategy.created_at,
        "updated_at": strategy.updated_at,
    }


def one_out(strategy: Strategy, user: User) -> dict[str, Any]:
    """Return one strategy with its words part by part, the linter's findings, and a template's literature."""
    shown = strategy_out(strategy, user)
    if strategy.current is None:
        return shown
    read = read_version(strategy.current)
    return {**shown, **words_of(read.rules), "findings": findings_of(read), **about(strategy.slug)}


def seen(request: Request, key: str) -> Strategy:
    """Return the strategy at an address, by number or template's name."""
    if not key.isdecimal():
        ensure_templates()
    return access_strategy(request.user, key)


class StrategiesApi(APIView):
    """Lists and new strategies."""

    class Query(PageQuery):
        is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
        is_template = serializers.BooleanField(required=False, allow_null=True, default=None)
        is_public = serializers.BooleanField(required=False, allow_null=True, default=None)
        q = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")

    @extend_schema(parameters=[Query], responses=StrategyOut(many=True))
    def get(self, request: Request) -> Response:
        """List one's own strategies, newest change first.

        `is_template=true` lists templates, `is_public=true` what anybody shares.
        """
        query = parse_query(self.Query, request)
        page = {"limit": query.pop("limit"), "offset": query.pop("offset")}
        if query["is_template"]:
            ensure_templates()
        found = strategies_of(request.user, **query)
        return paged(request, found, **page, render=lambda strategy: strategy_out(strategy, request.user))

    @extend_schema(request=OpenApiTypes.OBJECT, responses={201: StrategyOut}, examples=[EXAMPLE])
    def post(self, request: Request) -> Response:
        """Make a strategy. `name` and `entry_rules` are needed; the schema is at `/api/strategies/schema`."""
        strategy = strategy_create(owner=request.user, body=request.data, now=clock.now())
        return Response(one_out(strategy, request.user), status=201)


class StrategyApi(APIView):
    """One strategy."""

    @extend_schema(responses=StrategyOut)
    def get(self, request: Request, key: str) -> Response:
        """Read a strategy one may see."""
        return Response(one_out(seen(request, key), request.user))

    @extend_schema(request=OpenApiTypes.OBJECT, responses=StrategyOut, examples=[EXAMPLE])
    def put(self, request: Request, key: str) -> Response:
        """Replace the whole strategy; the former rules stay as an older version."""
        seen(request, key)
        strategy = own_strategy(request.user, key)
        changed = strategy_replace(strategy=strategy, body=request.data, now=clock.now())
        return Response(one_out(changed, request.user))

    @extend_schema(responses=Deleted)
    def delete(self, request: Request, key: str) -> Response:
        """Delete a strategy. 409 names the active portfolios that use it."""
        seen(request, key)
        strategy_delete(strategy=own_strategy(request.user, key), now=clock.now())
        return Response({"deleted": True})


class ForkApi(APIView):
    """A copy under the caller's account."""

    class Input(Body):
        name = serializers.CharField(max_length=120, required=False, help_text="Name of the copy")

    @extend_schema(request=Input, responses={201: StrategyOut})
    def post(self, request: Request, key: str) -> Response:
        """Fork a template, a public strategy or one's own."""
        data = parsed(self.Input, request)
        source = seen(request, key)
        fork = strategy_fork(source=source, owner=request.user, name=data.get("name"), now=clock.now())
        return Response(one_out(fork, request.user), status=201)


class ShareApi(APIView):
    """Whether everybody may see a strategy."""

    class Input(Body):
        is_public = serializers.BooleanField(required=False, allow_null=True, default=None)

    @extend_schema(request=Input, responses=StrategyOut)
    def post(self, request: Request, key: str) -> Response:
        """Toggle `is_public`, or set it with a body."""
        data = parsed(self.Input, request)
        seen(request, key)
        strategy = own_strategy(request.user, key)
        shared = strategy_share(strategy=strategy, is_public=data["is_public"], now=clock.now())
        return Response(one_out(shared, request.user))
