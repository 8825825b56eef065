"""Requests no client should send: each is answered in the surface's shape, and says what is wrong and where."""

import gzip
import json
from decimal import Decimal

import pytest
from rest_framework.serializers import ValidationError

from core import clock
from partners.api.analysis import Number
from partners.constants import Environment
from partners.models import Partner
from partners.tests.test_surface import V1, _fresh, client, partner  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db

SUB, BATCH, RISK, TRADES = "/subscriptions", "/iscore/batch", "/portfolio/analyze", "/behaviour/analyze"
FNO = {"engine": "fno", "symbol": "NIFTY"}
SHARE = {"engine": "iscore", "symbol": "TCS"}
HELD = {"symbol": "TCS", "qty": 1, "avg_price": 10}
TRADE = {"symbol": "NIFTY", "side": "BUY", "qty": 1, "price": 1, "entry_time": "2026-04-12T09:18:00"}
MOST = 9_999_999_999_999_999


@pytest.fixture
def api(partner):  # noqa: F811 - the fixture
    Partner.objects.filter(pk=partner.pk).update(plan="elite")
    partner.refresh_from_db()
    return client(partner, Environment.TEST)


def refused(answer, status, code, where):
    body = answer.json()
    assert set(body) == {"success", "error", "code", "request_id"}
    assert (answer.status_code, body["code"]) == (status, code), body
    assert where in body["error"]


BODIES = [
    (SUB, FNO | {"min_confidence": "75"}, "min_confidence: A valid integer"),
    (SUB, FNO | {"min_confidence": True}, "min_confidence: A valid integer"),
    (SUB, FNO | {"min_confidence": 75.5}, "min_confidence: A valid integer"),
    (SUB, FNO | {"min_confidence": [1]}, "min_confidence: A valid integer"),
    (SUB, FNO | {"min_confidence": None}, "min_confidence: This field may not be null"),
    (SUB, FNO | {"min_confidence": 101}, "min_confidence: Ensure this value is less than or equal to 100"),
    (SUB, SHARE | {"delta_threshold": True}, "delta_threshold: A valid integer"),
    (SUB, SHARE | {"delta_threshold": 10**18}, "delta_threshold: Ensure this value"),
    (SUB, FNO | {"symbol": 5}, "symbol: Not a valid string"),
    (SUB, FNO | {"symbol": ["NIFTY"]}, "symbol: Not a valid string"),
    (SUB, FNO | {"symbol": "NI\x00FTY"}, "symbol: Null characters"),
    (SUB, FNO | {"engine": ["fno"]}, "engine: It must be one of fno, iscore."),
    (SUB, FNO | {"engine": "FNO"}, "engine: 'FNO' is none of fno, iscore."),
    (SUB, FNO | {"channels": {"0": "webhook"}}, "channels: Expected a list"),
    (SUB, FNO | {"channels": ["sms"]}, "channels[0]: 'sms' is none of webhook, email."),
    (SUB, FNO | {"channels": ["webhook", {}]}, "channels[1]: It must be one of webhook, email."),
    (SUB, FNO | {"is_active": 1}, "is_active: Must be a valid boolean"),
    (SUB, FNO | {"min_confidance": 1}, "min_confidance: This field is not known"),
    (SUB, {}, "engine: This field is required"),
    (BATCH, {"symbols": ["TCS"] * 26}, "symbols: Ensure this field has no more than 25"),
    (BATCH, {"symbols": {"0": "TCS"}}, "symbols: Expected a list"),
    (BATCH, {"symbols": ["TCS", 5]}, "symbols[1]: Not a valid string"),
    (BATCH, {"symbols": ["TCS", "T\x00"]}, "symbols[1]: Null characters"),
    (BATCH, {"symbols": ["TCS", "TCſ"]}, "symbols[1]: 'TCſ' is no symbol"),
    (RISK, {"holdings": [HELD] * 51}, "holdings: Ensure this field has no more than 50"),
    (RISK, {"holdings": {"0": HELD}}, "holdings: Expected a list"),
    (RISK, {"holdings": ["TCS"]}, "holdings[0]: Invalid data"),
    (RISK, {"holdings": [HELD, HELD | {"qty": "NaN"}]}, "holdings[1].qty: A valid number"),
    (RISK, {"holdings": [HELD, HELD | {"qty": 1e300}]}, "holdings[1].qty: Ensure that there are no more than"),
    (RISK, {"holdings": [HELD, HELD | {"qty": MOST, "avg_price": MOST}]}, "holdings[1].qty: TCS would be worth more"),
    (RISK, {"holdings": [HELD, HELD | {"qty": MOST, "current_price": MOST}]}, "holdings[1].qty: TCS would be worth"),
    (RISK, {"holdings": [HELD], "what_if": [{"symbol": "TCS", "qty": MOST, "price": MOST}]}, "what_if: TCS would be"),
    (RISK, {"holdings": [HELD | {"asset_class": []}]}, "holdings[0].asset_class: It must be one of Equities"),
    (RISK, {"holdings": [HELD | {"symbol": "TCſ"}]}, "holdings[0].symbol: It is no trading symbol"),
    (RISK, {"holdings": [HELD], "currency": "USD"}, "currency: 'USD' is none of INR."),
    (TRADES, {"trades": [TRADE] * 101}, "trades: Ensure this field has no more than 100"),
    (TRADES, {"trades": [TRADE, TRADE | {"side": "buy"}]}, "trades[1].side: 'buy' is none of BUY, SELL."),
    (TRADES, {"trades": [TRADE | {"entry_time": 1}]}, "trades[0].entry_time: Not a valid string"),
    (TRADES, {"trades": [TRADE | {"pnl": True}]}, "trades[0].pnl: A valid number"),
    ("/webhooks/test", {"event": "pong"}, "event: 'pong' is none of ping, fno.signal, iscore.update."),
    ("/deliveries/resend-failed", {"since": "2026-01-01T00:00:00"}, "since: Its zone is missing"),
    ("/deliveries/resend-failed", {"since": 5}, "since: It is no ISO 8601 time"),
    ("/deliveries/resend-failed", {"since": "0001-01-01T00:00:00+05:30"}, "since: It is no ISO 8601 time"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "where"), BODIES)
def test_a_bad_body_is_told_where(api, path, body, where):
    refused(api.post(f"{V1}{path}", body, format="json"), 400, "INVALID_REQUEST", where)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400", "1" * 5000, "01", "0x1"])
def test_what_json_has_no_number_for_is_no_json(api, number):
    raw = f'{{"engine":"fno","symbol":"NIFTY","min_confidence":{number}}}'
    answer = api.post(f"{V1}{SUB}", raw, content_type="application/json")
    refused(answer, 400, "INVALID_REQUEST", "The body is not valid JSON")


@pytest.mark.parametrize(
    "raw", ["[" * 100_000, '{"a":' * 5_000 + "1" + "}" * 5_000, '{"engine":"\\ud800"}', b'{"\xff":1}']
)
def test_bodies_that_are_no_json(api, raw):
    answer = api.post(f"{V1}{SUB}", raw, content_type="application/json")
    refused(answer, 400, "INVALID_REQUEST", "The body is not valid JSON")


def test_bodies_that_are_too_large_or_packed(api):
    big = json.dumps(FNO | {"x": "a" * 2_000_000})
    refused(api.post(f"{V1}{SUB}", big, content_type="application/json"), 413, "PAYLOAD_TOO_LARGE", "1000000 bytes")
    for name, raw in (("gzip", gzip.compress(json.dumps(FNO).encode())), ("deflate", json.dumps(FNO))):
        answer = api.post(f"{V1}{SUB}", raw, content_type="application/json", HTTP_CONTENT_ENCODING=name)
        refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE", f"Content-Encoding: {name}")
    plain = api.post(f"{V1}{SUB}", FNO, format="json", HTTP_CONTENT_ENCODING="identity")
    assert plain.status_code == 201


def test_letters_whose_capitals_are_ascii_are_no_names(api):
    refused(api.post(f"{V1}{SUB}", FNO | {"symbol": "nıfty"}, format="json"), 400, "INVALID_INDEX", "symbol: nıfty")
    refused(api.get(f"{V1}/fno/signals/live", {"index": "nıfty"}), 400, "INVALID_INDEX", "index: nıfty")
    refused(api.get(f"{V1}/iscore/TCſ"), 400, "INVALID_SYMBOL", "symbol: 'TCſ'")


def test_a_whole_number_with_a_point_is_whole(api):
    answer = api.post(
        f"{V1}{SUB}", '{"engine":"fno","symbol":"nifty","min_confidence":6e1}', content_type="application/json"
    )
    assert answer.json()["subscription"]["min_confidence"] == 60


@pytest.mark.parametrize("path", [SUB + "/", "//me", "/me/", "/iscore/", "/subscriptions/-1", "/ME"])
def test_addresses_that_are_nearly_right(api, path):
    refused(api.get(f"{V1}{path}"), 404, "NOT_FOUND", f"There is nothing at {V1}{path}.")


@pytest.mark.parametrize("path", ["/iscore/%00", "/me?x=%00"])
def test_null_characters_in_addresses(api, path):
    refused(api.get(f"{V1}{path}"), 400, "INVALID_REQUEST", "null character")


def test_methods(api):
    assert api.head(f"{V1}/me").status_code == 200
    answer = api.options(f"{V1}{SUB}")
    assert answer.json() == {"success": True, "methods": ["GET", "POST", "HEAD", "OPTIONS"]}
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    refused(api.put(f"{V1}{SUB}", FNO, format="json"), 405, "METHOD_NOT_ALLOWED", "PUT")


def test_times_with_a_zone_are_taken(api):
    since = {"since": clock.now().isoformat()}
    assert api.post(f"{V1}/deliveries/resend-failed", since, format="json").status_code == 202
    assert api.post(f"{V1}/deliveries/resend-failed", {"since": "2026-01-01T05:30:00+05:30"}, format="json").json() == {
        "success": True, "count": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (7000 / 3, "2333.33333333"), (0.1 + 0.2, "0.3"), (100.1 + 200.2, "300.3"), (1e-7, "1E-7"), (3, "3"),
        ("0.333333333333333333333333", "0.33333333"), ("1.000000005", "1.00000000"), ("1.000000015", "1.00000002"),
        ("9999999999999999.12345678", "9999999999999999.12345678"), (1e15, "1e15"), (0e99, "0"),
        (-1e-300, "0"), ("-0.000", "0"),        (-1 / 3, "-0.33333333"),
    ],
)  # fmt: skip
def test_any_number_is_taken_and_rounded_at_the_eighth_place(number, kept):
    assert Number().run_validation(number) == Decimal(kept)


@pytest.mark.parametrize(
    "number", [1e16, "9999999999999999.999999999", 1e300, "1e999999999", "1e3", " 1", "١", "", float("nan"), "NaN"]
)
def test_a_number_out_of_all_bounds_is_refused(number):
    with pytest.raises(ValidationError):
        Number().run_validation(number)


def test_what_rounds_to_nothing_is_not_above_zero(api):
    body = {"holdings": [HELD | {"qty": 4e-9}]}
    refused(api.post(f"{V1}{RISK}", body, format="json"), 400, "INVALID_REQUEST", "holdings[0].qty: It must be above")


def test_calculated_numbers_are_taken_everywhere(api):
    third = 7000 / 3
    holdings = [HELD | {"qty": 0.1 + 0.2, "avg_price": third, "current_price": 100.1 + 200.2}]
    changes = [{"symbol": "TCS", "qty": -(0.1 + 0.2) / 2, "price": third}]
    answer = api.post(f"{V1}{RISK}", {"holdings": holdings, "what_if": changes}, format="json")
    assert (answer.status_code, answer.json()["summary"]["total_invested"]) == (200, 700.0), answer.content
    trade = TRADE | {"qty": third, "price": third, "pnl": -third}
    answer = api.post(f"{V1}{TRADES}", {"trades": [trade]}, format="json")
    assert (answer.status_code, answer.json()["summary"]["total_pnl"]) == (200, -2333.33), answer.content


@pytest.mark.parametrize("hours", ["12", True, [1], 1e9])
def test_overlaps_are_numbers(partner, hours):  # noqa: F811
    Partner.objects.filter(pk=partner.pk).update(is_admin=True)
    partner.refresh_from_db()
    answer = client(partner).post(f"{V1}/admin/partners/{partner.pk}/keys", {"overlap_hours": hours}, format="json")
    refused(answer, 400, "INVALID_REQUEST", "overlap_hours: ")


@pytest.mark.parametrize("path", ["/docs", "/docs/client.tar.gz"])
def test_documents_refuse_a_wrong_method_as_everything_here(client, db, path):
    answer = client.post(f"{V1}{path}")
    assert (answer.status_code, answer.json()["success"]) == (405, False)
    assert "GET" in answer["Allow"]
    assert "POST" in answer.json()["error"]
