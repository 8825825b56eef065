"""The ASGI application around the live market."""

import asyncio
from typing import Any

from core import children
from market.services import runtime as runtimes
from tradeplatform.asgi import application


class Parts:
    """A runtime that notes what is asked of it."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.calls: list[str] = []
        self.failure = failure

    async def start(self) -> None:
        self.calls.append("start")
        if self.failure:
            raise self.failure

    async def stop(self) -> None:
        self.calls.append("stop")


async def lives(parts: Any) -> list[str]:
    """Run the application's lifespan once; return what it says."""
    said: list[str] = []
    events = asyncio.Queue()
    for kind in ("startup", "shutdown"):
        events.put_nowait({"type": f"lifespan.{kind}"})

    async def send(message: dict[str, Any]) -> None:
        said.append(message["type"] + message.get("message", ""))

    before = runtimes.use(parts)
    try:
        await application({"type": "lifespan"}, events.get, send)
    finally:
        runtimes.use(before)
    return said


async def test_the_application_starts_and_stops_what_runs_beside_it() -> None:
    parts = Parts()
    assert await lives(parts) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert parts.calls == ["start", "stop"]


async def test_a_start_that_fails_is_told_to_the_server() -> None:
    assert await lives(Parts(LookupError("kite is not installed"))) == ["lifespan.startup.failedkite is not installed"]
    assert not children.serving()


async def test_a_websocket_anywhere_else_is_refused_in_the_handshake() -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application({"type": "websocket", "path": "/api/ws/other", "headers": []}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
