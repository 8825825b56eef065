"""What is forgotten, and when."""

from datetime import datetime

from partners.constants import IDEMPOTENCY_TTL, KEPT
from partners.lifecycle import State
from partners.models import Delivery, IdempotentAnswer, Notice, SandboxSignal


def prune(*, now: datetime) -> dict[str, int]:
    """Delete deliveries, notices and sandbox signals older than thirty days that are over, answers older than a day."""
    waiting = (State.PENDING.value, State.SENDING.value)
    old = Delivery.objects.filter(created_at__lt=now - KEPT).exclude(status__in=waiting)
    answers = IdempotentAnswer.objects.filter(created_at__lt=now - IDEMPOTENCY_TTL)
    notices = Notice.objects.filter(created_at__lt=now - KEPT, due_at__isnull=True)
    signals = SandboxSignal.objects.filter(triggered_at__lt=now - KEPT, is_live=False)
    return {
        "deliveries": old.delete()[1].get("partners.Delivery", 0),
        "answers": answers.delete()[0],
        "notices": notices.delete()[0],
        "signals": signals.delete()[0],
    }
