"""No webhook reaches a private address, however it is spelt, whatever a name answers, wherever a receiver points."""

import ipaddress
import threading
import time

import pytest
from django.db import connection

from core import clock, http
from core.addresses import AddressPolicy
from core.errors import InvalidRequest
from core.tests.servers import answer, serving
from partners.lifecycle import State
from partners.models import Delivery, Endpoint
from partners.services import dispatch, partners
from partners.services.addresses import webhook_url_check
from partners.services.dispatch import deliver_due
from partners.tests.misbehaving import canary as listening_everywhere
from partners.tests.test_sending import make_partner, send_ping

pytestmark = pytest.mark.django_db(transaction=True)

#: Hosts as a URL may spell them; ``{port}`` is the canary's, which listens on every address of the machine.
HOSTS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1",
    "0", "0.0.0.0", "127.255.255.254", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "%31%32%37.0.0.1",
    "１２７.0.0.1", "127。0。0。1", "⑫7.0.0.1", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[::1%25lo]", "[fc00::1]", "[fd00::1]",
    "[fec0::1]", "[ff02::1]", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.257",
    "169.254.169.254", "0xa9fea9fe", "2852039166", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1",
    "240.0.0.1", "255.255.255.255",
)  # fmt: skip
URLS = [
    *(f"{scheme}://{host}:{{port}}/hook" for scheme in ("http", "https") for host in HOSTS),
    "http://user:word@127.0.0.1:{port}/", "https://example.com@127.0.0.1:{port}/", "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}\\@example.com/", "http:127.0.0.1:{port}/", "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}%2f@example.com/", "HTTP://127.0.0.1:{port}/", " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX: y", "unix:///var/run/docker.sock", "http://[127.0.0.1]:{port}/",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _nowhere(settings):
    settings.WEBHOOK_ALLOW_NETS = ()


@pytest.fixture
def canary():
    with listening_everywhere() as heard:
        yield heard


@pytest.mark.parametrize("url", URLS)
def test_a_private_address_is_not_taken(url, canary):
    with pytest.raises(InvalidRequest):
        webhook_url_check(url.format(port=canary.port))
    assert canary.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://.com/", "https://a..b/", "https://a.b../", f"https://{'a' * 64}.com/", "https://example.com:0/",
        f"https://{'.'.join(['a' * 60] * 5)}/", "https://a%b.com/", "https://exa!mple.com/",
    ],
)  # fmt: skip
def test_what_can_never_be_reached_is_not_taken(url):
    asked = []
    with pytest.raises(InvalidRequest):
        webhook_url_check(url, resolve=lambda host, port: asked.append(host) or [])
    assert asked == []


@pytest.mark.parametrize(
    "host", ["xn--ls8h.la", "xn--a.com", "xn--.com", "münchen.example", "a_b.example", "x.example."]
)
def test_a_name_that_may_be_in_the_dns_is_taken(host):
    """Also one whose A-label no IDNA rule makes: such names are registered and answer."""
    asked = []
    url = f"https://{host}/hook"
    assert webhook_url_check(url, resolve=lambda *of: asked.append(of) or ["93.184.215.14"]) == url
    ((name, port),) = asked
    assert (name.isascii(), name.endswith("."), port) == (True, False, 443)


def test_a_name_that_idna_does_not_know_is_called(canary):
    def resolve(host, port):
        assert host == "xn--ls8h.la"
        return ["127.0.0.1"]

    loopback = AddressPolicy(allow_nets=(ipaddress.ip_network("127.0.0.0/8"),))
    moved = answer(302, Location="https://xn--ls8h.la/")
    with http.Client(loopback, resolve=resolve) as client, serving(moved) as elsewhere:
        answered = client.request("POST", f"http://xn--ls8h.la:{canary.port}/", content=b"{}", deadline_s=5)
        assert (answered.status, canary.connections) == (200, 1)
        with pytest.raises(http.Malformed):
            client.request("POST", f"http://xn--ls8h.la:{elsewhere.port}/", content=b"{}", deadline_s=5)


def test_a_slow_name_server_holds_nobody_up():
    """The name is taken unasked after the deadline, and no transaction is open while it is looked up."""
    release = threading.Event()

    def hang(host, port):
        release.wait(10)
        return ["127.0.0.1"]

    started = time.monotonic()
    assert webhook_url_check("https://slow.example/", resolve=hang, timeout_s=0.2) == "https://slow.example/"
    assert time.monotonic() - started < 2
    release.set()


def test_names_are_looked_up_outside_transactions(monkeypatch):
    seen = []

    def resolve(host, port):
        seen.append(host)
        return ["93.184.215.14"]

    def check(url):
        assert not connection.in_atomic_block
        return webhook_url_check(url, resolve=resolve)

    monkeypatch.setattr(partners, "webhook_url_check", check)
    made = partners.partner_create(name="Far", actor="test", now=clock.now(), webhook_url="https://one.example/")
    partners.endpoint_change(
        partner=made.partner, environment="live", actor="test", now=clock.now(), url="https://two.example/"
    )
    assert seen == ["one.example", "two.example"]
    assert Endpoint.objects.get(partner=made.partner).url == "https://two.example/"


def test_a_private_address_that_was_stored_is_not_called(canary):
    """Every spelling past the check, straight into the row, as if the check had a hole."""
    for number, url in enumerate(URLS):
        send_ping(make_partner(f"Partner {number}", url.format(port=canary.port)))
    deliver_due(draw=lambda: 0.5, slice_s=120)
    assert canary.connections == 0
    assert set(Delivery.objects.values_list("status", flat=True)) <= {State.BLOCKED, State.PENDING}
    assert not Delivery.objects.filter(attempts__http_status__isnull=False).exists()
    spelt = Delivery.objects.filter(
        partner__endpoints__url__regex=r"^https?://(127\.0\.0\.1|0x7f\.1|2130706433|\[::1\]):"
    )
    assert set(spelt.values_list("status", flat=True)) == {State.BLOCKED}


def test_a_name_that_changes_its_answer_is_asked_once_and_the_answer_kept(canary, monkeypatch):
    """DNS rebinding: public when the address is saved and in the first look-up, private in every other one."""
    answers, asked, called = iter([["93.184.215.14"], ["93.184.215.14"]]), [], []

    def resolve(host, port):
        asked.append(host)
        return next(answers, ["127.0.0.1"])

    def connect(address, port, timeout_s):
        called.append(address)
        raise OSError("there is no Internet here")

    url = f"https://rebinding.example:{canary.port}/"
    assert webhook_url_check(url, resolve=resolve) == url
    whole = http.Client
    monkeypatch.setattr(
        dispatch.http, "Client", lambda policy, **more: whole(policy, resolve=resolve, connect=connect, **more)
    )
    partner = make_partner(url=url)
    for _ in range(2):
        send_ping(partner)
        deliver_due(draw=lambda: 0.5)
    assert called == ["93.184.215.14"]
    assert len(asked) == 3
    assert sorted(Delivery.objects.values_list("status", flat=True)) == [State.BLOCKED, State.PENDING]
    assert canary.connections == 0


def test_a_name_with_a_public_and_a_private_address_reaches_the_public_one_only(canary, monkeypatch):
    called = []

    def connect(address, port, timeout_s):
        called.append(address)
        raise OSError("there is no Internet here")

    whole = http.Client
    monkeypatch.setattr(
        dispatch.http, "Client",
        lambda policy, **more: whole(
            policy, resolve=lambda *_: ["127.0.0.1", "::1", "93.184.215.14", "10.0.0.1"], connect=connect, **more
        ),
    )  # fmt: skip
    send_ping(make_partner(url=f"https://mixed.example:{canary.port}/"))
    deliver_due()
    assert called == ["93.184.215.14"]
    assert canary.connections == 0


def test_plain_http_to_a_public_address_is_not_called(monkeypatch):
    whole = http.Client
    monkeypatch.setattr(
        dispatch.http, "Client", lambda policy, **more: whole(policy, resolve=lambda *_: ["93.184.215.14"], **more)
    )
    send_ping(make_partner(url="http://plain.example/"))
    deliver_due()
    assert Delivery.objects.get().status == State.BLOCKED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_into_the_house_is_not_followed(status, canary, settings):
    """The receiver itself may be called here; where it points must not be."""
    settings.WEBHOOK_ALLOW_NETS = (ipaddress.ip_network("127.0.0.0/8"),)
    with serving(answer(status, Location=f"http://127.0.0.1:{canary.port}/latest/meta-data")) as receiver:
        delivery = send_ping(make_partner(url=receiver.url()))
        deliver_due()
    delivery.refresh_from_db()
    assert (delivery.status, receiver.connections, canary.connections) == (State.REJECTED, 1, 0)


def test_an_address_of_the_house_is_refused_over_the_api_too(canary):
    partner = make_partner()
    endpoint = Endpoint.objects.get()
    from core import clock
    from partners.services.partners import endpoint_change

    with pytest.raises(InvalidRequest):
        endpoint_change(
            partner=partner, environment="live", actor="test", now=clock.now(), url=f"https://127.0.0.1:{canary.port}/"
        )
    endpoint.refresh_from_db()
    assert endpoint.url == ""
