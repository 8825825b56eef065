"""Read figures of companies as they were known on a day."""

from collections.abc import Sequence
from datetime import date

from django.db.models.functions import Coalesce

from market.models import Fundamental


def figures_on(instrument_ids: Sequence[int], metric: str, day: date) -> dict[int, float]:
    """Return the newest figure of each instrument that was public on ``day``, in the unit the metric's name says.

    Newest is the one of the latest period (a snapshot counts as of the day it was known), and of two for that period
    the one known last. A figure known from ``day`` itself counts: it may have come after the close, so who trades at
    that day's open asks for the day before. Instruments without a figure are left out.
    """
    known = Fundamental.objects.filter(instrument_id__in=list(instrument_ids), metric=metric, known_from__lte=day)
    ordered = known.order_by(Coalesce("period_end", "known_from"), "known_from", "id")
    return dict(ordered.values_list("instrument_id", "value"))
