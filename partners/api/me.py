"""Who the key belongs to, and how its partner is told."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Flag
from core import clock
from core.api.fields import Choice
from partners.api.answers import PartnerMeAnswer
from partners.api.base import Body, PartnerView, Text, parsed
from partners.api.wire import endpoint_fields, key_row
from partners.constants import RetryPolicy
from partners.services.health import endpoint_pause, endpoint_resume
from partners.services.partners import endpoint_change
from partners.services.secrets import endpoint_of, secret_rotate
from partners.services.usage import usage_of


class MeInput(Body):
    """What may be changed. ``webhook_paused`` true has events kept; false resumes and sends what was kept."""

    webhook_url = Text(max_length=2000, required=False, allow_blank=True, allow_null=True)
    rotate_webhook_secret = Flag(required=False, default=False)
    retry_policy = Choice(RetryPolicy.choices, required=False)
    webhook_paused = Flag(required=False, allow_null=True, default=None)


class MeApi(PartnerView):
    """The partner, the key and its use."""

    @extend_schema(responses=PartnerMeAnswer)
    def get(self, request: Request) -> Response:
        """Read the partner's profile, the key's limit and its use."""
        return Response(self._answer())

    @extend_schema(
        request=MeInput,
        responses=PartnerMeAnswer,
        examples=[OpenApiExample("Set the address", {"webhook_url": "https://example.com/hook"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Set the webhook's address or policy, pause or resume it, rotate its secret (shown in this answer only)."""
        data = parsed(MeInput, request)
        environment, who = self.key.environment, self.who()
        url = (data["webhook_url"] or "") if "webhook_url" in data else None
        endpoint = endpoint_change(
            partner=self.partner, environment=environment, url=url, retry_policy=data.get("retry_policy"), **who
        )
        extra: dict[str, Any] = {}
        if data["rotate_webhook_secret"]:
            extra["webhook_secret"] = secret_rotate(endpoint=endpoint, **who)
        if data["webhook_paused"]:
            endpoint_pause(endpoint=endpoint, reason="Paused by the partner.", **who)
        elif data["webhook_paused"] is False:
            endpoint_resume(partner=self.partner, environment=environment, reason="Resumed by the partner.", **who)
        return Response(self._answer() | extra)

    def _answer(self) -> dict[str, Any]:
        partner, key = self.partner, self.key
        return {
            "success": True,
            "partner": {
                "id": partner.pk,
                "name": partner.name,
                "plan": partner.plan,
                "rate_limit_per_minute": partner.rate_limit_per_minute,
                **endpoint_fields(endpoint_of(partner, key.environment)),
                "contact_email": partner.contact_email or None,
                "environment": key.environment,
                "key": key_row(key),
                "usage": usage_of(key=key, now=clock.now()),
            },
        }
