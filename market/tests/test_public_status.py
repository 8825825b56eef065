"""Health and the state of the shared tokens."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from market.services import health as reports
from market.services import runtime as runtimes
from market.services.shared_tokens import SharedToken, token_status

WELL = {
    "database": "connected",
    "cache_l2": {"state": "not configured"},
    "warmers": {"index:snapshot": "warm"},
    "feed": {"connected": True},
    "queue": {"state": "connected"},
    "workers": {"alive": 1},
}


def test_overall_status() -> None:
    assert reports.overall(WELL) == "healthy"
    assert reports.overall(WELL | {"database": "unavailable"}) == "unhealthy"
    for part, bad in (
        ("cache_l2", {"state": "unavailable"}), ("warmers", {"index:snapshot": "stale"}),
        ("feed", {"connected": False}), ("queue", {"state": "unavailable"}), ("workers", {"alive": 0}),
    ):  # fmt: skip
        assert reports.overall(WELL | {part: bad}) == "degraded"


@pytest.fixture
def _fresh() -> Iterator[None]:
    before = runtimes.use(None)
    reports._report._made_s = float("-inf")
    yield
    runtimes.use(before)
    reports._report._made_s = float("-inf")


@pytest.mark.django_db
@pytest.mark.usefixtures("_fresh")
def test_health_names_every_part_and_is_not_throttled(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json().keys() >= {"status", "database", "cache_l1", "cache_l2", "warmers", "feed", "queue", "workers"}
    assert (answer.json()["status"], answer.json()["database"]) == ("degraded", "connected")
    assert "size" in answer.json()["cache_l1"]
    assert "X-RateLimit-Limit" not in answer
    monkeypatch.setattr(reports, "_database", lambda: "unavailable")
    reports._report._made_s = float("-inf")
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")


@pytest.mark.django_db
def test_no_token_is_set(client: Client) -> None:
    zerodha, icici = client.get("/zerodha/status"), client.get("/icici/status")
    assert zerodha.json() == {
        "initialized": False, "valid": False, "token_type": "access_token", "set_at": None, "expires_at": None,
    }  # fmt: skip
    assert icici.json() == {"initialized": False, "valid": False, "set_at": None, "expires_at": None}
    assert "X-RateLimit-Remaining" in zerodha
    assert client.post("/zerodha/status").status_code == 405


def test_a_token_prints_its_instants_with_an_offset() -> None:
    token = SharedToken(datetime(2026, 4, 7, 2, 30, tzinfo=UTC), datetime(2026, 4, 8, 0, 30, tzinfo=UTC))
    shown = token_status("kite", now=token.set_at, token_of=lambda broker: token)
    assert (shown["initialized"], shown["valid"]) == (True, True)
    assert (shown["set_at"], shown["expires_at"]) == ("2026-04-07T02:30:00+00:00", "2026-04-08T00:30:00+00:00")
    assert not token_status("kite", now=token.expires_at, token_of=lambda broker: token)["valid"]


def test_a_slow_report_keeps_nobody_waiting_who_can_have_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on, made = threading.Event(), threading.Event(), iter(range(10))

    def make() -> int:
        number = next(made)
        if number:
            began.set()
            assert go_on.wait(10)
        return number

    moment = [100.0]
    monkeypatch.setattr(reports.clock, "monotonic", lambda: moment[0])
    recent = reports._Recent(make, timedelta(seconds=1))
    assert recent.get() == 0
    moment[0] += 2.0
    found: list[int] = []
    slow = threading.Thread(target=lambda: found.append(recent.get()))
    slow.start()
    assert began.wait(10)
    assert recent.get() == 0  # while the other makes it
    moment[0] += reports.STALE_S
    late = threading.Thread(target=lambda: found.append(recent.get()))
    late.start()
    late.join(0.2)
    assert late.is_alive()  # too old to be handed out: it waits
    go_on.set()
    slow.join(10)
    late.join(10)
    assert found == [1, 1]


@pytest.mark.anydb
def test_the_state_of_the_database_is_told_while_another_writes(tmp_path: Path) -> None:
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" not in options:
        pytest.skip("only SQLite has one writer")
    path = tmp_path / "one.sqlite3"
    writer, reader = (sqlite3.connect(path, timeout=20, isolation_level=None) for _ in range(2))
    with contextlib.closing(writer), contextlib.closing(reader):
        writer.executescript(options["init_command"])
        writer.execute("CREATE TABLE some (value)")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO some VALUES (1)")
        began = time.monotonic()
        reader.executescript(options["init_command"])
        assert reader.execute("SELECT 1").fetchone() == (1,)
        assert time.monotonic() - began < 1.0
