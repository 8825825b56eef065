"""Two runs compared; a sweep started, watched, cancelled, finished and read by keyboard; a walk-forward test."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor, sideways_px

MARKET = {"universe": "nifty_50", "start_date": "2023-01-01", "end_date": "2025-12-31", "starting_capital": 1_000_000}
BODY = {"strategy_id": "v3_dip_buyer", **MARKET}
WIDTHS = (360, 1440)
THEMES = ("light", "dark")
#: The first run of a server compiles the simulator; a busy machine takes its time.
PATIENT_MS = 90_000


@pytest.fixture
def runs(visitor: Visitor) -> Iterator[list[int]]:
    """Two runs of the demo user that differ in one parameter and in their charges; gone after the test."""
    made = [made_run(visitor), made_run(visitor, params={"rsi_max": 60}, costs="none")]
    yield made
    for number in made:
        visitor.api("DELETE", f"/api/backtest/runs/{number}")


def made_run(visitor: Visitor, **more: Any) -> int:
    return visitor.api("POST", "/api/backtest/run", {**BODY, **more})["id"]


@pytest.fixture
def studies(visitor: Visitor) -> Iterator[None]:
    """Sweeps and tests that a test starts are cancelled and deleted after it."""
    yield
    for kind in ("sweeps", "walk-forward"):
        for row in visitor.api("GET", f"/api/backtest/{kind}"):
            if row["status"] in ("queued", "running"):
                visitor.api("POST", f"/api/backtest/{kind}/{row['id']}/cancel")
            visitor.api("DELETE", f"/api/backtest/{kind}/{row['id']}")


def finished(visitor: Visitor, path: str, number: int) -> dict[str, Any]:
    for _ in range(600):
        study = visitor.api("GET", f"/api/backtest/{path}/{number}")
        if study["status"] not in ("queued", "running"):
            assert study["status"] == "done", study.get("error")
            return study
        time.sleep(0.2)
    raise AssertionError("the study did not end")


def varied(page: Page, name: str, values: str) -> None:
    """Tick a number of the form and give its values as a list."""
    knob = page.locator(f'[data-knob="{name}"]')
    knob.locator("[data-vary]").check()
    knob.get_by_role("button", name="List").click()
    knob.locator("[data-list]").fill(values)


def test_two_runs_side_by_side(visitor: Visitor, runs: list[int]) -> None:
    page = visitor.open(f"/backtests/compare/?ids={runs[0]},{runs[1]}")
    expect(page.locator("#curves canvas").first).to_be_visible()
    differs = page.locator('section[aria-label="What differs"]')
    expect(differs.get_by_role("row", name="Parameter rsi_max")).to_contain_text(re.compile(r"45\s*60"))
    expect(differs.locator("mark").first).to_be_visible()
    expect(page.locator('section[aria-label="Figures"] .badge', has_text="Best").first).to_be_visible()
    expect(page.locator(".in-short")).to_contain_text("earned most")

    last = page.locator("#curve-legend [data-day]")
    expect(last).to_have_text("on the last day")
    page.locator("#curves").focus()
    page.keyboard.press("ArrowLeft")
    expect(last).to_contain_text("2025")

    page.get_by_role("link", name="Measure against B").click()
    expect(page).to_have_url(re.compile(rf"ids={runs[1]},{runs[0]}$"))
    page.get_by_role("link", name=re.compile("^Leave out B")).click()
    expect(page.get_by_text("Choose what to compare it with")).to_be_visible()
    page.locator('[data-table="second-run"] a', has_text="Dip buyer").first.click()
    expect(page.locator(".compared-run")).to_have_count(2)
    assert visitor.errors == []


def test_a_run_is_added_from_the_picker(visitor: Visitor, runs: list[int]) -> None:
    third = made_run(visitor, params={"dip_min": 3})
    try:
        page = visitor.open(f"/backtests/compare/?ids={runs[0]},{runs[1]}")
        page.get_by_role("button", name="Add a run").click()
        page.locator("#pick-run [data-filter]").fill(str(third))
        page.locator(f'#pick-run a[href$=",{third}"]').click()
        expect(page.locator(".compared-run")).to_have_count(3)
        expect(page.locator("#curve-legend .item")).to_have_count(3)
        assert visitor.errors == []
    finally:
        visitor.api("DELETE", f"/api/backtest/runs/{third}")


def test_the_form_counts_its_sets_and_refuses_too_many(visitor: Visitor) -> None:
    page = visitor.open("/backtests/sweep/new/?strategy=v3_dip_buyer")
    start = page.get_by_role("button", name="Start the sweep")
    expect(start).to_be_disabled()
    page.locator('[data-knob="rsi_max"] [data-vary]').check()
    expect(page.locator("#set-count")).to_have_text("5")
    varied(page, "dip_min", "2, 3, 4, 5")
    expect(page.locator("#set-count")).to_have_text("20")
    expect(page.locator("#set-how")).to_contain_text("4 × 5")
    expect(start).to_be_enabled()
    varied(page, "dip_min", "2, x")
    expect(page.locator("#start-why")).to_contain_text("Only numbers")
    varied(page, "dip_min", ", ".join(str(value) for value in range(1, 302)))
    expect(page.locator("#start-why")).to_have_text("505 too many: take larger steps, or vary fewer numbers.")
    expect(start).to_be_disabled()
    varied(page, "max_positions", "0, 5")
    expect(page.locator('[data-knob="max_positions"] [data-preview]')).to_contain_text("between 1 and 500")
    page.get_by_label("Strategy", exact=True).select_option(label="Momentum")
    page.wait_for_url("**strategy=*")
    expect(page.locator('[data-knob="rsi_max"] [data-keep]')).to_have_value("70")
    assert visitor.errors == []


@pytest.mark.usefixtures("studies")
def test_a_sweep_is_watched_survives_a_reload_and_is_cancelled(visitor: Visitor) -> None:
    page = visitor.open("/backtests/sweep/new/?strategy=v3_dip_buyer&universe=nifty_500&start_date=2019-06-01")
    varied(page, "rsi_max", ", ".join(str(value) for value in range(30, 61)))
    varied(page, "dip_min", ", ".join(str(value) for value in range(1, 31)))
    page.get_by_role("button", name="Start the sweep").click()
    page.wait_for_url(re.compile(r"/backtests/sweeps/\d+/$"))
    bar = page.locator("#progress-bar")
    page.wait_for_function(
        "() => Number(document.querySelector('#progress-bar')?.getAttribute('aria-valuenow')) > 0", timeout=PATIENT_MS
    )
    expect(page.locator(".grid-map td:not(.untried)").first).to_be_visible()
    page.reload()
    expect(bar).to_have_attribute("aria-valuemax", "930")
    assert int(bar.get_attribute("aria-valuenow") or 0) > 0
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#confirm")).to_contain_text("What was found so far is kept")
    page.get_by_role("button", name="Cancel the sweep").click()
    expect(page.locator("#study-state")).to_contain_text(re.compile(r"Cancelled after \d+ of 930 sets"))
    expect(page.locator(".grid-map td:not(.untried)").first).to_be_visible()
    assert visitor.errors == []


def term(page: Page, box: str, name: str) -> float:
    """Return the number beside a term."""
    text = (
        page.locator(f"{box} div", has=page.locator("dt", has_text=re.compile(f"^{name}$"))).locator("dd").inner_text()
    )
    return float(re.sub(r"[^\d.\-]", "", text.replace("\u2212", "-")))


def recomputed(points: list[dict[str, Any]], chosen: dict[str, float], figure: str) -> dict[str, float]:
    """Return mean, worst and spread of the sets one step away from ``chosen`` in both numbers."""
    axes = {name: sorted({point["parameters"][name] for point in points}) for name in chosen}
    place = {name: axes[name].index(value) for name, value in chosen.items()}
    near = [
        point[figure]
        for point in points
        if point["parameters"] != chosen
        and all(abs(axes[name].index(point["parameters"][name]) - place[name]) <= 1 for name in axes)
    ]
    return {"count": len(near), "mean": sum(near) / len(near), "worst": min(near), "spread": max(near) - min(near)}


@pytest.mark.usefixtures("studies")
def test_a_finished_sweep_is_read_by_keyboard(visitor: Visitor) -> None:
    query = "strategy=v3_dip_buyer&universe=nifty_50&start_date=2023-01-01&end_date=2025-12-31"
    page = visitor.open(f"/backtests/sweep/new/?{query}")
    varied(page, "rsi_max", "40, 45, 50, 55, 60")
    varied(page, "dip_min", "3, 4, 5, 6")
    page.get_by_role("button", name="Start the sweep").click()
    page.wait_for_url(re.compile(r"/backtests/sweeps/\d+/$"))
    number = int(page.url.rstrip("/").rsplit("/", 1)[1])
    study = finished(visitor, "sweeps", number)
    expect(page.locator("#sweep-luck .badge")).to_be_visible(timeout=PATIENT_MS)
    expect(page.locator("#progress-bar")).to_have_count(0)
    page.locator("#figure").select_option("cagr")
    expect(page.locator(".grid-map td")).to_have_count(20)
    expect(page.locator(".grid-map td.best")).to_have_count(1)
    expect(page.locator("#chosen-rank")).to_have_text("best")

    page.locator('.grid-map td[aria-selected="true"]').focus()
    for key in ("PageDown", "Home", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    chosen = {"rsi_max": 45.0, "dip_min": 4.0}
    assert {name: term(page, "#chosen-values", name) for name in chosen} == chosen
    wanted = recomputed(study["points"], chosen, "cagr")
    assert wanted["count"] == 8
    assert term(page, "#around-figures", "Mean") == pytest.approx(wanted["mean"], abs=0.051)
    assert term(page, "#around-figures", "Worst") == pytest.approx(wanted["worst"], abs=0.051)
    assert term(page, "#around-figures", "Spread") == pytest.approx(wanted["spread"], abs=0.051)
    own = next(point for point in study["points"] if point["parameters"] == chosen)
    assert term(page, "#chosen-figures", "Return a year") == pytest.approx(own["cagr"], abs=0.051)
    expect(page.locator("#around-verdict")).to_have_text(re.compile("plateau|spike|slope"))

    page.reload()  # the address keeps the figure and the chosen set
    expect(page.locator("#figure")).to_have_value("cagr")
    expect(page.locator("#chosen-values")).to_contain_text("45")
    page.get_by_role("tab", name="Table").click()
    expect(page.locator("#sweep-sets tbody tr")).to_have_count(20)
    link = page.locator("#run-set").get_attribute("href") or ""
    assert "params.rsi_max=45" in link
    assert "params.dip_min=4" in link
    page.get_by_role("button", name="Save as parameters").click()
    expect(page.locator("#save-set")).to_contain_text("Dip buyer is not yours to change: fork it")
    page.keyboard.press("Escape")
    page.locator("#run-set").click()
    expect(page.locator('[name="params.rsi_max"]')).to_have_value("45")
    assert visitor.errors == []


@pytest.mark.usefixtures("studies")
def test_parameters_of_ones_own_strategy_are_saved(visitor: Visitor) -> None:
    own = visitor.api("POST", "/api/strategies/v1_momentum/fork")
    body = {**BODY, "strategy_id": own["id"], "parameters": {"rsi_max": [60, 65, 70, 75]}}
    number = visitor.api("POST", "/api/backtest/sweep", body)["id"]
    finished(visitor, "sweeps", number)
    try:
        page = visitor.open(f"/backtests/sweeps/{number}/")
        expect(page.locator("#parameter-line canvas")).to_be_visible()
        page.locator("#parameter-line").focus()
        for key in ("Home", "ArrowRight"):
            page.keyboard.press(key)
        expect(page.locator("#chosen-values")).to_contain_text("65")
        page.get_by_role("button", name="Save as parameters").click()
        page.get_by_role("button", name="Save a new version").click()
        expect(page.get_by_text("Saved as version 2")).to_be_visible()
        saved = visitor.api("GET", f"/api/strategies/{own['id']}")
        assert (saved["version"], saved["params"]) == (2, {"rsi_max": 65})
        assert visitor.errors == []
    finally:
        visitor.api("DELETE", f"/api/strategies/{own['id']}")


@pytest.mark.usefixtures("studies")
def test_a_walk_forward_test_from_the_form_to_its_windows(visitor: Visitor) -> None:
    page = visitor.open(
        "/backtests/walk-forward/new/?strategy=v3_dip_buyer&universe=nifty_50&start_date=2022-01-01&end_date=2024-12-31"
    )
    varied(page, "rsi_max", "40, 50")
    page.get_by_label("Choose on, months").fill("12")
    expect(page.locator("#set-count")).to_have_text("8")
    expect(page.locator("#window-plan")).to_contain_text("4 windows")
    page.get_by_role("button", name="Start the test").click()
    page.wait_for_url(re.compile(r"/backtests/walk-forward/\d+/$"))
    expect(page.get_by_role("heading", name="What was kept")).to_be_visible(timeout=PATIENT_MS)
    expect(page.locator("#joined canvas").first).to_be_visible()
    expect(page.locator("#window-chart canvas").first).to_be_visible()
    expect(page.locator('[aria-label="Windows"] tbody tr')).to_have_count(4)
    assert visitor.errors == []


@pytest.fixture(scope="module")
def shown() -> dict[str, int]:
    """Studies made once for all looks at their pages."""
    return {}


def made_once(visitor: Visitor, shown: dict[str, int]) -> dict[str, int]:
    if not shown:
        grid = {"rsi_max": [40, 50, 60], "dip_min": [3, 5, 7], "max_positions": [5, 10]}
        shown["sweep"] = visitor.api("POST", "/api/backtest/sweep", {**BODY, "parameters": grid})["id"]
        walk = {**BODY, "parameters": {"rsi_max": [40, 60]}, "train_months": 12, "test_months": 6}
        shown["walk"] = visitor.api("POST", "/api/backtest/walk-forward", walk)["id"]
        finished(visitor, "sweeps", shown["sweep"])
        finished(visitor, "walk-forward", shown["walk"])
        shown["first"] = made_run(visitor)
        shown["second"] = made_run(visitor, start_date="2023-07-01", universe="nifty_100")
    return shown


PAGES = (
    "/backtests/compare/", "/backtests/compare/?ids={first},{second}", "/backtests/sweep/new/?study={sweep}",
    "/backtests/sweeps/", "/backtests/sweeps/{sweep}/", "/backtests/walk-forward/",
    "/backtests/walk-forward/new/?study={walk}", "/backtests/walk-forward/{walk}/",
)  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_in_both_themes(visitor: Visitor, shown: dict[str, int], path: str, theme: str, width: int) -> None:
    page = visitor.open(path.format(**made_once(visitor, shown)), theme=theme, width=width)
    expect(page.locator("html")).to_have_attribute("data-feed", "simulated", timeout=PATIENT_MS)
    if "/sweeps/{" in path:
        expect(page.locator(".grid-map")).to_be_visible(timeout=PATIENT_MS)
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []
    assert visitor.errors == []
