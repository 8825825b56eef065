"""Events: how a lower package tells a higher one that something happened, without losing it.

``record`` writes a row of `Event` in the transaction of the deed (outbox): either both are there or neither. Each
consumer works through the events in a transaction of its own per event, in which it makes its rows and marks the event
as settled; a crash undoes both, so every event is handled once however often workers die.

*Why not simply "id greater than the last one seen".* Ids are drawn when a row is inserted, but rows appear when their
transaction commits: event 8 can be visible while 7 is still being written. A cursor that moved to 8 would never see 7.
So an event is pending for a consumer if it has no settled `EventConsumption` row, and the stored cursor is only a floor
that keeps this question cheap. The floor follows the settled events at a distance of ``GAP_WINDOW``: an id below it was
drawn at least that long ago, so the transaction that drew it has ended, and what is not visible by now never will be
(it was rolled back). The one assumption is that no transaction which records events stays open for an hour.

The on-commit call only wakes the consumers. If it is lost, the periodic sweep (the task ``core.consume_events`` without
an argument) finds the events.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet

from core import clock, jobs
from core.models import Event, EventConsumption, EventCursor
from core.plain import require_plain
from core.redaction import redact_text

log = logging.getLogger("platform.events")

GAP_WINDOW = timedelta(hours=1)
MAX_ATTEMPTS = 8
RETRY_FIRST = timedelta(seconds=5)
RETRY_LONGEST = timedelta(minutes=30)
WAKE_TASK = "core.consume_events"
BATCH = 100

Handler = Callable[[Event], None]
Status = EventConsumption.Status


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who wants which events. ``kinds`` empty means all of them."""

    name: str
    kinds: frozenset[str]
    handler: Handler

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


_consumers: dict[str, Consumer] = {}


def register_consumer(name: str, kinds: Iterable[str], handler: Handler) -> None:
    """Make ``handler`` receive every event of ``kinds`` (all, if empty), from the oldest that is kept.

    Call it when the app is ready (``receivers.py``). The name is stored with the cursor and must not change. The
    handler runs inside a transaction and does nothing but make rows: no network, no queue. It may be called again for
    an event whose transaction failed. Raises ValueError if another handler has the name.
    """
    known = _consumers.get(name)
    if known is not None and known.handler is not handler:
        raise ValueError(f"Two handlers are called {name!r}.")
    _consumers[name] = Consumer(name, frozenset(kinds), handler)


def consumers() -> tuple[Consumer, ...]:
    """Return all registered consumers."""
    return tuple(_consumers.values())


def record(kind: str, *, payload: dict[str, Any], aggregate: Model | tuple[str, object] | None = None) -> Event:
    """Write an event in the caller's transaction and return it.

    ``kind``: dotted, past tense (``signal.created``). ``payload``: plain JSON values only. ``aggregate``: what it
    happened to, a saved object or (type, id). Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An event is recorded in the transaction of what it tells of.")
    require_plain(payload, "payload")
    aggregate_type, aggregate_id = _aggregate(aggregate)
    event = Event.objects.create(
        kind=kind, payload=payload, aggregate_type=aggregate_type, aggregate_id=aggregate_id, created_at=clock.now()
    )
    _wake_on_commit(kind)
    return event


def _aggregate(aggregate: Model | tuple[str, object] | None) -> tuple[str, str]:
    if aggregate is None:
        return "", ""
    if isinstance(aggregate, Model):
        return aggregate._meta.label_lower, str(aggregate.pk)
    return aggregate[0], str(aggregate[1])


@dataclass(frozen=True)
class _Wake:
    """The on-commit call; equal calls in one transaction are made once."""

    names: frozenset[str]

    def __call__(self) -> None:
        for name in sorted(self.names):
            try:
                jobs.enqueue(WAKE_TASK, consumer=name)
            except Exception as exc:  # the deed is committed; the sweep will find its events
                log.warning("events.not_woken", extra={"consumer": name, "error": repr(exc)})


def _wake_on_commit(kind: str) -> None:
    wake = _Wake(frozenset(c.name for c in _consumers.values() if c.wants(kind)))
    if wake.names and all(entry[1] != wake for entry in connection.run_on_commit):
        transaction.on_commit(wake)


def consume(consumer: str, *, limit: int = 100, now: datetime | None = None) -> int:
    """Let a consumer handle up to ``limit`` pending events, oldest first; return how many it settled.

    An event whose handler fails is put off (5 s, doubling to 30 min) while the others go on, and after eight failures
    laid aside as dead. Several workers may consume at once: each event is settled by one of them. Refuses to run
    inside a transaction. Raises KeyError for an unknown consumer.
    """
    spec = _consumers[consumer]
    now = now or clock.now()
    with transaction.atomic(durable=True):
        EventCursor.objects.get_or_create(consumer=consumer, defaults={"updated_at": now})
    pending = list(_pending(spec, now).order_by("id")[:limit])
    settled = sum(_handle(spec, event, now) for event in pending)
    _raise_floor(spec, now)
    return settled


def consume_all(*, limit: int = 100, now: datetime | None = None) -> dict[str, int]:
    """Run every consumer once: the sweep. A consumer that fails altogether does not stop the next."""
    result = {}
    for name in list(_consumers):
        try:
            result[name] = consume(name, limit=limit, now=now)
        except DatabaseError:
            log.exception("events.sweep_failed", extra={"consumer": name})
    return result


@shared_task(name=WAKE_TASK)
def consume_task(consumer: str | None = None) -> None:
    """Let one consumer, or all of them (the sweep), handle what is pending. Safe to run any number of times.

    After a full batch the next one is queued instead of holding the worker.
    """
    settled = consume_all(limit=BATCH) if consumer is None else {consumer: consume(consumer, limit=BATCH)}
    for name, count in settled.items():
        if count >= BATCH:
            jobs.enqueue(WAKE_TASK, consumer=name)


def _unsettled(spec: Consumer) -> QuerySet[Event]:
    floor = EventCursor.objects.filter(consumer=spec.name).values_list("floor_id", flat=True).first() or 0
    mine = EventConsumption.objects.filter(event=OuterRef("pk"), consumer=spec.name, target="")
    wanted = Q(kind__in=spec.kinds) if spec.kinds else Q()
    return Event.objects.filter(wanted, ~Exists(mine.exclude(status=Status.WAITING)), id__gt=floor)


def _pending(spec: Consumer, now: datetime) -> QuerySet[Event]:
    mine = EventConsumption.objects.filter(event=OuterRef("pk"), consumer=spec.name, target="")
    return _unsettled(spec).filter(~Exists(mine.filter(status=Status.WAITING, retry_at__gt=now)))


def _handle(spec: Consumer, event: Event, now: datetime) -> bool:
    try:
        with transaction.atomic():
            if not _settle(spec, event, now):
                return False  # another worker was first
            spec.handler(event)
    except Exception as exc:
        log.exception("events.handler_failed", extra={"consumer": spec.name, "event_id": event.pk, "kind": event.kind})
        _put_off(spec, event, exc, now)
        return False
    return True


def _settle(spec: Consumer, event: Event, now: datetime) -> bool:
    """Mark the event as done in the open transaction. Waits for a worker that is just doing so; False if it did."""
    if once(event, spec.name, "", now=now):
        return True
    waiting = EventConsumption.objects.filter(event=event, consumer=spec.name, target="", status=Status.WAITING)
    return waiting.update(status=Status.DONE, retry_at=None, at=now) == 1


def once(event: Event, consumer: str, target: str, *, now: datetime | None = None) -> bool:
    """Take note, in the handler's transaction, that ``target`` (a subscription, a user) gets this event.

    Returns False if it was noted before: then make no row for it.
    """
    sql = (
        "INSERT INTO core_eventconsumption (event_id, consumer, target, status, attempts, error, at) "
        "VALUES (%s, %s, %s, 'done', 1, '', %s) ON CONFLICT (event_id, consumer, target) DO NOTHING"
    )
    at = connection.ops.adapt_datetimefield_value(now or clock.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [event.pk, consumer, target, at])
        return cursor.rowcount == 1


def _put_off(spec: Consumer, event: Event, exc: Exception, now: datetime) -> None:
    error = redact_text(f"{type(exc).__name__}: {exc}")[:500]
    with transaction.atomic():
        row, new = EventConsumption.objects.select_for_update().get_or_create(
            event=event, consumer=spec.name, target="",
            defaults={"status": Status.WAITING, "retry_at": now + RETRY_FIRST, "error": error, "at": now},
        )  # fmt: skip
        if new or row.status != Status.WAITING:
            return
        dead = row.attempts + 1 >= MAX_ATTEMPTS
        wait = min(RETRY_FIRST * 2**row.attempts, RETRY_LONGEST)
        row.status, row.retry_at = (Status.DEAD, None) if dead else (Status.WAITING, now + wait)
        row.attempts, row.error, row.at = row.attempts + 1, error, now
        row.save()


def _raise_floor(spec: Consumer, now: datetime) -> None:
    """Move the cursor up to the last event that is old enough and has nothing unsettled at or below it."""
    floor = EventCursor.objects.get(consumer=spec.name).floor_id
    old = Event.objects.filter(id__gt=floor, created_at__lte=now - GAP_WINDOW)
    first_open = _unsettled(spec).order_by("id").values_list("id", flat=True).first()
    if first_open is not None:
        old = old.filter(id__lt=first_open)
    new = old.aggregate(top=Max("id"))["top"]
    if new is not None:
        EventCursor.objects.filter(consumer=spec.name, floor_id__lt=new).update(floor_id=new, updated_at=now)


def revive(consumer: str) -> int:
    """Give a consumer's dead events eight further attempts; return how many there were."""
    now = clock.now()
    with transaction.atomic():
        dead = EventConsumption.objects.filter(consumer=consumer, target="", status=Status.DEAD)
        lowest = dead.order_by("event_id").values_list("event_id", flat=True).first()
        if lowest is not None:
            below = EventCursor.objects.filter(consumer=consumer, floor_id__gte=lowest)
            below.update(floor_id=lowest - 1, updated_at=now)
        return dead.update(status=Status.WAITING, attempts=0, retry_at=now)


def purge(*, before: datetime) -> int:
    """Delete events older than ``before`` that every registered consumer has left below its floor; return how many."""
    floors = dict(EventCursor.objects.values_list("consumer", "floor_id"))
    if not _consumers:
        return 0
    lowest = min(floors.get(name, 0) for name in _consumers)
    kept = EventConsumption.objects.filter(event=OuterRef("pk"), status=Status.DEAD)
    return Event.objects.filter(~Exists(kept), id__lte=lowest, created_at__lt=before).delete()[1].get("core.Event", 0)


def pending_count(consumer: str, *, older_than: timedelta = timedelta(), now: datetime | None = None) -> int:
    """Return how many events that are at least ``older_than`` old wait for a consumer (for the health check)."""
    edge = (now or clock.now()) - older_than
    return _unsettled(_consumers[consumer]).filter(created_at__lte=edge).count()
