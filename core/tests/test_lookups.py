"""Name look-ups that hang: a name whose servers are dead takes nothing from the others."""

import threading
import time

import pytest

from core import http_transport
from core.addresses import AddressPolicy, parse_networks
from core.http import Busy, Client, Timeout
from core.http_transport import NoPlace, Places, look_up
from core.tests.servers import answer, serving

LOOPBACK = AddressPolicy(allow_nets=parse_networks("127.0.0.0/8"))


@pytest.fixture
def resolve():
    """Hangs for names that begin with "dead" until the test ends; others are this machine."""
    release = threading.Event()

    def hang(host, port):
        if host.lower().startswith("dead"):
            release.wait(20)
        return ["127.0.0.1"]

    yield hang
    release.set()


def asked(places, resolve, host, timeout_s=0.05):
    try:
        return look_up(resolve, host, 80, timeout_s=timeout_s, places=places)
    except TimeoutError as exc:
        return exc


def test_a_dead_name_holds_two_places_and_no_more(resolve):
    places = Places(4)
    first = [asked(places, resolve, host) for host in ("dead.example", "DEAD.example.", "dead.example", "dead.example")]
    assert all(isinstance(error, TimeoutError) and not isinstance(error, NoPlace) for error in first)
    assert ["took too long" in str(error) for error in first] == [True, True, False, False]
    assert "earlier look-ups of dead.example still hang" in str(first[-1])
    assert asked(places, resolve, "live.example") == ["127.0.0.1"]
    assert places._taken == {"dead.example": 2}


def test_what_all_places_hang_for_is_not_the_fault_of_the_next_name(resolve):
    places = Places(3)
    for number in range(3):
        asked(places, resolve, f"dead{number}.example")
    assert isinstance(asked(places, resolve, "live.example"), NoPlace)


def test_a_place_that_becomes_free_is_waited_for():
    places, release = Places(1), threading.Event()
    busy = threading.Thread(target=look_up, args=(lambda *_: release.wait(5) and [], "one.example", 80), kwargs={
        "timeout_s": 5, "places": places,
    })  # fmt: skip
    busy.start()
    threading.Timer(0.1, release.set).start()
    while not places._taken:
        time.sleep(0.001)
    assert asked(places, lambda *_: ["127.0.0.1"], "two.example", timeout_s=5) == ["127.0.0.1"]
    busy.join()
    assert not places._taken


def test_sixteen_dead_names_leave_a_live_one_alone(resolve, monkeypatch):
    """Each has been asked for by two requests, which hang on after their deadlines."""
    monkeypatch.setattr(http_transport._lookups, "_total", 34)
    with serving(answer(200)) as server, Client(LOOPBACK, resolve=resolve) as client:

        def call(number):
            with pytest.raises(Timeout):
                client.request("GET", f"http://dead{number % 16}.example:{server.port}/", deadline_s=0.2)

        threads = [threading.Thread(target=call, args=(number,)) for number in range(48)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.request("GET", f"http://live.example:{server.port}/", deadline_s=1).status == 200


def test_a_request_without_a_place_says_so(resolve, monkeypatch):
    places = Places(1)
    monkeypatch.setattr(http_transport.look_up, "__kwdefaults__", {"places": places})
    asked(places, resolve, "dead.example")
    with Client(LOOPBACK, resolve=resolve) as client, pytest.raises(Busy) as caught:
        client.request("GET", "http://live.example/", deadline_s=0.1)
    assert (caught.value.sent, caught.value.detail) == (False, "Nothing was sent: too many name look-ups hang.")
