"""The small ASGI application before Django.

It answers the hot public reads from bytes in memory, and it keeps bodies that are too large from being read at all.
Whatever it cannot answer at once goes to Django, which gives the same answer to the same request; what both need (host
check, request id, limit, access log, error bodies) is the same code or read from the same place, and a parity test
compares them.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from core import clock, request_id
from core.addresses import client_address
from core.api.errors import surface_of
from core.api.responses import error_response
from core.errors import InvalidRequest, PayloadTooLarge, PlatformError
from core.middleware import SecurityHeaders, body_limit
from core.ratelimit import Decision
from market.services import public_throttle
from market.services.runtime import MarketRuntime

log = logging.getLogger("platform.access")

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

#: Headers whose presence makes a GET one that Django should look at.
_UNUSUAL = frozenset({b"content-length", b"transfer-encoding", b"expect"})


class HotReads:
    """Bodies of public reads that can be had from memory now; None for what cannot."""

    def __init__(self, runtime: Callable[[], MarketRuntime]) -> None:
        self._runtime = runtime
        self._reads = {"/api/index/snapshot": self._snapshot, "/api/portfolio/live-prices": self._live_prices}

    def body(self, path: str, query: bytes) -> bytes | None:
        """Return the body of ``path``, or None."""
        read = self._reads.get(path)
        return None if read is None or b"%00" in query else read(query)

    def _snapshot(self, query: bytes) -> bytes | None:
        return self._runtime().warmers.snapshot_at_once()

    def _live_prices(self, query: bytes) -> bytes | None:
        return self._runtime().live_prices.at_once(query, now=clock.now())


class Front:
    """Wraps ``django``."""

    def __init__(self, django: App, hot: HotReads) -> None:
        self._django = django
        self._hot = hot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET" and (body := self._hot.body(scope["path"], scope["query_string"])) is not None:
            seen = _read(scope["headers"])
            if seen is not None:
                await _answer_hot(scope, body, seen, send)
                return
        await self._guarded(scope, receive, send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on to Django, but no body above the limit: Django would spool it to disk before any of our code."""
        limit = body_limit(scope["path"])
        length = _content_length(scope["headers"])
        if length is None or length > limit:
            refusal = (
                InvalidRequest("Content-Length is not a number.")
                if length is None
                else PayloadTooLarge(f"The body may have at most {limit} bytes; this one has {length}.")
            )
            await _refuse(scope, refusal, send)
            return
        received = 0

        async def counted() -> dict[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLarge
            return message

        try:
            await self._django(scope, counted, send)
        except _TooLarge:
            await _refuse(scope, PayloadTooLarge(f"The body may have at most {limit} bytes; this one has more."), send)


class _TooLarge(Exception):
    pass


class _Seen:
    """The headers of a hot read that matter."""

    __slots__ = ("forwarded", "request_id", "secure")

    def __init__(self, rid: str | None, *, secure: bool, forwarded: bool) -> None:
        self.request_id, self.secure, self.forwarded = rid, secure, forwarded


def _read(headers: Iterable[tuple[bytes, bytes]]) -> _Seen | None:
    """Return what matters of the headers; None when the host is not ours or the request is unusual."""
    host = rid = None
    proxy_name, proxy_value = _proxy_header()
    secure = forwarded = False
    for name, value in headers:
        if name == b"host":
            if host is not None:
                return None
            host = value
        elif name == b"x-request-id":
            rid = value if rid is None else rid + b"," + value
        elif name == b"x-forwarded-for":
            forwarded = True
        elif name in _UNUSUAL:
            return None
        elif name == proxy_name:
            secure = value == proxy_value
    if host is None or not _host_is_ours(host):
        return None
    return _Seen(None if rid is None else rid.decode("latin-1"), secure=secure, forwarded=forwarded)


@lru_cache(maxsize=1)
def _proxy_header() -> tuple[bytes, bytes]:
    if not settings.SECURE_PROXY_SSL_HEADER:
        return b"", b""
    name, value = settings.SECURE_PROXY_SSL_HEADER
    return name.removeprefix("HTTP_").replace("_", "-").lower().encode(), value.encode()


@lru_cache(maxsize=256)
def _host_is_ours(host: bytes) -> bool:
    return validate_host(split_domain_port(host.decode("latin-1"))[0], settings.ALLOWED_HOSTS)


@lru_cache(maxsize=4096)
def _direct_address(peer: str) -> str:
    return client_address({"client": (peer, 0)}, settings.TRUSTED_PROXIES)


async def _answer_hot(scope: Scope, body: bytes, seen: _Seen, send: Send) -> None:
    rid = request_id.accept(seen.request_id)
    token = request_id.set(rid)
    started_s = clock.monotonic()
    try:
        peer = scope.get("client")
        direct = peer is not None and not seen.forwarded
        address = _direct_address(peer[0]) if direct else client_address(scope, settings.TRUSTED_PROXIES)
        decision = await public_throttle.hit_async(address, now=clock.now())
        secure = seen.secure or scope.get("scheme") == "https"
        if decision is not None and not decision.allowed:
            status, body, headers = _throttled(scope["path"], decision, secure)
        else:
            status, headers = 200, _headers(secure, decision)
        headers.append((b"Content-Length", b"%d" % len(body)))
        headers.append((b"X-Request-ID", rid.encode("latin-1")))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        _log(scope, status, started_s, address)
    finally:
        request_id.reset(token)


def _headers(secure: bool, decision: Decision | None) -> Headers:
    headers = list(_fixed_headers(secure))
    if decision is not None:
        headers += [(name.encode(), value.encode()) for name, value in decision.headers().items()]
    return headers


@lru_cache(maxsize=2)
def _fixed_headers(secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that Django's middleware puts on every such answer, made by that middleware."""

    class Probe(HttpRequest):
        def is_secure(self) -> bool:
            return secure

    request = Probe()
    request.path = "/api/index/snapshot"
    answer = HttpResponse(content_type="application/json", headers={"Allow": "GET, HEAD, OPTIONS"})
    handler: Callable[[HttpRequest], HttpResponse] = lambda _: answer
    for middleware in (XFrameOptionsMiddleware, SecurityHeaders, SecurityMiddleware):
        handler = middleware(handler)
    return tuple((name.encode(), value.encode("latin-1")) for name, value in handler(request).items())


def _throttled(path: str, decision: Decision, secure: bool) -> tuple[int, bytes, Headers]:
    surface = surface_of(path)
    assert surface is not None
    error = public_throttle.refusal(decision)
    answer = error_response(HttpRequest(), error, surface)
    kept = {name for name, _ in _headers(secure, decision)}
    own = [(name.encode(), value.encode("latin-1")) for name, value in answer.items()]
    return answer.status_code, answer.content, _headers(secure, decision) + [row for row in own if row[0] not in kept]


async def _refuse(scope: Scope, error: PlatformError, send: Send) -> None:
    """Answer as `core.middleware.RequestContext` does what it does not let in."""
    headers = scope["headers"]
    incoming = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-request-id")
    rid = request_id.accept(incoming or None)
    token = request_id.set(rid)
    started_s = clock.monotonic()
    try:
        surface = surface_of(scope["path"])
        request = HttpRequest()
        answer = error_response(request, error, surface) if surface else HttpResponse(error.detail, status=error.status)
        rows = [(name.encode(), value.encode("latin-1")) for name, value in answer.items()]
        rows += [(b"Content-Length", b"%d" % len(answer.content)), (b"X-Request-ID", rid.encode("latin-1"))]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": rows})
        await send({"type": "http.response.body", "body": answer.content})
        _log(scope, answer.status_code, started_s, client_address(scope, settings.TRUSTED_PROXIES))
    finally:
        request_id.reset(token)


def _content_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Return the announced length, 0 if there is none, None if it is not a number."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return 0


def _log(scope: Scope, status: int, started_s: float, address: str) -> None:
    took_ms = round((clock.monotonic() - started_s) * 1000, 2)
    extra = {"method": scope["method"], "path": scope["path"], "status": status, "took_ms": took_ms}
    log.info("request", extra=extra | {"client": address})
