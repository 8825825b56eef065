"""Replays of history through the engine of F&O signals, and the calibrators of live ones. The two never meet."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from signals.models.fno import INDEX

MARKETS = (("real", "real prices"), ("simulated", "simulated or played back prices"))


class FnoReplayRun(models.Model):
    """One replay. ``key`` names everything that decides its outcome, so that running it again adds nothing.

    ``data``: the series it used and left out. ``result``: figures as `signals.services.fno.replay_figures` makes them.
    """

    key = models.CharField(max_length=64, unique=True)
    profile = models.CharField(max_length=12)
    indices = models.JSONField()
    first_day = models.DateField()
    last_day = models.DateField()
    data = models.JSONField()
    result = models.JSONField()
    engine_version = models.CharField(max_length=20)
    params_hash = models.CharField(max_length=16)
    computed_at = models.DateTimeField()

    class Meta:
        ordering = ("-computed_at", "-id")
        verbose_name = "F&O replay"

    def __str__(self) -> str:
        return f"{'+'.join(self.indices)} {self.first_day} to {self.last_day}"


class FnoReplaySignal(models.Model):
    """A signal that would have fired. It is no live signal: nothing here is told, recorded or learned from live.

    ``raw``: score before calibration. ``probability``, ``confidence``: as they would have been published then.
    ``label``: as in `FnoSignal`. ``outcome``, ``r``: of stop and target on the index, before charges; ``cost_r``:
    charges of one lot of the future in R. ``option_net``: rupees a lot of an option priced by a model, null without.
    """

    run = models.ForeignKey(FnoReplayRun, models.CASCADE, related_name="signals")
    index = models.CharField(**INDEX)
    trade_date = models.DateField()
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    trade_direction = models.CharField(max_length=8)
    entry_mode = models.CharField(max_length=12)
    d = models.FloatField()
    q = models.FloatField()
    s = models.FloatField()
    raw = models.FloatField()
    probability = models.FloatField()
    calibrated = models.BooleanField()
    confidence = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=12, blank=True)
    capped = models.BooleanField(default=False)
    spot = models.FloatField()
    distance = models.FloatField()
    label = models.PositiveSmallIntegerField(null=True)
    labelled_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)
    closed_at = models.DateTimeField()
    r = models.FloatField()
    cost_r = models.FloatField()
    option_net = models.FloatField(null=True)
    option_risk = models.FloatField(null=True)
    source = models.CharField(max_length=40)
    params_hash = models.CharField(max_length=16)

    class Meta:
        ordering = ("at", "index")
        verbose_name = "F&O replay signal"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "index", "trade_date", "number"], name="fno_replay_signal_once")
        ]

    def __str__(self) -> str:
        return f"{self.index}-{self.trade_date}-{self.number:03d}"


class FnoCalibrator(models.Model):
    """A weekly fit on live outcomes of a family of indices: one a week, market, family and profile, never changed.

    ``market``: "real", or "simulated" for made or played back prices: neither judges the other. ``family``: indices
    joined by "+". ``profile``: "full" for signals of which everything was known (q = 1), else "partial". ``week``:
    number of its Monday in India; signals of that week and later are judged by it. ``judged`` to ``reliability``: of
    what was said to the signals that it learned from when they fired, null before there are any.
    """

    class Profile(models.TextChoices):
        FULL = "full"
        PARTIAL = "partial"

    market = models.CharField(max_length=10, choices=MARKETS, default="real")
    family = models.CharField(max_length=24)
    profile = models.CharField(max_length=8, choices=Profile.choices)
    week = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    n = models.PositiveIntegerField()
    slope = models.FloatField(default=0.0)
    offset = models.FloatField(default=0.0)
    knots = models.JSONField(default=list)
    judged = models.PositiveIntegerField(default=0)
    base_rate = models.FloatField(null=True)
    brier = models.FloatField(null=True)
    base_brier = models.FloatField(null=True)
    skill = models.FloatField(null=True)
    ece = models.FloatField(null=True)
    reliability = models.JSONField(default=list)
    trained_from = models.DateTimeField(null=True)
    trained_to = models.DateTimeField(null=True)
    fitted_at = models.DateTimeField()

    class Meta:
        ordering = ("-week", "family", "profile")
        verbose_name = "F&O calibrator"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["market", "family", "profile", "week"], name="fno_calibrator_once_a_week")
        ]

    def __str__(self) -> str:
        return f"{self.family}/{self.profile}/{self.week}"


class FnoAlarm(models.Model):
    """A stretch in which confidences of 75 and more came true too seldom: nothing above 74 is published meanwhile."""

    market = models.CharField(max_length=10, choices=MARKETS, default="real")
    family = models.CharField(max_length=24)
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    share = models.JSONField(default=dict)

    class Meta:
        ordering = ("-raised_at",)
        verbose_name = "F&O calibration alarm"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["market", "family"], condition=Q(ended_at__isnull=True), name="fno_alarm_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.raised_at:%Y-%m-%d}"

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("An alarm is never deleted: it explains why confidences were capped.")
