"""A small web server on loopback: two news feeds, Wikimedia's page views, and ways to go wrong."""

import json
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Market &amp; More</title>
<item><title>Reliance Industries profit jumps 20%</title><link>https://news.example/1</link>
<pubDate>Thu, 19 Nov 2026 14:05:00 +0530</pubDate></item>
<item><title>HDFC Bank, ITC lead gains</title><link>javascript:alert(1)</link>
<pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate></item>
<item><title>Monsoon ends</title><pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate></item>
<item><title>Reliance Industries, undated</title></item>
<item><title>Reliance Industries of the future</title><pubDate>Fri, 20 Nov 2027 09:00:00 GMT</pubDate></item>
<item><title>Reliance Industries long ago</title><pubDate>Fri, 20 Nov 2020 09:00:00 GMT</pubDate></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atom Wire</title>
<entry><title>Sun Pharmaceutical  Industries
 wins approval</title><link href="https://news.example/2"/><updated>2026-11-18T10:00:00Z</updated></entry></feed>"""
BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel>&b;</channel></rss>'


class WebStandIn(ThreadingHTTPServer):
    """``fault``: "" or one of rate_limited, server_error, wrong_shape; it concerns the page views."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = ""
        self.requests: list[str] = []

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: WebStandIn

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        pages = {"/rss": RSS, "/atom": ATOM, "/bomb": BOMB, "/html": "<html></html>", "/empty": ""}
        if self.path in pages:
            return self._send(200, pages[self.path])
        if not self.path.startswith("/api/rest_v1/metrics/pageviews/per-article/"):
            return self._send(404, "{}")
        return self._views()

    def _views(self) -> None:
        if self.server.fault == "rate_limited":
            return self._send(429, "{}", {"Retry-After": "7"})
        if self.server.fault == "server_error":
            return self._send(503, "{}")
        if self.server.fault == "wrong_shape":
            return self._send(200, '{"items":[{"views":"many"}]}')
        article, _, first, last = unquote(self.path).split("/")[-4:]
        if article not in ("Reliance_Industries", "Infosys"):
            return self._send(404, "{}")
        begin, end = (date(int(t[:4]), int(t[4:6]), int(t[6:8])) for t in (first, last))
        days = [begin + timedelta(days=n) for n in range((end - begin).days + 1)]
        items = [{"timestamp": f"{day:%Y%m%d}00", "views": 1_000 + day.toordinal() % 7} for day in days]
        return self._send(200, json.dumps({"items": items}))

    def _send(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
