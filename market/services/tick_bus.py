"""Ticks between processes: the feed role publishes batches on Redis, every web process listens once.

Interest goes the other way: each web process keeps a row in a hash with the symbols it wants and when it said so; the
feed takes the union of the rows that are not too old. Redis knows no databases in publishing, so the channel's name
carries the number: two installations may share a server.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Final, TypeVar

import orjson
import redis.asyncio as aredis
from redis.exceptions import RedisError

from core import clock
from market.adapters.base import Quote
from market.services.feed import Sink, state_report
from market.services.quote_wire import decode_batch, encode_batch
from market.services.shared_quotes import RedisQuotes
from market.stream.hub import Status

log = logging.getLogger("platform.feed")

T = TypeVar("T")

CHANNEL: Final = "market:ticks"
INTEREST: Final = "market:interest"
#: A publisher says at least so often how it does; a listener that hears nothing for longer calls the feed down.
HEARTBEAT_S: Final = 2.0
SILENCE_S: Final = 8.0
INTEREST_S: Final = 2.0
INTEREST_LASTS_S: Final = 15.0
CONFLATE_S: Final = 0.05
SHARE_EVERY_S: Final = 1.0
RETRY_S: Final = 1.0
FAREWELL_S: Final = 1.0
ERRORS = (RedisError, OSError)
NOT_HEARD = Status(connected=False, state="down", detail="The feed process is not heard from.")


def connect(url: str) -> aredis.Redis:
    """Return a client for the event loop; commands fail after 5 s instead of waiting for ever."""
    return aredis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, health_check_interval=0)


def channel_of(client: aredis.Redis) -> str:
    """Return the channel of the client's database."""
    return f"{CHANNEL}:{client.get_connection_kwargs().get('db') or 0}"


async def answer(command: Awaitable[T]) -> T:
    """Await a command of Redis, without losing a cancellation.

    The client waits with ``asyncio.wait_for``, which on Python 3.11 returns the result of what has just finished when
    the task is cancelled at that moment, and the cancellation is gone: the task would go on, and who stops it wait for
    ever. The task still counts the request.
    """
    result = await command
    _end_if_cancelled()
    return result


def _end_if_cancelled() -> None:
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class Publisher:
    """A sink of the feed role: batches of the latest values every 50 ms, a heartbeat, and L2 every second."""

    def __init__(self, client: aredis.Redis, shared: RedisQuotes) -> None:
        self._client, self._shared = client, shared
        self._waiting: dict[str, Quote] = {}
        self._unshared: dict[str, Quote] = {}
        self._source = ""
        self._status = NOT_HEARD
        self._changed = asyncio.Event()
        self._interest: set[str] = set()

    def take(self, quotes: Sequence[Quote], source: str) -> None:
        """Keep the latest value of each symbol for the next batch."""
        self._source = source
        self._waiting |= {quote.symbol: quote for quote in quotes}
        self._changed.set()

    def status(self, status: Status) -> None:
        self._status = status
        self._changed.set()

    def interest(self) -> set[str]:
        """Return what the web processes want, as last read."""
        return self._interest

    async def run(self) -> None:
        """Publish until cancelled; while Redis is away nothing piles up but latest values."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_again(self._publish))
                group.create_task(_again(self._read_interest))
                group.create_task(_again(self._share))
        finally:
            await _within_reason(self._client.aclose())

    async def _publish(self) -> None:
        told: Status | None = None
        told_s = float("-inf")
        channel = channel_of(self._client)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._changed.wait()
            self._changed.clear()
            if self._status != told or clock.monotonic() - told_s >= HEARTBEAT_S:
                told, told_s = self._status, clock.monotonic()
                await answer(self._client.publish(channel, orjson.dumps({"type": "status", **asdict(told)})))
            if self._waiting:
                batch, self._waiting = self._waiting, {}
                self._unshared |= batch
                await answer(self._client.publish(channel, encode_batch(batch.values(), source=self._source)))
            await asyncio.sleep(CONFLATE_S)

    async def _read_interest(self) -> None:
        while True:
            rows = await answer(self._client.hgetall(INTEREST))
            oldest_s = clock.epoch_s() - INTEREST_LASTS_S
            parsed = {name: orjson.loads(raw) for name, raw in rows.items()}
            self._interest = {s for row in parsed.values() if row["at_s"] >= oldest_s for s in row["symbols"]}
            if gone := [name for name, row in parsed.items() if row["at_s"] < oldest_s]:
                await answer(self._client.hdel(INTEREST, *gone))
            await asyncio.sleep(INTEREST_S / 2)

    async def _share(self) -> None:
        while True:
            batch, self._unshared = self._unshared, {}
            await asyncio.to_thread(self._shared.put, batch, dict.fromkeys(batch, self._source))
            await asyncio.sleep(SHARE_EVERY_S)


class Listener:
    """The feed as a web process sees it: takes ticks from Redis and says what it wants."""

    def __init__(self, client: aredis.Redis, sinks: Sequence[Sink], *, interest: Callable[[], Iterable[str]]) -> None:
        self._client, self._sinks, self._interest = client, sinks, interest
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._changed = asyncio.Event()
        self.state = NOT_HEARD
        self.provider = ""
        self.last_tick_s: float | None = None

    def interest_changed(self) -> None:
        """Tell the feed role soon."""
        self._changed.set()

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_again(self._listen, failed=lambda: self._become(NOT_HEARD)))
                group.create_task(_again(self._tell_interest))
        finally:
            await _within_reason(self._client.aclose())

    async def _listen(self) -> None:
        async with self._client.pubsub(ignore_subscribe_messages=True) as channel:
            await answer(channel.subscribe(channel_of(self._client)))
            heard_s = clock.monotonic()
            while True:
                message = await answer(channel.get_message(timeout=1.0))
                if message is not None and isinstance(message.get("data"), bytes):
                    heard_s = clock.monotonic()
                    self._receive(orjson.loads(message["data"]))
                elif clock.monotonic() - heard_s > SILENCE_S:
                    self._become(NOT_HEARD)

    def _receive(self, message: dict[str, Any]) -> None:
        if message.pop("type") == "status":
            self._become(Status(**message))
            return
        quotes, source = decode_batch(message)
        self.provider, self.last_tick_s = source, clock.monotonic()
        for sink in self._sinks:
            sink.take(quotes, source)

    def _become(self, status: Status) -> None:
        if status != self.state:
            self.state = status
            for sink in self._sinks:
                sink.status(status)

    async def _tell_interest(self) -> None:
        try:
            while True:
                self._changed.clear()
                row = {"at_s": clock.epoch_s(), "symbols": sorted(self._interest())}
                await answer(self._client.hset(INTEREST, self._name, orjson.dumps(row)))
                with suppress(TimeoutError):
                    async with asyncio.timeout(INTEREST_S):
                        await self._changed.wait()
                    await asyncio.sleep(0.1)
        finally:
            await _within_reason(self._client.hdel(INTEREST, self._name))

    def report(self) -> dict[str, Any]:
        """Return the state for pages and the health report."""
        age_s = None if self.last_tick_s is None else round(clock.monotonic() - self.last_tick_s, 1)
        return state_report(self.state, provider=self.provider, age_s=age_s)


async def _within_reason(command: Awaitable[object]) -> None:
    """Await what is done at the end: it may fail, and a Redis that does not answer must not hold up the stop."""
    with suppress(*ERRORS):  # a timeout is an OSError
        async with asyncio.timeout(FAREWELL_S):
            await command


async def _again(work: Callable[[], Any], *, failed: Callable[[], None] = lambda: None) -> None:
    """Run ``work`` until cancelled, starting it again a second after Redis or a message failed it."""
    while True:
        try:
            await work()
        except ERRORS as exc:
            log.warning("redis failed", extra={"error": repr(exc)})
        except Exception:
            log.exception("tick bus failed")
        _end_if_cancelled()  # the failure may have come in place of the cancellation
        failed()
        await asyncio.sleep(RETRY_S)
