"""Who has read which text before looking at signals for derivatives."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class FnoAcknowledgement(models.Model):
    """A person has read the risk disclosure of a version; a newer text is shown again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "version"], name="fno_acknowledged_once_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.version}"
