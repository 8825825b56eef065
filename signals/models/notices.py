"""How far somebody has read the news of signals."""

from django.conf import settings
from django.db import models


class NoticeMark(models.Model):
    """News up to the event of this number are read. Without a row all of the last days are new."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    event_id = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} up to {self.event_id}"
