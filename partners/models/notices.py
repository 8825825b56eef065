"""Mails to partners' contacts that must not be lost."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from partners.constants import Environment
from partners.models.partners import Partner
from partners.models.subscriptions import Subscription


class Notice(models.Model):
    """A mail that something was paused, made in the transaction of the pause.

    ``subscription``: which one; None: the whole webhook. ``due_at``: from when on a worker may send it; None when that
    is done or not to be done. ``tries``: how often one began to; ``sent_at``: when the mail server took it.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    environment = models.CharField(max_length=4, choices=Environment.choices)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="notice_due"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} to {self.partner_id}"
