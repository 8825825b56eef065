"""The instrument page at work: chart, address, keys, live quote and depth."""

import re

from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor

PATH = "/market/NSE:RELIANCE/"


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
    last = page.locator(".instrument-head .last")
    first = page.locator(".depth .bid tbody tr").first.inner_text()
    expect(last).not_to_have_text(last.inner_text(), timeout=15_000)
    expect(page.locator(".depth .bid tbody tr").first).not_to_have_text(first, timeout=15_000)
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
