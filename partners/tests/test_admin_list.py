"""The admin's list of partners: what it says of each, and that it asks as often for two as for twenty."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from partners.constants import Environment
from partners.lifecycle import State
from partners.models import ApiKey, Attempt, Delivery, Partner, Usage
from partners.services.health import endpoint_pause
from partners.services.keys import key_create
from partners.services.partners import partner_create
from partners.services.secrets import endpoint_of
from partners.services.testing import test_event
from partners.services.usage import day_of
from partners.tests.test_admin import admin  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db

LIST = "/admin/partners/partner/"


@pytest.fixture
def partner(db):
    return partner_create(name="Acme", actor="test", now=clock.now()).partner


def tried(partner, environment, status, *, ago=timedelta(hours=1)):
    row = test_event(partner=partner, environment=environment, event="ping", actor="test", now=clock.now())
    Attempt.objects.create(delivery=row, number=1, status=status.value, created_at=clock.now() - ago)
    return row


def used(partner, accepted, limited, *, environment=Environment.LIVE, days_ago=0):
    key = key_create(partner=partner, environment=environment, actor="test", now=clock.now()).row
    day = day_of(clock.now()) - timedelta(days=days_ago)
    Usage.objects.create(key=key, day=day, accepted=accepted, limited=limited)


def cells(admin):  # noqa: F811
    rows = admin.get(LIST).context["cl"].result_list
    made = {row.name: row for row in rows}
    shown = admin.get(LIST).context["cl"].model_admin
    return {name: (shown.last_day(row), shown.today(row)) for name, row in made.items()}


def test_the_list_says_how_live_does_and_how_much_is_asked(admin, partner):  # noqa: F811
    other = partner_create(name="Zenith", actor="test", now=clock.now()).partner
    for status in (State.DELIVERED, State.DELIVERED, State.FAILED):
        tried(partner, Environment.LIVE, status)
    tried(partner, Environment.LIVE, State.DELIVERED, ago=timedelta(hours=25))
    tried(partner, Environment.TEST, State.DELIVERED)
    used(partner, 1200, 3)
    used(partner, 34, 0, environment=Environment.TEST)
    used(partner, 5000, 9, days_ago=1)
    page = admin.get(LIST).content.decode()
    assert "Live deliveries, 24 h" in page
    assert "Requests today (IST)" in page
    assert "1,234, 3 over the limit" in page
    assert cells(admin) == {"Acme": ("2 of 3 arrived", "1,234, 3 over the limit"), "Zenith": ("none", "none")}
    held = tried(other, Environment.LIVE, State.FAILED, ago=timedelta(days=2))
    Delivery.objects.filter(pk=held.pk).update(status=State.HELD.value, next_attempt_at=None)
    endpoint_pause(endpoint=endpoint_of(other, "live"), actor="test", reason="Gone.", now=clock.now())
    assert cells(admin)["Zenith"] == ("paused, 1 kept", "none")


def test_a_longer_list_asks_no_more(admin, partner):  # noqa: F811
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert admin.get(LIST).status_code == 200
        return [query["sql"] for query in found]

    asked()
    before = asked()
    for number in range(12):
        more = partner_create(name=f"More {number}", actor="test", now=clock.now()).partner
        tried(more, Environment.LIVE, State.DELIVERED)
        used(more, 5, 0)
    after = asked()
    assert len(after) == len(before), after
    assert not [sql for sql in after if sql.startswith(('INSERT INTO "partners', 'UPDATE "partners'))]
    assert (Partner.objects.count(), ApiKey.objects.count()) == (13, 25)
