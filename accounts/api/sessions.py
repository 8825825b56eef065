"""The list of sessions and tokens, and ending them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Deleted, credential
from accounts.models import UserSession
from accounts.services.client import client_of
from accounts.services.sessions import session_end, sessions_end, sessions_of
from core import audit, clock
from core.api.query import PageQuery, paged, parse_query


class SessionOut(serializers.Serializer):
    """A sign-in that still counts: a browser's (``web``) or a program's (``token``)."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    method = serializers.CharField()
    second_factor = serializers.BooleanField()
    device = serializers.CharField()
    ip = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(help_text="Accurate to a minute.")
    current = serializers.BooleanField(help_text="Whether this request came with it.")


_SHOWN = ("id", "kind", "method", "second_factor", "device", "ip", "created_at", "last_used_at")


def session_out(row: UserSession, current_key: str) -> dict[str, Any]:
    """Return a session as the API shows it."""
    return {name: getattr(row, name) for name in _SHOWN} | {"current": row.key_hash == current_key}


class SessionsApi(APIView):
    """The caller's sessions, the last used first."""

    class Output(serializers.Serializer):
        deleted = serializers.BooleanField()
        ended = serializers.IntegerField()

    @extend_schema(parameters=[PageQuery], responses=SessionOut(many=True))
    def get(self, request: Request) -> Response:
        page, found = parse_query(PageQuery, request), credential(request)
        key = found.key_hash if found else ""
        rows = sessions_of(request.user, now=clock.now())
        return paged(request, rows, **page, render=lambda row: session_out(row, key))

    @extend_schema(
        operation_id="api_auth_sessions_destroy_others",
        responses={200: Output},
        description="End all sessions and tokens but the one this request came with.",
    )
    def delete(self, request: Request) -> Response:
        found, now = credential(request), clock.now()
        ended = sessions_end(user=request.user, now=now, except_key=found.key_hash if found else None)
        audit.record(
            actor=request.user, action="sessions.ended", ip=client_of(request._request).ip, data={"count": ended}
        )
        return Response({"deleted": True, "ended": ended})


class SessionApi(APIView):
    """One of the caller's sessions."""

    @extend_schema(responses={200: Deleted})
    def delete(self, request: Request, session_id: int) -> Response:
        session_end(user=request.user, session_id=session_id, now=clock.now())
        audit.record(
            actor=request.user, action="session.ended", object=f"session:{session_id}",
            ip=client_of(request._request).ip,
        )  # fmt: skip
        return Response({"deleted": True})
