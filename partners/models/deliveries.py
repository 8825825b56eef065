"""What is sent to partners, and every attempt to send it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from partners.constants import Channel, Engine, Environment
from partners.lifecycle import State
from partners.models.partners import Partner
from partners.models.subscriptions import Subscription


class Delivery(models.Model):
    """One message to one partner by one channel: the outbox row, made in the transaction of what it tells of.

    ``body``: the exact bytes that are signed and sent. ``event_id`` is the same over all attempts. ``sequence``: of the
    subscription, webhooks only; None for a ping. ``subscription_number``: its id, which stays when it is deleted.
    ``planned``: automatic attempts made so far; ``planned_at``: when the next one was due before somebody had the event
    sent at once. ``claim`` tells a worker from the one that took the row over from it; ``lease_until``: when that may
    happen. ``cause``: what made it, unique, so that no cause is told twice.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="deliveries")
    environment = models.CharField(max_length=4, choices=Environment.choices)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries"
    )
    subscription_number = models.BigIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=7, choices=Channel.choices, default=Channel.WEBHOOK)
    event_id = models.CharField(max_length=40)
    event = models.CharField(max_length=20, help_text="fno.signal, iscore.update, ping")
    engine = models.CharField(max_length=6, choices=Engine.choices, blank=True, default="")
    cause = models.CharField(max_length=120, help_text="What this tells of, once per subscription and channel")
    sequence = models.PositiveBigIntegerField(null=True, blank=True)
    body = models.BinaryField()
    status = models.CharField(max_length=9, choices=[(s.value, s.value) for s in State], default=State.PENDING.value)
    planned = models.PositiveSmallIntegerField(default=0)
    is_resend = models.BooleanField(default=False, help_text="The next attempt is not one of the plan")
    planned_at = models.DateTimeField(null=True, blank=True)
    claim = models.PositiveIntegerField(default=0)
    strikes = models.PositiveSmallIntegerField(default=0, help_text="Workers lost while sending since the last answer")
    lease_until = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "environment", "channel", "cause"], name="delivery_once_per_cause"
            ),
            models.UniqueConstraint(
                fields=["subscription", "sequence"],
                condition=Q(sequence__isnull=False),
                name="delivery_sequence_without_doubles",
            ),
            models.CheckConstraint(
                condition=Q(status=State.SENDING.value, lease_until__isnull=False)
                | (~Q(status=State.SENDING.value) & Q(lease_until__isnull=True)),
                name="delivery_leased_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(status=State.PENDING.value, next_attempt_at__isnull=False)
                | (~Q(status=State.PENDING.value) & Q(next_attempt_at__isnull=True)),
                name="delivery_due_while_pending",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=Q(status=State.PENDING.value), name="delivery_due"),
            models.Index(fields=["lease_until"], condition=Q(status=State.SENDING.value), name="delivery_leased"),
            models.Index(fields=["partner", "environment", "-id"], name="delivery_by_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.event_id} to {self.partner_id}: {self.status}"


class Attempt(models.Model):
    """One try, written when its outcome is known. ``status``: what it made of the delivery; ``error``: in words, "" for
    none.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    is_resend = models.BooleanField(default=False, help_text="Asked for by a person, not part of the schedule")
    url = models.CharField(max_length=2000, blank=True, default="")
    status = models.CharField(max_length=9, choices=[(s.value, s.value) for s in State])
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, default="")
    duration_ms = models.PositiveIntegerField(default=0)
    request_headers = models.JSONField(default=dict)
    answer = models.TextField(blank=True, default="", help_text="Beginning of the receiver's answer")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}: {self.status}"
