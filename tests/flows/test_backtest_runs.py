"""Backtests over HTTP on the simulated exchange: run, read, list, compare, delete; what is refused."""

import csv
import io
from typing import Any

import pytest
from django.core.management import call_command

from backtest.models import Analysis, Run, Tries
from backtest.services.work import work_on
from signals.models import Strategy
from signals.services.strategies.language import read_body
from signals.services.strategies.saving import _put_version
from tests.flows.pocket import compare, make_universe, run_body, strategy_body
from tests.flows.test_strategies import made, post
from tests.flows.test_surface_errors import assert_user_shape

pytestmark = pytest.mark.django_db

AS_PRINTED = {
    "strategy_id": 42,
    "universe": "nifty_100",
    "start_date": "2020-01-01",
    "end_date": "2026-01-01",
    "starting_capital": 10000000,
    "position_size_pct": 10,
    "max_positions": 20,
    "max_per_sector": 2,
    "slippage_bps": 5,
}
KEYS = {
    "id", "status", "summary", "equity_curve", "trades", "monthly_returns", "drawdowns", "flags", "provenance",
    "skipped", "costs", "analysis", "data_source", "as_of",
}  # fmt: skip
TRADE = {
    "symbol", "sector", "entry_date", "entry_price", "exit_date", "exit_price", "quantity", "pnl", "pnl_pct",
    "charges", "bars_held", "exit_reason", "conviction", "mfe_pct", "mae_pct",
}  # fmt: skip


@pytest.fixture
def pocket(db: None) -> None:
    make_universe()


def run(client: Any, **more: Any) -> Any:
    response = post(client, "/api/backtest/run", run_body(**more))
    assert response.status_code == 201, response.content
    return response.json()


def strategy_42(user: Any) -> None:
    from core import clock

    now = clock.now()
    row = Strategy.objects.create(pk=42, owner=user, name="x", created_at=now, updated_at=now)
    _put_version(row, read_body(strategy_body(universe=None)), number=1, now=now)


def test_the_example_runs_as_printed(user: Any, signed_in: Any) -> None:
    call_command("seed_market", verbosity=0)
    strategy_42(user)
    response = post(signed_in, "/api/backtest/run", AS_PRINTED)
    assert response.status_code == 201, response.content
    result = response.json()
    line = (
        f"CAGR: {result['summary']['cagr']:.1f}% Win rate: {result['summary']['win_rate']:.1f}% "
        f"Total trades: {result['summary']['total_trades']}"
    )
    assert "%" in line
    assert set(result) >= KEYS
    assert result["summary"]["total_trades"] == len(result["trades"]) > 100
    assert set(result["trades"][0]) >= TRADE
    assert set(result["equity_curve"][0]) == {"date", "equity", "cash", "benchmark", "drawdown_pct"}
    assert result["equity_curve"][0] == {
        "date": "2020-01-01", "equity": 1e7, "cash": 1e7, "benchmark": 1e7, "drawdown_pct": 0.0,
    }  # fmt: skip
    assert "SURVIVORSHIP_BIASED" not in result["flags"]
    assert result["provenance"]["parameters"]["max_per_sector"] == 2


def test_a_run_is_stored_as_it_was_answered(signed_in: Any, pocket: None) -> None:
    strategy = made(signed_in)
    first = run(signed_in, strategy_id=strategy["id"])
    again = signed_in.get(f"/api/backtest/runs/{first['id']}").json()
    assert again == first
    rows = signed_in.get("/api/backtest/runs").json()
    assert [row["id"] for row in rows] == [first["id"]]
    assert rows[0]["summary"] == first["summary"]
    assert "trades" not in rows[0]
    assert signed_in.get(f"/api/backtest/runs?strategy_id={strategy['id']}").json() == rows
    assert signed_in.get("/api/backtest/runs?universe=nifty_50").json() == []


def test_figures_agree_with_each_other(signed_in: Any, pocket: None) -> None:
    found = run(signed_in, strategy=strategy_body())
    summary, curve, trades = found["summary"], found["equity_curve"], found["trades"]
    assert summary["final_equity"] == curve[-1]["equity"]
    assert summary["max_drawdown_pct"] == min(point["drawdown_pct"] for point in curve) < 0
    assert summary["total_return_pct"] == pytest.approx(100 * (curve[-1]["equity"] / 1_000_000 - 1), abs=1e-3)
    wins = sum(trade["pnl"] > 0 for trade in trades)
    assert summary["win_rate"] == pytest.approx(100 * wins / len(trades), abs=1e-3)
    assert found["costs"]["total"] == pytest.approx(sum(v for k, v in found["costs"].items() if k != "total"), abs=0.05)
    for trade in trades:
        gross = (trade["exit_price"] - trade["entry_price"]) * trade["quantity"]
        assert trade["pnl"] == pytest.approx(gross - trade["charges"], abs=0.6)
        assert trade["exit_reason"] in {"below_average", "stop_loss", "stop_loss_gap"}
    growth = 1.0
    for year in found["monthly_returns"]:
        for month in year["months"]:
            growth *= 1 + (month or 0.0) / 100
    assert growth == pytest.approx(curve[-1]["equity"] / 1_000_000, rel=1e-4)
    assert found["drawdowns"][0]["depth_pct"] == summary["max_drawdown_pct"]


def test_the_same_asked_twice_has_the_same_bytes(signed_in: Any, pocket: None) -> None:
    def content(body: dict[str, Any]) -> tuple[str, bytes]:
        found = run(signed_in, **body)
        row = Run.objects.get(pk=found["id"])
        return row.hash, bytes(row.document)

    first, again = content({"strategy": strategy_body()}), content({"strategy": strategy_body()})
    assert first == again
    other = content({"strategy": strategy_body(), "slippage_bps": 6})
    assert other[0] != first[0]
    assert content({"strategy": strategy_body(), "params": {"hot": 60}})[0] != first[0]
    assert Tries.objects.get().count == 3


def test_parameters_and_who_sets_them(signed_in: Any, pocket: None) -> None:
    body = strategy_body(config={"max_positions": 3}, sizing={"mode": "pct_equity", "pct": 7})
    bare = {"position_size_pct": None, "max_positions": None, "max_per_sector": None}
    found = run(signed_in, strategy=body, **bare)["provenance"]["parameters"]
    assert (found["position_size_pct"], found["max_positions"], found["max_per_sector"]) == (7.0, 3, None)
    found = run(signed_in, strategy=body, params={"hot": 55})["provenance"]["parameters"]
    assert (found["position_size_pct"], found["max_positions"], found["hot"]) == (20.0, 5, 55.0)


def test_costs(signed_in: Any, pocket: None) -> None:
    free = run(signed_in, strategy=strategy_body(), costs="none")
    assert free["costs"]["total"] == 0
    assert "STAMP_DUTY_ASSUMED" not in free["flags"]
    flat = run(signed_in, strategy=strategy_body(), costs={"flat_pct": 0.1})
    bought = sum(trade["entry_value"] + trade["exit_value"] for trade in flat["trades"])
    assert flat["costs"]["total"] >= bought * 0.001 * 0.99
    paid = run(signed_in, strategy=strategy_body(), costs="icici", start_date="2020-01-01")
    assert paid["costs"]["brokerage"] > 0
    assert "STAMP_DUTY_ASSUMED" in paid["flags"]


def test_no_trades_are_a_result_too(signed_in: Any, pocket: None) -> None:
    found = run(signed_in, strategy=strategy_body(entry_rules=compare("close", "<", 0), params={}))
    summary = found["summary"]
    assert (summary["cagr"], summary["win_rate"], summary["total_trades"]) == (0.0, 0.0, 0)
    assert "SHORT_SAMPLE" in found["flags"]
    assert summary["sharpe"] is None
    assert found["flag_notes"]["SHORT_SAMPLE"]


def test_a_start_before_the_data(signed_in: Any, pocket: None) -> None:
    found = run(signed_in, strategy=strategy_body(), start_date="2001-01-01", end_date="2019-06-30")
    assert "START_BEFORE_DATA" in found["flags"]
    assert found["summary"]["start_date"] == "2019-01-01"


def test_what_the_data_lacks_is_flagged(signed_in: Any, pocket: None) -> None:
    rules = {"type": "or", "conditions": [compare("close", ">", "sma20"), compare("roe", ">", 10)]}
    found = run(signed_in, strategy=strategy_body(entry_rules=rules, params={}))
    assert "FUNDAMENTALS_MISSING" in found["flags"]
    scored = run(signed_in, strategy=strategy_body(entry_rules=compare("iscore", ">", 60), params={}))
    assert "ISCORE_HISTORY_MISSING" in scored["flags"]
    assert scored["summary"]["total_trades"] == 0


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"universe": "nowhere"}, 400, "universe"),
        ({"universe": "x" * 61}, 422, "universe"),
        ({"start_date": "2024-01-01"}, 400, "start_date"),
        ({"start_date": "2035-01-01", "end_date": "2036-01-01"}, 400, "session"),
        ({"starting_capital": 0}, 400, "starting_capital"),
        ({"starting_capital": -5}, 400, "starting_capital"),
        ({"starting_capital": 1e300}, 400, "starting_capital"),
        ({"starting_capital": "much"}, 422, "starting_capital"),
        ({"start_date": "yesterday"}, 422, "start_date"),
        ({"start_date": None}, 422, "start_date"),
        ({"position_size_pct": 0}, 422, "position_size_pct"),
        ({"position_size_pct": 101}, 422, "position_size_pct"),
        ({"max_positions": 0}, 422, "max_positions"),
        ({"max_positions": 2.5}, 422, "max_positions"),
        ({"slippage_bps": -1}, 422, "slippage_bps"),
        ({"costs": "free"}, 422, "costs"),
        ({"costs": {"flat_pct": -1}}, 422, "costs"),
        ({"costs": {"flat": 1}}, 422, "costs"),
        ({"benchmark": "NSE:NOBODY"}, 400, "benchmark"),
        ({"benchmark": "A:B:C"}, 400, "benchmark"),
        ({"seed": -1}, 422, "seed"),
        ({"params": {"nobody": 1}}, 422, "nobody"),
        ({"params": {"fast": "x"}}, 422, "fast"),
        ({"params": {"fast": 1e9}}, 422, "fast"),
        ({"surprise": 1}, 422, "surprise"),
        ({"strategy": 5}, 422, "strategy"),
        ({"strategy": {"entry_rules": {"type": "what"}}}, 422, "strategy.entry_rules"),
        ({"strategy_id": 7}, 422, "strategy_id"),
        ({"strategy": None, "strategy_id": None}, 422, "strategy"),
    ],
)
def test_bad_inputs(signed_in: Any, pocket: None, change: dict[str, Any], status: int, word: str) -> None:
    body = {**run_body(strategy=strategy_body()), **change}
    response = post(signed_in, "/api/backtest/run", body)
    assert word in assert_user_shape(response, status)["detail"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("key", [999_999, "no_such_template", 2**62])
def test_an_unknown_strategy(signed_in: Any, pocket: None, key: Any) -> None:
    assert_user_shape(post(signed_in, "/api/backtest/run", run_body(strategy_id=key)), 404)


@pytest.mark.parametrize("key", [0, -3, 1.5, True, [], 2**70])
def test_a_strategy_id_that_is_none(signed_in: Any, pocket: None, key: Any) -> None:
    assert_user_shape(post(signed_in, "/api/backtest/run", run_body(strategy_id=key)), 422)


def test_too_large(signed_in: Any, pocket: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signals.services.market_data.MAX_DAYS", 100)
    response = post(signed_in, "/api/backtest/run", run_body(strategy=strategy_body()))
    assert "at most 500 and 100" in assert_user_shape(response, 400)["detail"]


def test_strategies_of_others(signed_in: Any, pocket: None, other_user: Any) -> None:
    from django.test import Client

    strategy = made(signed_in)
    stranger = Client()
    stranger.force_login(other_user)
    body = run_body(strategy_id=strategy["id"])
    assert_user_shape(post(stranger, "/api/backtest/run", body), 404)
    post(signed_in, f"/api/strategies/{strategy['id']}/share")
    theirs = post(stranger, "/api/backtest/run", body)
    assert theirs.status_code == 201
    run_id = theirs.json()["id"]
    assert_user_shape(signed_in.get(f"/api/backtest/runs/{run_id}"), 404)
    assert_user_shape(signed_in.delete(f"/api/backtest/runs/{run_id}"), 404)
    assert_user_shape(post(signed_in, "/api/backtest/compare", {"ids": [run_id]}), 404)
    assert signed_in.get("/api/backtest/runs").json() == []
    assert_user_shape(Client().get(f"/api/backtest/runs/{run_id}"), 401)


def test_a_template_by_its_name(signed_in: Any, pocket: None) -> None:
    found = run(signed_in, strategy_id="v1_momentum")
    assert found["provenance"]["strategy_version"] == 1
    assert found["name"]


def test_a_run_outlives_its_strategy(signed_in: Any, pocket: None) -> None:
    strategy = made(signed_in)
    found = run(signed_in, strategy_id=strategy["id"])
    assert signed_in.delete(f"/api/strategies/{strategy['id']}").status_code == 200
    kept = signed_in.get(f"/api/backtest/runs/{found['id']}").json()
    assert kept["trades"] == found["trades"]
    assert kept["strategy_id"] is None


def test_trades_as_a_file(signed_in: Any, pocket: None) -> None:
    found = run(signed_in, strategy=strategy_body(exit_rules=[
        {"name": "=cmd()", "condition": compare("close", "<", "sma20")}
    ]))  # fmt: skip
    response = signed_in.get(f"/api/backtest/runs/{found['id']}?format=csv")
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert len(rows) == len(found["trades"])
    assert float(rows[0]["pnl"]) == found["trades"][0]["pnl"]
    assert {row["exit_reason"] for row in rows} >= {"'=cmd()"}
    assert_user_shape(signed_in.get(f"/api/backtest/runs/{found['id']}?format=xml"), 400)


def test_compare(signed_in: Any, pocket: None) -> None:
    ids = [run(signed_in, strategy=strategy_body(), params={"hot": hot})["id"] for hot in (50, 60, 70)]
    found = post(signed_in, "/api/backtest/compare", {"ids": ids}).json()
    assert [row["id"] for row in found["runs"]] == ids
    assert found["runs"][0]["curve"][0]["value"] == 100
    assert [one["changes"][0]["place"] for one in found["differences"]] == ["params.hot", "params.hot"]
    assert found["common"]["start_date"] == found["runs"][0]["curve"][0]["date"]
    for row in found["runs"]:
        whole, part = row["summary"], found["common"]["figures"][str(row["id"])]
        assert {name: whole[name] for name in part if name in whole} == {
            name: value for name, value in part.items() if name in whole
        }
    for one in found["differences"]:
        assert 0 < one["overlap"]["share_pct"] < 100
        assert -1 <= one["correlation"] <= 1
        assert [row["year"] for row in one["monthly"]] == [2022, 2023]
    for bad, status in ([[], 422], [[1, 2, 3, 4, 5], 422], [["x"], 422], [[10**12], 404]):
        assert_user_shape(post(signed_in, "/api/backtest/compare", {"ids": bad}), status)


def test_delete(signed_in: Any, pocket: None) -> None:
    found = run(signed_in, strategy=strategy_body())
    path = f"/api/backtest/runs/{found['id']}"
    assert signed_in.delete(path).json() == {"deleted": True}
    assert_user_shape(signed_in.get(path), 404)
    assert not Analysis.objects.exists()
    assert Tries.objects.get().count == 1


def test_the_analysis_of_a_run(signed_in: Any, pocket: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.constants.BASELINES", 30)
    monkeypatch.setattr("backtest.constants.BOOTSTRAPS", 100)
    found = run(signed_in, strategy=strategy_body(), start_date="2021-01-01", end_date="2024-12-31")
    assert found["analysis"]["status"] == "queued"
    work_on("analysis", Analysis.objects.get().pk)
    after = signed_in.get(f"/api/backtest/runs/{found['id']}").json()
    analysis = after.pop("analysis")
    before = dict(found)
    before.pop("analysis")
    assert after == before
    assert analysis["status"] == "done", analysis
    assert analysis["look_ahead"]["passed"]
    assert all(one["trades_compared"] > 10 for one in analysis["look_ahead"]["cuts"])
    assert analysis["warm_up"]["compared"]
    assert analysis["random_baseline"]["runs"] == 30
    low, middle, high = analysis["bootstrap"]["cagr"]
    assert low < middle < high
    assert analysis["deflated_sharpe"]["tries"] == 1
    again = run(signed_in, strategy=strategy_body(), start_date="2021-01-01", end_date="2024-12-31")
    assert again["analysis"] == analysis
    assert again["trades"] == found["trades"]


def test_a_planted_look_ahead_is_found(signed_in: Any, pocket: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that peeks at tomorrow's close is caught by the probe."""
    from dataclasses import replace

    import numpy as np

    from signals.services.strategies import compiled as module

    honest = module.compile_strategy

    def peeking(strategy: Any, data: Any, **more: Any) -> Any:
        panel = data.panel
        tomorrow = np.vstack([panel.close[1:], panel.close[-1:]])
        return honest(strategy, replace(data, panel=replace(panel, close=tomorrow, open=tomorrow)), **more)

    monkeypatch.setattr("backtest.constants.BASELINES", 1)
    monkeypatch.setattr(module, "compile_strategy", peeking)
    found = run(signed_in, strategy=strategy_body())
    work_on("analysis", Analysis.objects.get().pk)
    analysis = signed_in.get(f"/api/backtest/runs/{found['id']}").json()["analysis"]
    assert not analysis["look_ahead"]["passed"]
    assert "LOOK_AHEAD" in analysis["flags"]
    assert analysis["flag_notes"]["LOOK_AHEAD"]


def test_options(signed_in: Any, pocket: None) -> None:
    found = signed_in.get("/api/backtest/options").json()
    assert [row["name"] for row in found["universes"]] == ["pocket"]
    assert found["limits"]["parameter_sets"] == 1000


def test_an_account_takes_its_backtests_along(user: Any, signed_in: Any, pocket: None) -> None:
    from accounts.services.account import _exporters

    found = run(signed_in, strategy=strategy_body())
    taken = _exporters["backtests"](user)
    assert (taken["tries"], [row["id"] for row in taken["runs"]]) == (1, [found["id"]])
    assert taken["runs"][0]["summary"] == found["summary"]
