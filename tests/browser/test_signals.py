"""Signals live, a signal's life from its trigger to its outcome, and the track record against the raw Record."""

import re
import statistics
import threading
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from core.printed import MINUS
from engines.metrics.risk_free import risk_free_pct
from engines.options import black76
from tests.browser import fno_driver
from tests.browser.fno_pages import SCAN_MS, SLOW_MS, expect_line, ready, told, with_answer
from tests.browser.pages import Visitor, cut_numbers, sideways_px
from tests.server.running import Server


def test_the_first_visit_asks_to_read_the_risk(visitor: Visitor) -> None:
    page = visitor.open("/signals/?index=SENSEX", who="Admin")
    expect(page.get_by_text("91% of individual traders")).to_be_visible()
    assert visitor.findings(page) == []
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("#fno-title")).to_have_text("SENSEX", timeout=SLOW_MS)
    assert visitor.errors == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signals_are_readable(trader: Visitor, fired: dict[str, Any], theme: str, width: int) -> None:
    page = trader.page(theme=theme, width=width)
    told(page, with_answer(fired["answer"]))
    page.goto(f"{trader.url}/signals/?index={fired['index']}")
    ready(page)
    expect(page.locator("#fno-trades tbody tr")).to_have_count(3, timeout=SLOW_MS)
    expect(page.locator("#fno-payoff canvas").first).to_be_visible(timeout=SLOW_MS)
    expect_line(page.locator(".payoff-key .expiry"), "solid")
    expect_line(page.locator(".payoff-key .now"), "dashed")
    assert sideways_px(page) <= 0
    assert cut_numbers(page) == []
    assert trader.findings(page) == []
    assert trader.errors == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_record_is_readable(trader: Visitor, fired: dict[str, Any], theme: str, width: int) -> None:
    page = trader.open(f"/signals/record/?days=all&signal={fired['code']}", theme=theme, width=width)
    expect(page.locator(".life-box .fno-steps")).to_be_visible(timeout=SLOW_MS)
    assert sideways_px(page) <= 0
    assert trader.findings(page) == []
    assert trader.errors == []


def test_cards_change_with_every_scan(trader: Visitor) -> None:
    page = trader.open("/signals/")
    ready(page)
    ages = page.locator('[data-card="BANKNIFTY"] time')
    before = ages.get_attribute("datetime")
    focused = page.locator('[data-card="BANKNIFTY"] a.name')
    focused.focus()
    expect(ages).not_to_have_attribute("datetime", before or "", timeout=SCAN_MS)
    expect(focused).to_be_focused()  # nothing was replaced
    answer = trader.api("GET", "/api/fno/live?index=BANKNIFTY")["analysis"]
    if answer["as_of"] == ages.get_attribute("datetime"):
        expect(page.locator('[data-card="BANKNIFTY"] .fno-ring')).to_have_text(str(answer["confidence"]))
    spot = page.locator('[data-card="NIFTY"] [data-field="last_price"]')
    seen = spot.inner_text()
    expect(spot).not_to_have_text(seen, timeout=SLOW_MS)
    assert trader.errors == []


def test_an_index_has_an_address_and_its_trades(trader: Visitor, fired: dict[str, Any]) -> None:
    page = trader.page()
    told(page, with_answer(fired["answer"]))
    other = "FINNIFTY" if fired["index"] != "FINNIFTY" else "NIFTY"
    page.goto(f"{trader.url}/signals/?index={other}")
    page.locator(f'[data-card="{fired["index"]}"] a.name').click()
    expect(page).to_have_url(re.compile(rf"index={fired['index']}$"))
    trades = sorted(fired["answer"]["analysis"]["trades"], key=lambda trade: trade["rank"])
    rows = page.locator("#fno-trades tbody tr")
    expect(rows).to_have_count(3, timeout=SLOW_MS)
    first = rows.first.locator("td").first  # before the socket speaks, the page may have an answer of its own
    expect(first).to_have_text(f"{trades[0]['entry_price']:,.2f}", timeout=SLOW_MS)
    for row, trade in zip(rows.all(), trades, strict=True):
        numbers = [text.replace(",", "") for text in row.locator("td").all_inner_texts()]
        assert numbers[:4] == [
            f"{trade['entry_price']:.2f}", f"{trade['sl']:.2f}", f"{trade['target']:.2f}",
            f"{trade['max_loss_per_lot']:.0f}",
        ]  # fmt: skip
    rows.nth(2).get_by_role("button").first.click()
    kind = "call" if trades[2]["option_type"] == "CE" else "put"
    expect(page.locator(".payoff-words")).to_contain_text(f"{trades[2]['strike']:,} {kind}", timeout=SLOW_MS)
    expect(page.locator(".payoff-table tbody tr")).to_have_count(5, timeout=SLOW_MS)
    page.get_by_role("button", name="How it is computed: the payoff").click()
    expect(page.get_by_text("at expiry: (max(0,")).to_be_visible()
    page.keyboard.press("Escape")
    page.go_back()
    expect(page.locator("#fno-title")).to_have_text(other)
    assert trader.errors == []


def test_the_payoff_is_what_the_engine_prices(trader: Visitor, fired: dict[str, Any]) -> None:
    page = trader.page()
    told(page, with_answer(fired["answer"]))
    page.goto(f"{trader.url}/signals/?index={fired['index']}")
    ready(page)
    analysis = fired["answer"]["analysis"]
    rate = risk_free_pct(date.fromisoformat(analysis["trade_date"])) / 100.0
    for trade in sorted(analysis["trades"], key=lambda one: one["rank"]):
        strike, is_call, lot = trade["strike"], trade["option_type"] == "CE", trade["lot_size"]
        page.locator("#fno-trades tbody tr").nth(trade["rank"] - 1).get_by_role("button").first.click()
        expect(page.locator(".payoff-words")).to_contain_text(
            f"One lot of the {strike:,} {'call' if is_call else 'put'} for {trade['entry_price']:,.2f} a unit can lose "
            f"at most ₹{Decimal(trade['entry_price'] * lot).quantize(Decimal(1), ROUND_HALF_UP):,};",
            timeout=SLOW_MS,
        )
        rows = {
            row.locator("th").inner_text(): [signed_number(text) for text in row.locator("td").all_inner_texts()]
            for row in page.locator(".payoff-table tbody tr").all()
        }
        assert rows["Strike"][0] == strike
        assert rows["Index at the scan"][0] == pytest.approx(analysis["spot_price"], abs=0.5)
        even = strike + (1 if is_call else -1) * trade["entry_price"]
        assert rows["Break-even at expiry"][::2] == [pytest.approx(even, abs=0.5), 0]
        for name, premium in (("Stop", trade["sl"]), ("Target", trade["target"])):
            assert rows[name][1] == pytest.approx((premium - trade["entry_price"]) * lot, abs=1)
        for name, (level, now, at_end) in rows.items():
            forward = level + analysis["forward"] - analysis["spot_price"]
            priced = black76.price(forward, strike, analysis["years_to_expiry"], trade["iv"], is_call, rate)
            half = abs(trade["delta"]) + 0.1  # levels are printed without their fraction
            assert now == pytest.approx((float(priced) - trade["entry_price"]) * lot, abs=half * lot), name
            worth = max(0.0, (level - strike) if is_call else (strike - level)) - trade["entry_price"]
            assert at_end == pytest.approx(worth * lot, abs=lot), name
    assert trader.errors == []


def signed_number(text: str) -> float:
    return float(text.replace(",", "").replace(MINUS, "-"))


def test_a_lost_connection_and_a_closed_market_say_so(trader: Visitor) -> None:
    page = trader.page()
    phase = {"now": "OPEN"}

    def change(message: dict[str, Any]) -> dict[str, Any]:
        answers = [*message.get("indices", {}).values(), *([message["data"]] if "data" in message else [])]
        for answer in answers:
            answer["analysis"]["market_phase"] = phase["now"]
        return message

    connections = told(page, change)
    page.goto(trader.url + "/signals/")
    ready(page)
    phase["now"] = "CLOSED"
    assert len(connections) == 1  # the bell and the page share it
    connections[0].close()
    expect(page.locator("#fno-health")).to_have_attribute("data-kind", "down", timeout=10_000)
    expect(page.locator("#fno-health")).to_contain_text("connection is lost")
    expect(page.locator("#fno-health")).to_contain_text("not in continuous trading", timeout=SLOW_MS)
    assert trader.errors == []


def test_a_signal_is_followed_to_its_outcome(trader: Visitor, server: Server, fired: dict[str, Any]) -> None:
    """The page hears of every step over the socket; nothing is reloaded."""
    driven = fired if _is_live(trader, fired["code"]) else fno_driver.fire(server)
    code = driven["code"]
    page = trader.open(f"/signals/?index={driven['index']}")
    life = page.locator(f'.fno-life[data-code="{code}"]')
    expect(life).to_be_visible(timeout=SLOW_MS)
    page.evaluate(
        """code => { window.seen = []; window.toasts = new Set(); const look = () => {
          for (const toast of document.querySelectorAll('.toast .text')) window.toasts.add(toast.textContent);
          const life = document.querySelector(`.fno-life[data-code="${code}"]`);
          const text = life ? life.dataset.status + ' ' + life.querySelector('.fno-steps').textContent : '';
          if (text && window.seen.at(-1) !== text) window.seen.push(text); };
          const what = {subtree: true, childList: true, characterData: true, attributes: true};
          new MutationObserver(look).observe(document.body, what);
          look(); }""",
        code,
    )
    following = threading.Thread(target=fno_driver.follow, args=(server, code))
    following.start()
    expect(life).to_have_attribute("data-status", "CLOSED", timeout=SCAN_MS)
    following.join()
    seen = page.evaluate("window.seen")
    assert seen[0].startswith("LIVE") or len(seen) == 1  # the worker may have closed it before the page was there
    assert seen[-1].startswith("CLOSED")
    found = trader.api("GET", f"/api/fno/signals/{code}")
    words = {"TARGET": "Target reached", "SL": "Stopped out", "TIME_EXIT": "Time was up", "EXPIRED": "Expired"}
    expect(life.locator(".fno-life-head .badge")).to_have_text(words[found["outcome"]])
    expect(life).to_contain_text(f"Sold at {found['exit_price']:,.2f}")
    if seen[0].startswith("LIVE"):
        toasts = page.evaluate("[...window.toasts]")
        assert any(words[found["outcome"]].lower() in text for text in toasts), toasts
    line = next(row for row in closed_lines(trader) if row["trade_code"] == code)
    assert line["r_multiple"] == found["r_multiple"]
    assert trader.errors == []


def test_an_open_row_of_the_record_follows_its_option(trader: Visitor, fired: dict[str, Any]) -> None:
    chain = trader.api("GET", "/api/fno/chain?index=NIFTY")
    option = next(row for row in chain["rows"] if row["strike"] == chain["atm_strike"])["ce"]
    entry = option["ltp"]
    live = trader.api("GET", f"/api/fno/signals/{fired['code']}") | {
        "status": "LIVE", "outcome": "OPEN", "exchange": "NFO", "tradingsymbol": option["tradingsymbol"],
        "entry_price": entry, "sl": round(0.9 * entry, 2), "target": round(1.2 * entry, 2), "last_price": None,
        "last_price_at": None, "closed_at": None, "exit_price": None, "mfe_points": 0.0, "mae_points": 0.0,
    }  # fmt: skip
    page = trader.page()
    told(page, lambda message: message | {"last": {}} if message["type"] == "signals" else None)
    page.route("**/api/fno/signals/*", lambda route: route.fulfill(json=live))
    page.goto(f"{trader.url}/signals/record/?days=all&signal={fired['code']}")
    price = page.locator('.life-box [data-field="last_price"]')
    expect(price).not_to_have_text(f"{entry:,.2f}", timeout=SLOW_MS)
    for _ in range(2):
        seen, standing = page.evaluate(
            """() => [document.querySelector('.life-box [data-field="last_price"]').dataset.value,
                      document.querySelector('.life-box [data-standing]').textContent]"""
        )
        assert shown_number(standing.split(" points")[0]) == pytest.approx(float(seen) - entry, abs=0.011)
        expect(price).not_to_have_attribute("data-value", seen, timeout=SLOW_MS)
    expect(page.locator(".life-box .card-foot time")).to_have_text(re.compile(r"^(now|\d+ s ago)$"), timeout=SLOW_MS)
    assert trader.errors == []


def test_the_bell_collects_what_happened(trader: Visitor, fired: dict[str, Any]) -> None:
    page = trader.open("/settings/", width=360)
    bell = page.locator("#bell")
    expect(bell).to_have_attribute("aria-label", re.compile(r"Notifications, \d+ unread"), timeout=SLOW_MS)
    bell.focus()
    page.keyboard.press("Enter")
    items = page.locator("#bell-list .notice-item")
    expect(items.filter(has_text=f"{fired['index']}: ").first).to_be_visible()
    assert trader.findings(page) == []
    assert sideways_px(page) <= 0
    expect(page.locator("#bell-read")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.locator("#bell-read").click()
    expect(bell).to_have_attribute("aria-label", "Notifications")
    page.reload()
    expect(items.first).to_be_attached(timeout=SLOW_MS)
    expect(page.locator("#bell-list .unread")).to_have_count(0)
    assert trader.errors == []


def _is_live(trader: Visitor, code: str) -> bool:
    return trader.api("GET", f"/api/fno/signals/{code}")["status"] == "LIVE"


def closed_lines(trader: Visitor) -> list[dict[str, Any]]:
    """What the raw Record says of signals that are over."""
    return [line["payload"] for line in trader.api("GET", "/api/record?kind=fno.closed&limit=500")]


def shown_number(text: str) -> float:
    return float(re.sub(r"[^\d.\-]", "", text.replace("−", "-")))


def test_the_track_record_is_what_the_record_says(trader: Visitor, server: Server, fired: dict[str, Any]) -> None:
    fno_driver.session(server)
    page = trader.open("/signals/record/?days=all")
    lines = closed_lines(trader)
    assert len(lines) >= 2
    r = [line["r_multiple"] for line in lines]
    risk = [(line["entry_price"] - line["sl"]) * line["lot_size"] for line in lines]
    net = [line["net_per_lot"] for line in lines]

    def metric(key: str) -> str:
        return page.locator(f'[data-metric="{key}"] .value').inner_text()

    assert shown_number(metric("n")) == len(lines)
    hits = sum(line["outcome"] == "TARGET" for line in lines)
    assert shown_number(metric("hit")) == pytest.approx(100 * hits / len(lines), abs=0.051)
    assert shown_number(metric("win")) == pytest.approx(100 * sum(one > 0 for one in net) / len(lines), abs=0.051)
    assert shown_number(metric("mean")) == pytest.approx(statistics.fmean(r), abs=0.002)
    assert shown_number(metric("total")) == pytest.approx(sum(r), abs=0.01)
    mean_net = statistics.fmean(one / own for one, own in zip(net, risk, strict=True))
    assert shown_number(metric("expectancy")) == pytest.approx(mean_net, abs=0.002)
    note = page.locator('[data-metric="expectancy"] .note').inner_text()
    assert shown_number(note) == pytest.approx(statistics.fmean(net), abs=0.011)
    for tier in ("High", "Regular", "Aggressive"):
        n = sum(line["tier"] == tier.upper() for line in lines)
        assert page.locator(f'tr[data-tier="{tier}"] td').first.inner_text() == str(n)
    expect(page.locator(".payoff-key")).to_have_text(re.compile(r"before charges, dashed\s+after charges, solid"))
    expect_line(page.locator(".payoff-key .now"), "dashed")
    expect_line(page.locator(".payoff-key .key:not(.now)"), "solid")
    expect(page.locator("#curve-words")).to_contain_text(f"{len(lines)} results", timeout=SLOW_MS)
    codes = page.locator("#history [data-open]").evaluate_all("all => all.map(one => one.dataset.open)")
    assert {line["trade_code"] for line in lines} <= set(codes)
    assert trader.errors == []


def test_a_double_click_opens_a_row_and_the_bell_once(trader: Visitor, fired: dict[str, Any]) -> None:
    page = trader.open("/signals/record/?days=all")
    button = page.locator(f'[data-open="{fired["code"]}"]')
    button.dblclick()
    expect(page.locator(".life-box .fno-steps")).to_be_visible(timeout=SLOW_MS)
    expect(button).to_have_attribute("aria-expanded", "true")
    page.locator("#bell").dblclick()
    expect(page.locator("#bell-menu")).to_be_visible()
    assert trader.errors == []


def test_rows_open_and_the_chain_is_verified(trader: Visitor, fired: dict[str, Any]) -> None:
    page = trader.open("/signals/record/?days=all")
    button = page.locator(f'[data-open="{fired["code"]}"]')
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".life-box .fno-steps")).to_be_visible(timeout=SLOW_MS)
    expect(button).to_have_attribute("aria-expanded", "true")
    assert f"signal={fired['code']}" in page.url
    page.get_by_text("What it was made of when it fired").click()
    expect(page.locator(".life-box .fno-bars tbody tr")).to_have_count(12)
    page.locator("#history").get_by_role("button", name="Fired").click()
    expect(page.locator(".life-row")).to_have_count(0)
    page.get_by_role("button", name="Verify now").click()
    words = page.locator("#chain-words")
    expect(words).to_have_attribute("data-state", "ok", timeout=SLOW_MS)
    head = re.search(r"Chain of ([\d,]+) lines verified, last hash ([0-9a-f]{64})", words.inner_text())
    assert head
    hashes = {line["sequence"]: line["hash"] for line in trader.api("GET", "/api/record?limit=500")}
    assert hashes[int(head.group(1).replace(",", ""))] == head.group(2)
    page.locator("#record-outcome").select_option("SL")
    expect(page).to_have_url(re.compile(r"outcome=SL"), timeout=SLOW_MS)
    assert trader.errors == []
