"""Sweeps, walk-forward tests and their life over HTTP, workers that die, and the socket that tells of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from backtest.constants import LEASE, MAX_STRIKES
from backtest.lifecycle import Happening, State
from backtest.models import Study, Tries
from backtest.services import jobs, sweeps
from backtest.services.job_feed import changed_since
from backtest.services.work import work_on
from backtest.tasks import resume
from core import clock
from tests.flows.pocket import make_universe, run_body, strategy_body
from tests.flows.test_strategies import post
from tests.flows.test_surface_errors import assert_user_shape

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pocket(db: None) -> None:
    make_universe()


def sweep_body(**more: Any) -> dict[str, Any]:
    return run_body(strategy=strategy_body(), parameters={"fast": [10, 20, 30], "max_positions": [3, 5]}, **more)


def asked(client: Any, path: str = "sweep", **more: Any) -> dict[str, Any]:
    response = post(client, f"/api/backtest/{path}", sweep_body(**more))
    assert response.status_code == 202, response.content
    return response.json()


def read(client: Any, study: dict[str, Any], path: str = "sweeps") -> dict[str, Any]:
    return client.get(f"/api/backtest/{path}/{study['id']}").json()


def test_a_sweep(signed_in: Any) -> None:
    study = asked(signed_in)
    assert (study["status"], study["done"], study["total"]) == ("queued", 0, 6)
    work_on("study", study["id"])
    found = read(signed_in, study)
    assert (found["status"], found["done"]) == ("done", 6), found
    assert [point["parameters"] for point in found["points"]][:2] == [
        {"fast": 10, "max_positions": 3}, {"fast": 10, "max_positions": 5},
    ]  # fmt: skip
    assert found["request"]["axes"] == {"fast": [10, 20, 30], "max_positions": [3, 5]}
    best = found["points"][found["result"]["best"]]
    assert best["sharpe"] == max(point["sharpe"] for point in found["points"])
    assert Tries.objects.get().count == 6
    assert found["result"]["best_point"] == best
    luck = found["result"]["luck"]
    assert (luck["tries"], luck["sets"], luck["sharpe"]) == (6, 6, best["sharpe"])
    assert 0 <= luck["probability"] <= 1
    assert 0.5 < luck["sharpe_of_luck"] < 1.5  # of six worthless tries over two years
    rows = signed_in.get("/api/backtest/sweeps").json()
    assert [row["id"] for row in rows] == [study["id"]]
    assert "points" not in rows[0]


def test_a_point_is_the_run_with_its_parameters(signed_in: Any) -> None:
    study = asked(signed_in)
    work_on("study", study["id"])
    for point in read(signed_in, study)["points"][::3]:
        values = dict(point["parameters"])
        body = run_body(strategy=strategy_body(), max_positions=values.pop("max_positions"), params=values)
        run = post(signed_in, "/api/backtest/run", body).json()["summary"]
        for name in ("cagr", "total_trades", "max_drawdown_pct", "final_equity", "win_rate"):
            assert run[name] == point[name]


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"parameters": {}}, 422, "parameters"),
        ({"sets": [{"fast": 3}]}, 422, "parameters"),
        ({"parameters": {"nobody": [1]}}, 422, "nobody"),
        ({"parameters": {"fast": []}}, 422, "fast"),
        ({"parameters": {"fast": ["x"]}}, 422, "fast"),
        ({"parameters": {"fast": {"from": 5, "to": 1, "step": 1}}}, 422, "fast"),
        ({"parameters": {"fast": {"from": 1, "to": 5, "step": 0}}}, 422, "fast"),
        ({"parameters": {"fast": [10, 100000]}}, 422, "fast"),
        ({"parameters": {"max_positions": [0]}}, 422, "max_positions"),
        ({"parameters": {"fast": list(range(2, 42)), "hot": list(range(40, 70))}}, 400, "1,000"),
        ({"parameters": {"fast": {"from": 2, "to": 3, "step": 1e-9}}}, 422, "fast"),
        ({"metric": "luck"}, 422, "metric"),
        ({"start_date": "2030-01-01"}, 400, "start_date"),
    ],
)
def test_bad_sweeps(signed_in: Any, change: dict[str, Any], status: int, word: str) -> None:
    response = post(signed_in, "/api/backtest/sweep", {**sweep_body(), **change})
    assert word in assert_user_shape(response, status)["detail"]
    assert not Study.objects.exists()


def test_a_sweep_that_cannot_be_done_says_why(signed_in: Any) -> None:
    study = asked(signed_in, universe="nowhere")
    work_on("study", study["id"])
    found = read(signed_in, study)
    assert found["status"] == "failed"
    assert "nowhere" in found["error"]


def test_cancelling_keeps_what_was_found(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CHUNK", 2)
    study = asked(signed_in)
    counted = sweeps.point
    calls: list[int] = []

    def cancelled_meanwhile(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            jobs.cancel(Study.objects.get(pk=study["id"]), now=clock.now())
        return counted(*args)

    monkeypatch.setattr(sweeps, "point", cancelled_meanwhile)
    monkeypatch.setattr(sweeps, "SWEEP_THREADS", 1)
    monkeypatch.setattr(sweeps, "ThreadPoolExecutor", InThread)
    work_on("study", study["id"])
    found = read(signed_in, study)
    assert (found["status"], len(found["points"])) == ("cancelled", 2)
    assert len(calls) == 4
    assert signed_in.delete(f"/api/backtest/sweeps/{study['id']}").json() == {"deleted": True}
    assert_user_shape(signed_in.get(f"/api/backtest/sweeps/{study['id']}"), 404)


class InThread:
    """Stands for the pool where the test's connection must be used."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __enter__(self) -> "InThread":
        return self

    def __exit__(self, *args: Any) -> None:
        pass

    def map(self, work: Any, items: Any) -> Any:
        return [work(item) for item in items]


def test_delete_cancels_what_waits(signed_in: Any) -> None:
    study = asked(signed_in)
    assert signed_in.delete(f"/api/backtest/sweeps/{study['id']}").json() == {"deleted": True, "status": "cancelled"}
    assert read(signed_in, study)["status"] == "cancelled"
    work_on("study", study["id"])
    assert read(signed_in, study)["points"] == []
    again = post(signed_in, f"/api/backtest/sweeps/{study['id']}/cancel")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")


def test_a_worker_that_dies_loses_nothing(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CHUNK", 2)
    study = asked(signed_in)
    whole = asked(signed_in)
    work_on("study", whole["id"])

    class Killed(BaseException):
        pass

    counted = sweeps.point
    calls: list[int] = []

    def dies(*args: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:
            raise Killed
        return counted(*args)

    monkeypatch.setattr(sweeps, "point", dies)
    monkeypatch.setattr(sweeps, "ThreadPoolExecutor", InThread)
    with pytest.raises(Killed):
        work_on("study", study["id"])
    row = Study.objects.get(pk=study["id"])
    assert (row.status, row.done, len(row.points)) == ("running", 4, 4)
    assert ("study", study["id"]) not in jobs.unfinished(now=clock.now())
    work_on("study", study["id"])
    assert len(calls) == 5  # the lease still holds
    later = clock.now() + LEASE + timedelta(seconds=1)
    with clock.frozen(later):
        assert ("study", study["id"]) in jobs.unfinished(now=later)
        work_on("study", study["id"])
    assert len(calls) == 7  # only the two that were missing
    found = read(signed_in, study)
    assert found["status"] == "done"
    assert found["points"] == read(signed_in, whole)["points"]


def test_a_job_that_kills_its_workers_is_given_up(signed_in: Any) -> None:
    study = asked(signed_in)
    now = clock.now()
    for _ in range(MAX_STRIKES + 1):
        assert jobs.claim("study", study["id"], now=now, slice_s=1) is not None
        now += LEASE + timedelta(seconds=1)
    assert jobs.claim("study", study["id"], now=now, slice_s=1) is None
    found = read(signed_in, study)
    assert found["status"] == "failed"
    assert "Given up" in found["error"]


def test_one_worker_has_a_job(signed_in: Any) -> None:
    study = asked(signed_in)
    now = clock.now()
    first = jobs.claim("study", study["id"], now=now, slice_s=1)
    assert first is not None
    assert jobs.claim("study", study["id"], now=now, slice_s=1) is None
    second = jobs.claim("study", study["id"], now=now + LEASE + timedelta(seconds=1), slice_s=1)
    assert second is not None
    with pytest.raises(jobs.Stopped):
        first.close(Happening.FINISHED)
    second.close(Happening.PAUSED)
    assert Study.objects.get().status == State.QUEUED


def test_a_slice_ends_and_goes_on(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CHUNK", 2)
    study = asked(signed_in)
    woken: list[tuple[str, int]] = []
    monkeypatch.setattr("backtest.services.work.wake_id", lambda kind, job_id: woken.append((kind, job_id)))
    work_on("study", study["id"], slice_s=0)
    row = Study.objects.get()
    assert (row.status, row.done, row.lease_until) == ("queued", 2, None)
    assert woken == [("study", study["id"])]
    for _ in range(3):
        work_on("study", study["id"], slice_s=0)
    work_on("study", study["id"], slice_s=60)
    assert read(signed_in, study)["status"] == "done"


def test_the_schedule_finds_what_nobody_was_woken_for(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    study = asked(signed_in)
    woken: list[tuple[str, int]] = []
    monkeypatch.setattr(jobs, "wake_id", lambda kind, job_id: woken.append((kind, job_id)))
    resume()
    assert ("study", study["id"]) in woken


def test_not_too_many_at_once(signed_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backtest.constants.MAX_ACTIVE_STUDIES", 1)
    asked(signed_in)
    assert_user_shape(post(signed_in, "/api/backtest/sweep", sweep_body()), 409)


def test_walk_forward(signed_in: Any) -> None:
    body = {"start_date": "2021-01-01", "end_date": "2022-12-31", "train_months": 12, "test_months": 4}
    study = asked(signed_in, "walk-forward", **body)
    assert (study["kind"], study["total"]) == ("walk_forward", 18)
    work_on("study", study["id"])
    found = read(signed_in, study, "walk-forward")
    assert found["status"] == "done", found
    assert [point["test_from"] for point in found["points"]] == ["2022-01-01", "2022-05-01", "2022-09-01"]
    curve = found["result"]["equity_curve"]
    assert (curve[0]["date"], curve[0]["value"]) == ("2022-01-01", 100)
    assert curve[-1]["date"] == "2022-12-31"
    growth = 1.0
    for point in found["points"]:
        growth *= 1 + point["out_of_sample"]["total_return_pct"] / 100
    assert found["result"]["summary"]["total_return_pct"] == pytest.approx(100 * (growth - 1), abs=0.01)
    assert_user_shape(signed_in.get(f"/api/backtest/sweeps/{study['id']}"), 404)
    short = {**sweep_body(), **body, "end_date": "2021-06-30"}
    assert_user_shape(post(signed_in, "/api/backtest/walk-forward", short), 400)


def test_strangers_see_nothing(signed_in: Any, other_user: Any) -> None:
    study = asked(signed_in)
    stranger = Client()
    stranger.force_login(other_user)
    path = f"/api/backtest/sweeps/{study['id']}"
    for answer in (stranger.get(path), stranger.delete(path), post(stranger, f"{path}/cancel")):
        assert_user_shape(answer, 404)
    assert stranger.get("/api/backtest/sweeps").json() == []
    assert Study.objects.get().status == "queued"


def test_news_of_jobs(signed_in: Any, user: Any) -> None:
    before = clock.now() - timedelta(seconds=1)
    study = asked(signed_in)
    run = post(signed_in, "/api/backtest/run", run_body(strategy=strategy_body())).json()
    news = changed_since(before)[user.pk]
    assert {one["kind"] for one in news} == {"sweep", "analysis"}
    assert next(one for one in news if one["kind"] == "analysis")["run_id"] == run["id"]
    work_on("study", study["id"])
    done = next(one for one in changed_since(before)[user.pk] if one["kind"] == "sweep")
    assert (done["status"], done["done"], done["total"]) == ("done", 6, 6)
    assert changed_since(clock.now()) == {}


def test_how_far_a_job_is_can_be_asked_in_a_few_bytes(signed_in: Any) -> None:
    study = asked(signed_in)
    waiting = signed_in.get(f"/api/backtest/jobs/sweep/{study['id']}").json()
    assert waiting == {
        "kind": "sweep", "id": study["id"], "status": "queued", "done": 0, "total": 6, "name": "Above its average",
    }  # fmt: skip
    work_on("study", study["id"])
    done = signed_in.get(f"/api/backtest/jobs/sweep/{study['id']}").json()
    assert (done["status"], done["done"]) == ("done", 6)
    assert signed_in.get(f"/api/backtest/jobs/walk_forward/{study['id']}").status_code == 404
    assert signed_in.get(f"/api/backtest/jobs/luck/{study['id']}").status_code == 404


def test_an_analysis_is_asked_for_by_its_run(signed_in: Any) -> None:
    run = post(signed_in, "/api/backtest/run", run_body(strategy=strategy_body())).json()
    news = signed_in.get(f"/api/backtest/jobs/analysis/{run['id']}").json()
    assert (news["kind"], news["run_id"], news["status"]) == ("analysis", run["id"], "queued")
