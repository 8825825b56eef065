"""The Record: every F&O signal and I-Score tier change, written once and chained by hashes."""

from typing import Any, ClassVar, NoReturn

from django.db import models

from core.models import AppendOnly


class RecordEntry(models.Model):
    """One line of the Record; `signals.services.record` writes it and says what is hashed.

    ``sequence`` counts from 1 without gaps. ``kind``: dotted, past tense. ``subject``: what it is about, as
    ``NSE:RELIANCE``. ``key``: what it is known by to its writer; the same line is not written twice. ``payload``: the
    canonical JSON text whose bytes are hashed. ``previous_hash``: the hash of the line before, so that a line cannot be
    changed, taken out, put in or moved without all later hashes being wrong.
    """

    sequence = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    at = models.DateTimeField()
    key = models.CharField(max_length=160, unique=True)
    payload = models.TextField()
    previous_hash = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)

    objects = AppendOnly.as_manager()

    class Meta:
        verbose_name_plural = "record entries"
        ordering = ("-sequence",)
        indexes: ClassVar = [
            models.Index(fields=["kind", "-sequence"], name="record_by_kind"),
            models.Index(fields=["subject", "-sequence"], name="record_by_subject"),
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self._refuse()
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError("Lines of the Record are never changed or deleted.")


class RecordHead(models.Model):
    """The end of the Record, one row: writers queue up for it, and it tells when lines are cut off at the end."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"the Record up to #{self.sequence}"
