"""An administrator provisions and looks after a partner."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services.users import user_ensure
from core.models import AuditEntry
from partners.models import ApiKey, Endpoint, Member, Partner

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
    assert "Nobody has an account" in act(admin, partner, "member", email="stranger@example.com").content.decode()
    user_ensure(email="ravi@example.com", password="long enough 2", is_admin=False)
    act(admin, partner, "member", email="ravi@example.com")
    member = Member.objects.get()
    act(admin, partner, "remove", what=member.pk, reason="left")
    assert not Member.objects.exists()


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


@pytest.mark.parametrize("number", ["99999", "abc", "9" * 40])
def test_a_partner_that_is_none_is_said(admin, number):
    for method in ("get", "post"):
        page = getattr(admin, method)(f"/admin/partners/partner/{number}/change/", follow=True)
        assert "doesn’t exist" in page.content.decode()
    page = admin.post(f"/admin/partners/partner/{number}/act/key/", {"reason": "x"}, follow=True)
    assert "doesn’t exist" in page.content.decode()


def test_the_lists_open(admin, partner):
    for name in ("partner", "subscription", "delivery"):
        assert admin.get(f"/admin/partners/{name}/").status_code == 200
