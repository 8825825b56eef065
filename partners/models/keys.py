"""Keys of the partner surface. Only a salted hash of the secret part is stored."""

from typing import ClassVar

from django.db import models

from partners.constants import Environment
from partners.models.partners import Partner


class ApiKey(models.Model):
    """A key ``tc_live_<public id>_<secret>`` or ``tc_test_…``.

    ``expires_at``: set when another key takes its place. ``label``: for people. A key works until it expires or is
    revoked, whichever is first, and while its partner is active.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="keys")
    environment = models.CharField(max_length=4, choices=Environment.choices)
    label = models.CharField(max_length=60, blank=True, default="")
    public_id = models.CharField(max_length=16, unique=True, editable=False)
    salt = models.CharField(max_length=32, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["partner", "environment", "-id"], name="api_key_by_partner")]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @property
    def prefix(self) -> str:
        """The part that may be shown."""
        return f"tc_{self.environment}_{self.public_id}"
