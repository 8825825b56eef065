"""What was sent, and sending it again."""

from datetime import datetime

from django.db import transaction
from django.db.models import Model, QuerySet

from core import audit
from core.clock import isoformat_z
from core.errors import Conflict
from partners.constants import Channel
from partners.lifecycle import Happening, State, before
from partners.models import Attempt, Delivery, Partner
from partners.services.outbox import endpoint_lock, is_paused, open_check, wake
from partners.services.states import happened, it_happened


def attempts_of(
    partner: Partner, environment: str, *, engine: str = "", status: str = "", subscription_id: int | None = None
) -> QuerySet[Attempt]:
    """Return the attempts made for a partner in one environment, newest first."""
    rows = Attempt.objects.filter(delivery__partner=partner, delivery__environment=environment)
    if engine:
        rows = rows.filter(delivery__engine=engine)
    if status:
        rows = rows.filter(status=status)
    if subscription_id is not None:
        rows = rows.filter(delivery__subscription_number=subscription_id)
    return rows.select_related("delivery").order_by("-id")


@transaction.atomic
def delivery_resend(
    *, delivery: Delivery, actor: Model | str, now: datetime, reason: str = "", ip: str = ""
) -> Delivery:
    """Send a delivery again at once, the same bytes with the same event id. Raises Conflict while it is being sent, and
    where nothing is sent at present.

    This attempt counts apart: one of the plan that was still to come is kept for the case that this one fails too, and
    what was held because of a 410 is held again then.
    """
    endpoint_lock(delivery.partner_id, delivery.environment)
    row = Delivery.objects.select_for_update(of=("self",)).select_related("partner").get(pk=delivery.pk)
    open_check(row.partner, row.environment, row.channel)
    if row.status not in before(Happening.RESENT):
        raise Conflict("This delivery is being sent just now.")
    planned_at = row.planned_at
    if row.status in (State.PENDING.value, State.HELD.value) and not row.is_resend:
        planned_at = row.next_attempt_at or now
    it_happened(row, Happening.RESENT, next_attempt_at=now, is_resend=True, planned_at=planned_at)
    data = {"partner": row.partner.name, "environment": row.environment, "event_id": row.event_id, "reason": reason}
    audit.record(actor=actor, action="partner_delivery.resent", object=row, ip=ip, at=now, data=data)
    wake()
    return row


@transaction.atomic
def failed_resend(
    *, partner: Partner, environment: str, since: datetime, actor: Model | str, now: datetime, reason: str = "",
    ip: str = "",
) -> int:  # fmt: skip
    """Send everything again that failed, was refused or blocked since an instant; return how much that is. While the
    webhook is paused that is mails only. Raises Conflict where nothing is sent at present.
    """
    endpoint_lock(partner.pk, environment)
    open_check(partner, environment, Channel.EMAIL)
    states = (State.FAILED.value, State.REJECTED.value, State.BLOCKED.value)
    rows = Delivery.objects.filter(partner=partner, environment=environment, status__in=states, created_at__gte=since)
    rows = rows.exclude(subscription__isnull=True, subscription_number__isnull=False)  # it was deleted
    if is_paused(partner.pk, environment):
        rows = rows.exclude(channel=Channel.WEBHOOK.value)
    count = happened(rows, Happening.RESENT, next_attempt_at=now, is_resend=True)
    if not count:
        open_check(partner, environment)
    else:
        data = {"environment": environment, "since": isoformat_z(since), "count": count, "reason": reason}
        audit.record(actor=actor, action="partner_delivery.all_resent", object=partner, ip=ip, at=now, data=data)
        wake()
    return count
