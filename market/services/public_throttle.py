"""The limit on public reads: so many an address in any 60 seconds, whichever way they are answered."""

from datetime import datetime
from functools import cache
from typing import Protocol

from django.conf import settings

from core.addresses import throttle_key
from core.errors import RateLimited
from core.ratelimit import Decision, MemoryLimiter, shared_limiter

WINDOW_S = 60.0


class AsyncLimiter(Protocol):
    async def hit(self, key: str, *, limit: int, window_s: float, now: datetime) -> Decision: ...


def hit(address: str, *, now: datetime) -> Decision | None:
    """Count a public read of ``address`` and return the decision; None where there is no limit. May block on Redis."""
    limit = settings.PUBLIC_READS_PER_MINUTE
    return shared_limiter().hit(_key(address), limit=limit, window_s=WINDOW_S, now=now) if limit else None


async def hit_async(address: str, *, now: datetime) -> Decision | None:
    """The same for the event loop; both count together."""
    limit = settings.PUBLIC_READS_PER_MINUTE
    if not limit:
        return None
    limiter = shared_limiter()
    if isinstance(limiter, MemoryLimiter):
        return limiter.hit(_key(address), limit=limit, window_s=WINDOW_S, now=now)
    return await _redis_limiter().hit(_key(address), limit=limit, window_s=WINDOW_S, now=now)


def refusal(decision: Decision) -> RateLimited:
    """Return the error of a refused read, with the headers of the limit."""
    error = RateLimited(
        f"At most {decision.limit} public reads a minute from one address. Slow down.",
        retry_after_s=decision.retry_after_s,
    )
    error.headers |= decision.headers()
    return error


def _key(address: str) -> str:
    return f"public:{throttle_key(address)}"


@cache
def _redis_limiter() -> AsyncLimiter:
    from core.ratelimit_redis import AsyncFallbackLimiter, AsyncRedisLimiter

    return AsyncFallbackLimiter(AsyncRedisLimiter.from_url(settings.REDIS_URL), MemoryLimiter())
