"""The feed: connects, hands on, notices silence, connects again; and the same over Redis."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, cast

import pytest

from market.adapters.base import Quote, UpstreamUnavailable
from market.services.feed import Feed, FeedTimes
from market.services.shared_quotes import KEY, RedisQuotes
from market.services.tick_bus import INTEREST, Listener, Publisher, channel_of, connect
from market.stream.hub import Status
from market.tests.live import NOW, quote

TIMES = FeedTimes(silence_s=0.05, first_retry_s=0.01, longest_retry_s=0.04, settle_s=0.0, interest_s=0.02)


class Sink:
    def __init__(self) -> None:
        self.quotes: list[Quote] = []
        self.statuses: list[Status] = []

    def take(self, quotes: Sequence[Quote], source: str) -> None:
        self.quotes += quotes

    def status(self, status: Status) -> None:
        self.statuses.append(status)


class Source:
    """Yields what is put into ``batches``; an exception is raised, None ends the stream."""

    def __init__(self, name: str = "simulated") -> None:
        self.name = name
        self.batches: asyncio.Queue[Any] = asyncio.Queue()
        self.wanted: list[list[str]] = []
        self.closed = False

    def subscribe(self, symbols: Sequence[str]) -> None:
        self.wanted.append(list(symbols))

    async def run(self, *, clock: Callable[[], datetime]) -> AsyncIterator[Sequence[Quote]]:
        try:
            while (batch := await self.batches.get()) is not None:
                if isinstance(batch, Exception):
                    raise batch
                yield batch
        finally:
            self.closed = True


class Upstream:
    """Makes a new source at every connection."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self.failure: Exception | None = None
        self.attempts = 0
        self.make: Callable[[], Source] = Source

    def __call__(self) -> Source:
        self.attempts += 1
        if self.failure:
            raise self.failure
        self.sources.append(self.make())
        return self.sources[-1]


@asynccontextmanager
async def fed(upstream: Upstream, *, is_open: bool = True) -> AsyncIterator[tuple[Feed, Sink, set[str]]]:
    sink, interest = Sink(), {"NSE:INFY"}
    feed = Feed(
        upstream,
        [sink],
        interest=lambda: interest,
        is_open=lambda now: is_open,
        now=lambda: NOW,
        jitter=lambda: 0.0,
        times=TIMES,
    )
    task = asyncio.create_task(feed.run())
    try:
        yield feed, sink, interest
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Any], *, within_s: float = 3) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.002)


async def test_batches_reach_the_sinks_and_the_state_is_told_once() -> None:
    upstream = Upstream()
    async with fed(upstream) as (feed, sink, _):
        await until(lambda: upstream.sources)
        for price in (1.0, 2.0):
            upstream.sources[0].batches.put_nowait([quote(price=price)])
        await until(lambda: len(sink.quotes) == 2)
        assert sink.statuses == [Status(connected=True, state="simulated")]
        report = feed.report()
        assert (report["state"], report["connected"], report["provider"]) == ("simulated", True, "simulated")
        assert report["age_s"] < 1


@pytest.mark.parametrize("end", [None, UpstreamUnavailable("the line was cut"), RuntimeError("a slip in the adapter")])
async def test_a_stream_that_ends_is_told_and_opened_again(end: Exception | None) -> None:
    upstream = Upstream()
    async with fed(upstream) as (_, sink, _interest):
        await until(lambda: upstream.sources)
        upstream.sources[0].batches.put_nowait([quote()])
        upstream.sources[0].batches.put_nowait(end)
        await until(lambda: len(upstream.sources) == 2)
        assert [status.connected for status in sink.statuses] == [True, False]
        assert sink.statuses[-1].detail
        upstream.sources[1].batches.put_nowait([quote()])
        await until(lambda: len(sink.statuses) == 3)
        assert upstream.sources[0].closed


async def test_silence_in_market_hours_is_told_and_connected_anew() -> None:
    upstream = Upstream()
    async with fed(upstream) as (_, sink, _interest):
        await until(lambda: upstream.sources)
        upstream.sources[0].batches.put_nowait([quote()])
        await until(lambda: len(sink.statuses) == 2)
        assert not sink.statuses[-1].connected
        assert "No price" in sink.statuses[-1].detail
        await until(lambda: len(upstream.sources) > 1)


async def test_silence_outside_market_hours_is_no_fault() -> None:
    upstream = Upstream()
    async with fed(upstream, is_open=False) as (_, sink, _interest):
        await until(lambda: upstream.sources)
        upstream.sources[0].batches.put_nowait([quote()])
        await until(lambda: sink.statuses)
        await asyncio.sleep(0.15)
        assert len(upstream.sources) == 1
        assert len(sink.statuses) == 1


async def test_waits_grow_while_the_source_cannot_be_reached() -> None:
    upstream = Upstream()
    upstream.failure = UpstreamUnavailable("refused")
    async with fed(upstream) as (feed, sink, _interest):
        await asyncio.sleep(0.2)
        assert 4 <= upstream.attempts <= 9  # 10, 20, 40, 40 … ms
        assert len(sink.statuses) == 1  # told once, not at every attempt
        assert feed.state.detail == "refused"
        upstream.failure = None
        await until(lambda: upstream.sources)


async def test_the_source_follows_the_interest() -> None:
    upstream = Upstream()
    async with fed(upstream, is_open=False) as (feed, _, interest):
        await until(lambda: upstream.sources and upstream.sources[0].wanted)
        interest.add("NSE:TCS")
        feed.interest_changed()
        await until(lambda: len(upstream.sources[0].wanted) == 2)
        await asyncio.sleep(0.06)
        assert upstream.sources[0].wanted == [["NSE:INFY"], ["NSE:INFY", "NSE:TCS"]]


async def test_a_source_that_cannot_take_the_interest_is_connected_anew() -> None:
    class Refusing(Source):
        def subscribe(self, symbols: Sequence[str]) -> None:
            raise UpstreamUnavailable("too many symbols")

    upstream = Upstream()
    upstream.make = Refusing
    async with fed(upstream) as (feed, _, _interest):
        await until(lambda: len(upstream.sources) > 1)
        assert feed.state.detail == "too many symbols"


REDIS = os.environ.get("REDIS_TEST_URL", "")


@asynccontextmanager
async def over_redis() -> AsyncIterator[tuple[Publisher, Listener, Sink]]:
    """A publisher, and a listener that has subscribed; both are stopped and must end soon."""
    publisher = Publisher(connect(REDIS), RedisQuotes.from_url(REDIS))
    sink = Sink()
    listener = Listener(connect(REDIS), [sink], interest=lambda: {"NSE:INFY"})
    asking = connect(REDIS)
    await asking.delete(INTEREST, KEY)
    tasks = [asyncio.create_task(listener.run())]
    try:
        async with asyncio.timeout(10):
            while not (await asking.pubsub_numsub(channel_of(asking)))[0][1]:
                await asyncio.sleep(0.005)
        tasks.append(asyncio.create_task(publisher.run()))
        yield publisher, listener, sink
    finally:
        await asking.aclose()
        await ended(tasks)


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    _, left = await asyncio.wait(tasks, timeout=10)
    assert not left, "a task went on though it was cancelled"


@pytest.mark.redis
@pytest.mark.skipif(not REDIS, reason="REDIS_TEST_URL is not set")
async def test_ticks_status_and_interest_cross_processes_through_redis() -> None:
    async with over_redis() as (publisher, _, sink):
        publisher.status(Status(connected=True, state="simulated"))
        await until(lambda: sink.statuses and sink.statuses[-1].connected, within_s=10)
        publisher.take([quote("NSE:INFY", 1.0)], "simulated")
        publisher.take([quote("NSE:INFY", 2.0)], "simulated")
        await until(lambda: sink.quotes, within_s=10)
        assert [value.last_price for value in sink.quotes] == [2.0]
        await until(lambda: publisher.interest() == {"NSE:INFY"}, within_s=10)
        shared = RedisQuotes.from_url(REDIS, timeout_s=5.0)
        await until(lambda: shared.get(["NSE:INFY"]), within_s=10)
        assert shared.get(["NSE:INFY", "NSE:NONE"])["NSE:INFY"][0].last_price == 2.0


@pytest.mark.redis
@pytest.mark.skipif(not REDIS, reason="REDIS_TEST_URL is not set")
async def test_stopping_at_any_moment_ends_everything() -> None:
    for turn in range(25):
        async with over_redis() as (publisher, _, _sink):
            publisher.take([quote()], "simulated")
            await asyncio.sleep(turn * 0.002)


class Deaf:
    """A client of Redis whose every command swallows the cancellation, as `asyncio.wait_for` may on Python 3.11."""

    def __getattr__(self, name: str) -> Any:
        async def command(*args: Any, **options: Any) -> Any:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0 if name in ("subscribe", "aclose") else 30)
            return {}

        return command

    def get_connection_kwargs(self) -> dict[str, Any]:
        return {}

    @asynccontextmanager
    async def pubsub(self, **options: Any) -> AsyncIterator["Deaf"]:
        yield self


async def test_a_cancellation_that_the_client_swallowed_still_ends_the_task() -> None:
    bus: tuple[Any, ...] = (
        Publisher(cast("Any", Deaf()), RedisQuotes.from_url("redis://127.0.0.1:1/0")),
        Listener(cast("Any", Deaf()), [], interest=set),
    )
    tasks = [asyncio.create_task(part.run()) for part in bus]
    await asyncio.sleep(0.1)
    await ended(tasks)


def test_without_redis_nothing_is_shared_and_nothing_fails() -> None:
    away = RedisQuotes.from_url("redis://127.0.0.1:1/0")
    away.put({"NSE:INFY": quote()}, {"NSE:INFY": "simulated"})
    assert away.get(["NSE:INFY"]) == {}
    assert away.statistics() == {"state": "unavailable"}
