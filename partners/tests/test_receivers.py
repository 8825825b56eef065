"""Receivers that behave in every way, to the end: how often they are called, and what the log says of it.

The table is that of the partner documentation; half a minute between two attempts passes on a clock that is held.
Receivers that take their five seconds twice are in ``tests/fault/test_partner_receivers.py``, on real servers.
"""

import json
import ssl
from datetime import timedelta
from functools import partial

import pytest

from core import clock, http
from core.tests.certificates import certificate
from core.tests.servers import answer, hang_up, serving
from partners.lifecycle import State
from partners.models import Delivery, Endpoint
from partners.services import dispatch
from partners.services.deliveries import attempts_of
from partners.services.dispatch import deliver_due
from partners.tests.misbehaving import HUGE_BYTES, InTurn, babble, free_port, huge, listening, reset
from partners.tests.test_sending import _loopback, make_partner, send_ping  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = {
    "200": (answer(200), State.DELIVERED, [200]),
    "204": (answer(204), State.DELIVERED, [204]),
    "200 and 200 MB": (huge, State.DELIVERED, [200]),
    "500": (answer(500), State.FAILED, [500, 500]),
    "503": (answer(503), State.FAILED, [503, 503]),
    "599": (answer(599), State.FAILED, [599, 599]),
    "500 once": (InTurn([answer(500), answer(200)]), State.DELIVERED, [500, 200]),
    "503, then 404": (InTurn([answer(503), answer(404)]), State.REJECTED, [503, 404]),
    "reset once": (InTurn([reset, answer(202)]), State.DELIVERED, [None, 202]),
    "400": (answer(400), State.REJECTED, [400]),
    "404": (answer(404), State.REJECTED, [404]),
    "408": (answer(408), State.REJECTED, [408]),
    "410": (answer(410), State.REJECTED, [410]),
    "429": (answer(429, Retry_After="1"), State.REJECTED, [429]),
    "301": (answer(301, Location="/elsewhere"), State.REJECTED, [301]),
    "302": (answer(302, Location="/elsewhere"), State.REJECTED, [302]),
    "304": (answer(304), State.REJECTED, [304]),
    "307": (answer(307, Location="/elsewhere"), State.REJECTED, [307]),
    "308": (answer(308, Location="/elsewhere"), State.REJECTED, [308]),
    "reset": (reset, State.FAILED, [None, None]),
    "hangs up": (hang_up, State.FAILED, [None, None]),
    "no HTTP": (babble, State.FAILED, [None, None]),
}


def ran(url: str) -> tuple[Delivery, list[dict]]:
    """Send one event to ``url`` until nothing more is due for a day; return it and its log, oldest attempt first."""
    partner = make_partner(url=url)
    delivery = send_ping(partner)
    start = clock.now()
    for wait in (timedelta(0), timedelta(seconds=29), timedelta(seconds=30), timedelta(hours=1), timedelta(days=1)):
        with clock.frozen(start + wait):
            deliver_due(draw=lambda: 0.5)
    delivery.refresh_from_db()
    log = attempts_of(partner, "live").order_by("id").values("number", "status", "http_status", "error", "is_resend")
    return delivery, list(log)


def held_against(log, *, state, codes):
    """Compare a log with what the table says."""
    assert [row["number"] for row in log] == list(range(1, len(codes) + 1))
    assert [row["http_status"] for row in log] == codes
    assert [row["status"] for row in log] == [State.PENDING] * (len(codes) - 1) + [state]
    assert [row["error"] == "" for row in log] == [code is not None and code < 300 for code in codes]
    assert not any(row["is_resend"] for row in log)


@pytest.mark.parametrize("name", TABLE)
def test_the_table(name):
    behave, state, codes = TABLE[name]
    with serving(behave) as server:
        delivery, log = ran(server.url("/hook"))
    held_against(log, state=state, codes=codes)
    assert (delivery.status, server.connections) == (state, len(codes))
    heads = [request.partition(b"\r\n\r\n")[0].lower() for request in server.requests]
    assert {request.partition(b"\r\n\r\n")[2] for request in server.requests} == {bytes(delivery.body)}
    assert [f"x-tc-attempt: {number}".encode() in head for number, head in enumerate(heads, 1)] == [True] * len(codes)
    assert all(f"webhook-id: {delivery.event_id}".encode() in head for head in heads)


def test_of_200_mb_a_beginning_is_read():
    written = []

    def behave(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE_BYTES)
        while sum(written) < HUGE_BYTES:
            written.append(connection.send(b"x" * 1_000_000))

    with serving(behave) as server:
        delivery, _ = ran(server.url())
    assert delivery.status == State.DELIVERED
    assert sum(written) < 20_000_000  # what the buffers of the two sockets take
    assert len(delivery.attempts.get().answer) <= 2048


def test_a_closed_port():
    delivery, log = ran(f"http://127.0.0.1:{free_port()}/")
    held_against(log, state=State.FAILED, codes=[None, None])
    assert delivery.status == State.FAILED
    assert all("connection failed" in row["error"] for row in log)


def test_a_name_that_nobody_has(monkeypatch):
    def nobody(host, port):
        raise OSError("Name or service not known")

    monkeypatch.setattr(dispatch.http, "Client", partial(http.Client, resolve=nobody))
    _, log = ran("https://nowhere.example/hook")
    held_against(log, state=State.FAILED, codes=[None, None])
    assert all("nowhere.example cannot be resolved" in row["error"] for row in log)


@pytest.fixture
def believing(monkeypatch, tmp_path):
    """``believing(certificate)``: senders take this authority for one of the world's, and every name for loopback."""
    whole = http.Client

    def believe(path):
        context = ssl.create_default_context(cafile=path)
        made = partial(whole, ssl_context=context, resolve=lambda *_: ["127.0.0.1"])
        monkeypatch.setattr(dispatch.http, "Client", made)
        return path

    return believe


def test_a_good_certificate_is_believed(believing, tmp_path):
    good = believing(certificate(tmp_path, name="hooks.example"))
    with listening(good) as server:
        _, log = ran(f"https://hooks.example:{server.port}/hook")
    held_against(log, state=State.DELIVERED, codes=[200])
    assert len(server.read) == 1


@pytest.mark.parametrize(
    ("days", "host", "is_known", "words"),
    [
        ((-1, 1), "hooks.example", False, "self-signed certificate"),
        ((-9, -1), "hooks.example", True, "certificate has expired"),
        ((1, 9), "hooks.example", True, "certificate is not yet valid"),
        ((-1, 1), "other.example", True, "certificate is not valid for 'other.example'"),
        ((-1, 1), "127.0.0.1", True, "certificate is not valid for '127.0.0.1'"),
    ],
    ids=["self-signed", "expired", "not yet valid", "of another name", "of a name, not of the address"],
)
def test_a_bad_certificate_is_told_nothing(believing, tmp_path, days, host, is_known, words):
    shown = certificate(tmp_path, name="hooks.example", days=days)
    believing(shown if is_known else certificate(tmp_path, name="another.example"))
    with listening(shown) as server:
        delivery, log = ran(f"https://{host}:{server.port}/hook")
    held_against(log, state=State.FAILED, codes=[None, None])
    assert all("TLS" in row["error"] for row in log)
    assert all(words in row["error"] for row in log), log
    assert (delivery.status, server.connections, server.read) == (State.FAILED, 2, [])


@pytest.mark.parametrize(
    "first_words",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\xff" * 400, b"\x16\x03\x03\x00\x02\x02\x28",
        b"\x15\x03\x03\x00\x02\x02\x28",
    ],
    ids=["speaks HTTP", "garbage", "a broken hello", "refuses the handshake"],
)  # fmt: skip
def test_no_handshake(first_words):
    with listening(None, first_words) as server:
        _, log = ran(f"https://127.0.0.1:{server.port}/hook")
    held_against(log, state=State.FAILED, codes=[None, None])
    assert all("TLS" in row["error"] for row in log)
    assert server.connections == 2


def test_a_blocked_address_is_logged_once(settings):
    settings.WEBHOOK_ALLOW_NETS = ()
    with serving(answer(200)) as server:
        delivery, log = ran(server.url())
    held_against(log, state=State.BLOCKED, codes=[None])
    assert (delivery.status, server.connections) == (State.BLOCKED, 0)


def test_the_extended_policy_ends_with_the_first_success():
    with serving(InTurn([answer(503)] * 3 + [answer(200)])) as server:
        partner = make_partner(url=server.url())
        Endpoint.objects.filter(partner=partner).update(retry_policy="extended")
        send_ping(partner)
        now, waits = clock.now(), []
        for _ in range(6):
            with clock.frozen(now):
                deliver_due(draw=lambda: 0.5)
            due = Delivery.objects.get().next_attempt_at
            if due is None:
                break
            waits.append((due - now).total_seconds())
            now = due
    assert waits == [30.0, 300.0, 1800.0]
    assert [row.http_status for row in attempts_of(partner, "live")] == [200, 503, 503, 503]


def test_the_log_says_it_over_the_api(client):
    """One row an attempt, with what was sent and what came back."""
    from partners.services.keys import key_create

    with serving(InTurn([answer(500, b"out of order"), answer(200, b"thanks")])) as server:
        delivery, _ = ran(server.url("/hook"))
    key = key_create(partner=delivery.partner, environment="live", actor="test", now=clock.now()).text
    body = client.get("/api/partner/v1/deliveries", HTTP_AUTHORIZATION=f"Bearer {key}").json()
    told = [
        (row["attempt"], row["status"], row["http_status"], row["answer"], row["next_attempt_at"])
        for row in body["deliveries"]
    ]
    assert told == [(2, "delivered", 200, "thanks", None), (1, "pending", 500, "out of order", None)]
    assert {row["event_id"] for row in body["deliveries"]} == {delivery.event_id}
    assert all(row["payload"] == json.loads(bytes(delivery.body)) for row in body["deliveries"])
    assert {row["request_headers"]["X-TC-Attempt"] for row in body["deliveries"]} == {"1", "2"}
