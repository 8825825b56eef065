"""One connection as the hub sees it: what it holds, and what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from market.stream import codec
from market.stream.codec import Record

Send = Callable[[str], Awaitable[None]]


class Client:
    """Latest values that wait, by symbol: never more than are subscribed, however slow the other end is.

    All methods belong to the event loop's thread.
    """

    def __init__(self, user_id: int, *, monotonic: Callable[[], float]) -> None:
        self.user_id = user_id
        self.modes: dict[str, int] = {}
        self.pending: dict[str, Record] = {}
        self.dropped = 0
        self.busy_since_s: float | None = None
        self.closing: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._control: deque[str] = deque()
        self._status: str | None = None
        self._snapshot_due = False
        self._ready = False
        self._waiting: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._monotonic = monotonic

    def offer(self, record: Record) -> None:
        """Let ``record`` be sent with the next message; it takes the place of an unsent one of its symbol."""
        if self.busy_since_s is not None and record.symbol in self.pending:
            self.dropped += 1
        self.pending[record.symbol] = record

    def tell(self, text: str) -> None:
        """Send a message that is no tick. Callers wait for ``drained`` before they cause another, so few ever wait."""
        self._control.append(text)
        self.wake()

    def tell_status(self, text: str) -> None:
        """Send the feed's state; only the latest waits, however often it changes."""
        self._status = text
        self.wake()

    def want_snapshot(self) -> None:
        """Send a ``ticks`` message at once, even if it has nothing in it."""
        self._snapshot_due = True
        self.wake()

    def wake(self) -> None:
        """Let the writer look for something to send."""
        self._ready = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def close(self, code: int, reason: str) -> None:
        """Ask for the connection to be closed; the first reason counts."""
        if not self.closing.done():
            self.closing.set_result((code, reason))

    async def drained(self) -> None:
        """Wait until everything that was to be sent has been handed to the server. One task may wait at a time."""
        if self._ready or self.busy_since_s is not None:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    async def write(self, send: Send) -> None:
        """Be the connection's only writer, until cancelled. Futures, not events: this runs for every message."""
        loop = asyncio.get_running_loop()
        while True:
            if not self._ready:
                self._waiting = loop.create_future()
                await self._waiting
            self._ready = False
            while (text := self._next()) is not None:
                self.busy_since_s = self._monotonic()
                try:
                    await send(text)
                finally:
                    self.busy_since_s = None
            if self._drained is not None and not self._ready:
                self._release()

    def _release(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def _next(self) -> str | None:
        if self._status is not None:
            text, self._status = self._status, None
            return text
        if self._control:
            return self._control.popleft()
        if not self.pending and not self._snapshot_due:
            return None
        records, self.pending = list(self.pending.values()), {}
        dropped, self.dropped = self.dropped, 0
        self._snapshot_due = False
        return codec.ticks_message(records, self.modes, dropped=dropped)
