"""The mail about an automatic pause: of which pause it speaks, and that nothing loses or doubles it."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from celery import current_app
from django.db import transaction

from core import clock
from core.tests.racing import race_fixture  # noqa: F401 - fixture
from core.tests.servers import answer, serving
from partners.constants import PAUSE_AFTER
from partners.models import Notice, Partner, Subscription
from partners.services import notices
from partners.services.dispatch import deliver_due
from partners.services.health import endpoint_resume
from partners.services.housekeeping import prune
from partners.services.notices import WAITS, notice_make, notices_due
from partners.tasks import deliver
from partners.tests.test_sending import _loopback, make_partner, make_subscription, notify  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def no_broker(monkeypatch):
    """The queue is away: what it is given is lost, as when a process dies between its commit and the queue."""
    current_app.loader.import_default_modules()
    lost = []
    task = current_app.tasks[notices.NOTICE_TASK]
    monkeypatch.setattr(task, "apply_async", lambda **given: lost.append(given))
    return lost


def gone(**more):
    """A subscription whose receiver answered 410, the mail about it still to come."""
    with serving(answer(410)) as server:
        subscription = make_subscription(make_partner(url=server.url()), **more)
        notify(subscription)
        deliver_due()
    subscription.refresh_from_db()
    assert subscription.paused_at is not None
    return subscription


def test_the_notice_outlives_a_queue_that_is_away(no_broker, mailoutbox):
    gone()
    assert (len(no_broker), mailoutbox) == (1, [])
    deliver()  # what the beat asks for every five seconds
    (mail,) = mailoutbox
    assert mail.to == ["desk@example.com"]
    deliver()
    assert (len(mailoutbox), Notice.objects.get().due_at) == (1, None)


def test_a_410_is_told_of_one_subscription(mailoutbox):
    gone()
    assert notices_due() == 1
    (mail,) = mailoutbox
    number, partner = Subscription.objects.get().pk, Partner.objects.get().pk
    assert mail.subject == "Subscription paused: F&O signals of NIFTY (live)"
    assert "answered 410 (Gone) to a webhook about F&O signals of NIFTY." in mail.body
    assert "the others go on" in mail.body
    assert f"/partner/subscriptions/?environment=live&partner={partner}" in mail.body
    assert f"PATCH /subscriptions/{number} with is_active: true" in mail.body
    assert "in order" not in mail.body
    assert "Nothing more is sent" not in mail.body


def test_five_days_of_failures_are_told_of_the_whole_webhook(mailoutbox):
    with serving(answer(404)) as server:
        subscription = make_subscription(make_partner(url=server.url()))
        start = clock.now()
        for turn in range(2):
            with clock.frozen(start + turn * PAUSE_AFTER):
                notify(subscription, cause=f"signal:{turn}")
                deliver_due()
                notices_due()
    (mail,) = mailoutbox
    assert mail.subject == "Webhook paused (live)"
    assert "Nothing but failures since" in mail.body
    assert "Nothing more is sent to the live webhook of Acme" in mail.body
    assert f"/partner/webhook/?environment=live&partner={subscription.partner_id}" in mail.body
    assert "in order" not in mail.body


def test_a_mail_server_that_fails_is_asked_again(no_broker, mailoutbox, monkeypatch):
    gone(engine="iscore", symbol="TCS", delta_threshold=5)
    whole, start, tried = notices.send, clock.now(), []

    def fails(**_):
        tried.append(clock.now() - start)
        raise SMTPServerDisconnected

    monkeypatch.setattr(notices, "send", fails)
    for after in (timedelta(0), WAITS[0] - timedelta(seconds=1), WAITS[0]):
        with clock.frozen(start + after):
            assert notices_due() == 0
    assert tried == [timedelta(0), WAITS[0]]
    monkeypatch.setattr(notices, "send", whole)
    with clock.frozen(start + WAITS[0] + WAITS[1]):
        assert notices_due() == 1
    assert "I-Score of TCS" in mailoutbox[0].subject


def test_a_mail_that_cannot_be_sent_is_given_up_in_the_end(no_broker, monkeypatch):
    gone()
    monkeypatch.setattr(notices, "send", lambda **_: (_ for _ in ()).throw(OSError("no mail server")))
    now = start = clock.now()
    while (due := Notice.objects.get().due_at) is not None:
        now = max(now, due)
        with clock.frozen(now):
            notices_due()
    assert Notice.objects.get().tries == len(WAITS) + 1
    assert now - start == pytest.approx(sum(WAITS, timedelta()), abs=timedelta(minutes=1))


def test_who_resumed_before_the_mail_went_gets_none(no_broker, mailoutbox):
    row = gone()
    endpoint_resume(partner=row.partner, environment="live", actor="test", reason="", now=clock.now())
    assert (notices_due(), mailoutbox, Notice.objects.get().due_at) == (0, [], None)


def test_a_pause_that_is_rolled_back_is_not_told(mailoutbox):
    partner = make_partner()

    @transaction.atomic
    def fails():
        notice_make(partner=partner, environment="live", now=clock.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert (notices_due(), Notice.objects.count(), mailoutbox) == (0, 0, [])


def test_of_four_workers_one_mails(race, monkeypatch):
    sent = []
    monkeypatch.setattr(notices, "send", lambda **mail: sent.append(mail))

    def begin(_):
        row = make_subscription(make_partner())
        Subscription.objects.update(paused_at=clock.now())
        Notice.objects.create(
            partner=row.partner, environment="live", subscription=row, due_at=clock.now(), created_at=clock.now()
        )

    race(begin, 1)
    assert (sum(race(lambda _: notices_due(), 4)), len(sent)) == (1, 1)


def test_old_notices_are_forgotten(no_broker):
    gone()
    later = clock.now() + timedelta(days=31)
    assert prune(now=later)["notices"] == 0
    notices_due()
    assert prune(now=later)["notices"] == 1
