"""The upstream feed: one stream of quotes a process, kept alive, handed to everything that wants ticks."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core import clock
from market.adapters.base import ProviderError, Quote, StaleFeed, TickSource
from market.services.threads import in_thread
from market.stream.hub import Status

log = logging.getLogger("platform.feed")

#: The kind of a source, as the top bar shows it. What is not named here is live.
KINDS = {"simulated": "simulated", "replay": "replay", "yahoo": "delayed", "import": "delayed"}


class Sink(Protocol):
    """Something that takes ticks and the feed's state; called in the event loop, must not block."""

    def take(self, quotes: Sequence[Quote], source: str) -> None: ...

    def status(self, status: Status) -> None: ...


@dataclass(frozen=True, slots=True)
class FeedTimes:
    """Seconds. ``silence_s``: how long a connected source may say nothing in market hours."""

    silence_s: float = 8.0
    first_retry_s: float = 0.5
    longest_retry_s: float = 15.0
    settle_s: float = 0.1
    interest_s: float = 2.0


class Feed:
    """Runs a `TickSource`, tells its state, and connects again with growing waits.

    ``make_source`` may block and runs in a thread. ``interest`` returns the symbols wanted now. ``is_open(now)`` tells
    whether ticks are due. ``jitter`` returns a number in [0, 1).
    """

    def __init__(
        self,
        make_source: Callable[[], TickSource],
        sinks: Sequence[Sink],
        *,
        interest: Callable[[], Iterable[str]],
        is_open: Callable[[datetime], bool],
        now: Callable[[], datetime] = clock.now,
        monotonic: Callable[[], float] = clock.monotonic,
        jitter: Callable[[], float] = random.random,
        times: FeedTimes | None = None,
    ) -> None:
        self.provider = ""
        self.state = Status(connected=False, state="down", detail="The price source is not connected yet.")
        self.last_tick_s: float | None = None
        self._heard_s = 0.0
        self._make_source, self._sinks, self._interest = make_source, sinks, interest
        self._is_open, self._now, self._monotonic, self._jitter = is_open, now, monotonic, jitter
        self._times = times or FeedTimes()
        self._changed = asyncio.Event()

    def interest_changed(self) -> None:
        """Let the source be told of the new set of symbols. Belongs to the event loop's thread."""
        self._changed.set()

    async def run(self) -> None:
        """Keep the stream up until cancelled."""
        wait_s = self._times.first_retry_s
        while True:
            self.last_tick_s = None
            try:
                source = await in_thread(self._make_source)
                self.provider = source.name
                await self._stream(source)
                detail = "The price source ended its stream."
            except ProviderError as exc:
                detail = exc.detail
            except Exception as exc:
                log.exception("feed failed")
                detail = f"The price source failed ({type(exc).__name__})."
            log.warning("feed down", extra={"provider": self.provider, "detail": detail})
            self._become(Status(connected=False, state="down", detail=detail))
            if self.last_tick_s is not None:
                wait_s = self._times.first_retry_s
            await asyncio.sleep(wait_s * (1 + 0.2 * self._jitter()))
            wait_s = min(self._times.longest_retry_s, wait_s * 2)

    async def _stream(self, source: TickSource) -> None:
        """Hand on what the source yields. Raises StaleFeed when it is silent in market hours."""
        follower = asyncio.ensure_future(self._follow_interest(source))
        reader = asyncio.ensure_future(self._read(source))
        silence_s = self._times.silence_s
        self._heard_s = self._monotonic()
        left_s = silence_s
        try:
            while True:
                await asyncio.wait([reader, follower], timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
                if follower.done():
                    follower.result()  # raises: the source refused to be told what is wanted
                if reader.done():
                    return reader.result()
                left_s = self._heard_s + silence_s - self._monotonic()
                if left_s > 0:
                    continue
                if self._is_open(self._now()) and any(True for _ in self._interest()):
                    raise StaleFeed(f"No price has arrived for {silence_s:.0f} s.", provider=source.name)
                left_s = silence_s
        finally:
            follower.cancel()
            reader.cancel()
            await asyncio.gather(reader, follower, return_exceptions=True)

    async def _read(self, source: TickSource) -> None:
        """Hand on every batch in the reader's own turn: a task a batch would cost more than the batch."""
        stream = source.run(clock=self._now)
        try:
            async for quotes in stream:
                self._heard_s = self._monotonic()
                self._take(quotes, source)
        finally:
            with suppress(Exception):
                await stream.aclose()  # type: ignore[attr-defined]

    def _take(self, quotes: Sequence[Quote], source: TickSource) -> None:
        """A first batch, even an empty one, proves the connection."""
        if quotes:
            self.last_tick_s = self._monotonic()
            name = data_source(source)
            for sink in self._sinks:
                sink.take(quotes, name)
        self._become(Status(connected=True, state=getattr(source, "state", "") or KINDS.get(source.name, "live")))

    def _become(self, status: Status) -> None:
        if status == self.state:
            return
        self.state = status
        log.info("feed", extra={"provider": self.provider, "connected": status.connected, "state": status.state})
        for sink in self._sinks:
            sink.status(status)

    async def _follow_interest(self, source: TickSource) -> None:
        """Tell the source what is wanted: at once, shortly after a change, and every few seconds."""
        told: set[str] | None = None
        while True:
            self._changed.clear()
            wanted = set(self._interest())
            if wanted != told:
                if (prepare := getattr(source, "prepare", None)) is not None:
                    await in_thread(prepare, sorted(wanted))
                source.subscribe(sorted(wanted))
                told = wanted
            with suppress(TimeoutError):
                async with asyncio.timeout(self._times.interest_s):
                    await self._changed.wait()
                await asyncio.sleep(self._times.settle_s)  # a page subscribes in several messages

    def report(self) -> dict[str, Any]:
        """Return the state for pages and the health report; ``age_s`` is the time since the last tick."""
        age_s = None if self.last_tick_s is None else round(self._monotonic() - self.last_tick_s, 1)
        return state_report(self.state, provider=self.provider, age_s=age_s)


def data_source(source: TickSource) -> str:
    """Return the word on the wire for where a source's prices come from."""
    return getattr(source, "data_source", source.name)


def state_report(status: Status, *, provider: str, age_s: float | None) -> dict[str, Any]:
    """Return the state of a feed as pages and health show it."""
    return {
        "state": status.state,
        "connected": status.connected,
        "provider": provider,
        "detail": status.detail,
        "age_s": age_s,
    }


def feed_state(*, now: datetime) -> dict[str, Any]:
    """Return the state of this process's feed."""
    from market.services.runtime import runtime  # the runtime is put together of this module's parts

    return runtime().feed_report()
