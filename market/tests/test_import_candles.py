"""Importing bars into the database: accounting, idempotence, conflicts, identity, small steps, the command."""

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.versions import read_all
from market.constants import VERSION_CANDLES
from market.importers.tables import UnreadableFile
from market.models import Candle, CandleSeries, ImportRun, Instrument, InstrumentSymbol, TradingDay
from market.services import candle_store
from market.services.candle_imports import import_candles
from market.services.imports import CandleOptions, ImportReport

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
HEAD = "symbol,date,open,high,low,close,volume\n"
WEEK = ("2024-01-15", "2024-01-16", "2024-01-17", "2024-01-18", "2024-01-19")


@pytest.fixture(autouse=True)
def _state(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


def row(symbol: str, day: str, close: float, volume: int = 100) -> str:
    return f"{symbol},{day},{close - 1},{close + 2},{close - 2},{close},{volume}\n"


def run(tmp_path: Path, text: str, name: str = "bars.csv", **options: Any) -> ImportReport:
    path = tmp_path / name
    path.write_text(text)
    return import_candles(path=path, options=CandleOptions(**options), now=NOW)


def counts(report: ImportReport) -> tuple[int, int, int, int, int, int]:
    assert report.read == report.accounted
    return report.read, report.added, report.changed, report.unchanged, report.conflict, report.rejected


def refused(report: ImportReport) -> list[dict[str, str]]:
    assert report.rejected_file is not None
    return list(csv.DictReader(report.rejected_file.open()))


def test_a_first_import_makes_instruments_series_and_bars(tmp_path: Path) -> None:
    text = HEAD + "".join(row("TCS", day, 100 + n) for n, day in enumerate(WEEK)) + row("INFY", WEEK[0], 50)
    report = run(tmp_path, text)
    assert counts(report) == (6, 6, 0, 0, 0, 0)
    tcs = Instrument.objects.get(exchange="NSE", symbol="TCS")
    series = CandleSeries.objects.get(instrument=tcs)
    assert (tcs.segment, tcs.instrument_type) == ("EQ", "EQ")
    assert (series.interval, series.source, series.basis, series.bars) == ("day", "import", "raw", 5)
    assert (series.first_ts, series.last_ts) == (1705276800, 1705622400)
    bar = Candle.objects.get(series=series, ts=1705276800)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume, bar.oi) == (99, 102, 98, 100, 100, None)


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    text = HEAD + "".join(row("TCS", day, 100 + n) for n, day in enumerate(WEEK))
    run(tmp_path, text)
    before, version = list(Candle.objects.values()), read_all()[VERSION_CANDLES]
    report = run(tmp_path, text)
    assert counts(report) == (5, 0, 0, 5, 0, 0)
    assert list(Candle.objects.values()) == before
    assert read_all()[VERSION_CANDLES] == version


def test_new_bars_raise_the_version_and_the_counters(tmp_path: Path) -> None:
    run(tmp_path, HEAD + row("TCS", WEEK[2], 100))
    version = read_all()[VERSION_CANDLES]
    run(tmp_path, HEAD + row("TCS", WEEK[0], 90) + row("TCS", WEEK[4], 110))
    series = CandleSeries.objects.get()
    assert read_all()[VERSION_CANDLES] > version
    assert (series.bars, series.first_ts, series.last_ts) == (3, 1705276800, 1705622400)


def test_a_bar_that_differs_is_a_conflict_and_kept(tmp_path: Path) -> None:
    run(tmp_path, HEAD + row("TCS", WEEK[0], 100))
    report = run(tmp_path, HEAD + row("TCS", WEEK[0], 101))
    assert counts(report) == (1, 0, 0, 0, 1, 0)
    assert Candle.objects.get().close == 100
    [line] = refused(report)
    assert (line["line"], line["symbol"], line["reason"]) == ("2", "TCS", "CONFLICT")
    assert "close 100 stored, 101 here" in line["detail"]


def test_replace_lets_the_file_win(tmp_path: Path) -> None:
    run(tmp_path, HEAD + row("TCS", WEEK[0], 100) + row("TCS", WEEK[1], 100))
    report = run(tmp_path, HEAD + row("TCS", WEEK[0], 101) + row("TCS", WEEK[1], 100), replace=True)
    assert counts(report) == (2, 0, 1, 1, 0, 0)
    assert list(Candle.objects.values_list("close", flat=True)) == [101, 100]
    assert CandleSeries.objects.get().bars == 2


def test_a_file_without_volumes_does_not_disagree_about_them(tmp_path: Path) -> None:
    run(tmp_path, HEAD + row("TCS", WEEK[0], 100, 700))
    text = f"symbol,date,open,high,low,close\nTCS,{WEEK[0]},99,102,98,100\n"
    assert counts(run(tmp_path, text)) == (1, 0, 0, 1, 0, 0)
    run(tmp_path, text.replace(",100\n", ",101\n"), replace=True)
    assert Candle.objects.values_list("close", "volume").get() == (101, 700)


def test_sources_and_bases_are_series_of_their_own(tmp_path: Path) -> None:
    text = HEAD + row("TCS", WEEK[0], 100)
    for options in ({}, {"basis": "adjusted"}, {"source": "yahoo"}, {"source": "Bhavcopy"}):
        assert counts(run(tmp_path, text, **options))[1] == 1
    found = set(CandleSeries.objects.values_list("source", "origin", "basis"))
    assert found == {
        ("import", "", "raw"),
        ("import", "", "adjusted"),
        ("yahoo", "", "raw"),
        ("import", "Bhavcopy", "raw"),
    }
    assert Instrument.objects.count() == 1


def test_every_refused_row_is_reported_with_line_and_reason(tmp_path: Path) -> None:
    text = (
        HEAD
        + row("TCS", WEEK[0], 100)
        + "TCS,2024-01-16,0,2,0,1,5\n"
        + "TCS,2024-01-17,5,4,6,5,5\n"
        + "TCS,2024-01-18,5,6,5.5,5.6,5\n"
        + "TCS,2024-01-19,5,6,5,5.6,-4\n"
        + row("TCS", "2024-01-21", 101)
        + row("TCS", "2026-04-02", 101)
        + row("TCS", WEEK[0], 100)
        + "TCS,2024-01-23,5,6\n"
        + "TCS,soon,5,6,5,5.6,4\n"
        + row("=cmd()", WEEK[0], 101)
    )
    report = run(tmp_path, text)
    assert counts(report) == (11, 1, 0, 0, 0, 10)
    assert [(line["line"], line["reason"]) for line in sorted(refused(report), key=lambda line: int(line["line"]))] == [
        ("3", "ZERO_PRICE"),
        ("4", "HIGH_BELOW_LOW"),
        ("5", "OPEN_OR_CLOSE_OUTSIDE_RANGE"),
        ("6", "NEGATIVE_VOLUME"),
        ("7", "UNLISTED_DAY"),
        ("8", "FUTURE_DATE"),
        ("9", "DUPLICATE_ROW"),
        ("10", "UNPARSABLE"),
        ("11", "UNPARSABLE"),
        ("12", "UNKNOWN_SYMBOL"),
    ]
    assert refused(report)[-2]["symbol"] == "'=CMD()"
    assert not Instrument.objects.filter(symbol="=CMD()").exists()


def test_a_holiday_copy_is_recognised_against_the_database(tmp_path: Path) -> None:
    run(tmp_path, HEAD + row("TCS", "2024-01-25", 100))
    report = run(tmp_path, HEAD + row("TCS", "2024-01-26", 100) + row("TCS", "2024-01-29", 104))
    assert counts(report) == (2, 1, 0, 0, 0, 1)
    assert report.reasons == {"HOLIDAY_COPY": 1}


def test_a_listed_weekend_session_is_accepted(tmp_path: Path) -> None:
    assert counts(run(tmp_path, HEAD + row("TCS", "2024-01-20", 100)))[1] == 1


def test_many_new_prices_make_a_session_of_source_data(tmp_path: Path) -> None:
    names = [f"S{n:02d}" for n in range(12)]
    friday = "".join(row(name, "2024-06-14", 50 + n) for n, name in enumerate(names))
    saturday = "".join(row(name, "2024-06-15", 51 + n) for n, name in enumerate(names))
    report = run(tmp_path, HEAD + friday + saturday)
    assert counts(report) == (24, 24, 0, 0, 0, 0)
    day = TradingDay.objects.get(exchange="NSE", date=date(2024, 6, 15))
    assert (day.source, day.kind) == ("data", "SPECIAL")
    assert counts(run(tmp_path, HEAD + saturday)) == (12, 0, 0, 12, 0, 0)


def test_symbols_resolve_by_the_date_of_the_bar(tmp_path: Path) -> None:
    old = Instrument.objects.create(exchange="NSE", symbol="", name="old", segment="EQ", instrument_type="EQ")
    new = Instrument.objects.create(exchange="NSE", symbol="ABC", name="new", segment="EQ", instrument_type="EQ")
    InstrumentSymbol.objects.create(instrument=old, exchange="NSE", symbol="ABC", valid_to=date(2024, 1, 16))
    InstrumentSymbol.objects.create(instrument=new, exchange="NSE", symbol="ABC", valid_from=date(2024, 1, 18))
    report = run(tmp_path, HEAD + "".join(row("ABC", day, 100 + n) for n, day in enumerate(WEEK)))
    assert counts(report) == (5, 4, 0, 0, 0, 1)
    assert report.reasons == {"UNKNOWN_SYMBOL": 1}
    bars = {series.instrument_id: series.bars for series in CandleSeries.objects.all()}
    assert bars == {old.id: 2, new.id: 2}


def test_former_symbols_lead_to_the_instrument(tmp_path: Path) -> None:
    text = "symbol,symbol_then,date,open,high,low,close,volume\n"
    text += f"NEWNAME,OLDNAME,{WEEK[0]},9,12,8,10,5\nNEWNAME,NEWNAME,{WEEK[3]},9,12,8,11,5\n"
    run(tmp_path, text)
    report = run(tmp_path, HEAD + f"OLDNAME,{WEEK[0]},9,12,8,10,5\n")
    assert counts(report) == (1, 0, 0, 1, 0, 0)
    assert Instrument.objects.count() == 1


def test_indices_and_contracts_become_what_they_are(tmp_path: Path) -> None:
    intraday = "datetime,name,open,high,low,close,symbol\n2024-01-15 09:15:00,NIFTY,1,2,1,2,NIFTY50\n"
    run(tmp_path, intraday, interval="minute")
    run(tmp_path, "datetime,open,high,low,close,symbol\n2024-01-15 09:15:00,1,2,1,2,SENSEX\n", interval="minute")
    contracts = (
        "trade_date,instrument_kind,underlying,expiry,strike,option_type,tradingsymbol,open,high,low,close,"
        "oi_qty,volume_contracts,lot_size\n2024-01-15,IDO,NIFTY,2024-01-25,21500,CE,NIFTY24JAN21500CE,9,12,8,10,500,3,50\n"
    )
    run(tmp_path, contracts)
    found = {one.key: (one.segment, one.instrument_type) for one in Instrument.objects.all()}
    assert found == {
        "NSE:NIFTY 50": ("INDEX", "INDEX"),
        "BSE:SENSEX": ("INDEX", "INDEX"),
        "NFO:NIFTY24JAN21500CE": ("OPT", "CE"),
    }
    bar = Candle.objects.get(series__instrument__symbol="NIFTY24JAN21500CE")
    assert (bar.volume, bar.oi) == (150, 500)


def test_a_dry_run_reports_and_keeps_nothing(tmp_path: Path) -> None:
    report = run(tmp_path, HEAD + row("TCS", WEEK[0], 100), dry_run=True)
    assert counts(report) == (1, 1, 0, 0, 0, 0)
    assert not Instrument.objects.exists()
    assert not Candle.objects.exists()


def test_an_import_that_dies_leaves_whole_steps_and_can_be_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candle_store, "SQLITE_FIRST_STEP", 2)
    monkeypatch.setattr(candle_store, "SQLITE_STEPS", (2, 2))
    monkeypatch.setattr(candle_store, "POSTGRES_STEP", 2)
    text = HEAD + "".join(row("TCS", day, 100 + n) for n, day in enumerate(WEEK))
    path = tmp_path / "bars.csv"
    path.write_text(text)

    def die(stage: str, done: int, total: int) -> None:
        if stage == "writing" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_candles(path=path, options=CandleOptions(), now=NOW, progress=die)
    series = CandleSeries.objects.get()
    assert series.bars == Candle.objects.count() == 2
    assert (series.first_ts, series.last_ts) == (1705276800, 1705363200)
    assert ImportRun.objects.get().status == "failed"
    assert counts(run(tmp_path, text)) == (5, 3, 0, 2, 0, 0)
    assert CandleSeries.objects.get().bars == 5


def test_every_run_is_recorded(tmp_path: Path) -> None:
    run(tmp_path, HEAD + row("TCS", WEEK[0], 100) + row("TCS", "2024-01-21", 100))
    with pytest.raises(UnreadableFile):
        run(tmp_path, "symbol,date\n", name="broken.csv")
    done, failed = ImportRun.objects.order_by("id")
    assert (done.status, done.rows_read, done.rows_added, done.rows_rejected) == ("done", 2, 1, 1)
    assert len(done.file_sha256) == 64
    assert done.options["source"] == "import"
    assert done.report["reasons"] == {"HOLIDAY_COPY": 1} or done.report["reasons"] == {"UNLISTED_DAY": 1}
    assert (failed.status, failed.report) == ("failed", {"error": "broken.csv: has a header but no rows"})


def test_the_command_goes_on_after_a_bad_file_and_then_fails(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEAD + row("TCS", WEEK[0], 100))
    bad.write_text("symbol,date,open\nA,2024-01-15,1\n")
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"bad\.csv: there is no column 'high'"):
        call_command("import_candles", str(bad), str(good), stdout=out, stderr=io.StringIO())
    assert "good.csv: read 1, added 1, changed 0, unchanged 0, conflict 0, rejected 0" in out.getvalue()


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.csv: there is no such file"):
        call_command("import_candles", str(tmp_path / "nothing.csv"), stdout=io.StringIO(), stderr=io.StringIO())


def test_a_folder_and_a_date_that_is_none_are_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"this is a folder; name a file in it"):
        call_command("import_candles", str(tmp_path), stdout=io.StringIO(), stderr=io.StringIO())
    for command, *options in (
        ("import_constituents", "x.csv", "--universe", "u", "--as-of"), ("import_instruments", "x.csv", "--as-of"),
        ("import_fundamentals", "x.csv", "--as-of"), ("replay_fno", "--from"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match="'yesterday' is no date; write it as 2026-05-04"):
            call_command(command, *options, "yesterday")
