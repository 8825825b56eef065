"""Events while the process that sends them is killed again and again: none is lost, few come twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partners.tests.receivers import Receiver
from tests.fault.conftest import written
from tests.fault.servers import POSTGRES, SECRET, Services
from tests.server.running import ROOT

EVENTS, KILLS, PARTNERS, PLACES = 500, 20, 10, 16
LEASE_S = 1.0
Ask = Callable[[str], Any]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A fresh database and the environment that names it."""
    environment = {"STATE_DIR": str(tmp_path / "state"), "SECRET_KEY": SECRET, "WEBHOOK_ALLOW_NETS": "127.0.0.0/8"}
    name = f"fault_outbox_{os.getpid()}"
    if request.param == "PostgreSQL":
        Services._sql(POSTGRES, f"CREATE DATABASE {name}")
        environment["DATABASE_URL"] = POSTGRES.rpartition("/")[0] + f"/{name}"
    (tmp_path / "state").mkdir()
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "BASE_URL")}
    environment = (
        kept
        | environment
        | {"DJANGO_SETTINGS_MODULE": "tradeplatform.settings", "FAULT_LEASE_S": str(LEASE_S), "PYTHONFAULTHANDLER": "1"}
    )
    try:
        migrate = [sys.executable, "manage.py", "migrate", "--noinput", "-v0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True, timeout=200)
        yield request.param, environment
    finally:
        if request.param == "PostgreSQL":
            Services._sql(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ask(database: tuple[str, dict[str, str]], tmp_path: Path) -> Iterator[Ask]:
    """``ask(command)`` has the deliverer do something and returns its answer."""
    log = (tmp_path / "deliverer.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fault.deliverer"], cwd=ROOT, env=database[1], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
    )  # fmt: skip

    def say(command: str) -> Any:
        assert process.stdin
        assert process.stdout
        process.stdin.write(command + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, (process.wait(10), (tmp_path / "deliverer.log").read_text())
        return json.loads(line)

    yield say
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    log.close()


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


def until(ready: Callable[[], bool], said: Callable[[], Any] = lambda: "", within_s: float = 90) -> None:
    """Wait for it; ``said``: what is told if it does not come."""
    end = time.monotonic() + within_s
    while not ready():
        if time.monotonic() >= end:
            pytest.fail(f"it did not happen: {said()}")
        time.sleep(0.02)
