"""P11 and P12: ticks to 500 WebSockets, by the hub and by the pub/sub layer of channels_redis.

    .venv/bin/python benchmarks/bench_ticks.py [--seconds 20] [--clients 500] [--peer-python .venv-bench/bin/python]

Every client holds 20 of 200 symbols; every symbol ticks once a second. In the schedule ``together`` all tick at once,
as a broker's feed sends them; in ``spread`` each has its own moment of the second, which leaves conflation the least to
save. Both promises are asserted for both. A tick carries the instant it was scheduled for, so a delay anywhere between
the schedule and the client's socket counts. The load runs in a process of its own; CPU is that of the server's process
(for the peer without that of Redis). The hub runs under the product's WebSocket protocol, the peer under uvicorn's own.
Needs redis-server and, for the peer, an environment with ``benchmarks/requirements.txt``.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SYMBOLS = [f"NSE:S{n:03d}" for n in range(200)]
HELD = 20
SETTLE_S, GRACE_S = 4.0, 3.0
P11_P99_MS, P12_RATIO = 120.0, 10.0


def schedule(start_s: float, kind: str) -> Iterator[tuple[float, str]]:
    """Yield (when, symbol) for ever: every symbol once a second, evenly spread or all together. Monotonic seconds."""
    turn, step_s = 0, 1 / len(SYMBOLS) if kind == "spread" else 0.0
    while True:
        for place, symbol in enumerate(SYMBOLS):
            yield start_s + turn + place * step_s, symbol
        turn += 1


async def due(kind: str, poll_s: float = 0.005) -> AsyncIterator[list[tuple[float, str]]]:
    """Yield the ticks whose time has come, every ``poll_s``."""
    ticks = schedule(time.monotonic(), kind)
    nxt = next(ticks)
    while True:
        batch = []
        while nxt[0] <= time.monotonic():
            batch.append(nxt)
            nxt = next(ticks)
        if batch:
            yield batch
        await asyncio.sleep(poll_s)


def run_uvicorn(app: Any, port: int, ws: str = "websockets-sansio") -> None:
    import uvicorn

    uvicorn.run(
        app, host="127.0.0.1", port=port, ws=ws, loop="uvloop", log_level="warning", lifespan="on",
        ws_per_message_deflate=False, access_log=False,
    )  # fmt: skip


def serve_hub(port: int, kind: str) -> None:
    """The product's hub, consumer, feed and quotes in memory; credentials and instruments are taken on trust."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeplatform.settings")
    import django

    django.setup()
    run_uvicorn(hub_application(tick_source(kind)), port, "tradeplatform.websockets:DirectWebSocketProtocol")


def tick_source(kind: str) -> Any:
    """Return a tick source of the product's kind that follows the schedule."""
    from datetime import datetime

    from market.adapters.base import Quote

    class Source:
        name = "simulated"

        def subscribe(self, symbols: Sequence[str]) -> None: ...

        async def run(self, *, clock: Callable[[], datetime]) -> AsyncIterator[list[Quote]]:
            async for batch in due(kind):
                now = clock()
                yield [
                    Quote(s, 1234.5, now, 1230.0, 1240.0, 1220.0, 1228.0, volume=int(at * 1e6), average_price=1233.1)
                    for at, s in batch
                ]

    return Source


def hub_application(source: Any) -> Any:
    """Return the ASGI application: WebSockets go to the consumer, the lifespan runs feed and hub."""
    from accounts.services.socket_auth import SocketUser
    from core import clock
    from market.consumers import TickConsumer
    from market.services.feed import Feed
    from market.services.quotes import QuoteStore
    from market.services.runtime import HubSink, StoreSink
    from market.stream.hub import Hub

    class Trusting:
        async def known(self, symbols: Sequence[str]) -> set[str]:
            return set(symbols)

    async def authenticate(scope: Any) -> SocketUser:
        return SocketUser(int(scope["query_string"]) // 10)

    async def no_values(symbols: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
        return {}, {}

    def open_now(*_: Any) -> bool:
        return True

    hub = Hub(now=clock.now, monotonic=clock.monotonic, is_open=open_now)
    store = QuoteStore(lambda *a, **k: None, monotonic=clock.monotonic, is_open=open_now)  # type: ignore[arg-type]
    consumer = TickConsumer(hub, authenticate=authenticate, directory=Trusting(), last_values=no_values)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await consumer(scope, receive, send)
            return
        await receive()
        feed = Feed(source, [HubSink(hub), StoreSink(store)], interest=hub.interest, is_open=open_now)
        tasks = [asyncio.create_task(feed.run()), asyncio.create_task(hub.run())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    return app


def serve_peer(port: int, redis_port: int, kind: str) -> None:
    """A consumer as the documentation of Channels shows it: one group a symbol, one message a tick."""
    from django.conf import settings

    layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
    options = {"hosts": [("127.0.0.1", redis_port)]}
    settings.configure(CHANNEL_LAYERS={"default": {"BACKEND": layer, "CONFIG": options}}, ALLOWED_HOSTS=["*"])
    import django

    django.setup()
    run_uvicorn(peer_application(kind), port)


def peer_application(kind: str) -> Any:
    """Return the peer's ASGI application: one group a symbol, the publisher in the lifespan."""
    import orjson
    from channels.generic.websocket import AsyncWebsocketConsumer

    class Ticks(AsyncWebsocketConsumer):
        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            for symbol in orjson.loads(text_data or "")["symbols"]:
                await self.channel_layer.group_add(symbol.replace(":", "."), self.channel_name)

        async def tick(self, event: dict[str, Any]) -> None:
            await self.send(text_data=event["text"])

    websocket = Ticks.as_asgi()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await websocket(scope, receive, send)
            return
        await receive()
        task = asyncio.create_task(publish_to_groups(kind))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        task.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    return app


async def publish_to_groups(kind: str) -> None:
    """Send every tick of the schedule to its group, encoded once."""
    import orjson
    from channels.layers import get_channel_layer

    channels = get_channel_layer()
    async for batch in due(kind):
        for at, s in batch:
            value = {"ltp": 1234.5, "change": 6.5, "change_pct": 0.53, "open": 1230.0, "high": 1240.0,
                     "low": 1220.0, "prev_close": 1228.0, "volume": int(at * 1e6), "average_price": 1233.1,
                     "oi": None, "at": "2026-11-20T05:00:00Z"}  # fmt: skip
            text = orjson.dumps({"type": "ticks", "data": {s: value}}).decode()
            await channels.group_send(s.replace(":", "."), {"type": "tick", "text": text})


class Client(asyncio.Protocol):
    """A WebSocket that costs the load process little: it takes frames apart by hand and keeps delays."""

    def __init__(self, number: int, port: int, seen: "Seen") -> None:
        self.number, self.port, self.seen = number, port, seen
        self.buffer = b""
        self.shaken = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (f"GET /api/ws/ticks?{self.number} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "")  # fmt: skip
        transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        now_s = time.monotonic()
        self.buffer += data
        if not self.shaken:
            head, found, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            self.shaken = True
            held = random.Random(self.number).sample(SYMBOLS, HELD)
            self.send(json.dumps({"action": "subscribe", "symbols": held, "mode": "quote"}).encode(), 0x81)
        while (frame := self.next_frame()) is not None:
            self.seen.take(frame, now_s)

    def next_frame(self) -> bytes | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        length, at = buffer[1], 2
        if length == 126:
            length, at = int.from_bytes(buffer[2:4]), 4
        elif length == 127:
            length, at = int.from_bytes(buffer[2:10]), 10
        if len(buffer) < at + length:
            return None
        frame, self.buffer = buffer[at : at + length], buffer[at + length :]
        if buffer[0] == 0x89:
            self.send(frame, 0x8A)
            return b""
        return frame

    def send(self, body: bytes, opcode: int) -> None:
        size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2)
        self.transport.write(bytes([opcode]) + size + bytes(4) + body)


class Seen:
    """Delays of the ticks that were scheduled within a window."""

    def __init__(self) -> None:
        self.start_s = self.end_s = float("inf")
        self.delays_ms: list[float] = []
        self.messages = 0

    def take(self, frame: bytes, now_s: float) -> None:
        import orjson

        if now_s < self.start_s or not frame.startswith(b'{"type":"ticks"'):
            return
        self.messages += 1
        for value in orjson.loads(frame)["data"].values():
            at_s = value["volume"] / 1e6
            if self.start_s <= at_s < self.end_s:
                self.delays_ms.append((now_s - at_s) * 1000)


def cpu_s(pid: int) -> float:
    """Return the processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(port: int, pid: int, clients: int, seconds: float) -> dict[str, Any]:
    """Connect, let it settle, measure for ``seconds``; return what arrived and what it cost the server."""
    seen, loop = Seen(), asyncio.get_running_loop()
    for number in range(clients):
        await loop.create_connection(lambda n=number: Client(n, port, seen), "127.0.0.1", port)  # type: ignore[misc]
        if number % 25 == 0:
            await asyncio.sleep(0.05)
    await asyncio.sleep(SETTLE_S)
    seen.start_s = time.monotonic()
    seen.end_s = seen.start_s + seconds
    before = cpu_s(pid)
    await asyncio.sleep(seconds)
    used_s = cpu_s(pid) - before
    await asyncio.sleep(GRACE_S)
    delays = sorted(seen.delays_ms)
    expected = round(clients * HELD * seconds)
    return {
        "expected": expected,
        "delivered": len(delays),
        "delivered_pct": round(100 * len(delays) / expected, 2),
        "messages": seen.messages,
        "p50_ms": round(statistics.median(delays), 1) if delays else None,
        "p99_ms": round(delays[int(len(delays) * 0.99)], 1) if delays else None,
        "max_ms": round(delays[-1], 1) if delays else None,
        "server_cores": round(used_s / seconds, 3),
        "ticks_per_cpu_s": round(len(delays) / used_s),
    }


@contextmanager
def process(command: list[str], port: int) -> Iterator[int]:
    """Run a server until the block ends; yields its process id when it listens."""
    child = subprocess.Popen(command, cwd=ROOT)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield child.pid
    finally:
        child.terminate()
        child.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def measure(server: str, kind: str, python: str, arguments: argparse.Namespace, *extra: str) -> dict[str, Any]:
    """Start a server and a load process; return the load's findings."""
    port, me = free_port(), str(Path(__file__).resolve())
    with process([python, me, f"--serve-{server}", str(port), "--schedule", kind, *extra], port) as pid:
        command = [sys.executable, me, "--load", f"{port},{pid}", f"--clients={arguments.clients}",
                   f"--seconds={arguments.seconds}"]  # fmt: skip
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--schedule", choices=("together", "spread"), help="measure only this one")
    parser.add_argument("--peer-python", default=str(ROOT / ".venv-bench/bin/python"))
    parser.add_argument("--no-peer", action="store_true")
    for inner in ("--serve-hub", "--serve-peer", "--redis-port"):
        parser.add_argument(inner, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--load", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve_hub:
        serve_hub(arguments.serve_hub, arguments.schedule)
    elif arguments.serve_peer:
        serve_peer(arguments.serve_peer, arguments.redis_port, arguments.schedule)
    elif arguments.load:
        port, pid = map(int, arguments.load.split(","))
        print(json.dumps(asyncio.run(load(port, pid, arguments.clients, arguments.seconds))))
    else:
        kinds = [arguments.schedule] if arguments.schedule else ["together", "spread"]
        return 1 if [kind for kind in kinds if not compare(kind, arguments)] else 0
    return 0


def compare(kind: str, arguments: argparse.Namespace) -> bool:
    """Measure hub and peer in one run, print both, and say whether the promises hold."""
    hub = measure("hub", kind, sys.executable, arguments)
    print(kind, "hub ", hub, flush=True)
    delivered, late = f"P11 {kind}: all delivered", f"P11 {kind}: p99 <= {P11_P99_MS:g} ms"
    kept = {delivered: hub["delivered_pct"] == 100.0, late: hub["p99_ms"] <= P11_P99_MS}
    figures = {delivered: f"{hub['delivered_pct']:g} %", late: f"{hub['p99_ms']:g} ms"}
    if not arguments.no_peer:
        port = free_port()
        redis = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--logfile", "/dev/null"]
        with process(redis, port):
            peer = measure("peer", kind, arguments.peer_python, arguments, "--redis-port", str(port))
        ratio = hub["ticks_per_cpu_s"] / peer["ticks_per_cpu_s"]
        print(kind, "peer", peer)
        print(f"{kind}: {ratio:.1f} times as many ticks per CPU second", flush=True)
        kept[cheap := f"P12 {kind}: >= {P12_RATIO:g} times the peer's ticks per CPU second"] = ratio >= P12_RATIO
        figures[cheap] = f"{ratio:.1f} times"
    for name, well in kept.items():
        print("kept  " if well else "BROKEN", f"{name} | {figures[name]}", flush=True)
    return all(kept.values())


if __name__ == "__main__":
    sys.exit(main())
