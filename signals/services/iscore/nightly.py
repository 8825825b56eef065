"""After a session: the scores of a whole universe, kept and told, once however many schedulers there are."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from core import children, clock, jobs
from core.errors import DataUnavailable, NotFound
from core.models import JobSlot
from engines.panel import PricePanel
from market.models import Instrument
from market.services import sandbox
from signals.models import IScoreStanding
from signals.services.history import last_session
from signals.services.iscore.inputs import columns_of
from signals.services.iscore.scoring import Scored, reference_universe, scored
from signals.services.iscore.snapshots import shorten_old, snapshots_for
from signals.services.iscore.telling import tell
from signals.services.market_data import panel_at_hand, whole_panel

BATCH: Final = 20
LEASE: Final = timedelta(minutes=5)
JOB: Final = "signals.iscore"
TRIES: Final = 3
READERS_WAIT_S: Final = 60.0
WORK: Final = f"{__name__}:work"
SANDBOX_WORK: Final = f"{__name__}:sandbox_work"
#: How long results are kept with their words.
WORDS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Night:
    """What a run did. ``session`` None: there was nothing to do."""

    universe: str
    session: date | None
    scored: int = 0
    told: int = 0


def run_if_due(*, now: datetime) -> None:
    """Have the last session's scores worked out unless they are. For the scheduler. Raises ChildFailed.

    Looking costs a few reads: nothing is built and no process started for a session that is done.
    """
    try:
        name = reference_universe()
        panel = panel_at_hand(name, now)
        if panel is not None and not _is_due(name, panel, now):
            return
    except (NotFound, DataUnavailable):
        return
    children.run(WORK, now=now, deadline_s=LEASE.total_seconds())


def work_ahead(*, now: datetime) -> None:
    """Have the night's work done now if a process that serves would have to build the universe's prices.

    Its child leaves them as files, and the scores as rows. Where it fails the caller goes on without. In the sandbox of
    a deployment with real prices a further child leaves the prices of the simulated exchange.
    """
    if not children.serving():
        return
    with suppress(children.ChildFailed, NotFound):
        name = reference_universe()
        if panel_at_hand(name, now) is None:
            children.run(WORK, now=now, deadline_s=READERS_WAIT_S, is_awaited=True)
        if sandbox.active() and panel_at_hand(name, now) is None:
            children.run(SANDBOX_WORK, now=now, deadline_s=READERS_WAIT_S, is_awaited=True)


def is_at_hand(*, now: datetime) -> bool:
    """Tell whether the universe's prices are there, or never will be: then nobody waits for a child to build them."""
    try:
        return panel_at_hand(reference_universe(), now) is not None
    except (NotFound, DataUnavailable):
        return True


def _is_due(universe: str, panel: PricePanel, now: datetime) -> bool:
    session = last_session(panel, now)
    job = _job(f"{JOB}:{universe}:{panel.source}", session)
    return job is not None and jobs.is_open(job, session.toordinal(), now=now)


def work(*, now: datetime) -> None:
    """Do what `run_once` does. For a child, whose answer must be plain."""
    run_once(now=now)


def sandbox_work(*, now: datetime) -> None:
    """Leave the simulated prices of the reference universe as files. For a child."""
    with sandbox.simulated_only():
        whole_panel(reference_universe(), now)


def run_once(*, now: datetime) -> Night:
    """Work out the last complete session's scores unless that is done or being done. For the scheduler.

    The slot is the session, so that a day without prices makes none, and prices that come late make theirs. A worker
    that dies is followed by another after the lease, one that fails by the next turn, three times in all; what was kept
    and told is not done again.
    """
    try:
        name = reference_universe()
        panel = whole_panel(name, now)
        session = last_session(panel, now)
    except (NotFound, DataUnavailable):
        return Night("", None)
    job = _job(f"{JOB}:{name}:{panel.source}", session)
    if job is None:
        return Night(name, None)
    with jobs.run_slot(job, session.toordinal(), now=now, lease=LEASE) as claim:
        if claim is None:
            return Night(name, None)

        def still_mine() -> None:
            if not jobs.extend_slot(claim, now=clock.now(), lease=LEASE):
                raise RuntimeError("another worker took this session over")

        night = run(now=now, session=session, after_batch=still_mine)
        shorten_old(data_source=panel.source, before=session - WORDS_KEPT)
        return night
    return Night(name, None)


def _job(name: str, session: date) -> str | None:
    """Return the job's name for a session: after a failure the next one, None after three."""
    tries = [name, *(f"{name}#{number}" for number in range(2, TRIES + 1))]
    failed = set(
        JobSlot.objects.filter(job__in=tries, slot=session.toordinal(), status=JobSlot.Status.FAILED).values_list(
            "job", flat=True
        )
    )
    return next((one for one in tries if one not in failed), None)


def run(*, now: datetime, session: date | None = None, after_batch: Callable[[], None] = lambda: None) -> Night:
    """Work out, keep and tell the scores of a session, some stocks a transaction. Safe to repeat."""
    found = scored(now=now, session=session)
    count = told = 0
    members = _members(found)
    for some in (members[at : at + BATCH] for at in range(0, len(members), BATCH)):
        with transaction.atomic():
            told += _keep_and_tell(found, some, now)
        count += len(some)
        after_batch()
    return Night(found.universe, found.session, count, told)


def _members(found: Scored) -> list[Instrument]:
    """Return the instruments of the universe's present members, in one order for everybody."""
    columns = zip(columns_of(found.scores.symbols).ids, found.scores.member.tolist(), strict=True)
    ids = [pk for pk, belongs in columns if pk is not None and belongs]
    return list(Instrument.objects.filter(pk__in=ids).order_by("pk"))


def _keep_and_tell(found: Scored, instruments: Sequence[Instrument], now: datetime) -> int:
    rows = snapshots_for(found, instruments, now=now)
    done = set(
        IScoreStanding.objects.filter(
            instrument__in=list(instruments), data_source=found.data_source, session__gte=found.session
        ).values_list("instrument_id", flat=True)
    )
    return sum(tell(rows[one.pk], symbol=one.key, now=now) for one in instruments if one.pk not in done)
