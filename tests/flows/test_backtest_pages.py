"""Pages of backtests as the server sends them: figures equal to the API's, forms that know their run, words for all."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from backtest.constants import FLAG_NOTES
from backtest.models import Run
from backtest.pages.definitions import ANALYSIS, BY_KEY, DEFINITIONS
from backtest.pages.flags import known_flags
from backtest.pages.metrics import metric
from backtest.services.work import work_on
from market.pages import figures
from tests.flows.pocket import make_universe, run_body, strategy_body
from tests.flows.test_strategies import made, post

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[2] / "docs" / "backtests.md"

#: Keys of a summary that are no figure with a formula: what the run was of.
FACTS = {"starting_capital", "open_positions", "sessions", "start_date", "end_date", "benchmark", "excess_cagr"}


@pytest.fixture(autouse=True)
def pocket(db: None) -> None:
    make_universe()


def run(client: Any, **more: Any) -> dict[str, Any]:
    response = post(client, "/api/backtest/run", run_body(**more))
    assert response.status_code == 201, response.content
    return response.json()


def page(client: Any, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def value_of(html: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*>', html)
    assert found, name
    value = re.search(r'value="([^"]*)"', found[0])
    return value[1] if value else ""


def chosen_of(html: str, name: str) -> str:
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', html, re.S)
    assert select
    found = re.search(r'value="([^"]*)"[^>]* selected', select[0])
    assert found
    return found[1]


def test_the_report_prints_the_figures_of_the_api(signed_in: Any) -> None:
    result = run(signed_in, strategy=strategy_body())
    html = page(signed_in, f"/backtests/{result['id']}/")
    summary = result["summary"]
    for key in BY_KEY:
        shown = metric(key, summary)
        assert f'id="m-{key}"' in html
        assert shown.figure.text in html
        if summary[key] is not None:
            assert f'data-value="{summary[key]!r}"' in html
    assert result["provenance"]["hash"] in html
    assert figures.grouped(result["costs"]["total"], 2) in html
    for row in result["monthly_returns"]:
        assert f">{row['year']}</th>" in html
    assert html.count('data-at="') == min(25, len(result["trades"])) + 1  # and the pattern for the script
    assert result["trades"][-1]["exit_date"] in html
    for flag in result["flags"]:
        assert f'id="flag-{flag}"' in html
    assert "Hypothetical" in html


def test_the_analysis_fills_in(signed_in: Any) -> None:
    result = run(signed_in, strategy=strategy_body())
    path = f"/backtests/{result['id']}/"
    waiting = page(signed_in, path)
    assert 'data-status="queued"' in waiting
    assert "Waiting for a worker" in waiting
    work_on("analysis", Run.objects.get(pk=result["id"]).analysis.pk)
    done = page(signed_in, path)
    assert 'data-status="done"' in done
    analysis = signed_in.get(f"/api/backtest/runs/{result['id']}").json()["analysis"]
    for part in ANALYSIS:
        assert f'data-key="{part.key}"' in done
    assert f"{figures.grouped(analysis['random_baseline']['percentile'], 1)}% of 200 runs" in done
    assert figures.signed(analysis["bootstrap"]["cagr"][0], 1) in done
    for flag in analysis["flags"]:
        assert f'id="flag-{flag}"' in done


def test_an_analysis_that_failed_says_so(signed_in: Any) -> None:
    result = run(signed_in, strategy=strategy_body())
    analysis = Run.objects.get(pk=result["id"]).analysis
    analysis.status, analysis.error = "failed", "Prices have been imported since the run was made. Run it again."
    analysis.save()
    html = page(signed_in, f"/backtests/{result['id']}/")
    assert "Prices have been imported since" in html
    assert f"/backtests/new/?run={result['id']}" in html


def test_a_run_without_trades_has_a_report(signed_in: Any) -> None:
    never = {"type": "compare", "left": {"type": "indicator", "name": "close"}, "op": "<",
             "right": {"type": "literal", "value": 0}}  # fmt: skip
    result = run(signed_in, strategy=strategy_body(entry_rules=never))
    html = page(signed_in, f"/backtests/{result['id']}/")
    assert "No closed trade" in html
    assert "No drawdown" in html
    assert "No charges" in html


def test_strangers_see_nothing(signed_in: Any, other_user: Any) -> None:
    result = run(signed_in, strategy=strategy_body())
    other = Client()
    assert other.get("/backtests/").status_code == 302
    other.force_login(other_user)
    assert other.get(f"/backtests/{result['id']}/").status_code == 404
    assert other.get(f"/backtests/new/?run={result['id']}").status_code == 404
    assert signed_in.get("/backtests/999999/").status_code == 404
    assert f"/backtests/{result['id']}/" not in page(other, "/backtests/")


def test_the_list_filters_and_counts(signed_in: Any) -> None:
    assert "No backtest yet" in page(signed_in, "/backtests/")
    mine = made(signed_in)
    first, second = run(signed_in, strategy_id=mine["id"]), run(signed_in, strategy=strategy_body(name="Another"))
    html = page(signed_in, "/backtests/")
    assert "2 runs" in html
    only = page(signed_in, f"/backtests/?strategy={mine['id']}")
    assert f'data-run="{first["id"]}"' in only
    assert f'data-run="{second["id"]}"' not in only
    assert "No run matches" in page(signed_in, "/backtests/?universe=nifty_50")
    for odd in ("strategy=x", "strategy=99999999999999999999", "page=0", "page=-1", "page=9e9"):
        page(signed_in, f"/backtests/?{odd}")


def test_the_form_is_filled_as_the_run_was(signed_in: Any) -> None:
    mine = made(signed_in)
    asked = {"strategy_id": mine["id"], "params": {"fast": 30}, "costs": {"flat_pct": 0.2}, "max_per_sector": 1,
             "position_size_pct": 12.5, "seed": 7}  # fmt: skip
    result = run(signed_in, **asked)
    html = page(signed_in, f"/backtests/new/?run={result['id']}")
    assert chosen_of(html, "strategy_id") == str(mine["id"])
    assert chosen_of(html, "universe") == "pocket"
    expected = {"params.fast": "30", "params.hot": "", "costs.flat_pct": "0.2", "max_per_sector": "1",
                "position_size_pct": "12.5", "seed": "7", "start_date": "2022-01-01", "end_date": "2023-12-31",
                "starting_capital": "1000000", "slippage_bps": "5", "version": "1"}  # fmt: skip
    assert {name: value_of(html, name) for name in expected} == expected
    assert value_of(page(signed_in, f"/backtests/new/?run={result['id']}&seed=9"), "seed") == "9"


def test_charges_may_be_named_in_the_address(signed_in: Any) -> None:
    flat = page(signed_in, "/backtests/new/?costs=%7B%22flat_pct%22%3A0.3%7D")
    assert value_of(flat, "costs.flat_pct") == "0.3"
    for odd in ("tea", "[1]", '{"flat_pct":"x"}', '{"flat_pct":51}'):
        assert value_of(page(signed_in, f"/backtests/new/?{urlencode({'costs': odd})}"), "costs.flat_pct") == "0.1"


def test_a_run_whose_strategy_is_gone_can_be_run_again(signed_in: Any) -> None:
    mine = made(signed_in)
    result = run(signed_in, strategy_id=mine["id"])
    assert signed_in.delete(f"/api/strategies/{mine['id']}").status_code == 200
    html = page(signed_in, f"/backtests/new/?run={result['id']}")
    assert 'id="inline-rules"' in html
    assert 'name="strategy_id"' not in html
    page(signed_in, f"/backtests/{result['id']}/")


def test_the_form_says_where_values_come_from(signed_in: Any) -> None:
    plain = page(signed_in, "/backtests/new/?strategy=v1_momentum")
    assert "Empty: 20, from the default." in plain
    own = made(signed_in, config={"max_positions": 7, "max_per_sector": 3}, sizing={"mode": "pct_equity", "pct": 4})
    html = page(signed_in, f"/backtests/new/?strategy={own['id']}")
    assert "Empty: 7, from the strategy." in html
    assert "Empty: 3, from the strategy. 0 means no cap." in html
    assert re.search(r"Empty: 4%, from\s+the strategy", html)
    assert signed_in.get("/backtests/new/?strategy=nobodys").status_code == 404


def test_a_report_may_be_compared_with_the_run_it_was_changed_from(signed_in: Any) -> None:
    first = run(signed_in, strategy=strategy_body())
    second = run(signed_in, strategy=strategy_body(), slippage_bps=20)
    html = page(signed_in, f"/backtests/{second['id']}/?against={first['id']}")
    assert f"/backtests/compare/?ids={first['id']},{second['id']}" in html
    for odd in ("x", "0", str(second["id"]), "9" * 30):
        assert "/backtests/compare/" not in page(signed_in, f"/backtests/{second['id']}/?against={odd}")


def test_every_figure_and_flag_is_explained(signed_in: Any) -> None:
    summary = run(signed_in, strategy=strategy_body())["summary"]
    explained = set(BY_KEY) | {one.against for one in DEFINITIONS if one.against}
    assert set(summary) - explained - FACTS == set()
    assert {flag.key for flag in known_flags()} >= set(FLAG_NOTES)
    assert all(flag.means and flag.todo for flag in known_flags())
    guide, text = page(signed_in, "/backtests/guide/"), DOCS.read_text()
    for one in (*DEFINITIONS, *ANALYSIS):
        assert f'id="{one.anchor}"' in guide
        assert f"{one.label} (`{one.key}`) | `{one.formula}`" in text
        assert one.meaning in text
    for flag in known_flags():
        assert f'id="flag-{flag.key}"' in guide
        assert f"| {flag.label} | `{flag.key}` |" in text
        assert flag.todo in text


def test_add_ons_are_told_one_by_one(signed_in: Any) -> None:
    gain = {"type": "compare", "left": {"type": "position", "field": "gain_pct"}, "op": ">",
            "right": {"type": "literal", "value": 1}}  # fmt: skip
    adding = {"enabled": True, "condition": gain, "max_addons": 2, "size_pct": 50}
    result = run(signed_in, strategy=strategy_body(addon_rules=adding), position_size_pct=10)
    added = result["addons"]
    assert added
    assert [row["date"] for row in added] == sorted(row["date"] for row in added)
    for trade in result["trades"]:
        mine = [row for row in added if row["symbol"] == trade["symbol"]
                and trade["entry_date"] < row["date"] <= trade["exit_date"]]  # fmt: skip
        assert len(mine) == trade["addons"]
        assert sum(row["quantity"] for row in mine) < trade["quantity"]
    assert run(signed_in, strategy=strategy_body())["addons"] == []
