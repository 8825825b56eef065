"""The I-Score pages: a universe's table, the card on an instrument's page, one stock down to its inputs."""

import csv
import io
import os
import re
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visitor, sideways_px
from tests.server.running import ROOT, Server

FIRST_MS = 60_000
STOCK = "NSE:TCS"
#: Keeps the last five sessions of one stock anew, oldest first, as nights would have.
KEEP = f"""
import django; django.setup()
from core import clock
from market.selectors.instruments import find_instrument
from signals.models import IScoreSnapshot
from signals.services.iscore.scoring import scored
from signals.services.iscore.snapshots import snapshots_for
from signals.services.market_data import whole_panel
now = clock.now()
last = scored(now=now)
stock = find_instrument("{STOCK}")
IScoreSnapshot.objects.filter(instrument=stock).delete()
days = [day for day in whole_panel(last.universe, now).dates.astype("datetime64[D]").tolist() if day <= last.session]
for day in days[-5:]:
    snapshots_for(scored(now=now, session=day), [stock], now=now)
"""


@pytest.fixture(scope="module")
def kept(server: Server) -> None:
    """Five sessions of the stock are kept."""
    env = os.environ | {"STATE_DIR": str(server.state_dir), "DJANGO_SETTINGS_MODULE": "tradeplatform.settings"}
    subprocess.run([sys.executable, "-c", KEEP], cwd=ROOT, env=env, check=True, timeout=120)


def number(text: str) -> float:
    """Read a number as the pages print it."""
    return float(text.replace("\u2212", "-").replace(",", "").replace("%", "").replace("↑", "").replace("↓", ""))


def card(page: Page) -> Any:
    found = page.locator("#iscore-card")
    expect(found.locator(".score-ring b")).to_be_visible(timeout=FIRST_MS)
    return found


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_they_are_readable(visitor: Visitor, theme: str, width: int) -> None:
    page = visitor.open("/iscore/", theme=theme, width=width)
    expect(page.locator(".iscore-table tbody tr").first).to_be_visible(timeout=FIRST_MS)
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []
    page.goto(f"{visitor.url}/iscore/{STOCK}/")
    expect(page.locator("#iscore-history canvas").first).to_be_visible(timeout=FIRST_MS)
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []
    page.goto(f"{visitor.url}/market/{STOCK}/")
    card(page).scroll_into_view_if_needed()
    assert sideways_px(page) <= 0
    assert visitor.findings(page) == []
    assert visitor.errors == []


def symbols(page: Page) -> list[str]:
    codes = page.locator(".iscore-table tbody .code").all_inner_texts()
    return [f"NSE:{code}" for code in codes]


def test_the_table_sorts_and_filters_from_the_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/iscore/?universe=nifty_100")
    page.locator("#sort-risk").focus()
    for sort, order in (("-risk", "descending"), ("risk", "ascending")):
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"[?&]sort={sort}$"), timeout=FIRST_MS)
        head = page.locator("th:has(#sort-risk)")
        expect(head).to_have_attribute("aria-sort", order)
        expect(page.locator("#sort-risk")).to_be_focused()
        answer = visitor.api("GET", f"/api/iscore?universe=nifty_100&sort={sort}&limit=500")
        assert symbols(page) == [row["symbol"] for row in answer][: len(symbols(page))]
        shown = page.locator(".iscore-table tbody tr").first.locator("td.part span").all_inner_texts()
        assert shown == [f"{value:.0f}" for value in answer[0]["components"].values()]
    page.get_by_role("searchbox", name="Search by symbol or name").fill("bank")
    expect(page).to_have_url(re.compile(r"[?&]q=bank&sort=risk$"), timeout=FIRST_MS)
    found = [row for row in answer if "bank" in f"{row['symbol']} {row['name']}".lower()]
    expect(page.locator(".iscore-table tbody tr")).to_have_count(len(found))
    assert symbols(page) == [row["symbol"] for row in found]
    tier = page.get_by_label("Tier")
    tier.select_option("hold")
    expect(page).to_have_url(re.compile(r"[?&]tier=hold"), timeout=FIRST_MS)
    holds = [row["symbol"] for row in found if row["recommendation"] == "HOLD" and row["code"] is None]
    expect(page.locator(".iscore-table .table-tools")).to_contain_text(f"{len(holds)} of {len(answer)} stocks")
    assert symbols(page) == holds
    page.reload()
    assert symbols(page) == holds
    assert visitor.errors == []


@pytest.mark.usefixtures("kept")
def test_a_row_leads_to_the_instrument_whose_card_says_what_the_api_says(visitor: Visitor) -> None:
    page = visitor.open("/iscore/?universe=nifty_100&sort=symbol")
    rows = page.locator(".iscore-table tbody tr")
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    code = rows.nth(1).locator(".code").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(code, timeout=FIRST_MS)
    expect(card(page)).to_contain_text("Not registered with SEBI")

    page.goto(f"{visitor.url}/market/{STOCK}/")
    shown = card(page)
    answer = visitor.api("GET", f"/api/iscore/{STOCK}")
    assert number(shown.locator(".score-ring b").inner_text()) == answer["iscore"]
    expect(shown.locator(".tier-word")).to_have_text(answer["recommendation"].replace("_", " ").capitalize())
    assert number(shown.locator(".figures dd").first.inner_text().split()[0]) == round(100 * answer["confidence"])
    change = round(answer["iscore"] - answer["previous"]["iscore"], 1)
    assert number(shown.locator(".iscore-score p b").inner_text()) == change
    for part, factor in zip(answer["components"].values(), shown.locator(".factor").all(), strict=True):
        expect(factor.locator("dt")).to_have_text(part["title"])
        assert number(factor.locator(".value").inner_text()) == part["score"]
        expect(factor.locator("small")).to_contain_text(f"counts {part['effective_weight']:g} of {part['weight']:g}")
    assert shown.locator(".iscore-why .plain").first.locator("li").all_inner_texts() == answer["score_factors"]
    moved = [number(text) for text in shown.locator(".moves li b").all_inner_texts()]
    assert moved == [round(one["points"], 1) for one in answer["changes"][:5]]
    assert moved
    assert visitor.errors == []


@pytest.mark.usefixtures("kept")
def test_points_add_up_to_the_score(visitor: Visitor) -> None:
    page = visitor.open(f"/iscore/{STOCK}/")
    answer = visitor.api("GET", f"/api/iscore/{STOCK}")
    steps = [number(text) for text in page.locator(".fall tbody td:nth-child(2)").all_inner_texts()]
    assert round(50 + sum(steps), 2) == answer["iscore"]
    assert number(page.locator(".fall tbody tr").last.locator("td").nth(1).inner_text()) == answer["iscore"]
    assert number(page.locator("[data-score]").inner_text()) == answer["iscore"]
    for part, shown in zip(answer["components"].values(), page.locator(".iscore-part").all(), strict=True):
        points = [
            float(text)
            for text in shown.locator("[data-input-points]").evaluate_all("all => all.map(n => n.dataset.inputPoints)")
        ]
        assert points == [one["points"] for one in part["inputs"]]
        assert number(shown.locator("summary .points").inner_text()) == pytest.approx(sum(points), abs=0.006)
    history = visitor.api("GET", f"/api/iscore/{STOCK}/history?limit=500")
    rows = page.locator(".iscore-ledger tbody tr")
    expect(rows).to_have_count(len(history))
    scores = [number(text) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
    assert scores == [row["iscore"] for row in history]
    changes = [number(text) for text in rows.locator("td:nth-child(3)").all_inner_texts()[:-1]]
    assert changes == [round(new - old, 1) for new, old in pairwise(scores)]
    assert visitor.errors == []


@pytest.mark.usefixtures("kept")
def test_the_history_is_walked_with_the_arrows(visitor: Visitor) -> None:
    page = visitor.open(f"/iscore/{STOCK}/")
    expect(page.locator("#iscore-history canvas").first).to_be_visible(timeout=FIRST_MS)
    history = visitor.api("GET", f"/api/iscore/{STOCK}/history?limit=500")
    line = page.locator("#history-line")
    expect(line).to_contain_text(f": {history[0]['iscore']:.1f}")
    page.locator("#iscore-history").focus()
    page.keyboard.press("Home")
    expect(line).to_contain_text(f": {history[-1]['iscore']:.1f}.")
    page.keyboard.press("ArrowRight")
    expect(line).to_contain_text(f": {history[-2]['iscore']:.1f} (")
    assert visitor.errors == []


def test_the_file_holds_all_rows_of_the_list(visitor: Visitor) -> None:
    page = visitor.open("/iscore/?universe=nifty_100&sort=-confidence&q=ltd")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    text = waiting.value.path().read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    answer = visitor.api("GET", "/api/iscore?universe=nifty_100&sort=-confidence&limit=500")
    wanted = [row for row in answer if "ltd" in f"{row['symbol']} {row['name']}".lower()]
    assert len(wanted) > 20
    assert [(row["symbol"], float(row["iscore"]), float(row["trend"])) for row in rows] == [
        (row["symbol"], row["iscore"], row["components"]["trend"]) for row in wanted
    ]


def test_what_cannot_be_shown_says_so(visitor: Visitor) -> None:
    page = visitor.open("/iscore/?q=zzzzzz")
    expect(page.get_by_text("No stock passes the filters")).to_be_visible()
    page = visitor.open("/iscore/NSE:NIFTY%2050/")
    expect(page.get_by_text("There is no score").first).to_be_visible()
    assert visitor.errors == []
    page = visitor.open("/iscore/?universe=nowhere")
    expect(page.get_by_text("I-Scores are not available")).to_be_visible()
    page = visitor.open("/iscore/NSE:NOSUCH/")
    expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()


def test_a_card_that_fails_says_so_and_can_be_asked_again(visitor: Visitor) -> None:
    broken = "**/iscore/card/**"
    page = visitor.page()
    page.route(broken, lambda route: route.fulfill(status=500, body="broken"))
    page.goto(f"{visitor.url}/market/{STOCK}/")
    found = page.locator("#iscore-card")
    expect(found.get_by_role("alert")).to_have_text("The server could not do this (500). This part is missing.")
    expect(found).to_have_attribute("aria-busy", "false")
    page.unroute(broken)
    found.get_by_role("button", name="Try again").click()
    card(page)


def test_columns_are_chosen_and_kept(visitor: Visitor) -> None:
    page = visitor.open("/iscore/", width=360)
    table = page.get_by_role("table")
    sector, confidence = (table.locator("thead th", has_text=title) for title in ("Sector", "Confidence"))
    expect(confidence).to_be_visible(timeout=FIRST_MS)
    expect(sector).to_be_hidden()  # a narrow page leaves it out
    button = page.get_by_role("button", name="Columns")
    button.click()
    page.get_by_role("checkbox", name="Sector").check()
    page.get_by_role("checkbox", name="Confidence").uncheck()
    assert visitor.findings(page) == []
    for _ in range(2):
        expect(sector).to_be_visible()
        expect(confidence).to_be_hidden()
        expect(table.locator("tbody tr").first.locator("td.sector")).to_be_visible()
        page.reload()
    page.get_by_label("Sort").select_option(index=3)  # the rows come anew
    page.wait_for_url("**sort=*")
    expect(sector).to_be_visible()
    button.click()
    page.get_by_role("button", name="As at first").click()
    expect(sector).to_be_hidden()
    expect(confidence).to_be_visible()
    assert sideways_px(page) <= 0, sideways_px(page)
    page = visitor.open("/iscore/", theme="dark")
    page.get_by_role("button", name="Columns").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Columns")).to_be_focused()
    assert visitor.errors == []
