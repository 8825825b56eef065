"""A person's watchlists."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body
from core.api.query import PageQuery, paged, parse_query
from market.access import access_watchlist
from market.constants import MAX_WATCHLIST_SYMBOLS
from market.models import Watchlist
from market.services.watchlists import watchlist_create, watchlist_delete, watchlist_replace, watchlists_of


class WatchlistIn(Body):
    """A name and symbols in the owner's order."""

    name = serializers.CharField(max_length=60)
    symbols = serializers.ListField(
        child=serializers.CharField(max_length=45), max_length=MAX_WATCHLIST_SYMBOLS, default=list
    )


class WatchlistOut(serializers.Serializer):
    """A stored watchlist."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    symbols = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


EXAMPLE = OpenApiExample(
    "Two banks", {"name": "Banks", "symbols": ["NSE:HDFCBANK", "NSE:ICICIBANK"]}, request_only=True
)


def watchlist_out(watchlist: Watchlist) -> dict[str, Any]:
    """Return the watchlist as the API shows it."""
    return {name: getattr(watchlist, name) for name in ("id", "name", "symbols", "created_at", "updated_at")}


class WatchlistsApi(APIView):
    """The caller's watchlists."""

    @extend_schema(parameters=[PageQuery], responses=WatchlistOut(many=True))
    def get(self, request: Request) -> Response:
        page = parse_query(PageQuery, request)
        return paged(request, watchlists_of(owner=request.user), **page, render=watchlist_out)

    @extend_schema(request=WatchlistIn, responses={201: WatchlistOut}, examples=[EXAMPLE])
    def post(self, request: Request) -> Response:
        data = WatchlistIn(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(watchlist_out(watchlist_create(owner=request.user, **data.validated_data)), status=201)


class WatchlistApi(APIView):
    """One watchlist of the caller."""

    class WatchlistDeleted(serializers.Serializer):
        deleted = serializers.BooleanField()

    @extend_schema(responses=WatchlistOut)
    def get(self, request: Request, watchlist_id: int) -> Response:
        return Response(watchlist_out(access_watchlist(request.user, watchlist_id)))

    @extend_schema(request=WatchlistIn, responses=WatchlistOut, examples=[EXAMPLE])
    def put(self, request: Request, watchlist_id: int) -> Response:
        watchlist = access_watchlist(request.user, watchlist_id)
        data = WatchlistIn(data=request.data)
        data.is_valid(raise_exception=True)
        return Response(watchlist_out(watchlist_replace(watchlist=watchlist, **data.validated_data)))

    @extend_schema(responses={200: WatchlistDeleted})
    def delete(self, request: Request, watchlist_id: int) -> Response:
        watchlist_delete(watchlist=access_watchlist(request.user, watchlist_id))
        return Response({"deleted": True})
