"""Trading days the database knows beyond the official lists shipped with the product."""

from django.db import models
from django.db.models import F, Q

from market.constants import Exchange


class TradingDay(models.Model):
    """One day of one exchange. Overrides the shipped list: a municipal holiday, a special session, or a day that the
    data itself proved (``source='data'``)."""

    class Kind(models.TextChoices):
        NORMAL = "NORMAL", "normal session"
        SPECIAL = "SPECIAL", "special session"
        SHORT = "SHORT", "short session"
        MUHURAT = "MUHURAT", "Muhurat session"
        HOLIDAY = "HOLIDAY", "holiday"

    exchange = models.CharField(max_length=3, choices=Exchange.choices)
    date = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    open = models.TimeField(null=True, blank=True, help_text="IST")
    close = models.TimeField(null=True, blank=True, help_text="IST")
    note = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ("exchange", "-date")
        constraints = (
            models.UniqueConstraint(fields=("exchange", "date"), name="trading_day_once"),
            models.CheckConstraint(
                condition=Q(open__isnull=True, close__isnull=True) | Q(open__lt=F("close")),
                name="trading_day_opens_before_it_closes",
            ),
        )

    def __str__(self) -> str:
        return f"{self.exchange} {self.date} {self.kind}"
