"""While eight people run backtests and a sweep is on, everybody else is answered as usual."""

import json
import subprocess
import sys
import threading
from typing import Any

import pytest

from tests.fault.callers import Caller, bearer
from tests.fault.conftest import Figure

PEOPLE, RUNS_EACH, BOUND_MS = 8, 6, 200.0

#: Asks from a process of its own, so that it waits for the server and not for this one's threads.
PROBE = """
import http.client, json, select, sys, time
connection, took = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1])), []
while not select.select([sys.stdin], [], [], 0.02)[0]:
    started = time.perf_counter()
    connection.request("GET", "/api/health")
    answer = connection.getresponse()
    answer.read()
    took.append((time.perf_counter() - started) * 1000 if answer.status == 200 else float("inf"))
took.sort()
print(json.dumps({"calls": len(took), "median": took[len(took) // 2], "p99": took[int(len(took) * 0.99)],
                  "worst": took[-1]}))
"""


def compare(name: str, op: str, right: dict[str, Any]) -> dict[str, Any]:
    return {"type": "compare", "left": {"type": "indicator", "name": name}, "op": op, "right": right}


def request_body(**more: Any) -> dict[str, Any]:
    """Return a run over the whole list; every slippage is a run of its own."""
    dip = compare("rsi14", "<", {"type": "param", "name": "rsi_max"})
    trend = compare("close", ">", {"type": "indicator", "name": "sma200"})
    strategy = {
        "name": "Under load",
        "params": {"rsi_max": 40},
        "entry_rules": {"type": "and", "conditions": [dip, trend]},
        "exit_rules": [{"name": "recovered", "condition": compare("rsi14", ">", {"type": "literal", "value": 60})}],
        "config": {"stop_loss_pct": 8},
    }
    common = {"universe": "nifty_100", "start_date": "2021-01-01", "end_date": "2026-01-01"}
    return {"strategy": strategy, "starting_capital": 1_000_000, **common, **more}


@pytest.mark.timeout(600)
def test_health_beside_eight_runs_and_a_sweep(caller: Caller, figure: Figure) -> None:
    tokens = [caller.register(f"load{n}@example.com", source=f"127.0.60.{n + 1}") for n in range(PEOPLE)]
    warm = caller.post("backtest/run", request_body(), **bearer(tokens[0]))
    assert warm.status == 201, warm
    varied = {"rsi_max": {"from": 20, "to": 60, "step": 0.1}}
    sweep = caller.post("backtest/sweep", request_body(parameters=varied), **bearer(tokens[0]))
    assert sweep.status == 202, sweep
    failed: list[Any] = []

    def person(number: int) -> None:
        for turn in range(RUNS_EACH):
            body = request_body(slippage_bps=5 + number + turn / 10)
            answer = caller.post("backtest/run", body, source=f"127.0.60.{number + 1}", **bearer(tokens[number]))
            failed.extend([answer] if answer.status != 201 else [])

    command = [sys.executable, "-c", PROBE, str(caller.server.port)]
    probe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    people = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    found = json.loads(probe.communicate("stop")[0])
    assert not failed, failed[:2]
    measured = f"{found['worst']:.0f} ms at worst, {found['p99']:.0f} ms at the 99th percentile of {found['calls']}"
    figure(f"/api/health while {PEOPLE} people run {RUNS_EACH} backtests each and a sweep is on", "200 ms", measured)
    assert found["calls"] >= 20, found
    assert found["worst"] <= BOUND_MS, found
