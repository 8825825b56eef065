"""I-Scores of sessions, what was told of them, and the inputs that are not prices or company figures."""

from typing import ClassVar

from django.db import models

from market.models import Instrument


class IScoreSnapshot(models.Model):
    """The I-Score of one stock after one session, from prices of one source.

    ``result``: the whole of it as it is answered. ``changes``: which inputs moved it since the snapshot before.
    ``data_key`` names the state of all inputs it was worked out from; a later state replaces the row.
    """

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="iscores", db_index=False)
    session = models.DateField()
    data_source = models.CharField(max_length=20)
    iscore = models.FloatField(null=True)
    confidence = models.FloatField(null=True)
    tier = models.CharField(max_length=12, blank=True, default="", help_text="Raw tier; empty without a score")
    result = models.JSONField()
    changes = models.JSONField(default=list)
    data_key = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    params_hash = models.CharField(max_length=16)
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = "I-Score"
        ordering = ("-session", "instrument")
        constraints = (
            models.UniqueConstraint(fields=("instrument", "data_source", "session"), name="iscore_once_a_session"),
        )
        indexes: ClassVar = [models.Index(fields=("data_source", "session"), name="iscore_by_session")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.session}: {self.iscore}"


class IScoreStanding(models.Model):
    """What others were last told of a stock's I-Score. ``tier`` leaves a border only 1.5 points beyond it."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="+", db_index=False)
    data_source = models.CharField(max_length=20)
    session = models.DateField()
    iscore = models.FloatField(null=True)
    tier = models.CharField(max_length=12, blank=True, default="")
    told_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("instrument", "data_source"), name="iscore_standing_once"),)

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.tier} since {self.session}"


class NewsArticle(models.Model):
    """One headline about one company. ``tone`` and ``event`` are worked out from its words when it is stored."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="news", db_index=False)
    published_at = models.DateTimeField()
    headline = models.CharField(max_length=400)
    url = models.CharField(max_length=600, blank=True, default="")
    publisher = models.CharField(max_length=80, blank=True, default="")
    source = models.CharField(max_length=20, help_text="import, feed")
    relevance = models.FloatField(default=1.0)
    tone = models.FloatField()
    event = models.CharField(max_length=30, blank=True, default="")
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-published_at",)
        constraints = (
            models.UniqueConstraint(fields=("instrument", "published_at", "headline"), name="news_article_once"),
        )

    def __str__(self) -> str:
        return self.headline


class DailyCount(models.Model):
    """A number of one day about a company that is neither price nor volume: page views, percent delivered.

    ``kind``: ``page_views`` or ``delivery_pct``. ``source``: whose number it is.
    """

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    day = models.DateField()
    value = models.FloatField()
    source = models.CharField(max_length=20)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("instrument", "kind", "source", "day"), name="daily_count_once"),
        )
        indexes: ClassVar = [models.Index(fields=("kind", "day"), name="daily_count_by_day")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.kind} {self.day}: {self.value:g}"


class IScoreValidation(models.Model):
    """How past I-Scores related to the returns that followed, as `manage.py iscore_validation` found it."""

    universe = models.CharField(max_length=40)
    data_source = models.CharField(max_length=20)
    first_session = models.DateField()
    last_session = models.DateField()
    months = models.PositiveIntegerField()
    result = models.JSONField()
    engine_version = models.CharField(max_length=20)
    params_hash = models.CharField(max_length=16)
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name = "I-Score validation"
        ordering = ("-computed_at",)

    def __str__(self) -> str:
        return f"{self.universe} {self.first_session} to {self.last_session}"
