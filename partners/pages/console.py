"""The Partner place: what a partner's people see of their connection. Pages read; deeds are operations of the API."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from core import clock
from core.clock import isoformat_z
from core.errors import NotFound
from partners.access import partner_of
from partners.constants import INDICES, KEPT, RETRY_WAITS, Engine, Environment, RetryPolicy
from partners.lifecycle import State
from partners.models import ApiKey, Attempt, Member, Partner, Subscription
from partners.pages.words import CHANNELS, ENGINES, STATES, event_words, policy_words
from partners.selectors import usage_by_day
from partners.services.console import overview_of
from partners.services.deliveries import attempts_of
from partners.services.keys import LIVE_MAX
from partners.services.secrets import endpoint_of
from partners.services.subscriptions import warnings_of
from partners.services.testing import EVENTS

TABS: Final = (
    ("partner", "Overview"), ("partner-keys", "Keys"), ("partner-subscriptions", "Subscriptions"),
    ("partner-deliveries", "Deliveries"), ("partner-webhook", "Webhook"), ("partner-try", "Try it"),
)  # fmt: skip
PAGE_ROWS: Final = 50
USAGE_DAYS: Final = 14
#: As many digits of a number are read as make it larger than any id.
_DIGITS: Final = 20


@method_decorator(never_cache, name="dispatch")
class ConsolePage(LoginRequiredMixin, View, ABC):
    """A page of the console, ``?environment=live|test&partner=ID``. A stranger finds nothing there."""

    name: ClassVar[str]
    template: ClassVar[str]
    #: Which console this is, for every link and call of the page.
    query: dict[str, str]

    def get(self, request: HttpRequest) -> HttpResponse:
        number = request.GET.get("partner", "")
        try:
            partner = partner_of(request.user, int(number[:_DIGITS]) if number.isdecimal() else None)
        except NotFound:
            raise Http404 from None
        environment = request.GET.get("environment", Environment.LIVE)
        environment = environment if environment in Environment.values else Environment.LIVE.value
        frame = self._frame(request, partner, environment)
        return render(request, self.template, frame | self.context(request, partner, environment))

    def _frame(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        memberships = Member.objects.filter(user=request.user, partner__is_active=True).select_related("partner")
        partners = [row.partner for row in memberships.order_by("id")]
        self.query = query = {"environment": environment}
        if len(partners) > 1:
            query["partner"] = str(partner.pk)
        return {
            "place": "partner",
            "partner": partner,
            "partners": [
                {"name": row.name, "current": row == partner, "url": _url(self.name, query | {"partner": str(row.pk)})}
                for row in partners
            ],
            "environment": environment,
            "environments": [
                {"label": label, "current": name == environment, "url": _url(self.name, query | {"environment": name})}
                for name, label in Environment.choices
            ],
            "tabs": [{"label": label, "url": _url(name, query), "current": name == self.name} for name, label in TABS],
            "query": urlencode(query),
        }

    @abstractmethod
    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        """Return what the page shows."""


def _url(name: str, query: dict[str, str]) -> str:
    shown = {key: value for key, value in query.items() if (key, value) != ("environment", Environment.LIVE.value)}
    return reverse(name) + (f"?{urlencode(shown)}" if shown else "")


class OverviewPage(ConsolePage):
    name = "partner"
    template = "partners/overview.html"

    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        now = clock.now()
        found = overview_of(partner, environment, now=now)
        days = [row for row in usage_by_day(partner, days=USAGE_DAYS, now=now) if row["environment"] == environment]
        latest = attempts_of(partner, environment)[:5]
        return {
            "overview": found,
            "used_pct": min(100.0, 100.0 * found.busiest / partner.rate_limit_per_minute),
            "share_pct": None if found.health.share_delivered is None else 100.0 * found.health.share_delivered,
            "days": days,
            "latest": [_attempt(row) for row in latest],
            "subscriptions": Subscription.objects.filter(partner=partner, environment=environment).count(),
        }


class KeysPage(ConsolePage):
    name = "partner-keys"
    template = "partners/keys.html"

    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        now = clock.now()
        rows = ApiKey.objects.filter(partner=partner, environment=environment)
        keys = [_key(row, now) for row in rows[:200]]
        return {"keys": keys, "live": sum(row["works"] for row in keys), "keys_most": LIVE_MAX}


def _key(row: ApiKey, now: datetime) -> dict[str, Any]:
    ended = row.expires_at is not None and row.expires_at <= now
    state = ("revoked", "down") if row.revoked_at else ("ended", "") if ended else ("works", "up")
    if state[0] == "works" and row.expires_at is not None:
        state = ("ends soon", "warning")
    return {
        "row": row, "works": state[0] in ("works", "ends soon"), "state": state[0], "kind": state[1],
        "last_used": instant(row.last_used_at),
    }  # fmt: skip


class SubscriptionsPage(ConsolePage):
    name = "partner-subscriptions"
    template = "partners/subscriptions.html"

    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        rows = Subscription.objects.filter(partner=partner, environment=environment).select_related("partner")
        shown = [
            {
                "row": row, "is_fno": row.engine == Engine.FNO, "last_fired": instant(row.last_fired_at),
                "warnings": warnings_of(row, at_console=True), "state": _state_of(row),
            }
            for row in rows
        ]  # fmt: skip
        return {"subscriptions": shown, "indices": INDICES, "channels": CHANNELS}


def _state_of(row: Subscription) -> dict[str, str]:
    if row.paused_at is not None:
        return {"label": "Paused by 410", "kind": "danger"}
    return {"label": "Active", "kind": "up"} if row.is_active else {"label": "Paused", "kind": "warning"}


class DeliveriesPage(ConsolePage):
    """``&engine=&status=&subscription_id=&page=``: the attempts, newest first."""

    name = "partner-deliveries"
    template = "partners/deliveries.html"

    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        given, page = request.GET, _number(request.GET.get("page", ""), 1)
        engine = given.get("engine", "") if given.get("engine", "") in Engine.values else ""
        status = given.get("status", "") if given.get("status", "") in STATES else ""
        number = given.get("subscription_id", "")
        subscription = int(number) if number.isdecimal() and len(number) < 19 else None
        rows = attempts_of(partner, environment, engine=engine, status=status, subscription_id=subscription)
        start = (page - 1) * PAGE_ROWS
        found = list(rows[start : start + PAGE_ROWS + 1])
        kept = {"engine": engine, "status": status, "subscription_id": subscription or ""}
        query = self.query | {name: str(value) for name, value in kept.items() if value}
        return {
            "attempts": [_attempt(row) for row in found[:PAGE_ROWS]],
            "filters": kept,
            "filtered": any(kept.values()),
            "engines": ENGINES.items(),
            "states": [(name, STATES[name][0]) for name in (s.value for s in State) if name in STATES],
            "kept_days": KEPT.days,
            "newer": _url(self.name, query | {"page": str(page - 1)}) if page > 1 else "",
            "older": _url(self.name, query | {"page": str(page + 1)}) if len(found) > PAGE_ROWS else "",
            "subscription_names": _names(partner, environment, subscription),
        }


def _names(partner: Partner, environment: str, chosen: int | None) -> list[tuple[int, str]]:
    """Return the subscriptions to choose from; a chosen one that was deleted has its number left."""
    rows = Subscription.objects.filter(partner=partner, environment=environment)
    names = {row.pk: f"{row.symbol} ({ENGINES[row.engine]})" for row in rows}
    return list((names if chosen is None else {chosen: f"Subscription {chosen} (deleted)"} | names).items())


def _number(text: str, default: int) -> int:
    return min(int(text), 10_000) if text.isdecimal() and 0 < len(text) < 7 and int(text) > 0 else default


def _attempt(row: Attempt) -> dict[str, Any]:
    label, kind = STATES[row.status]
    body = bytes(row.delivery.body)
    return {
        "row": row, "label": label, "kind": kind, "what": event_words(row.delivery.event),
        "body": body.decode("utf-8", "backslashreplace"), "size": len(body),
        "subject": orjson.loads(body).get("symbol", ""), "waits": row.delivery.next_attempt_at,
    }  # fmt: skip


def instant(moment: datetime | None) -> str:
    """Return an instant for the ages that count on; "" for none."""
    return "" if moment is None else isoformat_z(moment)


class WebhookPage(ConsolePage):
    name = "partner-webhook"
    template = "partners/webhook.html"

    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        endpoint = endpoint_of(partner, environment)
        until = endpoint.old_secret_until
        return {
            "endpoint": endpoint,
            "old_secret_until": until if until is not None and until > clock.now() else None,
            "last_success": instant(endpoint.last_success_at),
            "policies": [(name, label, policy_words(RETRY_WAITS[name])) for name, label in RetryPolicy.choices],
            "events": [(event, event_words(event)) for event in EVENTS],
        }


class TryPage(ConsolePage):
    name = "partner-try"
    template = "partners/try.html"

    def context(self, request: HttpRequest, partner: Partner, environment: str) -> dict[str, Any]:
        return {"root": f"{settings.PUBLIC_URL}/api/partner/v1", "indices": INDICES}
