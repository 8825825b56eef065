"""The Record: a chain without forks, in which no change of any line goes unseen."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.tests.racing import Race, race_fixture  # noqa: F401 - the fixture "race"
from signals.models import RecordEntry, RecordHead
from signals.services import record
from tests.flows.test_surface_errors import assert_user_shape

T0 = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
KIND = "iscore.tier_changed"


def add(number: int, **more: Any) -> RecordEntry:
    values: dict[str, Any] = {"kind": KIND, "subject": f"NSE:S{number % 3}", "payload": {"score": number / 7}}
    with transaction.atomic():
        return record.append(**{**values, "at": T0 + timedelta(minutes=number), **more})


@pytest.mark.django_db
def test_a_line_can_be_checked_by_anybody_with_a_sha256() -> None:
    first = add(1, payload={"b": "₹5", "a": [1, 0.5, None]}, key="k1")
    assert first.payload == '{"a":[1,0.5,null],"b":"₹5"}'
    text = json.dumps(
        [1, KIND, "NSE:S1", "2026-05-04T04:01:00.000000Z", "k1", first.payload, "0" * 64],
        separators=(",", ":"),
        ensure_ascii=False,
    )
    assert first.hash == hashlib.sha256(text.encode()).hexdigest()
    assert add(2).previous_hash == first.hash


@pytest.mark.django_db
def test_the_same_line_is_written_once_and_another_of_its_key_is_refused() -> None:
    first = add(1, key="RELIANCE 2026-05-04")
    assert add(1, key="RELIANCE 2026-05-04") == first
    with pytest.raises(record.RecordConflict, match="says something else"):
        add(1, key="RELIANCE 2026-05-04", payload={"score": 1})
    assert RecordEntry.objects.count() == 1
    assert record.verify() == record.Verification(True, 1, first.hash)


@pytest.mark.django_db
def test_what_is_rolled_back_leaves_no_gap() -> None:
    add(1)
    with transaction.atomic():
        record.append(kind=KIND, subject="NSE:X", payload={}, at=T0)
        transaction.set_rollback(True)
    assert add(2).sequence == 2
    assert record.verify().checked == 2


@pytest.mark.django_db
def test_lines_that_could_not_be_hashed_the_same_again_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON cannot hold"):
        add(1, payload={"score": float("nan")})
    with pytest.raises(TypeError, match="plain JSON"):
        add(1, payload={"at": T0})
    with pytest.raises(ValueError, match="zone"):
        add(1, at=T0.replace(tzinfo=None))


@pytest.mark.django_db(transaction=True)
def test_a_line_is_written_with_its_deed_or_not_at_all() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record.append(kind=KIND, subject="NSE:X", payload={}, at=T0)


@pytest.mark.django_db
def test_neither_the_code_nor_the_database_changes_a_line() -> None:
    entry = add(1)
    for attempt in (entry.save, entry.delete, lambda: RecordEntry.objects.update(payload="{}")):
        with pytest.raises(TypeError, match="never changed"):
            attempt()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE signals_recordentry SET payload = '{}'")
    assert record.verify().ok


def _tamper(sql: str, values: list[Any]) -> None:
    """Do what only somebody with the database in his hands could do: past the trigger."""
    table = "signals_recordentry"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER signals_record_append_only")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS signals_record_append_only")
        cursor.execute(sql, values)
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER signals_record_append_only")


CHANGES = {
    "kind": "other.kind",
    "subject": "NSE:OTHER",
    "at": "2026-05-05 04:00:00+00:00",
    "key": "another key",
    "payload": '{"score":99}',
    "hash": "f" * 64,
    "previous_hash": "e" * 64,
    "sequence": 500,
}


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 12), at=st.integers(0, 11), column=st.sampled_from([*CHANGES, "delete", "again"]))
def test_tampering_with_any_line_is_found_and_named(count: int, at: int, column: str) -> None:
    at = at % count + 1
    with transaction.atomic():
        for number in range(count):
            add(number)
        assert record.verify().ok
        if column == "delete":
            _tamper("DELETE FROM signals_recordentry WHERE sequence = %s", [at])
        elif column == "again":  # a changed line with a hash that fits it, which the next line or the head gives away
            line = RecordEntry.objects.get(sequence=at)
            new = record.line_hash(at, line.kind, line.subject, line.at, line.key, "{}", line.previous_hash)
            sql = "UPDATE signals_recordentry SET payload = '{}', hash = %s WHERE sequence = %s"
            _tamper(sql, [new, at])
        else:
            sql = f"UPDATE signals_recordentry SET {column} = %s WHERE sequence = %s"
            _tamper(sql, [CHANGES[column], at])
        found = record.verify()
        assert not found.ok
        assert found.reason
        assert found.broken_at in ((at, at + 1) if column == "again" else (at,))
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_a_line_put_in_at_either_end_is_found() -> None:
    for number in range(3):
        add(number)
    last = RecordEntry.objects.get(sequence=3)
    digest = record.line_hash(4, KIND, "NSE:X", T0, "forged", "{}", last.hash)
    for sequence, previous in ((4, last.hash), (0, "a" * 64)):
        forged = RecordEntry(
            sequence=sequence, kind=KIND, subject="NSE:X", at=T0, key="forged", payload="{}",
            previous_hash=previous, hash=digest,
        )  # fmt: skip
        with transaction.atomic():
            forged.save()
            assert not record.verify().ok
            transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_command_says_what_is_wrong() -> None:
    add(1)
    out = StringIO()
    call_command("verify_record", stdout=out)
    assert "1 lines, every one as it was written" in out.getvalue()
    RecordHead.objects.update(sequence=2)
    with pytest.raises(CommandError, match=r"Line 2 .* The Record ends before this line, but 2 lines were written"):
        call_command("verify_record")


@pytest.mark.django_db
def test_a_signed_in_person_reads_and_checks_the_record(signed_in: Any, client: Any) -> None:
    lines = [add(number) for number in range(4)]
    page = signed_in.get(f"/api/record?subject=nse:s0&kind={KIND}&limit=1")
    assert page.status_code == 200
    assert page["X-Total-Count"] == "2"
    (row,) = page.json()
    assert (row["sequence"], row["hash"], row["payload"]) == (4, lines[3].hash, {"score": 3 / 7})
    assert json.loads(row["payload_text"]) == row["payload"]
    body = signed_in.get("/api/record/verify").json()
    assert (body["ok"], body["checked"], body["head"], body["broken_at"]) == (True, 4, lines[3].hash, None)
    assert_user_shape(signed_in.get("/api/record?limit=0"), 400)
    assert len(signed_in.get("/api/record?kind=").json()) == 4
    assert signed_in.get("/api/record?kind=fno.closed").json() == []
    refused = signed_in.get("/api/record?kind=nosuch")
    assert "'nosuch' is none of fno.triggered, fno.closed, iscore.tier_changed." in refused.json()["detail"]
    assert_user_shape(refused, 400)
    client.logout()
    assert_user_shape(client.get("/api/record"), 401)
    assert_user_shape(client.get("/api/record/verify"), 401)


@pytest.mark.django_db
def test_the_whole_chain_is_recomputed_from_what_the_api_prints(signed_in: Any) -> None:
    for number in range(7):  # instants with and without microseconds, text with and without escapes
        payload = {"words": 'a "₹" \\ line\n', "score": number / 7}
        add(number, at=T0 + timedelta(minutes=number, microseconds=123_456 * (number % 2)), payload=payload)
    lines: list[dict[str, Any]] = []
    for offset in (0, 3, 6):
        lines += signed_in.get(f"/api/record?limit=3&offset={offset}").json()
    before = "0" * 64
    for line in reversed(lines):
        names = ("sequence", "kind", "subject", "at", "key", "payload_text", "previous_hash")
        text = json.dumps([line[name] for name in names], separators=(",", ":"), ensure_ascii=False)
        assert line["hash"] == hashlib.sha256(text.encode()).hexdigest()
        assert line["previous_hash"] == before
        before = line["hash"]
    verified = signed_in.get("/api/record/verify").json()
    assert (verified["checked"], verified["head"]) == (len(lines), before)
    assert [line["at"] for line in lines[-2:]] == ["2026-05-04T04:01:00.123456Z", "2026-05-04T04:00:00.000000Z"]


def test_many_writers_make_one_chain(race: Race) -> None:
    def work(worker: int) -> list[int]:
        made = []
        for number in range(10):
            with transaction.atomic():
                at = T0 + timedelta(seconds=number)
                entry = record.append(kind=KIND, subject=f"NSE:W{worker}", payload={"n": number}, at=at)
                made.append(entry.sequence)
        return made

    def check(worker: int) -> record.Verification:
        return record.verify()

    made = race(work, 6)
    assert sorted(number for some in made for number in some) == list(range(1, 61))
    (found,) = race(check, 1)
    assert (found.ok, found.checked) == (True, 60)
