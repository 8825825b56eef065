"""News for the bell of every page: signals that fired and how they ended, and how far somebody has read them."""

from datetime import datetime, timedelta
from typing import Any, Final

from accounts.models import User
from accounts.services.preferences import wants
from core.clock import isoformat_z
from core.models import Event
from core.printed import grouped, signed
from engines.mvla.words import MODES
from signals.models import NoticeMark
from signals.services.fno.emission import EVENT_TRIGGERED
from signals.services.fno.tracking import EVENT_CLOSED

DAYS: Final = timedelta(days=7)
MOST: Final = 30
_WAYS: Final = {"BULLISH": "bullish", "BEARISH": "bearish"}
_ENDS: Final = {
    "TARGET": "target reached",
    "SL": "stopped out",
    "TIME_EXIT": "time was up",
    "EXPIRED": "expired",
}


def notices(user: User, *, now: datetime) -> dict[str, Any]:
    """Return the newest news, newest first, and how many of them are unread; none where the user wants none."""
    if not wants(user, kind="signals", channel="web"):
        return {"is_on": False, "unread": 0, "items": []}
    mark = NoticeMark.objects.filter(user=user).values_list("event_id", flat=True).first() or 0
    items = [_told(event) | {"is_read": event.pk <= mark} for event in _events(now)]
    return {"is_on": True, "unread": sum(not one["is_read"] for one in items), "items": items}


def read(*, user: User, up_to: int | None, now: datetime) -> None:
    """Note that news up to an id, or everything there is by now, is read. What was read stays read."""
    newest = max((event.pk for event in _events(now)), default=0)
    reached = newest if up_to is None else min(up_to, newest)
    mark, is_new = NoticeMark.objects.get_or_create(user=user, defaults={"event_id": reached, "at": now})
    if not is_new:
        NoticeMark.objects.filter(pk=mark.pk, event_id__lt=reached).update(event_id=reached, at=now)


def _events(now: datetime) -> list[Event]:
    found = Event.objects.filter(kind__in=(EVENT_TRIGGERED, EVENT_CLOSED), created_at__gt=now - DAYS)
    return list(found.order_by("-id")[:MOST])


def _told(event: Event) -> dict[str, Any]:
    signal = event.payload
    if event.kind == EVENT_CLOSED:
        result = signal["r_multiple"]
        title = _ENDS.get(signal["outcome"], signal["outcome"].lower())
        text = "No price at the end" if result is None else f"{signed(result, 2)} R before charges"
    else:
        title = f"{_WAYS.get(signal['trade_direction'], '')} signal"
        mode = MODES.get(signal["entry_mode"], signal["entry_mode"])
        text = f"{mode}, confidence {signal['confidence']}, entry {grouped(signal['entry_price'], 2)}"
    return {
        "id": event.pk,
        "title": f"{signal['index']}: {title}",
        "text": text,
        "url": f"/signals/record/?days=all&signal={signal['trade_code']}",
        "at": isoformat_z(event.created_at),
    }
