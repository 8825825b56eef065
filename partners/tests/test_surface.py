"""The partner surface over HTTP, as its documentation prints it."""

import ipaddress
import json

import pytest
from rest_framework.test import APIClient

from core import clock
from core.ratelimit import shared_limiter
from partners.constants import Environment
from partners.models import Delivery, Endpoint, Partner, Subscription
from partners.services.keys import key_create
from partners.services.partners import partner_create

pytestmark = pytest.mark.django_db

V1 = "/api/partner/v1"


def holding(symbol, qty, avg_price, current_price, sector, asset_class="Equities"):
    return {
        "symbol": symbol, "qty": qty, "avg_price": avg_price, "current_price": current_price, "sector": sector,
        "asset_class": asset_class,
    }  # fmt: skip


PRINTED = {
    "currency": "INR",
    "holdings": [
        holding("RELIANCE", 50, 2400, 2890, "Energy"),
        holding("TCS", 20, 3500, 3850, "IT"),
        holding("GOLDBEES", 200, 55, 62, "ETF", "Gold"),
    ],
}
TRADES = [
    ("NIFTY", 75, 120, "09:18", "09:25", -450),
    ("NIFTY", 150, 110, "09:35", "09:50", -1200),
    ("NIFTY", 150, 105, "09:55", "10:05", -600),
    ("NIFTY", 75, 100, "10:30", "10:50", 900),
    ("BANKNIFTY", 35, 300, "11:15", "11:40", -500),
    ("NIFTY", 75, 90, "15:26", "15:29", 1200),
]


def trades():
    return [
        {
            "symbol": symbol, "side": "BUY", "qty": qty, "price": price, "entry_time": f"2026-04-12T{entry}:00",
            "exit_time": f"2026-04-12T{leave}:00", "pnl": pnl, "segment": "FNO", "strategy": "scalp",
        }
        for symbol, qty, price, entry, leave, pnl in TRADES
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh(settings):
    shared_limiter.cache_clear()
    settings.WEBHOOK_ALLOW_NETS = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
def partner():
    return partner_create(name="Acme", actor="test", now=clock.now(), contact_email="desk@example.com").partner


def client(partner, environment=Environment.LIVE):
    key = key_create(partner=partner, environment=environment, actor="test", now=clock.now())
    found = APIClient()
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {key.text}")
    found.key = key
    return found


@pytest.fixture
def api(partner):
    return client(partner)


def post(api, path, body, **headers):
    return api.post(f"{V1}{path}", body, format="json", **headers)


def test_me(api):
    answer = api.get(f"{V1}/me")
    body = answer.json()
    assert answer.status_code == 200
    partner = body["partner"]
    assert (partner["name"], partner["plan"], partner["rate_limit_per_minute"]) == ("Acme", "default", 60)
    assert (partner["webhook_url"], partner["has_webhook_secret"], partner["environment"]) == (None, True, "live")
    assert set(partner["key"]) >= {"prefix", "created_at", "last_used_at", "expires_at"}
    assert partner["usage"] == {"today": 1, "this_minute": 1}
    assert answer["X-RateLimit-Limit"] == "60"
    assert answer["X-RateLimit-Remaining"] == "59"


@pytest.mark.parametrize(
    ("header", "code"), [(None, "NO_API_KEY"), ("Bearer tc_live_x", "INVALID_API_KEY"), ("Basic x", "NO_API_KEY")]
)
def test_no_or_a_wrong_key(header, code):
    found = APIClient()
    if header:
        found.credentials(HTTP_AUTHORIZATION=header)
    answer = found.get(f"{V1}/me")
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert answer.json()["success"] is False
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_printed_portfolio(api):
    body = post(api, "/portfolio/analyze", PRINTED).json()
    summary = body["summary"]
    assert body["success"] is True
    assert (summary["total_invested"], summary["total_current_value"], summary["total_pnl"]) == (201000, 233900, 32900)
    assert (summary["total_pnl_pct"], summary["risk_score"], summary["risk_grade"]) == (16.37, 77.9, "Aggressive")
    assert (summary["concentration_hhi"], summary["top_holding_pct"], summary["warnings_count"]) == (4928.4, 61.78, 5)
    assert summary["top_holding_symbol"] == "RELIANCE"
    assert body["details"]["asset_allocation"][0]["weight_pct"] == 94.7
    assert body["details"]["risk_heatmap"][0] == {
        "symbol": "RELIANCE", "weight_pct": 61.8, "risk_score": 8, "asset_class": "Equities",
    }  # fmt: skip
    assert "what_if" not in body


def test_what_a_change_would_do(api):
    change = {**PRINTED, "what_if": [{"symbol": "reliance", "qty": -30}]}
    body = post(api, "/portfolio/analyze", change).json()
    assert body["what_if"]["risk_score"]["change"] < 0
    too_much = {**PRINTED, "what_if": [{"symbol": "TCS", "qty": 1}, {"symbol": "RELIANCE", "qty": -51}]}
    answer = post(api, "/portfolio/analyze", too_much)
    assert answer.status_code == 400
    assert "what_if[1].qty" in answer.json()["error"]


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"qty": 0}, "holdings[2].qty"),
        ({"qty": True}, "holdings[2].qty"),
        ({"avg_price": -1}, "holdings[2].avg_price"),
        ({"asset_class": "Stamps"}, "holdings[2].asset_class"),
        ({"symbol": "NO SUCH;"}, "holdings[2].symbol"),
        ({"typo": 1}, "holdings[2].typo"),
        ({"avg_price": 0, "current_price": None}, "holdings[2].avg_price"),
    ],
)
def test_a_bad_holding_is_named(api, row, where):
    rows = [*PRINTED["holdings"][:2], {**PRINTED["holdings"][2], **row}]
    answer = post(api, "/portfolio/analyze", {"holdings": rows})
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID_REQUEST"
    assert where in answer.json()["error"]


def test_fifty_one_holdings_are_too_many(api):
    answer = post(api, "/portfolio/analyze", {"holdings": PRINTED["holdings"] * 17})
    assert answer.status_code == 400
    assert post(api, "/portfolio/analyze", {"holdings": []}).status_code == 400


def test_the_printed_trades(api):
    body = post(api, "/behaviour/analyze", {"lookback": "Last 30 days", "trades": trades()}).json()
    assert body["summary"] == body["summary"] | {
        "lookback": "Last 30 days", "discipline_score": 62, "discipline_grade": "Fair", "total_trades": 6,
        "closed_trades": 6, "win_rate_pct": 33.33, "profit_factor": 0.76, "total_pnl": -650, "patterns_detected": 3,
        "top_concern": "revenge_trading",
    }  # fmt: skip
    details = body["details"]
    assert details["stats"]["hourly_distribution"] == {"9": 3, "10": 1, "11": 1, "15": 1}
    assert details["stats"]["top_5_symbols"] == [["NIFTY", 5], ["BANKNIFTY", 1]]
    assert details["stats"]["strategy_breakdown"] == {"scalp": 6}
    assert details["trades"][1] == {
        "index": 1, "symbol": "NIFTY", "strategy": "scalp", "patterns": ["revenge_trading", "tilt"],
    }  # fmt: skip
    assert details["what_if"]["difference"] == 1800


def test_a_bad_trade_is_named(api):
    rows = trades()
    rows[3]["exit_time"] = "2026-04-12T09:00:00"
    answer = post(api, "/behaviour/analyze", {"trades": rows})
    assert answer.status_code == 400
    assert "trades[3].exit_time" in answer.json()["error"]


def test_subscriptions_are_made_changed_and_deleted(api):
    made = post(api, "/subscriptions", {"engine": "fno", "symbol": "nifty"})
    assert made.status_code == 201
    row = made.json()["subscription"]
    assert (row["symbol"], row["min_confidence"], row["delta_threshold"], row["channels"]) == (
        "NIFTY",
        75,
        None,
        ["webhook"],
    )
    assert "webhook_url" in made.json()["warning"]
    again = post(api, "/subscriptions", {"engine": "fno", "symbol": "NIFTY", "is_active": False})
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["subscription"]["min_confidence"] == 75
    path = f"{V1}/subscriptions/{row['id']}"
    changed = api.patch(path, {"min_confidence": 60}, format="json")
    assert changed.json()["subscription"]["min_confidence"] == 60
    assert api.get(f"{V1}/subscriptions").json()["count"] == 1
    assert api.delete(path).json() == {"success": True}
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"engine": "fno", "symbol": "RELIANCE"}, "INVALID_INDEX"),
        ({"engine": "iscore", "symbol": "NOSUCHSHARE"}, "INVALID_SYMBOL"),
        ({"engine": "fno", "symbol": "NIFTY", "min_confidence": 101}, "INVALID_REQUEST"),
        ({"engine": "fno", "symbol": "NIFTY", "delta_threshold": 5}, "INVALID_REQUEST"),
        ({"engine": "fno", "symbol": "NIFTY", "channels": []}, "INVALID_REQUEST"),
        ({"engine": "tea", "symbol": "NIFTY"}, "INVALID_REQUEST"),
        ({"engine": "fno"}, "INVALID_REQUEST"),
    ],
)
def test_a_bad_subscription_is_refused(api, body, code):
    answer = post(api, "/subscriptions", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_test_and_live_never_meet(partner, api):
    post(api, "/subscriptions", {"engine": "fno", "symbol": "NIFTY"})
    test = client(partner, Environment.TEST)
    assert test.get(f"{V1}/subscriptions").json()["count"] == 0
    row = Subscription.objects.get()
    assert test.get(f"{V1}/subscriptions/{row.pk}").status_code == 404
    test.patch(f"{V1}/me", {"webhook_url": "https://test.example.com/"}, format="json")
    assert api.get(f"{V1}/me").json()["partner"]["webhook_url"] is None


def test_strangers_see_nothing(api):
    post(api, "/subscriptions", {"engine": "fno", "symbol": "NIFTY"})
    other = client(partner_create(name="Other", actor="test", now=clock.now()).partner)
    row = Subscription.objects.get()
    path = f"{V1}/subscriptions/{row.pk}"
    assert other.get(path).status_code == 404
    assert other.patch(path, {"min_confidence": 1}, format="json").status_code == 404
    assert other.delete(path).status_code == 404


def test_an_idempotency_key_replays_the_first_answer(api):
    body = {"engine": "fno", "symbol": "NIFTY"}
    first = post(api, "/subscriptions", body, HTTP_IDEMPOTENCY_KEY="k1")
    again = post(api, "/subscriptions", body, HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    other = post(api, "/subscriptions", {**body, "min_confidence": 1}, HTTP_IDEMPOTENCY_KEY="k1")
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


def test_a_refusal_is_replayed_too(api):
    body = {"engine": "fno", "symbol": "X"}
    answers = [post(api, "/subscriptions", body, HTTP_IDEMPOTENCY_KEY="k2") for _ in range(2)]
    assert [a.status_code for a in answers] == [400, 400]
    assert answers[1]["Idempotency-Replayed"] == "true"


def test_the_limit_of_the_plan(partner, api):
    Partner.objects.filter(pk=partner.pk).update(plan="default")
    answers = [api.get(f"{V1}/me") for _ in range(61)]
    assert [a.status_code for a in answers[:60]] == [200] * 60
    assert answers[60].status_code == 429
    assert answers[60].json()["code"] == "RATE_LIMITED"
    assert 1 <= int(answers[60]["Retry-After"]) <= 60
    assert answers[60]["X-RateLimit-Remaining"] == "0"
    assert client(partner).get(f"{V1}/me").status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "https://127.0.0.1/", "https://10.0.0.1/", "https://2130706433/", "https://0x7f000001/",
        "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest", "https://user:pw@example.com/",
        "ftp://example.com/", "example.com", "https://", "https://exa mple.com/", "https://localhost/", "https://0/",
    ],
)  # fmt: skip
def test_addresses_webhooks_must_not_go_to(api, url, settings):
    settings.WEBHOOK_ALLOW_NETS = ()
    answer = api.patch(f"{V1}/me", {"webhook_url": url}, format="json")
    assert answer.status_code == 400, url
    assert "webhook_url" in answer.json()["error"]
    assert not Endpoint.objects.exclude(url="").exists()


def test_a_new_secret_is_told_once(api):
    body = api.patch(f"{V1}/me", {"rotate_webhook_secret": True}, format="json").json()
    assert body["webhook_secret"].startswith("whsec_")
    assert "webhook_secret" not in api.get(f"{V1}/me").json()


def test_a_change_is_of_the_class_in_which_it_is_held(api):
    body = PRINTED | {"what_if": [{"symbol": "GOLDBEES", "qty": -100}]}
    answer = post(api, "/portfolio/analyze", body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["what_if"]["total_current_value"]["change"] == -6200.0
    body["what_if"][0] |= {"asset_class": "Equities", "qty": -1.5}
    refused = post(api, "/portfolio/analyze", body).json()
    assert refused["error"] == "what_if[0].qty: 0 of GOLDBEES (Equities) are held, 1.5 would be sold."


def test_a_webhook_is_paused_and_resumed(api):
    api.patch(f"{V1}/me", {"webhook_url": "http://127.0.0.1:9/hook"}, format="json")
    post(api, "/webhooks/test", {})
    paused = api.patch(f"{V1}/me", {"webhook_paused": True}, format="json").json()["partner"]
    assert paused["webhook_paused_at"] is not None
    assert paused["webhook_pause_reason"] == "Paused by the partner."
    assert Delivery.objects.get().status == "held"
    assert api.get(f"{V1}/me").json()["partner"]["webhook_paused_at"] == paused["webhook_paused_at"]
    assert api.patch(f"{V1}/me", {"webhook_paused": None}, format="json").json()["partner"]["webhook_paused_at"]
    resumed = api.patch(f"{V1}/me", {"webhook_paused": False}, format="json").json()["partner"]
    assert (resumed["webhook_paused_at"], resumed["webhook_pause_reason"]) == (None, None)
    assert Delivery.objects.get().status == "pending"


ANSWERED = [
    ("get", "/me", None, 200), ("options", "/me", None, 200), ("delete", "/me", None, 405),
    ("get", "/fno/signals/live", None, 400), ("get", "/iscore/NOBODY1", None, 400),
    ("get", "/subscriptions/7", None, 404), ("post", "/deliveries/7/resend", None, 404),
    ("post", "/webhooks/test", "{", 400), ("get", "/admin/partners", None, 403),
    ("post", "/portfolio/analyze", "{}", 400),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status"), ANSWERED)
def test_every_answer_of_an_endpoint_says_where_the_key_stands(api, method, path, body, status):
    kind = {} if body is None else {"content_type": "application/json"}
    answer = getattr(api, method)(f"{V1}{path}", body, **kind)
    assert answer.status_code == status
    assert answer["X-RateLimit-Limit"] == "60"
    assert answer["X-RateLimit-Remaining"] == "59"
    assert int(answer["X-RateLimit-Reset"]) > clock.now().timestamp()


def test_a_ping_is_queued_and_listed_when_it_was_tried(api):
    assert post(api, "/webhooks/test", {}).status_code == 400
    api.patch(f"{V1}/me", {"webhook_url": "http://127.0.0.1:9/hook"}, format="json")
    answer = post(api, "/webhooks/test", {"event": "fno.signal"})
    assert answer.status_code == 202
    assert answer.json()["delivery"]["event"] == "fno.signal"
    body = json.loads(bytes(Delivery.objects.get().body))
    assert body["event"] == "TRADE_TRIGGER"
    assert api.get(f"{V1}/deliveries").json() == {"success": True, "count": 0, "deliveries": []}
    assert api.get(f"{V1}/deliveries?limit=501").status_code == 400


def test_admin_keys_provision_and_others_may_not(api):
    assert post(api, "/admin/partners", {"name": "New"}).json()["code"] == "FORBIDDEN"
    admin = client(partner_create(name="Boss", actor="test", now=clock.now(), is_admin=True).partner)
    made = post(admin, "/admin/partners", {"name": "New", "plan": "pro", "contact_email": "x@example.com"})
    assert made.status_code == 201
    body = made.json()
    assert body["partner"]["has_webhook_secret"] is True
    assert body["webhook_secret"].startswith("whsec_")
    fresh = APIClient()
    fresh.credentials(HTTP_AUTHORIZATION=f"Bearer {body['key']['key']}")
    assert fresh.get(f"{V1}/me")["X-RateLimit-Limit"] == "300"
    twice = post(admin, "/admin/partners", {"name": "New"})
    assert twice.status_code in (400, 409)
    key = post(admin, f"/admin/partners/{body['partner']['id']}/keys", {"overlap_hours": 0})
    assert key.status_code == 201
    assert fresh.get(f"{V1}/me").status_code == 401
    assert admin.delete(f"{V1}/admin/keys/{key.json()['key']['id']}").json() == {"success": True}
    assert admin.get(f"{V1}/admin/partners").json()["count"] == 3


def test_the_catalogue_needs_no_key_and_is_complete():
    rows = APIClient().get(f"{V1}/errors").json()["errors"]
    assert {row["code"] for row in rows} == {
        "INVALID_REQUEST", "INVALID_INDEX", "INVALID_SYMBOL", "NO_API_KEY", "INVALID_API_KEY", "FORBIDDEN", "NOT_FOUND",
        "METHOD_NOT_ALLOWED", "IDEMPOTENCY_CONFLICT", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "RATE_LIMITED",
        "ENGINE_ERROR", "DB_ERROR", "DATA_UNAVAILABLE",
    }  # fmt: skip
    assert set(rows[0]) == {"code", "http_status", "meaning", "retry_safe"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/nothing", 404, "NOT_FOUND"),
        ("delete", "/me", 405, "METHOD_NOT_ALLOWED"),
        ("get", "/subscriptions/99999999999999999999", 404, "NOT_FOUND"),
    ],
)
def test_failures_have_the_shape_of_the_surface(api, method, path, status, code):
    answer = getattr(api, method)(f"{V1}{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"success", "error", "code", "request_id"}


def test_bodies_that_are_no_objects(api):
    for raw in ("[1]", "{", '"x"'):
        answer = api.post(f"{V1}/subscriptions", raw, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    answer = api.post(f"{V1}/subscriptions", "engine=fno", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["get", "post", "options", "delete"])
def test_an_unknown_address_says_where_the_key_stands(partner, method):
    answer = getattr(client(partner), method)(f"{V1}/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert answer["X-RateLimit-Remaining"] == "59"
    assert "Allow" not in answer
    stranger = getattr(APIClient(), method)(f"{V1}/nowhere")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "NOT_FOUND")
    assert "X-RateLimit-Limit" not in stranger
