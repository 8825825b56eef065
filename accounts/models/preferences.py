"""What a user wants to be told of."""

from django.conf import settings
from django.db import models


class NotificationPreference(models.Model):
    """One answer: is this kind of news sent over this channel? Without a row the default holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices")
    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=10)
    is_on = models.BooleanField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "kind", "channel"], name="notification_choice_once"),)

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}: {'on' if self.is_on else 'off'}"
