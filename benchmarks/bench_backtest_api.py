"""P4, P8, P15: a backtest as a request to the embedded server, and what it leaves for everybody else.

    [MARKET_DATA_DIR=...] .venv/bin/python benchmarks/bench_backtest_api.py

100 symbols × 1,500 days, seeded and imported; the dip buyer in the rule language, ``costs {"flat_pct": 0.1}``; the run
is authenticated and stored. The empty call is an authenticated list without rows on the same server, in alternate
rounds over one connection. P4 is asked twice: of a run that was made before, and of runs that differ each time. P8: the
first run of a fresh process. P15: the server's peak on a fresh state after a backtest, scans of shares and of indices,
the nightly search for patterns and the I-Scores, beside the peaks of the children that do the night's work; and that of
a later start after a backtest and a scan. Beside them: how long
`/api/health` takes while eight people run backtests and a sweep is on. With MARKET_DATA_DIR the printed example of the
API on the real NIFTY 100 is measured too.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from bench_backtest import body as dip_buyer
from bench_import import seeded_file, verdict

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
P4_RATIO, P4_MS, P8_RATIO, P15_MIB, HEALTH_MS = 6.0, 60.0, 3.0, 350.0, 200.0
ROUNDS, AFTER_START_S, SCANS_S = 30, 3.0, 15.0
JSON = {"Content-Type": "application/json"}


class Caller:
    """One signed-in person with a connection that stays open."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {**JSON, "Cookie": cookie}

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, float]:
        """Return status, body and milliseconds."""
        text = None if body is None else json.dumps(body)
        started = time.perf_counter()
        self.connection.request(method, path, text, self.headers)
        response = self.connection.getresponse()
        data = response.read()
        return response.status, data, (time.perf_counter() - started) * 1000

    def run(self, body: Any) -> float:
        """Run a backtest and return the milliseconds."""
        status, data, took_ms = self("POST", "/api/backtest/run", body)
        assert status == 201, data[:500]
        return took_ms


def main() -> int:
    kept: dict[str, bool] = {}
    figures: dict[str, str] = {}

    def tell(name: str, measured: float, most: float, unit: str) -> None:
        kept[name], figures[name] = measured <= most, f"{measured:g} {unit}"

    cases = ["small", *(["nifty_100"] if os.environ.get("MARKET_DATA_DIR") else [])]
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder), case)
            found = measured(Path(folder), case)
        print(f"{case:<10} {json.dumps(found)}", flush=True)
        for name in ("again", "different"):
            run = found[name]
            tell(f"{case}, {name}: P4 <= {P4_RATIO:g} times an empty call", run["times_empty"], P4_RATIO, "times")
            tell(f"{case}, {name}: P4 <= {P4_MS:.0f} ms", run["run_ms"], P4_MS, "ms")
        tell(f"{case}: P8 first <= {P8_RATIO:g} medians", found["first_over_median"], P8_RATIO, "medians")
        tell(f"{case}: P15 peak of a fresh state <= {P15_MIB:.0f} MiB", found["fresh_peak_mib"], P15_MIB, "MiB")
        tell(f"{case}: P15 peak of a later start <= {P15_MIB:.0f} MiB", found["peak_mib"], P15_MIB, "MiB")
        what = f"{case}: health <= {HEALTH_MS:.0f} ms beside 8 runs and a sweep"
        tell(what, found["health_max_ms"], HEALTH_MS, "ms at worst")
    return verdict(kept, figures)


def prepare(state: Path, case: str) -> None:
    """Import the case's prices into a fresh state, in a process of its own."""
    env = os.environ | {"STATE_DIR": str(state), "PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks'}"}
    env |= {"DJANGO_SETTINGS_MODULE": "tradeplatform.settings"}
    code = f"import bench_backtest_api; bench_backtest_api.import_prices({case!r})"
    subprocess.run([sys.executable, "-c", code], env=env, check=True, stdout=subprocess.DEVNULL)


def import_prices(case: str) -> None:
    """Import prices and members of the case; runs in the child."""
    from bench_import import prepare_django

    prepare_django()
    import bench_panel
    from django.core.management import call_command

    call_command("seed_market", verbosity=0)
    if case == "nifty_100":
        bench_panel.prepare_real()
        return
    from django.conf import settings

    from core import clock
    from market.services.candle_imports import import_candles
    from market.services.imports import CandleOptions
    from market.services.universes import import_constituents

    folder = Path(settings.STATE_DIR)
    bars = seeded_file(folder / "small.parquet", symbols=100, days=1500)
    names = folder / "small.csv"
    names.write_text("Symbol,Industry\n" + "".join(f"S{n:03d},Sector {n % 12}\n" for n in range(100)))
    import_candles(path=bars, options=CandleOptions(), now=clock.now())
    import_constituents(path=names, universe="small", as_of=date(2018, 1, 1), now=clock.now())


def request_body(case: str, **more: Any) -> dict[str, Any]:
    """Return the run of the case."""
    small = {"start_date": "2018-01-01", "end_date": "2026-03-31", "costs": {"flat_pct": 0.1}}
    real = {"start_date": "2020-01-01", "end_date": "2026-01-01"}
    return {
        "strategy": dip_buyer(),
        "universe": case,
        "starting_capital": 10_000_000,
        "position_size_pct": 10,
        "max_positions": 20,
        "max_per_sector": 2,
        "slippage_bps": 5,
        **(small if case == "small" else real),
        **more,
    }


@contextmanager
def serving(state: Path) -> Iterator[tuple[Any, Caller]]:
    """Start the embedded server on the prepared state, and sign in."""
    from tests.server.running import Server

    with Server(state) as server:
        time.sleep(AFTER_START_S)
        yield server, Caller(server.port, server.sign_in())


def measured(state: Path, case: str) -> dict[str, Any]:
    """Return all figures of a case."""
    body = request_body(case)
    with serving(state) as (server, call):
        call.run({**body, "slippage_bps": 1})  # an earlier day: a process makes ready what was asked for last
        settle(call)
        fresh = with_every_engine(call, case, server.process.pid)
    with serving(state) as (server, call):
        call("GET", "/api/market/watchlists")
        first_ms = call.run(body)
        settle(call)
        again = alternating(call, lambda number: body)
        call("POST", "/api/strategies/matches", {"strategy": dip_buyer(), "universe": case})
        peak = peak_mib(server.process.pid)
        different = alternating(call, lambda number: {**body, "slippage_bps": 6 + number / 100})
        settle(call)
        health = beside_eight(server.port, call, case)
        return {
            "first_ms": round(first_ms, 1),
            "first_over_median": round(first_ms / again["run_ms"], 2),
            "again": again,
            "different": different,
            "peak_mib": round(peak, 1),
            "peak_after_all_mib": round(peak_mib(server.process.pid), 1),
            **fresh,
            **health,
        }


def with_every_engine(call: Caller, case: str, pid: int) -> dict[str, Any]:
    """Return the server's peak after all that a first evening brings, and those of the children at the night's work.

    A run with its analysis is over; here come matches of a strategy, scans of the indices, the search for patterns of a
    universe and the I-Scores of one, and what people look at then.
    """
    call("POST", "/api/strategies/matches", {"strategy": dip_buyer(), "universe": case})
    for path in ("/api/fno/live?index=NIFTY", "/api/iscore/NSE:TCS", "/api/iscore?universe=nifty_100"):
        status, data, _ = call("GET", path)
        assert status == 200, (path, data[:500])
    for path in ("/api/patterns?symbol=NSE:TCS", "/api/patterns/similar?symbol=NSE:TCS&bars=60"):
        call("GET", path)
    last = nightly_children(call)
    scanned = time.monotonic() + SCANS_S
    while time.monotonic() < scanned:
        call("GET", "/api/fno/live?index=BANKNIFTY")
        time.sleep(1.0)
    return {"fresh_peak_mib": round(peak_mib(pid), 1), "children_mib": last}


def nightly_children(call: Caller) -> dict[str, float]:
    """Wait for the children that search for patterns and work out I-Scores; return what each held at most."""
    for _ in range(1200):
        last = json.loads(call("GET", "/api/health")[1])["children"]["last"]
        found = {name: row["peak_mib"] for name, row in last.items() if row["ended"] == "done"}
        if all(any(kind in name for name in found) for kind in ("patterns", "iscore")):
            return found
        time.sleep(0.2)
    raise AssertionError(f"the night's work was not done: {last}")


def alternating(call: Caller, body_of: Callable[[int], Any]) -> dict[str, Any]:
    """Return medians of runs and of empty calls, in alternate rounds."""
    runs, empties = [], []
    for number in range(ROUNDS):
        empties.append(call("GET", "/api/market/watchlists?limit=1&offset=1000")[2])
        runs.append(call.run(body_of(number)))
    run_ms, empty_ms = statistics.median(runs), statistics.median(empties)
    return {"run_ms": round(run_ms, 1), "empty_ms": round(empty_ms, 2), "times_empty": round(run_ms / empty_ms, 2)}


def settle(call: Caller) -> None:
    """Wait until no analysis is under way."""
    for _ in range(600):
        rows = json.loads(call("GET", "/api/backtest/runs?limit=500")[1])
        if all(row["analysis_status"] in ("done", "failed") for row in rows):
            return
        time.sleep(0.2)


def peak_mib(pid: int) -> float:
    """Return the largest resident memory a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


PROBE = """
import http.client, json, select, sys, time
connection, took = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1])), []
while not select.select([sys.stdin], [], [], 0.02)[0]:
    started = time.perf_counter()
    connection.request("GET", "/api/health")
    connection.getresponse().read()
    took.append((time.perf_counter() - started) * 1000)
took.sort()
print(json.dumps({"health_calls": len(took), "health_median_ms": round(took[len(took) // 2], 1),
                  "health_p99_ms": round(took[int(len(took) * 0.99)], 1), "health_max_ms": round(took[-1], 1)}))
"""


def beside_eight(port: int, call: Caller, case: str) -> dict[str, float]:
    """Return how long health took, asked from another process, while eight run backtests and a sweep is on."""
    varied = {"rsi_max": {"from": 20, "to": 44, "step": 1}, "dip": {"from": 0.02, "to": 0.1, "step": 0.0025}}
    status, data, _ = call("POST", "/api/backtest/sweep", request_body(case, parameters=varied))
    assert status == 202, data[:500]
    command = [sys.executable, "-c", PROBE, str(port)]
    probe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def person(number: int) -> None:
        own = Caller(port, call.headers["Cookie"])
        for turn in range(8):
            own.run(request_body(case, slippage_bps=20 + number + turn / 10))

    people = [threading.Thread(target=person, args=(number,)) for number in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    return json.loads(probe.communicate("stop")[0])


if __name__ == "__main__":
    sys.exit(main())
