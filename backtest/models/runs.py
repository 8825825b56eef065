"""Finished runs, and how many a person has tried."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from signals.models import Strategy, StrategyVersion


class Run(models.Model):
    """A finished backtest. Nothing in it changes; what its analysis finds stands in `Analysis`.

    ``request``: what was asked, with the strategy's body, so that it can be made again when the strategy is gone.
    ``summary``, ``flags``: for lists. ``document``: the whole result as JSON bytes, compressed after a
    while. ``hash``: equal hashes have equal documents.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="backtest_runs")
    strategy = models.ForeignKey(Strategy, models.SET_NULL, null=True, blank=True, related_name="runs")
    version = models.ForeignKey(StrategyVersion, models.SET_NULL, null=True, blank=True, related_name="runs")
    name = models.CharField(max_length=120)
    universe = models.CharField(max_length=60)
    start_date = models.DateField()
    end_date = models.DateField()
    hash = models.CharField(max_length=64)
    request = models.JSONField()
    summary = models.JSONField()
    flags = models.JSONField(default=list)
    data_source = models.CharField(max_length=20)
    document = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="run_by_owner"),
            models.Index(fields=["owner", "hash"], name="run_by_hash"),
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.universe}"


class Tries(models.Model):
    """How many different backtests a person has tried, deleted ones included: luck grows with them."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="backtest_tries")
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return f"{self.owner_id}: {self.count}"
