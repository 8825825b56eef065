from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from core import audit, clock, request_id
from core.models import AuditEntry, DataVersion

T0 = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_an_entry_says_who_did_what_when_and_from_where() -> None:
    with clock.frozen(T0), request_id.bound("req-12345678"):
        audit.record(actor="user:12", action="cart.placed", object="signal:9", ip="93.184.216.34", data={"quantity": 5})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.object, entry.user_id) == ("user:12", "cart.placed", "signal:9", 12)
    assert (entry.request_id, entry.ip, entry.at, entry.data) == ("req-12345678", "93.184.216.34", T0, {"quantity": 5})


@pytest.mark.django_db
def test_a_user_sees_what_he_did_and_what_was_done_to_him_newest_first() -> None:
    audit.record(actor="user:12", action="auth.signed_in")
    audit.record(actor="user:1", action="user.disabled", object="user:12", user_id=12)
    audit.record(actor="user:13", action="auth.signed_in")
    audit.record(actor="system", action="prune.done")
    assert [entry.action for entry in audit.for_user(12)] == ["user.disabled", "auth.signed_in"]
    assert [entry.actor for entry in audit.for_object("user:12")] == ["user:1"]


@pytest.mark.django_db
def test_objects_are_named_by_model_and_key() -> None:
    version = DataVersion.objects.create(name="prices", updated_at=T0)
    assert audit.record(actor="system", action="x.y", object=version).object == "dataversion:prices"


@pytest.mark.django_db
def test_secrets_are_not_kept() -> None:
    canary = "Qx7canary"
    data = {"api_secret": canary, "note": f"Bearer {canary}", "nested": [{"otp": 123456}]}
    entry = audit.record(actor=f"key:zt_{canary}", action="key.used", data=data)
    entry.refresh_from_db()
    assert canary not in f"{entry.actor} {entry.data}"
    assert "123456" not in str(entry.data)


@pytest.mark.django_db
def test_the_code_cannot_change_an_entry() -> None:
    entry = audit.record(actor="user:1", action="x.y")
    entry.action = "z"
    for attempt in (
        entry.save,
        entry.delete,
        lambda: AuditEntry.objects.update(action="z"),
        lambda: AuditEntry.objects.filter(pk=entry.pk).delete(),
        lambda: AuditEntry.objects.bulk_update([entry], ["action"]),
    ):
        with pytest.raises(TypeError, match="never changed"):
            attempt()
    assert AuditEntry.objects.get().action == "x.y"


@pytest.mark.django_db
def test_the_database_refuses_too() -> None:
    audit.record(actor="user:1", action="x.y")
    statements = ["UPDATE core_auditentry SET action = 'z'"]
    if connection.vendor == "postgresql":
        statements.append("DELETE FROM core_auditentry")
    for statement in statements:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert AuditEntry.objects.get().action == "x.y"
