"""What the console says of what was entered: what is wrong and what to do, in words of its own."""

import pytest

from partners.tests.test_console import API, member, partner  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db

SUBSCRIBE, KEYS, HOOK, SINCE = "/subscriptions", "/keys", "/webhook", "/deliveries/resend-failed"
FNO = {"engine": "fno", "symbol": "NIFTY"}

CASES = [
    (SUBSCRIBE, FNO | {"channels": []}, "channels", "Nothing is chosen. Tick at least one way to be told; otherwise"),
    (SUBSCRIBE, FNO | {"min_confidence": None}, "min_confidence", "Nothing is entered here. Enter a whole number from"),
    (SUBSCRIBE, FNO | {"min_confidence": 75.5}, "min_confidence", "That is no whole number. Enter a whole number from"),
    (SUBSCRIBE, FNO | {"min_confidence": "75"}, "min_confidence", "That is no whole number."),
    (SUBSCRIBE, FNO | {"min_confidence": 101}, "min_confidence", "That is out of range. Enter a whole number from 0"),
    (SUBSCRIBE, FNO | {"symbol": ""}, "symbol", "Nothing is entered here. Type a few letters of the name and choose"),
    (SUBSCRIBE, FNO | {"symbol": "N" * 41}, "symbol", "That is too long. Type a few letters"),
    (SUBSCRIBE, {"symbol": "NIFTY"}, "engine", "Nothing is chosen. Choose one of fno, iscore."),
    (SINCE, {"since": None}, "since", "Nothing is entered here. Choose a date and a time"),
    (SINCE, {"since": ""}, "since", "That is no date with its time. Choose a date and a time"),
    (SINCE, {"since": "0001-01-01T00:00:00+05:30"}, "since", "That is no date with its time."),
    (KEYS, {"overlap_hours": "24"}, "overlap_hours", "That is no number. Enter a number from 0 to 720."),
    (KEYS, {"overlap_hours": True}, "overlap_hours", "That is no number."),
    (KEYS, {"overlap_hours": 721}, "overlap_hours", "That is out of range. Enter a number from 0 to 720."),
    (KEYS, {"label": 5}, "label", "That is no text. Enter up to 60 characters."),
    (KEYS, {"label": "a" * 61}, "label", "That is too long. Enter up to 60 characters."),
    (HOOK, {"webhook_url": 5}, "webhook_url", "That is no text."),
    (HOOK, {"webhook_url": None}, "webhook_url", "Nothing is entered here."),
    (HOOK, {"retry_policy": "never"}, "retry_policy", "'never' is none of standard, extended."),
    (HOOK + "/test", {"event": ["ping"]}, "event", "It must be one of ping,"),
    (KEYS, {"lable": "web"}, "lable", "This field is not known."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "field", "words"), CASES)
def test_a_refusal_says_what_is_wrong_and_what_to_do(member, path, body, field, words):  # noqa: F811
    method = member.patch if path == HOOK else member.post
    answer = method(API + path, body, content_type="application/json")
    assert answer.status_code == 422, answer.content
    [fault] = answer.json()["errors"]
    assert fault["loc"] == [field]
    assert fault["msg"].startswith(words)


def test_rows_of_a_list_keep_their_places(member):  # noqa: F811
    body = FNO | {"channels": ["webhook", "sms"]}
    answer = member.post(API + SUBSCRIBE, body, content_type="application/json")
    assert answer.json()["errors"][0]["loc"] == ["channels", 1]


@pytest.mark.parametrize("body", [[], 5, "x"])
def test_what_is_no_object_is_said(member, body):  # noqa: F811
    answer = member.post(API + KEYS, body, content_type="application/json")
    assert answer.status_code in (400, 422), answer.content
