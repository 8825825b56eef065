"""The Strategies place: one's own, templates, what others share; and the page where a strategy is written.

The pages read and print; whatever changes something is an operation of the API, which their scripts call.
"""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import User
from core import clock
from core.errors import NotFound
from signals.access import access_strategy
from signals.models import Strategy
from signals.pages import strategy_presenters as presenters
from signals.selectors.strategies import strategies_of, versions_of
from signals.services.strategies.catalogue import catalogue
from signals.services.strategies.language import findings_of, read_version, words_of
from signals.services.strategies.last_runs import last_runs
from signals.services.strategies.saving import protected_by
from signals.services.strategies.templates import about, ensure_templates

TABS: Final = (("mine", "Mine"), ("templates", "Templates"), ("public", "Public"))
ACTIVE: Final = (("", "All"), ("true", "Active"), ("false", "Paused"))
PAGE_ROWS: Final = 30
VERSION_ROWS: Final = 100
DEFAULT_UNIVERSE: Final = "nifty_100"
#: Icons that the builder draws itself.
ICONS: Final = ("plus", "close", "trash", "copy", "more", "arrow-up", "arrow-down", "layers", "sliders", "indicator")

#: What an empty page of rules begins with: one rule to change is easier than none.
FIRST_RULES: Final[dict[str, Any]] = {
    "name": "New strategy",
    "description": "",
    "base_model": None,
    "is_active": True,
    "universe": DEFAULT_UNIVERSE,
    "params": {},
    "regime": None,
    "rebalance": "daily",
    "entry_rules": {
        "type": "and",
        "conditions": [
            {"type": "compare", "left": {"type": "indicator", "name": "close"}, "op": ">",
             "right": {"type": "indicator", "name": "sma200"}},
        ],
    },
    "exit_rules": [
        {"name": "below_average", "priority": 0, "ignore_min_hold": False, "exit_price": "close",
         "condition": {"type": "compare", "left": {"type": "indicator", "name": "close"}, "op": "<",
                       "right": {"type": "indicator", "name": "sma50"}}},
    ],
    "addon_rules": {"enabled": False},
    "conviction_scoring": [],
    "select": None,
    "sizing": None,
    "config": {},
}  # fmt: skip


@method_decorator(never_cache, name="dispatch")
class StrategiesPage(LoginRequiredMixin, View):
    """``/strategies/?tab=mine|templates|public&q=&active=true|false&page=2``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        ensure_templates()
        tab = request.GET.get("tab", "mine")
        tab = tab if tab in dict(TABS) else "mine"
        active = request.GET.get("active", "")
        active = active if active in dict(ACTIVE) and tab == "mine" else ""
        q = request.GET.get("q", "").replace("\x00", "").strip()[:120]
        found = listed(request.user, tab, q=q, active=active)
        context = shown_page(request, found, tab) | {
            "place": "strategies", "tab": tab, "q": q, "active": active, "is_filtered": bool(q or active),
            "tabs": tabs(request.user, tab),
            "actives": [{"value": value, "label": label, "current": value == active} for value, label in ACTIVE],
        }  # fmt: skip
        return render(request, "signals/strategies.html", context)


def listed(user: User, tab: str, *, q: str = "", active: str = "") -> QuerySet[Strategy]:
    """Return the strategies of a tab."""
    which: dict[str, bool] = {"templates": {"is_template": True}, "public": {"is_public": True}}.get(tab, {})
    found = strategies_of(user, q=q, is_active={"true": True, "false": False}.get(active), **which)
    return found.select_related("forked_from__strategy")


def tabs(user: User, current: str) -> list[dict[str, Any]]:
    """Return the tabs with how many stand in each."""
    address = reverse("strategies")
    return [
        {"label": label, "count": listed(user, tab).count(), "current": tab == current,
         "url": address if tab == "mine" else f"{address}?tab={tab}"}
        for tab, label in TABS
    ]  # fmt: skip


def shown_page(request: HttpRequest, found: QuerySet[Strategy], tab: str) -> dict[str, Any]:
    """Return a page of cards with the addresses of the pages beside it."""
    total = found.count()
    asked = request.GET.get("page", "1")
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(int(asked), pages) if asked.isdecimal() and 0 < len(asked) < 9 and int(asked) else 1
    rows = list(found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS])
    runs = last_runs(request.user, [row.pk for row in rows])
    cards = [
        presenters.card(row, user_id=request.user.pk, run=runs.get(row.pk), literature=_literature(row)) for row in rows
    ]

    def address(number: int) -> str:
        query = {key: value for key, value in request.GET.items() if key in {"tab", "q", "active"} and value}
        return f"{reverse('strategies')}?{urlencode({**query, 'page': number})}"

    return {
        "cards": cards, "total": total, "page": page, "pages": pages,
        "older": address(page + 1) if page < pages else "", "newer": address(page - 1) if page > 1 else "",
    }  # fmt: skip


def _literature(strategy: Strategy) -> str:
    return str(about(strategy.slug).get("literature", ""))


@method_decorator(never_cache, name="dispatch")
class StrategyPage(LoginRequiredMixin, View):
    """``/strategies/<number or template's name>/``: rules, words, JSON, versions of one strategy."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        if not key.isdecimal():
            ensure_templates()
        try:
            strategy = access_strategy(request.user, key)
        except NotFound as error:
            raise Http404(error.detail) from None
        return render(request, "signals/strategy.html", strategy_context(strategy, request.user))


@method_decorator(never_cache, name="dispatch")
class NewStrategyPage(LoginRequiredMixin, View):
    """``/strategies/new/``: the same page before there is a strategy."""

    def get(self, request: HttpRequest) -> HttpResponse:
        editor = {"id": None, "key": "", "version": 0, "mine": True, "body": FIRST_RULES}
        context = {"place": "strategies", "card": None, "is_mine": True, "title": "New strategy"}
        return render(request, "signals/strategy.html", context | _editor_context(editor))


def strategy_context(strategy: Strategy, user: User) -> dict[str, Any]:
    """Return what the page of a stored strategy prints, and what its script starts from."""
    run = last_runs(user, [strategy.pk]).get(strategy.pk)
    version = strategy.current
    read = read_version(version) if version else None
    card = presenters.card(strategy, user_id=user.pk, run=run, literature=_literature(strategy))
    versions = list(versions_of(strategy)[:VERSION_ROWS])
    editor = {
        "id": strategy.pk, "key": card.key, "version": card.version, "mine": card.is_mine,
        "body": dict(version.body) if version else FIRST_RULES,
        "sentences": words_of(read.rules)["sentences"] if read else {},
        "findings": findings_of(read) if read else [],
    }  # fmt: skip
    return {
        "place": "strategies",
        "card": card,
        "title": card.name,
        "is_mine": card.is_mine,
        "parts": presenters.parts(editor["sentences"]),
        "versions": presenters.version_rows(versions, strategy.current_id),
        "version_count": card.version,
        "users": protected_by(strategy) if card.is_mine else [],
        "grid": presenters.grid(about(strategy.slug).get("sensitivity", {})),
    } | _editor_context(editor)


def _editor_context(editor: dict[str, Any]) -> dict[str, Any]:
    language = catalogue(on=clock.now().astimezone(clock.IST).date())
    return {"editor": editor, "language": language, "default_universe": DEFAULT_UNIVERSE, "icons": ICONS}
