"""What the frame of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from partners.models import Member

#: The seven places of the left rail, in order. A place appears as soon as its page exists.
PLACES = (
    ("market", "Market", "market", "activity"),
    ("signals", "Signals", "signals", "radio"),
    ("strategies", "Strategies", "strategies", "layers"),
    ("model", "Model", "model", "target"),
    ("portfolio", "Portfolio", "portfolio", "briefcase"),
    ("family", "Family", "family", "users"),
    ("settings", "Settings", "settings", "settings"),
)
#: An eighth, for the people of a partner only.
PARTNER = ("partner", "Partner", "partner", "key")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the rail's places, the disclosure, and whether prices are simulated."""
    return {
        "places": [place for place in map(_place, _rows(request)) if place],
        "registration": settings.SEBI_REGISTRATION,
        "market_is_simulated": settings.MARKET_PROVIDERS[0] == "simulated",
    }


def _rows(request: HttpRequest) -> tuple[tuple[str, str, str, str], ...]:
    user = getattr(request, "user", None)  # an error page may come before the session is read
    if (
        user is None
        or not user.is_authenticated
        or not Member.objects.filter(user_id=user.pk, partner__is_active=True).exists()
    ):
        return PLACES
    return (*PLACES[:-1], PARTNER, PLACES[-1])


def _place(row: tuple[str, str, str, str]) -> dict[str, str] | None:
    key, label, name, icon = row
    try:
        return {"key": key, "label": label, "url": reverse(name), "icon": icon}
    except NoReverseMatch:
        return None
