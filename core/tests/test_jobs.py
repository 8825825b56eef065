from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from core import clock, jobs, request_id
from core.models import JobSlot
from core.tests.racing import Race, race_fixture  # noqa: F401

NOW = datetime(2026, 5, 4, 4, 0, 30, tzinfo=UTC)
LEASE = timedelta(seconds=50)
seen: list[tuple[dict[str, Any], str]] = []


@shared_task(name="core.tests.note")
def note(**kwargs: Any) -> None:
    seen.append((kwargs, request_id.get()))


@pytest.fixture
def eager() -> Iterator[None]:
    seen.clear()
    before, current_app.conf.task_always_eager = current_app.conf.task_always_eager, True
    yield
    current_app.conf.task_always_eager = before


@pytest.mark.django_db
@pytest.mark.usefixtures("eager")
def test_a_job_is_queued_when_the_transaction_commits(django_capture_on_commit_callbacks: Callable) -> None:
    with django_capture_on_commit_callbacks() as callbacks, request_id.bound("req-abcdef12"):
        jobs.enqueue("core.tests.note", signal_id=7, tags=["a", None, 1.5, {"k": True}])
    assert seen == []
    with request_id.bound("other-request"):
        callbacks[0]()
    assert seen == [({"signal_id": 7, "tags": ["a", None, 1.5, {"k": True}]}, "req-abcdef12")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager")
def test_rolled_back_work_queues_nothing() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        jobs.enqueue("core.tests.note", n=1)
        raise RuntimeError
    assert seen == []
    jobs.enqueue("core.tests.note", n=2)
    assert [kwargs for kwargs, _ in seen] == [{"n": 2}]


def test_an_unknown_name_is_an_error_at_once() -> None:
    with pytest.raises(jobs.UnknownTask, match=r"'signals\.no_such'"):
        jobs.enqueue("signals.no_such")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Decimal("1.5"), "n was a Decimal"),
        (NOW, "n was a datetime"),
        (float("nan"), "n was nan"),
        ((1,), "n was a tuple"),
        ({"a": [{"b": {1, 2}}]}, r"n\.a\[0\]\.b was a set"),
        ({1: "x"}, "keys must be strings"),
        (b"x", "n was a bytes"),
    ],
)
def test_only_plain_values_travel(value: object, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        jobs.enqueue("core.tests.note", n=value)


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_does_not_fail_the_committed_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("Error 111 connecting to redis://:hunter2secret@127.0.0.1:6379")

    monkeypatch.setattr(current_app.tasks["core.tests.note"], "apply_async", fail)
    jobs.enqueue("core.tests.note", n=1)
    assert [record.message for record in caplog.records] == ["job.not_queued"]
    assert "hunter2secret" not in caplog.records[0].error  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_a_job_may_begin_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(
        current_app.tasks["core.tests.note"], "apply_async", lambda **given: asked.append(given["countdown"])
    )
    jobs.enqueue("core.tests.note", n=1)
    jobs.enqueue("core.tests.note", after_s=2.5, n=1)
    assert asked == [None, 2.5]


def test_slots_are_counted_from_the_epoch() -> None:
    assert jobs.slot_of(datetime(1970, 1, 1, 0, 1, 59, tzinfo=UTC), 60) == 1
    assert jobs.slot_of(NOW, 60) == jobs.slot_of(NOW + timedelta(seconds=29), 60) == jobs.slot_of(NOW + LEASE, 60) - 1
    assert jobs.slot_of(clock.IST.fromutc(NOW.replace(tzinfo=clock.IST)), 60) == jobs.slot_of(NOW, 60)


@pytest.mark.django_db
def test_a_slot_is_won_once_and_finished() -> None:
    claim = jobs.claim_slot("scan", 5, now=NOW, lease=LEASE)
    assert claim == jobs.Claim("scan", 5, 1, NOW + LEASE)
    assert jobs.claim_slot("scan", 5, now=NOW, lease=LEASE) is None
    assert jobs.claim_slot("scan", 6, now=NOW, lease=LEASE) is not None
    assert jobs.claim_slot("other", 5, now=NOW, lease=LEASE) is not None
    assert jobs.finish_slot(claim, now=NOW + timedelta(seconds=3))
    assert jobs.claim_slot("scan", 5, now=NOW + 9 * LEASE, lease=LEASE) is None
    row = JobSlot.objects.get(job="scan", slot=5)
    assert (row.status, row.attempts, row.lease_until) == ("done", 1, None)
    assert row.finished_at == NOW + timedelta(seconds=3)


@pytest.mark.django_db
def test_a_slot_is_taken_over_when_its_lease_ends_and_the_late_one_cannot_close_it() -> None:
    late = jobs.claim_slot("scan", 5, now=NOW, lease=LEASE)
    assert late is not None
    assert jobs.claim_slot("scan", 5, now=NOW + LEASE - timedelta(microseconds=1), lease=LEASE) is None
    second = jobs.claim_slot("scan", 5, now=NOW + LEASE, lease=LEASE)
    assert second is not None
    assert second.attempt == 2
    assert not jobs.finish_slot(late, now=NOW + LEASE)
    assert not jobs.extend_slot(late, now=NOW + LEASE, lease=LEASE)
    assert jobs.extend_slot(second, now=NOW + LEASE, lease=3 * LEASE)
    assert jobs.claim_slot("scan", 5, now=NOW + 3 * LEASE, lease=LEASE) is None
    assert jobs.finish_slot(second, now=NOW + 3 * LEASE)


@pytest.mark.django_db
def test_a_job_that_kills_its_worker_is_given_up_after_three_attempts() -> None:
    claims = [jobs.claim_slot("poison", 1, now=NOW + i * LEASE, lease=LEASE) for i in range(5)]
    assert [c.attempt if c else None for c in claims] == [1, 2, 3, None, None]
    row = JobSlot.objects.get(job="poison")
    assert (row.status, row.attempts) == ("failed", 3)
    assert "3 attempts" in row.note


@pytest.mark.django_db
def test_a_turn_whose_worker_was_killed_is_closed_by_a_later_one() -> None:
    jobs.claim_slot("scan", 7, now=NOW, lease=LEASE)
    jobs.claim_slot("other", 7, now=NOW, lease=LEASE)
    jobs.claim_slot("scan", 8, now=NOW + LEASE / 2, lease=LEASE)
    assert JobSlot.objects.get(job="scan", slot=7).status == "started", "its lease still runs"
    later = NOW + LEASE
    with jobs.run_slot("scan", 9, now=later, lease=LEASE):
        assert JobSlot.objects.get(job="scan", slot=7).status == "started", "the job may know better what became of it"
    dead = JobSlot.objects.get(job="scan", slot=7)
    assert (dead.status, dead.finished_at, dead.lease_until) == ("failed", later, None)
    assert "without a word" in dead.note
    states = dict(JobSlot.objects.filter(job="scan").values_list("slot", "status"))
    assert states == {7: "failed", 8: "started", 9: "done"}
    assert JobSlot.objects.get(job="other").status == "started", "another job's turns are its own"
    assert jobs.close_dead(now=later + timedelta(days=2), older_than=timedelta(days=1)) == 2
    assert not JobSlot.objects.filter(status="started").exists()


@pytest.mark.django_db
def test_run_slot_closes_the_slot_whatever_happens() -> None:
    with clock.frozen(NOW):
        with jobs.run_slot("a", 1, now=NOW, lease=LEASE) as claim:
            assert claim is not None
        with jobs.run_slot("a", 1, now=NOW, lease=LEASE) as claim:
            assert claim is None
        with pytest.raises(ValueError), jobs.run_slot("a", 2, now=NOW, lease=LEASE):
            raise ValueError("bad price, token=Qx7canary")
        with jobs.run_slot("a", 3, now=NOW, lease=LEASE):
            raise jobs.SlotSkipped("the market is closed")
        assert jobs.skip_slot("a", 4, now=NOW, note="the worker was down")
        assert not jobs.skip_slot("a", 4, now=NOW, note="again")
    rows = list(JobSlot.objects.order_by("slot").values_list("status", "note"))
    assert rows == [
        ("done", ""),
        ("failed", "ValueError: bad price, token=[redacted]"),
        ("skipped", "the market is closed"),
        ("skipped", "the worker was down"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_claim_inside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.claim_slot("scan", 1, now=NOW, lease=LEASE)


def test_racing_schedulers_win_every_slot_once(race: Race) -> None:
    def beat(worker: int) -> list[int]:
        return [slot for slot in range(100) if jobs.claim_slot("scan", slot, now=NOW, lease=LEASE)]

    wins = [slot for won in race(beat) for slot in won]
    assert sorted(wins) == list(range(100))


def test_racing_takeovers_win_every_slot_once(race: Race) -> None:
    def beat(worker: int) -> list[int]:
        return [slot for slot in range(20) if jobs.claim_slot("scan", slot, now=NOW + LEASE, lease=LEASE)]

    race(lambda _: [jobs.claim_slot("scan", slot, now=NOW, lease=LEASE) for slot in range(20)], 1)
    wins = [slot for won in race(beat) for slot in won]
    assert sorted(wins) == list(range(20))
    assert race(lambda _: set(JobSlot.objects.values_list("attempts", flat=True)), 1) == [{2}]
