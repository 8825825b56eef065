"""When and how often a request is made again. Apart from transport, without a clock or randomness of its own.

Only reads are retried: making a read twice changes nothing, while an order that timed out may well have been placed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import clock
from core.http import Client, OutgoingError, Refused, Response, Timeout

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PASSING_STATUSES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most ``attempts`` requests. Before the n-th repetition a pause drawn from [0, min(longest, first × 2ⁿ⁻¹)].

    A ``Retry-After`` in seconds is obeyed if it is not longer than ``obey_s``; a longer one ends the attempts.
    """

    attempts: int = 3
    first_s: float = 0.2
    longest_s: float = 2.0
    obey_s: float = 5.0

    def pause_s(self, repetition: int, response: Response | None, rng: random.Random) -> float | None:
        """Return how long to wait before the repetition (1, 2, …), or None to give up."""
        if repetition >= self.attempts:
            return None
        asked = response.headers.get("retry-after", "") if response is not None else ""
        if asked.strip().isdecimal():
            return float(asked) if float(asked) <= self.obey_s else None
        return rng.uniform(0, min(self.longest_s, self.first_s * 2 ** (repetition - 1)))


def read(
    client: Client,
    url: str,
    *,
    deadline_s: float,
    sleep: Callable[[float], None],
    rng: random.Random,
    method: str = "GET",
    policy: RetryPolicy = RetryPolicy(),
    monotonic: Callable[[], float] = clock.monotonic,
    **options: Any,
) -> Response:
    """Make a read, again if it timed out, was refused or met a passing status; return the last answer.

    ``deadline_s`` bounds all attempts and pauses together; each attempt gets what is left. Raises the last
    OutgoingError, and ValueError for a method that is no read. ``options`` go to `Client.request`.
    """
    if method not in SAFE_METHODS:
        raise ValueError(f"{method} may not be repeated.")
    end = monotonic() + deadline_s
    repetition = 0
    while True:
        repetition += 1
        response, error = _attempt(client, method, url, end - monotonic(), options)
        if response is not None and response.status not in PASSING_STATUSES:
            return response
        pause_s = policy.pause_s(repetition, response, rng)
        if pause_s is None or monotonic() + pause_s >= end:
            if response is not None:
                return response
            assert error is not None
            raise error
        sleep(pause_s)


def _attempt(
    client: Client, method: str, url: str, deadline_s: float, options: dict[str, Any]
) -> tuple[Response | None, OutgoingError | None]:
    try:
        return client.request(method, url, deadline_s=deadline_s, **options), None
    except (Timeout, Refused) as exc:
        return None, exc
