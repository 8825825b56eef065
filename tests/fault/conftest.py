"""Real servers for the fault tests: one embedded, one of several processes on PostgreSQL and Redis."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fault.callers import Caller
from tests.fault.servers import POSTGRES, SECRET, SERVERS, Running, Services
from tests.server.running import ROOT

Figure = Callable[[str, str, str], None]
Ask = Callable[[str], Any]
#: Of the deliverer that is killed: a twentieth of the product's.
LEASE_S = 1.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is of the long form (script/fault)."""
    here = Path(__file__).parent
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.fault)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session", params=sorted(SERVERS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running server with a fresh state. Its webhooks may reach the receivers of the tests, which are on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEBHOOK_ALLOW_NETS", "127.0.0.0/8")
        with SERVERS[request.param](tmp_path_factory.mktemp(request.param) / "state") as running:
            yield running


@pytest.fixture
def caller(server: Running) -> Caller:
    """A program that calls the server and reads the mails it writes."""
    return Caller(server)


@pytest.fixture
def figure(server: Running) -> Figure:
    """``figure(what, bound, measured)`` writes a row of the report."""

    def write(what: str, bound: str, measured: str) -> None:
        written(server.kind, what, bound, measured)

    return write


def written(kind: str, what: str, bound: str, measured: str) -> None:
    """Write a row of the report."""
    row = {"server": kind, "what": what, "bound": bound, "measured": measured}
    if path := os.environ.get("FAULT_FIGURES"):
        with Path(path).open("a") as file:
            file.write(json.dumps(row) + "\n")


@pytest.fixture
def allowed() -> str:
    """The networks that the deliverer's webhooks may reach."""
    return "127.0.0.0/8"


@pytest.fixture
def lease_s() -> float:
    """How long the deliverer holds what it sends."""
    return LEASE_S


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def database(
    request: pytest.FixtureRequest, tmp_path: Path, allowed: str, lease_s: float
) -> Iterator[tuple[str, dict[str, str]]]:
    """A fresh database and the environment that names it."""
    environment = {"STATE_DIR": str(tmp_path / "state"), "SECRET_KEY": SECRET, "WEBHOOK_ALLOW_NETS": allowed}
    name = f"fault_outbox_{os.getpid()}"
    if request.param == "PostgreSQL":
        Services._sql(POSTGRES, f"CREATE DATABASE {name}")
        environment["DATABASE_URL"] = POSTGRES.rpartition("/")[0] + f"/{name}"
    (tmp_path / "state").mkdir()
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "BASE_URL")}
    environment = (
        kept
        | environment
        | {"DJANGO_SETTINGS_MODULE": "tradeplatform.settings", "FAULT_LEASE_S": str(lease_s), "PYTHONFAULTHANDLER": "1"}
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


def until(ready: Callable[[], bool], said: Callable[[], Any] = lambda: "", within_s: float = 90) -> None:
    """Wait for it; ``said``: what is told if it does not come."""
    end = time.monotonic() + within_s
    while not ready():
        if time.monotonic() >= end:
            pytest.fail(f"it did not happen: {said()}")
        time.sleep(0.02)
