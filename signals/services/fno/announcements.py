"""Announcements that an administrator entered, beside those that the engine ships with."""

from datetime import date

from django.db.models import Max

from signals.models import FnoEvent


def last_entered() -> date | None:
    """Return the day of the last announcement that was entered; None without one."""
    return FnoEvent.objects.aggregate(last=Max("day"))["last"]
