"""Backtests at work: run from the form, read, change one number, compare, delete; the analysis fills in by itself."""

import json
import re
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.pages import Visitor, sideways_px

LONG_MS = 90_000
ASKED = {
    "strategy_id": "v3_dip_buyer",
    "universe": "nifty_100",
    "start_date": "2021-01-01",
    "end_date": "2024-12-31",
    "starting_capital": 10_000_000,
    "max_per_sector": 2,
}


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """A report draws six charts and reads a megabyte of trades: a busy machine may take longer than five seconds."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


def make_run(visitor: Visitor, **more: Any) -> dict[str, Any]:
    """Run over the API; the first run of a server may have to compile first."""
    request = urllib.request.Request(
        visitor.url + "/api/backtest/run",
        method="POST",
        data=json.dumps({**ASKED, **more}).encode(),
        headers={"Cookie": visitor.cookie, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=LONG_MS / 1000) as response:
        return json.loads(response.read())


def one(visitor: Visitor) -> dict[str, Any]:
    """Return a finished run of the demo user, made once."""
    rows = visitor.api("GET", "/api/backtest/runs?limit=100")
    same = [row for row in rows if row["start_date"] == ASKED["start_date"] and row["analysis_status"] == "done"]
    return visitor.api("GET", f"/api/backtest/runs/{same[0]['id']}") if same else make_run(visitor)


def opened(page: Page) -> int:
    """Wait for the report; return the run's number."""
    page.wait_for_url(re.compile(r"/backtests/\d+/"), timeout=LONG_MS)
    expect(page.locator("#equity-chart canvas").first).to_be_visible()
    found = re.search(r"/backtests/(\d+)/", page.url)
    assert found
    return int(found[1])


def figure(page: Page, key: str) -> str:
    return page.locator(f".metric:has(#m-{key}) .value").inner_text()


def grouped(value: float, decimals: int) -> str:
    from market.pages.figures import signed

    return signed(value, decimals)


def fill_form(page: Page) -> None:
    page.get_by_label("From", exact=True).fill("2021-01-01")
    page.get_by_label("To", exact=True).fill("2024-12-31")
    page.get_by_role("button", name="₹1 crore").click()
    page.get_by_label("Positions a sector at most").fill("2")


def test_from_the_form_to_the_comparison(visitor: Visitor) -> None:
    page = visitor.open("/backtests/new/?strategy=v3_dip_buyer")
    before = len(visitor.api("GET", "/api/backtest/runs?limit=500"))
    fill_form(page)
    expect(page.locator("#starting_capital-words")).to_have_text("1 crore rupees")
    expect(page.locator("#run-summary")).to_contain_text("Dip buyer on NIFTY 100, 1 Jan 2021 to 31 Dec 2024")
    page.get_by_role("button", name="Run backtest").dblclick()
    first = opened(page)
    assert len(visitor.api("GET", "/api/backtest/runs?limit=500")) == before + 1

    run = visitor.api("GET", f"/api/backtest/runs/{first}")
    summary = run["summary"]
    assert run["provenance"]["parameters"]["max_per_sector"] == 2
    assert figure(page, "cagr") == f"{grouped(summary['cagr'], 1)}%"
    assert figure(page, "max_drawdown_pct") == f"{grouped(summary['max_drawdown_pct'], 1)}%"
    assert figure(page, "total_trades").replace(",", "") == str(summary["total_trades"])
    assert figure(page, "win_rate") == f"{summary['win_rate']:.1f}%"
    expect(page.locator("[data-trade-count]")).to_contain_text(re.compile(r"^[\d,]+ of [\d,]+, [\d,]+ won"))

    page.get_by_role("link", name="Change and run again").click()
    expect(page.get_by_label("From", exact=True)).to_have_value("2021-01-01")
    expect(page.get_by_label("Positions a sector at most")).to_have_value("2")
    page.get_by_label("Stop", exact=True).fill("4")
    page.get_by_role("button", name="Run backtest").click()
    second = opened(page)
    assert second != first
    changed = visitor.api("GET", f"/api/backtest/runs/{second}")["provenance"]["parameters"]
    assert {name for name in changed if changed[name] != run["provenance"]["parameters"][name]} == {"stop"}

    page.get_by_role("link", name=f"Compare with run {first}").click()
    page.wait_for_url(f"**/backtests/compare/?ids={first},{second}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert visitor.errors == []


def test_the_analysis_fills_in_live(visitor: Visitor) -> None:
    run = make_run(visitor, seed=11, start_date="2022-06-01")
    page = visitor.open(f"/backtests/{run['id']}/")
    expect(page.locator("#analysis")).to_have_attribute("data-status", "done", timeout=LONG_MS)
    expect(page.locator(".finding")).to_have_count(5)
    expect(page.locator("#baseline-chart canvas")).to_be_visible()
    found = visitor.api("GET", f"/api/backtest/runs/{run['id']}")["analysis"]
    percentile = f"{found['random_baseline']['percentile']:.1f}%"
    expect(page.locator('.finding[data-key="random_baseline"]')).to_contain_text(f"more than {percentile} of 200 runs")
    for flag in found["flags"]:
        expect(page.locator(f"#flag-{flag}")).to_be_visible()
    assert visitor.errors == []


def test_the_analysis_fills_in_without_the_socket(visitor: Visitor) -> None:
    def shut(socket: WebSocketRoute) -> None:
        socket.close(code=4429)

    run = make_run(visitor, seed=12, start_date="2022-06-01")
    page = visitor.page()
    page.route_web_socket(re.compile("/api/ws/jobs"), shut)
    page.goto(f"{visitor.url}/backtests/{run['id']}/")
    expect(page.locator("#analysis")).to_have_attribute("data-status", "done", timeout=LONG_MS)
    expect(page.locator("#baseline-chart canvas")).to_be_visible()


def test_trades_are_sorted_filtered_paged_and_shown(visitor: Visitor) -> None:
    run = one(visitor)
    trades = run["trades"]
    page = visitor.open(f"/backtests/{run['id']}/")
    table = page.locator("[data-trades]")
    rows = table.locator("tbody tr")
    expect(page.locator("#trade-line")).to_contain_text("Bought")
    expect(rows).to_have_count(25)

    table.get_by_role("button", name="Net ₹").click()
    best = max(trades, key=lambda trade: trade["pnl"])
    expect(rows.first.locator('[data-f="pnl"]')).to_have_text(grouped(best["pnl"], 0))
    assert "sort=pnl.desc" in page.url

    table.get_by_role("button", name="Lost").click()
    lost = [trade for trade in trades if trade["pnl"] <= 0]
    expect(table.locator("[data-trade-count]")).to_contain_text(f"{len(lost):,} of ")
    table.get_by_role("button", name="All", exact=True).click()

    code = best["symbol"].partition(":")[2]
    table.get_by_label("Filter trades by share, sector or reason").fill(code)
    expect(rows.first.locator('[data-f="code"]')).to_contain_text(code)
    page.reload()
    expect(table.get_by_label("Filter trades by share, sector or reason")).to_have_value(code)
    expect(rows.first.locator('[data-f="pnl"]')).to_have_text(grouped(best["pnl"], 0))

    rows.first.get_by_role("button").click()
    expect(page.locator("#trade-symbol")).to_have_value(best["symbol"])
    expect(page.locator("#trade-line")).to_contain_text(grouped(best["pnl"], 0)[1:])
    expect(page.locator("#candles")).to_be_focused()
    assert visitor.errors == []


def test_the_trades_are_a_file(visitor: Visitor) -> None:
    run = one(visitor)
    page = visitor.open(f"/backtests/{run['id']}/")
    with page.expect_download() as download:
        page.locator("[data-trades]").get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == len(run["trades"]) + 1


def test_every_figure_says_how_it_is_computed(visitor: Visitor) -> None:
    page = visitor.open(f"/backtests/{one(visitor)['id']}/")
    page.get_by_role("button", name="How Sharpe ratio is computed").click()
    box = page.get_by_role("dialog", name="How Sharpe ratio is computed")
    expect(box).to_contain_text("mean(r − rf) ÷ standard deviation(r − rf) × √252")
    box.get_by_role("link", name="In the guide").click()
    expect(page).to_have_url(re.compile(r"/backtests/guide/#sharpe$"))
    expect(page.locator("#sharpe")).to_be_visible()


def test_the_curve_is_read_from_the_keyboard(visitor: Visitor) -> None:
    run = one(visitor)
    page = visitor.open(f"/backtests/{run['id']}/")
    page.get_by_role("button", name="Log", exact=True).click()
    page.get_by_role("button", name="1Y", exact=True).click()
    page.locator("#equity-chart").focus()
    page.keyboard.press("ArrowLeft")
    before = run["equity_curve"][-2]
    expect(page.locator("#equity-readout")).to_contain_text(grouped(round(before["equity"]), 0)[1:])
    expect(page.locator("#announcer")).to_contain_text("This run")
    assert visitor.errors == []


def test_a_fault_stands_at_its_field(visitor: Visitor) -> None:
    page = visitor.open("/backtests/new/?strategy=v3_dip_buyer")
    page.get_by_label("Position size, % of equity").fill("250")
    page.get_by_role("button", name="Run backtest").click()
    field = page.get_by_label("Position size, % of equity")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator("#position_size_pct-error")).not_to_be_empty()
    expect(page.get_by_role("button", name="Run backtest")).to_be_enabled()
    page.get_by_label("From", exact=True).fill("2025-01-01")
    page.get_by_label("To", exact=True).fill("2024-01-01")
    field.fill("10")
    page.get_by_role("button", name="Run backtest").click()
    expect(page.get_by_role("alert")).to_contain_text("The start is after the end")


def test_another_strategy_brings_its_parameters(visitor: Visitor) -> None:
    page = visitor.open("/backtests/new/?strategy=v3_dip_buyer")
    page.get_by_label("Slippage, basis points").fill("12")
    page.get_by_label("Which rules").select_option("v0_dart_monkey")
    expect(page.get_by_label("Chance", exact=True)).to_be_visible()
    expect(page.get_by_label("Slippage, basis points")).to_have_value("12")
    expect(page.get_by_role("link", name="Sweep…")).to_have_attribute("href", re.compile("strategy=v0_dart_monkey"))
    page.get_by_label("Charges as").select_option("flat")
    page.get_by_label("Rate, % of every order").fill("0.3")
    page.get_by_role("button", name="1Y", exact=True).click()
    page.get_by_role("button", name="Run backtest").click()
    run = visitor.api("GET", f"/api/backtest/runs/{opened(page)}")
    assert run["provenance"]["parameters"]["costs"] == {"flat_pct": 0.3}
    assert run["provenance"]["parameters"]["slippage_bps"] == 12
    assert "SHORT_SAMPLE" in run["flags"]
    expect(page.locator("#flag-SHORT_SAMPLE")).to_contain_text("What to do:")
    assert visitor.errors == []


def test_runs_are_chosen_compared_and_deleted(visitor: Visitor) -> None:
    kept, gone = one(visitor), make_run(visitor, start_date="2023-01-01", slippage_bps=9)
    page = visitor.open("/backtests/")
    for run in (kept, gone):
        page.locator(f'tr[data-run="{run["id"]}"] [data-pick]').check()
    expect(page.locator("#compare-bar")).to_contain_text("2 runs chosen")
    link = page.get_by_role("link", name="Compare", exact=True)
    expect(link).to_have_attribute("href", f"/backtests/compare/?ids={kept['id']},{gone['id']}")

    page.get_by_role("button", name=re.compile(f"^Delete run {gone['id']},")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("is deleted for good")
    dialog.get_by_role("button", name="Delete run").click()
    expect(page.locator(f'tr[data-run="{gone["id"]}"]')).to_have_count(0)
    expect(page.locator("#compare-bar")).to_contain_text("1 run chosen")
    assert gone["id"] not in [row["id"] for row in visitor.api("GET", "/api/backtest/runs?limit=500")]
    assert visitor.errors == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/backtests/", "/backtests/new/", "/backtests/guide/", "/backtests/{id}/"])
def test_pages(visitor: Visitor, path: str, theme: str, width: int) -> None:
    run = one(visitor)
    page = visitor.open(path.format(id=run["id"]), theme=theme, width=width)
    if "{id}" in path:
        expect(page.locator("#equity-chart canvas").first).to_be_visible()
        expect(page.locator("#candles .chart-note")).to_be_hidden()
        page.get_by_text("All figures").click()
        page.get_by_role("tab", name="Days").click()
        expect(page.locator("#calendar-chart canvas").first).to_be_visible()
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []
    assert visitor.errors == []
