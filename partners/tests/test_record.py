"""Every deed by API key is in the record, with the key, the address and what was done."""

import pytest

from core import clock
from core.models import AuditEntry
from partners.models import Delivery, Partner, Subscription
from partners.services.record import record_of
from partners.tests.test_sending import make_partner
from partners.tests.test_surface import V1, _fresh, client, post  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db

FNO = {"engine": "fno", "symbol": "NIFTY"}


@pytest.fixture
def api():
    return client(make_partner())


@pytest.fixture
def entries():
    """``entries()``: what was recorded of subscriptions and tests since the last look."""
    seen = [0]

    def look():
        rows = AuditEntry.objects.filter(pk__gt=seen[0], action__regex=r"^partner_(subscription|endpoint\.tested)")
        rows = list(rows.order_by("id"))
        seen.extend(row.pk for row in rows)
        seen[0] = max(seen)
        assert all(row.actor.startswith("key:tc_live_") and row.ip == "127.0.0.1" for row in rows)
        return [(row.action.partition("_")[2], row.data) for row in rows]

    return look


def test_a_subscription_by_key_is_recorded(api, entries):
    facts = {"partner": "Acme", "environment": "live", **FNO}
    made = post(api, "/subscriptions", FNO | {"min_confidence": 60}).json()["subscription"]
    assert entries() == [("subscription.created", facts | {"min_confidence": 60})]
    post(api, "/subscriptions", FNO | {"min_confidence": 65, "channels": ["webhook"]})
    assert entries() == [("subscription.changed", facts | {"min_confidence": 65})]  # the channel was so
    path = f"{V1}/subscriptions/{made['id']}"
    api.patch(path, {"is_active": False, "min_confidence": 65}, format="json")
    assert entries() == [("subscription.changed", facts | {"is_active": False})]
    api.patch(path, {"is_active": False}, format="json")
    post(api, "/subscriptions", FNO)
    assert entries() == []  # nothing changed
    Subscription.objects.update(paused_at=clock.now(), is_active=True)
    api.patch(path, {"is_active": True}, format="json")
    assert entries() == [("subscription.changed", facts | {"is_active": True})]  # resumed after a 410
    api.delete(path)
    assert entries() == [("subscription.deleted", facts)]
    assert api.delete(path).status_code == 404
    assert entries() == []


def test_a_test_of_the_receiver_by_key_is_recorded(api, entries):
    assert post(api, "/webhooks/test", {}).status_code == 400  # no address yet
    api.patch(f"{V1}/me", {"webhook_url": "http://127.0.0.1:9/hook"}, format="json")
    assert entries() == []
    assert post(api, "/webhooks/test", {"event": "fno.signal"}).status_code == 202
    assert entries() == [("endpoint.tested", {"partner": "Acme", "environment": "live", "event": "fno.signal"})]
    api.patch(f"{V1}/me", {"webhook_paused": True}, format="json")
    assert post(api, "/webhooks/test", {}).status_code == 409
    assert (entries(), Delivery.objects.count()) == ([], 1)


def test_the_partners_page_says_it_in_words(api):
    post(api, "/subscriptions", FNO)
    line = record_of(Partner.objects.get(), limit=1)[0]
    assert (line.what, line.ip) == ("Subscription made", "127.0.0.1")
    assert line.about.startswith("NIFTY")
    assert line.who.startswith("tc_")
