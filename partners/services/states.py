"""The one place that writes where a delivery stands, once it is made."""

from collections import defaultdict

from django.db.models import QuerySet

from partners.lifecycle import TABLE, Happening, State
from partners.models import Delivery


def happened(deliveries: QuerySet[Delivery], happening: Happening, **fields: object) -> int:
    """Let something happen to those of ``deliveries`` in whose state it can, by compare-and-swap; return how many that
    were. ``fields``: what else is written in them.
    """
    former: dict[State, list[str]] = defaultdict(list)
    for (state, what), after in TABLE.items():
        if what is happening:
            former[after].append(state.value)
    return sum(
        deliveries.filter(status__in=states).update(status=after.value, **fields) for after, states in former.items()
    )


def it_happened(delivery: Delivery, happening: Happening, **fields: object) -> bool:
    """Let something happen to one delivery that the caller has read, and write it into the object too. Returns False,
    and changes nothing, if another was quicker.
    """
    asread = Delivery.objects.filter(pk=delivery.pk, status=delivery.status, claim=delivery.claim)
    if not happened(asread, happening, **fields):
        return False
    for name, value in {"status": TABLE[State(delivery.status), happening].value, **fields}.items():
        setattr(delivery, name, value)
    return True
