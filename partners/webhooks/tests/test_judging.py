from datetime import UTC, datetime, timedelta

import pytest

from partners.constants import RETRY_WAITS, RetryPolicy
from partners.lifecycle import Happening
from partners.webhooks.judging import asked_wait, judge, words_of

NOW = datetime(2026, 5, 4, 5, 0, tzinfo=UTC)


def verdict(status, made=0, policy=RetryPolicy.STANDARD, **more):
    fields = {"may_be_called": True, "jitter": 0.0, "is_resend": False} | more
    return judge(http_status=status, made=made, policy=policy, **fields)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status):
    assert verdict(status).happening is Happening.ACCEPTED


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 408, 410, 429, 451])
def test_redirects_and_4xx_are_final(status):
    assert verdict(status).happening is Happening.REFUSED


@pytest.mark.parametrize("status", [500, 502, 503, 599, None])
def test_a_5xx_or_no_answer_is_tried_once_more(status):
    first = verdict(status)
    assert (first.happening, first.wait) == (Happening.PUT_OFF, timedelta(seconds=30))
    assert verdict(status, made=1).happening is Happening.GIVEN_UP


@pytest.mark.parametrize(("jitter", "seconds"), [(-1.0, 24), (0.0, 30), (1.0, 36)])
def test_the_wait_varies_by_a_fifth(jitter, seconds):
    assert verdict(500, jitter=jitter).wait == timedelta(seconds=seconds)


def test_the_extended_policy_goes_on_for_a_day_and_a_half():
    waits = [verdict(None, made=at, policy=RetryPolicy.EXTENDED).wait for at in range(7)]
    assert tuple(waits) == RETRY_WAITS[RetryPolicy.EXTENDED]
    assert verdict(None, made=7, policy=RetryPolicy.EXTENDED).happening is Happening.GIVEN_UP


@pytest.mark.parametrize(("asked", "seconds"), [(5, 30), (90, 90), (600, 120)])
def test_a_receiver_may_ask_for_two_minutes(asked, seconds):
    assert verdict(503, retry_after=timedelta(seconds=asked)).wait == timedelta(seconds=seconds)


def test_an_attempt_asked_for_is_not_repeated():
    assert verdict(500, is_resend=True).happening is Happening.GIVEN_UP


def test_a_forbidden_address_is_final():
    assert verdict(None, may_be_called=False).happening is Happening.FORBIDDEN


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("Mon, 04 May 2026 05:00:40 GMT", timedelta(seconds=40)),
        ("Mon, 04 May 2026 04:00:00 GMT", timedelta()),
        ("soon", None),
        ("-3", None),
        (None, None),
        ("9" * 40, timedelta(seconds=10**6)),
    ],
)
def test_what_a_receiver_asks_for(header, wait):
    assert asked_wait(header, now=NOW) == wait


def test_statuses_are_said_in_words():
    assert words_of(404) == "The receiver answered 404 (Not Found)."
    assert "not followed" in words_of(302)
    assert words_of(599) == "The receiver answered 599 (a status without a name)."
