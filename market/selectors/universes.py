"""Members of dated lists."""

from datetime import date

from django.db.models import QuerySet

from core.errors import NotFound
from market.constants import Source
from market.models import UniverseMember, UniverseSnapshot


def snapshot_on(name: str, *, on: date) -> UniverseSnapshot | None:
    """Return the newest list of ``name`` that is not younger than ``on``; before the first one, the first."""
    lists = UniverseSnapshot.objects.filter(universe__name=name.lower()).select_related("universe")
    return lists.filter(as_of__lte=on).order_by("-as_of").first() or lists.order_by("as_of").first()


def members_of(name: str, *, on: date) -> QuerySet[UniverseMember]:
    """Return the members on a day with their instruments, by symbol; none for an unknown universe."""
    snapshot = snapshot_on(name, on=on)
    members = UniverseMember.objects.select_related("instrument").order_by("instrument__symbol")
    return members.filter(snapshot=snapshot) if snapshot else members.none()


def universe_as_of(name: str, *, on: date) -> tuple[UniverseSnapshot, QuerySet[UniverseMember]]:
    """Return the list in force on a day and its members. Raises NotFound for an unknown universe."""
    snapshot = snapshot_on(name, on=on)
    if snapshot is None:
        raise NotFound(f"There is no universe {name}.")
    members = UniverseMember.objects.filter(snapshot=snapshot).select_related("instrument")
    return snapshot, members.order_by("instrument__symbol")


def snapshots_between(name: str, start: date, end: date) -> list[UniverseSnapshot]:
    """Return the lists in force at any time from ``start`` to ``end``, oldest first.

    The first one also stands for the time before it: nothing older is known. Lists of the simulated exchange count
    only where there is no other.
    """
    known = list(UniverseSnapshot.objects.filter(universe__name=name.lower()).order_by("as_of"))
    real = [snapshot for snapshot in known if snapshot.source != Source.SIMULATED]
    known = real or known
    in_time = [snapshot for snapshot in known if snapshot.as_of <= end] or known[:1]
    begun = [at for at, snapshot in enumerate(in_time) if snapshot.as_of <= start]
    return in_time[begun[-1] if begun else 0 :]
