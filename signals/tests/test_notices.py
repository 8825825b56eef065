"""The bell: what happened to signals, per person read or not."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import NotificationPreference, User
from core import clock
from core.models import Event
from signals import lifecycle
from signals.models import FnoSignal
from signals.services.fno.wire import signal_row
from signals.services.notices import _told, notices
from signals.tests.fno_market import Market, at, first_signal, only

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market() -> Iterator[Market]:
    with only() as found:
        yield found


def ask(client: Any, minute: float, *, read: bool = False) -> Any:
    with clock.frozen(at(minute)):
        post = {"path": "/api/notifications/read", "content_type": "application/json"}
        answer = client.post(**post) if read else client.get("/api/notifications")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_triggers_are_told_until_they_are_read(market: Market, signed_in: Any, other_user: User) -> None:
    assert ask(signed_in, 1) == {"is_on": True, "unread": 0, "items": []}
    signal, minute = first_signal()
    found = ask(signed_in, minute + 1)
    assert found["unread"] == 1
    [told] = found["items"]
    assert told["title"] == f"NIFTY: {signal.trade_direction.lower()} signal"
    assert f"confidence {signal.confidence}" in told["text"]
    dear = Event(kind="fno.triggered", payload=signal_row(signal) | {"entry_price": 1142.45}, created_at=at(1))
    assert _told(dear)["text"].endswith("entry 1,142.45")
    assert told["url"].endswith(signal.trade_code)
    read = ask(signed_in, minute + 1, read=True)
    assert (read["unread"], read["items"][0]["is_read"]) == (0, True)
    assert ask(signed_in, minute + 2)["unread"] == 0
    with clock.frozen(at(minute + 2)):
        assert notices(other_user, now=at(minute + 2))["unread"] == 1  # each person has his own mark


def test_an_end_is_news_of_its_own(market: Market, signed_in: Any) -> None:
    signal, minute = first_signal()
    ask(signed_in, minute + 1, read=True)
    first = Event.objects.get(kind="fno.triggered")
    told = first.payload | {"status": "CLOSED", "outcome": "SL", "r_multiple": -1.0}
    lifecycle.close(signal, outcome="SL", at=at(minute + 2), changed_at=at(minute + 2))
    Event.objects.create(kind="fno.closed", payload=told, created_at=at(minute + 2))
    found = ask(signed_in, minute + 3)
    assert found["unread"] == 1
    assert [one["is_read"] for one in found["items"]] == [False, True]
    assert (found["items"][0]["title"], found["items"][0]["text"]) == ("NIFTY: stopped out", "−1.00 R before charges")
    assert FnoSignal.objects.get().status == "CLOSED"
    assert ask(signed_in, minute + 8 * 24 * 60)["items"] == []  # a week is kept


def test_only_what_was_shown_is_read(market: Market, signed_in: Any) -> None:
    _, minute = first_signal()
    shown = Event.objects.get(kind="fno.triggered")
    later = Event.objects.create(kind="fno.triggered", payload=shown.payload, created_at=at(minute))

    def read(body: Any) -> Any:
        with clock.frozen(at(minute + 2)):
            return signed_in.post("/api/notifications/read", body, content_type="application/json")

    assert [one["is_read"] for one in read({"up_to": shown.pk}).json()["items"]] == [False, True]
    assert read({"up_to": later.pk + 5}).json()["unread"] == 0  # ids that are not there yet are not read beforehand
    Event.objects.create(kind="fno.triggered", payload=shown.payload, created_at=at(minute + 1))
    assert read({"up_to": 0}).json()["unread"] == 1  # what was read stays read
    for body in ({"up_to": -1}, {"up_to": "x"}, {"upto": 1}, {"up_to": 10**30}):
        answer = read(body)
        assert answer.status_code == 422, answer.content
        assert answer.json()["detail"]


def test_who_wants_none_gets_none(market: Market, signed_in: Any, user: User) -> None:
    _, minute = first_signal()
    NotificationPreference.objects.create(user=user, kind="signals", channel="web", is_on=False)
    assert ask(signed_in, minute + 1) == {"is_on": False, "unread": 0, "items": []}


def test_strangers_are_refused(client: Any) -> None:
    assert client.get("/api/notifications").status_code == 401
    assert client.post("/api/notifications/read").status_code == 401
