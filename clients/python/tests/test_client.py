"""The client against the platform itself, and against a server that fails in every way."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import tradeplatform_partner as tc  # noqa: E402
from tradeplatform_partner import calls  # noqa: E402

ADDRESS = "https://tc.example/api/partner/v1"
REFUSAL = {"success": False, "error": "No.", "code": "ENGINE_ERROR", "request_id": "r1"}


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Waits are written down instead of waited."""
    waited = []

    async def later(seconds):
        waited.append(seconds)

    monkeypatch.setattr("tradeplatform_partner.client.time.sleep", waited.append)
    monkeypatch.setattr("tradeplatform_partner.client.asyncio.sleep", later)
    return waited


class Server:
    """Answers with one row of ``script`` after another: status, body, headers, or an exception."""

    def __init__(self, *script):
        self.script, self.seen = list(script), []

    def __call__(self, request):
        self.seen.append(request)
        row = self.script.pop(0)
        if isinstance(row, Exception):
            raise row
        status, body, *rest = row
        return httpx.Response(status, json=body, headers=rest[0] if rest else {})


def client(server, **options):
    return tc.Partner("tc_test_x", root=ADDRESS, transport=httpx.MockTransport(server), **options)


def test_what_is_safe_is_tried_again_with_the_same_idempotency_key(waits):
    server = Server((500, REFUSAL), httpx.ConnectError("down"), (200, {"success": True}))
    assert client(server).subscribe("fno", "NIFTY", min_confidence=60) == {"success": True}
    assert len({request.headers["Idempotency-Key"] for request in server.seen}) == 1
    assert len(waits) == 2
    assert waits[0] < waits[1]
    assert json.loads(server.seen[0].content) == {"engine": "fno", "symbol": "NIFTY", "min_confidence": 60}
    assert server.seen[0].headers["Authorization"] == "Bearer tc_test_x"


def test_what_the_server_asks_to_wait_is_waited_if_it_is_bearable(waits):
    limited = {**REFUSAL, "code": "RATE_LIMITED"}
    server = Server((429, limited, {"Retry-After": "7"}), (200, {"success": True}))
    assert client(server).me()["success"]
    assert waits == [7.0]
    with pytest.raises(tc.RateLimited) as caught:
        client(Server((429, limited, {"Retry-After": "600"}))).me()
    assert (caught.value.retry_after_s, caught.value.request_id) == (600.0, "r1")


def test_attempts_end(waits):
    server = Server(*[(503, {**REFUSAL, "code": "DATA_UNAVAILABLE"})] * 4)
    with pytest.raises(tc.DataUnavailable):
        client(server).me()
    assert (len(server.seen), len(waits)) == (4, 3)


def test_a_rotation_is_never_repeated(waits):
    server = Server((500, REFUSAL))
    with pytest.raises(tc.ServerError):
        client(server).rotate_webhook_secret()
    assert waits == []


def ok(**options):
    server = Server((200, {"success": True}))
    return server, client(server, **options)


FAULTS = {
    "a key with a line end": (ValueError, "key: ", lambda: tc.Partner("tc_test_x\n", root=ADDRESS)),
    "a key outside ASCII": (ValueError, "key: ", lambda: tc.Partner("tc_test_…", root=ADDRESS)),
    "no key": (ValueError, "key: ", lambda: tc.AsyncPartner("", root=ADDRESS)),
    "a scenario with a line end": (ValueError, "scenario: ", lambda: tc.Partner("k", root=ADDRESS, scenario="a\nb")),
    "no scheme": (ValueError, "root: ", lambda: tc.Partner("k", root="tc.example/api/partner/v1")),
    "a line end in an idempotency key": (
        ValueError, "idempotency_key: ", lambda: ok()[1].subscribe("fno", "NIFTY", idempotency_key="a\nb"),
    ),
    "an empty idempotency key": (
        ValueError, "idempotency_key: ", lambda: ok()[1].subscribe("fno", "NIFTY", idempotency_key=""),
    ),
    "one text for symbols": (TypeError, "symbols: ", lambda: ok()[1].iscores("TCS")),
    "one text for channels": (TypeError, "channels: ", lambda: ok()[1].subscribe("fno", "NIFTY", channels="email")),
    "no number": (ValueError, "", lambda: ok()[1].analyze_portfolio([{"symbol": "TCS", "qty": float("nan")}])),
    "no decimal number": (ValueError, "", lambda: ok()[1].analyze_portfolio([{"qty": Decimal("NaN")}])),
    "a number without bounds": (ValueError, "", lambda: ok()[1].analyze_portfolio([{"qty": Decimal("1e999")}])),
    "an object": (TypeError, "object cannot be sent", lambda: ok()[1].analyze_portfolio([{"symbol": object()}])),
    "a time without a zone": (ValueError, "since: ", lambda: ok()[1].resend_failed(datetime(2026, 11, 1))),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_sent_is_told_at_once(fault, waits):
    kind, words, act = FAULTS[fault]
    with pytest.raises(kind) as caught:
        act()
    assert words in str(caught.value)
    assert waits == []


@pytest.mark.parametrize("kind", [httpx.LocalProtocolError, httpx.UnsupportedProtocol])
def test_a_fault_of_the_request_itself_is_not_tried_again(kind, waits):
    with pytest.raises(ValueError, match="cannot be sent"):
        client(Server(kind("Illegal header value"))).me()
    assert waits == []


def test_decimals_and_times_are_sent_without_loss():
    server, partner = ok()
    exact = Decimal("12345678901234567890.12345678")
    partner.analyze_portfolio([{"symbol": "M&M", "qty": Decimal("0.1"), "avg_price": exact}])
    (row,) = json.loads(server.seen[0].content)["holdings"]
    assert (row["qty"], row["avg_price"]) == (0.1, "12345678901234567890.12345678")
    server, partner = ok()
    partner.analyze_portfolio([{"qty": Decimal("1.23456789012345678E-3")}])
    assert json.loads(server.seen[0].content) == {"holdings": [{"qty": "0.00123456789012345678"}]}
    server, partner = ok()
    partner.analyze_behaviour([{"entry_time": datetime(2026, 11, 2, 9, 18, tzinfo=timezone(timedelta(hours=5.5)))}])
    assert json.loads(server.seen[0].content)["trades"][0]["entry_time"] == "2026-11-02T09:18:00+05:30"


def test_every_setting_has_its_operation():
    def sent(act):
        server, partner = ok()
        act(partner)
        request = server.seen[0]
        return request.method, request.url.path.removeprefix("/api/partner/v1"), json.loads(request.content)

    since = datetime(2026, 11, 1, tzinfo=UTC)
    assert sent(lambda partner: partner.resend_failed(since)) == (
        "POST", "/deliveries/resend-failed", {"since": "2026-11-01T00:00:00+00:00"},
    )  # fmt: skip
    assert sent(lambda partner: partner.resend(7)) == ("POST", "/deliveries/7/resend", {})
    assert sent(lambda partner: partner.set_retry_policy("extended")) == ("PATCH", "/me", {"retry_policy": "extended"})
    assert sent(lambda partner: partner.pause_webhook()) == ("PATCH", "/me", {"webhook_paused": True})
    assert sent(lambda partner: partner.resume_webhook()) == ("PATCH", "/me", {"webhook_paused": False})
    assert sent(lambda partner: partner.set_webhook("")) == ("PATCH", "/me", {"webhook_url": ""})
    assert sent(lambda partner: partner.subscribe("fno", "NIFTY", channels=("email",), is_active=False))[2] == {
        "engine": "fno", "symbol": "NIFTY", "channels": ["email"], "is_active": False,
    }  # fmt: skip
    assert sent(lambda partner: partner.change_subscription(3, channels=["webhook"])) == (
        "PATCH", "/subscriptions/3", {"channels": ["webhook"]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "INVALID_REQUEST", tc.BadRequest), (400, "INVALID_INDEX", tc.InvalidIndex),
        (400, "INVALID_SYMBOL", tc.InvalidSymbol), (401, "INVALID_API_KEY", tc.InvalidKey),
        (403, "FORBIDDEN", tc.Forbidden), (404, "NOT_FOUND", tc.NotFound),
        (409, "IDEMPOTENCY_CONFLICT", tc.Conflict), (418, "NEW_CODE", tc.BadRequest),
    ],
)  # fmt: skip
def test_each_code_has_its_exception(status, code, kind, waits):
    with pytest.raises(kind) as caught:
        client(Server((status, {**REFUSAL, "code": code}))).me()
    assert (caught.value.code, caught.value.status) == (code, status)
    assert waits == []


def test_an_answer_that_is_not_json():
    transport = httpx.MockTransport(lambda request: httpx.Response(502, text="<html>bad gateway"))
    with pytest.raises(tc.ServerError):
        tc.Partner("k", root=ADDRESS, transport=transport, attempts=1).me()


async def test_the_other_client_does_the_same(waits):
    server = Server((500, REFUSAL), (200, {"success": True}))
    async with tc.AsyncPartner("k", root=ADDRESS, transport=httpx.MockTransport(server), scenario="bullish") as partner:
        assert await partner.fno_live("NIFTY") == {"success": True}
    assert server.seen[1].url.params["index"] == "NIFTY"
    assert server.seen[1].headers["X-TC-Test-Scenario"] == "bullish"
    assert len(waits) == 1


def test_a_symbol_cannot_leave_its_place_in_the_path():
    assert calls.iscore("M&M/../x").path == "/iscore/M%26M%2F..%2Fx"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_against_the_platform(live_server):
    from core import clock
    from partners.services.partners import partner_create
    from tests.flows.pocket import make_universe

    make_universe("nifty_100")
    key = partner_create(name="Client", actor="test", now=clock.now(), environment="test").key.text
    root = f"{live_server.url}/api/partner/v1"
    with tc.Partner(key, root=root, scenario="bullish", timeout_s=90) as partner:
        assert partner.me()["partner"]["name"] == "Client"
        assert partner.fno_live("NIFTY")["analysis"]["trade_direction"] == "BULLISH"
        assert partner.iscore("RELIANCE")["result"]["iscore"] == 82
        assert partner.iscores(["RELIANCE", "NOBODY1"])["count"] == 2
        made = partner.subscribe("fno", "NIFTY", min_confidence=60)["subscription"]
        assert partner.change_subscription(made["id"], is_active=False)["subscription"]["is_active"] is False
        assert partner.subscriptions()["count"] == 1
        assert partner.unsubscribe(made["id"])["success"]
        assert partner.fno_history("NIFTY")["success"]
        assert partner.deliveries()["count"] == 0
        assert partner.resend_failed(clock.now() - timedelta(days=1))["count"] == 0
        assert partner.set_retry_policy("extended")["partner"]["retry_policy"] == "extended"
        assert partner.resume_webhook()["partner"]["webhook_paused_at"] is None
        holdings = [{"symbol": "TCS", "qty": 1, "avg_price": Decimal("12345678901234.12345678")}]
        assert partner.analyze_portfolio(holdings, what_if=[{"symbol": "TCS", "qty": 1}])["what_if"]
        assert partner.rotate_webhook_secret()["webhook_secret"].startswith("whsec_")
        assert len(partner.errors()["errors"]) >= 15
        with pytest.raises(tc.InvalidIndex):
            partner.fno_live("DAX")
        with pytest.raises(tc.NotFound):
            partner.unsubscribe(1)
        with pytest.raises(tc.BadRequest):
            partner.test_webhook()
    with tc.Partner("tc_test_nobody", root=root) as nobody, pytest.raises(tc.InvalidKey):
        nobody.me()


BODY = '{"summary":"₹ 1,00,000 और बढ़त"}'.encode()


def signed(secrets):
    from core import clock
    from partners.webhooks.signing import headers

    return headers(
        event="ping", event_id="evt_1", delivery_id=1, attempt=1, environment="live", body=BODY, secrets=secrets,
        at=clock.now(),
    )  # fmt: skip


def test_webhooks_are_verified():
    from partners.services.secrets import new_secret

    new, old = new_secret(), new_secret()
    sent = signed([new, old])
    assert tc.verify_webhook(BODY, sent, new)["summary"].startswith("₹")
    assert tc.verify_webhook(BODY, {name.upper(): value for name, value in sent.items()}, old)
    assert tc.verify_tc(BODY, sent["X-TC-Signature"], new)
    assert not tc.verify_tc(BODY, sent["X-TC-Signature"], old)
    assert not tc.verify_tc(BODY, None, new)
    assert not tc.verify_tc(BODY, "sha256=₹", new)
    assert not tc.verify_tc(BODY, "sha256=\udc80", new)
    faults = [
        (BODY + b" ", sent, new, time.time()),
        (BODY, sent, new_secret(), time.time()),
        (BODY, sent, "whsec_not base64", time.time()),
        (BODY, sent, new, time.time() + 301),
        (BODY, sent, new, time.time() - 301),
        (BODY, sent, "whsec_é", time.time()),
        *(
            (BODY, {**sent, "webhook-timestamp": text}, new, time.time())
            for text in ("soon", "", "9" * 400, "9" * 5000)
        ),
        (BODY, {**sent, "webhook-id": "\udc80"}, new, time.time()),
        (BODY, {**sent, "webhook-signature": "v1,\udc80"}, new, time.time()),
        (BODY, {name: value for name, value in sent.items() if name != "webhook-id"}, new, time.time()),
        (BODY, {**sent, "webhook-signature": "v1,₹"}, new, time.time()),
    ]
    for body, headers, secret, now_s in faults:
        with pytest.raises(tc.WebhookInvalid):
            tc.verify_webhook(body, headers, secret, now_s=now_s)


def test_a_signature_of_our_own_making_agrees():
    key = hmac.new(b"whsec_AAAA", BODY, hashlib.sha256).hexdigest()
    assert tc.verify_tc(BODY, f"sha256={key}", "whsec_AAAA")


@pytest.mark.slow
def test_the_wheel_builds_and_has_everything(tmp_path):
    command = [
        sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q", "-w",
        str(tmp_path / "out"), str(copied(tmp_path)),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(next((tmp_path / "out").glob("*.whl"))).namelist()
    modules = {path.name for path in (ROOT / "src" / "tradeplatform_partner").iterdir() if path.is_file()}
    assert {f"tradeplatform_partner/{name}" for name in modules} <= set(names)


def copied(tmp_path):
    """Return a copy of the package's source, so that building leaves nothing in the checkout."""
    import shutil

    return shutil.copytree(ROOT, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__", "tests"))
