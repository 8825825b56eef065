"""Every example of the published partner documentation, one by one over HTTP, with a key in the place of its own.

Numbers that the print has wrong are the right ones here: they follow from the printed inputs.
"""

import json
import urllib.error
import urllib.request

import pytest
from django.core.management import call_command

from core import clock
from core.tests.servers import answer, serving
from partners.constants import Environment
from partners.models import Endpoint
from partners.services.dispatch import deliver_due
from partners.services.keys import key_create
from partners.services.partners import partner_create
from partners.tests.receivers import Received
from partners.tests.test_sending import _loopback  # noqa: F401 - fixture
from partners.tests.test_surface import PRINTED, _fresh, trades  # noqa: F401 - fixture

pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """Calls as the examples do: a bearer token and JSON."""

    def __init__(self, root, made):
        self.root, self.made = root, made
        self.key = key_create(partner=made.partner, environment=Environment.TEST, actor="test", now=clock.now()).text

    def __call__(self, path, body=None, headers=None, key=None):
        sent = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json", **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.root}/api/partner/v1{path}", data=data, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, json.loads(response.read())
        except urllib.error.HTTPError as exc:
            return exc.code, json.loads(exc.read())


@pytest.fixture
def call(live_server):
    call_command("seed_market", verbosity=0)
    return Reader(live_server.url, partner_create(name="Reader", actor="test", now=clock.now()))


def test_the_printed_examples(call):
    status, body = call("/me")
    assert (status, body["success"], body["partner"]["has_webhook_secret"]) == (200, True, True)

    status, body = call("/me", key="tc_live_YOUR_API_KEY")
    assert status == 401
    assert {name: body[name] for name in ("success", "error", "code")} == {
        "success": False, "error": "Invalid or revoked API key", "code": "INVALID_API_KEY",
    }  # fmt: skip

    status, body = call("/fno/signals/live?index=NIFTY", headers={"X-TC-Test-Scenario": "bullish"})
    analysis = body["analysis"]
    assert (status, body["success"], body["index"], analysis["trade_direction"]) == (200, True, "NIFTY", "BULLISH")
    assert analysis["confidence_grade"] == "Strong"
    assert [(trade["type"], trade["risk"]) for trade in analysis["trades"]] == [
        ("ATM", "MEDIUM"), ("OTM", "HIGH"), ("ITM", "LOW"),
    ]  # fmt: skip
    assert set(analysis["layers"]) == {"direction", "strength", "filters"}

    status, body = call("/fno/signals/history?index=NIFTY")
    assert (status, body["days"], body["count"]) == (200, 7, len(body["signals"]))

    status, body = call("/iscore/RELIANCE")
    parts = body["result"]["components"]
    assert (status, body["symbol"]) == (200, "RELIANCE")
    assert {name: part["weight"] for name, part in parts.items()} == {
        "qualitative": 15, "quantitative": 35, "trend": 20, "risk": 15, "search": 10, "market_context": 5,
    }  # fmt: skip
    assert {"iscore", "confidence", "recommendation", "summary", "score_factors"} <= set(body["result"])

    status, body = call("/iscore/batch", {"symbols": ["RELIANCE", "TCS", "HDFCBANK", "INFY"]})
    assert (status, body["count"]) == (200, 4)
    assert [row["symbol"] for row in body["results"]] == ["RELIANCE", "TCS", "HDFCBANK", "INFY"]

    wanted = {"engine": "fno", "symbol": "NIFTY", "min_confidence": 75}
    assert [call("/subscriptions", wanted)[0] for _ in range(2)] == [201, 200]


def test_the_printed_analyses(call):
    status, body = call("/portfolio/analyze", PRINTED)
    summary = body["summary"]
    assert status == 200
    assert summary == summary | {
        "currency": "INR", "holdings_count": 3, "sector_count": 3, "total_invested": 201000.0,
        "total_current_value": 233900.0, "total_pnl": 32900.0, "total_pnl_pct": 16.37, "risk_score": 77.9,
        "risk_grade": "Aggressive", "concentration_hhi": 4928.4, "top_holding_pct": 61.78,
        "top_holding_symbol": "RELIANCE", "warnings_count": 5,
    }  # fmt: skip
    assert {row["name"]: row["weight_pct"] for row in body["details"]["sector_allocation"]}["Energy"] == 61.78

    printed = [{name: value for name, value in row.items() if name != "strategy"} for row in trades()[:2]]
    status, body = call("/behaviour/analyze", {"lookback": "Last 30 days", "trades": printed})
    assert (status, body["summary"]["total_trades"], body["summary"]["total_pnl"]) == (200, 2, -1650.0)

    status, body = call("/behaviour/analyze", {"lookback": "Last 30 days", "trades": trades()})
    assert body["summary"] == body["summary"] | {
        "discipline_score": 62, "discipline_grade": "Fair", "total_trades": 6, "win_rate_pct": 33.33,
        "profit_factor": 0.76, "total_pnl": -650.0, "patterns_detected": 3, "top_concern": "revenge_trading",
    }  # fmt: skip
    found = {row["pattern"]: row for row in body["details"]["patterns"]}
    assert found["revenge_trading"]["metric"]["count"] == 2
    assert body["details"]["stats"]["avg_loss"] == -687.5


def test_the_printed_check_and_the_published_library_accept_every_event(call):
    """`verify()` as printed and `standardwebhooks`, on what a receiver got over a socket."""
    with serving(answer(200)) as receiver:
        Endpoint.objects.filter(environment="live").update(url=receiver.url("/webhooks/tc"))
        live = key_create(partner=call.made.partner, environment=Environment.LIVE, actor="test", now=clock.now()).text
        for event in ("ping", "fno.signal", "iscore.update"):
            assert call("/webhooks/test", {"event": event}, key=live)[0] == 202
        deliver_due()
        got = [received(raw) for raw in receiver.requests]
    bodies = {one.headers["x-tc-event"]: json.loads(one.body) for one in got}
    assert set(bodies) == {"ping", "fno.signal", "iscore.update"}
    assert all(one.is_genuine([call.made.webhook_secret]) for one in got)
    assert list(bodies["fno.signal"])[:17] == [
        "engine", "event", "index", "symbol", "score", "confidence", "tier", "trade_direction", "entry_mode",
        "atm_strike", "entry_price", "sl", "target", "trade_code", "data_source", "subscription_id", "timestamp",
    ]  # fmt: skip
    assert bodies["fno.signal"]["event"] == "TRADE_TRIGGER"
    assert list(bodies["iscore.update"])[:9] == [
        "engine", "symbol", "score", "confidence", "tier", "recommendation", "summary", "components", "subscription_id",
    ]  # fmt: skip
    status, log = call("/deliveries?limit=3", key=live)
    assert (status, log["count"], {row["http_status"] for row in log["deliveries"]}) == (200, 3, {200})
    assert {json.dumps(row["payload"], sort_keys=True) for row in log["deliveries"]} == {
        json.dumps(body, sort_keys=True) for body in bodies.values()
    }


def received(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return Received({name.lower(): value for name, value in lines}, body, 0.0)
