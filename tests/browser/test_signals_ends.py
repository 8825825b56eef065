"""The end of a signal is told wherever the signal is shown as live, also when it comes while the line is down."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from core.clock import isoformat_z
from tests.browser.fno_pages import LOST, SLOW_MS, Message, ready, told, with_answer
from tests.browser.pages import Visitor, sideways_px

#: Whether the directions of stale cards have the colour of quiet words and not that of a rise or a fall.
QUIET = """() => {
    const probe = document.querySelector(".fno-card").appendChild(document.createElement("i"));
    probe.style.color = "var(--ink-2)";
    const quiet = getComputedStyle(probe).color;
    probe.remove();
    const ways = [...document.querySelectorAll(".fno-way:is(.up, .down)")];
    return ways.every((way) => getComputedStyle(way).color === quiet);
}"""


def lives_of(signal: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the signal as it was while it was live, and as it is after its target."""
    live = signal | {"status": "LIVE", "outcome": "OPEN", "exit_price": None, "closed_at": None, "net_per_lot": None}
    over = live | {
        "status": "CLOSED", "outcome": "TARGET", "exit_price": signal["target"], "r_multiple": 1.5,
        "closed_at": isoformat_z(datetime.now(UTC)), "net_per_lot": 1234.5, "charges_per_lot": 65.5,
    }  # fmt: skip
    return live, over


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_a_signal_that_ended_while_the_line_was_down(
    trader: Visitor, fired: dict[str, Any], theme: str, width: int
) -> None:
    """While the line is down the page is still readable and says what it does; then it has the outcome unasked."""
    index = fired["index"]
    live, over = lives_of(fired["answer"]["signal"] | {"id": 10**9, "trade_code": f"{index}-99-0001"})
    state = {"is_down": False, "signal": live}

    def change(message: Message) -> Message | None:
        if message["type"] == "signal":
            return None
        now = state["signal"]
        answer = {"index": index, "analysis": fired["answer"]["analysis"], "signal": now if now is live else None}
        changed = with_answer(answer)(message)
        return changed | ({"last": {index: now}} if message["type"] == "signals" else {})

    page = trader.page(theme=theme, width=width)
    connections = told(page, change, is_down=lambda: bool(state["is_down"]))
    page.goto(f"{trader.url}/signals/?index={index}")
    ready(page)
    life, health = page.locator("#fno-life"), page.locator("#fno-health")
    expect(life.locator(".fno-life")).to_have_attribute("data-status", "LIVE", timeout=SLOW_MS)
    expect(page.locator("#fno-payoff .card-foot .source")).to_contain_text("ago", timeout=SLOW_MS)
    state["is_down"] = True
    connections[-1].close(code=LOST)
    expect(health).to_have_attribute("data-kind", "down", timeout=10_000)
    expect(health).to_contain_text("it is tried again")
    expect(page.locator(".fno-card").first).to_have_css("border-top-style", "dashed")
    assert page.evaluate(QUIET)
    assert trader.findings(page) == []
    state |= {"is_down": False, "signal": over}
    expect(life.locator(".fno-life")).to_have_attribute("data-status", "CLOSED", timeout=SLOW_MS)
    expect(page.locator(".toast .text").filter(has_text=f"{index}: target reached")).to_be_visible()
    expect(life.get_by_role("heading")).to_have_text("Last signal")
    expect(life.locator(".fno-life-head .badge")).to_have_text("Target reached")
    connections[-1].close(code=4429)
    expect(health).to_contain_text("Close some of them", timeout=10_000)
    expect(health).not_to_contain_text("tried again")
    assert trader.errors == []


def test_an_open_row_of_the_record_ends(trader: Visitor, fired: dict[str, Any]) -> None:
    code = fired["code"]
    live, over = lives_of(trader.api("GET", f"/api/fno/signals/{code}"))
    now = {"detail": live}
    page = trader.page()
    connections = told(page, lambda message: message | {"last": {}} if message["type"] == "signals" else None)
    page.route(f"**/api/fno/signals/{code}", lambda route: route.fulfill(json=now["detail"]))  # others are not known
    page.goto(f"{trader.url}/signals/record/?days=all&signal={code}")
    life, line = page.locator(".life-box .fno-life"), page.locator(f'[data-signal="{code}"]')
    expect(life).to_have_attribute("data-status", "LIVE", timeout=SLOW_MS)
    line.evaluate("line => { line.dataset.status = 'LIVE'; }")  # what it is when the page is read while it lives
    page.get_by_text("What it was made of when it fired").click()
    step = {"type": "signal", "index": live["index"], "signal": live | {"mfe_points": 7.77}}
    connections[0].send(json.dumps(step))
    expect(life).to_contain_text("+7.77 and", timeout=SLOW_MS)
    expect(page.locator("#record-news")).to_be_hidden()
    now["detail"] = over
    connections[0].close(code=LOST)
    expect(life).to_have_attribute("data-status", "CLOSED", timeout=SLOW_MS)
    expect(life).to_contain_text("Target reached")
    expect(page.locator(".life-box .fno-bars tbody tr").first).to_be_visible()  # what was unfolded is so still
    expect(line.locator(".badge")).to_have_text("Target reached")
    expect(line.locator('[data-part="r"]')).to_have_text("+1.50")
    expect(line.locator('[data-part="net"]')).to_have_text("+1,234.50")
    expect(page.locator("#record-news")).to_contain_text("figures and charts are from before")
    page.locator("#record-news").get_by_role("button").click()
    expect(page.locator("#record-news")).to_be_hidden(timeout=SLOW_MS)
    assert trader.errors == []


def test_an_end_that_is_told_before_an_older_answer_comes(trader: Visitor, fired: dict[str, Any]) -> None:
    code = fired["code"]
    live, over = lives_of(trader.api("GET", f"/api/fno/signals/{code}"))
    held: list[Route] = []
    page = trader.page()
    connections = told(page, lambda message: message | {"last": {}} if message["type"] == "signals" else None)
    page.route(f"**/api/fno/signals/{code}", lambda route: held.append(route))
    page.goto(f"{trader.url}/signals/record/?days=all")
    line = page.locator(f'[data-signal="{code}"]')
    line.evaluate("line => { line.dataset.status = 'LIVE'; }")  # what it is when the page is read while it lives
    line.locator("[data-open]").click()
    expect(page.locator(".life-box")).to_have_text("Reading the signal.")
    for _ in range(200):
        if connections and held:
            break
        page.wait_for_timeout(50)
    connections[0].send(json.dumps({"type": "signal", "index": live["index"], "signal": over}))
    expect(line.locator(".badge")).to_have_text("Target reached", timeout=SLOW_MS)
    for answer in held:
        answer.fulfill(json=live)
    life = page.locator(".life-box .fno-life")
    expect(life).to_have_attribute("data-status", "CLOSED", timeout=SLOW_MS)
    expect(life).to_contain_text("Target reached")
    assert trader.errors == []


@pytest.mark.parametrize("width", [360, 1440])
def test_a_signal_that_is_not_in_the_list(trader: Visitor, fired: dict[str, Any], width: int) -> None:
    page = trader.open("/signals/record/?days=all&signal=nope", width=width)
    expect(page.get_by_text("There is no signal NOPE in this list.")).to_be_visible(timeout=SLOW_MS)
    assert placeholder_room_px(page) > 0
    page = trader.open(f"/signals/record/?days=all&signal={'W' * 120}", width=width)
    expect(page.locator("#asked-missing")).to_contain_text("There is no signal WWW", timeout=SLOW_MS)
    assert sideways_px(page) <= 0
    page = trader.open(f"/signals/record/?days=all&signal={fired['code']}", width=width)
    expect(page.locator(".life-box .fno-steps")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#asked-missing")).to_be_hidden()
    assert trader.errors == []


def placeholder_room_px(page: Page) -> float:
    """Return how much wider the filter of the history is than its placeholder."""
    return page.locator("#history [data-filter]").evaluate(
        """box => {
            const look = getComputedStyle(box);
            const pen = document.createElement("canvas").getContext("2d");
            pen.font = look.font;
            const room = box.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
            return room - pen.measureText(box.placeholder).width;
        }"""
    )
