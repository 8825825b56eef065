"""The instrument page at work: chart, address, keys, live quote and depth."""

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.pages import Visitor
from tests.server.running import ROOT, Server

PATH = "/market/NSE:RELIANCE/"
#: The simulated market is calm: some seconds pass before a given number has changed for certain.
LIVE_MS = 30_000
BARS = r"(\d+) bars"


def drawn(page: Page) -> None:
    expect(page.locator(".chart-note")).to_be_hidden()
    expect(page.locator(".chart-legend .values")).to_contain_text("Vol")


def test_choices_are_in_the_address_and_come_from_it(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    drawn(page)
    page.get_by_role("button", name="5m", exact=True).click()
    page.get_by_role("button", name="Indicators").click()
    page.get_by_label("Simple average, 20").check()
    page.get_by_label("RSI, 14").check()
    page.keyboard.press("Escape")
    page.get_by_label("Adjusted").uncheck()
    assert page.url.endswith("?interval=5minute&overlays=sma20&panes=rsi14&adjusted=false")
    page.reload()
    drawn(page)
    expect(page.get_by_role("button", name="5m", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Indicators (2)")).to_be_visible()
    expect(page.get_by_label("Adjusted")).not_to_be_checked()
    expect(page.locator(".chart-legend .series-1")).to_be_visible()
    assert visitor.errors == []


def test_every_interval_draws(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    chart = page.get_by_role("application")
    for key in "12345":
        chart.focus()
        page.keyboard.press(key)
        drawn(page)
    assert page.url.endswith(PATH)
    assert visitor.errors == []


def test_ticks_leave_the_bars_of_a_former_interval_alone(visitor: Visitor) -> None:
    page = visitor.open(f"{PATH}?interval=minute")
    drawn(page)

    def late(route: Route) -> None:
        page.wait_for_timeout(3_000)  # several ticks
        route.continue_()

    page.route("**/api/market/candles?*interval=day*", late, times=1)
    page.get_by_role("application").focus()
    page.keyboard.press("5")
    page.wait_for_timeout(4_000)
    drawn(page)
    assert visitor.errors == []


def test_the_chart_is_read_from_the_keyboard(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    drawn(page)
    chart = page.get_by_role("application")
    expect(chart).to_have_attribute("aria-label", re.compile(r"Candles of .+ bars from .+ last close [\d,.]+"))
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#announcer")).to_have_text(re.compile(r"\d+ \w+ \d{4}: open [\d,.]+, high .+ volume"))
    first = page.locator("#announcer").inner_text()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#announcer")).not_to_have_text(first)
    page.get_by_text("The last 30 bars as a table").click()
    assert page.locator(".chart-table tbody tr").count() == 30


def test_quote_and_depth_are_live(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    volume = page.locator('.figures [data-field="volume"]')
    shown = volume.get_attribute("data-value")
    assert shown
    book = page.locator(".depth").inner_text()
    expect(volume).not_to_have_attribute("data-value", shown, timeout=LIVE_MS)
    expect(page.locator(".depth")).not_to_have_text(book, timeout=LIVE_MS)
    expect(page.locator(".instrument-head .last")).to_have_text(re.compile(r"^[\d,]+\.\d\d$"))
    expect(page.locator(".instrument-head .source")).to_contain_text("simulated")
    expect(page.locator(".chart-source")).to_have_text("simulated")
    assert visitor.errors == []


def test_an_instrument_is_added_to_the_watchlist(visitor: Visitor) -> None:
    before = visitor.api("GET", "/api/market/watchlists")[0]
    page = visitor.open("/market/NSE:LT/")
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.get_by_role("button", name="Watch").click()
    expect(page.locator(".toast")).to_contain_text(f"NSE:LT added to “{before['name']}”")
    assert visitor.api("GET", "/api/market/watchlists")[0]["symbols"] == [*before["symbols"], "NSE:LT"]
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.get_by_role("button", name="Undo").click()
    assert visitor.api("GET", "/api/market/watchlists")[0]["symbols"] == before["symbols"]


def test_a_symbol_in_any_case_leads_to_its_page(visitor: Visitor) -> None:
    page = visitor.open("/market/infy/")
    assert page.url.endswith("/market/NSE:INFY/")


@pytest.mark.timeout(240)
def test_imported_bars_appear_in_an_open_chart(visitor: Visitor, server: Server, tmp_path: Path) -> None:
    import_days(server, tmp_path, 40)
    page = visitor.open("/market/NSE:FRESHCO/")
    drawn(page)
    expect(page.locator(".chart-source")).to_have_text("import")
    chart = page.get_by_role("application")
    expect(chart).to_have_attribute("aria-label", re.compile(BARS))
    before = bars_of(chart)
    import_days(server, tmp_path, 50)
    page.wait_for_function(
        "n => Number(document.querySelector('.chart').ariaLabel.match(/(\\d+) bars/)[1]) > n", arg=before, timeout=6_000
    )
    assert before < bars_of(chart) <= before + 10
    assert visitor.errors == []


def bars_of(chart: Locator) -> int:
    found = re.search(BARS, chart.get_attribute("aria-label") or "")
    assert found is not None
    return int(found.group(1))


def import_days(server: Server, folder: Path, days: int) -> None:
    """Import ``days`` rising day bars of a share that no source lists, all in the past; weekends are not kept."""
    first = date.today() - timedelta(days=100)
    rows = [f"FRESHCO,{first + timedelta(days=i)},{100 + i},{102 + i},{99 + i},{101 + i},1000" for i in range(days)]
    file = folder / "freshco.csv"
    file.write_text("\n".join(["symbol,date,open,high,low,close,volume", *rows]))
    command = [sys.executable, "manage.py", "import_candles", str(file), "--interval", "day", "--exchange", "NSE"]
    subprocess.run(command, cwd=ROOT, env=os.environ | server.env, check=True, capture_output=True)


def test_older_bars_and_their_indicators_come_when_one_scrolls_there(visitor: Visitor) -> None:
    page = visitor.open(PATH + "?interval=5minute&overlays=sma20")
    drawn(page)
    chart = page.get_by_role("application")
    expect(chart).to_have_attribute("aria-label", re.compile(BARS))
    before, label = bars_of(chart), str(chart.get_attribute("aria-label"))
    chart.focus()
    with page.expect_response(lambda r: "/indicators?" in r.url and "&to=" in r.url) as told:
        page.keyboard.press("Home")
    assert told.value.ok
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(page.locator(".chart-legend .series-1")).to_be_visible()
    expect(chart).not_to_have_attribute("aria-label", label)
    assert bars_of(chart) > before
    assert visitor.errors == []
