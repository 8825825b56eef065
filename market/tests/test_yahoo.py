"""Yahoo through yfinance in its child process, against a stand-in on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from market.adapters.base import (
    MalformedReply,
    NotConnected,
    RateLimitedUpstream,
    UnknownSymbol,
    Unsupported,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from market.adapters.yahoo import YahooData, parsing
from market.adapters.yahoo.adapter import _windows
from market.adapters.yahoo.process import Child
from market.adapters.yahoo.symbols import ticker
from market.tests.standins import yahoo as standin

NOW = datetime(2026, 10, 6, 7, 0, tzinfo=UTC)  # a Tuesday, 12:30 IST


@pytest.fixture(scope="module")
def server() -> Iterator[standin.YahooStandIn]:
    with standin.running() as it:
        it.now_s = int(NOW.timestamp())
        yield it


@pytest.fixture(scope="module")
def child(server: standin.YahooStandIn) -> Iterator[Child]:
    it = Child(api_root=server.root, call_s=8.0, monotonic=time.monotonic)
    yield it
    it.stop()


@pytest.fixture
def yahoo(server: standin.YahooStandIn, child: Child) -> Iterator[YahooData]:
    server.fault = ""
    server.live_row = False
    yield YahooData(child=child)
    server.fault = ""


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("NSE:RELIANCE", "RELIANCE.NS"),
        ("BSE:RELIANCE", "RELIANCE.BO"),
        ("NSE:M&M", "M&M.NS"),
        ("NSE:NIFTY 50", "^NSEI"),
        ("NSE:NIFTY BANK", "^NSEBANK"),
        ("BSE:SENSEX", "^BSESN"),
        ("NSE:INDIA VIX", "^INDIAVIX"),
        ("NSE:NIFTY MIDCAP 100", None),
        ("NFO:NIFTY26OCTFUT", None),
        ("RELIANCE", None),
    ],
)
def test_tickers(key: str, name: str | None) -> None:
    assert ticker(key) == name


def test_quotes_come_with_crumb_and_cookie_and_are_delayed(yahoo: YahooData, server: standin.YahooStandIn) -> None:
    found = yahoo.quotes(["NSE:RELIANCE", "NSE:M&M", "NSE:NIFTY 50", "NSE:NOSUCH", "NFO:NIFTY26OCTFUT"], now=NOW)
    assert set(found) == {"NSE:RELIANCE", "NSE:M&M", "NSE:NIFTY 50"}
    quote = found["NSE:RELIANCE"]
    at = int(NOW.timestamp()) - 900
    assert quote.as_of == NOW - timedelta(minutes=15)
    assert quote.last_price == standin.close_at("RELIANCE.NS", at)
    assert quote.prev_close == pytest.approx(quote.last_price - 2)
    assert quote.volume == 123_456
    assert any(f"crumb={standin.CRUMB}" in path for path in server.requests)


def test_day_candles_sit_on_their_trade_date(yahoo: YahooData) -> None:
    start, end = datetime(2026, 9, 21, tzinfo=UTC), datetime(2026, 10, 2, tzinfo=UTC)
    bars = yahoo.candles("NSE:RELIANCE", "day", start, end, now=NOW)
    days = bars.ts.astype("datetime64[s]").astype("datetime64[D]")
    assert days[0] == np.datetime64("2026-09-21")
    assert days[-1] == np.datetime64("2026-10-02")
    assert len(bars) == 10
    assert (bars.ts % 86_400 == 0).all()


def test_the_running_bar_is_folded_into_its_minute(yahoo: YahooData, server: standin.YahooStandIn) -> None:
    server.live_row = True
    bars = yahoo.candles("NSE:RELIANCE", "15minute", NOW - timedelta(hours=2), NOW, now=NOW)
    assert (np.diff(bars.ts) == 900).all()
    ts = int(bars.ts[-1])
    assert bars.close[-1] == standin.close_at("RELIANCE.NS", ts + 7 * 60 + 13)
    assert bars.high[-1] >= standin.close_at("RELIANCE.NS", ts) + 2


def test_minutes_are_asked_for_a_week_at_a_time(yahoo: YahooData, server: standin.YahooStandIn) -> None:
    server.requests.clear()
    bars = yahoo.candles("NSE:RELIANCE", "minute", NOW - timedelta(days=12), NOW, now=NOW)
    assert sum("/v8/" in path for path in server.requests) == 2
    assert (np.diff(bars.ts) > 0).all()
    assert bars.ts[-1] <= NOW.timestamp()


def test_windows_reach_back_only_as_far_as_yahoo_does() -> None:
    first, _ = _windows("5minute", NOW - timedelta(days=400), NOW, NOW)[0]
    assert first == int((NOW - timedelta(days=59)).timestamp())
    assert _windows("minute", NOW, NOW - timedelta(days=1), NOW) == []


def test_unknown_unsupported_and_empty(yahoo: YahooData) -> None:
    with pytest.raises(UnknownSymbol, match="NSE:NOSUCH"):
        yahoo.candles("NSE:NOSUCH", "day", NOW - timedelta(days=5), NOW, now=NOW)
    with pytest.raises(UnknownSymbol):
        yahoo.candles("NFO:NIFTY26OCTFUT", "day", NOW - timedelta(days=5), NOW, now=NOW)
    with pytest.raises(Unsupported):
        yahoo.candles("NSE:RELIANCE", "tick", NOW - timedelta(days=5), NOW, now=NOW)
    with pytest.raises(Unsupported):
        yahoo.option_chain("NIFTY", None, now=NOW)
    weekend = datetime(2026, 10, 3, tzinfo=UTC)
    assert len(yahoo.candles("NSE:RELIANCE", "day", weekend, weekend + timedelta(hours=30), now=NOW)) == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("rate_limited", RateLimitedUpstream),
        ("server_error", UpstreamUnavailable),
        ("unauthorised", NotConnected),
        ("html", MalformedReply),
        ("wrong_shape", MalformedReply),
        ("ragged", MalformedReply),
        ("reset", UpstreamUnavailable),
    ],
)
def test_faults_are_typed(yahoo: YahooData, server: standin.YahooStandIn, fault: str, error: type[Exception]) -> None:
    server.fault = fault
    with pytest.raises(error):
        yahoo.candles("NSE:RELIANCE", "day", NOW - timedelta(days=5), NOW, now=NOW)
    with pytest.raises(error):
        yahoo.quotes(["NSE:RELIANCE"], now=NOW)


def test_a_silent_yahoo_costs_the_deadline_and_no_more(server: standin.YahooStandIn) -> None:
    child = Child(api_root=server.root, call_s=1.0, monotonic=time.monotonic)
    try:
        YahooData(child=child).quotes(["NSE:RELIANCE"], now=NOW)
        server.fault = "timeout"
        began = time.monotonic()
        with pytest.raises(UpstreamTimeout):
            YahooData(child=child).quotes(["NSE:RELIANCE"], now=NOW)
        assert time.monotonic() - began < 2.5
    finally:
        server.fault = ""
        child.stop()


def test_a_dead_child_is_replaced(yahoo: YahooData, child: Child) -> None:
    yahoo.quotes(["NSE:RELIANCE"], now=NOW)
    before, pid = child.starts, child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    try:
        found = yahoo.quotes(["NSE:RELIANCE"], now=NOW)
    except UpstreamUnavailable:  # the pipe was still open when we asked
        found = yahoo.quotes(["NSE:RELIANCE"], now=NOW)
    assert "NSE:RELIANCE" in found
    assert child.starts == before + 1


def test_the_child_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    seen = {}

    class Refused(Exception): ...

    def popen(args: list[str], **kwargs: object) -> None:
        seen.update(kwargs["env"])  # type: ignore[call-overload]
        raise Refused

    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(Refused):
        Child(monotonic=time.monotonic).fetch("/v7/finance/quote", {})
    assert "SECRET_KEY" not in seen
    assert "PATH" in seen


def test_the_adapter_brings_neither_pandas_nor_yfinance() -> None:
    code = (
        "import sys, json; import market.adapters.yahoo; "
        "print(json.dumps(sorted({'pandas', 'yfinance', 'django'} & set(sys.modules))))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == []


def test_a_quote_that_makes_no_sense_is_left_out() -> None:
    rows = [
        {"symbol": "A.NS", "regularMarketPrice": float("nan"), "regularMarketTime": 1},
        {"symbol": "B.NS", "regularMarketPrice": 10.0, "regularMarketTime": 1e9, "regularMarketDayHigh": 9.0},
    ]
    keys = {"A.NS": "NSE:A", "B.NS": "NSE:B"}
    found = parsing.quotes({"quoteResponse": {"result": rows}}, keys, now=NOW)
    assert set(found) == {"NSE:B"}
    assert found["NSE:B"].high == 10.0
    with pytest.raises(MalformedReply):
        parsing.quotes({"quoteResponse": {"result": rows[:1]}}, keys, now=NOW)
