"""Strategies over HTTP: written, changed, shared, taken along, counted on the last bar."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import AuditEntry, Event
from signals.models import Strategy
from signals.services.strategies import saving as service
from tests.flows.pocket import compare, indicator, make_universe, strategy_body
from tests.flows.test_surface_errors import assert_user_shape

pytestmark = pytest.mark.django_db


def post(client: Any, path: str, body: Any = None) -> Any:
    return client.post(path, data={} if body is None else body, content_type="application/json")


def put(client: Any, path: str, body: Any) -> Any:
    return client.put(path, data=body, content_type="application/json")


def made(client: Any, **more: Any) -> dict[str, Any]:
    response = post(client, "/api/strategies", strategy_body(**more))
    assert response.status_code == 201, response.content
    return response.json()


@pytest.fixture
def other(client: Any, other_user: Any) -> Any:
    from django.test import Client

    found = Client()
    found.force_login(other_user)
    return found


def test_create_read_replace_delete(signed_in: Any) -> None:
    first = made(signed_in)
    assert first["version"] == 1
    assert first["is_mine"]
    assert first["sentence"].startswith("Buy when close above SMA")
    assert signed_in.get(f"/api/strategies/{first['id']}").json() == first
    changed = put(signed_in, f"/api/strategies/{first['id']}", strategy_body(name="Mine v2", config={"min_hold": 5}))
    assert changed.status_code == 200, changed.content
    body = changed.json()
    assert (body["version"], body["name"], body["config"]) == (2, "Mine v2", {"min_hold": 5})
    listed = signed_in.get("/api/strategies")
    assert [row["name"] for row in listed.json()] == ["Mine v2"]
    assert listed["X-Total-Count"] == "1"
    assert signed_in.delete(f"/api/strategies/{first['id']}").json() == {"deleted": True}
    assert_user_shape(signed_in.get(f"/api/strategies/{first['id']}"), 404)


def test_what_is_read_can_be_sent_back(signed_in: Any) -> None:
    first = made(signed_in)
    again = put(signed_in, f"/api/strategies/{first['id']}", first)
    assert again.status_code == 200, again.content
    assert again.json()["hash"] == first["hash"]
    assert again.json()["version"] == 2


def test_a_full_replacement_needs_its_keys(signed_in: Any) -> None:
    first = made(signed_in)
    body = strategy_body()
    del body["exit_rules"], body["universe"]
    response = put(signed_in, f"/api/strategies/{first['id']}", body)
    errors = assert_user_shape(response, 422)
    assert [row["loc"] for row in response.json()["errors"]] == [["exit_rules"], ["universe"]]
    assert "exit_rules" in errors["detail"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"entry_rules": compare("close", "above", 3)}, ["entry_rules", "op"]),
        ({"entry_rules": {"type": "and", "conditions": []}}, ["entry_rules", "conditions"]),
        ({"entry_rules": compare("clse", ">", 3)}, ["entry_rules", "left", "name"]),
        ({"entry_rules": compare(indicator("sma900"), ">", 3)}, ["entry_rules", "left", "name"]),
        ({"surprise": 1}, ["surprise"]),
        ({"config": {"min_hold": -1}}, ["config", "min_hold"]),
        ({"exit_rules": [{"condition": compare("close", "<", "sma20"), "x": 1}]}, ["exit_rules", 0, "x"]),
        ({"name": ""}, ["name"]),
    ],
)
def test_a_malformed_strategy_is_refused_with_the_place(
    signed_in: Any, change: dict[str, Any], place: list[Any]
) -> None:
    for path in ("/api/strategies", "/api/strategies/validate"):
        response = post(signed_in, path, strategy_body(**change))
        assert_user_shape(response, 422)
        assert place in [row["loc"] for row in response.json()["errors"]]
    assert not Strategy.objects.exists()


def test_filters_and_pages(signed_in: Any) -> None:
    for number in range(3):
        made(signed_in, name=f"Plan {number}")
    made(signed_in, name="Sleeping", is_active=False)
    assert len(signed_in.get("/api/strategies?is_active=true&is_template=false&limit=20&offset=0").json()) == 3
    assert [row["name"] for row in signed_in.get("/api/strategies?is_active=false").json()] == ["Sleeping"]
    assert [row["name"] for row in signed_in.get("/api/strategies?q=plan 1").json()] == ["Plan 1"]
    page = signed_in.get("/api/strategies?limit=2&offset=2")
    assert len(page.json()) == 2
    assert 'rel="prev"' in page["Link"]
    assert_user_shape(signed_in.get("/api/strategies?is_active=perhaps"), 400)


def test_a_list_costs_the_same_however_long(signed_in: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            signed_in.get("/api/strategies")
        return len(found)

    made(signed_in)
    few = queries()
    for _ in range(5):
        made(signed_in)
    assert queries() == few


def test_templates_are_listed_read_and_forked(signed_in: Any) -> None:
    rows = signed_in.get("/api/strategies?is_template=true&limit=100").json()
    slugs = {row["template"] for row in rows}
    assert {"v0_dart_monkey", "v1_momentum", "v2_breakout", "v3_dip_buyer", "v4_alpha"} <= slugs
    dip = signed_in.get("/api/strategies/v3_dip_buyer").json()
    assert dip["literature"]
    assert dip["id"] in [row["id"] for row in rows]
    assert_user_shape(put(signed_in, f"/api/strategies/{dip['id']}", strategy_body()), 403)
    assert_user_shape(signed_in.delete("/api/strategies/v3_dip_buyer"), 403)
    fork = post(signed_in, "/api/strategies/v3_dip_buyer/fork")
    assert fork.status_code == 201, fork.content
    assert fork.json()["forked_from"] == dip["id"]
    assert fork.json()["entry_rules"] == dip["entry_rules"]
    assert not fork.json()["is_template"]
    assert post(signed_in, f"/api/strategies/{dip['id']}/fork", {"name": "My dips"}).json()["name"] == "My dips"
    signed_in.get("/api/strategies?is_template=true")
    assert Strategy.objects.filter(is_template=True).count() == len(rows)


def test_every_template_is_a_strategy_without_errors(signed_in: Any) -> None:
    for row in signed_in.get("/api/strategies?is_template=true&limit=100").json():
        checked = post(signed_in, "/api/strategies/validate", row)
        assert checked.status_code == 200, checked.content
        assert not [one for one in checked.json()["findings"] if one["severity"] == "error"], row["template"]
        assert checked.json()["hash"] == row["hash"]


def test_sharing(signed_in: Any, other: Any) -> None:
    mine = made(signed_in)
    path = f"/api/strategies/{mine['id']}"
    assert_user_shape(other.get(path), 404)
    assert post(signed_in, f"{path}/share").json()["is_public"] is True
    assert post(signed_in, f"{path}/share", {"is_public": True}).json()["is_public"] is True
    seen = other.get(path).json()
    assert not seen["is_mine"]
    assert [row["id"] for row in other.get("/api/strategies?is_public=true").json()] == [mine["id"]]
    assert other.get("/api/strategies").json() == []
    assert post(other, f"{path}/fork").status_code == 201
    assert post(signed_in, f"{path}/share").json()["is_public"] is False
    assert_user_shape(other.get(path), 404)
    assert Event.objects.filter(kind="strategy.shared").count() == 1
    assert AuditEntry.objects.filter(action="strategy.unshared").count() == 1


@pytest.mark.parametrize(
    ("method", "tail", "seen_status"),
    [
        ("get", "", 200), ("put", "", 403), ("delete", "", 403), ("post", "/share", 403), ("post", "/fork", 201),
        ("get", "/versions", 200), ("get", "/versions/1", 200), ("get", "/diff", 200), ("get", "/export", 200),
    ],
)  # fmt: skip
def test_who_may(signed_in: Any, other: Any, client: Any, method: str, tail: str, seen_status: int) -> None:
    from django.test import Client

    mine = made(signed_in)
    path = f"/api/strategies/{mine['id']}{tail}"
    body = strategy_body() if method == "put" else {}
    more = {} if method == "get" else {"data": body, "content_type": "application/json"}
    assert_user_shape(getattr(Client(), method)(path, **more), 401)
    assert_user_shape(getattr(other, method)(path, **more), 404)
    post(signed_in, f"/api/strategies/{mine['id']}/share")
    assert getattr(other, method)(path, **more).status_code == seen_status
    assert Strategy.objects.filter(pk=mine["id"], name=mine["name"]).exists()


@pytest.mark.parametrize("key", ["0", "9" * 30, "nothing", "%00", "-1", "1.5"])
def test_keys_that_are_none(signed_in: Any, key: str) -> None:
    response = signed_in.get(f"/api/strategies/{key}")
    assert_user_shape(response, 400 if key == "%00" else 404)


def test_versions_and_what_changed(signed_in: Any) -> None:
    mine = made(signed_in)
    path = f"/api/strategies/{mine['id']}"
    put(signed_in, path, strategy_body(config={"min_hold": 7}, universe="nifty_100"))
    versions = signed_in.get(f"{path}/versions").json()
    assert [(row["version"], row["is_current"]) for row in versions] == [(2, True), (1, False)]
    assert signed_in.get(f"{path}/versions/1").json()["strategy"]["config"] == {"min_hold": 2, "stop_loss_pct": 8}
    diff = signed_in.get(f"{path}/diff").json()
    assert (diff["from"], diff["to"]) == (1, 2)
    found = {row["place"]: (row["kind"], row["before"], row["after"]) for row in diff["changes"]}
    assert found["config.min_hold"] == ("changed", 2, 7)
    assert found["config.stop_loss_pct"] == ("removed", 8, None)
    assert found["universe"] == ("changed", "pocket", "nifty_100")
    assert signed_in.get(f"{path}/diff?from=2&to=2").json()["changes"] == []
    assert_user_shape(signed_in.get(f"{path}/diff?from=9"), 404)
    assert_user_shape(signed_in.get(f"{path}/diff?from=x"), 400)
    assert_user_shape(signed_in.get(f"{path}/versions/99999999999999999999"), 404)


def test_export_and_import(signed_in: Any, other: Any) -> None:
    mine = made(signed_in)
    document = signed_in.get(f"/api/strategies/{mine['id']}/export").json()
    brought = post(other, "/api/strategies/import", document)
    assert brought.status_code == 201, brought.content
    assert brought.json()["hash"] == mine["hash"]
    assert_user_shape(post(other, "/api/strategies/import", {"format": "x"}), 422)
    document["strategy"]["entry_rules"] = {"type": "nonsense"}
    wrong = post(other, "/api/strategies/import", document)
    assert_user_shape(wrong, 422)
    assert wrong.json()["errors"][0]["loc"] == ["strategy", "entry_rules", "type"]


def test_what_is_in_use_is_not_deleted(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = made(signed_in)
    monkeypatch.setattr(
        service, "_protectors", [lambda strategy: ["Core", "Swing"] if strategy.pk == mine["id"] else []]
    )
    body = assert_user_shape(signed_in.delete(f"/api/strategies/{mine['id']}"), 409)
    assert "Core, Swing" in body["detail"]
    assert Strategy.objects.filter(pk=mine["id"]).exists()


def test_schema_and_findings(signed_in: Any) -> None:
    schema = signed_in.get("/api/strategies/schema").json()
    assert {"name", "entry_rules", "params", "select", "sizing"} <= set(schema["properties"])
    never = {"type": "and", "conditions": [compare("rsi14", ">", 80), compare("rsi14", "<", 20)]}
    found = post(signed_in, "/api/strategies/validate", strategy_body(entry_rules=never, params={})).json()
    assert "contradictory" in [one["code"] for one in found["findings"]]
    assert found["findings"][0]["loc"] == ["entry_rules"]


def test_matches_on_the_last_bar(signed_in: Any) -> None:
    make_universe()
    mine = made(signed_in, entry_rules=compare("close", ">", 0), params={})
    found = post(signed_in, f"/api/strategies/{mine['id']}/matches").json()
    assert (found["count"], found["of"], found["universe"]) == (12, 12, "pocket")
    assert found["data_source"] == "simulated"
    assert [row["rank"] for row in found["symbols"]] == list(range(1, 13))
    none = {"strategy": {"entry_rules": compare("close", "<", 0)}, "universe": "pocket"}
    assert post(signed_in, f"/api/strategies/{mine['id']}/matches", none).json()["count"] == 0
    assert post(signed_in, "/api/strategies/matches", none).json()["count"] == 0
    monthly = {"strategy": {"entry_rules": compare("close", ">", 0), "rebalance": "quarterly"}, "universe": "pocket"}
    assert post(signed_in, "/api/strategies/matches", monthly).json()["count"] == 12
    wrong = post(signed_in, "/api/strategies/matches", {"strategy": {"entry_rules": 3}, "universe": "pocket"})
    assert assert_user_shape(wrong, 422)["detail"].startswith("strategy.entry_rules")
    assert_user_shape(post(signed_in, "/api/strategies/matches", none | {"universe": "nowhere"}), 400)
    assert_user_shape(post(signed_in, "/api/strategies/matches", {"universe": "pocket"}), 422)


def test_an_account_takes_its_strategies_along(user: Any, signed_in: Any) -> None:
    from accounts.services.account import _exporters

    mine = made(signed_in)
    put(signed_in, f"/api/strategies/{mine['id']}", strategy_body(name="Second"))
    assert [row["strategy"]["name"] for row in _exporters["strategies"](user)] == ["Above its average", "Second"]
