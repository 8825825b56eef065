"""The job stream: who gets in, what he is told, when it ends."""

import asyncio
from typing import Any

import orjson

from accounts.services.socket_auth import SocketUser
from backtest.consumers import JobConsumer
from backtest.services import job_feed
from backtest.services.job_feed import JobFeed

SCOPE = {"headers": [(b"host", b"localhost")]}


class Line:
    """The two ends of a WebSocket."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> dict[str, Any]:
        return await self.incoming.get()

    async def send(self, message: dict[str, Any]) -> None:
        await self.sent.put(message)

    async def said(self) -> Any:
        message = await asyncio.wait_for(self.sent.get(), 2)
        return orjson.loads(message["text"]) if message["type"] == "websocket.send" else message


def consumer(monkeypatch: Any, user: SocketUser | None, rows: list[dict[int, Any]], **more: Any) -> JobConsumer:
    monkeypatch.setattr(job_feed, "changed_since", lambda since: rows.pop(0) if rows else {})
    monkeypatch.setattr("backtest.consumers.active_of", lambda owner_id: [{"kind": "sweep", "id": 1}])

    async def authenticate(scope: Any) -> SocketUser | None:
        return user

    async def off_loop(work: Any, *args: Any) -> Any:
        name = getattr(work, "__name__", "")
        return job_feed.changed_since(*args) if name == "changed_since" else work(*args)

    return JobConsumer(JobFeed(off_loop, every_s=0.01), authenticate=authenticate, off_loop=off_loop, **more)


async def test_a_person_is_told_of_his_jobs_and_nobody_elses(monkeypatch: Any) -> None:
    mine = {"kind": "sweep", "id": 1, "status": "running", "done": 20, "total": 100}
    rows = [{7: [mine], 8: [{**mine, "id": 2}]}, {7: [mine]}, {7: [{**mine, "done": 40}]}]
    line = Line()
    served = asyncio.ensure_future(consumer(monkeypatch, SocketUser(7), rows)(SCOPE, line.receive, line.send))
    assert await line.said() == {"type": "websocket.accept"}
    assert await line.said() == {"type": "jobs", "jobs": [{"kind": "sweep", "id": 1}]}
    assert await line.said() == {"type": "job", "job": mine}
    assert (await line.said())["job"]["done"] == 40  # what did not change is not said again
    line.incoming.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait_for(served, 2)
    assert line.sent.empty()


async def test_refusals(monkeypatch: Any) -> None:
    foreign = {"headers": [(b"host", b"localhost"), (b"origin", b"https://evil.example")]}
    for user, scope, code in ((None, SCOPE, 4401), (SocketUser(7), foreign, 4403)):
        line = Line()
        await consumer(monkeypatch, user, [])(scope, line.receive, line.send)
        await line.said()
        assert await line.said() == {"type": "websocket.close", "code": code}


async def test_a_sign_out_ends_it(monkeypatch: Any) -> None:
    line = Line()
    made = consumer(monkeypatch, SocketUser(7), [], recheck_s=0.01)
    answers = [SocketUser(7), SocketUser(7), None]

    async def authenticate(scope: Any) -> SocketUser | None:
        return answers.pop(0) if answers else None

    made.authenticate = authenticate
    await asyncio.wait_for(made(SCOPE, line.receive, line.send), 2)
    said = [await line.said() for _ in range(line.sent.qsize())]
    assert said[-1] == {"type": "websocket.close", "code": 4401}


async def test_who_speaks_to_it_is_told_that_it_only_speaks(monkeypatch: Any) -> None:
    line = Line()
    served = asyncio.ensure_future(consumer(monkeypatch, SocketUser(7), [])(SCOPE, line.receive, line.send))
    assert [(await line.said())["type"] for _ in range(2)] == ["websocket.accept", "jobs"]
    line.incoming.put_nowait({"type": "websocket.receive", "text": "[}"})
    assert await line.said() == {"type": "error", "code": "INVALID_REQUEST", "detail": "This stream only speaks."}
    line.incoming.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait_for(served, 2)


async def test_large_messages_end_it(monkeypatch: Any) -> None:
    line = Line()
    line.incoming.put_nowait({"type": "websocket.receive", "text": "x" * 70_000})
    await asyncio.wait_for(consumer(monkeypatch, SocketUser(7), [])(SCOPE, line.receive, line.send), 2)
    said = [await line.said() for _ in range(line.sent.qsize())]
    assert said[-1] == {"type": "websocket.close", "code": 1009}
