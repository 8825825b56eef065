"""Redis away for a while: the surface answers, and every event arrives when it is back. On a Redis of its own."""

import itertools
import math
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from partners.tests.receivers import Receiver
from tests.fault.callers import Answer, Caller, bearer
from tests.fault.conftest import written
from tests.fault.servers import WithBeat
from tests.fault.test_partner_server import LONG, V1, partner, ping

AWAY_S = 60 if LONG else 15


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WithBeat]:
    monkeypatch.setenv("WEBHOOK_ALLOW_NETS", "127.0.0.0/8")
    with WithBeat(tmp_path / "state") as running:
        yield running


@pytest.mark.timeout(600)
def test_redis_away(own: WithBeat) -> None:
    """Two who call without a pause for breath longer than 0.2 s: one makes events, one reads."""
    caller, posts, reads = Caller(own), [], []
    with Receiver() as receiver:
        made = partner(own, url=receiver.url, plan="elite")
        ping(caller, made)
        caller.until(lambda: receiver.received)
        own.store.stop()
        away, end = time.monotonic(), time.monotonic() + AWAY_S
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read_until, end, caller, made["key"], reads)
            while time.monotonic() < end:
                posts.append(ping(caller, made))
                time.sleep(0.2)
            reading.result()
        away = time.monotonic() - away
        own.store.start()
        back, sent = time.monotonic(), len(posts) + 1
        caller.until(lambda: len(set(receiver.event_ids)) >= sent, within_s=90)
        took = time.monotonic() - back
        genuine = sum(got.is_genuine([made["webhook_secret"]]) for got in receiver.received)
    answers = posts + reads
    p99 = sorted(answer.took_ms for answer in answers)[math.ceil(0.99 * len(answers)) - 1]
    what = f"Redis stopped for {away:.0f} s under {len(posts)} POSTs and {len(reads)} GETs of a partner"
    written(
        "services", what, "no 5xx, p99 <= 2 s; all events <= 90 s after",
        f"{dict(Counter(answer.status for answer in answers))}, p99 {p99:.0f} ms; {sent} of {sent} events arrived, the "
        f"last {took:.0f} s after",
    )  # fmt: skip
    assert {answer.status for answer in posts} == {202}
    assert {answer.status for answer in reads} == {200}
    assert len(set(receiver.event_ids)) == sent
    assert genuine == len(receiver.received)
    assert p99 <= 2000, sorted(answer.took_ms for answer in answers)[-20:]


def read_until(end: float, caller: Caller, key: str, reads: list[Answer]) -> None:
    paths = itertools.cycle([f"{V1}/me", f"{V1}/subscriptions", f"{V1}/deliveries?limit=5", "health"])
    while time.monotonic() < end:
        reads.append(caller.get(next(paths), **bearer(key)))
        time.sleep(0.2)
