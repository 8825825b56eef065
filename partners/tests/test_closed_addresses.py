"""No webhook reaches a private address, however it is spelt, whatever a name answers, wherever a receiver points."""

import ipaddress

import pytest

from core import http
from core.errors import InvalidRequest
from core.tests.servers import answer, serving
from partners.lifecycle import State
from partners.models import Delivery, Endpoint
from partners.services import dispatch
from partners.services.addresses import webhook_url_check
from partners.services.dispatch import deliver_due
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
    with serving(answer(200)) as server:
        yield server


@pytest.mark.parametrize("url", URLS)
def test_a_private_address_is_not_taken(url, canary):
    with pytest.raises(InvalidRequest):
        webhook_url_check(url.format(port=canary.port))
    assert canary.connections == 0


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
        endpoint_change(partner=partner, environment="live", actor="test", now=clock.now(), url=canary.url())
    endpoint.refresh_from_db()
    assert endpoint.url == ""
