"""What the console's pages link to and show."""

import html
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from core import clock
from partners.constants import Environment
from partners.models import Delivery, Member
from partners.services.partners import partner_create
from partners.tests.test_console import call, failed_attempt, member, partner  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def test_what_failed_is_sent_again_since_any_instant_of_the_page(member, partner):  # noqa: F811 - fixtures
    """As a browser gives it: UTC with milliseconds."""
    failed_attempt(partner)
    assert call(member, "post", "/deliveries/resend-failed", {"since": "0001-01-01T00:00:00.000Z"}, 202) == {"count": 1}
    later = {"since": (clock.now() + timedelta(days=1)).isoformat(timespec="milliseconds")}
    assert call(member, "post", "/deliveries/resend-failed", later, 202) == {"count": 0}


def test_every_link_of_the_deliveries_keeps_the_partner(member, partner, user, monkeypatch):  # noqa: F811 - fixtures
    other = partner_create(name="Zenith", actor="test", now=clock.now()).partner
    Member.objects.create(partner=other, user=user, created_at=clock.now())
    for _ in range(3):
        failed_attempt(other, Environment.TEST)
    monkeypatch.setattr("partners.pages.console.PAGE_ROWS", 1)
    asked = {"partner": other.pk, "environment": "test", "page": 2, "status": "failed"}
    found = member.get("/partner/deliveries/", asked)
    for way, page in (("newer", 1), ("older", 3)):
        link = found.context[way]
        assert dict(parse_qsl(urlsplit(link).query)) == {name: str(value) for name, value in asked.items()} | {
            "page": str(page)
        }
        assert "<h1>Zenith</h1>" in member.get(link).content.decode()
    none = member.get("/partner/deliveries/", asked | {"status": "delivered", "page": 1}).content.decode()
    assert f'href="/partner/deliveries/?environment=test&amp;partner={other.pk}">Show all' in none


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "0", "0" * 4999 + "1"])
def test_a_number_of_no_partner_is_not_found(member, number):  # noqa: F811 - fixtures
    assert member.get("/partner/", {"partner": number}).status_code == 404


def test_a_body_is_shown_byte_for_byte(member, partner):  # noqa: F811 - fixtures
    attempt = failed_attempt(partner)
    body = '{"event":"ping",  "note":"₹ <b>"}'
    Delivery.objects.filter(pk=attempt.delivery_id).update(body=body.encode())
    for path in ("/partner/", "/partner/deliveries/"):
        page = member.get(path).content.decode()
        assert f">{html.escape(body)}</pre>" in page
        assert f"Body, {len(body.encode())} bytes" in page
        assert "Sent to" in page
