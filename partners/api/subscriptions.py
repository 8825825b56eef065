"""Subscriptions over the API."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Flag
from core.api.fields import Choice
from partners.access import access_subscription
from partners.api.answers import (
    IDEMPOTENCY,
    PartnerAnswer,
    PartnerSubscribedAnswer,
    PartnerSubscriptionAnswer,
    PartnerSubscriptionsAnswer,
)
from partners.api.base import Body, PartnerView, Text, Whole, idempotent, parsed
from partners.api.wire import subscription_row
from partners.constants import Channel, Engine
from partners.models import Subscription
from partners.services.subscriptions import (
    subscription_change,
    subscription_delete,
    subscription_put,
    warnings_of,
)


class Settings(Body):
    """What may be changed of a subscription."""

    min_confidence = Whole(min_value=0, max_value=100, required=False)
    delta_threshold = Whole(min_value=1, max_value=100, required=False, allow_null=True)
    channels = serializers.ListField(child=Choice(Channel.choices), min_length=1, max_length=4, required=False)
    is_active = Flag(required=False)


class SubscriptionInput(Settings):
    """``symbol``: an index for ``fno``, an NSE share for ``iscore``."""

    engine = Choice(Engine.choices)
    symbol = Text(max_length=40)


EXAMPLE = OpenApiExample(
    "F&O signals of NIFTY", {"engine": "fno", "symbol": "NIFTY", "min_confidence": 75}, request_only=True
)


class SubscriptionsApi(PartnerView):
    """All subscriptions of the key's environment."""

    @extend_schema(operation_id="partner_subscriptions_list", responses=PartnerSubscriptionsAnswer)
    def get(self, request: Request) -> Response:
        """List the subscriptions."""
        rows = Subscription.objects.filter(partner=self.partner, environment=self.key.environment)
        found = [subscription_row(row) for row in rows]
        return Response({"success": True, "count": len(found), "subscriptions": found})

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=SubscriptionInput,
        responses={200: PartnerSubscribedAnswer, 201: PartnerSubscribedAnswer},
        examples=[EXAMPLE],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Subscribe, or change the subscription of this engine and symbol; left-out fields keep their value."""
        data = parsed(SubscriptionInput, request)
        given = {name: value for name, value in data.items() if name not in ("engine", "symbol")}
        row, created = subscription_put(
            partner=self.partner, environment=self.key.environment, engine=data["engine"], symbol=data["symbol"],
            given=given, **self.who(),
        )  # fmt: skip
        return Response(_one(row) | {"created": created}, status=201 if created else 200)


class SubscriptionApi(PartnerView):
    """One subscription."""

    @extend_schema(responses=PartnerSubscriptionAnswer)
    def get(self, request: Request, subscription_id: int) -> Response:
        """Read a subscription."""
        return Response(_one(access_subscription(self.key, subscription_id)))

    @extend_schema(
        request=Settings,
        responses=PartnerSubscriptionAnswer,
        examples=[OpenApiExample("Fewer events", {"min_confidence": 70}, request_only=True)],
    )
    def patch(self, request: Request, subscription_id: int) -> Response:
        """Change a subscription."""
        row = access_subscription(self.key, subscription_id)
        given = parsed(Settings, request)
        return Response(_one(subscription_change(subscription=row, given=given, **self.who())))

    @extend_schema(responses={200: PartnerAnswer})
    def delete(self, request: Request, subscription_id: int) -> Response:
        """Delete a subscription. What was sent for it stays in the log."""
        subscription_delete(subscription=access_subscription(self.key, subscription_id), **self.who())
        return Response({"success": True})


def _one(row: Subscription) -> dict[str, Any]:
    warnings = warnings_of(row)
    answer: dict[str, Any] = {"success": True, "subscription": subscription_row(row)}
    return answer | {"warning": " ".join(warnings)} if warnings else answer
