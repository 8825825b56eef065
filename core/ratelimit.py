"""Exact rate limits: a sliding log of the accepted hits of each key.

In every half-open window of ``window_s`` seconds, wherever it begins, at most ``limit`` hits are accepted: no doubling
at the edge of a fixed window, no burst on top of a refill. The price is one stamp per accepted hit, so limits are
some thousands at most. Refused hits are not recorded: a client that keeps knocking is let in as soon as a slow one.

Several processes share their limits through Redis. While it is down each process counts for itself.
"""

import functools
import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.conf import settings

log = logging.getLogger("platform.ratelimit")


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a hit.

    ``remaining``: hits that would be accepted at once after this one. ``reset_at``: when the next hit leaves the window
    and ``remaining`` grows (the present instant if nothing is in it). ``retry_after_s``: seconds to wait, 0 if allowed.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_at: datetime
    retry_after_s: float

    def headers(self) -> dict[str, str]:
        """Return ``X-RateLimit-*``, and ``Retry-After`` for a refusal; Reset is whole epoch seconds, rounded up."""
        reset = -int(-self.reset_at.timestamp() // 1)
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(reset),
        }
        if not self.allowed:
            headers["Retry-After"] = str(max(1, -int(-self.retry_after_s // 1)))
        return headers


class Limiter(Protocol):
    """Counts hits of keys. Keys that are limited over windows of two lengths are counted apart."""

    def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        """Accept and record a hit, or refuse it."""
        ...

    def peek(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        """Tell what a hit would meet, and record nothing."""
        ...


def decide(*, limit: int, used: int, accepted: bool, frees_at_s: float | None, now: datetime) -> Decision:
    """Build a Decision. ``frees_at_s`` is the epoch second at which room is made next, None if nothing is counted."""
    reset_at = now if frees_at_s is None else datetime.fromtimestamp(frees_at_s, UTC)
    wait_s = 0.0 if accepted else max(0.0, (reset_at - now).total_seconds())
    return Decision(accepted, limit, max(0, limit - used), reset_at, wait_s)


class MemoryLimiter:
    """Counts within one process. Thread-safe; holds at most ``max_keys`` keys, the idle ones go first."""

    def __init__(self, *, max_keys: int = 50_000) -> None:
        self._max_keys = max_keys
        self._lock = threading.Lock()
        self._logs: OrderedDict[tuple[str, float], deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._logs)

    def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        return self._decide(key, limit, window_s, now, record=True)

    def peek(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        return self._decide(key, limit, window_s, now, record=False)

    def _decide(self, key: str, limit: int, window_s: float, now: datetime, *, record: bool) -> Decision:
        now_s = now.timestamp()
        with self._lock:
            stamps = self._logs.get((key, window_s)) or deque()
            if stamps and stamps[-1] > now_s + window_s:
                stamps.clear()  # the clock was set back: what is stamped beyond a window ahead would bar for ever
            while stamps and stamps[0] <= now_s - window_s:
                stamps.popleft()
            accepted = len(stamps) < limit
            if accepted and record:
                stamps.append(max(now_s, stamps[-1]) if stamps else now_s)
            self._keep((key, window_s), stamps, now_s)
            frees_at_s = _frees_at_s(stamps, limit, window_s, now_s)
            return decide(limit=limit, used=len(stamps), accepted=accepted, frees_at_s=frees_at_s, now=now)

    def _keep(self, key: tuple[str, float], stamps: deque[float], now_s: float) -> None:
        if stamps:
            self._logs[key] = stamps
            self._logs.move_to_end(key)
        else:
            self._logs.pop(key, None)
        for _ in range(2):  # two looks a hit are enough to shed idle keys faster than new ones come
            self._drop_oldest_if_idle(now_s)
        while len(self._logs) > self._max_keys:
            self._logs.popitem(last=False)

    def _drop_oldest_if_idle(self, now_s: float) -> None:
        if not self._logs:
            return
        oldest = next(iter(self._logs))
        if self._logs[oldest][-1] <= now_s - oldest[1]:
            del self._logs[oldest]


def _frees_at_s(stamps: deque[float], limit: int, window_s: float, now_s: float) -> float | None:
    """Return when the count next falls below the limit (if it is full) or by one (if it is not)."""
    if limit <= 0:
        return now_s + window_s
    return stamps[max(0, len(stamps) - limit)] + window_s if stamps else None


@dataclass
class Once:
    """Lets something happen once in ``every`` and says so; for warnings that would otherwise come by the thousand."""

    every: timedelta
    _last: datetime | None = None

    def due(self, now: datetime) -> bool:
        if self._last is not None and timedelta() <= now - self._last < self.every:
            return False
        self._last = now
        return True


def _made_once(make: Callable[[], Limiter]) -> Any:
    """Cache what ``make`` returns; threads that ask first at the same time get the same one, which a cache alone does
    not promise: each would count for itself.
    """
    cached, lock = functools.cache(make), threading.Lock()

    @functools.wraps(make)
    def get() -> Limiter:
        with lock:
            return cached()

    get.cache_clear = cached.cache_clear  # type: ignore[attr-defined]
    return get


@_made_once
def shared_limiter() -> Limiter:
    """Return the process's limiter: through Redis if ``settings.REDIS_URL`` is set, else in memory."""
    from core.ratelimit_redis import FallbackLimiter, RedisLimiter  # redis is not needed by the embedded server

    if not settings.REDIS_URL:
        return MemoryLimiter()
    return FallbackLimiter(RedisLimiter.from_url(settings.REDIS_URL), MemoryLimiter())
