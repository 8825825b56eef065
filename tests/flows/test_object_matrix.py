"""Every route that names an object × every identity that is not its owner: nothing is shown, nothing is changed.

The routes are read from the URL configuration, so the matrix grows with every operation that is added; one that is not
described in an app's `object_routes` fails here.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

from accounts.models import User
from accounts.services.agent_keys import agent_key_create
from accounts.tests.support import bearer, fresh_limits, login
from core import clock
from core.api.errors import surface_of
from tests.flows.object_routes import NOBODYS, OBJECTS
from tests.flows.objects import MARKER

__all__ = ["fresh_limits"]
pytestmark = pytest.mark.django_db
METHODS = ("get", "head", "post", "put", "patch", "delete")
IDENTITIES = ("nobody", "stranger", "stranger by token", "stranger by cookie token", "stranger's agent", "own agent")


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Walk the URL configuration."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern


def object_routes() -> dict[str, URLPattern]:
    """Return the routes of API views that have a parameter.

    The partner surface has identities of its own: `partners.tests.test_object_access` walks it.
    """
    return {
        path: pattern
        for path, pattern in routes(get_resolver().url_patterns)
        if "<" in path and _surface(path) not in ("", "partner") and hasattr(pattern.callback, "cls")
    }


def _surface(path: str) -> str:
    surface = surface_of("/" + path.split("<")[0].rstrip("/"))
    return surface.name if surface else ""


ROUTES = object_routes()


def test_every_route_that_names_an_object_is_described() -> None:
    assert set(ROUTES) == set(OBJECTS) | set(NOBODYS)


def address(route: str, kwargs: dict[str, Any], query: dict[str, Any]) -> str:
    """Fill the parameters of a route and add a query."""
    parts = [
        str(kwargs[part.strip("<>").split(":")[-1]]) if part.startswith("<") else part for part in route.split("/")
    ]
    return "/" + "/".join(parts) + (f"?{urlencode(query)}" if query else "")


def client_of(identity: str, owner: User, stranger: User) -> tuple[Client, dict[str, str]]:
    """Return a client of this identity and the headers it sends."""
    client = Client()
    if identity == "stranger":
        client.force_login(stranger)
    elif identity == "stranger by token":
        return client, bearer(login(client, stranger.email, "battery staple"))
    elif identity == "stranger by cookie token":
        client.cookies["access_token_cookie"] = login(client, stranger.email, "battery staple")
    elif "agent" in identity:
        who = owner if identity == "own agent" else stranger
        return client, bearer(agent_key_create(user=who, ip="", now=clock.now()).text)
    return client, {}


def methods_of(pattern: URLPattern) -> list[str]:
    view: type[APIView] = pattern.callback.cls  # type: ignore[attr-defined]
    return [name for name in METHODS if hasattr(view, name) or (name == "head" and hasattr(view, "get"))]


def allowed_statuses(identity: str, route: str) -> set[int]:
    """Return what may be answered: who is not known 401, who is sees nothing there."""
    surface = surface_of("/" + route)
    assert surface is not None
    if surface.name == "user" and identity in ("nobody", "stranger's agent", "own agent"):
        return {401}
    if surface.name == "agent" and identity == "own agent":
        pytest.skip("on the agent surface this is the owner")
    if surface.name == "agent" and identity not in ("stranger's agent", "own agent"):
        return {401}
    return {403} if "/admin/" in route else {404}


@pytest.mark.parametrize("identity", IDENTITIES)
@pytest.mark.parametrize("route", sorted(OBJECTS))
def test_nothing_is_shown_and_nothing_is_changed(user: User, other_user: User, route: str, identity: str) -> None:
    target = OBJECTS[route](user)
    client, headers = client_of(identity, user, other_user)
    before = list(target.rows.order_by("pk").values())
    assert before
    url = address(route, target.kwargs, target.query)
    for method in methods_of(ROUTES[route]):
        call = getattr(client, method)
        body = {} if method in ("get", "head") else {"data": target.body, "content_type": "application/json"}
        answer = call(url, headers=headers, **body)
        assert answer.status_code in allowed_statuses(identity, route), (method, url, answer.content)
        assert MARKER not in answer.content.decode()
        assert user.email not in answer.content.decode()
        assert list(target.rows.order_by("pk").values()) == before, (method, url)


@pytest.mark.parametrize("route", sorted(name for name in OBJECTS if "/admin/" not in name))
def test_a_stranger_cannot_tell_it_from_what_does_not_exist(user: User, other_user: User, route: str) -> None:
    target = OBJECTS[route](user)
    client, headers = client_of("stranger", user, other_user)
    absent = {key: 987_654_321 if str(value).isdecimal() else value for key, value in target.kwargs.items()}
    for method in methods_of(ROUTES[route]):
        body = {} if method in ("get", "head") else {"data": target.body, "content_type": "application/json"}
        answers = [
            getattr(client, method)(url, headers={"x-request-id": "same-request"} | headers, **body)
            for url in (address(route, kwargs, target.query) for kwargs in (target.kwargs, absent))
        ]
        assert answers[0].content == answers[1].content
        assert answers[0].status_code == answers[1].status_code


@pytest.mark.parametrize("route", sorted(name for name in OBJECTS if "/admin/" not in name))
def test_its_owner_reaches_it(user: User, route: str) -> None:
    """Guards the matrix itself: an address that nobody reaches would pass every other test."""
    target = OBJECTS[route](user)
    client = Client()
    client.force_login(user)
    for method in methods_of(ROUTES[route]):
        body = {} if method in ("get", "head") else {"data": target.body, "content_type": "application/json"}
        answer = getattr(client, method)(address(route, target.kwargs, target.query), **body)
        assert answer.status_code in target.reached, (method, answer.content)
