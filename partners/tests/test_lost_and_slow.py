"""What was under way when its worker was lost, and mail servers and receivers that are slow, harm nobody."""

import threading
import time
from datetime import timedelta

import pytest

from core import clock
from core.tests.servers import answer, serving
from partners.constants import Channel, Environment
from partners.lifecycle import Happening, State
from partners.models import Delivery, Endpoint, Partner
from partners.services import dispatch
from partners.services.deliveries import delivery_resend, failed_resend
from partners.services.dispatch import MAILS, deliver_due
from partners.services.health import endpoint_pause, partner_switched
from partners.services.secrets import endpoint_of
from partners.services.sending import LEASE, MAIL_LEASE, Outcome, Receiver, claim_next
from partners.tests.test_sending import (  # noqa: F401 - fixture
    _loopback,
    make_partner,
    make_subscription,
    notify,
    send_ping,
)

pytestmark = pytest.mark.django_db(transaction=True)
LIVE = Environment.LIVE


def mail_due(partner):
    (row,) = notify(make_subscription(partner, channels=["email"]))
    return row


def test_a_mail_server_that_hangs_holds_few_places_and_no_webhook(monkeypatch):
    lock, now, most = threading.Lock(), [0], [0]

    def hang(claimed):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(1.0)
        with lock:
            now[0] -= 1
        return Outcome(Happening.ACCEPTED)

    monkeypatch.setattr(dispatch, "mail_send", hang)
    for number in range(2 * MAILS):
        mail_due(make_partner(f"Mailed {number}"))
    with serving(answer(200)) as server:
        ping = send_ping(make_partner("Fine", server.url()))
        begun = time.monotonic()
        deliver_due(slice_s=0.5)
        took = time.monotonic() - begun
    ping.refresh_from_db()
    assert ping.status == State.DELIVERED
    assert most[0] == MAILS
    assert took < 2.0  # the second half was left to the next call


def test_a_partners_mail_does_not_wait_for_its_dead_webhook():
    partner = make_partner("Acme", "http://127.0.0.1:1/")
    for _ in range(3):
        send_ping(partner)
    Endpoint.objects.filter(partner=partner).update(failing_since=clock.now())
    mail = mail_due(partner)
    taken = [claim_next(now=clock.now()) for _ in range(3)]
    assert [row and row.delivery.channel for row in taken] == [Channel.WEBHOOK, Channel.EMAIL, None]
    assert taken[1].delivery.pk == mail.pk


def test_a_mail_is_not_taken_again_while_a_slow_mail_server_answers():
    mail_due(make_partner())
    now = clock.now()
    assert claim_next(now=now) is not None
    assert claim_next(now=now + LEASE) is None
    assert claim_next(now=now + MAIL_LEASE) is not None


@pytest.mark.parametrize("pause", ["endpoint", "partner"])
def test_what_was_under_way_when_its_worker_was_lost_is_kept_if_somebody_paused_meanwhile(pause):
    partner = make_partner(url="http://127.0.0.1:1/")
    row, now = send_ping(partner), clock.now()
    assert claim_next(now=now) is not None
    if pause == "endpoint":
        endpoint_pause(endpoint=endpoint_of(partner, LIVE), actor="test", reason="quiet", now=now)
    else:
        Partner.objects.update(is_active=False)
    assert claim_next(now=now + LEASE) is None
    row.refresh_from_db()
    assert (row.status, row.lease_until) == (State.HELD, None)


def test_a_resend_asked_for_during_a_410_is_taken_over_all_the_same():
    subscription = make_subscription(make_partner(url="http://127.0.0.1:1/"))
    subscription.paused_at = now = clock.now()
    subscription.save()
    (row,) = notify(subscription)
    assert row.status == State.HELD
    delivery_resend(delivery=row, actor="test", now=now)
    assert claim_next(now=clock.now()) is not None
    assert claim_next(now=clock.now() + LEASE) is not None


def test_of_two_receivers_the_one_comes_first_that_was_not_served_for_longest():
    slow, quick = make_partner("Slow"), make_partner("Quick")
    send_ping(slow)
    time.sleep(0.01)
    send_ping(quick)
    served = {Receiver(slow.pk, LIVE, Channel.WEBHOOK): 5.0}
    assert claim_next(now=clock.now(), served=served).delivery.partner == quick
    assert claim_next(now=clock.now(), served=served).delivery.partner == slow


def test_what_was_kept_is_sent_also_where_there_is_no_endpoint_yet():
    partner = make_partner()
    Endpoint.objects.all().delete()
    partner.is_active = False
    partner.save()
    row = mail_due(partner)
    Endpoint.objects.all().delete()
    assert row.status == State.HELD
    partner.is_active = True
    partner.save()
    partner_switched(partner=partner, now=clock.now())
    row.refresh_from_db()
    assert row.status == State.PENDING


def test_all_that_failed_is_sent_again_but_for_deleted_subscriptions():
    partner, since = make_partner(url="http://127.0.0.1:1/"), clock.now() - timedelta(minutes=1)
    kept, gone = make_subscription(partner), make_subscription(partner, symbol="SENSEX")
    for one in (kept, gone):
        notify(one)
    Delivery.objects.update(status=State.FAILED.value, next_attempt_at=None)
    gone.delete()
    assert failed_resend(partner=partner, environment=LIVE, since=since, actor="test", now=clock.now()) == 1
    assert Delivery.objects.filter(status=State.PENDING).get().subscription == kept
