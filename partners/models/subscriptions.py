"""What a partner wants to be told."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from partners.constants import SYMBOL_LENGTH, Engine, Environment
from partners.models.partners import Partner


class Subscription(models.Model):
    """One symbol or index of one engine.

    ``min_confidence``: of the confidence (F&O) or of the score (I-Score). ``delta_threshold``: points the score must
    move, I-Score only. ``last_sequence``: of the webhook bodies, without gaps. ``told_score``, ``told_tier``: what the
    partner was last told, from which the next change is measured. ``welcome_at``: from when on a worker may tell it the
    present score, which every new subscription is told once; None when that is done, or not to be done. ``paused_at``:
    its receiver said that it is gone (410).
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="subscriptions")
    environment = models.CharField(max_length=4, choices=Environment.choices)
    engine = models.CharField(max_length=6, choices=Engine.choices)
    symbol = models.CharField(max_length=SYMBOL_LENGTH)
    min_confidence = models.PositiveSmallIntegerField()
    delta_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    channels = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    last_sequence = models.PositiveBigIntegerField(default=0, editable=False)
    told_score = models.FloatField(null=True, blank=True, editable=False)
    told_tier = models.CharField(max_length=12, blank=True, default="", editable=False)
    welcome_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_fired_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "environment", "engine", "symbol"], name="subscription_once_per_symbol"
            ),
            models.CheckConstraint(condition=Q(min_confidence__lte=100), name="subscription_confidence_in_range"),
            models.CheckConstraint(
                condition=Q(engine=Engine.ISCORE, delta_threshold__isnull=False)
                | Q(engine=Engine.FNO, delta_threshold__isnull=True),
                name="subscription_delta_is_of_scores",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "engine", "symbol"], name="subscription_by_symbol"),
            models.Index(fields=["welcome_at"], condition=Q(welcome_at__isnull=False), name="subscription_new"),
        ]

    def __str__(self) -> str:
        return f"{self.engine} {self.symbol} of {self.partner} ({self.environment})"
