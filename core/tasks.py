"""Housekeeping that belongs to no app above."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command

from core import clock, events
from core.jobs import close_dead, run_slot, slot_of
from core.models import JobSlot

DAY_S = 24 * 3600
KEEP = timedelta(days=90)
#: A slot that nobody took over for so long is nobody's.
DEAD = timedelta(days=1)


@shared_task(name="core.prune")
def prune() -> None:
    """Remove expired sessions, settled events and old job slots; once a day however many beats there are."""
    now = clock.now()
    with run_slot("core.prune", slot_of(now, DAY_S), now=now, lease=timedelta(minutes=5)) as claim:
        if claim is not None:
            call_command("clearsessions")
            close_dead(now=now, older_than=DEAD)
            JobSlot.objects.filter(started_at__lt=now - KEEP).delete()
            events.purge(before=now - KEEP)
