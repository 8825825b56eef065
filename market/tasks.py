"""What the worker does for market data."""

from datetime import timedelta

from celery import shared_task

from core import clock
from core.errors import DataUnavailable
from core.jobs import SlotSkipped, run_slot, slot_of
from market.services import listing

DAY_S = 24 * 3600


@shared_task(name="market.refresh_listing")
def refresh_listing() -> None:
    """Bring instruments and universes up to the source's list of today; once a day however many beats there are."""
    now = clock.now()
    with run_slot("market.refresh_listing", slot_of(now, DAY_S), now=now, lease=timedelta(minutes=5)) as claim:
        if claim is not None:
            try:
                listing.seed(now=now)
            except DataUnavailable as error:
                raise SlotSkipped(error.detail) from None
