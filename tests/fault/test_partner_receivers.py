"""Receivers of every kind against running servers and by the clock on the wall: attempts, log, five seconds, half a
minute. All at once, each with a partner of its own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.tests.certificates import certificate
from core.tests.servers import Behaviour, answer, hang_up, serving
from partners.tests.misbehaving import (
    InTurn,
    Timed,
    babble,
    drip,
    free_port,
    huge,
    listening,
    reset,
    slow,
)
from tests.fault.callers import Caller, bearer
from tests.fault.conftest import written
from tests.fault.servers import Embedded, Running, WithBeat
from tests.fault.test_partner_server import V1, partner, ping, provision

#: What is promised: 2xx within 5 s is success; the second attempt comes 30 s after the first, a fifth more or less.
DEADLINE_MS = (5000, 5500)
PAUSE_S = (24.0, 36.0)
#: Until a worker that is busy with the other receivers takes a row that is due.
TAKEN_S = 2.0


@dataclass
class Target:
    """A receiver. ``at``: when it was called; ``is_late``: no attempt ends before the deadline; ``stored``: past the
    check of addresses.
    """

    url: str
    state: str
    codes: list[int | None]
    at: list[float] = field(default_factory=list)
    is_late: bool = False
    is_seen: bool = True
    stored: bool = False


@pytest.fixture(params=[Embedded, WithBeat])
def plant(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("WEBHOOK_ALLOW_NETS", "127.0.0.0/8")
    with request.param(tmp_path / "state") as running:
        yield running


def targets(stack: ExitStack, folder: Path) -> dict[str, Target]:
    """Open every receiver of the table."""

    def http(behave: Behaviour, state: str, codes: list[int | None], **more: Any) -> Target:
        timed = Timed(behave)
        return Target(stack.enter_context(serving(timed)).url("/hook"), state, codes, timed.at, **more)

    def tls(shown: Path | None, words: bytes = b"", **more: Any) -> Target:
        raw = stack.enter_context(listening(shown, words))
        return Target(f"https://localhost:{raw.port}/hook", "failed", [None, None], raw.at, **more)

    unseen: dict[str, Any] = {"is_seen": False}
    return {
        "200": http(answer(200), "delivered", [200]),
        "204": http(answer(204), "delivered", [204]),
        "500": http(answer(500), "failed", [500, 500]),
        "503": http(answer(503), "failed", [503, 503]),
        "500 once, then 200": http(InTurn([answer(500), answer(200)]), "delivered", [500, 200]),
        "400": http(answer(400), "rejected", [400]),
        "408": http(answer(408), "rejected", [408]),
        "410": http(answer(410), "rejected", [410]),
        "429": http(answer(429), "rejected", [429]),
        "301": http(answer(301, Location="/elsewhere"), "rejected", [301]),
        "307": http(answer(307, Location="/elsewhere"), "rejected", [307]),
        "200 after 6 s": http(slow(6), "failed", [None, None], is_late=True),
        "200 after 6 s, then at once": http(InTurn([slow(6), answer(200)]), "delivered", [None, 200]),
        "one byte a second": http(drip, "failed", [None, None], is_late=True),
        "200 and 200 MB": http(huge, "delivered", [200]),
        "reset": http(reset, "failed", [None, None]),
        "hangs up": http(hang_up, "failed", [None, None]),
        "no HTTP": http(babble, "failed", [None, None]),
        "closed port": Target(f"http://127.0.0.1:{free_port()}/", "failed", [None, None], **unseen),
        "name that nobody has": Target("https://nowhere.invalid/", "failed", [None, None], **unseen),
        "TLS: self-signed": tls(certificate(folder, name="localhost")),
        "TLS: self-signed and expired": tls(certificate(folder, name="localhost", days=(-9, -1))),
        "TLS: self-signed, of another name": tls(certificate(folder, name="other.example")),
        "TLS: speaks HTTP": tls(None, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "TLS: garbage": tls(None, b"\x00\xff" * 400),
        "TLS: takes the connection, says nothing": tls(None, is_late=True),
        "private address": Target("https://10.0.0.1/", "blocked", [None], stored=True, **unseen),
    }


def test_every_receiver_by_the_wall_clock(plant: Running, tmp_path: Path) -> None:
    caller = Caller(plant)
    with ExitStack() as stack:
        found = targets(stack, tmp_path)
        provider = partner(plant, plan="elite", admin=True)["key"]
        keys = {name: provisioned(plant, caller, provider, target) for name, target in found.items()}
        for key in keys.values():
            ping(caller, {"key": key})
        logs = {name: log_of(caller, key) for name, key in keys.items()}
        wait(lambda: all(is_over(logs[name]()) for name in found))
        time.sleep(7)  # a sweep of the beat and more: nothing comes after the end
        read = {name: logs[name]() for name in found}
    broken = [f"{name}: {said}" for name, target in found.items() for said in faults(target, read[name])]
    for name, target in found.items():
        written(plant.kind, f"receiver: {name}", promised(target), measured(target, read[name]))
    assert broken == []


def provisioned(plant: Running, caller: Caller, provider: str, target: Target) -> str:
    """Make a partner with this receiver; return its key."""
    made = provision(caller, provider, url="" if target.stored else target.url)
    if target.stored:
        sql = "UPDATE partners_endpoint SET url = ? WHERE partner_id = ? AND environment = 'live'"
        plant.execute(sql, target.url, made["id"])
    return str(made["key"])


def log_of(caller: Caller, key: str) -> Callable[[], list[dict[str, Any]]]:
    """Return what reads a partner's delivery log, oldest attempt first."""

    def read() -> list[dict[str, Any]]:
        answered = caller.get(f"{V1}/deliveries?limit=10", **bearer(key))
        assert answered.status == 200, answered
        return list(reversed(answered.body["deliveries"]))

    return read


def is_over(log: list[dict[str, Any]]) -> bool:
    return bool(log) and log[-1]["status"] != "pending"


def wait(ready: Callable[[], bool], within_s: float = 120) -> None:
    end = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < end, "some receiver has no end"
        time.sleep(1)


def faults(target: Target, log: list[dict[str, Any]]) -> list[str]:
    """Return what is not as the table says, in words."""
    states = ["pending"] * (len(target.codes) - 1) + [target.state]
    said = []
    if [row["http_status"] for row in log] != target.codes or [row["status"] for row in log] != states:
        said.append(f"log {[(row['http_status'], row['status']) for row in log]}")
    if [row["attempt"] for row in log] != list(range(1, len(log) + 1)) or len({row["event_id"] for row in log}) != 1:
        said.append("attempts are not counted, or the event's id changed")
    if [bool(row["error"]) for row in log] != [code is None or code >= 300 for code in target.codes]:
        said.append(f"errors {[row['error'] for row in log]}")
    if target.is_seen and len(target.at) != len(target.codes):
        said.append(f"called {len(target.at)} times")
    for row in log:
        least, most = DEADLINE_MS if target.is_late else (0, DEADLINE_MS[1])
        if not least <= row["duration_ms"] <= most:
            said.append(f"an attempt took {row['duration_ms']} ms")
    if (pause := pause_of(target, log)) is not None and not PAUSE_S[0] <= pause <= PAUSE_S[1] + TAKEN_S:
        said.append(f"the second attempt came after {pause:.1f} s")
    return said


def pause_of(target: Target, log: list[dict[str, Any]]) -> float | None:
    """Return the seconds between the end of the first attempt and the second, as the receiver saw them."""
    if len(target.at) != 2 or len(log) != 2:
        return None
    return target.at[1] - target.at[0] - log[0]["duration_ms"] / 1000


def promised(target: Target) -> str:
    more = ", 5.0-5.5 s each" if target.is_late else ""
    return f"{len(target.codes)} attempt{'s' * (len(target.codes) > 1)}{more}, {target.state}"


def measured(target: Target, log: list[dict[str, Any]]) -> str:
    codes = ", ".join(str(row["http_status"] or "no answer") for row in log)
    took = ", ".join(f"{row['duration_ms'] / 1000:.2f}" for row in log)
    pause = pause_of(target, log)
    after = f"; {pause:.1f} s between" if pause is not None else ""
    return f"{codes} ({took} s{after}), {log[-1]['status']}"
