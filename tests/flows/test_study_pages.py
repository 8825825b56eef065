"""Pages that compare runs, start sweeps and walk-forward tests, and show them: what the server prints."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from backtest.models import Study
from backtest.services.work import work_on
from tests.flows.pocket import make_universe, run_body, strategy_body
from tests.flows.test_strategies import post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pocket(db: None) -> None:
    make_universe()


def run(client: Any, **more: Any) -> int:
    response = post(client, "/api/backtest/run", run_body(strategy=strategy_body(), **more))
    assert response.status_code == 201, response.content
    return response.json()["id"]


def study(client: Any, path: str = "sweep", **more: Any) -> int:
    body = run_body(strategy=strategy_body(), parameters={"fast": [10, 20, 30], "max_positions": [3, 5]}, **more)
    response = post(client, f"/api/backtest/{path}", body)
    assert response.status_code == 202, response.content
    return response.json()["id"]


def html(client: Any, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content[:500]
    return re.sub(r"\s+", " ", response.content.decode())


def embedded(page: str, name: str) -> Any:
    return json.loads(re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)[1])


def test_two_runs_say_what_differs_first_and_which_is_better(signed_in: Any) -> None:
    ids = [run(signed_in, params={"hot": 50}), run(signed_in, params={"hot": 70}, costs="none")]
    page = html(signed_in, f"/backtests/compare/?ids={ids[0]},{ids[1]}")
    assert page.index("What differs") < page.index("compare-curves") < page.index("Figures of the whole runs")
    assert re.search(r"Parameter hot</th><td>50</td><td>70</td>", page)
    assert re.search(r"Charges</th><td>Zerodha&#x27;s charges</td><td>No charges</td>", page)
    assert "<mark>(70).</mark>" in page
    assert page.count(">Best</span>") >= 8
    assert re.search(r"[AB] earned most: [+−][\d.]+% a year", page)
    assert re.search(r"\d+% of the days on which A or B holds a share, both hold it", page)
    data = embedded(page, "compare-data")
    assert [one["values"][0] for one in data["series"]] == [100, 100]
    assert data["common"] is None


def test_runs_over_different_days_are_judged_on_the_common_ones(signed_in: Any) -> None:
    ids = [run(signed_in), run(signed_in, start_date="2022-07-01", end_date="2023-06-30")]
    page = html(signed_in, f"/backtests/compare/?ids={ids[0]},{ids[1]}")
    assert "do not cover the same days" in page
    assert "On the days they have in common" in page
    data = embedded(page, "compare-data")
    first = data["series"][0]
    at = first["dates"].index(data["common"]["from"])
    assert first["values"][at] == pytest.approx(100, abs=0.01)
    assert first["values"][0] != 100
    apart = [run(signed_in, end_date="2022-06-30"), ids[1]]
    page = html(signed_in, f"/backtests/compare/?ids={apart[0]},{apart[1]}")
    assert "no days in common" in page
    assert "says which is better" in page
    assert ">Best</span>" not in page


def test_equal_runs_are_called_equal(signed_in: Any) -> None:
    ids = [run(signed_in), run(signed_in)]
    page = html(signed_in, f"/backtests/compare/?ids={ids[0]},{ids[1]}")
    assert "the same run made twice" in page
    assert "Equal runs give equal results" in page
    assert ">Best</span>" not in page


def test_four_runs_fit_and_each_can_be_first_or_leave(signed_in: Any) -> None:
    ids = [run(signed_in, params={"hot": hot}) for hot in (50, 55, 60, 65, 70)]
    page = html(signed_in, "/backtests/compare/?ids=" + ",".join(map(str, ids)))
    assert [one["letter"] for one in embedded(page, "compare-data")["series"]] == list("ABCD")
    assert f"?ids={ids[1]},{ids[0]},{ids[2]},{ids[3]}" in page
    assert f"?ids={ids[0]},{ids[2]},{ids[3]}" in page
    assert 'id="pick-run"' not in page


def test_one_run_and_none_offer_the_others(signed_in: Any) -> None:
    assert "Nothing to compare yet" in html(signed_in, "/backtests/compare/")
    first = run(signed_in)
    assert "One run has nothing beside it" in html(signed_in, f"/backtests/compare/?ids={first}")
    second = run(signed_in, params={"hot": 50})
    assert f"?ids={second}" in html(signed_in, "/backtests/compare/")
    assert f"?ids={first},{second}" in html(signed_in, f"/backtests/compare/?ids={first}")
    assert "Choose the first run" in html(signed_in, "/backtests/compare/?ids=x,,1e9,²,99999999999999999999")


def test_somebody_elses_objects_are_absent(signed_in: Any, other_user: Any) -> None:
    stranger = Client()
    stranger.force_login(other_user)
    number, made, walk = run(signed_in), study(signed_in), study(signed_in, "walk-forward", **WINDOWS)
    for path in (
        f"/backtests/compare/?ids={number}", f"/backtests/sweeps/{made}/", f"/backtests/walk-forward/{walk}/",
        f"/backtests/sweep/new/?run={number}", f"/backtests/sweep/new/?study={made}",
        f"/backtests/walk-forward/{made}/", f"/backtests/sweeps/{walk}/",
    ):  # fmt: skip
        html(stranger, path, 404)
    assert 'href="/backtests/sweeps/' not in html(stranger, "/backtests/sweeps/").partition("<table")[2]


def test_strangers_are_asked_to_sign_in(client: Any) -> None:
    for path in ("compare/", "sweeps/", "sweep/new/", "walk-forward/", "walk-forward/new/", "sweeps/1/"):
        assert client.get(f"/backtests/{path}").url.startswith("/login/")


WINDOWS = {"start_date": "2021-01-01", "train_months": 12, "test_months": 6}


def test_the_form_offers_the_strategys_parameters(signed_in: Any) -> None:
    asked = "strategy=v1_momentum&universe=pocket&start_date=2022-04-01&params.rsi_max=61"
    page = html(signed_in, f"/backtests/sweep/new/?{asked}")
    assert re.findall(r'data-knob="(\w+)"', page) == [
        "rsi_max", "position_size_pct", "max_positions", "max_per_sector", "slippage_bps",
    ]  # fmt: skip
    assert re.search(r'id="keep-rsi_max" data-keep value="61"', page)
    assert 'value="2022-04-01"' in page
    assert re.search(r'<option value="pocket" selected>', page)
    assert 'data-sets="1000"' in page
    html(signed_in, "/backtests/sweep/new/?strategy=nobody", 404)


def test_the_form_takes_over_a_run_or_an_earlier_sweep(signed_in: Any) -> None:
    number = run(signed_in, params={"hot": 55}, costs={"flat_pct": 0.2})
    page = html(signed_in, f"/backtests/sweep/new/?run={number}")
    assert "(rules of a run, not saved)" in page
    assert embedded(page, "study-inline")["strategy"]["name"] == "Above its average"
    assert re.search(r'id="keep-hot" data-keep value="55"', page)
    assert "0.2 % of each order" in page
    made = study(signed_in)
    again = html(signed_in, f"/backtests/sweep/new/?study={made}")
    assert re.search(r'data-list value="10, 20, 30"', again)
    assert re.search(r'data-list value="3, 5"', again)
    walked = html(signed_in, f"/backtests/walk-forward/new/?study={made}&kind=sweep")
    assert re.search(r'data-list value="10, 20, 30"', walked)


def test_a_sweep_waits_runs_and_ends(signed_in: Any) -> None:
    made = study(signed_in)
    waiting = html(signed_in, f"/backtests/sweeps/{made}/")
    assert "Waiting for its turn" in waiting
    assert 'role="progressbar"' in waiting
    assert "Waiting for its turn" in html(signed_in, "/backtests/sweeps/")
    work_on("study", made)
    page = html(signed_in, f"/backtests/sweeps/{made}/")
    assert "progressbar" not in page
    assert "The best of so many without any merit" in page
    meta = embedded(page, "study-meta")
    assert meta["axes"] == {"fast": [10, 20, 30], "max_positions": [3, 5]}
    assert meta["own"] == ["fast", "hot"]
    assert meta["inline"]["name"] == "Above its average"
    rows = html(signed_in, "/backtests/sweeps/")
    best = Study.objects.get().result["best_point"]
    assert f"{abs(best['sharpe']):.2f}" in rows


def test_a_cancelled_and_a_failed_sweep_say_so(signed_in: Any) -> None:
    made = study(signed_in)
    post(signed_in, f"/api/backtest/sweeps/{made}/cancel", {})
    assert "Cancelled after 0 of 6 sets. Nothing was found until then." in html(signed_in, f"/backtests/sweeps/{made}/")
    broken = study(signed_in, universe="nowhere")
    work_on("study", broken)
    page = html(signed_in, f"/backtests/sweeps/{broken}/")
    assert "It could not be finished" in page
    assert "nowhere" in page


def test_a_walk_forward_test_shows_its_windows(signed_in: Any) -> None:
    made = study(signed_in, "walk-forward", **WINDOWS)
    assert "Waiting for its turn" in html(signed_in, f"/backtests/walk-forward/{made}/")
    work_on("study", made)
    page = html(signed_in, f"/backtests/walk-forward/{made}/")
    data = embedded(page, "walk-data")
    found = Study.objects.get()
    assert [row["outside"] for row in data["windows"]] == [one["out_of_sample"]["cagr"] for one in found.points]
    assert len(data["dates"]) == len(data["values"]) > 300
    assert data["values"][0] == 100
    assert "Efficiency is the return a year of the joined tests" in page
    assert re.search(r"of \d tests ended with a gain", page)
    assert "Above its average" in html(signed_in, "/backtests/walk-forward/")


def test_lists_are_paged(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.pages.studies.PAGE_ROWS", 2)
    made = [study(signed_in) for _ in range(3)]
    first, second = html(signed_in, "/backtests/sweeps/"), html(signed_in, "/backtests/sweeps/?page=2")
    assert f"/backtests/sweeps/{made[2]}/" in first
    assert f"/backtests/sweeps/{made[0]}/" not in first
    assert f"/backtests/sweeps/{made[0]}/" in second
    assert "Page 2 of 2" in html(signed_in, "/backtests/sweeps/?page=999")
