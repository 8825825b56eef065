"""The delivery log, sending again, and tests of the receiver."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Choice
from core.api.query import parse_query
from partners.access import access_delivery
from partners.api.answers import IDEMPOTENCY, CountedAnswer, PartnerAttemptsAnswer, PartnerDeliveryAnswer
from partners.api.base import Body, Instant, PartnerView, idempotent, parsed
from partners.api.wire import attempt_row, delivery_row
from partners.constants import Engine
from partners.lifecycle import State
from partners.services.deliveries import attempts_of, delivery_resend, failed_resend
from partners.services.idempotency import NotYet
from partners.services.secrets import endpoint_of
from partners.services.testing import EVENTS, test_event


class DeliveriesQuery(serializers.Serializer):
    """Which attempts, newest first."""

    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)
    engine = Choice(Engine.choices, required=False, default="")
    status = Choice([state.value for state in State], required=False, default="")
    subscription_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False, default=None)


class DeliveriesApi(PartnerView):
    """Attempts at telling this partner something."""

    @extend_schema(parameters=[DeliveriesQuery], responses=PartnerAttemptsAnswer)
    def get(self, request: Request) -> Response:
        """List the newest attempts with what was sent and what came back."""
        query = parse_query(DeliveriesQuery, request)
        limit = query.pop("limit")
        rows = attempts_of(self.partner, self.key.environment, **query)[:limit]
        found = [attempt_row(row) for row in rows]
        return Response({"success": True, "count": len(found), "deliveries": found})


class ResendApi(PartnerView):
    """Sends a delivery once more. Its id is the one that rows of the log, tests and ``X-TC-Delivery`` name."""

    @extend_schema(parameters=[IDEMPOTENCY], request=None, responses={202: PartnerDeliveryAnswer})
    @idempotent
    def post(self, request: Request, delivery_id: int) -> Response:
        """Send again: the same bytes, the same event id, once."""
        row = access_delivery(self.key, delivery_id)
        return Response(
            {"success": True, "delivery": delivery_row(delivery_resend(delivery=row, **self.who()))}, status=202
        )


class ResendFailedInput(Body):
    """``since``: an instant with its zone."""

    since = Instant()


class ResendFailedApi(PartnerView):
    """Sends everything again that did not arrive."""

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=ResendFailedInput,
        responses={202: CountedAnswer},
        examples=[OpenApiExample("Since an outage", {"since": "2026-05-03T04:00:00Z"}, request_only=True)],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send again all that failed, was refused or blocked since an instant."""
        data = parsed(ResendFailedInput, request)
        count = failed_resend(partner=self.partner, environment=self.key.environment, since=data["since"], **self.who())
        return Response({"success": True, "count": count}, status=202)


class TestInput(Body):
    """``event``: what to send; its content is made up and says so."""

    event = Choice(EVENTS, default="ping")


class WebhookTestApi(PartnerView):
    """Tries the receiver."""

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=TestInput,
        responses={202: PartnerDeliveryAnswer},
        examples=[OpenApiExample("A ping", {"event": "ping"}, request_only=True)],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send an event to the webhook now."""
        data = parsed(TestInput, request)
        if not endpoint_of(self.partner, self.key.environment).url:
            raise NotYet("There is no webhook_url yet: set it with PATCH /me.")
        row = test_event(partner=self.partner, environment=self.key.environment, event=data["event"], **self.who())
        return Response({"success": True, "delivery": delivery_row(row)}, status=202)
