"""What the partner surface answers, held against its own description, both ways: nothing missing, nothing unsaid."""

from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from core import clock
from partners.api.base import Scenario
from partners.api.docs_content import ENDPOINTS
from partners.constants import Environment
from partners.lifecycle import State
from partners.models import Attempt, Delivery, Endpoint
from partners.services.testing import test_event
from partners.tests.test_surface import PRINTED, V1, _fresh, client, partner, trades  # noqa: F401 - fixtures
from tests.flows.pocket import make_universe

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    whole = SchemaGenerator().get_schema(request=None, public=True)
    for schema in whole["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return whole


def check(document, method, template, answer):
    """Raise where an answer is not as the operation's description says."""
    described = document["paths"][f"{V1}{template}"][method]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"]
    whole = {"components": document["components"], **schema}
    jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker()).validate(answer.json())


def call(api, document, method, path, body=None, template=None, status=200, **headers):
    address, kind = f"{V1}{path}", {"format": "json"} if body is not None else {}
    answer = getattr(api, method)(address, body, **kind, **headers)
    assert answer.status_code == status, answer.content
    check(document, method, (template or path).partition("?")[0], answer)
    return answer.json()


@pytest.fixture
def api(partner):  # noqa: F811 - the fixture
    partner.is_admin = True
    partner.save()
    make_universe("nifty_100")
    return client(partner)


def test_every_operation_shows_a_real_answer_and_every_body_an_example(document):
    mine = {path: operations for path, operations in document["paths"].items() if path.startswith(f"{V1}/")}
    assert len(mine) == len({endpoint.path for endpoint in ENDPOINTS})
    for path, operations in mine.items():
        for method, operation in operations.items():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            shown = [kind.get("examples") for answer in good for kind in answer["content"].values()]
            assert any(shown), (method, path)
            for kind in operation.get("requestBody", {}).get("content", {}).values():
                assert kind["examples"], (method, path)


def test_profile_provisioning_and_codes(api, document, partner):  # noqa: F811
    call(api, document, "get", "/me")
    call(api, document, "patch", "/me", {"rotate_webhook_secret": True})
    call(api, document, "get", "/errors")
    call(api, document, "get", "/admin/partners")
    made = call(api, document, "post", "/admin/partners", {"name": "Other"}, status=201)
    keys = f"/admin/partners/{partner.pk}/keys"
    call(api, document, "post", keys, {}, "/admin/partners/{partner_id}/keys", status=201)
    call(api, document, "delete", f"/admin/keys/{made['key']['id']}", None, "/admin/keys/{key_id}")


def test_subscriptions_and_deliveries(api, document, partner):  # noqa: F811
    body = {"engine": "fno", "symbol": "NIFTY"}
    made = call(api, document, "post", "/subscriptions", body, status=201)["subscription"]
    call(api, document, "post", "/subscriptions", body)
    one = f"/subscriptions/{made['id']}"
    call(api, document, "get", one, None, "/subscriptions/{subscription_id}")
    call(api, document, "patch", one, {"is_active": False}, "/subscriptions/{subscription_id}")
    call(api, document, "get", "/subscriptions")
    Endpoint.objects.filter(partner=partner).update(url="http://127.0.0.1:1/")
    call(api, document, "post", "/webhooks/test", {"event": "ping"}, status=202)
    for event in ("fno.signal", "iscore.update", "ping"):
        row = test_event(partner=partner, environment=Environment.LIVE, event=event, actor="test", now=clock.now())
        Attempt.objects.create(delivery=row, number=1, status=State.FAILED.value, created_at=clock.now())
    Delivery.objects.update(status=State.FAILED.value, next_attempt_at=None)
    assert call(api, document, "get", "/deliveries")["count"] == 3
    call(api, document, "post", f"/deliveries/{row.pk}/resend", {}, "/deliveries/{delivery_id}/resend", status=202)
    call(api, document, "post", "/deliveries/resend-failed", {"since": "2020-01-01T00:00:00Z"}, status=202)
    call(api, document, "delete", one, None, "/subscriptions/{subscription_id}")


@pytest.mark.parametrize("scenario", ["bullish", "neutral", "stale"])
def test_engines(partner, document, api, scenario):  # noqa: F811
    test = client(partner, Environment.TEST)
    forced = {"HTTP_X_TC_TEST_SCENARIO": scenario}
    call(test, document, "get", "/fno/signals/live?index=NIFTY", None, **forced)
    call(test, document, "get", "/iscore/RELIANCE", None, "/iscore/{symbol}", **forced)
    batch = call(test, document, "post", "/iscore/batch", {"symbols": ["RELIANCE", "NOBODY1"]}, **forced)
    assert [row["success"] for row in batch["results"]] == [True, False]
    call(test, document, "get", "/fno/signals/history?index=NIFTY")


def test_analyses(api, document):
    what_if = [{"symbol": "TCS", "qty": 5}]
    call(api, document, "post", "/portfolio/analyze", {**PRINTED, "what_if": what_if})
    call(api, document, "post", "/behaviour/analyze", {"lookback": "", "trades": trades()})
    call(api, document, "post", "/behaviour/analyze", {"trades": trades()[:1]})


SCENARIO_ANSWERS = {
    "/fno/signals/live?index=NIFTY": dict.fromkeys(Scenario, 200) | {"engine_error": 500, "rate_limited": 429},
    "/me": dict.fromkeys(Scenario, 200) | {"rate_limited": 429},
}  # fmt: skip


@pytest.mark.parametrize("path", SCENARIO_ANSWERS)
def test_what_the_header_forces_is_described(document, partner, api, path):  # noqa: F811
    item = document["paths"][f"{V1}{path.partition('?')[0]}"]["get"]
    (header,) = [one for one in item["parameters"] if one["name"] == "X-TC-Test-Scenario"]
    assert header["in"] == "header"
    test = client(partner, Environment.TEST)
    answers = SCENARIO_ANSWERS[path]
    assert list(answers) == header["schema"]["enum"]
    for scenario, status in answers.items():
        call(test, document, "get", path, None, status=status, HTTP_X_TC_TEST_SCENARIO=scenario)
    call(test, document, "get", path, None, status=400, HTTP_X_TC_TEST_SCENARIO="sideways")
    call(api, document, "get", path, None, HTTP_X_TC_TEST_SCENARIO="sideways")


def test_the_header_is_on_every_operation_that_takes_a_test_key(document):
    described = {
        (path, method): any(one["name"] == "X-TC-Test-Scenario" for one in operation.get("parameters", ()))
        for path, item in document["paths"].items() if path.startswith(V1) for method, operation in item.items()
    }  # fmt: skip
    without = {path for (path, _), there in described.items() if not there}
    assert without == {path for path, _ in described if "/admin/" in path} | {f"{V1}/errors"}


def test_faults_have_the_surface_body(api, document):
    call(api, document, "post", "/subscriptions", {"engine": "fno", "symbol": "X"}, status=400)
    call(api, document, "get", "/subscriptions/99", None, "/subscriptions/{subscription_id}", status=404)
    operations = [
        (path, method, operation) for path, item in document["paths"].items() if path.startswith(V1)
        for method, operation in item.items()
    ]  # fmt: skip
    assert len(operations) >= 20
    for path, method, operation in operations:
        answers = operation["responses"]
        assert "422" not in answers, (path, method)
        for status in ("400", "404", "429", "500", "503"):
            schema = answers[status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/PartnerError"}, (path, method, status)
