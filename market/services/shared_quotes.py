"""L2: quotes shared between processes through Redis. While it is away each process lives on its own memory."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import clock
from core.ratelimit import Once
from market.adapters.base import Quote
from market.services.quote_wire import decode_quote, encode_quote

log = logging.getLogger("platform.quotes")

KEY = "market:quotes"
#: The whole table is dropped when nobody has written to it for so long.
KEEP_S = 24 * 3600
REST_S = 1.0
ERRORS = (redis.RedisError, OSError)


class RedisQuotes:
    """Implements `market.services.quotes.SharedQuotes` with one hash of Redis. Thread-safe; blocks."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._resting_until_s = 0.0
        self._complaint = Once(timedelta(minutes=1))

    @classmethod
    def from_url(cls, url: str, *, timeout_s: float = 0.25) -> "RedisQuotes":
        retry = Retry(NoBackoff(), 0)
        return cls(redis.Redis.from_url(url, retry=retry, socket_timeout=timeout_s, socket_connect_timeout=timeout_s))

    def get(self, symbols: Sequence[str]) -> dict[str, tuple[Quote, str, float]]:
        """Return quote, source and age in seconds of those of ``symbols`` that are shared."""
        if not symbols or self._resting():
            return {}
        try:
            rows = self._client.hmget(KEY, list(symbols))
        except ERRORS as exc:
            self._failed(exc)
            return {}
        found = {}
        for symbol, raw in zip(symbols, rows, strict=True):
            if raw is not None:
                quote, source, seen_at_s = decode_quote(raw)
                found[symbol] = (quote, source, max(0.0, clock.epoch_s() - seen_at_s))
        return found

    def put(self, quotes: Mapping[str, Quote], sources: Mapping[str, str]) -> None:
        """Share ``quotes``."""
        if not quotes or self._resting():
            return
        seen_at_s = clock.epoch_s()
        rows = {s: encode_quote(quote, source=sources[s], seen_at_s=seen_at_s) for s, quote in quotes.items()}
        try:
            with self._client.pipeline(transaction=False) as pipe:
                pipe.hset(KEY, mapping=rows)
                pipe.expire(KEY, KEEP_S)
                pipe.execute()
        except ERRORS as exc:
            self._failed(exc)

    def statistics(self) -> dict[str, Any]:
        """Return the state for the health report."""
        try:
            return {"state": "connected", "size": self._client.hlen(KEY)}
        except ERRORS as exc:
            self._failed(exc)
            return {"state": "unavailable"}

    def _resting(self) -> bool:
        return clock.monotonic() < self._resting_until_s

    def _failed(self, exc: BaseException) -> None:
        self._resting_until_s = clock.monotonic() + REST_S
        if self._complaint.due(clock.now()):
            log.warning("quotes are not shared: Redis failed", extra={"error": repr(exc)})
