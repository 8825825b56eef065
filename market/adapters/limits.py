"""How often a source may be asked, and when it is left alone. Time is an argument: a monotonic count of seconds."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

Monotonic = Callable[[], float]


class TokenBucket:
    """At most ``per_second`` calls a second on average, and at most a second's worth of them at once."""

    def __init__(self, per_second: float, *, monotonic: Monotonic) -> None:
        if not per_second > 0:
            raise ValueError(f"a source must be allowed more than {per_second} calls a second")
        self._rate = per_second
        self._size = max(1.0, per_second)
        self._monotonic = monotonic
        self._tokens = self._size
        self._at = monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a token and return 0, or return the seconds until there will be one (and take none)."""
        with self._lock:
            now = self._monotonic()
            self._tokens = min(self._size, self._tokens + max(0.0, now - self._at) * self._rate)
            self._at = now
            if self._tokens >= 1.0:
                self._tokens -= 1.0
                return 0.0
            return (1.0 - self._tokens) / self._rate


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """``failures`` in a row open the breaker for ``first_s``; each failed trial doubles that, up to ``longest_s``."""

    failures: int = 3
    first_s: float = 2.0
    longest_s: float = 120.0


class CircuitBreaker:
    """Stops asking a source that keeps failing. When the pause is over, one call is let through as a trial."""

    def __init__(self, policy: BreakerPolicy, *, monotonic: Monotonic) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._pause_s = policy.first_s
        self._open_until: float | None = None
        self.last_error = ""

    @property
    def retry_in_s(self) -> float:
        """Seconds until the source is tried again; 0 when it may be asked now."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._monotonic())

    @property
    def is_open(self) -> bool:
        return self.retry_in_s > 0

    def allows(self) -> bool:
        """Whether the source may be asked now. A trial after a pause is allowed to one caller only."""
        with self._lock:
            if self._open_until is None:
                return True
            now = self._monotonic()
            if now < self._open_until:
                return False
            self._open_until = now + self._pause_s
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._pause_s, self._open_until, self.last_error = 0, self._policy.first_s, None, ""

    def failed(self, detail: str, *, retry_after_s: float = 0.0) -> None:
        """Count a failure. ``retry_after_s`` is the source's own wish, which opens the breaker at once."""
        with self._lock:
            self._failures += 1
            self.last_error = detail
            if retry_after_s <= 0 and self._failures < self._policy.failures:
                return
            was_open = self._open_until is not None
            self._pause_s = min(self._policy.longest_s, self._pause_s * 2) if was_open else self._policy.first_s
            self._open_until = self._monotonic() + max(self._pause_s, retry_after_s)
