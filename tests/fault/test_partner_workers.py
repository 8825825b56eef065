"""The Procfile's worker killed with its children again and again, with the leases and pauses of the product."""

import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from partners.tests.receivers import Receiver
from tests.fault.callers import Caller, bearer
from tests.fault.conftest import until, written
from tests.fault.servers import WithBeat
from tests.fault.test_partner_server import LONG, V1, partner, ping, provision

EVENTS, KILLS, PARTNERS = 500, 20, 25
#: Doubles that one kill may cost: fewer than the requests that its two children may have under way, 24 each, as a kill
#: meets little more than the 25 events of its turn.
PLACES = 2 * 16


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WithBeat]:
    monkeypatch.setenv("WEBHOOK_ALLOW_NETS", "127.0.0.0/8")
    with WithBeat(tmp_path / "state") as running:
        yield running


@pytest.mark.skipif(not LONG, reason="minutes: script/fault --long")
@pytest.mark.timeout(900)
def test_no_event_is_lost_when_the_worker_is_killed(plant: WithBeat) -> None:
    caller, chance = Caller(plant), random.Random(11)
    with Receiver(delay_s=0.05) as receiver:
        provider = partner(plant, plan="elite", admin=True)["key"]
        made = [provision(caller, provider, url=receiver.url) for _ in range(PARTNERS)]
        secrets = [one["webhook_secret"] for one in made]
        turns, sent = itertools.cycle(made), []
        for _ in range(KILLS):
            seen, enough = len(receiver.received), chance.randint(3, 15)
            batch = [next(turns) for _ in range(EVENTS // KILLS)]
            with ThreadPoolExecutor(4) as pool:
                sent += pool.map(lambda one: ping(caller, one).body["delivery"]["event_id"], batch)
            until(lambda seen=seen, enough=enough: len(receiver.received) >= seen + enough)
            plant.kill_worker()
            plant.restart_worker()
        until(lambda: set(receiver.event_ids) == set(sent), lambda: len(set(receiver.event_ids)), within_s=300)
        until(lambda: all(states(caller, one["key"]) == {"delivered"} for one in made), within_s=60)
        received = list(receiver.received)
    doubles = len(received) - len({got.event_id for got in received})
    per_event = Counter(Counter(got.event_id for got in received).values())
    genuine = sum(got.is_genuine(secrets) for got in received)
    what = f"{len(sent)} webhook events, the Procfile's worker killed {KILLS} times (leases of 20 s)"
    measured = f"{len(sent) - len(set(receiver.event_ids))} lost, {doubles} doubles; times each came: {dict(per_event)}"
    written("services", what, f"none lost, doubles <= {KILLS * PLACES}", measured)
    assert len(sent) == EVENTS
    assert doubles <= KILLS * PLACES
    assert genuine == len(received)
    assert all(json.loads(got.body) for got in received)


def states(caller: Caller, key: str) -> set[str]:
    """Return how the deliveries in a partner's log stand."""
    rows = caller.get(f"{V1}/deliveries?limit=500", **bearer(key)).body["deliveries"]
    return {row["status"] for row in rows}
