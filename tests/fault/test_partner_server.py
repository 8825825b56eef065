"""The partner surface of a running server: limits under parallel calls, dead receivers, rotation, signatures, drips."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.tests.servers import accept_each
from partners.tests.receivers import Receiver
from tests.fault.callers import Answer, Caller, bearer
from tests.fault.conftest import Figure
from tests.fault.servers import Running
from tests.server.running import ROOT, Server

LONG = bool(os.environ.get("FAULT_LONG"))
V1 = "partner/v1"
_number = iter(range(10**6))


def partner(server: Running, *, url: str = "", plan: str = "default", admin: bool = False) -> dict[str, Any]:
    """Make a partner as an operator does; return its key and webhook secret."""
    command = [
        sys.executable,
        "manage.py",
        "create_partner",
        f"Firm {next(_number)} {time.time()}",
        "--plan",
        plan,
        "--json",
        *(["--admin"] if admin else []),
    ]
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "BASE_URL", "SECRET_KEY")}
    environment = kept | {"STATE_DIR": str(server.state_dir)} | server.environment
    done = subprocess.run(
        [*command, "--webhook-url", url], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def provision(caller: Caller, provider: str, *, url: str) -> dict[str, Any]:
    """Make a partner over the API with the key of one that may; return its id, key and webhook secret."""
    body = {"name": f"Firm {next(_number)} {time.time()}", "plan": "elite", "webhook_url": url}
    answer = caller.post(f"{V1}/admin/partners", body, **bearer(provider))
    assert answer.status == 201, answer
    told = answer.body
    return {"id": told["partner"]["id"], "key": told["key"]["key"], "webhook_secret": told["webhook_secret"]}


def ping(caller: Caller, made: dict[str, Any], event: str = "ping") -> Answer:
    answer = caller.post(f"{V1}/webhooks/test", {"event": event}, **bearer(made["key"]))
    assert answer.status == 202, answer
    return answer


def test_sixty_of_two_hundred_parallel_calls(server: Running, caller: Caller, figure: Figure) -> None:
    busy, other = partner(server), partner(server)
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: caller.get(f"{V1}/me", **bearer(busy["key"])), range(200)))
    codes = Counter(answer.status for answer in answers)
    assert codes == {200: 60, 429: 140}
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"60"}
    left = sorted(int(a.headers["x-ratelimit-remaining"]) for a in answers if a.status == 200)
    assert left == list(range(60))
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.body["code"] for answer in refused} == {"RATE_LIMITED"}
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
    assert caller.get(f"{V1}/me", **bearer(other["key"])).headers["x-ratelimit-remaining"] == "59"
    figure(
        "200 parallel calls with a key of 60 a minute", "60 accepted, other keys unaffected", f"{codes[200]} accepted"
    )


def test_two_web_processes_share_a_limit(server: Running, caller: Caller, figure: Figure) -> None:
    if server.kind != "services":
        pytest.skip("an embedded server is one process")
    made = partner(server)
    second = Server(server.state_dir / "second", **server.environment)
    second.command = server.web.command
    second.timeout_s = 240.0
    with second:
        elsewhere = Caller(server)
        elsewhere.server = type("Other", (), {"port": second.port})()
        callers = [caller, elsewhere] * 100
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda one: one.get(f"{V1}/me", **bearer(made["key"])).status, callers))
    assert Counter(answers) == {200: 60, 429: 140}
    figure("200 parallel calls over two web processes", "60 accepted", f"{answers.count(200)} accepted")


@pytest.mark.skipif(not LONG, reason="three minutes: script/fault --long")
@pytest.mark.timeout(600)
def test_a_greedy_client(server: Running, caller: Caller, figure: Figure) -> None:
    """As fast as it can for 180 s, while another key is used once a second. Each call is stamped before and after: what
    lies between the first stamp of one and the last of another, less than 60 s, was let through in one such window.
    """
    made, other, end = partner(server), partner(server), time.monotonic() + 180
    spans: list[tuple[float, float]] = []
    tries = 0
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(once_a_second, end, caller, other["key"])
        while time.monotonic() < end:
            began = time.monotonic()
            tries += 1
            if caller.get(f"{V1}/me", **bearer(made["key"])).status == 200:
                spans.append((began, time.monotonic()))
            time.sleep(0.01)
        others = beside.result()
    worst = max(sum(start <= began and done < start + 60 for began, done in spans) for start, _ in spans)
    figure(
        f"a greedy client for 180 s, {tries} calls", "at most 60 in any 60 s; another key unaffected",
        f"{worst} at most, {len(spans)} in all; the other key: {dict(Counter(others))}",
    )  # fmt: skip
    assert worst <= 60
    assert len(spans) >= 180
    assert set(others) == {200}


def once_a_second(end: float, caller: Caller, key: str) -> list[int]:
    """Call a little less often than a plan of 60 a minute allows; return the status of each."""
    codes = []
    while time.monotonic() < end:
        codes.append(caller.get(f"{V1}/me", **bearer(key)).status)
        time.sleep(1.0)
    return codes


def test_a_dead_receiver_delays_nobody(server: Running, caller: Caller, figure: Figure) -> None:
    """Both partners' events are enqueued over the API while the dead one's 200 pile up."""
    count = 40
    with Receiver(delay_s=30) as dead, Receiver() as live:
        stuck = partner(server, url=dead.url, plan="elite")
        fine = partner(server, url=live.url, plan="elite")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: ping(caller, stuck), range(200)))
        sent = {}
        for _ in range(count):
            at = time.monotonic()
            sent[ping(caller, fine).body["delivery"]["event_id"]] = at
            time.sleep(1.0)
        caller.until(lambda: set(sent) <= set(live.event_ids), within_s=30)
        took = [got.at - sent[got.event_id] for got in live.received]
    p95 = statistics.quantiles(took, n=20)[-1]
    assert len(took) == count
    figure("a partner's events while another's receiver hangs on 200", "p95 <= 2 s", f"p95 {p95:.2f} s of {count}")
    assert p95 <= 2.0, sorted(took)


@pytest.mark.timeout(900)
def test_rotation_and_signatures(server: Running, caller: Caller, figure: Figure) -> None:
    events = 1000 if LONG else 200
    with Receiver() as receiver:
        made = partner(server, url=receiver.url, plan="elite")
        secrets = [made["webhook_secret"]]
        for number in range(events):
            if number == events // 2:
                body = {"rotate_webhook_secret": True}
                answer = caller.call("PATCH", f"/api/{V1}/me", body, **bearer(made["key"]))
                secrets.append(answer.body["webhook_secret"])
            ping(caller, made, ("ping", "fno.signal", "iscore.update")[number % 3])
        caller.until(lambda: len(receiver.received) >= events)
        genuine = sum(got.is_genuine(secrets) for got in receiver.received)
        single = sum(got.headers["x-tc-signature"].count("sha256=") == 1 for got in receiver.received)
        last = receiver.received[-1]
    assert len(set(receiver.event_ids)) == events
    assert (genuine, single) == (len(receiver.received),) * 2
    assert last.is_genuine(secrets[1:])
    what = f"{events} events with a rotation in the middle, verified by the printed and the published code"
    figure(what, "all", f"{genuine} of {len(receiver.received)}")


def test_drips_end_after_five_seconds(server: Running, caller: Caller, figure: Figure) -> None:
    count = 50 if LONG else 6
    lasted: list[float] = []
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def drip(connection: socket.socket) -> None:
        """Send a byte a second; note when the other side hangs up."""
        began, found = time.monotonic(), connection
        found.settimeout(0.02)
        next_byte = began
        with found:
            while True:
                try:
                    if time.monotonic() >= next_byte:
                        found.send(
                            b"HTTP/1.1 200 OK\r\nX-Slow: "[int(next_byte - began) : int(next_byte - began) + 1] or b"x"
                        )
                        next_byte += 1.0
                    if found.recv(65536) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
        lasted.append(time.monotonic() - began)

    accept_each(listener, drip)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    keys = []
    provider = partner(server, plan="elite", admin=True)["key"]
    for _ in range(count // 2):
        made = provision(caller, provider, url=url)
        keys.append(made["key"])
        for _ in range(2):
            ping(caller, made)
    caller.until(lambda: len(lasted) >= count)
    caller.until(lambda: all(len(firsts(caller, key)) == 2 for key in keys))
    listener.close()
    logged = [row["duration_ms"] / 1000 for key in keys for row in firsts(caller, key)]
    shortest, longest = min(lasted[:count]), max(lasted[:count])
    figure(
        f"{count} receivers that answer one byte a second",
        "hung up on after 5.0-5.5 s",
        f"{min(logged):.2f}-{max(logged):.2f} s in the log; {shortest:.2f}-{longest:.2f} s for the receiver, from when "
        f"it has taken the connection",
    )
    assert len(logged) == count
    assert 5.0 <= min(logged) <= max(logged) <= 5.5
    assert shortest >= 4.9
    assert longest <= 5.5


def firsts(caller: Caller, key: str) -> list[dict[str, Any]]:
    """Return the rows of a partner's log that are first attempts."""
    rows = caller.get(f"{V1}/deliveries?limit=10", **bearer(key)).body["deliveries"]
    return [row for row in rows if row["attempt"] == 1]
