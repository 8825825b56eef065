"""Who is told of what, and when: news against subscriptions, pauses, people who ask at the same time."""

from datetime import timedelta

import orjson
import pytest
from django.db import OperationalError, transaction

from core import clock
from core.tests.racing import race_fixture  # noqa: F401 - fixture
from core.tests.servers import answer, serving
from engines.iscore.combine import told_tier
from partners.constants import Environment
from partners.lifecycle import Happening, State
from partners.models import Delivery, Endpoint, Subscription
from partners.services import dispatch
from partners.services.dispatch import deliver_due
from partners.services.firing import fno_fire, iscore_fire
from partners.services.health import endpoint_pause, endpoint_resume, outcome_noted
from partners.services.partners import partner_change
from partners.services.sending import Outcome, claim_next, settle
from partners.services.subscriptions import subscription_change
from partners.services.testing import _score, _signal
from partners.tests.test_sending import _loopback, make_partner, make_subscription, notify  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)


def score_news(score, session="2026-05-04", confidence=0.8, before=None):
    now = clock.now()
    tier = told_tier(None, score, confidence)
    return _score(now) | {
        "score": score, "confidence": confidence, "tier": tier, "as_of_session": session, "previous_score": before,
    }  # fmt: skip


def told(scores, **more):
    subscription = make_subscription(
        make_partner(), **({"engine": "iscore", "symbol": "RELIANCE", "min_confidence": 0, "delta_threshold": 5} | more)
    )
    for day, score in enumerate(scores):
        iscore_fire(score_news(score, session=f"2026-05-{day + 1:02}"), now=clock.now())
    subscription.refresh_from_db()
    bodies = [orjson.loads(bytes(row.body)) for row in Delivery.objects.order_by("id")]
    return [(body["score"], body["previous_score"], body["tier"]) for body in bodies], subscription


def test_a_score_on_the_edge_of_a_tier_is_told_once():
    found, _ = told([65.4, 64.8, 65.2, 64.0, 66.0, 63.9])
    assert found == [(65.4, None, "BUY")]


def test_a_tier_is_left_one_and_a_half_points_beyond_its_border():
    found, _ = told([65.4, 63.5, 63.4, 66.4, 66.5])
    assert [(score, tier) for score, _, tier in found] == [(65.4, "BUY"), (63.4, "HOLD"), (66.5, "BUY")]


def test_the_distance_is_measured_from_what_was_told():
    found, subscription = told([50.0, 52.0, 54.9, 55.0, 51.0, 50.0])
    assert found == [(50.0, None, "HOLD"), (55.0, 50.0, "HOLD"), (50.0, 55.0, "HOLD")]
    assert (subscription.told_score, subscription.last_sequence) == (50.0, 3)


def test_tenths_that_a_computer_cannot_add_are_five_points():
    found, _ = told([50.1, 55.1, 60.1])
    assert [score for score, *_ in found] == [50.1, 55.1, 60.1]


def test_there_and_back_within_a_session_is_told_thrice():
    make_subscription(make_partner(), engine="iscore", symbol="RELIANCE", min_confidence=0, delta_threshold=5)
    for score in (50.0, 57.0, 50.0, 50.0):
        iscore_fire(score_news(score), now=clock.now())
    assert Delivery.objects.count() == 3


def test_uncertain_scores_and_low_ones_are_not_told():
    make_subscription(make_partner(), engine="iscore", symbol="RELIANCE", min_confidence=60, delta_threshold=5)
    for score, confidence in ((70.0, 0.39), (59.9, 0.9)):
        iscore_fire(score_news(score, confidence=confidence), now=clock.now())
    assert not Delivery.objects.exists()
    assert Subscription.objects.get().told_score is None


def test_a_change_of_a_subscription_tells_nothing():
    subscription = make_subscription(
        make_partner(), engine="iscore", symbol="RELIANCE", min_confidence=80, delta_threshold=5
    )
    for given in ({"min_confidence": 0}, {"is_active": False}, {"is_active": True}, {"delta_threshold": 1}):
        subscription_change(subscription=subscription, given=given, actor="test", now=clock.now())
    assert not Delivery.objects.exists()


def test_a_signal_is_told_once_though_it_is_handled_twice(race):
    def begin(_):
        partner = make_partner()
        make_subscription(partner, min_confidence=75, channels=["webhook", "email"])
        make_subscription(partner, symbol="BANKNIFTY")

    race(begin, 1)
    signal = _signal(clock.now()) | {"confidence": 75}
    race(lambda _: fno_fire(signal, now=clock.now()), 4)

    def end(_):
        fno_fire(signal | {"confidence": 74, "trade_code": "lower"}, now=clock.now())
        return list(Delivery.objects.order_by("id").values_list("channel", "sequence"))

    assert race(end, 1)[0] == [("webhook", 1), ("email", None)]


def test_signals_below_fifty_are_told_to_nobody():
    make_subscription(make_partner(), min_confidence=0)
    assert fno_fire(_signal(clock.now()) | {"confidence": 49}, now=clock.now()) == []


def test_test_subscriptions_hear_of_the_simulated_market_only():
    subscription = make_subscription(make_partner())
    Subscription.objects.filter(pk=subscription.pk).update(environment=Environment.TEST)
    assert fno_fire(_signal(clock.now()) | {"data_source": "kite"}, now=clock.now()) == []
    assert len(fno_fire(_signal(clock.now()), now=clock.now())) == 1


def test_sequences_have_no_gaps_when_many_tell_at_once(race):
    subscription = race(lambda _: make_subscription(make_partner()), 1)[0]
    race(lambda worker: [notify(subscription, cause=f"signal:{worker}:{n}") for n in range(5)], 4)
    found = race(lambda _: sorted(Delivery.objects.values_list("sequence", flat=True)), 1)[0]
    assert found == list(range(1, 21))


def test_an_event_of_a_deleted_subscription_is_no_failure():
    subscription = make_subscription(make_partner())
    Subscription.objects.all().delete()
    assert notify(subscription) == []


def test_a_partner_that_is_switched_off_gets_what_happened_when_it_is_back():
    with serving(answer(200)) as server:
        partner = make_partner(url=server.url())
        subscription = make_subscription(partner)
        notify(subscription, cause="signal:1")
        partner_change(partner=partner, actor="test", now=clock.now(), is_active=False)
        fno_fire(_signal(clock.now()), now=clock.now())
        assert deliver_due() == 0
        assert set(Delivery.objects.values_list("status", flat=True)) == {State.HELD}
        partner_change(partner=partner, actor="test", now=clock.now(), is_active=True)
        deliver_due()
    assert [orjson.loads(r.partition(b"\r\n\r\n")[2])["sequence"] for r in sorted_by_sequence(server)] == [1, 2]


def sorted_by_sequence(server):
    return sorted(server.requests, key=lambda r: orjson.loads(r.partition(b"\r\n\r\n")[2])["sequence"])


def paused_twice():
    subscription = make_subscription(make_partner(url="http://127.0.0.1:1/"))
    now = clock.now()
    Subscription.objects.filter(pk=subscription.pk).update(paused_at=now)
    endpoint_pause(endpoint=Endpoint.objects.get(), actor="test", reason="", now=now)
    notify(subscription)
    return subscription


def test_resuming_a_subscription_does_not_open_a_paused_receiver():
    subscription = paused_twice()
    subscription_change(subscription=subscription, given={"is_active": True}, actor="test", now=clock.now())
    assert Delivery.objects.get().status == State.HELD
    endpoint_resume(
        partner=subscription.partner, environment=Environment.LIVE, actor="test", reason="", now=clock.now()
    )
    assert Delivery.objects.get().status == State.PENDING


def test_an_attempt_under_way_when_its_receiver_is_paused_is_kept():
    subscription = make_subscription(make_partner(url="http://127.0.0.1:1/"))
    notify(subscription)
    now = clock.now()
    claimed = claim_next(now=now)
    endpoint_pause(endpoint=Endpoint.objects.get(), actor="test", reason="", now=now)
    outcome = Outcome(Happening.PUT_OFF, next_attempt_at=now + timedelta(seconds=30), http_status=500)
    with transaction.atomic():
        assert settle(claimed, outcome, now=now)
        outcome_noted(claimed, outcome, now=now)
    assert Delivery.objects.get().status == State.HELD


def test_no_event_is_left_behind_by_pausing_and_resuming(race):
    subscription = race(lambda _: make_subscription(make_partner(url="http://127.0.0.1:1/")), 1)[0]
    partner = subscription.partner

    def work(worker):
        for turn in range(8):
            now = clock.now()
            if worker < 2:
                notify(subscription, cause=f"signal:{worker}:{turn}")
            elif worker == 2:
                endpoint_pause(endpoint=Endpoint.objects.get(), actor="test", reason="", now=now)
            else:
                endpoint_resume(partner=partner, environment=Environment.LIVE, actor="test", reason="", now=now)

    race(work, 4)

    def look(_):
        paused = Endpoint.objects.get().paused_at is not None
        return paused, sorted(set(Delivery.objects.values_list("status", flat=True)))

    paused, states = race(look, 1)[0]
    assert states == [State.HELD if paused else State.PENDING]


def test_a_secret_that_cannot_be_opened_keeps_nobody_waiting():
    with serving(answer(200)) as server:
        broken, fine = make_partner("Broken", server.url()), make_partner("Fine", server.url())
        Endpoint.objects.filter(partner=broken).update(secret_sealed="v1.nokey.AAAA")
        for partner in (broken, fine):
            notify(make_subscription(partner))
        deliver_due()
    states = dict(Delivery.objects.values_list("partner__name", "status"))
    assert states == {"Broken": State.FAILED, "Fine": State.DELIVERED}
    assert server.connections == 1
    assert "Rotate" in Delivery.objects.get(partner=broken).attempts.get().error


def test_what_comes_while_the_last_answer_is_awaited_is_sent_at_once(monkeypatch):
    """A wake-up that finds the loop leaving must not wait for the sweep."""
    with serving(answer(200)) as server:
        subscription = make_subscription(make_partner(url=server.url()))
        notify(subscription, cause="signal:1")
        whole = dispatch._loop

        def leaving(*given):
            made = whole(*given)
            if Delivery.objects.count() == 1:
                notify(subscription, cause="signal:2")
                assert deliver_due() == 0
            return made

        monkeypatch.setattr(dispatch, "_loop", leaving)
        assert deliver_due() == 2
    assert server.connections == 2


def test_a_database_that_fails_once_costs_no_outcome(monkeypatch):
    faults = iter([True])
    whole = dispatch.settle

    def settle_later(*given, **named):
        if next(faults, False):
            raise OperationalError("gone")
        return whole(*given, **named)

    monkeypatch.setattr(dispatch, "settle", settle_later)
    with serving(answer(200)) as server:
        subscription = make_subscription(make_partner(url=server.url()))
        for cause in ("signal:1", "signal:2"):
            notify(subscription, cause=cause)
        deliver_due()
    assert set(Delivery.objects.values_list("status", flat=True)) == {State.DELIVERED}
    assert server.connections == 2


def test_events_of_a_transaction_that_fails_are_not_told():
    subscription = make_subscription(make_partner())
    with transaction.atomic():
        assert len(notify(subscription)) == 1
        transaction.set_rollback(True)
    subscription.refresh_from_db()
    assert (Delivery.objects.count(), subscription.last_sequence) == (0, 0)
