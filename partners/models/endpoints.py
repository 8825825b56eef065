"""Where a partner is told things."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from partners.constants import Environment, RetryPolicy
from partners.models.partners import Partner


class Endpoint(models.Model):
    """A partner's receiver in one environment, with the secret that signs what is sent there.

    ``old_secret_sealed``: former secrets, each with its end; ``old_secret_until``: the last of these.
    ``failing_since``: the first failure after the last success. ``paused_at``: nothing is sent until somebody resumes;
    events are kept. Secrets are sealed for this row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="endpoints")
    environment = models.CharField(max_length=4, choices=Environment.choices)
    url = models.CharField(max_length=2000, blank=True, default="")
    secret_sealed = models.TextField(blank=True, default="", editable=False)
    old_secret_sealed = models.TextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    retry_policy = models.CharField(max_length=10, choices=RetryPolicy.choices, default=RetryPolicy.STANDARD)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "environment"], name="endpoint_one_per_environment"),
            models.CheckConstraint(
                condition=Q(old_secret_sealed="", old_secret_until__isnull=True)
                | (~Q(old_secret_sealed="") & Q(old_secret_until__isnull=False)),
                name="endpoint_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment} endpoint of {self.partner}"
