"""What is known of a market without being bars: closes that nobody has the rest of the day to, and counts of shares."""

from django.db import models

from market.constants import ObservedEvery, Source
from market.models.instruments import Instrument


class ObservationSeries(models.Model):
    """One figure of one index through time, from one source (and its name, ``origin``). Never spliced with another.

    ``measure``: ``close`` (index points), or what of the index's shares was counted, such as ``above_sma_200``;
    ``industry`` narrows a count to one industry, '' is the whole index. ``interval`` is how often it was taken.
    """

    CLOSE = "close"

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="observations")
    measure = models.CharField(max_length=40)
    industry = models.CharField(max_length=60, blank=True)
    interval = models.CharField(max_length=8, choices=ObservedEvery.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    origin = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "observation series"
        ordering = ("instrument", "measure", "industry", "interval")
        constraints = (
            models.UniqueConstraint(
                fields=("instrument", "measure", "industry", "interval", "source", "origin"),
                name="observation_series_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.measure} {self.industry} {self.interval}".strip()


class Observation(models.Model):
    """One value. ``ts`` is midnight UTC of the date it is of (of a week: the date its source gives it)."""

    pk = models.CompositePrimaryKey("series_id", "ts")
    series = models.ForeignKey(ObservationSeries, models.CASCADE, related_name="values", db_index=False)
    ts = models.BigIntegerField()
    value = models.FloatField()

    class Meta:
        ordering = ("series", "ts")

    def __str__(self) -> str:
        return f"{self.series_id}@{self.ts}"
