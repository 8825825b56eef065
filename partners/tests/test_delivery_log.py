"""The delivery log and sending again: a delivery has one id, whoever names it."""

import json
from itertools import count

import pytest

from core import clock
from core.tests.servers import answer, serving
from partners.constants import Environment
from partners.models import Attempt, Endpoint
from partners.services.dispatch import deliver_due
from partners.services.partners import partner_create
from partners.services.testing import test_event
from partners.tests.test_sending import _loopback  # noqa: F401 - fixture
from partners.tests.test_surface import V1, _fresh, client  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner():
    made = partner_create(name="Logged", actor="test", now=clock.now()).partner
    others = partner_create(name="Other", actor="test", now=clock.now()).partner
    row = test_event(partner=others, environment=Environment.LIVE, event="ping", actor="test", now=clock.now())
    for number in count(1):  # until no attempt can have the number of a delivery
        attempt = Attempt.objects.create(delivery=row, number=number, status="failed", created_at=clock.now())
        if attempt.pk > row.pk + 50:
            break
    row.delete()
    return made


def told(request):
    """Return the event that a receiver was sent and the id of the delivery in the header."""
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    return json.loads(body)["event_id"], int(headers["x-tc-delivery"])


def test_every_id_that_is_told_resends_its_own_event(partner):
    api = client(partner)
    with serving(answer(200)) as receiver:
        Endpoint.objects.filter(partner=partner).update(url=receiver.url())
        tests = [api.post(f"{V1}/webhooks/test", {"event": "ping"}, format="json").json()["delivery"] for _ in range(3)]
        deliver_due()
        events = {row["id"]: row["event_id"] for row in tests}
        named = [told(request) for request in receiver.requests]
        rows = api.get(f"{V1}/deliveries").json()["deliveries"]
        assert {number: event for event, number in named} == events
        assert {row["id"]: row["event_id"] for row in rows} == events
        for number, event in events.items():
            del receiver.requests[:]
            again = api.post(f"{V1}/deliveries/{number}/resend").json()["delivery"]
            deliver_due()
            assert (again["id"], again["event_id"]) == (number, event)
            assert [told(request) for request in receiver.requests] == [(event, number)]
    log = [(row["id"], row["attempt"], row["is_resend"]) for row in api.get(f"{V1}/deliveries").json()["deliveries"]]
    assert log[:3] == [(number, 2, True) for number in reversed(events)]
    assert set(log[3:]) == {(number, 1, False) for number in events}
    attempts = set(Attempt.objects.values_list("id", flat=True))
    assert not attempts & set(events), "the ids are to differ here, or nothing is shown"
    assert api.post(f"{V1}/deliveries/{min(attempts)}/resend").status_code == 404
