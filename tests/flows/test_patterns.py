"""Patterns and similar history over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from core import versions
from market.services import panels
from signals.services import market_data
from signals.services.patterns import reading, scanning, similar
from tests.flows.pocket import SYMBOLS, make_universe
from tests.flows.test_surface_errors import assert_user_shape

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _pocket(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path
    for forgetful in (panels, market_data, scanning, reading, similar):
        forgetful.forget()
    versions.expire()
    make_universe("nifty_100")


def test_patterns_have_the_contracts_shape(signed_in: Any) -> None:
    body = signed_in.get("/api/patterns?symbol=tcs").json()
    assert list(body) == ["symbol", "patterns", "data_source", "as_of"]
    assert (body["symbol"], body["data_source"]) == ("NSE:TCS", "simulated")
    assert body["as_of"].endswith("Z")
    assert len(body["patterns"]) > 10
    for row in body["patterns"]:
        assert list(row) == ["pattern", "direction", "confidence", "n", "timeframe", "at"]
        assert row["direction"] in ("bullish", "bearish", "neutral")
        assert 35 <= row["confidence"] <= 75
        assert row["timeframe"] == "day"
        if row["direction"] == "neutral":
            assert (row["confidence"], row["n"]) == (50, 0)
    assert [row["at"] for row in body["patterns"]] == sorted((row["at"] for row in body["patterns"]), reverse=True)


def test_detail_says_what_stands_behind_a_signal(signed_in: Any) -> None:
    body = signed_in.get("/api/patterns?symbol=NSE:SBIN&sessions=250&detail=true").json()
    charts = [row["detail"] for row in body["patterns"] if row["detail"]["points"]]
    assert charts
    for detail in charts:
        assert detail["kind"] == "chart"
        assert all(point["price"] > 0 for point in detail["points"])
    decided = [row for row in body["patterns"] if row["detail"]["outcome"]]
    assert decided
    for row in decided:
        assert row["detail"]["resolved_on"] > row["at"]
        assert row["detail"]["wins"] <= row["n"]
        assert 20 < row["detail"]["chance_pct"] < 80


def test_similar_has_the_contracts_shape(signed_in: Any) -> None:
    body = signed_in.get("/api/patterns/similar?symbol=NSE:INFY&bars=30").json()
    assert list(body) == ["symbol", "bars", "matches", "summary", "data_source", "matches_source", "as_of"]
    assert (body["symbol"], body["bars"]) == ("NSE:INFY", 30)
    assert body["summary"]["n"] == len(body["matches"]) == 20
    for row in body["matches"]:
        assert list(row) == ["symbol", "start", "end", "similarity", "after"]
        assert list(row["similarity"]) == ["pearson", "cosine", "dtw", "composite"]
        assert list(row["after"]) == ["bars", "return_pct"]
        assert row["symbol"].partition(":")[2] in SYMBOLS
        assert 0.7 <= row["similarity"]["pearson"] <= 1.0
    composites = [row["similarity"]["composite"] for row in body["matches"]]
    assert composites == sorted(composites, reverse=True)
    summary = body["summary"]
    assert summary["up"] == sum(row["after"]["return_pct"] > 0 for row in body["matches"])
    assert summary["periods"] <= summary["n"]
    assert summary["base_n"] > 10_000


def test_paths_are_what_a_drawing_needs(signed_in: Any) -> None:
    body = signed_in.get("/api/patterns/similar?symbol=NSE:INFY&bars=15&after=7&paths=true").json()
    assert len(body["paths"]["window"]) == 15
    assert body["paths"]["window"][-1] == 0
    assert [len(line) for line in body["paths"]["fan"]] == [8, 8, 8]
    for row in body["matches"]:
        assert len(row["path"]) == 22
        assert row["path"][14] == 0
        assert row["path"][-1] == pytest.approx(row["after"]["return_pct"], abs=0.006)


def test_the_same_question_has_the_same_answer(signed_in: Any) -> None:
    first, again = (signed_in.get("/api/patterns/similar?symbol=NSE:ITC&bars=40").json() for _ in range(2))
    assert first == again


def test_a_universe_is_listed_with_its_record(signed_in: Any) -> None:
    body = signed_in.get("/api/patterns/scan?universe=NIFTY_100&sessions=5").json()
    assert (body["universe"], body["symbols"]) == ("nifty_100", 12)
    assert body["signals"]
    for row in body["signals"]:
        assert row["wins"] <= row["n"]
        assert 0 < row["liquidity_pct"] < 100
    assert len({row["at"] for row in body["signals"]}) <= 5
    assert sum(row["n"] for row in body["record"]) > 5_000
    for row in body["record"]:
        assert row["wins"] <= row["n"]


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/patterns", 400, "symbol"),
        ("/api/patterns?symbol=NSE:NOSUCH", 404, "NSE:NOSUCH is not known."),
        ("/api/patterns?symbol=A:B:C", 400, "symbol"),
        ("/api/patterns?symbol=NSE:TCS&universe=nowhere", 400, "There is no universe 'nowhere'."),
        ("/api/patterns?symbol=NSE:TCS&sessions=0", 400, "sessions"),
        ("/api/patterns/similar?symbol=NSE:TCS", 400, "bars"),
        ("/api/patterns/similar?symbol=NSE:TCS&bars=9", 400, "bars"),
        ("/api/patterns/similar?symbol=NSE:TCS&bars=251", 400, "bars"),
        ("/api/patterns/similar?symbol=NSE:TCS&bars=many", 400, "bars"),
        ("/api/patterns/similar?symbol=NSE:NOSUCH&bars=30", 404, "NSE:NOSUCH is not known."),
        ("/api/patterns/similar?symbol=NSE:TCS&bars=30&after=61", 400, "after"),
        ("/api/patterns/scan?universe=nowhere", 400, "There is no universe 'nowhere'."),
        ("/api/patterns/scan?sessions=31", 400, "sessions"),
    ],
)
def test_what_is_refused(signed_in: Any, path: str, status: int, says: str) -> None:
    response = signed_in.get(path)
    assert_user_shape(response, status)
    assert says in response.json()["detail"]


@pytest.mark.parametrize("path", ["/api/patterns?symbol=NSE:TCS", "/api/patterns/similar?symbol=NSE:TCS&bars=30"])
def test_strangers_are_refused(client: Any, path: str) -> None:
    assert_user_shape(client.get(path), 401)


def test_the_page_shows_signals_record_and_symbol(signed_in: Any) -> None:
    page = signed_in.get("/patterns/?sessions=5&symbol=nse:tcs")
    assert page.status_code == 200
    assert page.context["symbol"] == "NSE:TCS"
    assert len(page.context["rows"]) == len(signed_in.get("/api/patterns/scan?sessions=5").json()["signals"])
    text = page.content.decode()
    assert 'id="pattern-marks"' in text
    assert "simulated" in text
    for row in page.context["kinds"]:
        assert row.verdict in text


def test_the_page_reads_the_database_a_fixed_number_of_times(
    signed_in: Any, django_assert_max_num_queries: Any
) -> None:
    signed_in.get("/patterns/?sessions=20")
    with django_assert_max_num_queries(40):
        signed_in.get("/patterns/?sessions=20")


def test_without_a_symbol_the_newest_sessions_best_is_shown(signed_in: Any) -> None:
    page = signed_in.get("/patterns/?sessions=20")
    rows = signed_in.get("/api/patterns/scan?sessions=20").json()["signals"]
    newest = [row for row in rows if row["at"] == rows[0]["at"] and row["direction"] != "neutral"]
    best = max(newest, key=lambda row: row["confidence"] * row["liquidity_pct"])
    assert page.context["symbol"] == best["symbol"]


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("universe=nowhere", 400, "There is no universe &#x27;nowhere&#x27;."),
        ("symbol=NSE:NOSUCH", 200, "NSE:NOSUCH is not known."),
        ("symbol=A:B:C", 200, "No chart for A:B:C"),
        ("sessions=many&bars=7&after=x", 200, "Last session"),
    ],
)
def test_the_page_says_what_it_cannot_show(signed_in: Any, query: str, status: int, says: str) -> None:
    page = signed_in.get(f"/patterns/?{query}")
    assert page.status_code == status
    assert says in page.content.decode()


def test_the_page_is_for_people_who_signed_in(client: Any) -> None:
    assert client.get("/patterns/").status_code == 302
