"""After a session: the search of the usual universe, once a turn however many schedulers there are."""

from datetime import datetime, timedelta
from typing import Final

from core import children
from core.errors import DataUnavailable, PlatformError
from core.jobs import SlotSkipped, run_slot, slot_of
from signals.services.market_data import complete_at_hand
from signals.services.patterns import scanning
from signals.services.patterns.scanning import DEFAULT_UNIVERSE, is_searched

EVERY_S: Final = 300
LEASE: Final = timedelta(minutes=4)
JOB: Final = "signals.find_patterns"


def search_if_due(*, now: datetime) -> None:
    """Have the usual universe searched if its prices up to the last complete session never were.

    Raises ChildFailed; a later turn tries again.

    Looking costs a few reads: nothing is built and no process started for prices that were searched.
    """
    try:
        panel = complete_at_hand(DEFAULT_UNIVERSE, now)
    except DataUnavailable:  # no session is complete yet
        return
    if panel is None or not is_searched(DEFAULT_UNIVERSE, panel):
        children.run(scanning.NIGHT, now=now, deadline_s=LEASE.total_seconds())


def search_once(*, now: datetime) -> None:
    """Search unless another worker has this turn. What was found before is read, not searched for again."""
    with run_slot(JOB, slot_of(now, EVERY_S), now=now, lease=LEASE) as claim:
        if claim is not None:
            try:
                scanning.standing(now=now)
            except PlatformError as error:  # no prices, no universe yet
                raise SlotSkipped(error.detail) from None
