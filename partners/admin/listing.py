"""The list of partners: how each does, in the one query that reads the list."""

from datetime import datetime

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from partners.constants import Environment
from partners.lifecycle import State
from partners.models import Attempt, Delivery, Endpoint, Partner, Usage
from partners.selectors import LATELY
from partners.services.usage import day_of


def glanced(partners: QuerySet[Partner], *, now: datetime) -> QuerySet[Partner]:
    """Return the partners with ``tried``, ``arrived`` (attempts of 24 hours), ``kept``, ``paused_since`` of live, and
    ``accepted``, ``limited``: requests of today (IST) with keys of both environments.
    """
    attempts = Attempt.objects.filter(
        delivery__partner=OuterRef("pk"), delivery__environment=Environment.LIVE, created_at__gt=now - LATELY
    )
    held = Delivery.objects.filter(
        partner=OuterRef("pk"), environment=Environment.LIVE, status=State.HELD.value
    ).annotate(whose=F("partner"))
    usage = Usage.objects.filter(key__partner=OuterRef("pk"), day=day_of(now)).annotate(whose=F("key__partner"))
    tried = attempts.annotate(whose=F("delivery__partner"))
    endpoint = Endpoint.objects.filter(partner=OuterRef("pk"), environment=Environment.LIVE)
    return partners.annotate(
        tried=_one(tried, Count("pk")),
        arrived=_one(tried, Count("pk", filter=Q(status=State.DELIVERED.value))),
        kept=_one(held, Count("pk")),
        paused_since=Subquery(endpoint.values("paused_at")[:1]),
        accepted=_one(usage, Sum("accepted")),
        limited=_one(usage, Sum("limited")),
    )


def _one(rows: QuerySet, figure: Count | Sum) -> Coalesce:
    """Return a figure over the rows of a partner; 0 where there are none."""
    grouped = rows.order_by().values("whose").annotate(figure=figure).values("figure")
    return Coalesce(Subquery(grouped, output_field=IntegerField()), Value(0))
