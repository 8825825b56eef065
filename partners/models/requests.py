"""What is remembered of requests: answers that may be asked for again, and how many there were."""

from typing import ClassVar

from django.db import models

from partners.constants import Environment
from partners.models.keys import ApiKey
from partners.models.partners import Partner


class IdempotentAnswer(models.Model):
    """The answer to a POST with an ``Idempotency-Key``, for a day. ``status`` None: the first request is still being
    answered.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    environment = models.CharField(max_length=4, choices=Environment.choices)
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64, help_text="Of method, path and body")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "environment", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"answer to {self.key}"


class Usage(models.Model):
    """Requests of one key on one day (IST)."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    accepted = models.PositiveBigIntegerField(default=0)
    limited = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "usage"
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "day"], name="usage_once_per_day")]

    def __str__(self) -> str:
        return f"{self.key} on {self.day}: {self.accepted}"
