"""The market page at work: ticking values, watchlists, search, and a feed that stops."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor

SILENCE_MS = 9_000


@pytest.fixture
def watchlist(visitor: Visitor) -> Iterator[dict]:
    """A list of the demo user that is gone after the test, whatever the test did with it."""
    made = visitor.api("POST", "/api/market/watchlists", {"name": "Banks", "symbols": ["NSE:SBIN", "NSE:HDFCBANK"]})
    yield made
    for row in visitor.api("GET", "/api/market/watchlists"):
        if row["name"] != "Large companies":
            visitor.api("DELETE", f"/api/market/watchlists/{row['id']}")


def stored(visitor: Visitor, watchlist: dict) -> list[str]:
    return visitor.api("GET", f"/api/market/watchlists/{watchlist['id']}")["symbols"]


def codes(page: Page) -> list[str]:
    return page.locator("#watchlist tbody .code").all_inner_texts()


def expect_tick(page: Page) -> None:
    """Wait until a price of the watchlist has changed in its place."""
    page.evaluate("window.before = [...document.querySelectorAll('#watchlist tbody .price')].map(n => n.textContent)")
    page.wait_for_function(
        "() => [...document.querySelectorAll('#watchlist tbody .price')]"
        ".some((cell, i) => cell.textContent !== window.before[i])"
    )


def test_prices_tick_in_place(visitor: Visitor) -> None:
    page = visitor.open("/market/")
    expect(page.locator("html")).to_have_attribute("data-feed", "simulated")
    cells = page.locator('#watchlist tbody [data-field="last_price"]').all_inner_texts()
    assert cells
    assert all(re.fullmatch(r"[\d,]+\.\d\d", text) for text in cells)
    expect(page.locator("#watchlist .source")).to_have_text(re.compile(r"^simulated\s*·\s*(now|\d+ s ago)$"))
    expect_tick(page)
    expect(page.locator("#feed-state")).to_contain_text("Simulated")
    expect(page.get_by_text("Simulated market")).to_be_visible()
    assert visitor.errors == []


def test_two_tabs_do_not_undo_each_other(visitor: Visitor, watchlist: dict) -> None:
    """Each tab sends its change to the list as it is stored, not the list it happens to show."""
    tabs = [visitor.open(f"/market/?watchlist={watchlist['id']}") for _ in range(2)]
    for page, code in zip(tabs, ("INFY", "TCS"), strict=True):
        box = page.get_by_role("combobox", name="Add a symbol to Banks")
        box.press_sequentially(code)
        expect(page.locator("#watch-add-list [role=option]").first).to_contain_text(code)
        with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
            box.press("Enter")
    assert stored(visitor, watchlist) == ["NSE:SBIN", "NSE:HDFCBANK", "NSE:INFY", "NSE:TCS"]
    row = tabs[0].locator('#watchlist tr[data-symbol="NSE:HDFCBANK"]')
    row.focus()
    with tabs[0].expect_response(lambda r: r.request.method == "PUT" and r.ok):
        row.press("Alt+ArrowUp")
    assert stored(visitor, watchlist) == ["NSE:HDFCBANK", "NSE:SBIN", "NSE:INFY", "NSE:TCS"]


def test_a_watchlist_is_edited_from_the_keyboard(visitor: Visitor, watchlist: dict) -> None:
    page = visitor.open(f"/market/?watchlist={watchlist['id']}")
    box = page.get_by_role("combobox", name="Add a symbol to Banks")
    box.press_sequentially("infy")
    expect(page.locator("#watch-add-list [role=option]").first).to_contain_text("INFY")
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        box.press("Enter")
    expect(page.locator("#watchlist tbody tr")).to_have_count(3)
    expect(page.locator('#watchlist [data-live="NSE:INFY"][data-field="last_price"]')).to_have_text(
        re.compile(r"[\d,]+\.\d\d")
    )

    page.locator('#watchlist tr[data-symbol="NSE:INFY"]').focus()
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.keyboard.press("Alt+ArrowUp")
    assert codes(page) == ["SBIN", "INFY", "HDFCBANK"]
    assert stored(visitor, watchlist) == ["NSE:SBIN", "NSE:INFY", "NSE:HDFCBANK"]

    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.keyboard.press("Delete")
    assert stored(visitor, watchlist) == ["NSE:SBIN", "NSE:HDFCBANK"]
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.get_by_role("button", name="Undo").click()
    assert stored(visitor, watchlist) == ["NSE:SBIN", "NSE:INFY", "NSE:HDFCBANK"]
    page.reload()
    assert codes(page) == ["SBIN", "INFY", "HDFCBANK"]
    assert visitor.errors == []


def test_watchlists_are_made_renamed_and_deleted(visitor: Visitor, watchlist: dict) -> None:
    page = visitor.open(f"/market/?watchlist={watchlist['id']}")
    page.get_by_role("button", name="New watchlist").click()
    page.get_by_label("Name", exact=True).fill("Metals")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Nothing in this list yet")).to_be_visible()
    page.get_by_role("button", name="Rename Metals").click()
    page.get_by_label("Name", exact=True).fill("Steel")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("button", name="Delete Steel")).to_be_visible()
    page.get_by_role("button", name="Delete Steel").click()
    expect(page.locator("#confirm")).to_contain_text("Orders and holdings are not touched")
    page.get_by_role("button", name="Delete the list").click()
    page.wait_for_url("**/market/")
    assert "Steel" not in page.locator(".watchlist-tabs").inner_text()
    assert visitor.errors == []


def test_lists_are_switched_in_place_and_have_addresses(visitor: Visitor, watchlist: dict) -> None:
    page = visitor.open("/market/")
    page.get_by_role("link", name="Banks").click()
    expect(page.locator("#watchlist tbody .code").first).to_have_text("SBIN")
    assert page.url.endswith(f"/market/?watchlist={watchlist['id']}")
    expect_tick(page)
    assert visitor.errors == []


def test_search_leads_from_the_keyboard_to_an_instrument(visitor: Visitor) -> None:
    page = visitor.open("/market/")
    page.keyboard.press("Control+k")
    page.keyboard.type("infosys")
    expect(page.locator("#palette [role=option]").first).to_contain_text("INFY")
    page.keyboard.press("Enter")
    page.wait_for_url("**/market/NSE:INFY/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    assert visitor.errors == []


def test_the_heat_map_has_a_table_that_sorts(visitor: Visitor) -> None:
    page = visitor.open("/market/")
    page.get_by_role("tab", name="Table").click()
    table = page.locator("#heatmap-table")
    table.get_by_role("button", name="Sector").click()
    expect(table.get_by_role("columnheader", name="Sector")).to_have_attribute("aria-sort", "ascending")
    names = table.locator("tbody th").all_inner_texts()
    assert len(names) > 3
    assert names == sorted(names, key=str.lower)


def test_silence_is_told_within_ten_seconds(visitor: Visitor) -> None:
    page = visitor.page()
    page.clock.install()
    page.route_web_socket("**/api/ws/ticks", _one_message_then_silence)
    page.goto(visitor.url + "/market/")
    expect(page.locator("#feed-state")).to_contain_text("Simulated")
    page.clock.run_for(SILENCE_MS)
    expect(page.locator("html")).to_have_attribute("data-feed", "down")
    expect(page.locator("#feed-band")).to_contain_text("Prices have stopped")
    expect(page.locator("#announcer")).to_contain_text("Prices have stopped")
    shown = page.locator(".index-strip .age").count()
    assert shown > 0
    stale = page.locator('.index-strip .age[data-stale="true"]')
    for _ in range(20):  # ages are told once a second, by a clock that only runs here
        page.clock.run_for(1_000)
        if stale.count() == shown:
            break
    expect(stale).to_have_count(shown)


def test_a_closed_socket_is_told_at_once_and_comes_back(visitor: Visitor) -> None:
    page = visitor.page()
    sockets = []
    page.route_web_socket("**/api/ws/ticks", lambda ws: (sockets.append(ws), ws.connect_to_server()))
    page.goto(visitor.url + "/market/")
    expect(page.locator("html")).to_have_attribute("data-feed", "simulated")
    sockets[-1].close(code=1012, reason="restart")
    expect(page.locator("#feed-band")).to_contain_text("Reconnecting", timeout=2_000)
    expect(page.locator("html")).to_have_attribute("data-feed", "simulated", timeout=10_000)
    expect(page.locator("#feed-band")).to_be_hidden()


def _one_message_then_silence(ws: object) -> None:
    ws.on_message(lambda _: None)  # type: ignore[attr-defined]
    ws.send('{"type":"status","connected":true,"state":"simulated","detail":""}')  # type: ignore[attr-defined]
