"""The console of a partner's people: subscriptions and deliveries."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import Choice
from core.api.query import PageQuery, paged, parse_query
from partners.access import MAX_ID, access_delivery, access_subscription
from partners.api.answers import PartnerAttemptOut, PartnerDeliveryOut, PartnerSubscriptionOut
from partners.api.console import ConsoleDone
from partners.api.console_base import ConsoleView, console_operation
from partners.api.console_words import console_parsed
from partners.api.deliveries import ResendFailedInput
from partners.api.subscriptions import Settings, SubscriptionInput
from partners.api.wire import attempt_row, delivery_row, subscription_row
from partners.constants import Engine
from partners.lifecycle import State
from partners.models import Subscription
from partners.services.deliveries import attempts_of, delivery_resend, failed_resend
from partners.services.subscriptions import subscription_change, subscription_delete, subscription_put


@console_operation
class ConsoleSubscriptionsApi(ConsoleView):
    """Subscriptions of the environment."""

    @extend_schema(responses=PartnerSubscriptionOut(many=True))
    def get(self, request: Request) -> Response:
        """List the subscriptions."""
        rows = Subscription.objects.filter(partner=self.partner, environment=self.environment)
        return Response([subscription_row(row) for row in rows])

    @extend_schema(
        request=SubscriptionInput, responses={200: PartnerSubscriptionOut, 201: PartnerSubscriptionOut},
        examples=[OpenApiExample("An index", {"engine": "fno", "symbol": "NIFTY"}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Subscribe, or change the subscription of this engine and symbol."""
        data = console_parsed(SubscriptionInput, request)
        engine, symbol = data.pop("engine"), data.pop("symbol")
        row, created = subscription_put(
            partner=self.partner, environment=self.environment, engine=engine, symbol=symbol, given=data, **self.who()
        )
        return Response(subscription_row(row), status=201 if created else 200)


@console_operation
class ConsoleSubscriptionApi(ConsoleView):
    """One subscription."""

    @extend_schema(responses=PartnerSubscriptionOut)
    def get(self, request: Request, subscription_id: int) -> Response:
        """Read a subscription."""
        return Response(subscription_row(access_subscription(self.scope, subscription_id)))

    @extend_schema(request=Settings, responses=PartnerSubscriptionOut)
    def patch(self, request: Request, subscription_id: int) -> Response:
        """Change its thresholds or channels, pause or resume it."""
        row = access_subscription(self.scope, subscription_id)
        return Response(
            subscription_row(
                subscription_change(subscription=row, given=console_parsed(Settings, request), **self.who())
            )
        )

    @extend_schema(responses={200: ConsoleDone})
    def delete(self, request: Request, subscription_id: int) -> Response:
        """Delete it. What was sent for it stays in the log."""
        subscription_delete(subscription=access_subscription(self.scope, subscription_id), **self.who())
        return Response({"deleted": True})


class ConsoleDeliveriesQuery(PageQuery):
    """Which attempts, newest first."""

    engine = Choice(Engine.choices, required=False, default="")
    status = Choice([state.value for state in State], required=False, default="")
    subscription_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, default=None)


@console_operation
class ConsoleDeliveriesApi(ConsoleView):
    """Attempts at telling the partner something."""

    @extend_schema(parameters=[ConsoleDeliveriesQuery], responses=PartnerAttemptOut(many=True))
    def get(self, request: Request) -> Response:
        """List the attempts with what was sent and what came back."""
        query = parse_query(ConsoleDeliveriesQuery, request)
        limit, offset = query.pop("limit"), query.pop("offset")
        rows = attempts_of(self.partner, self.environment, **query)
        return paged(request, rows, limit=limit, offset=offset, render=attempt_row)


@console_operation
class ConsoleResendApi(ConsoleView):
    """Sends a delivery once more."""

    @extend_schema(request=None, responses={202: PartnerDeliveryOut})
    def post(self, request: Request, delivery_id: int) -> Response:
        """Send again: the same bytes, the same event id, once."""
        row = access_delivery(self.scope, delivery_id)
        return Response(delivery_row(delivery_resend(delivery=row, **self.who())), status=202)


class ConsoleResentOut(serializers.Serializer):
    """``count``: deliveries that are sent again."""

    count = serializers.IntegerField()


@console_operation
class ConsoleResendFailedApi(ConsoleView):
    """Sends everything again that did not arrive."""

    @extend_schema(request=ResendFailedInput, responses={202: ConsoleResentOut})
    def post(self, request: Request) -> Response:
        """Send again all that failed, was refused or blocked since an instant."""
        since = console_parsed(ResendFailedInput, request)["since"]
        count = failed_resend(partner=self.partner, environment=self.environment, since=since, **self.who())
        return Response({"count": count}, status=202)
