"""The loop that sends: one thread speaks to the database, many to the receivers.

Requests wait, so they wait in threads of their own, which touch no database: a receiver that takes its five seconds
holds up one place of twenty-four. No receiver has more than two, one that fails has one, and the last third is kept for
receivers that do not fail and have nothing under way: many that hang delay nobody else. Mails have few places, as one
server takes them all and may hang.
"""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from core import clock, http
from core.addresses import AddressPolicy
from core.shared_clock import shared_now
from partners.constants import ANSWER_KEPT_BYTES, ANSWER_READ_BYTES, DEADLINE_S, Channel
from partners.lifecycle import Happening
from partners.services.email import mail_send
from partners.services.health import outcome_noted, put_off_kept
from partners.services.outbox import endpoint_lock, wake
from partners.services.sending import (
    MAX_LOSSES,
    Claimed,
    Outcome,
    Receiver,
    claim_next,
    is_unwanted,
    next_due_in,
    settle,
    with_plan,
)
from partners.webhooks import signing
from partners.webhooks.judging import asked_wait, judge, words_of

log = logging.getLogger("platform.webhooks")

PLACES: Final = 24
#: Mails under way in a process.
MAILS: Final = 3
#: Until a look-up is tried again that was not begun because too many hang.
BUSY_RETRY: Final = timedelta(seconds=10)
#: How long one call goes on before it leaves the rest to the next, and how often it looks for more while it waits.
SLICE_S: Final = 20.0
LOOK_S: Final = 0.25
SETTLE_TRIES: Final = 2
#: How often the beat asks for a call whether or not anything is due.
SWEEP_S: Final = 5.0
#: A timer may go off as much too early.
EARLY_S: Final = 0.05

_running = threading.Lock()
_asked = threading.Event()


def policy() -> AddressPolicy:
    """Return which addresses webhooks may reach."""
    return AddressPolicy(allow_nets=settings.WEBHOOK_ALLOW_NETS)


def deliver_due(*, places: int = PLACES, slice_s: float = SLICE_S, draw: Callable[[], float] = random.random) -> int:
    """Send what is due until nothing is, or the slice is over; return how many attempts were made.

    One call at a time takes rows in a process; a further one returns at once, as the running one finds its rows or,
    if it was just leaving, looks again. When the slice is over the next call is queued and may begin while this one
    waits for its last answers. ``draw``: numbers between 0 and 1 that vary the waits.
    """
    until, made = clock.monotonic() + slice_s, 0
    _asked.set()
    while _asked.is_set() and clock.monotonic() < until and _running.acquire(blocking=False):
        _asked.clear()
        with ExitStack() as turn:
            turn.callback(_running.release)
            client = http.Client(policy(), max_bytes=ANSWER_READ_BYTES)
            with client, ThreadPoolExecutor(places) as pool:
                made += _loop(client, pool, places, until, draw, turn.close)
    _come_back()
    return made


def _come_back() -> None:
    """Have the next call made when the next row falls due, where that is before the beat asks anyway: half a minute
    that varies by a fifth would otherwise be up to five seconds more.
    """
    try:
        wait_s = next_due_in(now=clock.now(), within=timedelta(seconds=SWEEP_S))
    except DatabaseError:  # the beat asks again
        log.exception("webhook.not_looked_ahead")
        connection.close_if_unusable_or_obsolete()
        return
    if wait_s is not None:
        wake(after_s=wait_s + EARLY_S)


def _loop(
    client: http.Client, pool: ThreadPoolExecutor, places: int, until: float, draw: Callable[[], float],
    leave: Callable[[], None],
) -> int:  # fmt: skip
    under_way: dict[Future[Outcome], Claimed] = {}
    served: dict[Receiver, float] = {}
    made, open_ = 0, True
    while True:
        if open_ and clock.monotonic() >= until:
            open_ = False
            leave()
            wake()
        while open_ and len(under_way) < places and (claimed := _claim(under_way, places, served)) is not None:
            under_way[_start(client, pool, claimed, draw())] = claimed
            served[claimed.receiver] = clock.monotonic()
        if not under_way:
            return made
        done, _ = wait(under_way, timeout=LOOK_S, return_when=FIRST_COMPLETED)
        for future in done:
            _finish(under_way.pop(future), future)
            made += 1


def _claim(
    under_way: Mapping["Future[Outcome]", Claimed], places: int, served: Mapping[Receiver, float]
) -> Claimed | None:
    """Take the next row; None too if the database fails, so that what is under way is still settled."""
    mails = sum(one.delivery.channel == Channel.EMAIL for one in under_way.values())
    channels = [Channel.WEBHOOK.value] if mails >= MAILS else Channel.values
    is_crowded = places - len(under_way) <= places // 3
    try:
        return claim_next(now=shared_now(), is_crowded=is_crowded, channels=channels, served=served)
    except DatabaseError:
        log.exception("webhook.not_claimed")
        connection.close_if_unusable_or_obsolete()
        return None


def _start(client: http.Client, pool: ThreadPoolExecutor, claimed: Claimed, drawn: float) -> "Future[Outcome]":
    if claimed.delivery.strikes >= MAX_LOSSES:
        error = f"The sending process was lost {MAX_LOSSES} times in a row while it sent this."
        return pool.submit(Outcome, Happening.GIVEN_UP, error=error, is_of_receiver=False)
    if is_unwanted(claimed.delivery):
        error = "Not sent: its subscription was deleted."
        return pool.submit(Outcome, Happening.GIVEN_UP, error=error, is_of_receiver=False)
    if claimed.delivery.channel == Channel.EMAIL:
        return pool.submit(mail_send, claimed)
    if not claimed.secrets:
        return pool.submit(Outcome, Happening.GIVEN_UP, error="The signing secret cannot be opened. Rotate it.")
    return pool.submit(_post, client, claimed, 2.0 * drawn - 1.0)


def _finish(claimed: Claimed, future: "Future[Outcome]") -> None:
    try:
        outcome = future.result()
    except Exception as exc:
        log.exception("webhook.not_sent", extra={"delivery": claimed.delivery.pk})
        outcome = Outcome(Happening.GIVEN_UP, error=f"Sending failed on our side ({type(exc).__name__}).")
    for _ in range(SETTLE_TRIES):
        try:
            _settled(claimed, outcome)
            return
        except DatabaseError:  # one row's failure is not that of the others under way; its lease ends, it is repeated
            log.exception("webhook.not_settled", extra={"delivery": claimed.delivery.pk})
            connection.close_if_unusable_or_obsolete()


@transaction.atomic
def _settled(claimed: Claimed, outcome: Outcome) -> None:
    now, is_webhook = clock.now(), claimed.delivery.channel == Channel.WEBHOOK
    endpoint_lock(claimed.delivery.partner_id, claimed.delivery.environment)
    outcome = with_plan(claimed.delivery, outcome, now=now)
    if not settle(claimed, outcome, now=now):
        return
    if is_webhook and outcome.is_of_receiver:
        outcome_noted(claimed, outcome, now=now)
    elif outcome.happening is Happening.PUT_OFF:
        put_off_kept(claimed)


def _post(client: http.Client, claimed: Claimed, jitter: float) -> Outcome:
    """Make the request and say what came of it. Runs in a thread of its own; no database."""
    row, at = claimed.delivery, clock.now()
    body = bytes(row.body)
    headers = signing.headers(
        event=row.event, event_id=row.event_id, delivery_id=row.pk, attempt=claimed.number,
        environment=row.environment, body=body, secrets=claimed.secrets, at=at,
    )  # fmt: skip
    started, status, error, answer, asked, allowed = clock.monotonic(), None, "", "", None, True
    if not claimed.url:
        return Outcome(Happening.REFUSED, error="There is no webhook address.", request_headers=headers)
    try:
        response = client.request(
            "POST", claimed.url, content=body, headers=headers, deadline_s=DEADLINE_S, partial=True
        )
        status, answer = response.status, response.text[:ANSWER_KEPT_BYTES]
        asked = asked_wait(response.headers.get("Retry-After"), now=at)
        error = "" if response.is_success else words_of(status)
    except http.Busy as exc:
        again = clock.now() + BUSY_RETRY
        return Outcome(Happening.PUT_OFF, again, error=exc.detail, is_of_receiver=False, is_begun=False)
    except http.Blocked as exc:
        error, allowed = exc.detail, False
    except http.OutgoingError as exc:
        error = exc.detail
    verdict = judge(
        http_status=status, may_be_called=allowed, made=row.planned, policy=claimed.retry_policy, jitter=jitter,
        is_resend=row.is_resend, retry_after=asked,
    )  # fmt: skip
    return Outcome(
        happening=verdict.happening,
        next_attempt_at=_after(verdict.wait),
        http_status=status,
        error=error,
        duration_ms=round((clock.monotonic() - started) * 1000),
        request_headers=headers,
        answer=answer.replace("\x00", "\ufffd"),
    )


def _after(wait_: timedelta | None) -> datetime | None:
    return None if wait_ is None else clock.now() + wait_
