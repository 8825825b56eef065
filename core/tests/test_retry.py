import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.http import Blocked, Refused, Response, Timeout
from core.retry import RetryPolicy, read

Outcome = Response | Exception


def status(code: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(code, httpx.Headers(named), b"", 0.01)


class World:
    """A client with a script, and a clock that moves only when somebody sleeps or a request takes time."""

    def __init__(self, *script: Outcome, request_s: float = 0.0) -> None:
        self.script: Iterator[Outcome] = iter(script)
        self.request_s, self.now_s, self.pauses, self.deadlines = request_s, 0.0, list[float](), list[float]()

    def request(self, method: str, url: str, *, deadline_s: float, **options: Any) -> Response:
        self.deadlines.append(deadline_s)
        self.now_s += self.request_s
        outcome = next(self.script)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds

    def read(self, **options: Any) -> Response:
        return read(
            self, "https://x.example/", deadline_s=options.pop("deadline_s", 10), sleep=self.sleep,  # type: ignore[arg-type]
            rng=random.Random(3), monotonic=lambda: self.now_s, **options,
        )  # fmt: skip


@pytest.mark.parametrize("code", [200, 304, 400, 401, 404, 500])
def test_an_answer_is_final(code: int) -> None:
    world = World(status(code))
    assert world.read().status == code
    assert world.pauses == []


@pytest.mark.parametrize(
    "first", [Timeout("t", sent=True), Refused("r", sent=False), *(status(code) for code in (429, 502, 503, 504))]
)
def test_what_may_pass_is_tried_again(first: Outcome) -> None:
    world = World(first, first, status(200))
    assert world.read().status == 200
    assert len(world.pauses) == 2


def test_three_attempts_then_the_last_outcome() -> None:
    world = World(status(503), status(502), status(504))
    assert world.read().status == 504
    failing = World(*[Timeout(str(i), sent=True) for i in range(3)])
    with pytest.raises(Timeout, match="2"):
        failing.read()


def test_what_will_not_pass_is_not_tried_again() -> None:
    world = World(Blocked("b", sent=False))
    with pytest.raises(Blocked):
        world.read()
    assert world.pauses == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_writes_are_never_repeated(method: str) -> None:
    world = World()
    with pytest.raises(ValueError, match="may not be repeated"):
        world.read(method=method)
    assert world.deadlines == []


def test_pauses_grow_with_jitter_and_are_bounded() -> None:
    policy, rng = RetryPolicy(attempts=20), random.Random(1)
    for repetition in range(1, 20):
        drawn = [policy.pause_s(repetition, None, rng) or 0 for _ in range(200)]
        ceiling = min(2.0, 0.2 * 2 ** (repetition - 1))
        assert 0 <= min(drawn) < ceiling * 0.2
        assert ceiling * 0.8 < max(drawn) <= ceiling


def test_retry_after_is_obeyed_or_ends_it() -> None:
    world = World(status(429, Retry_After="3"), status(200))
    assert world.read().status == 200
    assert world.pauses == [3]
    assert World(status(429, Retry_After="60"), status(200)).read().status == 429


def test_one_deadline_holds_for_all_attempts() -> None:
    world = World(*[status(503)] * 10, request_s=0.4)
    assert world.read(deadline_s=1, policy=RetryPolicy(attempts=10)).status == 503
    assert world.now_s <= 1.4
    assert world.deadlines == sorted(world.deadlines, reverse=True)
    assert all(0 < left <= 1 for left in world.deadlines)
