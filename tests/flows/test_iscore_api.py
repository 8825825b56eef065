"""I-Scores over HTTP: the printed example's shape, nulls, errors, the table and the history."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from engines.iscore.tables import WEIGHTS
from market.models import Instrument
from signals.models import IScoreSnapshot
from signals.services.iscore import nightly
from tests.flows.pocket import SYMBOLS, make_universe
from tests.flows.test_surface_errors import assert_user_shape
from tests.memories import forget

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _universe(settings: Any, tmp_path: Path) -> Any:
    settings.STATE_DIR = tmp_path
    forget()
    make_universe("nifty_100")
    with clock.frozen(NOW):
        yield


def test_the_answer_has_the_printed_shape(signed_in: Any) -> None:
    response = signed_in.get("/api/iscore/reliance")
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["symbol"] == "NSE:RELIANCE"
    assert 0 <= body["iscore"] <= 100
    assert body["recommendation"] in ("STRONG_BUY", "BUY", "HOLD", "SELL")
    assert {name: part["weight"] for name, part in body["components"].items()} == WEIGHTS
    counted = [part for part in body["components"].values() if part["effective_weight"]]
    total = sum(part["effective_weight"] for part in counted)
    mean = sum(part["effective_weight"] * part["score"] for part in counted) / total
    assert body["iscore"] == pytest.approx(mean, abs=0.051)
    assert len(body["score_factors"]) == 5
    assert body["data_source"] == "simulated"
    assert body["cached_until"] == "2026-11-20T18:30:00Z"
    assert body["as_of"] == "2026-11-20T12:00:00Z"
    assert body["as_of_session"] < "2026-11-21"
    assert signed_in.get("/api/iscore/NSE:RELIANCE").json() == body


def test_known_without_data_is_null_and_unknown_is_absent(signed_in: Any, client: Any) -> None:
    Instrument.objects.create(exchange="NSE", symbol="NEWCO", segment="EQ", instrument_type="EQ")
    body = signed_in.get("/api/iscore/NEWCO").json()
    assert (body["iscore"], body["confidence"], body["recommendation"], body["as_of_session"]) == (None,) * 4
    assert body["code"] == "INSUFFICIENT_DATA"
    for path in ("/api/iscore/NOSUCH", "/api/iscore/NSE:NOSUCH/history"):
        assert_user_shape(signed_in.get(path), 404)
    client.logout()
    for path in ("/api/iscore/RELIANCE", "/api/iscore", "/api/iscore/RELIANCE/history"):
        assert_user_shape(client.get(path), 401)


def test_the_table(signed_in: Any) -> None:
    page = signed_in.get("/api/iscore?limit=5&offset=5&sort=-trend")
    assert page["X-Total-Count"] == str(len(SYMBOLS))
    assert 'rel="next"' in page["Link"]
    rows = page.json()
    assert len(rows) == 5
    trends = [row["components"]["trend"] for row in rows]
    assert trends == sorted(trends, reverse=True)
    assert_user_shape(signed_in.get("/api/iscore?sort=luck"), 400)
    assert_user_shape(signed_in.get("/api/iscore?limit=0"), 400)
    assert_user_shape(signed_in.get("/api/iscore?universe=nowhere"), 400)


@pytest.mark.parametrize("symbol", ["XX:YY:ZZ", "XYZ:TCS", "NSE:" + "A" * 41, "NSE:TCS!"])
def test_what_is_no_symbol_is_told_alike_by_every_engine(signed_in: Any, symbol: str) -> None:
    paths = (
        f"/api/iscore/{symbol}", f"/api/iscore/{symbol}/history", f"/api/patterns?symbol={symbol}",
        f"/api/patterns/similar?symbol={symbol}&bars=30",
    )  # fmt: skip
    told = [assert_user_shape(signed_in.get(path), 400)["detail"] for path in paths]
    assert len(set(told)) == 1
    assert told[0].startswith("symbol: ")


def test_an_unknown_universe_is_told_alike_by_every_engine(signed_in: Any) -> None:
    paths = ("/api/iscore?universe=Nowhere", "/api/patterns/scan?universe=Nowhere")
    assert {signed_in.get(path).json()["detail"] for path in paths} == {"There is no universe 'nowhere'."}


def test_the_history_says_what_moved_the_score(signed_in: Any) -> None:
    nightly.run(now=NOW)
    nightly.run(now=NOW + timedelta(days=8))
    with clock.frozen(NOW + timedelta(days=8)):
        rows = signed_in.get("/api/iscore/RELIANCE/history").json()
        table = signed_in.get("/api/iscore?sort=symbol").json()
        record = signed_in.get("/api/record?subject=NSE:RELIANCE").json()
    assert [row["session"] for row in rows] == sorted((row["session"] for row in rows), reverse=True)
    assert len(rows) == 2
    assert rows[1]["changes"] == []
    assert all(change["text"] for change in rows[0]["changes"])
    moved = round(rows[0]["iscore"] - rows[1]["iscore"], 1)
    mine = next(row for row in table if row["symbol"] == "NSE:RELIANCE")
    assert mine["change"] == moved
    assert record[-1]["payload"]["previous_tier"] is None
    assert IScoreSnapshot.objects.count() == 2 * len(SYMBOLS)
