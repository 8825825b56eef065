"""Provisioning over the API, for keys of partners that may."""

from datetime import timedelta

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Flag
from core.api.fields import Choice
from partners.access import found
from partners.api.answers import IDEMPOTENCY, PartnerAnswer, PartnerKeyAnswer, PartnerMadeAnswer, PartnersAnswer
from partners.api.base import AdminView, Body, Real, Text, idempotent, parsed
from partners.api.wire import endpoint_fields, key_row, partner_row
from partners.constants import NAME_LENGTH, Environment, Plan
from partners.models import ApiKey, Endpoint, Partner
from partners.services.keys import OVERLAP_MAX, key_create, key_revoke
from partners.services.partners import partner_create
from partners.services.secrets import endpoint_of


class PartnerInput(Body):
    """A new partner. ``test``: its first key is a test key."""

    name = Text(max_length=NAME_LENGTH)
    plan = Choice(Plan.choices, default=Plan.DEFAULT)
    organisation = Text(max_length=NAME_LENGTH, required=False, allow_blank=True, default="")
    intended_use = Text(max_length=2000, required=False, allow_blank=True, default="")
    contact_email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    webhook_url = Text(max_length=2000, required=False, allow_blank=True, default="")
    is_admin = Flag(default=False)
    test = Flag(default=False)


class PartnersApi(AdminView):
    """All partners."""

    @extend_schema(responses=PartnersAnswer)
    def get(self, request: Request) -> Response:
        """List the partners."""
        endpoints = {row.partner_id: row for row in Endpoint.objects.filter(environment=Environment.LIVE)}
        rows = [
            partner_row(partner) | endpoint_fields(endpoints.get(partner.pk) or Endpoint())
            for partner in Partner.objects.all()
        ]
        return Response({"success": True, "count": len(rows), "partners": rows})

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=PartnerInput,
        responses={201: PartnerMadeAnswer},
        examples=[OpenApiExample("A partner", {"name": "Acme", "plan": "pro"}, request_only=True)],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a partner. Its key and webhook secret are in this answer only."""
        data = parsed(PartnerInput, request)
        environment = Environment.TEST if data.pop("test") else Environment.LIVE
        made = partner_create(environment=environment, **data, **self.who())
        endpoint = endpoint_of(made.partner, environment)
        body = {
            "success": True,
            "partner": partner_row(made.partner) | endpoint_fields(endpoint),
            "key": {"id": made.key.row.pk, "key": made.key.text, "prefix": made.key.row.prefix},
            "webhook_secret": made.webhook_secret,
        }
        return Response(body, status=201)


class KeyInput(Body):
    """``overlap_hours``: how long the present keys go on working; left out, they go on without end."""

    overlap_hours = Real(
        min_value=0, max_value=OVERLAP_MAX / timedelta(hours=1), required=False, allow_null=True, default=None
    )
    test = Flag(default=False)


class PartnerKeysApi(AdminView):
    """Keys of a partner."""

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=KeyInput,
        responses={201: PartnerKeyAnswer},
        examples=[OpenApiExample("A rotation with a day of overlap", {"overlap_hours": 24}, request_only=True)],
    )
    @idempotent
    def post(self, request: Request, partner_id: int) -> Response:
        """Make a key, shown in this answer only."""
        partner = found(Partner.objects.all(), partner_id, "partner")
        data = parsed(KeyInput, request)
        hours = data["overlap_hours"]
        made = key_create(
            partner=partner,
            environment=Environment.TEST if data["test"] else Environment.LIVE,
            overlap=None if hours is None else timedelta(hours=hours),
            **self.who(),
        )
        key = {"id": made.row.pk, "key": made.text, "prefix": made.row.prefix}
        return Response({"success": True, "key": key | {"expires_at": key_row(made.row)["expires_at"]}}, status=201)


class KeyApi(AdminView):
    """One key."""

    @extend_schema(responses={200: PartnerAnswer})
    def delete(self, request: Request, key_id: int) -> Response:
        """Revoke a key: it is dead at once."""
        key_revoke(key=found(ApiKey.objects.select_related("partner"), key_id, "key"), **self.who())
        return Response({"success": True})
