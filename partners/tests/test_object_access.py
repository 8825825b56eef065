"""Every route of the partner surface that names an object × every credential that is not its owner's."""

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.services.users import user_ensure
from core import clock
from partners.constants import Environment
from partners.lifecycle import State
from partners.models import Attempt, Delivery, Subscription
from partners.services.partners import partner_create
from partners.services.testing import test_event
from partners.tests.test_surface import _fresh, client  # noqa: F401 - fixtures
from tests.flows.objects import MARKER
from tests.flows.test_object_matrix import METHODS, routes

pytestmark = pytest.mark.django_db
PREFIX = "api/partner/v1/"
#: Names no object of a partner.
PUBLIC = {"iscore/<str:symbol>"}


def objects(partner, key):
    """Make one of everything and return each route's parameter and the rows to watch."""
    now = clock.now()
    row = Subscription.objects.create(
        partner=partner, environment=Environment.LIVE, engine="fno", symbol="NIFTY", min_confidence=75,
        channels=["webhook"], created_at=now, updated_at=now,
    )  # fmt: skip
    delivery = test_event(partner=partner, environment=Environment.LIVE, event="ping", actor="test", now=now)
    Delivery.objects.filter(pk=delivery.pk).update(status=State.FAILED.value, next_attempt_at=None)
    Attempt.objects.create(delivery=delivery, number=1, status=State.FAILED.value, error=MARKER, created_at=now)
    return {
        "subscriptions/<int:subscription_id>": (row.pk, Subscription.objects.filter(pk=row.pk)),
        "deliveries/<int:delivery_id>/resend": (delivery.pk, Delivery.objects.filter(pk=delivery.pk)),
        "admin/partners/<int:partner_id>/keys": (partner.pk, partner.keys.all()),
        "admin/keys/<int:key_id>": (key.pk, partner.keys.all()),
    }


def surface():
    return {
        path.removeprefix(PREFIX): pattern
        for path, pattern in routes(get_resolver().url_patterns)
        if path.startswith(PREFIX) and "<" in path
    }


@pytest.fixture
def owner(db):
    return partner_create(name=f"Owner {MARKER}", actor="test", now=clock.now())


def test_every_route_that_names_an_object_is_watched(owner):
    assert set(surface()) == set(objects(owner.partner, owner.key.row)) | PUBLIC


@pytest.mark.parametrize("who", ["stranger", "stranger's test key", "own test key", "a person", "nobody"])
def test_nothing_is_shown_and_nothing_is_changed(owner, who):
    other = partner_create(name="Stranger", actor="test", now=clock.now()).partner
    callers = {
        "stranger": lambda: client(other),
        "stranger's test key": lambda: client(other, Environment.TEST),
        "own test key": lambda: client(owner.partner, Environment.TEST),
        "a person": person,
        "nobody": Client,
    }
    caller = callers[who]()
    for route, (number, rows) in objects(owner.partner, owner.key.row).items():
        before = list(rows.order_by("pk").values())
        view = surface()[route].callback.cls
        address = "/" + PREFIX + "/".join(str(number) if part.startswith("<") else part for part in route.split("/"))
        for method in [name for name in METHODS if hasattr(view, name)]:
            answer = getattr(caller, method)(address, {}, content_type="application/json")
            expected = 401 if who in ("a person", "nobody") else 403 if route.startswith("admin/") else 404
            assert answer.status_code == expected, (method, route, answer.content)
            assert MARKER not in answer.content.decode()
            assert list(rows.order_by("pk").values()) == before


def person():
    user, _ = user_ensure(email="person@example.com", password="long enough 9", is_admin=True)
    found = Client()
    found.force_login(user)
    return found
