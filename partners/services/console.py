"""What a partner's people do and see at their console: the services of the partner surface, with a person as actor."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Model

from core.clock import IST
from core.errors import InvalidRequest
from partners.constants import Channel
from partners.models import ApiKey, Delivery, Endpoint, Partner, Subscription, Usage
from partners.selectors import Health, health_of
from partners.services.keys import live_keys
from partners.services.secrets import endpoint_of
from partners.services.testing import test_event
from partners.services.usage import day_of, usage_of

#: A key that ends within this time is warned of.
SOON: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A live key: requests granted today (IST) and in the last sixty seconds, and those refused today."""

    key: ApiKey
    today: int
    this_minute: int
    limited_today: int


@dataclass(frozen=True, slots=True)
class Overview:
    """One environment of a partner at a glance. ``warnings``: sentences, the gravest first."""

    partner: Partner
    environment: str
    endpoint: Endpoint
    health: Health
    keys: list[KeyUse]
    warnings: list[str]

    @property
    def busiest(self) -> int:
        """Requests in the last sixty seconds of the key that made most."""
        return max((row.this_minute for row in self.keys), default=0)

    @property
    def today(self) -> int:
        """Requests granted today to all keys."""
        return sum(row.today for row in self.keys)

    @property
    def limited_today(self) -> int:
        """Requests refused today because of the limit."""
        return sum(row.limited_today for row in self.keys)


def overview_of(partner: Partner, environment: str, *, now: datetime) -> Overview:
    """Return one environment of a partner at a glance."""
    keys = list(live_keys(partner, now=now).filter(environment=environment).select_related("partner"))
    limited = dict(Usage.objects.filter(key__in=keys, day=day_of(now)).values_list("key_id", "limited"))
    used = []
    for key in keys:
        count = usage_of(key=key, now=now)
        used.append(KeyUse(key, count["today"], count["this_minute"], limited.get(key.pk, 0)))
    endpoint, health = endpoint_of(partner, environment), health_of(partner, environment, now=now)
    return Overview(
        partner=partner, environment=environment, endpoint=endpoint, health=health, keys=used,
        warnings=warnings_for(endpoint, health, used, now=now),
    )  # fmt: skip


def warnings_for(endpoint: Endpoint, health: Health, keys: list[KeyUse], *, now: datetime) -> list[str]:
    """Return what is wrong, or soon will be, in sentences with what to do about it."""
    partner, found = endpoint.partner, []
    rows = list(Subscription.objects.filter(partner=partner, environment=endpoint.environment, is_active=True))
    by_hook = [row for row in rows if Channel.WEBHOOK in row.channels]
    if endpoint.paused_at is not None:
        found.append(f"The webhook is paused: {endpoint.pause_reason} {_kept(health.held)} Resume it to send again.")
    elif endpoint.failing_since is not None:
        found.append(
            f"Nothing has arrived at the webhook since {_said(endpoint.failing_since)}. "
            "After five days of nothing but failures it is paused. Look at the deliveries for what it answers."
        )
    if by_hook and not endpoint.url:
        count = "One subscription has" if len(by_hook) == 1 else f"{len(by_hook)} subscriptions have"
        found.append(f"{count} no webhook address to be told at. Set one under Webhook.")
    if gone := [row.symbol for row in by_hook if row.paused_at is not None]:
        found.append(f"The receiver answered 410 (Gone): {', '.join(gone)} paused. Resume under Subscriptions.")
    if any(Channel.EMAIL in row.channels for row in rows) and not partner.contact_email:
        found.append("A subscription mails the contact, but there is no contact address. Ask us to set one.")
    if not keys:
        found.append("No key works in this environment. Make one under Keys.")
    for use in keys:
        if use.key.expires_at is not None and use.key.expires_at <= now + SOON:
            found.append(f"{use.key.prefix}… ends on {_said(use.key.expires_at)}. Change to its successor.")
        if use.limited_today:
            found.append(f"{use.key.prefix}… was refused {_times(use.limited_today)} today: it asked above the limit.")
    return found


def _kept(count: int) -> str:
    if not count:
        return "Nothing has come since; what comes is kept."
    return "One event is kept." if count == 1 else f"{count} events are kept."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(IST):%d %b %Y, %H:%M} IST"


def receiver_test(
    *, partner: Partner, environment: str, event: str, actor: Model | str, now: datetime, ip: str = ""
) -> Delivery:
    """Send a made-up event to the receiver for a person. Raises InvalidRequest without an address."""
    if not endpoint_of(partner, environment).url:
        raise InvalidRequest("There is no webhook address yet. Set one first.")
    return test_event(partner=partner, environment=environment, event=event, actor=actor, now=now, ip=ip)
