"""No webhook reaches this machine or a private network: every spelling, names that change their answer, redirects.

A canary listens on every address of the machine; a connection is all it takes to be heard.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from partners.tests.misbehaving import canary
from partners.tests.receivers import Receiver
from partners.tests.test_closed_addresses import URLS
from tests.fault.callers import Caller, bearer
from tests.fault.conftest import Ask, until, written
from tests.fault.servers import Embedded, Running, WithBeat
from tests.fault.test_partner_server import V1, partner, ping, provision

PUBLIC = "93.184.215.14"
REDIRECTS = (301, 302, 303, 307, 308)
EVENTS = 20


@pytest.fixture(params=[Embedded, WithBeat])
def closed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server as in production: no exceptions for addresses."""
    monkeypatch.delenv("WEBHOOK_ALLOW_NETS", raising=False)
    with request.param(tmp_path / "state") as running:
        yield running


@pytest.mark.timeout(900)
def test_every_spelling_is_refused_and_none_is_called(closed: Running) -> None:
    """First as a partner gives them; then written into the row, as if that check had a hole."""
    caller = Caller(closed)
    provider = partner(closed, plan="elite", admin=True)["key"]
    made = [provision(caller, provider, url="") for _ in range(12)]
    with canary() as heard:
        urls = [url.format(port=heard.port) for url in URLS]
        who = bearer(made[0]["key"])
        given = [caller.call("PATCH", f"/api/{V1}/me", {"webhook_url": url}, **who) for url in urls]
        refused = Counter((answer.status, answer.body["code"]) for answer in given)
        for begin in range(0, len(urls), len(made)):
            events = [sent_to(closed, caller, one, url) for one, url in zip(made, urls[begin:], strict=False)]
            for one, event in zip(made, events, strict=False):
                caller.until(lambda one=one, event=event: event in {row["event_id"] for row in log_of(caller, one)})
        log = [row for one in made for row in log_of(caller, one)]
        first = Counter(row["status"] for row in log if row["attempt"] == 1)
        called = heard.connections
    what = f"{len(urls)} spellings of private addresses, over the API and written past the check"
    written(
        closed.kind, what, "all refused; canary accepts 0",
        f"{refused[400, 'INVALID_REQUEST']} refused; sent anyway: {dict(first)}; {called} connections",
    )  # fmt: skip
    assert refused == {(400, "INVALID_REQUEST"): len(urls)}
    assert called == 0
    assert sum(first.values()) == len(urls)
    assert {row["http_status"] for row in log} == {None}
    assert set(first) <= {"blocked", "pending"}  # put off: what no resolver takes for an address


def sent_to(closed: Running, caller: Caller, made: dict[str, Any], url: str) -> str:
    """Write an address into a partner's row and have an event sent to it; return the event's id."""
    closed.execute("UPDATE partners_endpoint SET url = ? WHERE partner_id = ?", url, made["id"])
    return str(ping(caller, made).body["delivery"]["event_id"])


def log_of(caller: Caller, made: dict[str, Any]) -> list[dict[str, Any]]:
    return list(caller.get(f"{V1}/deliveries?limit=100", **bearer(made["key"])).body["deliveries"])


@pytest.fixture
def allowed() -> str:
    """The receivers that point inside; not what they point to."""
    return "127.0.0.2/32"


@pytest.fixture
def lease_s() -> float:
    """The product's: no request is made twice because the machine is slow."""
    return 20.0


def test_names_that_change_and_redirects_lead_nowhere(
    ask: Ask, database: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    """A name that is public in one look-up and private in the next; one that is both; receivers that point inside."""
    book = tmp_path / "names.json"
    book.write_text(
        json.dumps(
            {
                "rebinding.example": [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"], [PUBLIC], ["10.0.0.1"]],
                "mixed.example": [["127.0.0.1", PUBLIC, "169.254.169.254"]],
                "private.example": [["127.0.0.1"]],
            }
        )
    )
    ask(f"names {book}")
    with ExitStack() as stack:
        heard = stack.enter_context(canary())
        names = [f"https://{name}:{heard.port}/" for name in json.loads(book.read_text())]
        inside = f"http://127.0.0.1:{heard.port}/latest/meta-data"
        receivers = [
            stack.enter_context(Receiver(status=status, location=inside, host="127.0.0.2")) for status in REDIRECTS
        ]
        for url in [*names, *(receiver.url for receiver in receivers)]:
            ask(f"begin {url} 1")
        made = ask(f"events {EVENTS * (len(names) + len(receivers))}")
        ask("send")
        over = {"blocked", "failed", "rejected"}
        until(lambda: set(ask("states")["states"]) <= over, lambda: ask("states"), within_s=150)
        came = {url: ask(f"of {url}") for url in names}
        answered = [ask(f"of {receiver.url}") for receiver in receivers]
        called = heard.connections
        pointed = sum(len(receiver.received) for receiver in receivers)
    log = Counter((tmp_path / "names.json.log").read_text().splitlines())
    written(
        database[0],
        f"{EVENTS} events each to a rebinding, a mixed and a private name and to {len(REDIRECTS)} redirects",
        "canary accepts 0",
        f"{called} connections of {made} events; {pointed} redirects not followed; called: {PUBLIC} "
        f"{log[f'called {PUBLIC}']} times and nothing else by name",
    )  # fmt: skip
    assert called == 0
    assert came[names[2]] == [["blocked", None, EVENTS]]
    assert {http for url in names for _, http, _ in came[url]} == {None}
    assert answered == [[["rejected", status, EVENTS]] for status in REDIRECTS]
    assert pointed == EVENTS * len(REDIRECTS)
    assert {line for line in log if line.startswith("called")} == {f"called {PUBLIC}", "called 127.0.0.2"}
    assert log["asked rebinding.example"] >= EVENTS
