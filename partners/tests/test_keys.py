from datetime import UTC, datetime, timedelta

import pytest

from core import audit
from core.errors import Conflict
from core.models import AuditEntry
from partners.constants import Environment
from partners.models import Partner
from partners.services.keys import key_check, key_create, key_revoke, live_keys
from partners.services.secrets import endpoint_of, secret_of, secret_rotate, secrets_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 5, 0, tzinfo=UTC)


@pytest.fixture
def partner():
    return Partner.objects.create(name="Acme", created_at=NOW)


def made(partner, **more):
    return key_create(partner=partner, environment=Environment.LIVE, actor="system", now=NOW, **more)


def test_a_key_opens_and_only_its_hash_is_kept(partner):
    key = made(partner)
    assert key.text.startswith("tc_live_")
    assert key_check(text=key.text, now=NOW) == key.row
    secret = key.text.removeprefix(f"{key.row.prefix}_")
    stored = " ".join(str(value) for value in type(key.row).objects.values().get().values())
    assert secret not in stored
    assert key.text not in repr(key)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t.replace("live", "test"), lambda t: t + "x", lambda t: ""]
)
def test_a_key_that_is_nearly_right_does_not(partner, change):
    assert key_check(text=change(made(partner).text), now=NOW) is None


def test_keys_overlap_as_long_as_was_chosen(partner):
    old = made(partner)
    new = made(partner, overlap=timedelta(hours=2))
    assert key_check(text=old.text, now=NOW + timedelta(hours=1, minutes=59)) is not None
    assert key_check(text=old.text, now=NOW + timedelta(hours=2)) is None
    assert key_check(text=new.text, now=NOW + timedelta(days=300)) is not None
    assert live_keys(partner, now=NOW).count() == 2


def test_a_later_rotation_does_not_lengthen_the_life_of_a_key_that_is_ending(partner):
    old = made(partner)
    made(partner, overlap=timedelta(hours=1))
    made(partner, overlap=timedelta(days=9))
    assert key_check(text=old.text, now=NOW + timedelta(hours=1)) is None


def test_a_revoked_key_is_dead_at_once(partner):
    key = made(partner)
    assert key_revoke(key=key.row, actor="user:1", now=NOW, reason="left the firm")
    assert key_check(text=key.text, now=NOW) is None
    assert not key_revoke(key=key.row, actor="user:1", now=NOW)
    entry = AuditEntry.objects.get(action="partner_key.revoked")
    assert entry.data["reason"] == "left the firm"


def test_the_record_says_which_key_acted_and_on_which(partner):
    actor, key = made(partner).row, made(partner)
    key_revoke(key=key.row, actor=f"key:{actor.prefix}", now=NOW)
    revoked = audit.for_object(key.row).first()
    assert (revoked.actor, revoked.object) == (f"key:{actor.prefix}", f"apikey:{key.row.pk}")
    secret = key.text.removeprefix(f"{key.row.prefix}_")
    assert secret not in audit.record(actor=f"key:{key.text}", action="x.y", data={"said": key.text}).actor


def test_the_keys_of_a_partner_that_is_switched_off_do_not_work(partner):
    key = made(partner)
    Partner.objects.update(is_active=False)
    assert key_check(text=key.text, now=NOW) is None
    partner.refresh_from_db()
    with pytest.raises(Conflict):
        made(partner)


def test_the_last_use_is_noted_at_most_once_a_minute(partner):
    key = made(partner)
    key_check(text=key.text, now=NOW)
    key_check(text=key.text, now=NOW + timedelta(seconds=59))
    key.row.refresh_from_db()
    assert key.row.last_used_at == NOW


def test_two_secrets_count_for_a_day_after_a_rotation(partner):
    endpoint = endpoint_of(partner, Environment.LIVE)
    first = secret_of(endpoint)
    second = secret_rotate(endpoint=endpoint, actor="system", now=NOW)
    assert first.startswith("whsec_")
    assert first != second
    assert secrets_of(endpoint, now=NOW + timedelta(hours=23)) == [second, first]
    assert secrets_of(endpoint, now=NOW + timedelta(hours=24)) == [second]
    assert first not in endpoint.old_secret_sealed
    assert endpoint_of(partner, Environment.TEST).secret_sealed != endpoint.secret_sealed
