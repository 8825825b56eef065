"""Candlestick and chart patterns: what was found when, and the record that confidence comes from."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from market.models import Instrument

#: Bars that patterns are made of, in the words of the candles' API.
TIMEFRAME: Final = "day"


class PatternScan(models.Model):
    """The newest search for patterns over a universe, on prices of one source.

    ``record``: packed `engines.patterns.record.Record`, from which any symbol's signals are judged. ``data_key`` names
    the state of the prices it was made from; another state replaces the row.
    """

    universe = models.CharField(max_length=60)
    data_source = models.CharField(max_length=20)
    timeframe = models.CharField(max_length=10, default=TIMEFRAME)
    data_key = models.CharField(max_length=200)
    session = models.DateField(help_text="the last session searched")
    symbols = models.PositiveIntegerField()
    record = models.BinaryField()
    engine_version = models.CharField(max_length=20)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("universe", "data_source", "timeframe"), name="pattern_scan_once"),
        )

    def __str__(self) -> str:
        return f"{self.universe} {self.session} ({self.data_source})"


class PatternSignal(models.Model):
    """One pattern that a session's close completed on one instrument.

    ``n``, ``wins``: signals of its kind in the universe that were decided before the session; ``chance``: share of all
    bars after which a trade the same way won. ``confidence``: percent. ``liquidity``: the stock's place among the
    universe by the median of 20 days' traded rupees, 0 to 1. ``score`` orders lists: confidence × liquidity.
    ``points``: [date, price] of the turns a chart pattern is made of. ``outcome`` is empty until it is decided, and
    for patterns without a direction.
    """

    class Direction(models.TextChoices):
        BULLISH = "bullish"
        BEARISH = "bearish"
        NEUTRAL = "neutral"

    class Outcome(models.TextChoices):
        WON = "won"
        LOST = "lost"

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="patterns", db_index=False)
    session = models.DateField()
    pattern = models.CharField(max_length=40)
    timeframe = models.CharField(max_length=10, default=TIMEFRAME)
    data_source = models.CharField(max_length=20)
    universe = models.CharField(max_length=60, help_text="whose record the confidence is taken from")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    confidence = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()
    chance = models.FloatField(null=True)
    close = models.FloatField(help_text="rupees")
    atr = models.FloatField(help_text="rupees")
    volume_ratio = models.FloatField(null=True)
    trend = models.SmallIntegerField()
    liquidity = models.FloatField()
    score = models.FloatField()
    points = models.JSONField(default=list)
    outcome = models.CharField(max_length=4, choices=Outcome.choices, blank=True, default="")
    resolved_on = models.DateField(null=True, blank=True)
    engine_version = models.CharField(max_length=20)
    found_at = models.DateTimeField()

    class Meta:
        ordering = ("-session", "-score", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("instrument", "session", "pattern", "timeframe", "data_source", "universe"),
                name="pattern_signal_once",
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=35, confidence__lte=75), name="pattern_confidence_range"
            ),
            models.CheckConstraint(condition=Q(wins__lte=F("n")), name="pattern_wins_within_n"),
            models.CheckConstraint(
                condition=Q(outcome="", resolved_on__isnull=True) | (~Q(outcome="") & Q(resolved_on__isnull=False)),
                name="pattern_resolved_with_outcome",
            ),
        )
        indexes: ClassVar = [
            models.Index(fields=("data_source", "universe", "session", "-score"), name="pattern_top"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.pattern} {self.session}"
