"""The console of a partner's people: overview, keys, webhook."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.fields import Choice
from partners.access import access_key
from partners.api.answers import PartnerDeliveryOut, PartnerEndpointOut, PartnerKeyOut
from partners.api.base import Body, Real, Text
from partners.api.console_base import ConsoleView, console_operation
from partners.api.console_words import console_parsed
from partners.api.wire import delivery_row, endpoint_fields, instant, key_row
from partners.constants import Environment, Plan, RetryPolicy
from partners.models import ApiKey, Endpoint
from partners.services.console import Overview, overview_of, receiver_test
from partners.services.health import endpoint_resume
from partners.services.keys import OVERLAP_MAX, key_create, key_revoke
from partners.services.partners import endpoint_change
from partners.services.secrets import endpoint_of, secret_rotate
from partners.services.testing import EVENTS


class ConsoleKeyOut(PartnerKeyOut):
    """A key, dead or alive."""

    label = serializers.CharField(allow_blank=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class ConsoleKeyUseOut(ConsoleKeyOut):
    """A live key with its use. ``limited_today``: requests refused because of the limit."""

    today = serializers.IntegerField()
    this_minute = serializers.IntegerField()
    limited_today = serializers.IntegerField()


class ConsoleWebhookOut(PartnerEndpointOut):
    """The receiver. ``old_secret_until``: how long the former secret still counts."""

    last_success_at = serializers.DateTimeField(allow_null=True)
    old_secret_until = serializers.DateTimeField(allow_null=True)


class ConsoleHealthOut(serializers.Serializer):
    """Attempts of the last 24 hours; ``waiting`` and ``held`` are of now."""

    attempts = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    held = serializers.IntegerField()
    slowest_ms = serializers.IntegerField()


class ConsolePartnerOut(serializers.Serializer):
    """The partner. ``rate_limit_per_minute`` counts for each key by itself."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    plan = serializers.ChoiceField(Plan.choices)
    rate_limit_per_minute = serializers.IntegerField()
    contact_email = serializers.CharField(allow_blank=True)


class ConsoleOut(serializers.Serializer):
    """One environment at a glance. ``warnings``: sentences, with what to do."""

    partner = ConsolePartnerOut()
    environment = serializers.ChoiceField(Environment.choices)
    keys = ConsoleKeyUseOut(many=True)
    webhook = ConsoleWebhookOut()
    health = ConsoleHealthOut()
    warnings = serializers.ListField(child=serializers.CharField())


def console_key(key: ApiKey) -> dict[str, Any]:
    """Return a key without its secret."""
    return key_row(key) | {"label": key.label, "revoked_at": instant(key.revoked_at)}


def webhook_row(endpoint: Endpoint) -> dict[str, Any]:
    """Return the receiver."""
    more = {"last_success_at": endpoint.last_success_at, "old_secret_until": endpoint.old_secret_until}
    return endpoint_fields(endpoint) | {name: instant(at) for name, at in more.items()}


def overview_row(found: Overview) -> dict[str, Any]:
    """Return an overview as JSON has it."""
    partner, health = found.partner, found.health
    return {
        "partner": {
            "id": partner.pk, "name": partner.name, "plan": partner.plan,
            "rate_limit_per_minute": partner.rate_limit_per_minute, "contact_email": partner.contact_email,
        },
        "environment": found.environment,
        "keys": [
            console_key(use.key)
            | {"today": use.today, "this_minute": use.this_minute, "limited_today": use.limited_today}
            for use in found.keys
        ],
        "webhook": webhook_row(found.endpoint),
        "health": {
            "attempts": health.attempts, "delivered": health.delivered, "failed": health.failed,
            "waiting": health.waiting, "held": health.held, "slowest_ms": health.slowest_ms,
        },
        "warnings": found.warnings,
    }  # fmt: skip


@console_operation
class ConsoleApi(ConsoleView):
    """One environment at a glance."""

    @extend_schema(responses=ConsoleOut)
    def get(self, request: Request) -> Response:
        """Read plan, use, webhook, the last day's deliveries, and warnings."""
        return Response(overview_row(overview_of(self.partner, self.environment, now=clock.now())))


@console_operation
class ConsoleKeysApi(ConsoleView):
    """Keys of the environment."""

    class Input(Body):
        """``overlap_hours``: how long the present keys go on; left out, they go on without end."""

        overlap_hours = Real(
            min_value=0, max_value=OVERLAP_MAX / timedelta(hours=1), required=False, allow_null=True, default=None
        )
        label = Text(max_length=60, required=False, allow_blank=True, default="")

    class Output(ConsoleKeyOut):
        key = serializers.CharField(help_text="The key itself, in this answer only")

    @extend_schema(responses=ConsoleKeyOut(many=True))
    def get(self, request: Request) -> Response:
        """List the keys, newest first, those that ended among them."""
        rows = ApiKey.objects.filter(partner=self.partner, environment=self.environment)
        return Response([console_key(row) for row in rows])

    @extend_schema(
        request=Input, responses={201: Output},
        examples=[OpenApiExample("Rotation in a day", {"overlap_hours": 24, "label": "web"}, request_only=True)],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Make a key, shown in this answer only; the present ones end after the overlap."""
        data = console_parsed(self.Input, request)
        hours = data["overlap_hours"]
        made = key_create(
            partner=self.partner, environment=self.environment, label=data["label"],
            overlap=None if hours is None else timedelta(hours=hours), reason="From the console.", **self.who(),
        )  # fmt: skip
        return Response(console_key(made.row) | {"key": made.text}, status=201)


class ConsoleDone(serializers.Serializer):
    """What a DELETE answers."""

    deleted = serializers.BooleanField()


@console_operation
class ConsoleKeyApi(ConsoleView):
    """One key."""

    @extend_schema(responses={200: ConsoleDone})
    def delete(self, request: Request, key_id: int) -> Response:
        """Revoke a key: it is dead at once."""
        key_revoke(key=access_key(self.scope, key_id), reason="From the console.", **self.who())
        return Response({"deleted": True})


@console_operation
class ConsoleWebhookApi(ConsoleView):
    """The receiver of the environment."""

    class Input(Body):
        """What may be changed. An empty address: nothing is sent."""

        webhook_url = Text(max_length=2000, required=False, allow_blank=True)
        retry_policy = Choice(RetryPolicy.choices, required=False)

    @extend_schema(responses=ConsoleWebhookOut)
    def get(self, request: Request) -> Response:
        """Read how the partner is told."""
        return Response(webhook_row(endpoint_of(self.partner, self.environment)))

    @extend_schema(request=Input, responses=ConsoleWebhookOut)
    def patch(self, request: Request) -> Response:
        """Set the address, or how persistently it is tried."""
        data = console_parsed(self.Input, request)
        endpoint = endpoint_change(
            partner=self.partner, environment=self.environment, url=data.get("webhook_url"),
            retry_policy=data.get("retry_policy"), reason="From the console.", **self.who(),
        )  # fmt: skip
        return Response(webhook_row(endpoint))


@console_operation
class ConsoleSecretApi(ConsoleView):
    """The secret that signs."""

    class Output(ConsoleWebhookOut):
        webhook_secret = serializers.CharField(help_text="The new secret, in this answer only")

    @extend_schema(request=None, responses={201: Output})
    def post(self, request: Request) -> Response:
        """Put a new secret in force; the former one counts for a further 24 hours."""
        endpoint = endpoint_of(self.partner, self.environment)
        secret = secret_rotate(endpoint=endpoint, reason="From the console.", **self.who())
        return Response(webhook_row(endpoint) | {"webhook_secret": secret}, status=201)


@console_operation
class ConsoleResumeApi(ConsoleView):
    """Ends a pause."""

    class Output(ConsoleWebhookOut):
        released = serializers.IntegerField(help_text="Kept events that are sent now")

    @extend_schema(request=None, responses=Output)
    def post(self, request: Request) -> Response:
        """Send again to the receiver and its paused subscriptions, what was kept first."""
        released = endpoint_resume(
            partner=self.partner, environment=self.environment, reason="Resumed at the console.", **self.who()
        )
        return Response(webhook_row(endpoint_of(self.partner, self.environment)) | {"released": released})


@console_operation
class ConsoleTestApi(ConsoleView):
    """Tries the receiver."""

    class Input(Body):
        """``event``: what to send; its content is made up and says so."""

        event = Choice(EVENTS, default="ping")

    @extend_schema(request=Input, responses={202: PartnerDeliveryOut})
    def post(self, request: Request) -> Response:
        """Send an event of a kind to the receiver now."""
        data = console_parsed(self.Input, request)
        row = receiver_test(partner=self.partner, environment=self.environment, event=data["event"], **self.who())
        return Response(delivery_row(row), status=202)
