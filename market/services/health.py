"""``GET /api/health``: what works and what does not, asked at most once a second."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection

from core import children, clock
from market.services.runtime import MarketRuntime, runtime

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"
MAX_AGE = timedelta(seconds=1)
QUEUES = ("scan", "webhooks", "imports", "backtest", "default")
#: Asking remote workers takes time, so they are asked seldom.
WORKERS_EVERY = timedelta(seconds=15)
WORKERS_TIMEOUT_S = 0.5
STALE_S = 5.0


class _Recent:
    """Remembers the result of ``make`` for ``max_age``; one caller makes it anew.

    The others meanwhile get the last one, which says when it was made; they wait only for the first, or where the last
    is older than `STALE_S`: a slow answer about the state must not become many.
    """

    def __init__(self, make: Callable[[], Any], max_age: timedelta) -> None:
        self._make, self._max_age_s = make, max_age.total_seconds()
        self._lock = threading.Lock()
        self._made_s = float("-inf")
        self._value: Any = None

    def get(self) -> Any:
        age_s = clock.monotonic() - self._made_s
        if age_s <= self._max_age_s:
            return self._value
        if not self._lock.acquire(blocking=age_s > self._max_age_s + STALE_S):
            return self._value
        try:
            if clock.monotonic() - self._made_s > self._max_age_s:
                self._value = self._make()
                self._made_s = clock.monotonic()
            return self._value
        finally:
            self._lock.release()


def health() -> dict[str, Any]:
    """Return the report. ``status``: unhealthy without a database, degraded while anything else is missing."""
    return _report.get()


def build(live: MarketRuntime) -> dict[str, Any]:
    """Ask every part how it does."""
    queue, workers = _queue(), _workers.get()
    report = {
        "database": _database(),
        "cache_l1": live.store.statistics(),
        "cache_l2": live.store.shared.statistics() if live.store.shared else {"state": "not configured"},
        "warmers": live.warmers.report(),
        "feed": live.feed_report(),
        "stream": live.hub.statistics(),
        "queue": queue,
        "workers": workers,
        "children": children.report(),
    }
    return {"status": overall(report)} | report | {"as_of": clock.now()}


def overall(report: dict[str, Any]) -> str:
    """Return the status that the parts add up to."""
    if report["database"] != "connected":
        return UNHEALTHY
    well = (
        report["cache_l2"]["state"] != "unavailable",
        set(report["warmers"].values()) == {"warm"},
        report["feed"]["connected"],
        report["queue"]["state"] == "connected",
        report["workers"]["alive"] > 0,
    )
    return HEALTHY if all(well) else DEGRADED


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception:  # whatever it is, the answer is the same
        return "unavailable"
    return "connected"


def _queue() -> dict[str, Any]:
    """Return the state of the broker and how many tasks wait."""
    if not settings.REDIS_URL:
        return {"state": "connected", "kind": "memory", "waiting": None}
    import redis

    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5) as client:
            waiting = sum(client.llen(name) for name in QUEUES)
    except (redis.RedisError, OSError):
        return {"state": "unavailable", "kind": "redis", "waiting": None}
    return {"state": "connected", "kind": "redis", "waiting": waiting}


def _count_workers() -> dict[str, Any]:
    """Count living workers: the thread of the embedded server, or the processes that answer."""
    if not settings.REDIS_URL:
        names = {thread.name for thread in threading.enumerate()}
        return {"alive": int("worker" in names), "kind": "thread", "beat": "beat" in names}
    try:
        answers = current_app.control.inspect(timeout=WORKERS_TIMEOUT_S).ping() or {}
    except Exception:  # kombu raises what its transport raises
        answers = {}
    return {"alive": len(answers), "kind": "process", "beat": None}


_workers = _Recent(_count_workers, WORKERS_EVERY)
_report = _Recent(lambda: build(runtime()), MAX_AGE)
