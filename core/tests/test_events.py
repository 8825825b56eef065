from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock, events
from core.models import Event, EventConsumption, EventCursor
from core.tests.racing import Race, race_fixture  # noqa: F401

T0 = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)


def at(**later: float) -> datetime:
    return T0 + timedelta(**later)


def record(kind: str = "signal.created", when: datetime = T0, **payload: Any) -> Event:
    with clock.frozen(when), transaction.atomic():
        return events.record(kind, payload=payload)


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Register the consumer "seen", alone, which lists the ids of what it gets."""
    monkeypatch.setattr(events, "_consumers", {})
    ids: list[int] = []
    events.register_consumer("seen", ["signal.created"], lambda event: ids.append(event.pk))
    return ids


@pytest.mark.django_db(transaction=True)
def test_an_event_is_not_recorded_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        events.record("signal.created", payload={})
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_rolled_back_work_leaves_no_event() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        events.record("signal.created", payload={})
        raise RuntimeError
    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_an_event_says_what_happened_to_what() -> None:
    cursor = EventCursor.objects.create(consumer="x", updated_at=T0)
    with clock.frozen(T0):
        event = events.record("cursor.made", payload={"n": 1}, aggregate=cursor)
        other = events.record("signal.created", payload={}, aggregate=("signal", 9))
    assert (event.aggregate_type, event.aggregate_id, event.created_at) == ("core.eventcursor", "x", T0)
    assert (other.aggregate_type, other.aggregate_id) == ("signal", "9")


@pytest.mark.django_db
def test_a_payload_is_plain_json() -> None:
    with pytest.raises(TypeError, match=r"payload\.price was a Decimal"):
        events.record("signal.created", payload={"price": Decimal(1)})


@pytest.mark.django_db
def test_two_handlers_cannot_share_a_name(handled: list[int]) -> None:
    with pytest.raises(ValueError, match="'seen'"):
        events.register_consumer("seen", ["x"], lambda event: None)
    with pytest.raises(KeyError):
        events.consume("nobody", now=T0)


@pytest.mark.django_db
def test_a_consumer_gets_each_event_of_its_kinds_once_in_order(handled: list[int]) -> None:
    mine = [record().pk, record().pk]
    record("order.placed")
    assert events.consume("seen", now=T0) == 2
    assert events.consume("seen", now=T0) == 0
    mine.append(record().pk)
    assert events.consume("seen", now=T0) == 1
    assert handled == mine


@pytest.mark.django_db
def test_the_limit_bounds_a_batch(handled: list[int]) -> None:
    for _ in range(5):
        record()
    assert [events.consume("seen", limit=2, now=T0) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.django_db
def test_consumers_do_not_disturb_each_other(handled: list[int]) -> None:
    everything: list[str] = []
    events.register_consumer("all", [], lambda event: everything.append(event.kind))
    record()
    record("order.placed")
    assert events.consume_all(now=T0) == {"seen": 1, "all": 2}
    assert everything == ["signal.created", "order.placed"]


@pytest.mark.django_db
@pytest.mark.parametrize("visible_order", [[3, 1, 2], [2, 3, 1], [1, 3, 2]])
def test_events_that_appear_out_of_order_are_not_lost(handled: list[int], visible_order: list[int]) -> None:
    base = 1000
    for minutes, number in enumerate(visible_order):
        Event.objects.create(pk=base + number, kind="signal.created", created_at=T0)
        events.consume("seen", now=at(minutes=20 * minutes))
    assert handled == [base + number for number in visible_order]


@pytest.mark.django_db
def test_the_floor_follows_at_the_distance_of_the_gap_window(handled: list[int]) -> None:
    first, second = record(when=T0), record(when=at(minutes=30))

    def floor_after(now: datetime) -> int:
        events.consume("seen", now=now)
        return EventCursor.objects.get(consumer="seen").floor_id

    assert floor_after(at(minutes=31)) == 0
    assert floor_after(at(minutes=60)) == first.pk
    assert floor_after(at(minutes=89)) == first.pk
    assert floor_after(at(minutes=90)) == second.pk
    assert handled == [first.pk, second.pk]


@pytest.mark.django_db
def test_events_of_other_kinds_do_not_hold_the_floor(handled: list[int]) -> None:
    record()
    other = record("order.placed")
    events.consume("seen", now=at(hours=2))
    assert EventCursor.objects.get(consumer="seen").floor_id == other.pk


@pytest.mark.django_db
def test_a_failing_event_is_put_off_while_the_others_go_on(handled: list[int]) -> None:
    bad, good = record(), record()
    failures = 3

    def handler(event: Event) -> None:
        nonlocal failures
        EventCursor.objects.create(consumer=f"row of {event.pk}", updated_at=T0)
        if event.pk == bad.pk and failures:
            failures -= 1
            raise ValueError("no price, token=Qx7canary")
        handled.append(event.pk)

    events.register_consumer("fragile", ["signal.created"], handler)
    assert events.consume("fragile", now=T0) == 1
    assert handled == [good.pk]
    assert not EventCursor.objects.filter(consumer=f"row of {bad.pk}").exists(), "its rows went with its transaction"
    assert "Qx7canary" not in EventConsumption.objects.get(event=bad, consumer="fragile").error
    settled = [events.consume("fragile", now=at(seconds=s)) for s in (4, 5, 14, 15, 34, 35)]
    assert settled == [0, 0, 0, 0, 0, 1]
    assert handled == [good.pk, bad.pk]
    assert EventConsumption.objects.get(event=bad, consumer="fragile").status == "done"


@pytest.mark.django_db
def test_an_event_that_always_fails_is_laid_aside_and_can_be_revived(handled: list[int]) -> None:
    def handler(event: Event) -> None:
        raise ValueError("never")

    event = record()
    events.register_consumer("hopeless", [], handler)
    for hour in range(12):
        events.consume("hopeless", now=at(hours=hour))
    row = EventConsumption.objects.get(consumer="hopeless")
    assert (row.status, row.attempts) == ("dead", events.MAX_ATTEMPTS)
    assert EventCursor.objects.get(consumer="hopeless").floor_id == event.pk, "a dead event holds nobody up"
    with clock.frozen(at(hours=13)):
        assert events.revive("hopeless") == 1
    events._consumers["hopeless"] = events.Consumer("hopeless", frozenset(), lambda event: None)
    assert events.consume("hopeless", now=at(hours=13)) == 1


@pytest.mark.django_db
def test_targets_are_noted_once(handled: list[int]) -> None:
    event = record()
    noted = [events.once(event, "seen", target, now=T0) for target in ("sub:1", "sub:2", "sub:1")]
    assert noted == [True, True, False]
    assert events.consume("seen", now=T0) == 1, "targets do not settle the event"
    with pytest.raises(DatabaseError), transaction.atomic():
        EventConsumption.objects.create(event=event, consumer="seen", target="sub:1", at=T0)


@pytest.mark.django_db(transaction=True)
def test_committing_wakes_each_consumer_once(handled: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[dict[str, object]] = []
    monkeypatch.setattr(events.jobs, "enqueue", lambda name, **kwargs: woken.append({"task": name, **kwargs}))
    with transaction.atomic():
        for _ in range(3):
            events.record("signal.created", payload={})
        events.record("nobody.cares", payload={})
        assert woken == []
    assert woken == [{"task": "core.consume_events", "consumer": "seen"}]


@pytest.mark.django_db(transaction=True)
def test_a_failed_wake_up_loses_nothing(handled: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, **kwargs: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(events.jobs, "enqueue", fail)
    event = record()
    events.consume_task()
    assert handled == [event.pk]


@pytest.mark.django_db(transaction=True)
def test_consuming_inside_a_transaction_is_refused(handled: list[int]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        events.consume("seen", now=T0)


@pytest.mark.django_db
def test_only_what_everybody_is_done_with_is_purged(handled: list[int]) -> None:
    old, young = record(), record(when=at(days=2))
    assert events.purge(before=at(days=1)) == 0, "not consumed yet"
    events.consume("seen", now=at(days=3))
    assert events.purge(before=at(days=1)) == 1
    assert list(Event.objects.all()) == [young]
    assert not EventConsumption.objects.filter(event_id=old.pk).exists()


@pytest.mark.django_db
def test_what_waits_is_counted_by_age(handled: list[int]) -> None:
    record()
    record(when=at(minutes=9))
    assert events.pending_count("seen", now=at(minutes=10)) == 2
    assert events.pending_count("seen", older_than=timedelta(minutes=5), now=at(minutes=10)) == 1


def test_racing_workers_handle_each_event_once(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_consumers", {})
    events.register_consumer(
        "racing",
        ["signal.created"],
        lambda event: EventCursor.objects.create(consumer=f"row of {event.pk}", updated_at=T0) and None,
    )
    race(lambda _: [record() for _ in range(30)], 1)
    settled = race(lambda _: events.consume("racing", now=T0), 4)
    left = race(lambda _: events.consume("racing", now=at(hours=1)), 1)
    assert sum(settled) + sum(left) == 30
    assert race(lambda _: EventCursor.objects.filter(consumer__startswith="row of").count(), 1) == [30]


def test_an_event_whose_transaction_is_still_open_is_delivered_later(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: ids are committed in order")
    monkeypatch.setattr(events, "_consumers", {})
    got: list[int] = []
    events.register_consumer("seen", [], lambda event: got.append(event.payload["n"]))

    def story(_: int) -> None:
        with transaction.atomic():
            with clock.frozen(T0):
                slow = events.record("x", payload={"n": 1})
            quick = race(lambda _: record("x", n=2).pk, 1)[0]
            assert slow.pk < quick
            race(lambda _: events.consume("seen", now=at(minutes=59)), 1)
            assert got == [2]
        events.consume("seen", now=at(minutes=59))
        assert got == [2, 1]

    race(story, 1)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["commit", "fail", "consume"]), st.integers(0, 3)), max_size=15))
def test_whatever_fails_committed_events_and_no_others_arrive(handled: list[int], story: list[tuple[str, int]]) -> None:
    handled.clear()
    Event.objects.all().delete()
    committed, now = [], T0
    for step, n in story:
        now += timedelta(minutes=17)
        if step == "consume":
            events.consume("seen", limit=n + 1, now=now)
            continue
        try:
            with clock.frozen(now), transaction.atomic():
                made = [events.record("signal.created", payload={"i": i}).pk for i in range(n)]
                if step == "fail":
                    raise RuntimeError
                committed += made
        except RuntimeError:
            pass
    while events.consume("seen", now=now):
        pass
    assert handled == committed
