"""A partner at a glance: its use and how its deliveries do. What the simulated market has for test keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from core.clock import IST
from partners.lifecycle import State
from partners.models import Attempt, Delivery, Partner, SandboxScan, SandboxSignal, Usage
from signals.models import FnoSignal

LATELY = timedelta(hours=24)
#: A scan comes every 60 seconds; one that is late by a little is still this minute's.
FRESH = timedelta(seconds=75)


@dataclass(frozen=True, slots=True)
class Health:
    """Of one environment, over the last 24 hours. ``waiting`` and ``held`` are of now."""

    environment: str
    attempts: int
    delivered: int
    failed: int
    waiting: int
    held: int
    slowest_ms: int

    @property
    def share_delivered(self) -> float | None:
        """Share of the attempts that arrived; None without any."""
        return self.delivered / self.attempts if self.attempts else None


def health_of(partner: Partner, environment: str, *, now: datetime) -> Health:
    """Return how a receiver has done in the last 24 hours."""
    attempts = Attempt.objects.filter(
        delivery__partner=partner, delivery__environment=environment, created_at__gt=now - LATELY
    )
    made = attempts.aggregate(all=Count("pk"), delivered=Count("pk", filter=Q(status=State.DELIVERED.value)))
    slowest = attempts.order_by("-duration_ms").values_list("duration_ms", flat=True).first()
    waiting = Q(status__in=(State.PENDING.value, State.SENDING.value))
    queue = Delivery.objects.filter(partner=partner, environment=environment).aggregate(
        waiting=Count("pk", filter=waiting), held=Count("pk", filter=Q(status=State.HELD.value))
    )
    return Health(
        environment, made["all"], made["delivered"], made["all"] - made["delivered"], queue["waiting"], queue["held"],
        slowest or 0,
    )  # fmt: skip


def usage_by_day(partner: Partner, *, days: int, now: datetime) -> list[dict[str, object]]:
    """Return requests of all keys by day (IST) and environment, newest day first."""
    since = now.astimezone(IST).date() - timedelta(days=days - 1)
    rows = Usage.objects.filter(key__partner=partner, day__gte=since).values("day", "key__environment")
    counted = rows.annotate(accepted=Sum("accepted"), limited=Sum("limited")).order_by("-day", "key__environment")
    return [
        {
            "day": row["day"], "environment": row["key__environment"], "accepted": row["accepted"],
            "limited": row["limited"],
        }
        for row in counted
    ]  # fmt: skip


def sandbox_analysis(index: str, *, now: datetime) -> dict[str, Any] | None:
    """Return the analysis of this minute's scan of the simulated market; None where there is none."""
    row = SandboxScan.objects.filter(index=index, scanned_at__gt=now - FRESH, scanned_at__lte=now).first()
    return None if row is None else row.analysis


def sandbox_signals(index: str, *, since: datetime) -> list[FnoSignal]:
    """Return what fired on the simulated market after an instant, newest first. None of them is saved."""
    return [row.signal() for row in SandboxSignal.objects.filter(index=index, triggered_at__gt=since)]
