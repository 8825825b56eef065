"""A small Yahoo Finance on loopback: cookie and crumb handshake, v8 chart, v7 quote, and ways to go wrong.

Prices are a fixed function of ticker and time, so that a test can say what must come out.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

CRUMB = "crumb.of.the.standin"
COOKIE = "A3=standin"
TICKERS = {"RELIANCE.NS": 2800.0, "M&M.NS": 3100.0, "^NSEI": 24_000.0, "^BSESN": 79_000.0, "TCS.BO": 4100.0}
SESSION_OPEN_S = 13_500  # 03:45 UTC = 09:15 IST
SESSION_S = 22_500
STEPS = {"1m": 60, "5m": 300, "15m": 900, "60m": 3600, "1d": 86_400}


def close_at(ticker: str, ts: int) -> float:
    return round(TICKERS[ticker] + (ts // 60) % 97 / 10, 2)


def _starts(first: int, last: int, interval: str) -> Iterator[int]:
    """Session bars on weekdays; day bars carry the time of the session's start, as Yahoo's do."""
    for day in range(first // 86_400, last // 86_400 + 1):
        if (day + 3) % 7 > 4:
            continue
        opening = day * 86_400 + SESSION_OPEN_S
        step = STEPS[interval]
        for ts in [opening] if interval == "1d" else range(opening, opening + SESSION_S, step):
            if first <= ts < last:
                yield ts


class YahooStandIn(ThreadingHTTPServer):
    """``fault``: "" or one of timeout, rate_limited, server_error, html, wrong_shape, ragged, reset, unauthorised."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = ""
        self.now_s = 0
        self.stale_after_s: int | None = None
        self.live_row = False
        self.requests: list[str] = []
        self.release = threading.Event()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that left early (a killed child) is what some tests want."""


class _Handler(BaseHTTPRequestHandler):
    server: YahooStandIn

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.requests.append(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path in ("", "/"):
            return self._send(404, "", cookie=True)
        if parts.path == "/v1/test/getcrumb":
            return self._send(200, CRUMB if COOKIE in self.headers.get("Cookie", "") else "", kind="text/plain")
        if not parts.path.startswith(("/v7/", "/v8/", "/v10/")):
            return self._send(404, "<html></html>", kind="text/html")
        if self.server.fault:
            return self._fail(self.server.fault)
        if parts.path == "/v7/finance/quote":
            return self._quotes(query)
        if parts.path.startswith("/v10/"):
            return self._summary(unquote(parts.path.rsplit("/", 1)[1]))
        return self._chart(unquote(parts.path.rsplit("/", 1)[1]), query)

    def _summary(self, ticker: str) -> None:
        """Company figures; a ticker that is not there has none."""
        found = {
            "financialData": {"returnOnEquity": {"raw": 0.125}, "debtToEquity": {"raw": 36.5}, "operatingCashflow": {}},
            "defaultKeyStatistics": {"priceToBook": {"raw": 2.5}, "sharesOutstanding": {"raw": 13_532_000_000}},
            "summaryDetail": {"trailingPE": {"raw": "Infinity"}},
        }
        result = [found] if ticker in TICKERS else None
        self._send(200, json.dumps({"quoteSummary": {"result": result, "error": None}}))

    do_POST = do_GET

    def _fail(self, fault: str) -> None:
        if fault == "timeout":
            self.server.release.wait(20)
        elif fault == "rate_limited":
            self._send(429, "Too Many Requests", kind="text/plain", retry_after="7")
        elif fault == "server_error":
            self._send(503, "down", kind="text/plain")
        elif fault == "unauthorised":
            self._send(401, {"finance": {"result": None, "error": {"code": "Unauthorized"}}})
        elif fault == "html":
            self._send(200, "<html>sign in</html>", kind="text/html")
        elif fault == "wrong_shape":
            self._send(200, {"chart": {"result": [{"meta": {}, "timestamp": [1, 2]}]}, "quoteResponse": {"result": 7}})
        elif fault == "ragged":
            rows = {name: [1.0] for name in ("open", "high", "low", "close", "volume")}
            result = {"timestamp": [1, 2], "indicators": {"quote": [rows]}}
            self._send(200, {"chart": {"result": [result]}, "quoteResponse": {"result": [{"symbol": "RELIANCE.NS"}]}})
        else:
            self.connection.close()

    def _quotes(self, query: dict[str, str]) -> None:
        if query.get("crumb") != CRUMB or COOKIE not in self.headers.get("Cookie", ""):
            return self._send(401, {"finance": {"result": None, "error": {"code": "Unauthorized"}}})
        at = self.server.now_s - 900
        rows = [_quote(name, at) for name in query["symbols"].split(",") if name in TICKERS]
        return self._send(200, {"quoteResponse": {"result": rows, "error": None}})

    def _chart(self, name: str, query: dict[str, str]) -> None:
        if name not in TICKERS:
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return self._send(404, {"chart": {"result": None, "error": error}})
        first, last = int(query["period1"]), min(int(query["period2"]), self.server.now_s)
        ts = list(_starts(first, last, query["interval"]))
        if self.server.live_row and ts:
            ts.append(ts[-1] + 7 * 60 + 13)
        rows: dict[str, list[float | None]] = {name: [] for name in ("open", "high", "low", "close", "volume")}
        for at in ts:
            close = close_at(name, at)
            for column, value in zip(rows, (close - 1, close + 2, close - 2, close, 1000), strict=True):
                rows[column].append(value)
        result = {"meta": {"symbol": name}, "timestamp": ts, "indicators": {"quote": [rows]}}
        return self._send(200, {"chart": {"result": [result], "error": None}})

    def _send(
        self, status: int, body: object, *, kind: str = "application/json", cookie: bool = False, retry_after: str = ""
    ) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if cookie:
            self.send_header("Set-Cookie", f"{COOKIE}; Path=/")
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep test output quiet."""


def _quote(name: str, at: int) -> dict[str, object]:
    last = close_at(name, at)
    return {
        "symbol": name,
        "regularMarketPrice": last,
        "regularMarketTime": at,
        "regularMarketOpen": last - 3,
        "regularMarketDayHigh": last + 4,
        "regularMarketDayLow": last - 5,
        "regularMarketPreviousClose": last - 2,
        "regularMarketVolume": 123_456,
        "bid": last - 0.05,
        "ask": last + 0.05,
    }


@contextmanager
def running() -> Iterator[YahooStandIn]:
    server = YahooStandIn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
