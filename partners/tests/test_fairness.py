"""Receivers that hang, and names whose servers are dead, delay nobody else."""

import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest

from core import clock, http, http_transport
from core.http_transport import Places
from core.tests.servers import answer, serving
from partners.lifecycle import State
from partners.models import Attempt, Delivery, Endpoint
from partners.services import dispatch
from partners.services.deliveries import delivery_resend
from partners.services.dispatch import BUSY_RETRY, PLACES, deliver_due
from partners.services.sending import claim_next
from partners.tests.misbehaving import slow
from partners.tests.test_sending import _loopback, make_partner, send_ping  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)


def fail(*partners):
    Endpoint.objects.filter(partner__in=partners).update(failing_since=clock.now())


def claimed(count, **how):
    found = [claim_next(now=clock.now(), **how) for _ in range(count)]
    return sorted(row.delivery.partner.name for row in found if row is not None)


def test_a_receiver_that_fails_has_one_place():
    failing, fine = make_partner("Failing"), make_partner("Fine")
    for partner in (failing, fine) * 3:
        send_ping(partner)
    fail(failing)
    assert claimed(6) == ["Failing", "Fine", "Fine"]


def test_the_last_places_are_for_the_first_request_to_receivers_that_do_not_fail():
    failing, fine = make_partner("Failing"), make_partner("Fine")
    for partner in (failing, fine) * 3:
        send_ping(partner)
    fail(failing)
    assert claimed(6, is_crowded=True) == ["Fine"]
    assert claimed(6) == ["Failing", "Fine"]


@pytest.mark.parametrize("is_known", [True, False], ids=["known to fail", "hanging for the first time"])
def test_many_receivers_that_hang_delay_nobody_else(is_known):
    """More that are known to fail than there are places; of others as many as leave one."""
    with ExitStack() as stack:
        count = PLACES + 2 if is_known else PLACES - 1
        hanging = stack.enter_context(serving(slow(6)))
        partners = [make_partner(f"Hanging {number}", hanging.url(f"/{number}")) for number in range(count)]
        for partner in partners * 4:
            send_ping(partner)
        if is_known:
            fail(*partners)
        seen = []

        def note(connection, request):
            seen.append(time.monotonic())
            answer(200)(connection, request)

        fine = make_partner("Fine", stack.enter_context(serving(note)).url())
        begun = time.monotonic()
        send_ping(fine)
        send_ping(fine)
        deliver_due(slice_s=3)
    assert len(seen) == 2
    assert max(seen) - begun < 2.0
    assert Attempt.objects.filter(delivery__partner=fine, status=State.DELIVERED).count() == 2


@pytest.fixture
def full(monkeypatch):
    """Every place for look-ups is taken by names that hang; ``full.set()`` ends that."""
    release, places = threading.Event(), Places(1)
    monkeypatch.setattr(http_transport.look_up, "__kwdefaults__", {"places": places})
    monkeypatch.setattr(dispatch, "DEADLINE_S", 0.2)

    def resolve(host, port):
        if host.startswith("dead"):
            release.wait(20)
        return ["127.0.0.1"]

    with pytest.raises(TimeoutError):
        http_transport.look_up(resolve, "dead.example", 443, timeout_s=0.01)
    monkeypatch.setattr(dispatch.http, "Client", partial(http.Client, resolve=resolve))
    yield release
    release.set()


@pytest.mark.parametrize("by_hand", [False, True], ids=["of the plan", "by hand"])
def test_who_finds_no_place_to_be_looked_up_has_lost_nothing(full, by_hand):
    """No attempt is used up, none is in the log, and it is no failure of the receiver."""
    with serving(answer(200)) as server:
        delivery = send_ping(make_partner(url=server.url(host="live.example")))
        if by_hand:
            delivery_resend(delivery=delivery, actor="test", now=clock.now())
        start = clock.now()
        with clock.frozen(start):
            deliver_due()
        delivery.refresh_from_db()
        assert (delivery.status, delivery.planned, delivery.is_resend) == (State.PENDING, 0, by_hand)
        assert delivery.next_attempt_at == start + BUSY_RETRY
        assert (Attempt.objects.count(), Endpoint.objects.get().failing_since) == (0, None)
        full.set()
        with clock.frozen(start + BUSY_RETRY + timedelta(seconds=1)):
            deliver_due()
    attempt = Delivery.objects.get(pk=delivery.pk, status=State.DELIVERED).attempts.get()
    assert (attempt.number, attempt.is_resend) == (1, by_hand)


def test_a_name_that_hangs_is_its_receivers_failure(monkeypatch):
    release = threading.Event()

    def resolve(host, port):
        if host == "dead.example":
            release.wait(20)
        return ["127.0.0.1"]

    monkeypatch.setattr(dispatch.http, "Client", partial(http.Client, resolve=resolve))
    monkeypatch.setattr(dispatch, "DEADLINE_S", 0.2)
    with serving(answer(200)) as server:
        dead = make_partner("Dead", "https://dead.example/")
        fine = make_partner("Fine", server.url(host="live.example"))
        for partner in (dead, fine) * 4:
            send_ping(partner)
        deliver_due(slice_s=2)
    release.set()
    assert Delivery.objects.filter(partner=fine, status=State.DELIVERED).count() == 4
    assert set(Attempt.objects.filter(delivery__partner=dead).values_list("status", flat=True)) == {State.PENDING}
    assert Endpoint.objects.get(partner=dead).failing_since is not None
    assert Endpoint.objects.get(partner=fine).failing_since is None
