"""Connections for `core.http`: vetted addresses and one deadline for everything.

Two rules that a caller of an HTTP library cannot add from outside:

*The address that is vetted is the address that is connected to.* The name is resolved once, here, and the socket is
opened to the resulting address, so a name that changes its mind between check and connection (DNS rebinding) gains
nothing.

*The deadline is wall-clock time.* A library's time-out holds for one read of a socket, so a server that sends a byte
now and then is never cut. Here every wait, of name look-up, connection, TLS handshake, writing and reading, gets only
what is left of the whole.
"""

import ipaddress
import select
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from core import clock
from core.addresses import Address, AddressPolicy

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]

#: Look-ups that may hang at once: of one name, whose servers may be dead, and of all together.
_OF_ONE_NAME = 2
_LOOKUPS_AT_ONCE = 32


class NoPlace(TimeoutError):
    """So many look-ups of other names hang that this one was not begun: no fault of the name it is about."""


class Places:
    """Places for look-ups: ``total`` in all, two for one name, so that a name whose servers are dead takes none of
    those that other names need. Thread-safe.
    """

    def __init__(self, total: int) -> None:
        self._total, self._taken, self._changed = total, Counter[str](), threading.Condition()

    def take(self, name: str, *, timeout_s: float) -> None:
        """Take a place for ``name``. After ``timeout_s`` raise TimeoutError if it has its two, which both hang; NoPlace
        if those of all are taken.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_free(name), timeout_s):
                if self._taken[name] >= _OF_ONE_NAME:
                    raise TimeoutError(f"earlier look-ups of {name} still hang")
                raise NoPlace("too many name look-ups hang")
            self._taken[name] += 1

    def give_back(self, name: str) -> None:
        """Give back a place of ``name``."""
        with self._changed:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]  # names come from outside: none is remembered
            self._changed.notify_all()

    def _is_free(self, name: str) -> bool:
        return self._taken[name] < _OF_ONE_NAME and self._taken.total() < self._total


_lookups = Places(_LOOKUPS_AT_ONCE)


class BlockedAddress(Exception):
    """The policy forbids every address the host has. No packet was sent to it."""


@dataclass
class Call:
    """One request on its way: until when it may take, and whether anything of it may have reached the server."""

    deadline: float
    scheme: str
    monotonic: Callable[[], float]
    sent: bool = False

    def left(self, error: type[Exception]) -> float:
        """Return the seconds left; raise ``error`` if there are none."""
        left = self.deadline - self.monotonic()
        if left <= 0:
            raise error("the deadline has passed")
        return left


current_call: ContextVar[Call] = ContextVar("outgoing_call")


def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the system knows them."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def look_up(resolve: Resolve, host: str, port: int, *, timeout_s: float, places: Places = _lookups) -> list[str]:
    """Return the addresses of a host, or raise TimeoutError after ``timeout_s``, NoPlace if it was not begun by then;
    what ``resolve`` raises comes through.

    In a thread, since the system's resolver knows no deadline; a hanging look-up is left behind, and its place with it
    until it ends. ``places``: those who save addresses take none from those who send.
    """
    until, name = clock.monotonic() + timeout_s, host.rstrip(".").lower()
    answer: list[list[str]] = []
    failure: list[Exception] = []

    def work() -> None:
        try:
            answer.append(resolve(host, port))
        except Exception as exc:
            failure.append(exc)
        finally:
            places.give_back(name)

    places.take(name, timeout_s=timeout_s)
    thread = threading.Thread(target=work, name="name look-up", daemon=True)
    thread.start()
    thread.join(max(0.0, until - clock.monotonic()))
    if thread.is_alive():
        raise TimeoutError(f"the look-up of {host} took too long")
    if failure:
        raise failure[0]
    return answer[0]


def connect_address(address: str, port: int, timeout_s: float) -> socket.socket:
    """Open a TCP connection to a literal address."""
    sock = socket.create_connection((address, port), timeout_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class VettedBackend(httpcore.NetworkBackend):
    """Opens connections to addresses that the policy allows, within the deadline of the present call."""

    def __init__(self, policy: AddressPolicy, resolve: Resolve, connect: Connect) -> None:
        self._policy, self._resolve, self._connect = policy, resolve, connect

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        call = current_call.get()
        last_error: OSError | None = None
        for address in self._vetted(host, port, call):
            try:
                sock = self._connect(str(address), port, call.left(httpcore.ConnectTimeout))
                return DeadlineStream(sock)
            except TimeoutError as exc:
                raise httpcore.ConnectTimeout(str(exc)) from exc
            except OSError as exc:
                last_error = exc
        raise httpcore.ConnectError(str(last_error)) from last_error

    def _vetted(self, host: str, port: int, call: Call) -> list[Address]:
        found = [ipaddress.ip_address(text) for text in self._look_up(host, port, call)]
        refusals = {address: self._policy.refusal(address, scheme=call.scheme) for address in found}
        allowed = [address for address, refusal in refusals.items() if refusal is None]
        if not allowed:
            raise BlockedAddress("; ".join(str(refusal) for refusal in refusals.values()))
        return allowed

    def _look_up(self, host: str, port: int, call: Call) -> list[str]:
        try:
            found = look_up(self._resolve, host, port, timeout_s=call.left(httpcore.ConnectTimeout))
        except NoPlace:
            raise
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout(str(exc)) from exc
        except Exception as exc:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from exc
        if not found:
            raise httpcore.ConnectError(f"{host} cannot be resolved")
        return found


class DeadlineStream(httpcore.NetworkStream):
    """A socket of which every operation ends with the deadline of the present call."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._sock.settimeout(current_call.get().left(httpcore.ReadTimeout))
            return self._sock.recv(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore.ReadError(str(exc)) from exc

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        call = current_call.get()
        view = memoryview(buffer)
        try:
            while view:
                self._sock.settimeout(call.left(httpcore.WriteTimeout))
                call.sent = True
                view = view[self._sock.send(view) :]
        except TimeoutError as exc:
            raise httpcore.WriteTimeout(str(exc)) from exc
        except OSError as exc:
            raise httpcore.WriteError(str(exc)) from exc

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._sock.settimeout(current_call.get().left(httpcore.ConnectTimeout))
            return DeadlineStream(ssl_context.wrap_socket(self._sock, server_hostname=server_hostname))
        except TimeoutError as exc:
            self.close()
            raise httpcore.ConnectTimeout(str(exc)) from exc
        except OSError as exc:
            self.close()
            raise httpcore.ConnectError(f"TLS: {exc}") from exc

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return bool(select.select([self._sock], [], [], 0)[0]) if self._sock.fileno() >= 0 else True
        return {"socket": self._sock, "server_addr": self._sock.getpeername}.get(info)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class VettedTransport(httpx.BaseTransport):
    """An httpx transport over a connection pool of `VettedBackend`. Errors of httpcore come out as they are."""

    def __init__(self, backend: VettedBackend, ssl_context: ssl.SSLContext, *, keep_alive: bool) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            network_backend=backend,
            max_connections=None,
            max_keepalive_connections=10 if keep_alive else 0,
            keepalive_expiry=5.0,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream))

    def close(self) -> None:
        self._pool.close()
