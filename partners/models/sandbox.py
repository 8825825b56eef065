"""What the engine found on the simulated market, for test keys of a deployment with real prices."""

from typing import ClassVar

from django.core import serializers
from django.db import models

from signals.models import FnoSignal

INDEX_LENGTH = 10


class SandboxScan(models.Model):
    """The newest scan of an index. ``memory``, ``volatilities``: what it leaves to the next; ``analysis``: its word."""

    index = models.CharField(max_length=INDEX_LENGTH, unique=True)
    slot = models.BigIntegerField()
    scanned_at = models.DateTimeField()
    trade_date = models.DateField()
    memory = models.JSONField(default=dict)
    volatilities = models.JSONField(default=dict)
    analysis = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.index} {self.slot}"


class SandboxSignal(models.Model):
    """A signal. ``row``: the columns of `FnoSignal`, of which none is saved, as JSON."""

    trade_code = models.CharField(max_length=40, unique=True)
    index = models.CharField(max_length=INDEX_LENGTH)
    trade_date = models.DateField()
    triggered_at = models.DateTimeField()
    is_live = models.BooleanField(default=True)
    row = models.TextField()

    class Meta:
        ordering = ("-triggered_at", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["index"], condition=models.Q(is_live=True), name="sandbox_signal_one_live_an_index"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["index", "-triggered_at"], name="sandbox_signal_by_index"),
        ]

    def __str__(self) -> str:
        return self.trade_code

    @staticmethod
    def packed(signal: FnoSignal) -> str:
        """Return what ``row`` holds."""
        return serializers.serialize("json", [signal])

    def signal(self) -> FnoSignal:
        """Return the signal, which is not saved."""
        found: FnoSignal = next(iter(serializers.deserialize("json", self.row))).object
        return found
