from datetime import UTC, datetime, timedelta

import pytest

from accounts.services.vault import seal
from core import audit
from core.errors import Conflict
from core.models import AuditEntry
from partners.constants import Environment
from partners.models import Partner
from partners.services.keys import LIVE_MAX, key_check, key_create, key_revoke, live_keys
from partners.services.secrets import FORMER_MAX, endpoint_of, secret_of, secret_rotate, secrets_of
from partners.webhooks import signing

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


def test_a_plan_is_not_multiplied_by_keys_without_end(partner):
    keys = [made(partner) for _ in range(LIVE_MAX)]
    with pytest.raises(Conflict, match="At most 5 keys"):
        made(partner)
    assert key_create(partner=partner, environment=Environment.TEST, actor="system", now=NOW)
    key_revoke(key=keys[0].row, actor="system", now=NOW)
    assert made(partner)
    assert live_keys(partner, now=NOW).filter(environment=Environment.LIVE).count() == LIVE_MAX


def test_a_full_house_is_rotated_with_an_overlap_but_not_again_and_again(partner):
    for _ in range(LIVE_MAX):
        made(partner)
    assert made(partner, overlap=timedelta(hours=24))
    for overlap in (timedelta(days=30), None):
        with pytest.raises(Conflict, match="one more during a rotation"):
            made(partner, overlap=overlap)
    later = NOW + timedelta(hours=24)
    assert live_keys(partner, now=later).count() == 1
    assert key_create(partner=partner, environment=Environment.LIVE, actor="system", now=later)


def test_a_refused_rotation_ends_no_key(partner):
    keys = [made(partner) for _ in range(LIVE_MAX)]
    made(partner, overlap=timedelta(hours=24))
    with pytest.raises(Conflict):
        made(partner, overlap=timedelta(hours=1))
    assert key_check(text=keys[0].text, now=NOW + timedelta(hours=23)) is not None


def test_when_all_end_at_once_another_can_always_be_made(partner):
    for _ in range(LIVE_MAX):
        made(partner)
    newest = made(partner, overlap=timedelta(0))
    assert list(live_keys(partner, now=NOW)) == [newest.row]


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


def test_a_secret_that_was_rotated_before_there_were_several_counts_on(partner):
    endpoint = endpoint_of(partner, Environment.LIVE)
    until = NOW + timedelta(hours=3)
    endpoint.old_secret_sealed, endpoint.old_secret_until = seal(endpoint, "old_secret_sealed", "whsec_old"), until
    endpoint.save()
    current = secret_of(endpoint)
    assert secrets_of(endpoint, now=NOW) == [current, "whsec_old"]
    newest = secret_rotate(endpoint=endpoint, actor="system", now=NOW)
    assert secrets_of(endpoint, now=NOW) == [newest, current, "whsec_old"]
    assert secrets_of(endpoint, now=until) == [newest, current]


def test_a_secret_that_cannot_be_opened_is_replaced(partner, settings):
    endpoint = endpoint_of(partner, Environment.LIVE)
    secret_rotate(endpoint=endpoint, actor="system", now=NOW)
    settings.CREDENTIALS_KEYS = ["another key than the one it was sealed with"]
    secret = secret_rotate(endpoint=endpoint, actor="system", now=NOW)
    assert secrets_of(endpoint, now=NOW) == [secret]


def test_no_more_secrets_count_than_a_header_has_room_for(partner):
    endpoint = endpoint_of(partner, Environment.LIVE)
    made = [secret_rotate(endpoint=endpoint, actor="system", now=NOW + timedelta(minutes=n)) for n in range(30)]
    assert secrets_of(endpoint, now=NOW + timedelta(hours=1)) == made[: -FORMER_MAX - 2 : -1]
    values = signing.headers(
        event="ping", event_id="evt_1", delivery_id=1, attempt=1, environment="live", body=b"{}", at=NOW,
        secrets=secrets_of(endpoint, now=NOW + timedelta(hours=1)),
    )  # fmt: skip
    assert values["X-TC-Signature"] == signing.tc_signature(made[-1], b"{}")
    assert len(values["webhook-signature"]) < 2000


def test_two_secrets_count_for_a_day_after_a_rotation(partner):
    endpoint = endpoint_of(partner, Environment.LIVE)
    first = secret_of(endpoint)
    second = secret_rotate(endpoint=endpoint, actor="system", now=NOW)
    assert first.startswith("whsec_")
    assert first != second
    assert secrets_of(endpoint, now=NOW + timedelta(hours=23)) == [second, first]
    assert secrets_of(endpoint, now=NOW + timedelta(hours=24)) == [second]
    assert first not in endpoint.old_secret_sealed
    third = secret_rotate(endpoint=endpoint, actor="system", now=NOW + timedelta(hours=20))
    assert secrets_of(endpoint, now=NOW + timedelta(hours=23)) == [third, second, first]
    assert secrets_of(endpoint, now=NOW + timedelta(hours=24)) == [third, second]
    assert secrets_of(endpoint, now=NOW + timedelta(hours=43)) == [third, second]
    assert secrets_of(endpoint, now=NOW + timedelta(hours=44)) == [third]
    assert endpoint_of(partner, Environment.TEST).secret_sealed != endpoint.secret_sealed
