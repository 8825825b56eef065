"""The record of prices: series of candles, one for each instrument, interval, source and basis."""

from django.db import models
from django.db.models import F, Q

from market.constants import Basis, Interval, Source
from market.models.instruments import Instrument


class CandleSeries(models.Model):
    """What makes candles comparable: same instrument, interval, source (and its name), same basis.

    ``origin`` tells imports of one kind apart (``--source NAME``). First and last bar and the number of bars are kept
    by the writer, so that choosing a source costs no scan.
    """

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="series")
    interval = models.CharField(max_length=8, choices=Interval.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    origin = models.CharField(max_length=40, blank=True)
    basis = models.CharField(max_length=8, choices=Basis.choices, default=Basis.RAW)
    first_ts = models.BigIntegerField(null=True)
    last_ts = models.BigIntegerField(null=True)
    bars = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "candle series"
        ordering = ("instrument", "interval", "source")
        constraints = (
            models.UniqueConstraint(
                fields=("instrument", "interval", "source", "origin", "basis"), name="candle_series_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.interval} {self.source} {self.basis}"


class Candle(models.Model):
    """One bar. ``ts`` is its start in seconds since 1970-01-01 UTC; a day bar's is midnight UTC of its trade date.

    Prices are market observations, so float64; volume is in units (shares), null where the source has none.
    """

    pk = models.CompositePrimaryKey("series_id", "ts")
    series = models.ForeignKey(CandleSeries, models.CASCADE, related_name="candles", db_index=False)
    ts = models.BigIntegerField()
    open = models.FloatField()
    high = models.FloatField()
    low = models.FloatField()
    close = models.FloatField()
    volume = models.BigIntegerField(null=True)
    oi = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("series", "ts")
        constraints = (
            models.CheckConstraint(
                condition=Q(low__gt=0)
                & Q(high__gte=F("open"))
                & Q(high__gte=F("close"))
                & Q(low__lte=F("open"))
                & Q(low__lte=F("close")),
                name="candle_is_possible",
            ),
        )

    def __str__(self) -> str:
        return f"{self.series_id}@{self.ts}"
