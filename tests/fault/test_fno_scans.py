"""Two beats and two workers on PostgreSQL and Redis, and workers that are killed in the middle of a scan.

``FNO_FAULT_S`` says for how long (600 by default). Each index has one row a minute, none missing, none twice, and each
worker that was killed loses and doubles nothing.
"""

import os
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis

from tests.fault.conftest import written
from tests.fault.servers import POSTGRES, REDIS, SECRET
from tests.server.running import ROOT

SECONDS = int(os.environ.get("FNO_FAULT_S", "600"))
DATABASE = "fno_fault"
INDICES = ("BANKNIFTY", "FINNIFTY", "NIFTY", "SENSEX")
KILL_EVERY_S = 20.0


class Plant:
    """A database, a queue, and the processes of the Procfile's roles."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.database = urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{DATABASE}"))
        self.environment = {
            "STATE_DIR": str(state_dir), "DATABASE_URL": self.database, "REDIS_URL": REDIS, "SECRET_KEY": SECRET,
        }  # fmt: skip
        self.processes: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Make the database and the market's listing."""
        self.drop()
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        redis.Redis.from_url(REDIS).flushdb()
        for command in ("migrate --noinput", "seed_market"):
            self._run([sys.executable, "manage.py", *command.split()])

    def drop(self) -> None:
        """Remove the database."""
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, cwd=ROOT, env=os.environ | self.environment, check=True, timeout=240)

    def start(self, role: str, name: str) -> subprocess.Popen[bytes]:
        """Start a role as the Procfile has it, in a process group of its own."""
        lines = (ROOT / "Procfile").read_text().splitlines()
        command = next(line for line in lines if line.startswith(f"{role}:")).split(":", 1)[1].strip()
        here = shlex.quote(str(Path(sys.executable).parent))
        command += f" --pidfile= --schedule={self.state_dir}/{name}" if role == "beat" else f" -n {name}@%h"
        log = (self.state_dir / f"{name}.log").open("ab")
        process = subprocess.Popen(
            ["/usr/bin/env", "sh", "-c", f"exec {here}/{command}"], cwd=ROOT, env=os.environ | self.environment,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a role with its children, as a machine that loses power does."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.processes.remove(process)

    def stop(self) -> None:
        """Kill what still runs."""
        for process in list(self.processes):
            self.kill(process)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def scanning(self) -> bool:
        """Tell whether a worker holds a slot right now."""
        sql = "SELECT 1 FROM core_jobslot WHERE job LIKE 'fno.scan.%' AND status = 'started' AND lease_until > now()"
        return bool(self.rows(sql))


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path / "state")
    made.state_dir.mkdir()
    try:
        made.prepare()
        yield made
    finally:
        made.stop()
        made.drop()


@pytest.mark.timeout(SECONDS + 600)
def test_one_row_a_slot_whatever_dies(plant: Plant) -> None:
    for number in (1, 2):
        plant.start("beat", f"beat{number}")
    workers = [plant.start("worker", f"worker{number}") for number in (1, 2)]
    _first_rows(plant)
    began = time.monotonic()
    chance = random.Random(5)
    kills = in_a_scan = 0
    while time.monotonic() - began < SECONDS:
        busy = _until(plant, began + SECONDS, next_kill=time.monotonic() + KILL_EVERY_S)
        if time.monotonic() - began >= SECONDS:
            break
        at = chance.randrange(2)
        plant.kill(workers[at])
        kills, in_a_scan = kills + 1, in_a_scan + busy
        workers[at] = plant.start("worker", f"worker{at + 1}")
    time.sleep(130)  # what the last kill left open is closed by the scan of two minutes later
    _check(plant, kills, in_a_scan)


def _first_rows(plant: Plant) -> None:
    deadline = time.monotonic() + 180
    while len(plant.rows("SELECT DISTINCT index FROM signals_fnoscan")) < len(INDICES):
        assert time.monotonic() < deadline, "no scans within three minutes"
        time.sleep(1)


def _until(plant: Plant, end: float, *, next_kill: float) -> bool:
    """Wait for the time of the next kill, then for a moment in which a scan runs; tell whether there was one."""
    while time.monotonic() < min(next_kill, end):
        time.sleep(0.5)
    patience = time.monotonic() + 65
    while time.monotonic() < min(patience, end):
        if plant.scanning():
            return True
        time.sleep(0.01)
    return False


def _check(plant: Plant, kills: int, in_a_scan: int) -> None:
    rows = plant.rows("SELECT index, slot, status FROM signals_fnoscan ORDER BY index, slot")
    newest = min(max(slot for name, slot, _ in rows if name == index) for index in INDICES)
    settled = newest - 2
    done = skipped = 0
    for index in INDICES:
        slots = [slot for name, slot, _ in rows if name == index and slot <= settled]
        assert slots == list(range(slots[0], settled + 1)), f"{index}: slots are missing or doubled"
        done += sum(status == "done" for name, slot, status in rows if name == index and slot <= settled)
        skipped += sum(status == "skipped" for name, slot, status in rows if name == index and slot <= settled)
    doubled = plant.rows("SELECT index, slot FROM signals_fnoscan GROUP BY index, slot HAVING count(*) > 1")
    assert doubled == []
    signals = plant.rows("SELECT trade_code, status FROM signals_fnosignal")
    told = plant.rows("SELECT key FROM signals_recordentry WHERE kind LIKE 'fno.%'")
    events = plant.rows("SELECT kind FROM core_event WHERE kind LIKE 'fno.%'")
    closed = sum(status == "CLOSED" for _, status in signals)
    assert len(told) == len(events) == len(signals) + closed
    assert kills >= max(1, SECONDS // 150)
    assert skipped <= len(INDICES) * kills
    written(
        "services",
        f"Two beats and two workers for {SECONDS} s, {kills} workers killed, {in_a_scan} of them in a scan",
        "one row an index and minute, none missing, none twice; a killed worker loses and doubles nothing",
        f"{done + skipped} rows, {done} scanned, {skipped} written down as skipped; {len(signals)} signals, each "
        "recorded once",
    )
