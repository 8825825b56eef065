"""Events while the process that sends them is killed again and again: none is lost, few come twice; all are signed."""

import json
import os
import random
import re
import signal
from collections import Counter

from partners.tests.receivers import Receiver
from tests.fault.conftest import LEASE_S, Ask, until, written

EVENTS, KILLS, PARTNERS, PLACES = 500, 20, 10, 16


def test_no_event_is_lost_when_the_sender_is_killed(ask: Ask, database: tuple[str, dict[str, str]]) -> None:
    chance = random.Random(8)
    with Receiver(delay_s=0.05) as receiver:
        secrets = ask(f"begin {receiver.url} {PARTNERS}")
        made = 0
        for _ in range(KILLS):
            made += ask(f"events {EVENTS // KILLS}")
            seen, enough = len(receiver.received), chance.randint(3, 20)
            pid = ask("send")
            until(lambda seen=seen, enough=enough: len(receiver.received) >= seen + enough)
            os.kill(pid, signal.SIGKILL)
            ask("reap")
        ask("send")
        until(lambda: len(set(receiver.event_ids)) == made and done(ask, made), lambda: ask("states"))
        found = ask("states")
        received = list(receiver.received)
    told = Counter(got.event_id for got in received)
    doubles = len(received) - len(told)
    genuine = sum(got.is_genuine([secrets[str(json.loads(got.body)["subscription_id"])]]) for got in received)
    assert made >= EVENTS
    assert found == {"states": {"delivered": made}, "gaps": 0, "errors": []}
    assert len(told) == made
    assert doubles <= KILLS * PLACES
    assert genuine == len(received)
    what = f"{made} webhook events, the sending process killed {KILLS} times (leases of {LEASE_S:.0f} s)"
    written(database[0], what, f"none lost, doubles <= {KILLS * PLACES}", f"0 lost, {doubles} doubles")


def done(ask: Ask, made: int) -> bool:
    return bool(ask("states")["states"] == {"delivered": made})


def test_a_thousand_events_are_signed(ask: Ask, database: tuple[str, dict[str, str]]) -> None:
    """Bodies with rupee signs, Devanagari, quotes and line ends, each verified from the bytes that came."""
    with Receiver() as receiver:
        secrets = ask(f"begin {receiver.url} {PARTNERS}")
        made = ask("events 1000")
        ask("send")
        until(lambda: len(receiver.received) >= made and done(ask, made), lambda: ask("states"), within_s=150)
        received = list(receiver.received)
    bodies = [got.body.decode() for got in received]
    genuine = [got.is_genuine([secrets[str(json.loads(got.body)["subscription_id"])]]) for got in received]
    foreign = [got.is_genuine(["whsec_" + "A" * 43 + "="]) for got in received]
    with_rupee, with_hindi = (sum(bool(re.search(sign, body)) for body in bodies) for sign in ("₹", "[\u0900-\u097f]"))
    what = f"{made} events, every request verified by the printed `verify()` and by `standardwebhooks`"
    written(
        database[0], what, "all genuine; none under another secret",
        f"{sum(genuine)} of {len(received)} genuine, {sum(foreign)} under another secret; {with_rupee} with ₹, "
        f"{with_hindi} with Devanagari",
    )  # fmt: skip
    assert len({got.event_id for got in received}) == made
    assert (sum(genuine), sum(foreign)) == (len(received), 0)
    assert with_rupee >= made // 2
    assert with_hindi >= made // 2
