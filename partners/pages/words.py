"""States, events and waits in words. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

#: An attempt's outcome: its word and the colour beside it.
STATES: Final = {
    "delivered": ("Delivered", "up"),
    "pending": ("To be tried again", "warning"),
    "failed": ("Failed", "danger"),
    "rejected": ("Refused", "danger"),
    "blocked": ("Address not allowed", "danger"),
    "held": ("Kept", "warning"),
    "sending": ("Being sent", ""),
}
ENGINES: Final = {"fno": "F&O signals", "iscore": "I-Score"}
#: How an alert is told, in words.
CHANNELS: Final = (("webhook", "Webhook"), ("email", "E-mail to the contact"))
_EVENTS: Final = {"fno.signal": "F&O signal", "iscore.update": "I-Score update", "ping": "Ping"}


def event_words(event: str) -> str:
    """Return what an event is called on a page."""
    return _EVENTS.get(event, event)


def wait_words(wait: timedelta) -> str:
    """Return a wait as it is said: 30 s, 5 min, 2 h."""
    seconds = int(wait.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 3600 else f"{seconds // 3600} h"


def policy_words(waits: Sequence[timedelta]) -> str:
    """Return when a delivery that failed is tried again."""
    return f"{len(waits) + 1} attempts in all; waits: " + ", ".join(wait_words(wait) for wait in waits) + "."
