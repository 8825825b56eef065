"""Receivers of webhooks that misbehave in one way each."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from core.tests.servers import Behaviour, accept_each, read_request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HUGE_BYTES = 200_000_000


def slow(seconds: float) -> Behaviour:
    """Answer 200 after so many seconds."""

    def behave(connection: socket.socket, request: bytes) -> None:
        time.sleep(seconds)
        connection.sendall(OK)

    return behave


def drip(connection: socket.socket, request: bytes) -> None:
    """Answer one byte a second: every single read of a socket is short."""
    for byte in OK:
        connection.sendall(bytes([byte]))
        time.sleep(1)


def huge(connection: socket.socket, request: bytes) -> None:
    """Answer 200 with a body of 200 MB."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE_BYTES)
    chunk = b"x" * 1_000_000
    for _ in range(HUGE_BYTES // len(chunk)):
        connection.sendall(chunk)


def reset(connection: socket.socket, request: bytes) -> None:
    """Break the connection (RST) instead of answering."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def babble(connection: socket.socket, request: bytes) -> None:
    """Answer with what is no HTTP."""
    connection.sendall(b"\x00\xff\x7fSSH-2.0-nobody\r\n\r\n")
    connection.close()


@dataclass
class InTurn:
    """Answers as each of ``behaviours`` in turn, the last one for ever."""

    behaviours: Sequence[Behaviour]
    turns: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        with self.lock:
            turn, self.turns = min(self.turns, len(self.behaviours) - 1), self.turns + 1
        self.behaviours[turn](connection, request)


@dataclass
class Timed:
    """Behaves like another and notes when each request came, monotonic seconds."""

    behaviour: Behaviour
    at: list[float] = field(default_factory=list)

    def __call__(self, connection: socket.socket, request: bytes) -> None:
        self.at.append(time.monotonic())
        self.behaviour(connection, request)


def free_port() -> int:
    """Return a port of loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class Raw:
    """A listener that has not got as far as HTTP. ``read``: requests that came through to it, in clear; ``at``: when
    each connection came, monotonic seconds.
    """

    port: int
    read: list[bytes] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    @property
    def connections(self) -> int:
        return len(self.at)


@contextmanager
def listening(secured: Path | None, first_words: bytes = b"") -> Iterator[Raw]:
    """Listen on loopback for TLS: shake hands with the certificate ``secured`` and answer 200; without one say
    ``first_words`` instead of a handshake and hang up, or, with none, take the connection and say nothing for ever.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Raw(int(listener.getsockname()[1]))
        kept: list[socket.socket] = []

        def take(plain: socket.socket) -> None:
            found.at.append(time.monotonic())
            if secured is None and not first_words:
                kept.append(plain)
            else:
                _greet(plain, secured, first_words, found)

        accept_each(listener, take)
        try:
            yield found
        finally:
            for one in kept:
                one.close()


@contextmanager
def canary() -> Iterator[Raw]:
    """Listen on every address of this machine, old and new; a connection is all it takes to be heard. Answers 200."""
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    everywhere = "::" if family == socket.AF_INET6 else "0.0.0.0"
    is_dual = family == socket.AF_INET6
    with socket.create_server((everywhere, 0), family=family, backlog=128, dualstack_ipv6=is_dual) as listener:
        found = Raw(int(listener.getsockname()[1]))

        def welcome(connection: socket.socket) -> None:
            found.at.append(time.monotonic())
            with connection, suppress(OSError):
                connection.settimeout(5)
                read_request(connection)
                connection.sendall(OK)

        accept_each(listener, welcome)
        yield found


def _greet(plain: socket.socket, secured: Path | None, first_words: bytes, found: Raw) -> None:
    with plain:
        plain.settimeout(5)
        try:
            if secured is None:
                plain.recv(65_536)
                plain.sendall(first_words)
                return
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(secured)
            with context.wrap_socket(plain, server_side=True) as connection:
                found.read.append(read_request(connection))
                connection.sendall(OK)
        except OSError:  # the sender does not believe us and hangs up
            return
