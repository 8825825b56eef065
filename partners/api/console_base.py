"""What the operations of the partner console share: a signed-in person, his partner, the environment he looks at."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from accounts.services.client import client_of
from core import clock
from core.api.fields import Choice
from core.api.query import parse_query
from partners.access import MAX_ID, ConsoleScope, partner_of
from partners.constants import Environment
from partners.models import Partner


class ConsoleQuery(serializers.Serializer):
    """``partner``: of several that the person works for; by default the first. ``environment``: live or test."""

    partner = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, default=None)
    environment = Choice(Environment.choices, default=Environment.LIVE)


console_operation = extend_schema(parameters=[ConsoleQuery], tags=["partner-console"])


class ConsoleView(APIView):
    """An operation for the people of a partner; anybody else is told that there is nothing."""

    partner: Partner
    environment: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then find whose console it is."""
        super().initial(request, *args, **kwargs)
        query = parse_query(ConsoleQuery, request)
        assert isinstance(request.user, User)
        self.partner = partner_of(request.user, query["partner"])
        self.environment = str(query["environment"])

    @property
    def scope(self) -> ConsoleScope:
        """Whose rows may be seen."""
        return ConsoleScope(self.partner.pk, self.environment)

    def who(self) -> dict[str, Any]:
        """Return actor, address and time, as services take them."""
        return {"actor": self.request.user, "ip": client_of(self.request._request).ip, "now": clock.now()}
