"""Deliveries on their way: claimed, sent, settled. Receivers of every kind: ``test_receivers.py``."""

import ipaddress
import time
from datetime import timedelta

import pytest
from celery import current_app
from django import db
from django.db.models import F

from core import clock
from core.errors import Conflict
from core.models import AuditEntry
from core.tests.servers import answer, serving
from partners.constants import Environment, RetryPolicy
from partners.lifecycle import Happening, State
from partners.models import Attempt, Delivery, Endpoint, Partner, Subscription
from partners.services import dispatch
from partners.services.deliveries import delivery_resend, failed_resend
from partners.services.dispatch import deliver_due
from partners.services.health import endpoint_pause, endpoint_resume, put_off_kept
from partners.services.housekeeping import prune
from partners.services.outbox import ping, subscription_notify
from partners.services.partners import partner_change
from partners.services.secrets import endpoint_of, secret_of
from partners.services.sending import AT_ONCE, LAID_ASIDE, LEASE, MAX_LOSSES, Outcome, claim_next, settle
from partners.tests.misbehaving import InTurn, drip, slow
from partners.webhooks.signing import tc_signature

pytestmark = pytest.mark.django_db(transaction=True)

BODY = '{"event":"ping","note":"₹ और"}'.encode()


@pytest.fixture(autouse=True)
def _loopback(settings):
    settings.WEBHOOK_ALLOW_NETS = (ipaddress.ip_network("127.0.0.0/8"),)


def make_partner(name="Acme", url=""):
    partner = Partner.objects.create(name=name, contact_email="desk@example.com", created_at=clock.now())
    endpoint = endpoint_of(partner, Environment.LIVE)
    Endpoint.objects.filter(pk=endpoint.pk).update(url=url)
    return partner


def make_subscription(partner, **more):
    fields = {"engine": "fno", "symbol": "NIFTY", "min_confidence": 50, "channels": ["webhook"]} | more
    now = clock.now()
    return Subscription.objects.create(
        partner=partner, environment=Environment.LIVE, created_at=now, updated_at=now, **fields
    )


def notify(subscription, cause="signal:1"):
    def body(event_id, sequence):
        return f'{{"event_id":"{event_id}","sequence":{sequence}}}'.encode()

    return subscription_notify(subscription=subscription, event="fno.signal", cause=cause, body=body, now=clock.now())


def send_ping(partner):
    return ping(partner=partner, environment=Environment.LIVE, body=lambda _: BODY, event="ping", now=clock.now())


def sent_to(behave):
    with serving(behave) as server:
        delivery = send_ping(make_partner(url=server.url("/hook")))
        deliver_due(draw=lambda: 0.5)
        delivery.refresh_from_db()
        return delivery, delivery.attempts.get(), server


def test_a_receiver_gets_the_stored_bytes_signed():
    with serving(answer(200)) as server:
        partner = make_partner(url=server.url("/hook"))
        send_ping(partner)
        deliver_due()
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == BODY
    signature = tc_signature(secret_of(endpoint_of(partner, Environment.LIVE)), BODY)
    assert f"x-tc-signature: {signature}".encode() in head.lower().replace(b"sha256=", b"sha256=")


@pytest.mark.parametrize("behave", [slow(6), drip])
def test_five_seconds_are_five_seconds(behave):
    started = time.monotonic()
    delivery, attempt, _ = sent_to(behave)
    assert 5.0 <= time.monotonic() - started < 8.0
    assert delivery.status == State.PENDING
    assert attempt.http_status is None
    assert "No complete answer" in attempt.error


def test_a_5xx_is_tried_again_after_half_a_minute_and_then_given_up():
    with serving(answer(503)) as server:
        delivery = send_ping(make_partner(url=server.url()))
        start = clock.now()
        with clock.frozen(start):
            deliver_due(draw=lambda: 0.5)
        delivery.refresh_from_db()
        assert delivery.next_attempt_at == start + timedelta(seconds=30)
        with clock.frozen(start + timedelta(seconds=29)):
            assert deliver_due() == 0
        with clock.frozen(start + timedelta(seconds=30)):
            assert deliver_due() == 1
        delivery.refresh_from_db()
        assert (delivery.status, server.connections) == (State.FAILED, 2)
        ids = {request.split(b"webhook-id: ")[1].split(b"\r\n")[0] for request in map(bytes.lower, server.requests)}
        assert len(ids) == 1


def test_410_pauses_the_subscription_and_keeps_what_comes():
    with serving(answer(410)) as server:
        subscription = make_subscription(make_partner(url=server.url()))
        notify(subscription)
        deliver_due()
        subscription.refresh_from_db()
        assert subscription.paused_at is not None
        (kept,) = notify(subscription, cause="signal:2")
        assert kept.status == State.HELD
    with serving(answer(200)) as server:
        Endpoint.objects.update(url=server.url())
        released = endpoint_resume(
            partner=subscription.partner, environment=Environment.LIVE, actor="system", reason="", now=clock.now()
        )
        deliver_due()
        assert (released, server.connections) == (1, 1)


def test_five_days_of_nothing_but_failures_pause_the_endpoint():
    with serving(answer(404)) as server:
        subscription = make_subscription(make_partner(url=server.url()))
        start = clock.now()
        for day in range(6):
            with clock.frozen(start + timedelta(days=day)):
                notify(subscription, cause=f"signal:{day}")
                deliver_due()
    endpoint = Endpoint.objects.get()
    assert endpoint.paused_at == start + timedelta(days=5)
    assert "failures" in endpoint.pause_reason


def test_a_success_starts_the_count_anew():
    with serving(answer(404)) as server:
        partner = make_partner(url=server.url())
        send_ping(partner)
        deliver_due()
        assert Endpoint.objects.get().failing_since is not None
    with serving(answer(200)) as server:
        Endpoint.objects.update(url=server.url())
        send_ping(partner)
        deliver_due()
    endpoint = Endpoint.objects.get()
    assert endpoint.failing_since is None
    assert endpoint.last_success_at is not None


def test_sequences_have_no_gaps_and_no_cause_is_told_twice():
    subscription = make_subscription(make_partner(), channels=["webhook", "email"])
    for cause in ("signal:1", "signal:2", "signal:1"):
        notify(subscription, cause=cause)
    rows = Delivery.objects.order_by("id").values_list("channel", "sequence")
    assert list(rows) == [("webhook", 1), ("email", None), ("webhook", 2), ("email", None)]
    assert len(set(Delivery.objects.values_list("event_id", flat=True))) == 2


def test_a_lost_worker_is_replaced_when_its_lease_ends():
    send_ping(make_partner(url="http://127.0.0.1:1/"))
    now = clock.now()
    first = claim_next(now=now)
    assert claim_next(now=now + LEASE - timedelta(seconds=1)) is None
    second = claim_next(now=now + LEASE)
    assert (first.number, second.number) == (1, 1)
    assert settle(second, Outcome(Happening.ACCEPTED, http_status=200), now=now + LEASE)
    assert not settle(first, Outcome(Happening.GIVEN_UP), now=now + LEASE)
    assert Delivery.objects.get().status == State.DELIVERED
    assert Attempt.objects.count() == 1


def test_a_machine_whose_clock_is_ahead_takes_nothing_over(monkeypatch):
    """A lease is measured by the clock of the database, which machines share."""
    if db.connection.vendor != "postgresql":
        pytest.skip("one machine, one clock")
    send_ping(make_partner(url="http://127.0.0.1:1/"))
    assert dispatch._claim({}, 16, {}) is not None
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + 2 * LEASE)
    assert dispatch._claim({}, 16, {}) is None


def test_a_message_that_kills_workers_is_laid_aside_and_given_up_in_the_end():
    """Three times in a row, then after a minute, ten and an hour: every worker that takes it dies."""
    send_ping(make_partner(url="http://127.0.0.1:1/"))
    now, tries = clock.now(), []
    start = now
    while len(tries) < MAX_LOSSES:
        if claim_next(now=now) is not None:
            tries.append(now - start)
        row = Delivery.objects.get()
        now = row.lease_until or row.next_attempt_at
    assert tries == [
        timedelta(0), LEASE, 2 * LEASE, 3 * LEASE + LAID_ASIDE[0], 4 * LEASE + sum(LAID_ASIDE[:2], timedelta()),
        5 * LEASE + sum(LAID_ASIDE, timedelta()),
    ]  # fmt: skip
    with clock.frozen(now):
        deliver_due()
    assert Delivery.objects.get().status == State.FAILED
    assert Endpoint.objects.get().failing_since is None
    assert "lost 6 times" in Attempt.objects.get().error


def test_who_was_there_by_chance_when_workers_were_killed_is_delivered_in_the_end():
    with serving(answer(200)) as server:
        unlucky = send_ping(make_partner(url=server.url()))
        now = clock.now()
        for turn in range(3):
            assert claim_next(now=now + turn * LEASE) is not None
        other = send_ping(unlucky.partner)
        aside = now + 3 * LEASE
        with clock.frozen(aside):
            assert deliver_due() == 1  # the other, at once: one that is laid aside keeps nobody waiting
        unlucky.refresh_from_db()
        assert (unlucky.status, unlucky.next_attempt_at) == (State.PENDING, aside + LAID_ASIDE[0])
        with clock.frozen(aside + LAID_ASIDE[0]):
            deliver_due()
    states = Delivery.objects.order_by("id").values_list("pk", "status", "strikes")
    assert list(states) == [(unlucky.pk, State.DELIVERED, 0), (other.pk, State.DELIVERED, 0)]


def test_a_receiver_has_two_places_at_once():
    busy, other = make_partner("Busy"), make_partner("Other")
    for _ in range(5):
        send_ping(busy)
    send_ping(other)
    claimed = [claim_next(now=clock.now()) for _ in range(5)]
    partners = [row.delivery.partner.name for row in claimed if row is not None]
    assert sorted(partners) == ["Busy"] * AT_ONCE + ["Other"]


def test_a_dead_receiver_delays_nobody():
    with serving(slow(6)) as dead, serving(answer(200)) as live:
        stuck, fine = make_partner("Stuck", dead.url()), make_partner("Fine", live.url())
        for _ in range(6):
            send_ping(stuck)
        for _ in range(10):
            send_ping(fine)
        deliver_due(slice_s=3)
    first_of_the_dead = Attempt.objects.filter(delivery__partner=stuck).order_by("id").first()
    assert first_of_the_dead is not None
    assert Delivery.objects.filter(partner=fine, status=State.DELIVERED).count() == 10
    assert not Attempt.objects.filter(delivery__partner=fine, id__gt=first_of_the_dead.pk).exists()


def test_mail_goes_to_the_contact(mailoutbox):
    import orjson

    payload = {
        "engine": "fno", "index": "NIFTY", "trade_direction": "BULLISH", "confidence": 78, "tier": "HIGH",
        "trade_code": "NIFTY-2026-05-04-001", "tradingsymbol": "NIFTY26MAY22500CE", "entry_price": 120, "sl": 105,
        "target": 145, "entry_mode": "BREAKOUT", "timestamp": "2026-05-04T05:21:00Z", "data_source": "simulated",
    }  # fmt: skip
    subscription = make_subscription(make_partner(), channels=["email"])
    subscription_notify(
        subscription=subscription, event="fno.signal", cause="signal:1", now=clock.now(),
        body=lambda *_: orjson.dumps(payload),
    )  # fmt: skip
    deliver_due()
    (mail,) = mailoutbox
    assert mail.to == ["desk@example.com"]
    assert "confidence 78" in mail.subject
    assert "NIFTY-2026-05-04-001" in mail.body
    assert "10:51 IST" in mail.body
    assert "simulated" in mail.body


def test_an_extended_policy_is_followed():
    with serving(answer(500)) as server:
        partner = make_partner(url=server.url())
        Endpoint.objects.update(retry_policy=RetryPolicy.EXTENDED)
        send_ping(partner)
        start = clock.now()
        with clock.frozen(start):
            deliver_due(draw=lambda: 0.5)
        Delivery.objects.update(planned=F("planned") + 5)
        with clock.frozen(start + timedelta(seconds=30)):
            deliver_due(draw=lambda: 0.5)
    assert Delivery.objects.get().next_attempt_at == start + timedelta(seconds=30, hours=24)


def resent(delivery, **more):
    return delivery_resend(delivery=delivery, actor="test", now=clock.now(), **more)


def test_a_resend_takes_nothing_away_from_the_plan():
    """Sent by hand ten seconds after a 503: the attempt of the plan comes at its own time."""
    with serving(answer(503)) as server:
        delivery = send_ping(make_partner(url=server.url()))
        start = clock.now()
        for seconds, by_hand in ((0, False), (10, True), (12, True), (29, False), (30, False), (3600, False)):
            with clock.frozen(start + timedelta(seconds=seconds)):
                if by_hand:
                    resent(delivery)
                deliver_due(draw=lambda: 0.5)
        log = [(row.number, row.is_resend, row.status) for row in delivery.attempts.order_by("id")]
        delivery.refresh_from_db()
    assert log == [(1, False, "pending"), (2, True, "pending"), (3, True, "pending"), (4, False, "failed")]
    assert (delivery.status, delivery.planned, delivery.planned_at) == (State.FAILED, 2, None)


def test_a_resend_that_is_answered_ends_the_plan():
    with serving(InTurn([answer(503), answer(200)])) as server:
        delivery = send_ping(make_partner(url=server.url()))
        start = clock.now()
        for seconds in (0, 10, 30, 3600):
            with clock.frozen(start + timedelta(seconds=seconds)):
                if seconds == 10:
                    resent(delivery)
                deliver_due(draw=lambda: 0.5)
        delivery.refresh_from_db()
        assert (delivery.status, server.connections, delivery.planned_at) == (State.DELIVERED, 2, None)


@pytest.mark.parametrize("first", [answer(503), answer(404)], ids=["failed", "rejected"])
def test_a_resend_of_what_is_over_is_one_attempt(first):
    with serving(InTurn([first, answer(500)])) as server:
        delivery = send_ping(make_partner(url=server.url()))
        start = clock.now()
        for seconds in (0, 30, 60, 90, 3600):
            with clock.frozen(start + timedelta(seconds=seconds)):
                if seconds == 60:
                    before = server.connections
                    resent(delivery)
                deliver_due(draw=lambda: 0.5)
        delivery.refresh_from_db()
        assert (delivery.status, server.connections) == (State.FAILED, before + 1)


def test_a_resend_of_what_is_held_that_fails_is_held_again():
    with serving(answer(503)) as server:
        subscription = make_subscription(make_partner(url=server.url()))
        Subscription.objects.update(paused_at=clock.now())
        (kept,) = notify(subscription)
        assert kept.status == State.HELD
        resent(kept)
        deliver_due()
        kept.refresh_from_db()
        assert (kept.status, server.connections) == (State.HELD, 1)
    with serving(answer(200)) as server:
        Endpoint.objects.update(url=server.url())
        endpoint_resume(
            partner=subscription.partner, environment=Environment.LIVE, actor="test", reason="", now=clock.now()
        )
        deliver_due()
        kept.refresh_from_db()
        assert (kept.status, kept.is_resend, server.connections) == (State.DELIVERED, False, 1)


@pytest.mark.parametrize("channels", [["webhook"], ["email"]])
def test_a_deleted_subscription_sends_nothing_more(channels, mailoutbox):
    """Neither what waits nor what was held; the log says why, and who asks for it by hand still gets it."""
    with serving(answer(200)) as server:
        subscription = make_subscription(make_partner(url=server.url()), channels=channels)
        partner = subscription.partner
        Partner.objects.update(is_active=False)  # keeps both channels
        (held,) = notify(subscription)
        Partner.objects.update(is_active=True)
        (waiting,) = notify(Subscription.objects.get(), cause="signal:2")
        assert (held.status, waiting.status) == (State.HELD, State.PENDING)
        subscription.delete()
        endpoint_resume(partner=partner, environment=Environment.LIVE, actor="test", reason="", now=clock.now())
        deliver_due()
        assert (server.connections, mailoutbox) == (0, [])
        told = Attempt.objects.values_list("status", "error", "http_status", "delivery__status")
        assert set(told) == {("failed", "Not sent: its subscription was deleted.", None, "failed")}
        assert len(told) == 2
        assert Endpoint.objects.get().failing_since is None
        if channels == ["webhook"]:
            held.refresh_from_db()
            resent(held)
            deliver_due()
            held.refresh_from_db()
            assert (held.status, server.connections) == (State.DELIVERED, 1)


def test_what_is_held_is_kept_for_thirty_days():
    subscription = make_subscription(make_partner())
    endpoint_pause(endpoint=Endpoint.objects.get(), actor="test", reason="", now=clock.now())
    (held,) = notify(subscription)
    ping_ = send_ping(make_partner("Other"))
    assert prune(now=held.created_at + timedelta(days=30))["deliveries"] == 0
    assert prune(now=held.created_at + timedelta(days=30, seconds=1))["deliveries"] == 1
    assert Delivery.objects.get() == ping_  # what waits to be sent is not forgotten


def test_a_partner_switched_off_meanwhile_keeps_what_was_put_off():
    def switch_off(connection, request):
        Partner.objects.update(is_active=False)
        db.connection.close()
        connection.sendall(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")

    with serving(switch_off) as server:
        (sent,) = notify(make_subscription(make_partner(url=server.url())))
        deliver_due()
        sent.refresh_from_db()
        assert (sent.status, server.connections) == (State.HELD, 1)


@pytest.mark.parametrize("off", ["switched off", "paused"])
def test_whoever_gets_nothing_gets_no_ping_and_no_resend(off):
    """What was made before is kept like everything else, and sent when it goes on."""
    with serving(answer(200)) as server:
        partner = make_partner(url=server.url())
        earlier = send_ping(partner)
        endpoint, who = Endpoint.objects.get(), {"actor": "test", "now": clock.now()}
        if off == "paused":
            endpoint_pause(endpoint=endpoint, reason="", **who)
        else:
            partner_change(partner=partner, is_active=False, **who)
        for deed in (
            lambda: send_ping(partner),
            lambda: resent(earlier),
            lambda: failed_resend(partner=partner, environment=Environment.LIVE, since=clock.now(), **who),
        ):
            with pytest.raises(Conflict, match=f"{off}: nothing is sent"):
                deed()
        deliver_due()
        earlier.refresh_from_db()
        assert (earlier.status, server.connections) == (State.HELD, 0)
        partner_change(partner=partner, is_active=True, **who)
        endpoint_resume(partner=partner, environment=Environment.LIVE, reason="", **who)
        deliver_due()
        earlier.refresh_from_db()
        assert (earlier.status, server.connections) == (State.DELIVERED, 1)


def test_mails_that_failed_are_sent_again_while_the_webhook_is_paused():
    row = make_subscription(make_partner(), channels=["webhook", "email"])
    notify(row)
    start, who = clock.now() - timedelta(hours=1), {"actor": "test", "now": clock.now()}
    Delivery.objects.update(status=State.FAILED, next_attempt_at=None)
    endpoint_pause(endpoint=Endpoint.objects.get(), reason="", **who)
    assert failed_resend(partner=row.partner, environment=Environment.LIVE, since=start, **who) == 1
    states = dict(Delivery.objects.values_list("channel", "status"))
    assert states == {"webhook": State.FAILED, "email": State.PENDING}
    with pytest.raises(Conflict, match="paused: nothing is sent"):
        failed_resend(partner=row.partner, environment=Environment.LIVE, since=start, **who)


def test_resuming_what_runs_changes_nothing():
    """Neither the record, nor since when the receiver fails: a client that says it each day would never be paused."""
    partner, since = make_partner(), clock.now() - timedelta(days=4)
    Endpoint.objects.update(failing_since=since)
    who = {"partner": partner, "environment": Environment.LIVE, "actor": "test", "reason": "", "now": clock.now()}
    assert endpoint_resume(**who) == 0
    assert Endpoint.objects.get().failing_since == since
    assert not AuditEntry.objects.filter(action="partner_endpoint.resumed").exists()
    make_subscription(partner)
    Subscription.objects.update(paused_at=clock.now())
    endpoint_resume(**who)
    assert Subscription.objects.get().paused_at is None
    assert Endpoint.objects.get().failing_since == since
    assert AuditEntry.objects.filter(action="partner_endpoint.resumed").count() == 1


def test_a_ping_under_way_when_its_partner_is_switched_off_is_kept():
    """Its worker is lost, so another takes the row over; and what is put off meanwhile is not tried again either."""
    partner = make_partner(url="https://127.0.0.1:9/")
    send_ping(partner)
    claimed = claim_next(now=clock.now())
    partner_change(partner=partner, actor="test", now=clock.now(), is_active=False)
    assert claim_next(now=clock.now() + LEASE) is None
    claimed.delivery.refresh_from_db()
    assert claimed.delivery.status == State.HELD
    partner_change(partner=partner, actor="test", now=clock.now(), is_active=True)
    claimed = claim_next(now=clock.now())
    Partner.objects.update(is_active=False)
    assert settle(claimed, Outcome(Happening.PUT_OFF, next_attempt_at=clock.now()), now=clock.now())
    put_off_kept(claimed)
    claimed.delivery.refresh_from_db()
    assert claimed.delivery.status == State.HELD


def test_the_next_call_is_made_when_the_next_row_falls_due(monkeypatch):
    """Not when the beat asks the next time, which may be five seconds later."""
    asked = []
    monkeypatch.setattr(dispatch, "wake", lambda *, after_s=0.0: asked.append(after_s))
    with serving(answer(503)) as server:
        send_ping(make_partner(url=server.url()))
        start = clock.now()
        with clock.frozen(start):
            deliver_due(draw=lambda: 0.5)
        assert asked == []  # half a minute away
        with clock.frozen(start + timedelta(seconds=24.9)):
            deliver_due()
        assert asked == []
        with clock.frozen(start + timedelta(seconds=26)):
            deliver_due()
    assert asked == [pytest.approx(4 + dispatch.EARLY_S)]
    assert current_app.conf.beat_schedule["webhooks that are due"] == {
        "task": "partners.deliver", "schedule": dispatch.SWEEP_S,
    }  # fmt: skip
