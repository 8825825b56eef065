"""What the frame of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

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


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the rail's places, the disclosure, and whether prices are simulated."""
    return {
        "places": [place for place in map(_place, PLACES) if place],
        "registration": settings.SEBI_REGISTRATION,
        "market_is_simulated": settings.MARKET_PROVIDERS[0] == "simulated",
    }


def _place(row: tuple[str, str, str, str]) -> dict[str, str] | None:
    key, label, name, icon = row
    try:
        return {"key": key, "label": label, "url": reverse(name), "icon": icon}
    except NoReverseMatch:
        return None
