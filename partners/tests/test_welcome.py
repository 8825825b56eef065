"""The first news of a new subscription to an I-Score: once, and not lost, whoever dies."""

import threading
from datetime import timedelta

import orjson
import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from core import children, clock
from core.errors import DataUnavailable
from core.tests.racing import race_fixture  # noqa: F401 - fixture
from partners.constants import Environment
from partners.models import Delivery, Subscription
from partners.services import engines, welcome
from partners.services.firing import iscore_fire
from partners.services.subscriptions import subscription_change, subscription_put
from partners.services.welcome import GIVE_UP, LATEST, LEASE, SOONEST, welcome_due
from partners.tests.test_firing import score_news
from partners.tests.test_sending import make_partner
from partners.tests.test_surface import _fresh, client, post  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)

FOUND = {
    "iscore": 71.3, "confidence": 0.8, "previous": {"iscore": 70.0}, "summary": "Calm.", "as_of_session": "2026-05-04",
    "provider": "simulated",
    "components": {"trend": {"score": 71.3, "weight": 100.0, "effective_weight": 100.0, "coverage": 1.0, "more": 1}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _share(monkeypatch):
    monkeypatch.setattr("partners.services.subscriptions.share_check", lambda symbol: symbol)


@pytest.fixture
def engine(monkeypatch):
    """Let the engine answer at once; counts how often it was asked, and raises what is in ``fails``."""
    asked = []

    def answer(symbol, *, environment, now):
        asked.append(symbol)
        if answer.fails is not None:
            raise answer.fails
        return answer.found

    answer.asked, answer.fails, answer.found = asked, None, dict(FOUND)
    monkeypatch.setattr(engines, "iscore_result", answer)
    return answer


def subscribe(partner, symbol="RELIANCE", **given):
    return subscription_put(
        partner=partner, environment=Environment.LIVE, engine="iscore", symbol=symbol,
        given={"min_confidence": 0} | given, actor="test", now=clock.now(),
    )[0]  # fmt: skip


def later(**apart):
    return clock.frozen(clock.now() + timedelta(**apart))


def test_no_request_waits_for_a_score(engine):
    engine.fails = AssertionError("a request asked for a score")
    partner = make_partner()
    answer = post(client(partner), "/subscriptions", {"engine": "iscore", "symbol": "RELIANCE"})
    assert (answer.status_code, answer.json()["subscription"]["last_fired_at"]) == (201, None)
    subscription_put(
        partner=partner, environment=Environment.LIVE, engine="iscore", symbol="TCS", given={}, actor="test",
        now=clock.now(),
    )  # fmt: skip
    assert (engine.asked, Subscription.objects.filter(welcome_at__isnull=False).count()) == ([], 2)


def test_a_new_subscription_is_told_the_present_score_once(engine):
    row = subscribe(make_partner(), channels=["webhook", "email"])
    assert (welcome_due(), welcome_due()) == (1, 0)
    row.refresh_from_db()
    assert (row.told_score, row.told_tier, row.last_sequence, row.welcome_at) == (71.3, "BUY", 1, None)
    assert sorted(Delivery.objects.values_list("channel", flat=True)) == ["email", "webhook"]
    body = orjson.loads(bytes(Delivery.objects.get(channel="webhook").body))
    assert (body["score"], body["previous_score"], body["tier"], body["sequence"]) == (71.3, 70.0, "BUY", 1)
    assert body["components"] == {"trend": {"score": 71.3, "weight": 100.0, "effective_weight": 100.0, "coverage": 1.0}}
    subscribe(row.partner, delta_threshold=1)
    assert (welcome_due(), engine.asked) == (0, ["RELIANCE"])


def test_what_is_not_to_be_welcomed(engine):
    partner = make_partner()
    subscribe(partner, is_active=False)
    subscription_put(
        partner=partner, environment=Environment.LIVE, engine="fno", symbol="NIFTY", given={}, actor="test",
        now=clock.now(),
    )  # fmt: skip
    assert not Subscription.objects.filter(welcome_at__isnull=False).exists()


def test_a_worker_that_dies_is_followed_by_another(engine):
    row = subscribe(make_partner())
    assert welcome._claim(clock.now()) == row  # and dies
    assert welcome_due() == 0
    with later(seconds=LEASE.total_seconds() + 1):
        assert welcome_due() == 1
    assert Delivery.objects.count() == 1


def test_a_wake_up_that_is_lost_is_made_good_by_the_sweep(engine, monkeypatch):
    def away(*_, **__):
        raise OperationalError("no broker")

    row = subscribe(make_partner())
    monkeypatch.setattr(current_app.tasks["partners.welcome"], "apply_async", away)
    second = subscribe(row.partner, symbol="TCS")
    assert second.welcome_at is not None
    assert welcome_due() == 2


def test_many_workers_at_once_tell_it_once(engine, race):
    race(lambda _: [subscribe(make_partner(f"Partner {n}")) for n in range(3)], 1)
    assert sum(race(lambda _: welcome_due(), 4)) == 3
    assert sorted(race(lambda _: list(Delivery.objects.values_list("sequence", flat=True)), 1)[0]) == [1, 1, 1]


def test_one_that_was_thought_dead_tells_nothing_more(engine, race):
    """Two have worked out the score of one subscription: its lease had run out."""
    row = race(lambda _: subscribe(make_partner()), 1)[0]
    both = threading.Barrier(2)
    answer = engines.iscore_result

    def slow(*given, **named):
        both.wait(timeout=10)
        return answer(*given, **named)

    engines.iscore_result = slow
    try:
        race(lambda _: welcome.subscription_welcome(subscription=row), 2)
    finally:
        engines.iscore_result = answer
    assert race(lambda _: Delivery.objects.count(), 1)[0] == 1


def test_what_the_engine_told_meanwhile_was_the_welcome(engine):
    row = subscribe(make_partner())
    iscore_fire(score_news(80.0, session="2026-05-05"), now=clock.now())
    assert welcome_due() == 1
    row.refresh_from_db()
    assert (row.told_score, row.welcome_at, Delivery.objects.count()) == (80.0, None, 1)


def test_one_that_is_switched_off_or_deleted_meanwhile_is_not_told(engine):
    row = subscribe(make_partner())
    gone = subscribe(row.partner, symbol="TCS")
    subscription_change(subscription=row, given={"is_active": False}, actor="test", now=clock.now())
    Subscription.objects.filter(pk=gone.pk).delete()
    assert welcome_due() == 1
    row.refresh_from_db()
    assert (row.welcome_at, Delivery.objects.exists()) == (None, False)
    assert welcome.subscription_welcome(subscription=gone) == []


@pytest.mark.parametrize("change", [{"iscore": None, "confidence": None}, {"confidence": 0.39}])
def test_too_little_known_is_no_news(engine, change):
    engine.found |= change
    row = subscribe(make_partner())
    assert welcome_due() == 1
    row.refresh_from_db()
    assert (row.welcome_at, row.told_score, Delivery.objects.exists()) == (None, None, False)


def test_a_score_that_is_not_there_yet_is_asked_for_again_for_a_day(engine):
    engine.fails = DataUnavailable("The scores are not ready yet.")
    row = subscribe(make_partner())
    begin = row.created_at
    waits = []
    at = begin
    while row.welcome_at is not None:
        with clock.frozen(at):
            welcome_due()
        row.refresh_from_db()
        if row.welcome_at is not None:
            waits.append(row.welcome_at - at)
            at = row.welcome_at
    assert (min(waits), max(waits)) == (SOONEST, LATEST)
    assert GIVE_UP <= at - begin < GIVE_UP + LATEST
    assert len(engine.asked) < 50


def test_a_row_that_fails_keeps_nobody_waiting(engine):
    partner = make_partner()
    first, second = subscribe(partner), subscribe(partner, symbol="TCS")
    answer = engines.iscore_result

    def broken(symbol, **named):
        if symbol == "RELIANCE":
            raise ZeroDivisionError
        return answer(symbol, **named)

    engines.iscore_result = broken
    try:
        assert welcome_due() == 2
    finally:
        engines.iscore_result = answer
    first.refresh_from_db()
    assert first.welcome_at is not None
    assert Delivery.objects.get().subscription == second


def test_beside_a_child_at_work_nothing_is_begun_that_would_wait_for_another(engine, monkeypatch):
    subscribe(make_partner())
    monkeypatch.setattr(children, "report", lambda: {"running": {"work": "x"}, "last": {}})
    monkeypatch.setattr(welcome, "is_at_hand", lambda *, now: False)
    assert (welcome_due(), engine.asked) == (0, [])
    monkeypatch.setattr(welcome, "is_at_hand", lambda *, now: True)
    assert (welcome_due(), engine.asked) == (1, ["RELIANCE"])
