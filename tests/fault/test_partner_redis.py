"""Redis away for a while: the surface answers, and every event arrives when it is back. On a Redis of its own."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from partners.tests.receivers import Receiver
from tests.fault import servers
from tests.fault.callers import Caller
from tests.fault.conftest import written
from tests.fault.servers import Services
from tests.fault.test_partner_server import LONG, partner, ping
from tests.server.running import ROOT, free_port

AWAY_S = 60 if LONG else 15


class OwnRedis:
    """A Redis server that may be stopped and started."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.fail("redis-server is not installed")
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.home), "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                redis.Redis(port=self.port).ping()
                return
            except redis.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("Redis did not start")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class WithBeat(Services):
    """The Procfile's ``beat`` too: its sweep finds what nobody was woken for."""

    kind = "services"

    def _start_worker(self) -> None:
        super()._start_worker()
        environment = os.environ | {"STATE_DIR": str(self.state_dir)} | self.environment
        log = (self.state_dir / "beat.log").open("w")
        self.stack.callback(log.close)
        beat = subprocess.Popen(
            ["/usr/bin/env", "sh", "-c", f"exec {self._role('beat')} --schedule {self.state_dir}/beat"], cwd=ROOT,
            env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.stack.callback(beat.wait)
        self.stack.callback(os.killpg, beat.pid, signal.SIGKILL)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WithBeat, OwnRedis]]:
    store = OwnRedis(tmp_path)
    store.start()
    monkeypatch.setattr(servers, "REDIS", f"redis://127.0.0.1:{store.port}/0")
    monkeypatch.setenv("WEBHOOK_ALLOW_NETS", "127.0.0.0/8")
    try:
        with WithBeat(tmp_path / "state") as running:
            running.stack.callback(store.start)  # what is torn down empties it
            running.stack.callback(store.stop)
            yield running, store
    finally:
        store.stop()


@pytest.mark.timeout(600)
def test_redis_away(own: tuple[WithBeat, OwnRedis]) -> None:
    server, store = own
    caller, slow, codes = Caller(server), [], []
    with Receiver() as receiver:
        made = partner(server, url=receiver.url, plan="elite")
        ping(caller, made)
        caller.until(lambda: receiver.received)
        store.stop()
        sent, end = 1, time.monotonic() + AWAY_S
        while time.monotonic() < end:
            answer = ping(caller, made)
            slow.append(answer.took_ms)
            codes.append(answer.status)
            sent += 1
            time.sleep(0.2)
        store.start()
        back = time.monotonic()
        caller.until(lambda: len(set(receiver.event_ids)) >= sent, within_s=90)
        took = time.monotonic() - back
    p99 = sorted(slow)[int(0.99 * len(slow)) - 1]
    assert set(codes) == {202}
    assert len(set(receiver.event_ids)) == sent
    assert p99 <= 2000, slow
    what = f"Redis stopped for {AWAY_S} s under {sent} POSTs"
    written(
        "services",
        what,
        "API answers, p99 <= 2 s; all events <= 90 s after",
        f"p99 {p99:.0f} ms; all after {took:.0f} s",
    )
