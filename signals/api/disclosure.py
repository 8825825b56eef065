"""The risk disclosure that stands before signals for derivatives."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import Body, parsed
from core import clock
from core.clock import IST
from core.errors import Conflict
from signals.services import disclosure


class DisclosureOut(serializers.Serializer):
    """SEBI's findings in sentences. ``acknowledged_at`` is null until the caller has read this version."""

    version = serializers.CharField()
    points = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.DateTimeField()


class RiskDisclosureApi(APIView):
    """SEBI's risk disclosure on futures and options, and the caller's acknowledgement."""

    class Input(Body):
        version = serializers.CharField(max_length=20, help_text="Of the text that was read")

    @extend_schema(responses=DisclosureOut)
    def get(self, request: Request) -> Response:
        """Read the text in force and whether the caller has acknowledged it."""
        now = clock.now()
        return Response(disclosure.facts(request.user, now=now, on=now.astimezone(IST).date()))

    @extend_schema(
        request=Input,
        responses=DisclosureOut,
        examples=[OpenApiExample("Read", {"version": disclosure.DISCLOSURES[-1].version}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Acknowledge the text; again changes nothing. 409 if another text is in force by now."""
        body = parsed(self.Input, request)
        now = clock.now()
        on = now.astimezone(IST).date()
        if body["version"] != disclosure.current(on).version:
            raise Conflict("Another text is in force now; read it and acknowledge that one.")
        disclosure.acknowledge(user=request.user, version=body["version"], now=now)
        return Response(disclosure.facts(request.user, now=now, on=on))
