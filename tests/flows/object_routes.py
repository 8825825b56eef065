"""Factories of objects for `test_object_matrix`: one for every route below an API prefix that names an object.

A new route that is not described fails the matrix. Apps describe theirs in ``<app>/tests/object_routes.py`` (see
`tests.flows.objects`), which is collected here.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from tests.flows.objects import MARKER, Factory, Target

ROOT = Path(__file__).resolve().parents[2]


def watchlist(owner: Any) -> Target:
    from market.models import Watchlist
    from market.services.watchlists import watchlist_create

    row = watchlist_create(owner=owner, name=MARKER, symbols=[])
    return Target({"watchlist_id": row.pk}, Watchlist.objects.filter(pk=row.pk), {"name": "taken", "symbols": []})


def session(owner: Any) -> Target:
    from accounts.models import UserSession
    from accounts.services.client import Client
    from accounts.services.sessions import SignInFacts
    from accounts.services.tokens import token_issue
    from core import clock

    token_issue(user=owner, facts=SignInFacts("password", False), client=Client("10.9.9.9", MARKER), now=clock.now())
    rows = UserSession.objects.filter(user=owner, device=MARKER)
    return Target({"session_id": rows.get().pk}, rows, {})


def user_for_admins(owner: Any) -> Target:
    owner.name = MARKER
    owner.save()
    rows = type(owner).objects.filter(pk=owner.pk)
    return Target({"user_id": owner.pk}, rows, {"is_admin": True, "is_active": False})


ABOVE_ZERO = {
    "type": "compare", "left": {"type": "indicator", "name": "close"}, "op": ">",
    "right": {"type": "literal", "value": 0},
}  # fmt: skip


def strategy(owner: Any) -> Target:
    from core import clock
    from signals.models import Strategy
    from signals.services.strategies.saving import strategy_create

    row = strategy_create(owner=owner, body={"name": MARKER, "entry_rules": ABOVE_ZERO}, now=clock.now())
    body = {
        "name": "taken", "base_model": "", "entry_rules": ABOVE_ZERO, "exit_rules": [], "addon_rules": {},
        "conviction_scoring": [], "config": {}, "universe": "nifty_100",
    }  # fmt: skip
    return Target({"key": str(row.pk)}, Strategy.objects.filter(pk=row.pk), body)


def strategy_part(body: dict[str, Any] | None = None, query: dict[str, Any] | None = None, *others: int) -> Factory:
    """Return a factory of an address below a strategy's."""

    def make(owner: Any) -> Target:
        made = strategy(owner)
        kwargs = made.kwargs | {"number": 1}
        return Target(kwargs, made.rows, body or {}, query or {}, frozenset({200, 201, *others}))

    return make


OBJECTS: dict[str, Factory] = {
    "api/market/watchlists/<int:watchlist_id>": watchlist,
    "api/auth/sessions/<int:session_id>": session,
    "api/auth/admin/users/<int:user_id>": user_for_admins,
    "api/auth/admin/users/<int:user_id>/sessions": user_for_admins,
    "api/auth/admin/users/<int:user_id>/agent-key": user_for_admins,
    "api/strategies/<str:key>": strategy,
    "api/strategies/<str:key>/fork": strategy_part({"name": "copy"}),
    "api/strategies/<str:key>/share": strategy_part({"is_public": True}),
    "api/strategies/<str:key>/matches": strategy_part({"universe": "nifty_100"}, None, 400),
    "api/strategies/<str:key>/export": strategy_part(),
    "api/strategies/<str:key>/versions": strategy_part(),
    "api/strategies/<str:key>/versions/<int:number>": strategy_part(),
    "api/strategies/<str:key>/diff": strategy_part(None, {"from": 1, "to": 1}),
}

NOBODYS: dict[str, str] = {
    "api/market/universes/<str:name>": "a public list of symbols",
}

for _app in ("market", "portfolio", "signals", "backtest", "family", "partners"):
    if (ROOT / _app / "tests" / "object_routes.py").is_file():
        _module = import_module(f"{_app}.tests.object_routes")
        OBJECTS |= getattr(_module, "OBJECTS", {})
        NOBODYS |= getattr(_module, "NOBODYS", {})
