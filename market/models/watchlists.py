"""A person's own lists of symbols."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Watchlist(models.Model):
    """``symbols`` keeps the order the owner gave them, as ``EXCHANGE:SYMBOL`` strings."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="watchlists")
    name = models.CharField(max_length=60)
    symbols = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("owner", "created_at", "id")
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="watchlist_name_once_an_owner"),)

    def __str__(self) -> str:
        return self.name
