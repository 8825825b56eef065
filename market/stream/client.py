"""One connection as the hub sees it: what it holds, and what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol

from market.stream import codec
from market.stream.codec import Record

Send = Callable[[str], Awaitable[None]]
#: The ASGI extension (a key of ``scope["extensions"]``) under which a server offers a `Direct`.
DIRECT: Final = "platform.direct_frames"
#: Messages made in one round, by what is in them: clients that hold the same get the same bytes.
Made = dict[tuple[object, ...], bytes]


class Direct(Protocol):
    """A server's way to take a finished frame in the caller's turn, without a task in between."""

    def write(self, frame: bytes) -> bool:
        """Send ``frame``, unless the connection is no longer open or its buffer is full; tell whether it was sent."""
        ...


class Client:
    """Latest values that wait, by symbol: never more than are subscribed, however slow the other end is.

    All methods belong to the event loop's thread.
    """

    __slots__ = (
        "_control", "_drained", "_idle", "_monotonic", "_ready", "_snapshot_due", "_status", "_waiting", "busy_since_s",
        "closing", "direct", "dropped", "modes", "only_mode", "pending", "user_id",
    )  # fmt: skip

    def __init__(self, user_id: int, *, monotonic: Callable[[], float]) -> None:
        self.user_id = user_id
        self.modes: dict[str, int] = {}
        self.only_mode: int | None = None
        self.direct: Direct | None = None
        self.pending: dict[str, Record] = {}
        self.dropped = 0
        self.busy_since_s: float | None = None
        self.closing: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._control: deque[str] = deque()
        self._status: str | None = None
        self._snapshot_due = False
        self._ready = False
        self._idle = False  # nothing waits and the writer sleeps, so a frame may be written past it
        self._waiting: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._monotonic = monotonic

    def hold(self, symbols: Iterable[str], mode: int) -> None:
        """Hold ``symbols`` in a mode, besides what is held."""
        self.modes.update(dict.fromkeys(symbols, mode))
        self._compare_modes()

    def let_go(self, symbols: Iterable[str]) -> None:
        """Hold ``symbols`` no longer, nor send what waits of them."""
        for symbol in symbols:
            del self.modes[symbol]
            self.pending.pop(symbol, None)
        self._compare_modes()

    def _compare_modes(self) -> None:
        modes = set(self.modes.values())
        self.only_mode = modes.pop() if len(modes) == 1 else None

    def offer(self, records: Iterable[Record]) -> None:
        """Let ``records`` be sent with the next message; each takes the place of an unsent one of its symbol."""
        self._idle = False
        for record in records:
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

    def flush(self, records: Sequence[Record], made: Made) -> None:
        """Send ``records``: at once where nothing waits and the server takes frames now, else by the writer.

        ``made`` is shared by the clients of one round.
        """
        if not self._idle or self.direct is None or not self.direct.write(self._frame(records, made)):
            self.offer(records)
            self.wake()

    def _frame(self, records: Sequence[Record], made: Made) -> bytes:
        key = (self.only_mode, *records)
        frame = made.get(key)
        if frame is None:
            frame = codec.text_frame(codec.ticks_message(records, self.modes, dropped=0))
            if self.only_mode is not None:
                made[key] = frame
        return frame

    def wake(self) -> None:
        """Let the writer look for something to send."""
        self._ready, self._idle = True, False
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
        """Write what `flush` could not, until cancelled. Futures, not events: it may run for every message."""
        loop = asyncio.get_running_loop()
        while True:
            if not self._ready:
                self._waiting = loop.create_future()
                self._idle = not (self.pending or self.dropped)
                await self._waiting
                self._idle = False
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
        self._snapshot_due = False
        records, self.pending = list(self.pending.values()), {}
        dropped, self.dropped = self.dropped, 0
        return codec.ticks_message(records, self.modes, dropped=dropped)
