"""The settings: one place of the rail, seven tabs, each an address of its own.

The pages read and print; whatever changes something is an operation of the API, which their scripts call.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import CASCADE, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.constants import EXPORT_FRESH_FOR
from accounts.models import Broker, OneTimeCode, User
from accounts.pages import presenters
from accounts.selectors import broker_states, roles_of
from accounts.services.agent_keys import agent_key_of
from accounts.services.codes import code_by_link
from accounts.services.credentials import credentials_shown
from accounts.services.preferences import notifications_of
from accounts.services.sessions import sessions_of
from accounts.services.totp import recovery_codes_left, totp_device
from accounts.session_store import stored_key
from core import audit, clock
from core.errors import PlatformError

TABS = (
    ("settings", "Profile"),
    ("settings-security", "Security and sessions"),
    ("settings-brokers", "Broker connections"),
    ("settings-agent", "Trading agent"),
    ("settings-notifications", "Notifications"),
    ("settings-appearance", "Appearance"),
    ("settings-data", "Data"),
)
ACTIVITY_ROWS = 25
#: Rows of the account itself, which the page names in words, and administration's own.
UNCOUNTED = {
    "UserSession", "AgentKey", "BrokerCredential", "BrokerSession", "BrokerLogin", "TotpDevice", "RecoveryCode",
    "NotificationPreference", "LogEntry",
}  # fmt: skip


@method_decorator(never_cache, name="dispatch")
class SettingsPage(LoginRequiredMixin, View):
    """Base of the tabs."""

    tab: str
    template: str

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"place": "settings", "tabs": self._tabs(), "title": dict(TABS)[self.tab]}
        return render(request, self.template, context | self.context(request, request.user))

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        """Return what the tab prints."""
        return {}

    def _tabs(self) -> list[dict[str, Any]]:
        return [{"label": label, "url": reverse(name), "current": name == self.tab} for name, label in TABS]


class ProfilePage(SettingsPage):
    """Name, address, roles."""

    tab, template = "settings", "accounts/settings/profile.html"

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        roles = ["Administrator" if role == "admin" else "User" for role in roles_of(user)]
        return {"roles": ", ".join(roles), "welcome": "welcome" in request.GET, "dev_mail": settings.DEV_MAIL}


class SecurityPage(SettingsPage):
    """Password, second factor, sessions, activity. ``?before=ID`` shows older activity."""

    tab, template = "settings-security", "accounts/settings/security.html"

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        key = stored_key(request.session.session_key or "")
        sessions = [presenters.session_row(row, key) for row in sessions_of(user, now=clock.now())]
        return {
            "has_password": user.has_usable_password(),
            "device": totp_device(user),
            "codes_left": recovery_codes_left(user),
            "sessions": sessions,
            "others": sum(not row.is_current for row in sessions),
        } | activity_context(request, user)


def activity_context(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return a page of the person's activity, newest first, and where older ones begin."""
    entries = audit.for_user(user)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    found = list(entries[: ACTIVITY_ROWS + 1])
    shown = found[:ACTIVITY_ROWS]
    return {
        "activity": [presenters.activity_row(entry, user.pk) for entry in shown],
        "older": shown[-1].pk if len(found) > ACTIVITY_ROWS else None,
        "is_older_page": bool(before),
    }


class BrokersPage(SettingsPage):
    """Credentials and connections. ``?kite=`` is what became of a trip to Kite's sign-in page."""

    tab, template = "settings-brokers", "accounts/settings/brokers.html"

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        states = broker_states(user, now=clock.now())
        cards = [
            presenters.broker_card(broker, shown=credentials_shown(user=user, broker=broker), state=states[broker])
            for broker in Broker.values
        ]
        outcome = request.GET.get("kite", "")
        callback = settings.PUBLIC_URL + "/api/auth/kite/callback"
        return {"brokers": cards, "outcome": outcome, "callback": callback}


class AgentPage(SettingsPage):
    """The key of the trading agent."""

    tab, template = "settings-agent", "accounts/settings/agent.html"

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        key = agent_key_of(user)
        used = clock.isoformat_z(key.last_used_at) if key and key.last_used_at else ""
        return {"key": key, "last_used": used, "root": settings.PUBLIC_URL + "/api/agent/"}


class NotificationsPage(SettingsPage):
    """What one is told of, and how."""

    tab, template = "settings-notifications", "accounts/settings/notifications.html"

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        return {"rows": presenters.channel_rows(notifications_of(user))}


class AppearancePage(SettingsPage):
    """Theme, density, colours of up and down: kept in the browser."""

    tab, template = "settings-appearance", "accounts/settings/appearance.html"


class DataPage(SettingsPage):
    """Export, and the end of the account. ``token`` is that of a mailed deletion link."""

    tab, template = "settings-data", "accounts/settings/data.html"

    def context(self, request: HttpRequest, user: User) -> dict[str, Any]:
        now = clock.now()
        fresh = user.exported_at is not None and now - user.exported_at <= EXPORT_FRESH_FOR
        token, fault = request.GET.get("token", "")[:200], ""
        if token:
            try:
                row = code_by_link(purpose=OneTimeCode.Purpose.DELETE, token=token, now=now)
                fault = "" if row.email == user.email else "The link is for another account."
            except PlatformError as exc:
                fault = exc.detail
        return {
            "is_exported": fresh,
            "has_password": user.has_usable_password(),
            "goes": presenters.counted(owned_rows(user)),
            "token": "" if fault else token,
            "fault": fault,
        }


def owned_rows(user: User) -> list[tuple[int, str, str]]:
    """Return (count, singular, plural) for each kind of row that goes with the account, of whichever app."""
    rows = []
    for relation in user._meta.related_objects:
        model: type[Model] = relation.related_model
        if model.__name__ in UNCOUNTED or relation.on_delete is not CASCADE:
            continue
        count = model._default_manager.filter(**{relation.field.name: user}).count()
        rows.append((count, str(model._meta.verbose_name), str(model._meta.verbose_name_plural)))
    return rows
