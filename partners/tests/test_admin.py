"""An administrator provisions and looks after a partner."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services.users import user_ensure
from core import clock
from core.clock import IST
from core.models import AuditEntry
from partners.lifecycle import State
from partners.models import ApiKey, Attempt, Delivery, Endpoint, Member, Partner
from partners.services.subscriptions import subscription_delete, subscription_put

pytestmark = pytest.mark.django_db

ADD = "/admin/partners/partner/add/"
FIELDS = {
    "name": "Acme",
    "plan": "pro",
    "environment": "live",
    "contact_email": "desk@example.com",
    "reason": "signed on 4 May",
}


@pytest.fixture
def admin(db):
    user, _ = user_ensure(email="admin@example.com", password="long enough 1", is_admin=True)
    client = Client()
    client.force_login(user)
    return client


def act(admin, partner, deed, **fields):
    return admin.post(reverse("admin:partners_partner_act", args=[partner.pk, deed]), fields, follow=True)


@pytest.fixture
def partner(admin):
    admin.post(ADD, FIELDS)
    return Partner.objects.get()


def test_a_partner_is_provisioned_and_its_key_shown_once(admin):
    page = admin.post(ADD, FIELDS)
    text = page.content.decode()
    keys = re.findall(r"tc_live_[0-9a-f]{12}_[\w-]{43}", text)
    assert page.status_code == 200
    assert len(set(keys)) == 1
    assert "whsec_" in text
    assert "no-store" in page["Cache-Control"]
    partner = Partner.objects.get()
    again = admin.get(reverse("admin:partners_partner_change", args=[partner.pk])).content.decode()
    assert keys[0] not in again
    assert "whsec_" not in again
    entry = AuditEntry.objects.get(action="partner.created")
    assert entry.data["reason"] == "signed on 4 May"
    assert entry.actor.startswith("user:")


def test_the_first_address_is_in_the_record_too(admin):
    admin.post(ADD, FIELDS | {"webhook_url": "https://one.example/"})
    entry = AuditEntry.objects.get(action="partner_endpoint.changed")
    assert (entry.data["url"], entry.data["reason"]) == ("https://one.example/", "signed on 4 May")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": ""}, "required"),
        ({"name": ""}, "required"),
        ({"webhook_url": "https://127.0.0.1/"}, "public"),
        ({"contact_email": "nobody"}, "valid email"),
    ],
)
def test_a_bad_form_makes_nothing(admin, change, words):
    page = admin.post(ADD, FIELDS | change)
    assert words in page.content.decode()
    assert not Partner.objects.exists()


def test_a_name_that_is_taken_is_said(admin, partner):
    assert "called Acme already" in admin.post(ADD, FIELDS).content.decode()
    assert ApiKey.objects.count() == 1


def test_keys_rotate_and_are_revoked(admin, partner):
    page = act(admin, partner, "key", environment="live", overlap_hours="2", reason="yearly")
    assert "tc_live_" in page.content.decode()
    new, old = ApiKey.objects.all()
    assert (new.expires_at, old.expires_at is not None) == (None, True)
    act(admin, partner, "revoke", what=new.pk, reason="leaked")
    new.refresh_from_db()
    assert new.revoked_at is not None
    assert AuditEntry.objects.get(action="partner_key.revoked").data["reason"] == "leaked"


def test_a_deed_without_a_reason_is_not_done(admin, partner):
    page = act(admin, partner, "pause", what="live", reason="")
    assert "required" in page.content.decode()
    assert not Endpoint.objects.filter(paused_at__isnull=False).exists()


def test_pause_resume_and_a_new_secret(admin, partner):
    act(admin, partner, "pause", what="live", reason="maintenance")
    assert Endpoint.objects.get(environment="live").paused_at is not None
    act(admin, partner, "resume", what="live", reason="over")
    assert Endpoint.objects.get(environment="live").paused_at is None
    assert "whsec_" in act(admin, partner, "secret", what="live", reason="yearly").content.decode()


def test_people_of_the_partner(admin, partner):
    stranger = act(admin, partner, "member", email="stranger@example.com", reason="x").content.decode()
    assert "Nobody has an account" in stranger
    user_ensure(email="ravi@example.com", password="long enough 2", is_admin=False)
    act(admin, partner, "member", email="ravi@example.com", reason="")
    assert not Member.objects.exists()
    act(admin, partner, "member", email="ravi@example.com", reason="their developer")
    member = Member.objects.get()
    act(admin, partner, "remove", what=member.pk, reason="left")
    assert not Member.objects.exists()
    told = AuditEntry.objects.filter(action__startswith="partner_member.").order_by("id")
    assert [entry.data["reason"] for entry in told] == ["their developer", "left"]


def test_a_partner_is_switched_off_not_deleted(admin, partner):
    act(admin, partner, "profile", plan="elite", contact_email="", reason="contract ended")
    partner.refresh_from_db()
    assert (partner.is_active, partner.plan) == (False, "elite")
    assert admin.get(f"/admin/partners/partner/{partner.pk}/delete/").status_code == 403


def test_only_administrators_come_in(partner):
    user, _ = user_ensure(email="user@example.com", password="long enough 3", is_admin=False)
    client = Client()
    client.force_login(user)
    assert client.get(ADD).status_code == 302
    assert act(client, partner, "key", environment="live", reason="x").redirect_chain


def test_the_page_has_the_whole_record(admin, partner):
    """Keys, secret, pause, receiver, people, subscriptions; with who and why. Also of what is gone."""
    user_ensure(email="ravi@example.com", password="long enough 2", is_admin=False)
    what = {
        "key": {"environment": "live", "overlap_hours": "1"}, "secret": {"what": "live"}, "pause": {"what": "test"},
        "resume": {"what": "test"}, "member": {"email": "ravi@example.com"},
        "endpoint": {"environment": "live", "webhook_url": "https://one.example/", "retry_policy": "extended"},
        "profile": {"plan": "elite", "contact_email": "", "is_active": "on"},
    }  # fmt: skip
    for deed, fields in what.items():
        act(admin, partner, deed, reason=f"why {deed}", **fields)
    key = ApiKey.objects.first()
    act(admin, partner, "revoke", what=key.pk, reason="why revoke")
    act(admin, partner, "remove", what=Member.objects.get().pk, reason="why remove")
    row, _ = subscription_put(
        partner=partner, environment="live", engine="fno", symbol="NIFTY", given={}, actor="user:1", now=clock.now()
    )
    subscription_delete(subscription=row, actor="user:1", now=clock.now())
    page = admin.get(reverse("admin:partners_partner_change", args=[partner.pk])).content.decode()
    record = page[page.index('id="record"') :]
    for deed in (*what, "revoke", "remove"):
        assert f"why {deed}" in record, deed
    for words in (
        "Partner made", "admin@example.com", f"Key revoked: {key.prefix}", "Subscription deleted: NIFTY live",
        "https://one.example/", "Person removed: ravi@example.com", "IST",
    ):  # fmt: skip
        assert words in record, words
    assert record.count("<tr>") == 1 + AuditEntry.objects.filter(action__startswith="partner").count()


@pytest.fixture
def tried(partner):
    """A delivery of which one attempt failed."""
    now = clock.now()
    body = '{"event":"ping","note":"₹ <b>"}'.encode()
    delivery = Delivery.objects.create(
        partner=partner, environment="live", event_id="evt_1", event="ping", cause="test:1", body=body,
        status=State.FAILED.value, created_at=now,
    )  # fmt: skip
    Attempt.objects.create(
        delivery=delivery, number=1, url="https://one.example/", status=State.FAILED.value, http_status=503,
        error="The receiver answered 503 (Service Unavailable).", duration_ms=41, answer="<i>down</i>",
        request_headers={"webhook-id": "evt_1"}, created_at=now,
    )  # fmt: skip
    return delivery


def test_a_delivery_has_a_page_with_all_that_was_sent_and_came_back(admin, tried):
    page = admin.get(reverse("admin:partners_delivery_change", args=[tried.pk])).content.decode()
    for words in (
        "{&quot;event&quot;:&quot;ping&quot;,&quot;note&quot;:&quot;₹ &lt;b&gt;&quot;}", "33 bytes", "41 ms", "IST",
        "webhook-id: evt_1", "https://one.example/", "503 (Service Unavailable)", "&lt;i&gt;down",
    ):  # fmt: skip
        assert words in page, words
    partner_page = admin.get(reverse("admin:partners_partner_change", args=[tried.partner_id])).content.decode()
    assert reverse("admin:partners_delivery_change", args=[tried.pk]) in partner_page
    for number in ("99999", "abc", "9" * 40):
        assert "doesn’t exist" in admin.get(f"/admin/partners/delivery/{number}/change/", follow=True).content.decode()


def test_a_delivery_is_sent_again_for_a_reason(admin, tried):
    resend = reverse("admin:partners_delivery_resend", args=[tried.pk])
    assert "required" in admin.post(resend, {"reason": ""}, follow=True).content.decode()
    tried.refresh_from_db()
    assert tried.status == State.FAILED
    page = admin.post(resend, {"reason": "they are back"}, follow=True).content.decode()
    assert "sent again" in page
    assert "they are back" in page
    tried.refresh_from_db()
    assert (tried.status, tried.is_resend) == (State.PENDING, True)
    entry = AuditEntry.objects.get(action="partner_delivery.resent")
    assert (entry.data["reason"], entry.ip, entry.actor[:5]) == ("they are back", "127.0.0.1", "user:")
    Partner.objects.update(is_active=False)
    assert "switched off" in admin.post(resend, {"reason": "x"}, follow=True).content.decode()
    assert admin.get(resend, follow=True).status_code == 200


def test_all_that_failed_is_sent_again_for_a_reason(admin, tried):
    at = tried.created_at.astimezone(IST)
    fields = {"environment": "live", "since": f"{at + timedelta(minutes=1):%Y-%m-%dT%H:%M}", "reason": "they are back"}
    page = act(admin, tried.partner, "failed", **fields).content.decode()
    assert "No deliveries are sent again." in page
    page = act(admin, tried.partner, "failed", **fields | {"since": f"{at:%Y-%m-%dT%H:%M}", "reason": ""})
    tried.refresh_from_db()
    assert tried.status == State.FAILED
    page = act(admin, tried.partner, "failed", **fields | {"since": f"{at:%Y-%m-%dT%H:%M}"}).content.decode()
    assert "One delivery is sent again." in page
    tried.refresh_from_db()
    assert tried.status == State.PENDING
    assert AuditEntry.objects.get(action="partner_delivery.all_resent").data["reason"] == "they are back"


def test_only_administrators_send_again(tried):
    user, _ = user_ensure(email="user@example.com", password="long enough 3", is_admin=False)
    client = Client()
    client.force_login(user)
    assert client.post(reverse("admin:partners_delivery_resend", args=[tried.pk]), {"reason": "x"}).status_code == 302
    tried.refresh_from_db()
    assert tried.status == State.FAILED


@pytest.mark.parametrize("number", ["99999", "abc", "9" * 40])
def test_a_partner_that_is_none_is_said(admin, number):
    for method in ("get", "post"):
        page = getattr(admin, method)(f"/admin/partners/partner/{number}/change/", follow=True)
        assert "doesn’t exist" in page.content.decode()
    page = admin.post(f"/admin/partners/partner/{number}/act/key/", {"reason": "x"}, follow=True)
    assert "doesn’t exist" in page.content.decode()


def test_the_lists_open(admin, partner):
    for name in ("partner", "subscription", "delivery"):
        page = admin.get(f"/admin/partners/{name}/")
        assert page.status_code == 200
        assert name != "partner" or " IST" in page.content.decode()


def test_what_was_typed_stays_when_it_is_refused(admin, partner):
    typed = {"webhook_url": "http://10.0.0.1/mistyped", "retry_policy": "extended", "reason": "moved"}
    page = act(admin, partner, "endpoint", environment="test", **typed).content.decode()
    assert page.count('value="http://10.0.0.1/mistyped"') == 1
    assert "moved" in page
