"""Who may see what of whom: the one mechanism that families, administrators and support use."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.lifecycle import GrantState


class Scope(models.TextChoices):
    """How much is shown; each includes the ones before."""

    TOTALS = "totals"
    ALLOCATION = "allocation"
    FULL = "full"


class Source(models.TextChoices):
    """Why it is shown."""

    FAMILY = "family"
    ADMIN = "admin"
    SUPPORT = "support"


class Grant(models.Model):
    """``grantor`` lets ``grantee`` see his data up to ``scope`` while the grant is active and its time runs."""

    grantor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants_given")
    grantee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants_held")
    scope = models.CharField(max_length=10, choices=Scope.choices)
    source = models.CharField(max_length=10, choices=Source.choices)
    reference = models.CharField(max_length=60, blank=True, help_text="What it comes from, as in group:7")
    state = models.CharField(max_length=10, choices=GrantState.choices, default=GrantState.OFFERED)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(grantor=F("grantee")), name="grant_between_two_people"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="grant_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["grantor", "grantee", "source", "reference"],
                condition=~Q(state="revoked"),
                name="grant_one_live_per_source",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["grantee", "grantor", "state"], name="grant_by_grantee")]

    def __str__(self) -> str:
        return f"{self.source} grant {self.pk}: {self.scope} of user {self.grantor_id} to user {self.grantee_id}"
