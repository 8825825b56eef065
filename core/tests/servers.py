"""Small servers on loopback that behave badly in one way each."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Behaviour = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator["Server"]:
    """Serve until the block ends; ``behave`` gets the connection and the request read so far, and may hang up."""
    server = Server(behave)
    try:
        yield server
    finally:
        server.stop()


class Server:
    """Accepts connections one thread each, and keeps the requests it was sent."""

    def __init__(self, behave: Behaviour) -> None:
        self._behave = behave
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.stopped = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0
        accept_each(self._socket, self._serve)

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def stop(self) -> None:
        self.stopped.set()
        self._socket.close()

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        with connection:
            connection.settimeout(5)
            try:
                while request := read_request(connection):
                    self.requests.append(request)
                    self._behave(connection, request)
            except OSError:
                return


def accept_each(listener: socket.socket, handle: Callable[[socket.socket], Any]) -> None:
    """Give every connection to ``handle`` in a thread of its own, until the listener is closed; return at once."""

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=[connection], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body; empty when the other side has hung up."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answer(status: int = 200, body: bytes = b"", **headers: str) -> Behaviour:
    """A behaviour that always gives the same answer; header names are written with underscores."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda connection, request: connection.sendall(raw)


def hang_up(connection: socket.socket, request: bytes) -> None:
    """Close without an answer."""
    connection.shutdown(socket.SHUT_RDWR)


def dripping(head: bytes, drop: bytes, every_s: float = 0.05) -> Behaviour:
    """Send ``head``, then a drop now and then, for ever: no single wait is ever long."""

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        pause = threading.Event()
        while not pause.wait(every_s):
            connection.sendall(drop)

    return behave
