"""The fast path before Django answers as Django does, and keeps large bodies out."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings

from core import clock
from core.ratelimit import shared_limiter
from market.adapters.base import Quote
from market.services import public_throttle
from market.services import runtime as runtimes
from market.services.runtime import MarketRuntime
from market.services.snapshot import INDEX_SYMBOLS, MarketState
from market.tests.live import NOW
from tradeplatform.front import Front, HotReads

SYMBOLS = (*INDEX_SYMBOLS, "NSE:INFY", "NSE:TCS", "NSE:M&M")
Header = tuple[bytes, bytes]
Answer = tuple[int, dict[str, list[str]], bytes]


class AlwaysOpen:
    def is_open(self, now: Any) -> bool:
        return True

    def next_change(self, now: Any) -> tuple[str, Any]:
        return "CLOSED", now + timedelta(hours=1)


def fresh_limits() -> None:
    """Forget what was counted, and the client that belongs to another test's event loop."""
    shared_limiter.cache_clear()
    public_throttle._redis_limiter.cache_clear()
    if settings.REDIS_URL:
        client = redis.Redis.from_url(settings.REDIS_URL)
        for key in client.scan_iter("ratelimit:*"):
            client.delete(key)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[MarketRuntime]:
    """A runtime with prices, none of which come from the outside, at a frozen instant."""
    monkeypatch.setattr(runtimes, "clock_for", lambda symbol: AlwaysOpen())
    monkeypatch.setattr(runtimes, "known_symbols", lambda symbols: set(symbols) & set(SYMBOLS))
    monkeypatch.setattr(runtimes, "_sectors", lambda now: {"NSE:INFY": "IT", "NSE:TCS": "IT"})
    monkeypatch.setattr(runtimes, "_market", lambda now: MarketState(is_open=True, phase="OPEN"))
    fresh_limits()
    with clock.frozen(NOW):
        live = MarketRuntime()
        before = runtimes.use(live)
        live.store.put(
            [Quote(symbol, 100.25, NOW - timedelta(seconds=n), prev_close=99.0) for n, symbol in enumerate(SYMBOLS)],
            "simulated",
        )
        live.hours.load(SYMBOLS, NOW)
        live.warmers.refresh()
        yield live
    runtimes.use(before)
    fresh_limits()


async def call(
    app: Any, path: str, query: str = "", *, method: str = "GET", headers: Iterable[Header] = (), body: Any = ()
) -> Answer:
    """Send one request straight into an ASGI application."""
    chunks = list(body) or [b""]
    sent: list[dict[str, Any]] = []
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if chunks:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            done.set()

    hosts = [] if any(name == b"host" for name, _ in headers) else [(b"host", b"localhost:8000")]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": hosts + list(headers), "client": ("203.0.113.9", 4711), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    await app(scope, receive, send)
    fields: dict[str, list[str]] = {}
    for name, value in sent[0]["headers"]:
        fields.setdefault(name.decode().lower(), []).append(value.decode("latin-1"))
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], fields, content


class Unreached:
    """Stands where Django would be: whoever gets here was not answered by the fast path."""

    async def __call__(self, *args: Any) -> None:
        raise AssertionError("the fast path passed this on")


SAME = [
    ("GET", "/api/index/snapshot", "", []),
    ("GET", "/api/index/snapshot", "x=1", []),
    ("GET", "/api/portfolio/live-prices", "symbols=NSE:INFY,NSE:TCS", []),
    ("GET", "/api/portfolio/live-prices", "symbols=infy%2Cnse%3Atcs%2Cinfy", []),
    ("GET", "/api/portfolio/live-prices", "symbols=NSE%3AM%26M", []),
    ("GET", "/api/portfolio/live-prices", "symbols=A&symbols=TCS", []),
    ("GET", "/api/index/snapshot", "", [(b"x-request-id", b"caller-id-1234")]),
    ("GET", "/api/index/snapshot", "", [(b"x-request-id", b"bad id")]),
    ("GET", "/api/index/snapshot", "", [(b"x-forwarded-for", b"198.51.100.1")]),
    ("GET", "/api/index/snapshot", "", [(b"accept", b"text/html"), (b"cookie", b"kite_session=" + b"a" * 32)]),
    ("GET", "/api/index/snapshot", "", [(b"host", b"evil.example")]),
    ("GET", "/api/index/snapshot", "a=%00", []),
    ("GET", "/api/portfolio/live-prices", "", []),
    ("GET", "/api/portfolio/live-prices", "symbols=", []),
    ("GET", "/api/portfolio/live-prices", "symbols=%2C%2C", []),
    ("GET", "/api/portfolio/live-prices", "symbols=NSE:INFY,NSE:NOSUCH", []),
    ("GET", "/api/portfolio/live-prices", "symbols=" + ",".join(["A"] * 51), []),
    ("GET", "/api/portfolio/live-prices", "symbols=%FF%FE", []),
    ("POST", "/api/index/snapshot", "", []),
    ("HEAD", "/api/index/snapshot", "", []),
    ("OPTIONS", "/api/portfolio/live-prices", "", []),
    ("GET", "/api/index/snapshot/", "", []),
    ("GET", "/api/index", "", []),
    ("GET", "/api/index/snapshot", "", [(b"content-length", b"99999999")]),
]


async def both(live: MarketRuntime, *request: Any) -> tuple[Answer, Answer]:
    """Send the same request to Django alone and to the front, each with a fresh count of reads."""
    method, path, query, headers = request
    answers = []
    for app in (ASGIHandler(), Front(ASGIHandler(), HotReads(lambda: live))):
        fresh_limits()
        status, fields, body = await call(app, path, query, method=method, headers=headers)
        rid = fields["x-request-id"][0]
        if "caller-id" not in rid:
            fields["x-request-id"] = ["…"]
            body = body.replace(rid.encode(), b"...")
        if status == 413:  # refused outside the middleware that counts; the front counts itself
            fields.pop("content-length", None)
        answers.append((status, fields, body))
    return answers[0], answers[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("request_", SAME, ids=lambda row: f"{row[0]} {row[1]}?{row[2][:20]}")
async def test_the_front_answers_as_django_does(live: MarketRuntime, request_: Any) -> None:
    django, front = await both(live, *request_)
    assert front == django


@pytest.mark.django_db(transaction=True)
async def test_the_limit_is_one_limit_whoever_answers(live: MarketRuntime) -> None:
    front, django = Front(ASGIHandler(), HotReads(lambda: live)), ASGIHandler()
    with override_settings(PUBLIC_READS_PER_MINUTE=2):
        first = await call(front, "/api/index/snapshot")
        second = await call(django, "/api/index/snapshot")
        refused = [await call(app, "/api/index/snapshot") for app in (django, front)]
    assert [answer[1]["x-ratelimit-remaining"] for answer in (first, second)] == [["1"], ["0"]]
    for status, fields, body in refused:
        assert status == 429
        assert fields["retry-after"] == ["60"]
        assert json.loads(body)["code"] == "RATE_LIMITED"
        assert json.loads(body)["request_id"] == fields.pop("x-request-id")[0]
        fields.pop("content-length")
    assert refused[0][1] == refused[1][1]


@pytest.mark.django_db(transaction=True)
async def test_no_limit_no_headers(live: MarketRuntime) -> None:
    with override_settings(PUBLIC_READS_PER_MINUTE=0):
        django, front = await both(live, "GET", "/api/index/snapshot", "", [])
    assert front == django
    assert "x-ratelimit-limit" not in front[1]


@pytest.mark.parametrize("request_", SAME[:10], ids=lambda row: f"{row[0]} {row[1]}?{row[2][:20]}")
async def test_hot_reads_do_not_reach_django(live: MarketRuntime, request_: Any) -> None:
    method, path, query, headers = request_
    if query.startswith("symbols=A&"):
        query = "symbols=TCS"
    status, _, _ = await call(Front(Unreached(), HotReads(lambda: live)), path, query, method=method, headers=headers)
    assert status == 200


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/api/auth/me", {"detail", "code", "request_id"}),
        ("/api/partner/v1/me", {"success", "error", "code", "request_id"}),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_bodies_above_the_limit_are_refused_before_django(path: str, keys: set[str], announced: bool) -> None:
    taken = 0

    async def django(scope: Any, receive: Any, send: Any) -> None:
        nonlocal taken
        while True:
            message = await receive()
            taken += len(message["body"])
            assert message["more_body"]

    headers = [(b"content-length", b"1000001")] if announced else [(b"transfer-encoding", b"chunked")]
    chunk = b"x" * 100_000
    status, fields, body = await call(
        Front(django, HotReads(lambda: None)), path, method="POST", headers=headers, body=[chunk] * 30
    )
    assert status == 413
    assert set(json.loads(body)) == keys
    assert json.loads(body)["request_id"] == fields["x-request-id"][0]
    assert taken <= 1_000_000


async def test_uploads_may_be_larger() -> None:
    async def django(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    front = Front(django, HotReads(lambda: None))
    chunks = [b"x" * 1_000_000] * 3
    status, _, _ = await call(front, "/api/uploads/tradebook", method="POST", body=chunks)
    assert status == 200
