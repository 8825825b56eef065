"""Real servers for the fault tests: one embedded, one of several processes on PostgreSQL and Redis."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fault.callers import Caller
from tests.fault.servers import SERVERS, Running

Figure = Callable[[str, str, str], None]


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
