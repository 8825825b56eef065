import logging
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from core.ratelimit import Limiter, MemoryLimiter, Once
from core.ratelimit_redis import AsyncFallbackLimiter, AsyncRedisLimiter, FallbackLimiter, RedisLimiter

REDIS_URL = os.environ.get("REDIS_TEST_URL") or os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/15"
DEAD_URL = "redis://127.0.0.1:1/0"
T0 = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def limiter(request: pytest.FixtureRequest) -> Iterator[Limiter]:
    if request.param == "memory":
        yield MemoryLimiter()
        return
    client = redis.Redis.from_url(REDIS_URL)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("no Redis server")
    prefix = f"test-{random.getrandbits(64):x}-"

    class Prefixed(RedisLimiter):
        def _run(self, key: str, *args: Any, **kwargs: Any) -> Any:
            return super()._run(prefix + key, *args, **kwargs)

    yield Prefixed(client)
    for key in client.scan_iter(f"ratelimit:*{prefix}*"):
        client.delete(key)
    client.close()


def test_the_limit_is_exact_and_says_when_there_is_room(limiter: Limiter) -> None:
    answers = [limiter.hit("k", limit=3, window_s=60, now=at(i)) for i in range(4)]
    assert [a.allowed for a in answers] == [True, True, True, False]
    assert [a.remaining for a in answers] == [2, 1, 0, 0]
    assert answers[3].reset_at == at(60)
    assert answers[3].retry_after_s == pytest.approx(57)
    assert not limiter.hit("k", limit=3, window_s=60, now=at(59.999)).allowed
    assert limiter.hit("k", limit=3, window_s=60, now=at(60)).allowed


def test_retry_after_is_the_truth(limiter: Limiter) -> None:
    for second in (0, 1, 5, 20):
        limiter.hit("k", limit=4, window_s=30, now=at(second))
    refused = limiter.hit("k", limit=4, window_s=30, now=at(21))
    assert not refused.allowed
    assert limiter.hit("k", limit=4, window_s=30, now=at(21 + refused.retry_after_s)).allowed


def test_keys_and_windows_do_not_touch_each_other(limiter: Limiter) -> None:
    assert limiter.hit("a", limit=1, window_s=60, now=T0).allowed
    assert limiter.hit("b", limit=1, window_s=60, now=T0).allowed
    assert limiter.hit("a", limit=1, window_s=10, now=T0).allowed
    assert not limiter.hit("a", limit=1, window_s=60, now=T0).allowed


def test_refused_hits_and_peeks_are_not_counted(limiter: Limiter) -> None:
    assert limiter.peek("k", limit=1, window_s=10, now=T0).allowed
    assert limiter.hit("k", limit=1, window_s=10, now=T0).allowed
    for second in range(1, 10):
        assert not limiter.hit("k", limit=1, window_s=10, now=at(second)).allowed
        assert not limiter.peek("k", limit=1, window_s=10, now=at(second)).allowed
    assert limiter.hit("k", limit=1, window_s=10, now=at(10)).allowed


def test_a_limit_of_zero_refuses_and_a_raised_limit_helps_at_once(limiter: Limiter) -> None:
    refused = limiter.hit("k", limit=0, window_s=10, now=T0)
    assert (refused.allowed, refused.retry_after_s) == (False, 10)
    assert limiter.hit("k", limit=1, window_s=10, now=T0).allowed
    assert not limiter.hit("k", limit=1, window_s=10, now=T0).allowed
    assert limiter.hit("k", limit=2, window_s=10, now=T0).allowed
    lowered = limiter.hit("k", limit=1, window_s=10, now=at(1))
    assert (lowered.allowed, lowered.remaining) == (False, 0)


def test_two_hundred_at_once_get_exactly_the_limit(limiter: Limiter) -> None:
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: limiter.hit("k", limit=60, window_s=60, now=T0), range(200)))
    assert sum(a.allowed for a in answers) == 60
    assert sorted(a.remaining for a in answers if a.allowed) == list(range(60))
    assert limiter.hit("other", limit=60, window_s=60, now=T0).allowed


def worst_window(stamps: list[float], window_s: float) -> int:
    return max((sum(s <= t < s + window_s for t in stamps) for s in stamps), default=0)


def test_a_greedy_client_never_exceeds_the_limit_in_any_window(limiter: Limiter) -> None:
    rng = random.Random(7)
    clock_s, accepted = 0.0, []
    while clock_s < 180:
        if limiter.hit("greedy", limit=60, window_s=60, now=at(clock_s)).allowed:
            accepted.append(clock_s)
        clock_s += rng.choice([0.001, 0.05, 0.4])
    assert worst_window(accepted, 60) == 60
    assert len(accepted) == 180


@given(st.lists(st.floats(0, 30, allow_nan=False), max_size=60), st.integers(1, 5))
def test_any_arrival_pattern_keeps_to_the_limit(gaps: list[float], limit: int) -> None:
    limiter, now_s, accepted = MemoryLimiter(), 0.0, []
    for gap in gaps:
        now_s = round(now_s + gap, 3)
        if limiter.hit("k", limit=limit, window_s=20, now=at(now_s)).allowed:
            accepted.append(now_s)
        else:
            assert sum(now_s - 20 < t <= now_s for t in accepted) >= limit, "refused although there was room"
    assert worst_window(accepted, 19.999) <= limit


def test_a_clock_set_back_bars_nobody_for_long(limiter: Limiter) -> None:
    for _ in range(2):
        limiter.hit("k", limit=2, window_s=10, now=at(600))
    assert limiter.hit("k", limit=2, window_s=10, now=at(0)).allowed
    limiter.hit("j", limit=2, window_s=10, now=at(5))
    assert limiter.hit("j", limit=2, window_s=10, now=at(4)).allowed, "a small step back is no reason to refuse"
    assert not limiter.hit("j", limit=2, window_s=10, now=at(14.9)).allowed, "nor to forget"


def test_memory_is_bounded_and_idle_keys_go() -> None:
    limiter = MemoryLimiter(max_keys=100)
    for i in range(1000):
        limiter.hit(f"k{i}", limit=5, window_s=60, now=T0)
    assert len(limiter) == 100
    for i in range(100):
        limiter.hit("busy", limit=1000, window_s=60, now=at(61 + i / 100))
    assert len(limiter) == 1


def test_headers_are_whole_seconds_that_are_late_enough() -> None:
    limiter = MemoryLimiter()
    limiter.hit("k", limit=1, window_s=60, now=at(0.4))
    headers = limiter.hit("k", limit=1, window_s=60, now=at(1.1)).headers()
    reset = str(int(T0.timestamp()) + 61)
    assert headers == {
        "X-RateLimit-Limit": "1",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": reset,
        "Retry-After": "60",
    }


def test_without_redis_each_process_counts_for_itself_and_says_so_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limiter = FallbackLimiter(RedisLimiter.from_url(DEAD_URL), MemoryLimiter())
    with caplog.at_level(logging.WARNING, logger="platform.ratelimit"):
        answers = [limiter.hit("k", limit=2, window_s=300, now=at(i * 20)).allowed for i in range(7)]
    assert answers == [True, True, False, False, False, False, False]
    assert len(caplog.records) == 3  # at 0, 60 and 120 s
    assert not limiter.peek("k", limit=2, window_s=300, now=at(121)).allowed


async def test_the_async_fallback_counts_too() -> None:
    limiter = AsyncFallbackLimiter(AsyncRedisLimiter.from_url(DEAD_URL), MemoryLimiter())
    answers = [(await limiter.hit("k", limit=1, window_s=60, now=at(i))).allowed for i in range(3)]
    assert answers == [True, False, False]


@pytest.mark.redis
async def test_async_and_sync_share_one_count() -> None:
    try:
        redis.Redis.from_url(REDIS_URL).ping()
    except redis.RedisError:
        pytest.skip("no Redis server")
    key = f"test-{random.getrandbits(64):x}"
    sync, other = RedisLimiter.from_url(REDIS_URL), AsyncRedisLimiter.from_url(REDIS_URL)
    assert sync.hit(key, limit=2, window_s=5, now=T0).allowed
    assert (await other.hit(key, limit=2, window_s=5, now=T0)).allowed
    assert not (await other.hit(key, limit=2, window_s=5, now=T0)).allowed
    redis.Redis.from_url(REDIS_URL).delete(f"ratelimit:5:{key}")


def test_once_is_due_again_after_its_interval() -> None:
    once = Once(timedelta(minutes=1))
    assert [once.due(at(s)) for s in (0, 1, 59, 60, 61)] == [True, False, False, True, False]
