"""What the worker does for market data."""

from datetime import timedelta

from celery import shared_task

from core import clock
from core.jobs import run_slot, slot_of
from market.services.listing import refresh_listing

DAY_S = 24 * 3600


@shared_task(name="market.refresh_listing")
def refresh_listing_task() -> None:
    """Bring instruments and universes up to the source's list of today; once a day however many beats there are."""
    now = clock.now()
    slot = slot_of(now, DAY_S)
    with run_slot("market.refresh_listing", slot, now=now, lease=timedelta(minutes=5)) as claim:
        if claim is not None:
            refresh_listing(now=now)
