"""The Patterns page: the universe's table, one symbol on its chart, similar history."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor, cut_numbers, sideways_px

PATH = "/patterns/?symbol=NSE:RELIANCE&sessions=5"
#: The first visitor of a fresh start waits for the search of the universe, and pages are heavy on a busy machine.
FIRST_MS = 60_000


def drawn(page: Page) -> None:
    expect(page.locator(".pattern-chart .chart-note")).to_be_hidden(timeout=FIRST_MS)
    expect(page.locator(".analogue-chart canvas").first).to_be_visible(timeout=FIRST_MS)
    expect(page.locator(".analogue-words .lead")).to_contain_text("rose over the next", timeout=FIRST_MS)


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_readable(visitor: Visitor, theme: str, width: int) -> None:
    page = visitor.open(PATH, theme=theme, width=width)
    drawn(page)
    assert sideways_px(page) <= 0
    assert cut_numbers(page) == []
    words = page.locator("#record thead th").filter(has_text="In words")
    assert words.is_visible() == page.get_by_text("“In words” compares").is_visible() == (width > 767)
    assert visitor.findings(page) == []
    assert visitor.errors == []


def test_the_table_sorts_filters_and_leads_to_a_symbol(visitor: Visitor) -> None:
    page = visitor.open("/patterns/?sessions=20")
    drawn(page)
    table = page.locator('[data-table="patterns"]')
    table.get_by_role("button", name="Confidence").click()
    values = table.locator("tbody td:nth-child(4) [data-value]").evaluate_all("all => all.map(n => n.dataset.value)")
    numbers = [int(value) for value in values if value]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) > 20
    words = table.locator("tbody td:nth-child(3)").all_inner_texts()
    assert set(words) <= {"Up", "Down", "Either way"}
    code = table.locator("tbody .code").first.inner_text()
    table.get_by_role("searchbox").fill(code)
    expect(table.locator("tbody tr:visible .code").first).to_have_text(code)
    table.locator("tbody tr:visible a").first.click()
    expect(page).to_have_url(re.compile(r"[?&]symbol=NSE%3A.*#symbol$"), timeout=FIRST_MS)
    expect(page.locator(".pattern-chart h2")).to_contain_text(code, timeout=FIRST_MS)
    drawn(page)
    assert visitor.errors == []


def test_confidence_stands_beside_its_record_and_chance(visitor: Visitor) -> None:
    page = visitor.open("/patterns/?sessions=20")
    cells = page.locator('[data-table="patterns"] tbody td:nth-child(4)').all_inner_texts()
    said = [re.search(r"(\d+)%\s+([\d,]+) of ([\d,]+) won; chance is (\d+)%", cell) for cell in cells]
    found = [match for match in said if match]
    assert len(found) > 20
    for match in found:
        confidence, won, n, chance = (int(part.replace(",", "")) for part in match.groups())
        assert won <= n
        assert 20 < chance < 80
        # within the adjustments for volume and trend of the shrunk share
        assert abs(confidence - 100 * (won + 10) / (n + 20)) <= 10.5
    page.get_by_text("How confidence and liquidity are computed").click()
    expect(page.get_by_text("confidence = (won + 10) / (all + 20)")).to_be_visible()


def test_a_pattern_is_shown_on_the_chart(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    drawn(page)
    row = page.locator('tr[data-kind="chart"]').filter(has=page.locator("[data-show]")).first
    title = row.locator("[data-show]").inner_text()
    row.locator("[data-show]").click()
    expect(page.locator("#pattern-line strong")).to_have_text(title)
    expect(row).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Candlesticks").click()
    expect(page.get_by_role("button", name="Candlesticks")).to_have_attribute("aria-pressed", "true")
    chart = page.locator(".pattern-chart .chart")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#announcer")).to_contain_text("close")
    assert visitor.errors == []


def test_similar_history_has_an_address_and_a_table(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    drawn(page)
    page.get_by_role("button", name="60", exact=True).click()
    expect(page.locator(".analogue-words .lead")).to_contain_text("the last 60 sessions")
    page.get_by_role("button", name="+10").click()
    expect(page.locator(".analogue-words .lead")).to_contain_text("over the next 10")
    assert "bars=60" in page.url
    assert "after=10" in page.url
    page.reload()
    expect(page.locator(".analogue-words .lead")).to_contain_text("the last 60 sessions", timeout=FIRST_MS)
    page.get_by_text("The matches as a table").click()
    answer = visitor.api("GET", "/api/patterns/similar?symbol=NSE:RELIANCE&bars=60&after=10")
    rows = page.locator("#similar tbody tr")
    expect(rows).to_have_count(len(answer["matches"]))
    ups = sum(match["after"]["return_pct"] > 0 for match in answer["matches"])
    expect(page.locator(".analogue-words .lead")).to_contain_text(f", {ups} rose over the next 10")
    assert visitor.errors == []


def test_what_stands_below_a_failed_search_is_not_of_another_choice(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    drawn(page)
    page.get_by_text("The matches as a table").click()
    shown = page.locator("#similar").locator(".analogue-chart, .analogue-key, .twin").filter(visible=True)
    expect(shown).to_have_count(3)
    page.route("**/api/patterns/similar*", lambda route: route.abort())
    page.get_by_role("button", name="60", exact=True).click()
    expect(page.locator(".analogue-words .lead")).to_contain_text("could not be searched", timeout=FIRST_MS)
    expect(shown).to_have_count(0)
    page.unroute("**/api/patterns/similar*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".analogue-words .lead")).to_contain_text("the last 60 sessions", timeout=FIRST_MS)
    expect(shown).to_have_count(3)
    assert all("net::ERR_FAILED" in error for error in visitor.errors)


def test_a_double_click_on_a_choice_asks_once(visitor: Visitor) -> None:
    page = visitor.open(PATH)
    drawn(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/patterns/similar" in request.url else None)
    page.get_by_role("button", name="60", exact=True).dblclick()
    expect(page.locator(".analogue-words .lead")).to_contain_text("the last 60 sessions")
    page.get_by_role("button", name="+10").dblclick()
    expect(page.locator(".analogue-words .lead")).to_contain_text("over the next 10")
    assert len(asked) == 2
    assert visitor.errors == []


def test_what_cannot_be_shown_says_so(visitor: Visitor) -> None:
    page = visitor.open("/patterns/?symbol=NSE:NOSUCH")
    expect(page.get_by_text("NSE:NOSUCH is not known.")).to_be_visible()
    page = visitor.open("/patterns/?universe=nowhere")
    expect(page.get_by_text("There is no universe 'nowhere'.")).to_be_visible()
    (refused,) = visitor.errors  # Chromium tells of the page's own status
    assert "400" in refused
