"""What holds when many requests come at once, and what a limit lets through."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from core import clock
from core.ratelimit import MemoryLimiter
from core.tests.racing import race_fixture  # noqa: F401 - fixture
from partners.constants import Environment
from partners.models import Delivery, Endpoint, Partner, Subscription, Usage
from partners.services import usage as usage_service
from partners.services.keys import key_create
from partners.services.partners import partner_create
from partners.services.secrets import endpoint_of, secret_of
from partners.services.subscriptions import subscription_put
from partners.services.usage import request_counted
from partners.tests.test_sending import _loopback  # noqa: F401 - fixture
from partners.tests.test_surface import V1, _fresh, client, post  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)


def begin(_):
    made = partner_create(name="Acme", actor="test", now=clock.now(), webhook_url="http://127.0.0.1:1/")
    other = key_create(partner=made.partner, environment=Environment.LIVE, actor="test", now=clock.now())
    return made.partner, made.key.row, other.row


def test_a_receiver_that_many_use_first_has_one_secret(race):
    partner = race(begin, 1)[0][0]

    def use(_):
        endpoint = endpoint_of(partner, Environment.TEST)
        return endpoint.pk, secret_of(endpoint)

    found = set(race(use, 8))
    assert len(found) == 1

    def blank(_):
        Endpoint.objects.filter(partner=partner).update(secret_sealed="")

    race(blank, 1)
    again = set(race(use, 8))
    assert len(again) == 1
    assert {pk for pk, _ in again} == {pk for pk, _ in found}
    assert race(use, 1)[0] in again


def test_sixty_of_two_hundred_at_once_and_every_one_is_counted(race):
    _, key, other = race(begin, 1)[0]
    now = clock.now()
    found = race(lambda _: [request_counted(key=key, now=now) for _ in range(25)], 8)
    decisions = [decision for some in found for decision in some]
    assert Counter(decision.allowed for decision in decisions) == {True: 60, False: 140}
    assert sorted(decision.remaining for decision in decisions if decision.allowed) == list(range(60))
    assert {decision.headers()["X-RateLimit-Remaining"] for decision in decisions if not decision.allowed} == {"0"}
    assert all(1 <= int(d.headers()["Retry-After"]) <= 60 for d in decisions if not d.allowed)

    def end(_):
        return request_counted(key=other, now=now).remaining, list(Usage.objects.values_list("accepted", "limited"))

    remaining, rows = race(end, 1)[0]
    assert remaining == 59
    assert sorted(rows) == [(1, 0), (60, 140)]


def test_a_greedy_client_never_has_more_than_sixty_in_any_minute(race, monkeypatch):
    """Ten a second for three minutes: every window of sixty seconds is looked at."""
    _, key, _ = race(begin, 1)[0]
    limiter = MemoryLimiter()
    monkeypatch.setattr(usage_service, "shared_limiter", lambda: limiter)
    monkeypatch.setattr(usage_service, "_add", lambda *_, **__: None)
    start = clock.now()
    times = [start + timedelta(milliseconds=100 * turn) for turn in range(1800)]
    accepted = [at for at in times if request_counted(key=key, now=at).allowed]
    worst = max(sum(begin_ <= at < begin_ + timedelta(seconds=60) for at in accepted) for begin_ in accepted)
    assert (len(accepted), worst) == (180, 60)


def test_twenty_posts_with_one_key_have_one_effect(race):
    partner, *_ = race(begin, 1)[0]
    api = race(lambda _: client(partner), 1)[0]

    def work(_):
        return post(api, "/webhooks/test", {"event": "ping"}, HTTP_IDEMPOTENCY_KEY="once").status_code

    codes = Counter(race(work, 20))

    def end(_):
        again = post(api, "/webhooks/test", {"event": "ping"}, HTTP_IDEMPOTENCY_KEY="once")
        return (
            Delivery.objects.count(),
            again.status_code,
            again["Idempotency-Replayed"],
            again.json()["delivery"]["id"],
        )

    count, status, replayed, delivery = race(end, 1)[0]
    assert set(codes) <= {202, 409}
    assert codes[202] >= 1
    assert (count, status, replayed) == (1, 202, "true")
    assert delivery == race(lambda _: Delivery.objects.get().pk, 1)[0]


def test_a_failure_on_our_side_does_not_hold_the_key(race, monkeypatch):
    from partners.api import deliveries

    partner, *_ = race(begin, 1)[0]
    api = race(lambda _: client(partner), 1)[0]
    api.raise_request_exception = False

    def fails(**_):
        raise ZeroDivisionError

    whole = deliveries.test_event
    monkeypatch.setattr(deliveries, "test_event", fails)
    first = race(lambda _: post(api, "/webhooks/test", {}, HTTP_IDEMPOTENCY_KEY="again"), 1)[0]
    assert first.status_code == 500
    assert "ZeroDivision" not in json.dumps(first.json())
    monkeypatch.setattr(deliveries, "test_event", whole)
    second = race(lambda _: post(api, "/webhooks/test", {}, HTTP_IDEMPOTENCY_KEY="again").status_code, 1)[0]
    assert second == 202


def test_ten_who_subscribe_at_once_have_one_subscription(race):
    partner, *_ = race(begin, 1)[0]

    def work(worker):
        row = Partner.objects.get(pk=partner.pk)
        given = {"min_confidence": 50 + worker}
        return subscription_put(
            partner=row, environment=Environment.LIVE, engine="fno", symbol="NIFTY", given=given, actor="test",
            now=clock.now(),
        )[1]  # fmt: skip

    assert sorted(race(work, 10)) == [False] * 9 + [True]
    assert race(lambda _: Subscription.objects.count(), 1)[0] == 1
