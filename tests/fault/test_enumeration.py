"""200 known and 200 unknown addresses, interleaved, from 25 client addresses: nobody can tell them apart."""

import json
import statistics

import pytest

from tests.fault.callers import Answer, Caller
from tests.fault.conftest import Figure
from tests.fault.servers import Running

COUNT, SOURCES, BOUND_MS = 200, 25, 10
OPERATIONS = {
    "auth/magic-link": {},
    "auth/password-reset": {},
    "auth/password-login": {"password": "not the right one"},
    "auth/login": {"password": "not the right one"},
}


@pytest.fixture(scope="session")
def known(server: Running) -> list[str]:
    """Addresses that have an account."""
    caller = Caller(server)
    emails = [f"known{number}@example.com" for number in range(COUNT)]
    for number, email in enumerate(emails):
        caller.register(email, source=f"127.0.9.{number % SOURCES + 1}")
    return emails


def shape(answer: Answer) -> str:
    """Return all that an answer says but what differs between any two: ids, the clock, the cookie's value."""
    changing = ("x-request-id", "date", "set-cookie", "x-ratelimit-reset", "x-ratelimit-remaining")
    headers = {name: value for name, value in answer.headers.items() if name not in changing}
    body = {name: value for name, value in answer.body.items() if name != "request_id"}
    return json.dumps([answer.status, body, headers, "set-cookie" in answer.headers], sort_keys=True)


@pytest.mark.parametrize("path", OPERATIONS)
def test_known_and_unknown_addresses_are_answered_alike(
    caller: Caller, known: list[str], figure: Figure, path: str
) -> None:
    block = 20 + list(OPERATIONS).index(path)  # each operation from addresses that have asked for nothing yet
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    shapes = set()
    for number, email in enumerate(known):
        # The first of a pair alternates, so that what an answer leaves to do burdens both kinds alike.
        for kind in ("known", "unknown") if number % 2 else ("unknown", "known"):
            address = email if kind == "known" else f"un{email}"
            source = f"127.0.{block}.{number % SOURCES + 1}"
            answer = caller.post(path, {"email": address, **OPERATIONS[path]}, source=source)
            times[kind].append(answer.took_ms)
            shapes.add(shape(answer))
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    apart = abs(medians["known"] - medians["unknown"])
    figure(
        f"{COUNT} known and {COUNT} unknown addresses from {SOURCES} client addresses at `/api/{path}`",
        f"one answer; medians within {BOUND_MS} ms",
        f"{len(shapes)} answer; {medians['known']:.1f} and {medians['unknown']:.1f} ms, {apart:.1f} ms apart",
    )
    assert len(shapes) == 1, shapes
    assert apart <= BOUND_MS
