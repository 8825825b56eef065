"""A real server on loopback inside a test's event loop, and what it needs."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from accounts.services.socket_auth import SocketUser
from market.adapters.base import Quote
from market.consumers import Pace, TickConsumer
from market.stream.hub import Hub, Limits

#: The product's WebSocket protocol, and the one of uvicorn that it builds on.
DIRECT_PROTOCOL, PLAIN_PROTOCOL = "tradeplatform.websockets:DirectWebSocketProtocol", "websockets-sansio"
PROTOCOL = DIRECT_PROTOCOL

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


class Time:
    """A monotonic clock and a wall clock that a test moves."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def monotonic(self) -> float:
        return self.at_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW.timestamp() + self.at_s - 1000.0, UTC)


def quote(symbol: str = "NSE:INFY", price: float = 100.0, as_of: datetime = NOW, **extra: Any) -> Quote:
    return Quote(symbol, price, as_of, prev_close=extra.pop("prev_close", 80.0), **extra)


class AnySymbol:
    """A directory in which every symbol but those called NOSUCH… exists."""

    async def known(self, symbols: Sequence[str]) -> set[str]:
        return {symbol for symbol in symbols if ":NOSUCH" not in symbol}


class Stage:
    """A hub behind a consumer, with a session that can be ended."""

    def __init__(self, *, limits: Limits | None = None, pace: Pace | None = None, time: Time | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.is_open = True
        self.hub = Hub(
            now=time.now if time else lambda: datetime.now(UTC),
            monotonic=time.monotonic if time else loop.time,
            is_open=lambda symbol, now: self.is_open,
            limits=limits,
        )
        self.values: dict[str, Quote] = {}
        self.asked: list[Sequence[str]] = []
        self.user: SocketUser | None = SocketUser(7)
        self.app = TickConsumer(
            self.hub, authenticate=self.authenticate, directory=AnySymbol(), last_values=self.last_values, pace=pace
        )

    async def authenticate(self, scope: Any) -> SocketUser | None:
        return self.user

    async def last_values(self, symbols: Sequence[str]) -> tuple[dict[str, Quote], dict[str, str]]:
        self.asked.append(list(symbols))
        found = {symbol: self.values[symbol] for symbol in symbols if symbol in self.values}
        return found, dict.fromkeys(found, "simulated")


@contextlib.asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncIterator[int]:
    """Serve ``app`` on a free port of loopback; yields the port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    settings = {"lifespan": "off", "ws": PROTOCOL, "log_config": None, "access_log": False} | options
    server = uvicorn.Server(uvicorn.Config(app, ws_max_size=65_537, timeout_graceful_shutdown=1, **settings))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def socket_to(port: int, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{port}/api/ws/ticks", compression=None, **options) as connection:
        yield connection


async def get(connection: ClientConnection, kind: str = "") -> dict[str, Any]:
    """Return the next message, or the next one of a kind."""
    while True:
        message = json.loads(await asyncio.wait_for(connection.recv(), 3))
        if not kind or message["type"] == kind:
            return message


async def say(connection: ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))
