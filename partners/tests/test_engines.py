"""The engines on the partner surface, live keys and test keys."""

from datetime import datetime

import pytest

from core import clock
from partners.constants import Environment
from partners.models import Delivery, Subscription
from partners.services.welcome import welcome_due
from partners.tests.test_surface import V1, _fresh, client, partner, post  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db

INDICES = ("NIFTY", "BANKNIFTY", "FINNIFTY", "SENSEX")


@pytest.fixture
def market(db):
    from django.core.management import call_command

    call_command("seed_market", verbosity=0)


@pytest.fixture
def test_api(partner, market):  # noqa: F811
    return client(partner, Environment.TEST)


def live(api, index="NIFTY", scenario=None):
    headers = {"HTTP_X_TC_TEST_SCENARIO": scenario} if scenario else {}
    return api.get(f"{V1}/fno/signals/live?index={index}", **headers)


@pytest.mark.parametrize("index", INDICES)
def test_the_live_analysis(test_api, index):
    body = live(test_api, index.lower()).json()
    analysis = body["analysis"]
    assert (body["success"], body["index"]) == (True, index)
    assert set(analysis) >= {
        "trade_direction", "confidence", "confidence_grade", "tier", "entry_mode", "atm_strike", "spot_price", "expiry",
        "lot_size", "trades", "layers", "actionable", "vetoes", "market_phase", "data_source", "data_age_s", "as_of",
        "calibrated", "engine_version",
    }  # fmt: skip
    assert set(analysis["layers"]) == {"direction", "strength", "filters"}
    assert (analysis["data_source"], analysis["provider"]) == ("simulated", "simulated")
    assert len(analysis["trades"]) == (0 if analysis["trade_direction"] == "NEUTRAL" else 3)
    assert analysis["tier"] is None or analysis["confidence"] >= 50


@pytest.mark.parametrize(
    ("scenario", "direction", "option"), [("bullish", "BULLISH", "CE"), ("bearish", "BEARISH", "PE")]
)
def test_a_scenario_forces_a_direction(test_api, scenario, direction, option):
    analysis = live(test_api, scenario=scenario).json()["analysis"]
    assert analysis["trade_direction"] == direction
    assert analysis["confidence"] >= 75
    assert [trade["type"] for trade in analysis["trades"]] == ["ATM", "OTM", "ITM"]
    assert all(trade["option_type"] == option for trade in analysis["trades"])
    assert all(trade["sl"] < trade["entry_price"] < trade["target"] for trade in analysis["trades"])


def test_the_other_scenarios(test_api):
    assert live(test_api, scenario="neutral").json()["analysis"]["trades"] == []
    stale = live(test_api, scenario="stale").json()["analysis"]
    assert not stale["actionable"]
    assert stale["vetoes"][0] == "DATA_STALE"
    assert len(stale["veto_words"]) == len(stale["vetoes"])
    assert "at most 90" in stale["veto_words"][0]
    age = clock.now() - datetime.fromisoformat(stale["as_of"])
    assert age.total_seconds() >= 119
    assert stale["data_age_s"] >= 120
    failed = live(test_api, scenario="engine_error")
    assert (failed.status_code, failed.json()["code"]) == (500, "ENGINE_ERROR")
    limited = live(test_api, scenario="rate_limited")
    assert (limited.status_code, limited.json()["code"]) == (429, "RATE_LIMITED")
    assert (limited["X-RateLimit-Remaining"], limited["Retry-After"]) == ("0", "60")
    assert 59 <= int(limited["X-RateLimit-Reset"]) - clock.now().timestamp() <= 61
    assert live(test_api, scenario="rain").status_code == 400


@pytest.mark.parametrize(
    ("index", "code"), [("", "INVALID_REQUEST"), ("N" * 21, "INVALID_INDEX"), ("nifty fifty", "INVALID_INDEX")]
)
@pytest.mark.parametrize("name", ["live", "history"])
def test_an_index_is_refused_alike_wherever_it_is_asked_for(test_api, name, index, code):
    answer = test_api.get(f"/api/partner/v1/fno/signals/{name}", {"index": index})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["error"].startswith("index: ")


def test_live_keys_ignore_scenarios(partner, market):  # noqa: F811
    assert live(client(partner), scenario="engine_error").status_code == 200


@pytest.mark.parametrize(("index", "code"), [("", "INVALID_REQUEST"), ("DAX", "INVALID_INDEX")])
def test_an_index_is_needed(test_api, index, code):
    answer = live(test_api, index)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_history_is_empty_and_bounded(test_api):
    body = test_api.get(f"{V1}/fno/signals/history").json()
    assert body == {"success": True, "index": "NIFTY", "days": 7, "count": 0, "signals": []}
    assert test_api.get(f"{V1}/fno/signals/history?days=31").status_code == 400


def test_the_score_of_one_share(test_api):
    body = test_api.get(f"{V1}/iscore/reliance").json()
    result = body["result"]
    assert (body["success"], body["symbol"]) == (True, "RELIANCE")
    assert 0 <= result["iscore"] <= 100
    assert result["recommendation"] in ("STRONG_BUY", "BUY", "HOLD", "SELL")
    assert set(result["components"]) == {"qualitative", "quantitative", "trend", "risk", "search", "market_context"}
    assert set(result["components"]["trend"]) == {"score", "weight", "effective_weight", "coverage", "factors"}
    assert result["score_factors"]
    assert {"as_of_session", "missing_inputs", "cached_until"} <= set(result)
    weights = sum(part["effective_weight"] for part in result["components"].values())
    mean = sum(part["effective_weight"] * (part["score"] or 0) for part in result["components"].values()) / weights
    assert result["iscore"] == pytest.approx(mean, abs=0.06)
    assert test_api.get(f"{V1}/iscore/NOSUCHSHARE").json()["code"] == "INVALID_SYMBOL"


def test_a_batch_does_not_fail_for_one(test_api):
    body = post(test_api, "/iscore/batch", {"symbols": ["TCS", "nosuch", "tcs"]}).json()
    assert body["count"] == 2
    assert [row["success"] for row in body["results"]] == [True, False]
    assert body["results"][1]["code"] == "INVALID_SYMBOL"
    assert post(test_api, "/iscore/batch", {"symbols": ["TCS"] * 26}).status_code == 400
    assert post(test_api, "/iscore/batch", {"symbols": ["T CS;"]}).json()["code"] == "INVALID_REQUEST"


def test_equal_clocks_give_equal_answers(test_api):
    now = clock.now()
    with clock.frozen(now):
        first, second = (test_api.get(f"{V1}/iscore/TCS").json() for _ in range(2))
    assert first == second


def test_a_new_subscription_to_a_score_is_told_it_by_a_worker(test_api):
    body = {"engine": "iscore", "symbol": "RELIANCE", "min_confidence": 0}
    assert post(test_api, "/subscriptions", body).status_code == 201
    assert not Delivery.objects.exists()
    assert welcome_due() == 1
    row = Subscription.objects.get()
    delivery = Delivery.objects.get()
    assert (delivery.event, delivery.sequence, delivery.subscription) == ("iscore.update", 1, row)
    assert row.told_score is not None
    assert post(test_api, "/subscriptions", body | {"min_confidence": 1}).status_code == 200
    assert welcome_due() == 0
    assert Delivery.objects.count() == 1
