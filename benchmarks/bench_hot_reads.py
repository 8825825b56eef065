"""P13: the hot public reads in the server, beside an empty Django view of the same server.

    .venv/bin/python benchmarks/bench_hot_reads.py [--seconds 8] [--rounds 3]

Starts the product's ASGI application under uvicorn on the simulated exchange with a fresh state, and adds one empty
view to it. A load process keeps connections open and asks for one address at a time, in alternating rounds. "In the
server" is the time from the application's call to its last byte handed to uvicorn, with one request at a time;
requests a second are what eight connections get. The limit on public reads is switched off; access logging is on.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SNAPSHOT = "/api/index/snapshot"
PRICES = "/api/portfolio/live-prices?symbols=NSE:TCS,NSE:RELIANCE,NSE:INFY,NSE:HDFCBANK,NSE:SBIN"
EMPTY = "/empty"
MEDIAN_MS, P99_MS, RATIO = 1.0, 2.0, 1.5
CONNECTIONS = 8


def serve(port: int) -> None:
    """Serve the product with one more view, timing every request; the times of a path are at ``/times?<path>``."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeplatform.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    call_command("migrate", verbosity=0, interactive=False)
    call_command("seed_market", verbosity=0)
    from tradeplatform import urls

    def empty(request: HttpRequest) -> HttpResponse:
        return HttpResponse(b"{}", content_type="application/json")

    urls.urlpatterns.insert(0, path("empty", empty))
    import uvicorn

    from tradeplatform.asgi import application

    uvicorn.run(timed(application), host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_config=None,
                access_log=False, server_header=False, proxy_headers=False)  # fmt: skip


def timed(application: Any) -> Any:
    """Wrap an ASGI application: each request's time until its last byte is kept by path and given at ``/times``."""
    times: dict[str, list[float]] = {}

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        if scope["path"] == "/times":
            body = json.dumps(times.pop(scope["query_string"].decode(), [])).encode()
            length = [(b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": length})
            await send({"type": "http.response.body", "body": body})
            return
        started = time.perf_counter()

        async def until_sent(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                times.setdefault(scope["path"], []).append((time.perf_counter() - started) * 1000)

        await application(scope, receive, until_sent)

    return wrapped


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, target: str) -> bytes:
    """Ask for ``target`` once on an open connection and return the body. Raises RuntimeError unless it is a 200."""
    writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line)
    return await reader.readexactly(int(fields[b"content-length"]))


async def ask(port: int, target: str, connections: int, seconds: float) -> float:
    """Return requests a second."""
    end_s = time.monotonic() + seconds

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = 0
        while time.monotonic() < end_s:
            await exchange(reader, writer, port, target)
            count += 1
        writer.close()
        return count

    return sum(await asyncio.gather(*(one() for _ in range(connections)))) / seconds


async def times_of(port: int, target: str) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = await exchange(reader, writer, port, f"/times?{target.partition('?')[0]}")
    writer.close()
    return json.loads(body)


async def load(port: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Alternate between the addresses; return the rate and the times in the server of each."""
    rates: dict[str, list[float]] = {target: [] for target in (SNAPSHOT, PRICES, EMPTY)}
    inside: dict[str, list[float]] = {target: [] for target in rates}
    for target in rates:
        await ask(port, target, 1, 1.0)
    for _ in range(rounds):
        for target in rates:
            await times_of(port, target)
            await ask(port, target, 1, seconds / 4)
            inside[target] += await times_of(port, target)
            rates[target].append(await ask(port, target, CONNECTIONS, seconds / 2))
    return {
        target: {
            "median_ms": round(statistics.median(inside[target]), 3),
            "p99_ms": round(sorted(inside[target])[int(len(inside[target]) * 0.99)], 3),
            "requests_per_s": round(statistics.median(rates[target])),
            "ratio_by_round": [round(a / b, 2) for a, b in zip(rates[target], rates[EMPTY], strict=True)],
        }
        for target in rates
    }


@contextmanager
def server() -> Iterator[int]:
    """Run the server on a free port with a fresh state until the block ends; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as state, (Path(state) / "log").open("wb") as log:
        options = {"STATE_DIR": state, "PUBLIC_READS_PER_MINUTE": "0", "MARKET_PROVIDERS": "simulated"}
        command = [sys.executable, str(Path(__file__).resolve()), "--serve", str(port)]
        child = subprocess.Popen(command, cwd=ROOT, env=os.environ | options, stderr=log)
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            time.sleep(5)  # the first round of the warmers
            yield port
        finally:
            child.terminate()
            child.wait(15)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return 0
    with server() as port:
        found = asyncio.run(load(port, arguments.seconds, arguments.rounds))
    kept = True
    for target, figures in found.items():
        print(target.partition("?")[0], figures)
        if target != EMPTY:
            ratio = figures["requests_per_s"] / found[EMPTY]["requests_per_s"]
            well = figures["median_ms"] <= MEDIAN_MS and figures["p99_ms"] <= P99_MS and ratio >= RATIO
            kept &= well
            bound = f"median <= {MEDIAN_MS:g} ms, p99 <= {P99_MS:g} ms, >= {RATIO:g} times an empty view"
            measured = f"{figures['median_ms']:g} ms, {figures['p99_ms']:g} ms, {ratio:.1f} times"
            print("kept  " if well else "BROKEN", f"P13 {target.partition('?')[0]}: {bound} | {measured}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
