"""Requests repeated with an ``Idempotency-Key``: what is answered again, what is tried anew, what is kept how."""

import pytest

from core import clock
from partners.models import ApiKey, IdempotentAnswer, Partner
from partners.services.keys import key_create
from partners.services.partners import partner_create
from partners.tests.test_surface import V1, _fresh, client, post  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db
BAD_KEYS = ["", "a" * 256, "a\x7f"]


@pytest.fixture
def admin():
    return client(partner_create(name="Boss", actor="test", now=clock.now(), is_admin=True).partner)


def test_a_key_is_made_once_and_told_again_to_whom_it_was_told(admin):
    partner = partner_create(name="Shop", actor="test", now=clock.now()).partner
    path, before = f"/admin/partners/{partner.pk}/keys", ApiKey.objects.count()
    first, again = (post(admin, path, {"overlap_hours": 1}, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert ApiKey.objects.count() == before + 1
    other = post(admin, path, {"overlap_hours": 2}, HTTP_IDEMPOTENCY_KEY="k")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert post(admin, path, {"overlap_hours": 1}).json() != first.json()


def test_a_partner_is_made_once_and_told_again(admin):
    first, again = (post(admin, "/admin/partners", {"name": "New"}, HTTP_IDEMPOTENCY_KEY="p") for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json() == first.json()
    assert again.json()["webhook_secret"].startswith("whsec_")
    assert Partner.objects.filter(name="New").count() == 1


def test_a_secret_is_kept_in_no_way_that_we_can_open(admin):
    body = post(admin, "/admin/partners", {"name": "New"}, HTTP_IDEMPOTENCY_KEY="p").json()
    kept = bytes(IdempotentAnswer.objects.get().answer)
    for secret in (body["key"]["key"], body["webhook_secret"], "success"):
        assert secret.encode() not in kept
    other = key_create(partner=admin.key.row.partner, environment="live", actor="test", now=clock.now()).text
    admin.credentials(HTTP_AUTHORIZATION=f"Bearer {other}")
    answer = post(admin, "/admin/partners", {"name": "New"}, HTTP_IDEMPOTENCY_KEY="p")
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert "another API key" in answer.json()["error"]


def test_a_conflict_that_passes_is_not_kept(admin):
    made = partner_create(name="New", actor="test", now=clock.now()).partner
    taken = post(admin, "/admin/partners", {"name": "New"}, HTTP_IDEMPOTENCY_KEY="p")
    assert (taken.status_code, taken.json()["code"]) == (409, "INVALID_REQUEST")
    Partner.objects.filter(pk=made.pk).update(name="Old")
    assert post(admin, "/admin/partners", {"name": "New"}, HTTP_IDEMPOTENCY_KEY="p").status_code == 201


def test_what_is_sent_just_now_is_sent_again_later_with_the_same_key(admin):
    admin.patch(f"{V1}/me", {"webhook_url": "http://127.0.0.1:9/hook"}, format="json")
    number = post(admin, "/webhooks/test", {}).json()["delivery"]["id"]
    from partners.models import Delivery

    rows = Delivery.objects.filter(pk=number)
    rows.update(status="sending", next_attempt_at=None, lease_until=clock.now())
    path = f"/deliveries/{number}/resend"
    assert post(admin, path, {}, HTTP_IDEMPOTENCY_KEY="r").status_code == 409
    rows.update(status="failed", lease_until=None)
    answer = post(admin, path, {}, HTTP_IDEMPOTENCY_KEY="r")
    assert (answer.status_code, "Idempotency-Replayed" in answer) == (202, False)
    assert post(admin, path, {}, HTTP_IDEMPOTENCY_KEY="r")["Idempotency-Replayed"] == "true"


def test_a_webhook_that_is_set_meanwhile_is_tested_with_the_same_key(admin):
    assert post(admin, "/webhooks/test", {}, HTTP_IDEMPOTENCY_KEY="t").status_code == 400
    admin.patch(f"{V1}/me", {"webhook_url": "http://127.0.0.1:9/hook"}, format="json")
    assert post(admin, "/webhooks/test", {}, HTTP_IDEMPOTENCY_KEY="t").status_code == 202


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_is_some_printable_characters(admin, key):
    answer = post(admin, "/webhooks/test", {}, HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert not IdempotentAnswer.objects.exists()


def test_the_catalogue_says_what_a_conflict_is_called(admin):
    rows = {row["code"]: row for row in admin.get(f"{V1}/errors").json()["errors"]}
    assert "409" in rows["INVALID_REQUEST"]["meaning"]
