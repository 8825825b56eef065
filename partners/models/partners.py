"""Firms, and the people who sign in for them."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from partners.constants import REQUESTS_PER_MINUTE, Plan


class Partner(models.Model):
    """A firm that uses the engines. ``is_admin``: its keys may provision other partners."""

    name = models.CharField(max_length=120, unique=True)
    organisation = models.CharField(max_length=120, blank=True, default="")
    intended_use = models.TextField(blank=True, default="")
    contact_email = models.EmailField(max_length=254, blank=True, default="")
    plan = models.CharField(max_length=10, choices=Plan.choices, default=Plan.DEFAULT)
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True, help_text="A partner that is not active has no key that works")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_authenticated(self) -> bool:
        """True: a partner stands where the surface's requests have their user."""
        return True

    @property
    def rate_limit_per_minute(self) -> int:
        """Accepted requests a minute and key."""
        return REQUESTS_PER_MINUTE[self.plan]


class Member(models.Model):
    """A person who sees and runs a partner's console with his own account."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="partner_memberships")
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "user"], name="member_once_per_partner"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} of {self.partner}"
