"""A server that is killed in the middle of a sweep goes on with it after its next start."""

import json
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.flows.pocket import run_body, strategy_body
from tests.server.running import Server

pytestmark = [pytest.mark.slow, pytest.mark.anydb, pytest.mark.timeout(400)]


def ask(server: Server, path: str, cookie: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Cookie": cookie, "Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(server.url + path, data=data, headers=headers), timeout=60
    ) as got:
        return json.loads(got.read())


def until(server: Server, path: str, cookie: str, wanted: Any, timeout_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = ask(server, path, cookie)
        if wanted(found):
            return found
        time.sleep(0.1)
    raise AssertionError(
        f"not in {timeout_s} s: {found['status']} {found['done']} of {found['total']} {found.get('error')}"
    )


def test_a_killed_server_finishes_its_sweep(tmp_path: Path) -> None:
    grid = {"fast": {"from": 5, "to": 44, "step": 1}, "hot": {"from": 50, "to": 74, "step": 1}}
    body = run_body(strategy=strategy_body(), universe="nifty_100", start_date="2019-06-01", end_date="2026-01-01")
    server = Server(tmp_path / "state")
    with server:
        cookie = server.sign_in()
        path = f"/api/backtest/sweeps/{ask(server, '/api/backtest/sweep', cookie, {**body, 'parameters': grid})['id']}"
        before = until(server, path, cookie, lambda found: found["done"] >= 40, 60)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    assert before["status"] == "running"
    with Server(tmp_path / "state") as again:
        cookie = again.sign_in()
        kept = ask(again, path, cookie)
        assert kept["done"] >= before["done"]
        assert kept["points"][: before["done"]] == before["points"]
        done = until(again, path, cookie, lambda found: found["status"] not in ("running", "queued"), 180)
    assert (done["status"], done["done"]) == ("done", 1000)
    assert done["points"][: before["done"]] == before["points"]
