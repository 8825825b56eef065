"""Rows that keep promises: events to deliver, what was done, which slots ran, which version data has.

None of these is a business model. The functions that write them are in `core.events`, `core.audit`, `core.jobs` and
`core.versions`; nothing else should.
"""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import Q


class Event(models.Model):
    """Something that happened, written in the transaction that made it happen (an outbox)."""

    kind = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    aggregate_type = models.CharField(max_length=100, blank=True, default="")
    aggregate_id = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "id"], name="event_by_kind"),
            models.Index(fields=["created_at"], name="event_by_time"),
            models.Index(fields=["aggregate_type", "aggregate_id", "id"], name="event_by_aggregate"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class EventCursor(models.Model):
    """How far one consumer has come: every event with an id up to ``floor_id`` is settled for it for good.

    Above the floor the rows of `EventConsumption` tell which events are settled; see `core.events` for why an id
    alone would lose events.
    """

    consumer = models.CharField(max_length=100, primary_key=True)
    floor_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.consumer} at {self.floor_id}"


class EventConsumption(models.Model):
    """What one consumer did about one event: the empty target stands for the whole event, others for its parts."""

    class Status(models.TextChoices):
        DONE = "done"
        WAITING = "waiting"  # failed, tried again at retry_at
        DEAD = "dead"  # failed too often, for a person to look at

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="consumptions")
    consumer = models.CharField(max_length=100)
    target = models.CharField(max_length=200, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DONE)
    attempts = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=500, blank=True, default="")
    retry_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "consumer", "target"], name="event_once_per_consumer_and_target"),
            models.CheckConstraint(
                condition=Q(status="waiting", retry_at__isnull=False)
                | (~Q(status="waiting") & Q(retry_at__isnull=True)),
                name="event_retry_only_while_waiting",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["consumer", "event"], name="consumption_by_consumer"),
            models.Index(fields=["consumer"], condition=~Q(status="done"), name="consumption_unfinished"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} {self.status} event {self.event_id}"


class AppendOnly(models.QuerySet[Any]):
    """A queryset that can only add and read. The database refuses changes as well (a trigger, by migration)."""

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError(f"{str(self.model._meta.verbose_name_plural).capitalize()} are never changed or deleted.")

    update = delete = bulk_update = update_or_create = _refuse  # type: ignore[assignment]


class AuditEntry(models.Model):
    """Who did what to which object, when and from where. Written once, never changed."""

    actor = models.CharField(max_length=200, help_text="user:12, key:zt_ab12, system, email:a@b.c")
    action = models.CharField(max_length=100)
    object = models.CharField(max_length=200, blank=True, default="", help_text="signal:9; empty if there is none")
    user_id = models.BigIntegerField(null=True, blank=True, help_text="Whose activity this is part of")
    request_id = models.CharField(max_length=64, blank=True, default="")
    ip = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(fields=["user_id", "-id"], name="audit_by_user"),
            models.Index(fields=["object", "-id"], name="audit_by_object"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Audit entries are never changed or deleted.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries are never changed or deleted.")


class JobSlot(models.Model):
    """One turn of a periodic job. The unique pair makes sure that however many schedulers there are, one runs it."""

    class Status(models.TextChoices):
        STARTED = "started"
        DONE = "done"
        FAILED = "failed"
        SKIPPED = "skipped"

    job = models.CharField(max_length=100)
    slot = models.BigIntegerField(help_text="Number of the interval since 1970-01-01 UTC")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.STARTED)
    attempts = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "slot"], name="job_slot_once"),
            models.CheckConstraint(
                condition=Q(status="started", lease_until__isnull=False, finished_at__isnull=True)
                | (~Q(status="started") & Q(finished_at__isnull=False)),
                name="job_slot_leased_while_started",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["started_at"], name="job_slot_by_time")]

    def __str__(self) -> str:
        return f"{self.job} {self.slot} {self.status}"


class DataVersion(models.Model):
    """A counter that grows whenever the data of that name changes; caches are keyed by it."""

    name = models.CharField(max_length=100, primary_key=True)
    value = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} v{self.value}"
