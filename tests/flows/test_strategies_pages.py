"""Pages of strategies over HTTP: who sees what, and what they print."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from engines.strategy.language import WORDS
from engines.strategy.parse import CONFIG
from engines.strategy.templates import TEMPLATES
from signals.models import Strategy
from signals.pages.strategies import FIRST_RULES
from signals.services.strategies.catalogue import GROUPS, catalogue
from signals.services.strategies.language import read_body
from signals.services.strategies.last_runs import LastRun, last_runs, register_last_runs
from tests.flows.pocket import compare, indicator, make_universe, strategy_body
from tests.flows.test_strategies import made, post, put

pytestmark = pytest.mark.django_db

HOSTILE = "</script><script>alert(1)</script>\"'&"


def embedded(response: Any, name: str) -> Any:
    """Return what the page gives its script."""
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', response.content.decode(), re.S)
    assert found is not None
    return json.loads(found.group(1))


def titles(response: Any) -> list[str]:
    return re.findall(r'<h2 id="strategy-\d+"><a href="[^"]+">([^<]+)</a>', response.content.decode())


@pytest.mark.parametrize("path", ["/strategies/", "/strategies/new/", "/strategies/v3_dip_buyer/", "/strategies/1/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


def test_lists_show_ones_own_templates_and_what_is_shared(signed_in: Client, other_user: Any) -> None:
    stranger = Client()
    stranger.force_login(other_user)
    shared, hidden = made(stranger, name="Shared one"), made(stranger, name="Hidden one")
    post(stranger, f"/api/strategies/{shared['id']}/share")
    made(signed_in, name="Mine")
    assert titles(signed_in.get("/strategies/")) == ["Mine"]
    assert titles(signed_in.get("/strategies/?tab=public")) == ["Shared one"]
    assert titles(signed_in.get("/strategies/?tab=templates")) == [one.name for one in TEMPLATES.values()]
    assert signed_in.get(f"/strategies/{shared['id']}/").status_code == 200
    assert signed_in.get(f"/strategies/{hidden['id']}/").status_code == 404


def test_search_states_and_pages(signed_in: Client) -> None:
    for at in range(32):
        made(signed_in, name=f"Number {at:02}", is_active=at != 5)
    first = signed_in.get("/strategies/")
    assert titles(first) == [f"Number {at:02}" for at in range(31, 1, -1)]
    assert b"Page 1 of 2" in first.content
    assert titles(signed_in.get("/strategies/?page=2")) == ["Number 01", "Number 00"]
    assert titles(signed_in.get("/strategies/?active=false")) == ["Number 05"]
    assert titles(signed_in.get("/strategies/?q=number+1&active=true"))[0] == "Number 19"
    assert b"Nothing matches" in signed_in.get("/strategies/?q=nowhere").content


@pytest.mark.parametrize("query", ["tab=x&page=-1", "page=99999999999999999999", "active=maybe", "q=%27--%25_"])
def test_hostile_questions_are_answered(signed_in: Client, query: str) -> None:
    assert signed_in.get(f"/strategies/?{query}").status_code == 200


@pytest.mark.parametrize("key", ["0", "99999999999999999999999", "nothing", "..%2F", "v9_none"])
def test_what_is_not_there_is_404(signed_in: Client, key: str) -> None:
    assert signed_in.get(f"/strategies/{key}/").status_code == 404


def test_names_are_text(signed_in: Client) -> None:
    row = made(signed_in, name=HOSTILE, description=HOSTILE)
    for path in ("/strategies/", f"/strategies/{row['id']}/"):
        response = signed_in.get(path)
        assert b"<script>alert" not in response.content
    assert embedded(response, "strategy-data")["body"]["name"] == HOSTILE


def test_a_page_carries_what_the_api_says(signed_in: Client) -> None:
    row = made(signed_in)
    put(signed_in, f"/api/strategies/{row['id']}", strategy_body(name="Mine v2"))
    response = signed_in.get(f"/strategies/{row['id']}/")
    told = signed_in.get(f"/api/strategies/{row['id']}").json()
    data = embedded(response, "strategy-data")
    assert (data["id"], data["version"], data["mine"]) == (row["id"], 2, True)
    assert data["body"]["entry_rules"] == told["entry_rules"]
    assert data["sentences"] == told["sentences"]
    assert response.content.count(b"data-version=") == 2
    assert b'data-restore="1"' in response.content


def test_a_template_has_no_buttons_that_change_it(signed_in: Client) -> None:
    page = signed_in.get("/strategies/v3_dip_buyer/").content
    assert b"Connors" in page
    assert b"rsi_max 34, 39, 45, 51, 56" in page
    assert b'id="save"' not in page
    assert b"DELETE /api/strategies" not in page


def test_an_empty_page_begins_with_rules_that_hold(signed_in: Client) -> None:
    data = embedded(signed_in.get("/strategies/new/"), "strategy-data")
    assert data["id"] is None
    assert read_body(data["body"]).canonical == {**FIRST_RULES, "exit_rules": data["body"]["exit_rules"]}


def test_the_pickers_know_every_word_once(signed_in: Client) -> None:
    make_universe()
    language = embedded(signed_in.get("/strategies/new/"), "rule-language")
    listed = [word for group in language["groups"] for word in group["words"]]
    assert sorted(listed) == sorted(WORDS)
    assert set(language["words"]) == set(WORDS)
    assert [setting["value"] for setting in language["settings"]] == list(CONFIG)
    assert language["sectors"] == sorted(language["sectors"])
    assert language["sectors"]
    assert [name for name, _ in GROUPS] == [group["name"] for group in language["groups"]]


def test_the_pickers_ask_little(signed_in: Client) -> None:
    from datetime import date

    make_universe()
    with CaptureQueriesContext(connection) as asked:
        catalogue(on=date(2026, 1, 1))
    assert len(asked) <= 3


def test_lists_ask_the_same_for_many_as_for_one(signed_in: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            signed_in.get("/strategies/")
        return len(queries)

    signed_in.get("/strategies/?tab=templates")
    made(signed_in)
    asked()
    one = asked()
    for at in range(6):
        post(signed_in, "/api/strategies/v3_dip_buyer/fork", {"name": f"Copy {at}"})
    assert asked() == one


def test_the_last_run_stands_in_the_list(signed_in: Client, user: Any) -> None:
    from datetime import date

    row = made(signed_in)
    run = LastRun(7, 1, date(2020, 1, 1), date(2024, 12, 31), "nifty_100", 12.34, -20.0, 88, "import")
    register_last_runs(reader := lambda who, ids: {row["id"]: run} if row["id"] in ids and who.pk == user.pk else {})
    try:
        page = signed_in.get("/strategies/").content.decode()
    finally:
        from signals.services.strategies import last_runs as module

        module._readers.remove(reader)
    assert "+12.3%" in page
    assert "/backtests/7/" in page
    assert "Jan 2020 – Dec 2024" in page
    assert last_runs(user, [row["id"]]) == {}


def test_a_difference_says_rules_in_words(signed_in: Client) -> None:
    first = made(signed_in)
    hot = {"name": "hot", "condition": compare("rsi14", ">", 70)}
    rules = {"type": "or", "conditions": first["entry_rules"]["conditions"][:1]}
    body = strategy_body(exit_rules=[*strategy_body()["exit_rules"], hot], entry_rules=rules)
    put(signed_in, f"/api/strategies/{first['id']}", body)
    rows = {row["place"]: row for row in signed_in.get(f"/api/strategies/{first['id']}/diff").json()["changes"]}
    assert rows["exit_rules[1]"]["after_text"] == "hot: RSI(14) above 70"
    assert rows["entry_rules.conditions[1]"]["before_text"] == "RSI(14) at most hot (70)"
    assert (rows["entry_rules.type"]["before_text"], rows["entry_rules.type"]["after"]) == ("", "or")


def test_rules_are_counted_one_by_one(signed_in: Client) -> None:
    make_universe()
    rules = {
        "type": "and",
        "conditions": [
            compare(indicator("close"), ">", {"type": "literal", "value": 0}),
            compare(indicator("close"), "<", {"type": "literal", "value": 0}),
        ],
    }
    body = {"strategy": strategy_body(entry_rules=rules, universe="pocket"), "each": True}
    found = post(signed_in, "/api/strategies/matches", body)
    assert found.status_code == 200, found.content
    answer = found.json()
    assert answer["count"] == 0
    assert answer["passes"] == [
        {"loc": ["entry_rules", "conditions", 0], "count": answer["of"]},
        {"loc": ["entry_rules", "conditions", 1], "count": 0},
    ]
    assert post(signed_in, "/api/strategies/matches", {**body, "each": False}).json()["passes"] == []
    assert Strategy.objects.filter(is_template=False).count() == 0
