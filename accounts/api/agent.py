"""The agent key of a user, and what an agent asks with it."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Deleted
from accounts.authentication import AgentKeyAuthentication
from accounts.services.agent_keys import agent_key_create, agent_key_of, agent_key_revoke
from accounts.services.broker_login import pending_request_token
from accounts.services.client import client_of
from core import clock
from core.errors import NotFound


class AgentApi(APIView):
    """Base of the agent surface: only a key ``zt_…`` opens it."""

    authentication_classes = (AgentKeyAuthentication,)


class AgentKeyApi(APIView):
    """The caller's key for a trading agent. Making a new one ends the former at once."""

    class Output(serializers.Serializer):
        prefix = serializers.CharField()
        created_at = serializers.DateTimeField()
        last_used_at = serializers.DateTimeField(allow_null=True)

    class NewKey(serializers.Serializer):
        key = serializers.CharField(help_text="Shown this once.")
        prefix = serializers.CharField()
        created_at = serializers.DateTimeField()

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        row = agent_key_of(request.user)
        if row is None:
            raise NotFound("There is no agent key. POST makes one.")
        return Response({name: getattr(row, name) for name in ("prefix", "created_at", "last_used_at")})

    @extend_schema(request=None, responses={201: NewKey})
    def post(self, request: Request) -> Response:
        made = agent_key_create(user=request.user, ip=client_of(request._request).ip, now=clock.now())
        answer = {"key": made.text, "prefix": made.row.prefix, "created_at": made.row.created_at}
        return Response(answer, status=201)

    @extend_schema(responses={200: Deleted})
    def delete(self, request: Request) -> Response:
        ip = client_of(request._request).ip
        agent_key_revoke(user=request.user, actor=request.user, ip=ip, now=clock.now())
        return Response({"deleted": True})


class PendingTokenApi(AgentApi):
    """The Kite request token that waits for the agent, or null."""

    class Output(serializers.Serializer):
        request_token = serializers.CharField(allow_null=True)

    @extend_schema(responses=Output)
    def get(self, request: Request) -> Response:
        token: Any = pending_request_token(user=request.user, now=clock.now())
        return Response({"request_token": token})
