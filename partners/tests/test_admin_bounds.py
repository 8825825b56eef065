"""What the partner pages of the admin refuse: people without the permission, values that would do something else."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.services.users import user_ensure
from core import clock
from partners.constants import Environment
from partners.models import ApiKey, Endpoint, Member, Partner
from partners.services.partners import partner_create
from partners.services.secrets import endpoint_of
from partners.services.testing import test_event
from partners.tests.test_admin import ADD, FIELDS, act, admin  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner(db):
    return partner_create(name="Acme", actor="test", now=clock.now()).partner


def staff(*permissions):
    """Return a client of somebody whom the admin lets in, with these permissions and no others."""
    user, _ = user_ensure(email="staff@example.com", password="long enough 4", is_admin=False)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_nobody_is_provisioned_for_a_person_who_does_not_exist(admin):  # noqa: F811 - the fixture
    page = admin.post(ADD, FIELDS | {"member_email": "nobody@example.com"}).content.decode()
    assert "Nobody has an account with the address nobody@example.com" in page
    assert not Partner.objects.exists()
    user_ensure(email="ravi@example.com", password="long enough 2", is_admin=False)
    admin.post(ADD, FIELDS | {"member_email": "Ravi@Example.com"})
    assert Member.objects.get().user.email == "ravi@example.com"


@pytest.mark.parametrize("deed", ["secret", "pause", "resume"])
@pytest.mark.parametrize("what", ["", "Live", "production", "live\x00"])
def test_an_environment_that_is_none_is_refused_and_not_live(admin, partner, deed, what):  # noqa: F811
    before = Endpoint.objects.filter(partner=partner).values()
    was = list(before)
    page = act(admin, partner, deed, what=what, reason="x").content.decode()
    assert "Choose live or test" in page or "Null characters" in page
    assert list(before.all()) == was


@pytest.mark.parametrize("deed", ["revoke", "remove"])
@pytest.mark.parametrize("what", ["", "abc", "-1", "0", "9" * 19, "9" * 59, "٩" * 59])
def test_a_row_that_is_none_is_refused(admin, partner, deed, what):  # noqa: F811
    page = act(admin, partner, deed, what=what, reason="x")
    assert "It is not said which row" in page.content.decode()
    assert ApiKey.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ("0001-01-01T00:00", "Made since (IST): That is before anything was sent"),
        ("1999-12-31T23:59", "before anything was sent"),
        ("", "required"), ("10000-01-01T00:00", "valid date"), ("soon", "valid date"),
        ("9999-12-31T23:59", "No deliveries are sent again"), ("2000-01-01T05:30", "No deliveries are sent again"),
    ],
)  # fmt: skip
def test_since_when_is_bounded(admin, partner, since, words):  # noqa: F811
    page = act(admin, partner, "failed", environment="live", since=since, reason="x")
    assert page.status_code == 200
    assert words in page.content.decode()


def test_pages_and_deeds_need_the_permission_of_their_model(partner):
    delivery = test_event(partner=partner, environment=Environment.LIVE, event="ping", actor="test", now=clock.now())
    change = reverse("admin:partners_partner_change", args=[partner.pk])
    shown = reverse("admin:partners_delivery_change", args=[delivery.pk])
    resend = reverse("admin:partners_delivery_resend", args=[delivery.pk])
    for permissions, allowed in (((), ()), (("view_partner", "view_delivery"), (change, shown))):
        client = staff(*permissions)
        for path in (ADD, change, shown):
            assert client.get(path).status_code == (200 if path in allowed else 403), path
        assert client.post(ADD, FIELDS).status_code == 403
        assert client.post(resend, {"reason": "x"}).status_code == 403
        assert act(client, partner, "key", environment="live", reason="x").status_code == 403
    assert Partner.objects.count() == ApiKey.objects.count() == 1
    client = staff("add_partner", "change_delivery", "view_delivery", "change_partner", "view_partner")
    assert client.get(ADD).status_code == 200
    assert client.post(resend, {"reason": "x"}, follow=True).status_code == 200
    assert "tc_live_" in act(client, partner, "key", environment="live", reason="x").content.decode()


def test_looking_makes_no_endpoint(admin, partner):  # noqa: F811
    Endpoint.objects.all().delete()
    admin.get("/admin/partners/partner/")
    page = admin.get(reverse("admin:partners_partner_change", args=[partner.pk])).content.decode()
    assert "Webhook, test" in page
    assert not Endpoint.objects.exists()
    assert endpoint_of(partner, "live").secret_sealed
