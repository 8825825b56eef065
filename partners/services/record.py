"""The record of a partner in words: who did what to its keys, secrets, receivers, people, subscriptions, deliveries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from accounts.models import User
from core.audit import name_of
from core.clock import IST
from core.models import AuditEntry
from partners.models import Delivery, Partner

WORDS: Final = {
    "partner.created": "Partner made",
    "partner.changed": "Profile changed",
    "partner_key.created": "Key made",
    "partner_key.revoked": "Key revoked",
    "partner_secret.rotated": "Webhook secret rotated",
    "partner_endpoint.changed": "Webhook changed",
    "partner_endpoint.paused": "Webhook paused",
    "partner_endpoint.resumed": "Webhook resumed",
    "partner_endpoint.tested": "Test sent",
    "partner_member.added": "Person added",
    "partner_member.removed": "Person removed",
    "partner_subscription.created": "Subscription made",
    "partner_subscription.changed": "Subscription changed",
    "partner_subscription.deleted": "Subscription deleted",
    "partner_subscription.paused": "Subscription paused",
    "partner_delivery.resent": "Delivery sent again",
    "partner_delivery.all_resent": "All that failed sent again",
}
_ACTORS: Final = {"system": "the platform", "command": "manage.py create_partner"}
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,15}Z")
#: What the line says elsewhere already.
_SAID: Final = frozenset({"partner", "reason"})
_NAMES: Final = {"overlap_h": "hours the former keys go on", "url": "address", "is_admin": "may provision partners"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``about``: which key, person, environment, symbol. ``details``: what else is known, by name."""

    at: datetime
    who: str
    ip: str
    what: str
    about: str
    reason: str
    details: list[tuple[str, str]]


def record_of(partner: Partner, *, limit: int) -> list[Entry]:
    """Return the newest entries about a partner and everything it has or had.

    What is still there is found by its name in the record; what was deleted since, by the partner's, which each deed
    writes down.
    """
    keys = {name_of(key): f"{key.prefix}…" for key in partner.keys.all()}
    endpoints = {name_of(row): row.environment for row in partner.endpoints.all()}
    subscriptions = {name_of(row): f"{row.symbol}, {row.environment}" for row in partner.subscriptions.all()}
    abouts = {name_of(partner): "", **keys, **endpoints, **subscriptions}
    mine = Q(object__in=list(abouts)) | Q(action__in=list(WORDS), data__partner=partner.name)
    rows = list(AuditEntry.objects.filter(mine).order_by("-id")[:limit])
    people = _people(rows)
    return [_entry(row, abouts, people) for row in rows]


def delivery_record(delivery: Delivery) -> list[Entry]:
    """Return what people did with one delivery, newest first."""
    rows = list(AuditEntry.objects.filter(object=name_of(delivery)).order_by("-id")[:100])
    return [_entry(row, {}, _people(rows)) for row in rows]


def _people(rows: list[AuditEntry]) -> dict[str, str]:
    numbers = {row.actor.removeprefix("user:") for row in rows if row.actor.startswith("user:")}
    found = User.objects.filter(pk__in=[int(number) for number in numbers if number.isdecimal()])
    return {f"user:{user.pk}": user.email for user in found}


def _entry(row: AuditEntry, abouts: Mapping[str, str], people: Mapping[str, str]) -> Entry:
    data: dict[str, Any] = row.data
    named = data.get("email") or " ".join(str(data[name]) for name in ("symbol", "environment") if name in data)
    about = abouts.get(row.object) or named
    details = [
        (_NAMES.get(name, name.replace("_", " ")), _value(value)) for name, value in data.items() if name not in _SAID
    ]
    return Entry(
        at=row.at,
        who=people.get(row.actor) or _ACTORS.get(row.actor) or row.actor.removeprefix("key:"),
        ip=row.ip,
        what=WORDS.get(row.action, row.action),
        about=about,
        reason=str(data.get("reason", "")),
        details=[(name, value) for name, value in details if value and value not in {about, *re.split("[ ,]+", about)}],
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {_value(inner) or 'none'}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_value(inner) for inner in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(IST):%d %b %Y, %H:%M} IST"
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
