"""Certificates: who may speak for a name, although the connection goes to an address."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.addresses import AddressPolicy, parse_networks
from core.http import Client, Refused
from core.tests.certificates import certificate
from core.tests.servers import accept_each, read_request

LOOPBACK = AddressPolicy(allow_nets=parse_networks("127.0.0.0/8"))


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"), name="good.example")


@pytest.fixture
def port(certified: Path) -> Iterator[int]:
    """A TLS server on loopback that shows the certificate and answers 200."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified)

    def serve(plain: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accept_each(listener, serve)
        yield listener.getsockname()[1]


def client(ssl_context: ssl.SSLContext | None = None) -> Client:
    return Client(LOOPBACK, ssl_context=ssl_context, resolve=lambda host, port: ["127.0.0.1"])


def test_the_certificate_must_be_of_the_name_that_was_asked_for(port: int, certified: Path) -> None:
    trusting = ssl.create_default_context(cafile=certified)
    with client(trusting) as http:
        assert http.request("GET", f"https://good.example:{port}/", deadline_s=5).body == b"ok"
        with pytest.raises(Refused, match=r"evil\.example") as caught:
            http.request("GET", f"https://evil.example:{port}/", deadline_s=5)
    assert caught.value.sent is False


def test_an_unknown_authority_is_refused(port: int) -> None:
    with client() as http, pytest.raises(Refused, match="self-signed certificate"):
        http.request("POST", f"https://good.example:{port}/", json={"secret": 1}, deadline_s=5)
