"""What the worker does for signals."""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task

from core import clock
from core.children import ChildFailed
from signals.services.fno.scanning import prune, scan_due

SCANS_KEPT = timedelta(days=35)


@shared_task(name="signals.find_patterns")
def find_patterns() -> None:
    """Search for patterns if there are prices that nobody has searched; once a slot however many beats there are."""
    from signals.services.patterns.nightly import search_if_due

    with suppress(ChildFailed):  # it is logged, and a later turn tries again
        search_if_due(now=clock.now())


@shared_task(name="signals.scan_fno")
def scan_fno() -> None:
    """Scan each index once a minute of market hours and follow its live signal. Safe to run any number of times."""
    scan_due(now=clock.now())


@shared_task(name="signals.refit_fno")
def refit_fno() -> None:
    """Write this week's calibrators of F&O signals if they are not there, and look after the alarm; once a slot."""
    from signals.services.fno.refitting import turn

    turn(now=clock.now())


@shared_task(name="signals.iscore_nightly", soft_time_limit=240, time_limit=280)
def iscore_nightly() -> None:
    """Work out and tell the I-Scores of the last complete session, once however many beats there are."""
    from signals.services.iscore.nightly import run_if_due

    with suppress(ChildFailed):
        run_if_due(now=clock.now())


@shared_task(name="signals.iscore_inputs", soft_time_limit=240, time_limit=280)
def iscore_inputs() -> None:
    """Fetch the hour's share of what I-Scores need beside prices, from the sources that are switched on."""
    from signals.services.iscore.fetching import hourly

    hourly(now=clock.now())


@shared_task(name="signals.prune_scans")
def prune_scans() -> None:
    """Delete scans that are older than a month; safe to run any number of times."""
    prune(before=clock.now() - SCANS_KEPT)
