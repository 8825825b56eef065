"""The sliding log of `core.ratelimit` shared by several processes: one atomic Lua call a hit.

The log of a key is a Redis list of stamps, oldest first. A stamp is never older than the one before it, so that a
process whose clock is a little behind cannot put the list out of order; only the head need be looked at.
"""

from datetime import datetime, timedelta
from typing import Any

import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.ratelimit import Decision, MemoryLimiter, Once, decide, log

PREFIX = "ratelimit:"
RETRY_REDIS_AFTER = timedelta(seconds=1)
SCRIPT = """
local now, window, limit, record = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local last = tonumber(redis.call('LINDEX', KEYS[1], -1) or '')
if last and last > now + window then
  redis.call('DEL', KEYS[1])
  last = nil
end
local head = tonumber(redis.call('LINDEX', KEYS[1], 0) or '')
while head and head <= now - window do
  redis.call('LPOP', KEYS[1])
  head = tonumber(redis.call('LINDEX', KEYS[1], 0) or '')
end
local used = redis.call('LLEN', KEYS[1])
local accepted = used < limit
if accepted and record then
  local stamp = ARGV[1]
  if head and last and last > now then stamp = redis.call('LINDEX', KEYS[1], -1) end
  redis.call('RPUSH', KEYS[1], stamp)
  redis.call('PEXPIRE', KEYS[1], math.ceil(2000 * window))
  used = used + 1
end
local frees = redis.call('LINDEX', KEYS[1], math.max(0, used - limit)) or ''
return {accepted and 1 or 0, used, frees}
"""
ERRORS = (redis.RedisError, OSError)


def _arguments(limit: int, window_s: float, now: datetime, *, record: bool) -> list[str]:
    return [f"{now.timestamp():.6f}", repr(float(window_s)), str(limit), "1" if record else "0"]


def _decision(answer: list[Any], limit: int, window_s: float, now: datetime) -> Decision:
    accepted, used, frees = bool(answer[0]), int(answer[1]), answer[2]
    if limit <= 0:
        frees_at_s: float | None = now.timestamp() + window_s
    else:
        frees_at_s = float(frees) + window_s if frees else None
    return decide(limit=limit, used=used, accepted=accepted, frees_at_s=frees_at_s, now=now)


def _options(timeout_s: float) -> dict[str, Any]:
    """No retries: a hit that was sent twice would count twice, and a request would wait for a dead Redis."""
    return {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s, "retry_on_timeout": False}


def _key(key: str, window_s: float) -> str:
    return f"{PREFIX}{window_s:g}:{key}"


class RedisLimiter:
    """Counts in Redis, so for all processes together. Raises what the client raises when Redis is away."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(SCRIPT)

    @classmethod
    def from_url(cls, url: str, *, timeout_s: float = 0.25) -> "RedisLimiter":
        return cls(redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **_options(timeout_s)))

    def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        return self._run(key, limit, window_s, now, record=True)

    def peek(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        return self._run(key, limit, window_s, now, record=False)

    def _run(self, key: str, limit: int, window_s: float, now: datetime, *, record: bool) -> Decision:
        answer = self._script(keys=[_key(key, window_s)], args=_arguments(limit, window_s, now, record=record))
        return _decision(answer, limit, window_s, now)


class AsyncRedisLimiter:
    """The same for code on the event loop; counts together with `RedisLimiter`."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._script = client.register_script(SCRIPT)

    @classmethod
    def from_url(cls, url: str, *, timeout_s: float = 0.25) -> "AsyncRedisLimiter":
        retry = redis.asyncio.retry.Retry(NoBackoff(), 0)
        return cls(redis.asyncio.Redis.from_url(url, retry=retry, **_options(timeout_s)))

    async def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        arguments = _arguments(limit, window_s, now, record=True)
        answer = await self._script(keys=[_key(key, window_s)], args=arguments)
        return _decision(answer, limit, window_s, now)


class _Breaker:
    """Remembers that Redis failed, so that it is asked again only after a second and complained of once a minute."""

    def __init__(self) -> None:
        self._closed_until: datetime | None = None
        self._complaint = Once(timedelta(minutes=1))

    def is_open(self, now: datetime) -> bool:
        if self._closed_until is None:
            return True
        return not timedelta() < self._closed_until - now <= RETRY_REDIS_AFTER

    def failed(self, exc: BaseException, now: datetime) -> None:
        self._closed_until = now + RETRY_REDIS_AFTER
        if self._complaint.due(now):
            log.warning("rate limits are counted per process: Redis failed", extra={"error": repr(exc)})


class FallbackLimiter:
    """Counts in Redis, and in this process's memory while Redis is away. Never fails."""

    def __init__(self, primary: RedisLimiter, backup: MemoryLimiter) -> None:
        self._primary, self._backup, self._breaker = primary, backup, _Breaker()

    def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        if self._breaker.is_open(now):
            try:
                return self._primary.hit(key, limit=limit, window_s=window_s, now=now)
            except ERRORS as exc:
                self._breaker.failed(exc, now)
        return self._backup.hit(key, limit=limit, window_s=window_s, now=now)

    def peek(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        if self._breaker.is_open(now):
            try:
                return self._primary.peek(key, limit=limit, window_s=window_s, now=now)
            except ERRORS as exc:
                self._breaker.failed(exc, now)
        return self._backup.peek(key, limit=limit, window_s=window_s, now=now)


class AsyncFallbackLimiter:
    """`FallbackLimiter` for code on the event loop."""

    def __init__(self, primary: AsyncRedisLimiter, backup: MemoryLimiter) -> None:
        self._primary, self._backup, self._breaker = primary, backup, _Breaker()

    async def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision:
        if self._breaker.is_open(now):
            try:
                return await self._primary.hit(key, limit=limit, window_s=window_s, now=now)
            except ERRORS as exc:
                self._breaker.failed(exc, now)
        return self._backup.hit(key, limit=limit, window_s=window_s, now=now)
