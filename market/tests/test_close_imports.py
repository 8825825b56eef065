"""Closes without bars and counts of shares: kept as what they are, answered as such, never as bars."""

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from accounts.models import User
from market.importers.tables import UnreadableFile
from market.models import Candle, CandleSeries, Instrument, Observation, ObservationSeries
from market.selectors.observations import industries_of, observed
from market.services.candle_imports import import_candles
from market.services.charts import chart_read, indicator_lines
from market.services.imports import CandleOptions, ImportReport
from market.services.quote_view import week52

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 2, 20, 12, tzinfo=UTC)
DATA = Path(os.environ.get("MARKET_DATA_DIR", "/nonexistent")) / "index_daily"
real = pytest.mark.skipif(not DATA.is_dir(), reason="MARKET_DATA_DIR is not set")
HEAD = "date,stocks_above_200sma,Banks,Power,Oil & Gas,Realty,nifty500_close\n"
#: 2024-01-26 was a holiday, 2024-01-25 a session.
ROWS = (
    "2024-01-23,0,0,0,0,0,19000.5\n"
    "2024-01-24,20,5,6,7,2,19100.25\n"
    "2024-01-25,21,6,6,7,2,19100.25\n"
    "2024-01-26,21,6,6,7,2,19100.25\n"
    "2024-01-29,22,6,6,7,3,19300.75\n"
    "2024-01-30,22,6,6,7,3,19200.75\n"
    "2024-01-31,25,7,7,7,4,x\n"
)


@pytest.fixture(autouse=True)
def _state(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


def run(tmp_path: Path, text: str, name: str = "closes.csv", **options: Any) -> ImportReport:
    path = tmp_path / name
    path.write_text(text)
    report = import_candles(path=path, options=CandleOptions(**options), now=NOW)
    assert report.read == report.accounted
    return report


def refused(report: ImportReport) -> set[tuple[str, str, str]]:
    assert report.rejected_file is not None
    return {(row["time"], row["symbol"], row["reason"]) for row in csv.DictReader(report.rejected_file.open())}


def test_closes_and_counts_are_kept_and_what_is_no_observation_is_refused(tmp_path: Path) -> None:
    first = run(tmp_path, HEAD + ROWS)
    assert (first.read, first.added, first.rejected) == (42, 24, 18)
    assert first.reasons == {
        "NOT_COUNTED": 5,
        "HOLIDAY_COPY": 6,
        "COPIED_COUNTS": 5,
        "FILLED_CLOSE": 1,
        "UNPARSABLE": 1,
    }
    assert {(day, reason) for day, name, reason in refused(first) if name == "NIFTY 500 close"} == {
        ("2024-01-25", "FILLED_CLOSE"), ("2024-01-26", "HOLIDAY_COPY"), ("2024-01-31", "UNPARSABLE"),
    }  # fmt: skip
    index = Instrument.objects.get(symbol="NIFTY 500")
    closes = observed(index.id, "close")
    assert closes is not None
    assert closes.value.tolist() == [19000.5, 19100.25, 19300.75, 19200.75]
    assert industries_of(index.id, "above_sma_200") == ["Banks", "Oil & Gas", "Power", "Realty"]
    counts = observed(index.id, "above_sma_200")
    assert counts is not None
    assert counts.value.tolist() == [20, 21, 22, 25]
    assert not Candle.objects.exists()
    assert not CandleSeries.objects.exists()


def test_again_changes_nothing_and_a_difference_is_a_conflict_unless_replaced(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ROWS)
    again = run(tmp_path, HEAD + ROWS)
    assert (again.added, again.unchanged, again.conflict) == (0, 24, 0)
    other = HEAD + "2024-01-29,22,6,6,7,3,19301\n"
    assert run(tmp_path, other).conflict == 1
    assert run(tmp_path, other, dry_run=True, replace=True).changed == 1
    replaced = run(tmp_path, other, replace=True)
    assert (replaced.changed, replaced.unchanged) == (1, 5)
    assert Observation.objects.filter(value=19301).count() == 1
    assert run(tmp_path, other, source="my vendor").added == 6  # another source is another series


def test_weekly_closes_are_weekly_and_no_chart_of_days(tmp_path: Path) -> None:
    rows = ("2024-01-05,21710.8,12.6", "2024-01-12,21894.55,13.1", "2024-01-26,21352.6,13.9", "2024-02-02,21853.8,14.7")
    weeks = "date,nifty_50,india_vix,gold\n" + "".join(f"{row},1\n" for row in rows)
    report = run(tmp_path, weeks)
    assert (report.added, report.rejected) == (8, 0)  # 2024-01-26 was a holiday: it is the week's date
    assert any("'gold'" in note for note in report.notes)
    assert set(ObservationSeries.objects.values_list("instrument__symbol", "interval")) == {
        ("NIFTY 50", "week"), ("INDIA VIX", "week"),
    }  # fmt: skip
    assert run(tmp_path, weeks, interval="week").unchanged == 8
    vix = Instrument.objects.get(symbol="INDIA VIX")
    assert observed(vix.id, "close", every="day") is None


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (HEAD + ROWS, {"interval": "minute"}),
        (HEAD + ROWS, {"interval": "week"}),
        (HEAD + ROWS, {"basis": "adjusted"}),
        ("date,close\n2024-01-24,5\n", {}),
        ("date,nifty_50,india_vix,stocks_above_200sma\n2024-01-24,5,6,7\n", {}),
        ("symbol,date,open,high,low,close\nINFY,2024-01-24,1,1,1,1\n", {"interval": "week"}),
        ("date,gold\n2024-01-24,5\n", {}),
    ],
)
def test_what_it_cannot_be_is_said(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    with pytest.raises(UnreadableFile, match=r"closes\.csv"):
        run(tmp_path, text, **options)
    assert not Observation.objects.exists()


def test_one_close_a_row_and_the_symbol_named_by_the_caller(tmp_path: Path) -> None:
    text = "date,close\n2024-01-23,5\n2024-01-24,6\n2024-01-24,7\n2024-01-25,0\n2024-03-05,9\n"
    report = run(tmp_path, text, symbol="SOMEFUND")
    assert report.reasons == {"DUPLICATE_ROW": 1, "ZERO_PRICE": 1, "FUTURE_DATE": 1}
    assert report.added == 2


def test_the_chart_says_that_it_has_closes_only_and_invents_nothing(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ROWS)
    span: dict[str, Any] = {"start": date(2024, 1, 1), "end": date(2024, 2, 1), "now": NOW, "adjusted": True}
    read = chart_read(symbol="NSE:NIFTY 500", interval="day", **span)
    assert (read.closes_only, read.source, read.bars.close.tolist()[0]) == (True, "import", 19000.5)
    assert np.isnan(read.bars.high).all()
    client = APIClient()
    client.force_authenticate(User.objects.create_user(email="a@example.com", password="long enough 1"))
    query = {"symbol": "NSE:NIFTY 500", "interval": "day", "from": "2024-01-01", "to": "2024-02-01"}
    answer = client.get("/api/market/candles", query)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["closes_only"], body["data_source"]) == (True, "import")
    assert body["candles"][0] == {
        "t": "2024-01-23", "open": None, "high": None, "low": None, "close": 19000.5, "volume": None,
    }  # fmt: skip
    _, lines = indicator_lines(symbol="NSE:NIFTY 500", interval="day", names=["sma3", "atr3"], **span)
    assert [len(one["lines"][0]["points"]) for one in lines] == [2, 0]
    year = week52("NSE:NIFTY 500", NOW)
    assert (year["high"], year["low"]) == (19300.75, 19000.5)


def test_bars_go_before_closes_and_are_never_mixed_with_them(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ROWS)
    run(tmp_path, "symbol,date,open,high,low,close\nNIFTY 500,2024-01-29,1,3,1,2\n", "bars.csv")
    read = chart_read(
        symbol="NSE:NIFTY 500", interval="day", start=date(2024, 1, 1), end=date(2024, 2, 1), now=NOW, adjusted=True
    )
    assert (read.closes_only, read.bars.close.tolist()) == (False, [2.0])


@real
def test_the_real_files_come_in_whole() -> None:
    def load(name: str) -> ImportReport:
        report = import_candles(path=DATA / name, options=CandleOptions(), now=datetime(2026, 11, 20, tzinfo=UTC))
        assert report.read == report.accounted
        return report

    weekly = load("nifty_vix_weekly.csv")
    assert (weekly.read, weekly.added) == (2 * 587, 2 * 587)
    daily = load("nifty500_close_and_breadth.csv.gz")
    assert (daily.read, daily.added) == (24 * 2_776, 66_338)
    assert daily.reasons == {"COPIED_COUNTS": 230, "HOLIDAY_COPY": 24, "NOT_COUNTED": 23, "FILLED_CLOSE": 9}
    assert load("nifty500_close_and_breadth.csv.gz").unchanged == 66_338
