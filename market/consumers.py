"""The WebSocket ``/api/ws/ticks``: lets connections in, reads what they ask, and ends them with the right code."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from accounts.services.socket_auth import SocketUser, header
from core import clock
from core.middleware import same_origin
from market.stream import codec, hub
from market.stream.client import DIRECT, Client
from market.stream.codec import BadMessage, QuoteLike, Request
from market.stream.hub import Hub, TooManySockets

log = logging.getLogger("platform.stream")

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

#: Sent to clients that ask for more than they may or for what does not exist.
LIMIT_REACHED = "LIMIT_REACHED"
INVALID_SYMBOL = "INVALID_SYMBOL"
INVALID_REQUEST = "INVALID_REQUEST"


class Directory(Protocol):
    """What the consumer must know of instruments."""

    async def known(self, symbols: Sequence[str]) -> set[str]:
        """Return those of ``symbols`` that exist."""
        ...


class LastValues(Protocol):
    """Where values come from that the feed has not delivered yet."""

    async def __call__(self, symbols: Sequence[str]) -> tuple[Mapping[str, QuoteLike], Mapping[str, str]]:
        """Return quotes and the source of each. Never raises; what nobody has is left out."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, in seconds, and what a client may cost us.

    A message costs one credit and one more a KiB; credits come back at ``credits_per_s``. A client that has none left
    is read more slowly, which its own TCP connection lets it feel.
    """

    recheck_s: float = 30.0
    recheck_again_s: float = 5.0
    values_s: float = 1.0
    close_s: float = 5.0
    linger_s: float = 30.0
    credits: float = 500.0
    credits_per_s: float = 500.0


class TickConsumer:
    """ASGI application of the tick stream. Everything it works with is given to it."""

    def __init__(
        self,
        hub_: Hub,
        *,
        authenticate: Callable[[Scope], Awaitable[SocketUser | None]],
        directory: Directory,
        last_values: LastValues,
        pace: Pace | None = None,
    ) -> None:
        self.hub = hub_
        self.authenticate = authenticate
        self.directory = directory
        self.last_values = last_values
        self.pace = pace or Pace()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect; the codes of a refusal can only be seen after the handshake
        await send({"type": "websocket.accept"})
        try:
            client = await self._admit(scope)
        except _Refused as refusal:
            log.info("socket refused", extra={"code": refusal.code, "reason": refusal.reason})
            await _close(send, refusal.code, refusal.reason, self.pace)
            return
        try:
            code, reason = await self._serve(scope, client, receive, send)
        finally:
            self.hub.leave(client)
        if code:
            log.info("socket closed", extra={"code": code, "reason": reason, "user": client.user_id})
            await _close(send, code, reason, self.pace)

    async def _admit(self, scope: Scope) -> Client:
        if not origin_allowed(scope):
            raise _Refused(hub.BAD_ORIGIN, "this page may not open the stream")
        try:
            user = await self.authenticate(scope)
        except Exception:
            log.exception("socket authentication failed")
            raise _Refused(1011, "the server could not check the credential") from None
        if user is None:
            raise _Refused(hub.SIGNED_OUT, "sign in first")
        try:
            client = self.hub.join(user.user_id)
        except TooManySockets:
            limit = self.hub.limits.sockets_a_user
            raise _Refused(hub.TOO_MANY_SOCKETS, f"at most {limit} connections a user") from None
        client.direct = scope.get("extensions", {}).get(DIRECT)  # without it the writer's task sends everything
        return client

    async def _serve(self, scope: Scope, client: Client, receive: Receive, send: Send) -> tuple[int, str]:
        """Run until one side ends it; return the code to close with, 0 if the client has gone."""

        def send_text(text: str) -> Awaitable[None]:
            return send({"type": "websocket.send", "text": text})

        parts = [
            asyncio.ensure_future(self._read(client, receive)),
            asyncio.ensure_future(client.write(send_text)),
            asyncio.ensure_future(self._recheck(scope, client)),
            client.closing,
        ]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        if client.closing in done:
            return client.closing.result()
        return _ending(done)

    async def _recheck(self, scope: Scope, client: Client) -> None:
        """Ask for the credential again and again; a failure to ask is not a sign-out."""
        wait_s = self.pace.recheck_s
        while True:
            await asyncio.sleep(wait_s)
            try:
                user = await self.authenticate(scope)
                wait_s = self.pace.recheck_s
            except Exception:
                log.exception("socket authentication failed")
                wait_s = self.pace.recheck_again_s
                continue
            if user is None or user.user_id != client.user_id:
                client.close(hub.SIGNED_OUT, "signed out")

    async def _read(self, client: Client, receive: Receive) -> None:
        credits_, at_s = self.pace.credits, clock.monotonic()
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return None
            raw = message.get("text") if message.get("text") is not None else message.get("bytes") or b""
            size = len(raw) if isinstance(raw, bytes) else len(raw.encode())
            if size > codec.MAX_MESSAGE_BYTES:
                client.close(hub.TOO_BIG, f"a message may have at most {codec.MAX_MESSAGE_BYTES} bytes")
                return await asyncio.Future()
            now_s = clock.monotonic()
            credits_ = min(self.pace.credits, credits_ + (now_s - at_s) * self.pace.credits_per_s) - 1 - size / 1024
            at_s = now_s
            if credits_ < 0:
                await asyncio.sleep(-credits_ / self.pace.credits_per_s)
            await self._handle(client, raw)
            await client.drained()

    async def _handle(self, client: Client, raw: str | bytes) -> None:
        try:
            request = codec.parse_request(raw)
        except BadMessage as exc:
            client.tell(codec.error_message(INVALID_REQUEST, str(exc)))
            return
        if request.action == "unsubscribe":
            self.hub.unsubscribe(client, request.symbols)
            self.hub.confirm(client)
        else:
            await self._subscribe(client, request)

    async def _subscribe(self, client: Client, request: Request) -> None:
        known = await self.directory.known(request.symbols)
        unknown = [symbol for symbol in request.symbols if symbol not in known]
        taken, above = self.hub.room(client, [symbol for symbol in request.symbols if symbol in known])
        if wanting := self.hub.wanting(taken):
            await self._fetch(wanting)
        self.hub.subscribe(client, taken, request.mode)
        self.hub.confirm(client)
        if unknown:
            detail = f"{len(unknown)} of the symbols are not known: {_some(unknown)}."
            client.tell(codec.error_message(INVALID_SYMBOL, detail, unknown))
        if above:
            limit = self.hub.limits.symbols_a_connection
            detail = f"A connection holds at most {limit} symbols; {len(above)} were refused: {_some(above)}."
            client.tell(codec.error_message(LIMIT_REACHED, detail, above))
        client.want_snapshot()

    async def _fetch(self, symbols: Sequence[str]) -> None:
        """Ask for last known values, and wait a little for them; those that come later follow as ticks."""

        async def fetch() -> None:
            quotes, sources = await self.last_values(symbols)
            self.hub.seed(quotes, sources)

        task = asyncio.ensure_future(fetch())
        _background.add(task)
        task.add_done_callback(_finished)
        await asyncio.wait([task], timeout=self.pace.values_s)


_background: set[asyncio.Future[None]] = set()


def _finished(task: "asyncio.Future[None]") -> None:
    _background.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("last values could not be had", exc_info=error)


class _Refused(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def _some(symbols: Sequence[str]) -> str:
    """Name the first of ``symbols``; a client finds all of them in ``symbols`` of the message."""
    more = f" and {len(symbols) - 10} more" if len(symbols) > 10 else ""
    return ", ".join(symbol[:44] for symbol in symbols[:10]) + more


def _ending(done: set["asyncio.Future[Any]"]) -> tuple[int, str]:
    for part in done:
        error = None if part.cancelled() else part.exception()
        if error is not None and not isinstance(error, OSError):  # ASGI servers raise OSError when the client has gone
            log.error("socket failed", exc_info=error)
            return 1011, "internal error"
    return 0, ""


def origin_allowed(scope: Scope) -> bool:
    """Tell whether the handshake's Host is ours and its Origin, if a browser sent one, is the same or trusted."""
    host = header(scope, b"host") or ""
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    origin = header(scope, b"origin")
    return origin is None or same_origin(origin, host)


async def _close(send: Send, code: int, reason: str, pace: Pace) -> None:
    """Close the connection; one that takes no more bytes is told without waiting, and cut off after a while."""
    protocol = getattr(send, "__self__", None)
    transport = getattr(protocol, "transport", None)
    with suppress(OSError):
        try:
            async with asyncio.timeout(0.05 if code == hub.TOO_SLOW else pace.close_s):
                await send({"type": "websocket.close", "code": code, "reason": reason})
                return
        except TimeoutError:
            pass
    if transport is None or transport.is_closing():
        return
    # The server holds back even a close frame while its buffer is full, and closing a transport waits for the buffer.
    # So the frame goes behind what is buffered: a client that reads on learns the code, the others are cut off.
    with suppress(Exception):
        protocol.conn.send_close(code, reason)
        transport.write(b"".join(protocol.conn.data_to_send()))
    asyncio.get_running_loop().call_later(pace.linger_s, transport.abort)
