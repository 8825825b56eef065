"""Certificates: who may speak for a name, although the connection goes to an address."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.addresses import AddressPolicy, parse_networks
from core.http import Client, Refused
from core.tests.servers import read_request

x509 = pytest.importorskip("cryptography.x509")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402

LOOPBACK = AddressPolicy(allow_nets=parse_networks("127.0.0.0/8"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of good.example, signed by itself, with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "good.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "good.pem"
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(key_pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    """A TLS server on loopback that shows the certificate and answers 200."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    read_request(connection)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            except ssl.SSLError:
                continue
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=[listener], daemon=True).start()
        yield listener.getsockname()[1]


def client(ssl_context: ssl.SSLContext | None = None) -> Client:
    return Client(LOOPBACK, ssl_context=ssl_context, resolve=lambda host, port: ["127.0.0.1"])


def test_the_certificate_must_be_of_the_name_that_was_asked_for(port: int, certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    with client(trusting) as http:
        assert http.request("GET", f"https://good.example:{port}/", deadline_s=5).body == b"ok"
        with pytest.raises(Refused, match=r"evil\.example") as caught:
            http.request("GET", f"https://evil.example:{port}/", deadline_s=5)
    assert caught.value.sent is False


def test_an_unknown_authority_is_refused(port: int) -> None:
    with client() as http, pytest.raises(Refused, match="self-signed certificate"):
        http.request("POST", f"https://good.example:{port}/", json={"secret": 1}, deadline_s=5)
