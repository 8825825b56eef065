"""Outgoing HTTP: the one door through which the platform speaks to other servers.

A request ends within its deadline (wall-clock time over look-up, connection, handshake, sending and the last byte of
the answer), follows no redirect, reads no more than ``max_bytes``, takes no proxy or password from the environment, and
reaches only addresses that the policy allows. What goes wrong is one of

    OutgoingError
    |-- Timeout    the deadline passed
    |   `-- Busy       too much hangs on our side: the server was not even looked for
    |-- Refused    no connection, or it broke: DNS, refused, reset, TLS
    |-- Blocked    the policy forbids the address, or the URL is none we call; nothing was sent
    |-- TooLarge   the answer is longer than allowed
    `-- Malformed  what came back is no HTTP, or not in the form it claims

``error.sent`` is False only when it is certain that the server has seen nothing of the request: a request that changes
something may then be made again, otherwise its outcome is unknown. Any status is an answer, not an error.
"""

import contextlib
import functools
import json as jsonlib
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import certifi
import httpcore
import httpx
import orjson

from core import clock
from core.addresses import AddressPolicy
from core.http_transport import (
    BlockedAddress,
    Call,
    Connect,
    NoPlace,
    Resolve,
    VettedBackend,
    VettedTransport,
    connect_address,
    current_call,
    resolve_name,
)

USER_AGENT = "tradeplatform/1.0"
MAX_BYTES = 10_000_000
_CHUNK = 65_536


class OutgoingError(Exception):
    """A request that brought no answer. ``sent``: whether the server may have seen it."""

    def __init__(self, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.detail, self.sent = detail, sent


class Timeout(OutgoingError):
    """The deadline passed before the answer was complete."""


class Busy(Timeout):
    """The request was not begun: so many name look-ups hang that there was no place for this one. Says nothing of the
    server.
    """


class Refused(OutgoingError):
    """There was no connection, or it broke."""


class Blocked(OutgoingError):
    """The address may not be called. Nothing was sent."""


class TooLarge(OutgoingError):
    """The answer is longer than allowed."""


class Malformed(OutgoingError):
    """The answer is not HTTP, or its body is not what its headers say."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read to its end. ``elapsed_s`` counts from the call of ``request``."""

    status: int
    headers: httpx.Headers
    body: bytes
    elapsed_s: float

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as UTF-8, unreadable bytes replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self, *, decimals: bool = False) -> Any:
        """Return the parsed body; ``decimals`` keeps numbers with a point exact. Raises Malformed; NaN is no JSON."""
        try:
            if decimals:
                return jsonlib.loads(self.body, parse_float=Decimal, parse_constant=_no_constant)
            return orjson.loads(self.body)
        except (ValueError, RecursionError) as exc:
            raise Malformed(f"The body is not JSON: {exc}", sent=True) from exc


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


@functools.cache
def _trusted_roots() -> ssl.SSLContext:
    """Return the context that checks certificates and names; reading the roots takes 20 ms, so it is shared."""
    return ssl.create_default_context(cafile=certifi.where())


class Client:
    """Makes requests under one address policy. Thread-safe; close it, or use it as a context manager.

    ``keep_alive`` reuses connections, for many requests to one server. ``resolve`` and ``connect`` are the network, for
    tests; ``ssl_context`` is for servers with a certificate authority of their own.
    """

    def __init__(
        self,
        policy: AddressPolicy | None = None,
        *,
        max_bytes: int = MAX_BYTES,
        keep_alive: bool = False,
        user_agent: str = USER_AGENT,
        ssl_context: ssl.SSLContext | None = None,
        resolve: Resolve = resolve_name,
        connect: Connect = connect_address,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        backend = VettedBackend(policy or AddressPolicy(), resolve, connect)
        self._transport = VettedTransport(backend, ssl_context or _trusted_roots(), keep_alive=keep_alive)
        headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}
        self._client = httpx.Client(transport=self._transport, trust_env=False, follow_redirects=False, headers=headers)
        self._max_bytes, self._monotonic = max_bytes, monotonic

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._client.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        deadline_s: float,
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        partial: bool = False,
    ) -> Response:
        """Make one request and return the whole answer, whatever its status; raise an OutgoingError otherwise.

        ``json`` is encoded and labelled; ``content`` is sent byte for byte. ``url`` must be http(s) without user and
        password. ``deadline_s`` bounds everything, ``max_bytes`` the decoded body. ``partial``: the status is what
        counts; of a body that is too long, late or broken only the beginning is returned, without an error.
        """
        started = self._monotonic()
        request = self._build(method, url, json=json, content=content, params=params, headers=headers)
        call = Call(started + deadline_s, request.url.scheme, self._monotonic)
        token = current_call.set(call)
        try:
            read = _beginning if partial else _whole
            return self._exchange(request, call, started, self._max_bytes if max_bytes is None else max_bytes, read)
        finally:
            current_call.reset(token)

    def _build(
        self, method: str, url: str, *, json: Any, content: bytes | None, params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:  # fmt: skip
        if json is not None and content is not None:
            raise ValueError("A request has a json or a content, not both.")
        sent_headers = dict(headers or {})
        if json is not None:
            content = orjson.dumps(json)
            sent_headers.setdefault("Content-Type", "application/json")
        try:
            target = httpx.URL(url)
            if not any(name.lower() == "host" for name in sent_headers):
                sent_headers["Host"] = target.netloc.decode("ascii")  # httpx decodes it first, which may fail
            request = self._client.build_request(method, target, content=content, params=params, headers=sent_headers)
        except (httpx.InvalidURL, UnicodeError) as exc:
            raise Blocked(f"The URL cannot be read: {exc}", sent=False) from exc
        if target.scheme not in ("http", "https") or not target.raw_host:
            raise Blocked("Only http and https URLs with a host are called.", sent=False)
        if target.userinfo:
            raise Blocked("A URL must not carry a user and password.", sent=False)
        return request

    def _exchange(
        self, request: httpx.Request, call: Call, started: float, max_bytes: int, read: Callable[..., bytes]
    ) -> Response:
        try:
            answer = self._client.send(request, stream=True, follow_redirects=False)
            try:
                body = read(answer, max_bytes)
            finally:
                answer.close()
        except OutgoingError as exc:
            exc.sent = call.sent
            raise
        except BlockedAddress as exc:
            raise Blocked(f"The address may not be called: {exc}.", sent=False) from exc
        except NoPlace as exc:
            raise Busy(f"Nothing was sent: {exc}.", sent=False) from exc
        except (httpcore.TimeoutException, httpx.TimeoutException) as exc:
            took_s = call.deadline - started
            raise Timeout(f"No complete answer within {took_s:g} s: {exc}", sent=call.sent) from exc
        except (httpcore.NetworkError, httpx.NetworkError, OSError) as exc:
            raise Refused(f"The connection failed: {exc}", sent=call.sent) from exc
        except (httpcore.ProtocolError, httpx.ProtocolError, zlib.error, UnicodeError) as exc:
            raise _protocol_failure(exc, call) from exc
        return Response(answer.status_code, answer.headers, body, self._monotonic() - started)


def _protocol_failure(exc: Exception, call: Call) -> OutgoingError:
    if isinstance(exc, httpcore.RemoteProtocolError) and "disconnected" in str(exc):
        return Refused(f"The connection broke: {exc}", sent=call.sent)
    return Malformed(f"The exchange is not valid HTTP: {exc}", sent=call.sent)


def _whole(answer: httpx.Response, max_bytes: int) -> bytes:
    return b"".join(_limited(_decoded(answer), max_bytes))


def _beginning(answer: httpx.Response, max_bytes: int) -> bytes:
    """Read the body as far as it comes: up to ``max_bytes``, the deadline or its first fault."""
    body = bytearray()
    failures = (OutgoingError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
    with contextlib.suppress(*failures, httpx.TransportError, OSError, zlib.error):
        for chunk in _decoded(answer):
            body += chunk
            if len(body) >= max_bytes:
                break
    return bytes(body[:max_bytes])


def _decoded(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the body without its content encoding, in pieces of bounded size however well it was compressed."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        yield from answer.iter_raw()
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Malformed(f"The body has the content encoding {encoding[:40]!r}.", sent=True)
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    for chunk in answer.iter_raw():
        data = chunk
        while data:
            yield inflater.decompress(data, _CHUNK)
            data = inflater.unconsumed_tail
    yield inflater.flush()


def _limited(chunks: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise TooLarge(f"The body has more than {max_bytes} bytes.", sent=True)
        yield chunk
