"""The console: its operations for a partner's people, its pages, nothing for anybody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from core.models import AuditEntry
from partners.constants import Environment
from partners.lifecycle import State
from partners.models import ApiKey, Attempt, Delivery, Endpoint, Member, Partner, Subscription
from partners.services.health import endpoint_pause
from partners.services.keys import key_check
from partners.services.partners import partner_create
from partners.services.secrets import endpoint_of, secret_of
from partners.services.subscriptions import subscription_put
from partners.services.testing import test_event
from partners.tests.test_surface import _fresh  # noqa: F401 - fixture
from tests.flows.pocket import make_universe

pytestmark = pytest.mark.django_db

API = "/api/partner-console"
PAGES = (
    "partner", "partner-keys", "partner-subscriptions", "partner-deliveries", "partner-webhook", "partner-try",
)  # fmt: skip


@pytest.fixture
def partner(user):
    made = partner_create(name="Acme", actor="test", now=clock.now()).partner
    Member.objects.create(partner=made, user=user, created_at=clock.now())
    return made


@pytest.fixture
def member(partner, signed_in) -> Client:
    return signed_in


def call(client, method, path, body=None, status=200):
    answer = getattr(client, method)(f"{API}{path}", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def failed_attempt(partner, environment=Environment.LIVE):
    row = test_event(partner=partner, environment=environment, event="ping", actor="test", now=clock.now())
    Delivery.objects.filter(pk=row.pk).update(status=State.FAILED.value, next_attempt_at=None)
    return Attempt.objects.create(
        delivery=row, number=1, status=State.FAILED.value, http_status=500, error="It answered 500.", url="http://x/",
        request_headers={"X-TC-Event": "ping"}, answer="<b>no</b>", created_at=clock.now(),
    )  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("environment", ["live", "test"])
def test_pages(member, partner, name, environment):
    now = clock.now()
    subscription_put(
        partner=partner, environment=environment, engine="fno", symbol="NIFTY", given={}, actor="test", now=now
    )
    failed_attempt(partner, environment)
    page = member.get(reverse(name), {"environment": environment})
    assert page.status_code == 200
    text = page.content.decode()
    assert "Acme" in text
    assert "<b>no</b>" not in text
    assert "no-cache" in page["Cache-Control"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_for_the_partners_people(client, partner, other_user, name):
    assert client.get(reverse(name)).status_code == 302
    client.force_login(other_user)
    assert client.get(reverse(name)).status_code == 404
    assert "/partner/" not in client.get(reverse("settings")).content.decode()


def test_the_place_is_in_the_rail_of_its_people(member):
    assert 'data-place="partner"' in member.get(reverse("settings")).content.decode()


def test_strangers_are_told_that_there_is_nothing(client, partner, other_user):
    assert client.get(API).status_code == 401
    client.force_login(other_user)
    for path in ("", "/keys", "/subscriptions", "/deliveries", "/webhook"):
        assert client.get(f"{API}{path}").status_code == 404
    assert client.get(f"{API}?partner={partner.pk}").status_code == 404


def test_the_overview_warns_in_words(member, partner):
    found = call(member, "get", "")
    assert (found["partner"]["plan"], found["environment"], len(found["keys"])) == ("default", "live", 1)
    assert found["warnings"] == []
    subscription_put(
        partner=partner, environment="live", engine="fno", symbol="NIFTY", given={}, actor="test", now=clock.now()
    )
    endpoint_pause(
        endpoint=endpoint_of(partner, "live"), actor="system", reason="Nothing but failures.", now=clock.now()
    )
    words = " ".join(call(member, "get", "")["warnings"])
    assert "paused: Nothing but failures." in words
    assert "One subscription has no webhook address" in words
    assert "Nothing has come since; what comes is kept." in words
    assert "No key works" in " ".join(call(member, "get", "?environment=test")["warnings"])


def test_keys_are_made_rotated_and_revoked_by_a_named_person(member, partner, user):
    first = ApiKey.objects.get(partner=partner)
    made = call(member, "post", "/keys", {"overlap_hours": 24, "label": "web"}, 201)
    assert key_check(text=made["key"], now=clock.now()) is not None
    first.refresh_from_db()
    assert first.expires_at is not None
    rows = call(member, "get", "/keys")
    assert [row["prefix"] for row in rows] == [made["prefix"], first.prefix]
    assert "key" not in rows[0]
    assert call(member, "delete", f"/keys/{made['id']}") == {"deleted": True}
    assert key_check(text=made["key"], now=clock.now()) is None
    actors = set(AuditEntry.objects.filter(action__startswith="partner_key.").values_list("actor", flat=True))
    assert f"user:{user.pk}" in actors
    test = call(member, "post", "/keys?environment=test", {}, 201)
    assert test["key"].startswith("tc_test_")
    assert call(member, "post", "/keys", {"overlap_hours": -1}, 422)["errors"][0]["loc"] == ["overlap_hours"]


def test_subscriptions(member, partner, user):
    make_universe("nifty_100")
    row = call(member, "post", "/subscriptions", {"engine": "fno", "symbol": "nifty", "min_confidence": 60}, 201)
    assert (row["symbol"], row["min_confidence"]) == ("NIFTY", 60)
    call(member, "post", "/subscriptions", {"engine": "fno", "symbol": "NIFTY"})
    call(member, "post", "/subscriptions", {"engine": "iscore", "symbol": "NOBODY1"}, 400)
    one = f"/subscriptions/{row['id']}"
    assert call(member, "patch", one, {"is_active": False})["is_active"] is False
    assert call(member, "get", one)["is_active"] is False
    assert len(call(member, "get", "/subscriptions")) == 1
    assert call(member, "get", "/subscriptions?environment=test") == []
    call(member, "delete", one)
    assert not Subscription.objects.exists()
    done = AuditEntry.objects.filter(action__startswith="partner_subscription.", actor=f"user:{user.pk}")
    assert set(done.values_list("action", flat=True)) == {
        "partner_subscription.created", "partner_subscription.changed", "partner_subscription.deleted",
    }  # fmt: skip


def test_deliveries_are_filtered_and_resent(member, partner):
    attempt = failed_attempt(partner)
    failed_attempt(partner)
    failed_attempt(partner, Environment.TEST)
    answer = member.get(f"{API}/deliveries?status=failed&limit=1")
    assert (len(answer.json()), answer["X-Total-Count"]) == (1, "2")
    assert answer.json()[0]["request_headers"] == {"X-TC-Event": "ping"}
    assert call(member, "get", "/deliveries?engine=fno") == []
    assert call(member, "post", f"/deliveries/{attempt.delivery_id}/resend", None, 202)["status"] == "pending"
    assert call(member, "post", "/deliveries/resend-failed", {"since": "2020-01-01T00:00:00Z"}, 202) == {"count": 1}
    assert Delivery.objects.filter(status="pending", environment="live").count() == 2
    page = member.get(reverse("partner-deliveries"), {"status": "delivered"}).content.decode()
    assert "No attempt matches" in page


def test_the_webhook(member, partner, user):
    call(member, "post", "/webhook/test", {"event": "ping"}, 400)
    found = call(member, "patch", "/webhook", {"webhook_url": "http://127.0.0.1:9/", "retry_policy": "extended"})
    assert (found["webhook_url"], found["retry_policy"]) == ("http://127.0.0.1:9/", "extended")
    call(member, "patch", "/webhook", {"webhook_url": "https://10.0.0.1/"}, 400)
    before = secret_of(Endpoint.objects.get(partner=partner, environment="live"))
    rotated = call(member, "post", "/webhook/secret", None, 201)
    assert rotated["webhook_secret"].startswith("whsec_")
    assert rotated["webhook_secret"] != before
    assert rotated["old_secret_until"] is not None
    assert "webhook_secret" not in call(member, "get", "/webhook")
    for event in ("ping", "fno.signal", "iscore.update"):
        assert call(member, "post", "/webhook/test", {"event": event}, 202)["event"] == event
    endpoint_pause(endpoint=endpoint_of(partner, "live"), actor="system", reason="Gone.", now=clock.now())
    assert call(member, "post", "/webhook/resume", None)["webhook_paused_at"] is None
    actions = set(AuditEntry.objects.filter(actor=f"user:{user.pk}").values_list("action", flat=True))
    assert actions >= {
        "partner_endpoint.changed", "partner_secret.rotated", "partner_endpoint.tested", "partner_endpoint.resumed",
    }  # fmt: skip


def test_a_person_of_two_partners_chooses(member, partner, user):
    other = partner_create(name="Zenith", actor="test", now=clock.now()).partner
    Member.objects.create(partner=other, user=user, created_at=clock.now())
    assert call(member, "get", "")["partner"]["name"] == "Acme"
    assert call(member, "get", f"?partner={other.pk}")["partner"]["name"] == "Zenith"
    page = member.get(reverse("partner"), {"partner": other.pk}).content.decode()
    assert "<h1>Zenith</h1>" in page
    assert f"partner={other.pk}" in page


def test_the_end_of_a_key_is_warned_of_in_indian_time(member, partner):
    call(member, "post", "/keys", {"overlap_hours": 24}, 201)
    key = ApiKey.objects.exclude(expires_at=None).get(partner=partner)
    key.expires_at = clock.now().replace(hour=20, minute=0) + timedelta(days=1)
    key.save()
    words = " ".join(call(member, "get", "")["warnings"])
    assert "01:30 IST. Change to its successor." in words


def test_the_pages_speak_of_the_console_and_not_of_the_api(member, partner):
    given = {"channels": ["webhook", "email"]}
    row, _ = subscription_put(
        partner=partner, environment="live", engine="fno", symbol="NIFTY", given=given, actor="test", now=clock.now()
    )
    Partner.objects.update(contact_email="")
    type(row).objects.update(paused_at=clock.now())
    page = member.get("/partner/subscriptions/").content.decode()
    for words in ("set it under Webhook", "Resume it when the receiver is back", "no contact address to mail to"):
        assert words in page, words
    for words in ("PATCH /me", "webhook_url", "is_active:", "contact_email"):
        assert words not in page, words
    assert page.count('name="channels" value="email" data-list checked') == 1
    assert "NIFTY (F&amp;O signals)" in member.get("/partner/deliveries/").content.decode()
