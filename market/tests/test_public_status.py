"""Health and the state of the shared tokens."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
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
