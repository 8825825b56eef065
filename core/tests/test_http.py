import gzip
import socket
import threading
import time
import zlib
from decimal import Decimal

import pytest

from core.addresses import TRUSTED_OPERATOR, AddressPolicy, parse_networks
from core.http import Blocked, Client, Malformed, OutgoingError, Refused, Timeout, TooLarge
from core.tests.servers import Server, answer, dripping, hang_up, serving

LOOPBACK = AddressPolicy(allow_nets=parse_networks("127.0.0.0/8"))
STUB_NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "internal.example": ["10.0.0.5"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "six.example": ["fd00::1", "fe80::1"],
    "both.example": ["192.168.0.1", "100.64.0.9"],
    "www.localtest.example": ["127.0.0.1"],
}

HOSTILE = [
    "https://127.0.0.1/",
    "https://127.0.0.1:22/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.5.5/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[2001:db8::1]/",
    "https://[ff02::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://internal.example/",
    "https://metadata.example/",
    "https://mapped.example/",
    "https://six.example/",
    "https://both.example/",
    "https://www.localtest.example/",
    "http://8.8.8.8/",
    "ftp://8.8.8.8/",
    "file:///etc/passwd",
    "gopher://8.8.8.8/",
    "https://user:password@8.8.8.8/",
    "https://8.8.8.8@127.0.0.1/",
    "https:///path",
    "https://",
    "127.0.0.1",
    "",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://[::1",
    "https://8.8.8.8\\@127.0.0.1/",
    "https://127.0.0.1%00.example/",
]


def stub_resolve(host: str, port: int) -> list[str]:
    """Known names, and the spellings of numbers the system reads as addresses; never a real look-up."""
    if host in STUB_NAMES:
        return STUB_NAMES[host]
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(info[4][0]) for info in infos]


class Canary:
    """A network that must not be touched."""

    def __init__(self) -> None:
        self.touched: list[str] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.touched.append(address)
        raise ConnectionRefusedError(address)


@pytest.mark.parametrize("url", HOSTILE)
def test_no_hostile_url_reaches_the_network(url: str) -> None:
    canary = Canary()
    with Client(resolve=stub_resolve, connect=canary.connect) as client, pytest.raises(OutgoingError) as caught:
        client.request("POST", url, json={}, deadline_s=2)
    assert canary.touched == []
    assert isinstance(caught.value, Blocked | Refused)  # Refused: a name that does not resolve
    assert caught.value.sent is False


def test_there_are_enough_hostile_urls_that_are_blocked_for_their_address() -> None:
    blocked = 0
    for url in HOSTILE:
        try:
            Client(resolve=stub_resolve, connect=Canary().connect).request("GET", url, deadline_s=2)
        except Blocked:
            blocked += 1
        except OutgoingError:
            pass
    assert blocked >= 40


def test_a_public_address_would_be_connected_to() -> None:
    canary = Canary()
    with Client(resolve=stub_resolve, connect=canary.connect) as client, pytest.raises(Refused):
        client.request("GET", "https://8.8.8.8/", deadline_s=2)
    assert canary.touched == ["8.8.8.8"]


def test_a_name_that_changes_its_address_gains_nothing() -> None:
    canary, answers = Canary(), [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]
    with Client(resolve=lambda host, port: answers.pop(0), connect=canary.connect) as client:
        with pytest.raises(Refused):
            client.request("GET", "https://rebinding.example/", deadline_s=2)
        assert canary.touched == ["93.184.216.34"], "resolved once, connected to what was vetted"
        with pytest.raises(Blocked):
            client.request("GET", "https://rebinding.example/", deadline_s=2)
    assert canary.touched == ["93.184.216.34"]


def test_of_several_addresses_only_the_public_ones_are_tried() -> None:
    canary = Canary()
    names = {"mixed.example": ["10.0.0.1", "93.184.216.34", "127.0.0.1", "2606:4700::1"]}
    with Client(resolve=lambda host, port: names[host], connect=canary.connect) as client, pytest.raises(Refused):
        client.request("GET", "https://mixed.example/", deadline_s=2)
    assert canary.touched == ["93.184.216.34", "2606:4700::1"]


def test_bytes_go_out_and_come_back_as_they_are() -> None:
    body = '{"nifty": 24512.35, "name": "निफ्टी"}'.encode()
    with serving(answer(201, body, X_Thing="yes")) as server, Client(LOOPBACK) as client:
        response = client.request(
            "POST", server.url("/hook?x=1"), content=b"exact \x00 bytes", headers={"X-A": "1"}, deadline_s=5
        )
        client.request("POST", server.url(), json={"a": [1, "₹"]}, deadline_s=5)
        client.request("GET", server.url(), params={"q": "a b&c"}, deadline_s=5)
    assert (response.status, response.headers["x-thing"], response.body) == (201, "yes", body)
    assert response.json(decimals=True)["nifty"] == Decimal("24512.35")
    assert 0 < response.elapsed_s < 5
    first, second, third = server.requests
    assert first.startswith(b"POST /hook?x=1 HTTP/1.1\r\n")
    assert first.endswith(b"\r\n\r\nexact \x00 bytes")
    assert b"user-agent: tradeplatform/1.0" in first.lower()
    assert second.endswith('\r\n\r\n{"a":[1,"₹"]}'.encode())
    assert b"content-type: application/json" in second.lower()
    assert third.startswith((b"GET /?q=a%20b%26c ", b"GET /?q=a+b%26c "))


@pytest.mark.parametrize("status", [204, 302, 404, 410, 429, 500, 503])
def test_every_status_is_an_answer(status: int) -> None:
    with serving(answer(status)) as server, Client(LOOPBACK) as client:
        assert client.request("GET", server.url(), deadline_s=5).status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with (
        serving(answer(200)) as target,
        serving(answer(status, Location=target.url())) as server,
        Client(LOOPBACK) as client,
    ):
        assert client.request("GET", server.url(), deadline_s=5).headers["location"] == target.url()
    assert target.connections == 0


DRIPS = {
    "body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "status line": dripping(b"", b"H"),
    "interim answers": dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "chunks": dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "nothing": dripping(b"", b"", every_s=10),
}


@pytest.mark.parametrize("where", DRIPS)
def test_the_deadline_is_wall_clock_time(where: str) -> None:
    with serving(DRIPS[where]) as server, Client(LOOPBACK) as client:
        started = time.monotonic()
        with pytest.raises((Timeout, Malformed)) as caught:
            client.request("GET", server.url(), deadline_s=0.5)
        took_s = time.monotonic() - started
    assert caught.value.sent is True
    if where != "status line":  # "HHHH" may be found to be no HTTP before
        assert isinstance(caught.value, Timeout)
        assert 0.45 <= took_s < 0.9


def test_a_reader_that_takes_nothing_is_cut_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Client(LOOPBACK) as client:
        port = listener.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(Timeout):
            client.request("POST", f"http://127.0.0.1:{port}/", content=bytes(30_000_000), deadline_s=0.4)
        assert time.monotonic() - started < 0.9


def test_a_server_that_never_shakes_hands_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Client(LOOPBACK) as client:
        started = time.monotonic()
        with pytest.raises(Timeout) as caught:
            client.request("GET", f"https://127.0.0.1:{listener.getsockname()[1]}/", deadline_s=0.3)
        assert time.monotonic() - started < 0.8
    assert caught.value.sent is False


def test_a_hanging_name_look_up_is_cut() -> None:
    release = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        release.wait(5)
        return ["127.0.0.1"]

    with Client(LOOPBACK, resolve=hang) as client, pytest.raises(Timeout) as caught:
        client.request("GET", "http://slow.example/", deadline_s=0.2)
    release.set()
    assert caught.value.sent is False


def test_a_refused_connection_was_certainly_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Client(LOOPBACK) as client, pytest.raises(Refused) as caught:
        client.request("POST", f"http://127.0.0.1:{port}/", json={}, deadline_s=2)
    assert caught.value.sent is False


def test_a_connection_that_breaks_may_have_been_read() -> None:
    with serving(hang_up) as server, Client(LOOPBACK) as client, pytest.raises(Refused) as caught:
        client.request("POST", server.url(), json={"order": 1}, deadline_s=2)
    assert caught.value.sent is True


def test_an_unknown_name_is_refused() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with Client(resolve=nobody) as client, pytest.raises(Refused, match=r"nowhere\.example cannot be resolved"):
        client.request("GET", "https://nowhere.example/", deadline_s=2)


def test_a_plain_server_where_tls_is_spoken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, Client(LOOPBACK) as client:

        def speak_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(10)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=speak_plainly, daemon=True).start()
        with pytest.raises(Refused, match="TLS") as caught:
            client.request("GET", f"https://127.0.0.1:{listener.getsockname()[1]}/", deadline_s=2)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: br\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
def test_what_is_no_http_is_malformed(raw: bytes) -> None:
    with serving(lambda c, r: c.sendall(raw)) as server, Client(LOOPBACK) as client, pytest.raises(Malformed):
        client.request("GET", server.url(), deadline_s=3)


def test_bodies_are_bounded_plain_and_packed() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    for behave in (answer(200, bytes(2001)), answer(200, bomb, Content_Encoding="gzip")):
        with serving(behave) as server, Client(LOOPBACK, max_bytes=2000) as client, pytest.raises(TooLarge):
            client.request("GET", server.url(), deadline_s=5)
    with serving(answer(200, bytes(2000))) as server, Client(LOOPBACK, max_bytes=2000) as client:
        assert len(client.request("GET", server.url(), deadline_s=5).body) == 2000


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_bodies_are_unpacked(encoding: str, pack: object) -> None:
    plain = b"candle " * 50_000
    with serving(answer(200, pack(plain), Content_Encoding=encoding)) as server, Client(LOOPBACK) as client:  # type: ignore[operator]
        assert client.request("GET", server.url(), deadline_s=5).body == plain


@pytest.mark.parametrize("body", [b"", b"<html>", b"NaN", b'{"a": Infinity}', b"[" * 100_000])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with serving(answer(200, body)) as server, Client(LOOPBACK) as client:
        response = client.request("GET", server.url(), deadline_s=5)
    for decimals in (False, True):
        with pytest.raises(Malformed):
            response.json(decimals=decimals)


def test_connections_are_kept_only_on_demand() -> None:
    for keep_alive, connections in ((False, 3), (True, 1)):
        with serving(answer(200)) as server, Client(LOOPBACK, keep_alive=keep_alive) as client:
            for _ in range(3):
                client.request("GET", server.url(), deadline_s=5)
        assert server.connections == connections


def test_a_deadline_holds_on_a_kept_connection() -> None:
    def behave(connection: socket.socket, request: bytes) -> None:
        (DRIPS["body"] if b"/slow" in request else answer(200))(connection, request)

    with serving(behave) as server, Client(LOOPBACK, keep_alive=True) as client:
        client.request("GET", server.url(), deadline_s=5)
        with pytest.raises(Timeout):
            client.request("GET", server.url("/slow"), deadline_s=0.3)
        assert client.request("GET", server.url(), deadline_s=5).status == 200


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answer(200)) as proxy, serving(answer(200)) as server:
        monkeypatch.setenv("http_proxy", proxy.url())
        monkeypatch.setenv("all_proxy", proxy.url())
        with Client(TRUSTED_OPERATOR) as client:
            client.request("GET", server.url(), deadline_s=5)
    assert (proxy.connections, server.connections) == (0, 1)


def test_headers_cannot_be_injected() -> None:
    with serving(answer(200)) as server, Client(LOOPBACK) as client, pytest.raises(Malformed) as caught:
        client.request("GET", server.url(), headers={"X-A": "1\r\nX-Evil: 2"}, deadline_s=2)
    assert caught.value.sent is False
    assert isinstance(server, Server)
    assert server.requests == []


def test_a_request_has_one_body() -> None:
    with Client(LOOPBACK) as client, pytest.raises(ValueError, match="not both"):
        client.request("POST", "http://127.0.0.1/", json=1, content=b"1", deadline_s=1)
