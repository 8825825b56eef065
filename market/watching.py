"""WebSockets that only speak: somebody signed in watches a feed of news until one side ends it.

Whatever is sent to one is answered with an error message and has no other effect. Credentials, Origin and close codes
are those of the tick stream.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

import orjson

from accounts.services.socket_auth import SocketUser
from market.consumers import Receive, Send, origin_allowed

log = logging.getLogger("platform.stream")

SIGNED_OUT: Final = 4401
BAD_ORIGIN: Final = 4403
TOO_MANY: Final = 4429
TOO_BIG: Final = 1009
FAILED: Final = 1011
SOCKETS_A_USER: Final = 10
MAX_MESSAGE: Final = 65_536
RECHECK_S: Final = 30.0
#: One who keeps talking is answered no oftener than this.
ANSWER_EVERY_S: Final = 0.2
DEAF: Final[dict[str, Any]] = {"type": "error", "code": "INVALID_REQUEST", "detail": "This stream only speaks."}

Scope = Mapping[str, Any]
News = dict[str, Any]
Say = Callable[[News], Awaitable[None]]


class Watched(Protocol):
    """A feed of news."""

    def join(self, user_id: int) -> "asyncio.Queue[News]": ...

    def leave(self, user_id: int, queue: "asyncio.Queue[News]") -> None: ...

    def sockets(self, user_id: int) -> int: ...


class WatchSocket:
    """ASGI application of one feed. ``first`` gives a person's first message; news follow as ``wrap`` makes them."""

    def __init__(
        self,
        feed: Watched,
        *,
        authenticate: Callable[[Scope], Awaitable[SocketUser | None]],
        first: Callable[[int], Awaitable[News]],
        wrap: Callable[[News], News] = lambda news: news,
        recheck_s: float = RECHECK_S,
    ) -> None:
        self.feed, self.authenticate, self.first = feed, authenticate, first
        self.wrap, self.recheck_s = wrap, recheck_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect; codes can only be seen after the handshake
        await send({"type": "websocket.accept"})
        user, code = await self._admit(scope)
        if user is not None:
            code = await self._serve(scope, user, receive, send)
        if code:
            with suppress(OSError):
                await send({"type": "websocket.close", "code": code})

    async def _admit(self, scope: Scope) -> tuple[SocketUser | None, int]:
        if not origin_allowed(scope):
            return None, BAD_ORIGIN
        try:
            user = await self.authenticate(scope)
        except Exception:
            log.exception("socket authentication failed")
            return None, FAILED
        if user is None:
            return None, SIGNED_OUT
        return (None, TOO_MANY) if self.feed.sockets(user.user_id) >= SOCKETS_A_USER else (user, 0)

    async def _serve(self, scope: Scope, user: SocketUser, receive: Receive, send: Send) -> int:
        """Run until one side ends it; return the code to close with, 0 if the client has gone."""
        queue = self.feed.join(user.user_id)
        say = _speaker(send)
        parts = [
            asyncio.ensure_future(self._read(receive, say)),
            asyncio.ensure_future(self._write(user, queue, say)),
            asyncio.ensure_future(self._recheck(scope, user)),
        ]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            self.feed.leave(user.user_id, queue)
        return _code_of(done)

    async def _read(self, receive: Receive, say: Say) -> int:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return 0
            raw = message.get("text") if message.get("text") is not None else message.get("bytes") or b""
            if len(raw if isinstance(raw, bytes) else raw.encode()) > MAX_MESSAGE:
                return TOO_BIG
            await say(DEAF)
            await asyncio.sleep(ANSWER_EVERY_S)

    async def _write(self, user: SocketUser, queue: "asyncio.Queue[News]", say: Say) -> int:
        await say(await self.first(user.user_id))
        while True:
            await say(self.wrap(await queue.get()))

    async def _recheck(self, scope: Scope, user: SocketUser) -> int:
        """Ask for the credential again and again; a failure to ask is no sign-out."""
        while True:
            await asyncio.sleep(self.recheck_s)
            try:
                again = await self.authenticate(scope)
            except Exception:
                log.exception("socket authentication failed")
                continue
            if again is None or again.user_id != user.user_id:
                return SIGNED_OUT


def _speaker(send: Send) -> Say:
    """Return what sends one message at a time: news and answers to what was said come from two tasks."""
    turn = asyncio.Lock()

    async def say(message: News) -> None:
        async with turn:
            await send({"type": "websocket.send", "text": orjson.dumps(message).decode()})

    return say


def _code_of(done: set["asyncio.Future[int]"]) -> int:
    for part in done:
        error = None if part.cancelled() else part.exception()
        if error is None and not part.cancelled():
            return part.result()
        if error is not None and not isinstance(error, OSError):  # servers raise OSError when the client has gone
            log.error("socket failed", exc_info=error)
            return FAILED
    return 0
