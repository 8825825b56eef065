"""Figures of companies: what was reported or computed of one, and since when the public could know it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from market.models.instruments import Instrument


class Fundamental(models.Model):
    """One figure of one company, as one source gave it.

    ``metric`` is the file's column; its name says the unit (``debt_to_equity_pct``, ``revenue_cr``; a
    bare ``roe`` is a fraction). ``period_end`` is the last day of the period it describes, null for a snapshot.
    ``known_from`` is the first day on which it was public: nothing computed for an earlier day may use it. The same
    period known from a later day is a restatement and a row of its own.
    """

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="fundamentals", db_index=False)
    metric = models.CharField(max_length=40)
    period_end = models.DateField(null=True, blank=True)
    known_from = models.DateField()
    value = models.FloatField()
    source = models.CharField(max_length=40)

    class Meta:
        ordering = ("instrument", "metric", "known_from")
        # Two, because NULLs are distinct to a plain unique constraint on both databases.
        constraints = (
            models.UniqueConstraint(
                fields=("instrument", "metric", "period_end", "known_from", "source"),
                condition=Q(period_end__isnull=False),
                name="fundamental_period_once",
            ),
            models.UniqueConstraint(
                fields=("instrument", "metric", "known_from", "source"),
                condition=Q(period_end__isnull=True),
                name="fundamental_snapshot_once",
            ),
        )
        indexes: ClassVar = [models.Index(fields=("instrument", "metric", "known_from"), name="fundamental_known")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.metric} {self.period_end or self.known_from}: {self.value:g}"
