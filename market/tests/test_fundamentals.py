"""Import of company figures, and what was known of them on a day."""

import os
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from core.errors import InvalidRequest
from market.importers.tables import UnreadableFile, read_table
from market.models import Fundamental, ImportRun, Instrument, InstrumentSymbol
from market.selectors.fundamentals import figures_on
from market.services.fundamentals import FundamentalOptions, import_fundamentals
from market.services.imports import ImportReport

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
DATA = Path(os.environ.get("MARKET_DATA_DIR", "/nonexistent")) / "fundamentals"
real = pytest.mark.skipif(not DATA.is_dir(), reason="MARKET_DATA_DIR is not set")
YEARS = "symbol,fiscal_year,revenue_cr\nREL,FY24,100\nREL,2024-25,121\n"
SNAPSHOT = "symbol,sector,roe,debt_to_equity_pct\nREL,Energy,0.14,35.5\n"


@pytest.fixture(autouse=True)
def instrument(settings: Any, tmp_path: Path) -> Instrument:
    settings.STATE_DIR = tmp_path / "state"
    return equity("REL")


def equity(symbol: str) -> Instrument:
    return Instrument.objects.create(exchange="NSE", symbol=symbol, segment="EQ", instrument_type="EQ")


def load(path: Path, **options: Any) -> ImportReport:
    report = import_fundamentals(path=path, options=FundamentalOptions(**options), now=NOW)
    assert report.read == report.accounted
    return report


def run(tmp_path: Path, text: str, **options: Any) -> ImportReport:
    path = tmp_path / "figures.csv"
    path.write_text(text)
    return load(path, **options)


def test_a_year_is_known_sixty_days_after_its_end(tmp_path: Path, instrument: Instrument) -> None:
    report = run(tmp_path, YEARS)
    assert (report.read, report.added) == (2, 2)
    assert any("60 days after the period" in note for note in report.notes)
    stored = Fundamental.objects.order_by("period_end").values_list("period_end", "known_from", "value", "source")
    assert list(stored) == [
        (date(2024, 3, 31), date(2024, 5, 30), 100.0, "import"),
        (date(2025, 3, 31), date(2025, 5, 30), 121.0, "import"),
    ]
    ids = [instrument.id]
    assert figures_on(ids, "revenue_cr", date(2024, 5, 29)) == {}
    assert figures_on(ids, "revenue_cr", date(2024, 5, 30)) == {instrument.id: 100.0}
    assert figures_on(ids, "revenue_cr", date(2025, 5, 29)) == {instrument.id: 100.0}
    assert figures_on(ids, "revenue_cr", date(2026, 1, 1)) == {instrument.id: 121.0}
    assert figures_on(ids, "ebitda_cr", date(2026, 1, 1)) == {}


def test_a_later_as_of_wins_over_the_sixty_days(tmp_path: Path, instrument: Instrument) -> None:
    run(tmp_path, YEARS, as_of=date(2025, 1, 10))
    known = Fundamental.objects.order_by("period_end").values_list("known_from", flat=True)
    assert list(known) == [date(2025, 1, 10), date(2025, 5, 30)]


def test_a_given_date_wins_and_the_later_of_two_counts(tmp_path: Path) -> None:
    text = "symbol,period_end,announced_on,collected_at,eps\nREL,2025-06-30,2025-07-18,2025-07-21 09:00:00,12\n"
    run(tmp_path, text, as_of=date(2026, 1, 1))
    assert Fundamental.objects.get().known_from == date(2025, 7, 21)


def test_a_restated_old_year_does_not_hide_a_newer_one(tmp_path: Path, instrument: Instrument) -> None:
    run(tmp_path, YEARS)
    run(tmp_path, "symbol,fiscal_year,revenue_cr\nREL,FY24,90\n", as_of=date(2025, 8, 1))
    assert figures_on([instrument.id], "revenue_cr", date(2026, 1, 1)) == {instrument.id: 121.0}
    run(tmp_path, "symbol,fiscal_year,revenue_cr\nREL,FY25,119\n", as_of=date(2025, 9, 1))
    assert figures_on([instrument.id], "revenue_cr", date(2025, 8, 31)) == {instrument.id: 121.0}
    assert figures_on([instrument.id], "revenue_cr", date(2025, 9, 1)) == {instrument.id: 119.0}


def test_again_nothing_changes_and_a_difference_is_a_conflict(tmp_path: Path) -> None:
    day = date(2026, 1, 23)
    assert run(tmp_path, SNAPSHOT, as_of=day).added == 2
    assert run(tmp_path, SNAPSHOT, as_of=day).unchanged == 2
    other = SNAPSHOT.replace("0.14", "0.15")
    report = run(tmp_path, other, as_of=day)
    assert (report.conflict, report.unchanged, report.reasons) == (1, 1, {"FIGURE_CONFLICT": 1})
    assert report.rejected_file is not None
    assert "stored is 0.14" in report.rejected_file.read_text()
    assert Fundamental.objects.get(metric="roe").value == 0.14
    assert run(tmp_path, other, as_of=day, replace=True, dry_run=True).changed == 1
    assert Fundamental.objects.get(metric="roe").value == 0.14
    assert run(tmp_path, other, as_of=day, replace=True).changed == 1
    assert Fundamental.objects.get(metric="roe").value == 0.15
    assert run(tmp_path, other, as_of=day, replace=True).unchanged == 2
    assert run(tmp_path, SNAPSHOT, as_of=day, source="vendor").added == 2


def test_figures_that_cannot_be_used_are_reported(tmp_path: Path) -> None:
    text = (
        "symbol,snapshot_date,roe,pe\nREL,2026-01-23,inf,1e16\nREL,2026-01-24,abc,\nNOBODY,2026-01-23,0.1,9\n"
        'REL,never,0.1,9\n,2026-01-23,0.1,9\nREL,2026-01-25,0.2,"1,020.5"\nREL,2026-01-25,0.3,\n'
    )
    report = run(tmp_path, text)
    assert (report.read, report.added, report.rejected) == (12, 2, 10)
    assert report.reasons == {"NOT_FINITE": 1, "ABSURD": 1, "UNPARSABLE": 5, "UNKNOWN_SYMBOL": 2, "DUPLICATE_ROW": 1}
    assert any(note.startswith("2 cells are empty") for note in report.notes)
    assert report.rejected_file is not None
    words = report.rejected_file.read_text()
    assert "no instrument had the symbol NOBODY on 2026-01-23" in words
    assert "snapshot_date 'never' cannot be read" in words
    assert Fundamental.objects.get(metric="pe").value == 1020.5


def test_ragged_lines_are_counted(tmp_path: Path) -> None:
    report = run(tmp_path, SNAPSHOT + "REL,Energy,1\n", as_of=date(2026, 1, 23))
    assert (report.read, report.added, report.rejected) == (3, 2, 1)


def test_a_symbol_means_who_had_it_that_day(tmp_path: Path, instrument: Instrument) -> None:
    newer = equity("NEWREL")
    InstrumentSymbol.objects.create(
        instrument=newer, exchange="NSE", symbol="OLD", valid_from=date(2020, 1, 1), valid_to=date(2024, 12, 31)
    )
    report = run(tmp_path, "symbol,snapshot_date,roe\nOLD,2024-06-01,0.1\nOLD,2025-06-01,0.2\n")
    assert (report.added, report.reasons) == (1, {"UNKNOWN_SYMBOL": 1})
    assert Fundamental.objects.get().instrument == newer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SNAPSHOT, "no column says when its figures were public; give --as-of DATE"),
        ("isin,date,roe\nX,2026-01-01,1\n", "there is no column 'symbol'"),
        ("date,fii_net\n2026-01-01,1\n", "figures of the whole market"),
        ("symbol,date,sector\nREL,2026-01-01,Energy\n", "no column holds figures"),
        ("symbol,date,2025\nREL,2026-01-01,1\n", "the column '2025' cannot name a figure"),
    ],
)
def test_files_that_are_something_else_are_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=r"figures\.csv: ") as caught:
        run(tmp_path, text)
    assert words in caught.value.detail
    assert ImportRun.objects.get().status == ImportRun.Status.FAILED


@pytest.mark.parametrize("year", ["2025", "FY5", "2024-26", "Mar 2025", "FY9999"])
def test_a_fiscal_year_that_is_not_clear_is_refused(tmp_path: Path, year: str) -> None:
    assert run(tmp_path, f"symbol,fiscal_year,roe\nREL,{year},1\n").reasons == {"UNPARSABLE": 1}


def test_a_source_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="--source"):
        run(tmp_path, YEARS, source=" ")


@pytest.mark.parametrize("period_end", [None, date(2025, 3, 31)])
def test_a_figure_is_stored_once_even_without_a_period(instrument: Instrument, period_end: date | None) -> None:
    same = {"instrument": instrument, "metric": "roe", "period_end": period_end, "known_from": date(2026, 1, 1)}
    Fundamental.objects.create(**same, value=1, source="a")
    Fundamental.objects.create(**same, value=1, source="b")
    with pytest.raises(IntegrityError), transaction.atomic():
        Fundamental.objects.create(**same, value=2, source="a")


def test_the_command_reports_in_figures(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text(SNAPSHOT)
    out, err = StringIO(), StringIO()
    call_command("import_fundamentals", str(path), "--as-of", "2026-01-23", stdout=out, stderr=err)
    assert "read 2, added 2, changed 0, unchanged 0, conflict 0, rejected 0" in out.getvalue()
    assert "writing 0 of 2" in err.getvalue()
    with pytest.raises(CommandError, match="give --as-of"):
        call_command("import_fundamentals", str(path), stdout=out, stderr=err)


@real
@pytest.mark.parametrize(
    ("name", "as_of", "figures", "missing", "metric", "symbol", "day", "value"),
    [
        ("nifty50_snapshot_2026-01.csv", date(2026, 1, 23), 723, 12, "roe", "HDFCBANK", date(2026, 1, 23), 0.14015001),
        ("annual_selected_midcaps_FY23_FY26.csv", None, 580, 0, "revenue_cr", "AARTIIND", date(2024, 1, 1), 6492.2),
        (
            "quarterly_growth_weekly_snapshots.csv.gz",
            None,
            37820,
            428,
            "profit_qoq_pct",
            "360ONE",
            date(2026, 3, 9),
            14.97,
        ),
    ],
)
def test_the_real_files(
    name: str, as_of: date | None, figures: int, missing: int, metric: str, symbol: str, day: date, value: float
) -> None:
    symbols = set(read_table(DATA / name).texts("symbol"))
    Instrument.objects.bulk_create(
        Instrument(exchange="NSE", symbol=one, segment="EQ", instrument_type="EQ") for one in sorted(symbols)
    )
    report = load(DATA / name, as_of=as_of)
    assert (report.read, report.added, report.rejected) == (figures, figures, 0)
    assert any(note.startswith(f"{missing} cells are empty") for note in report.notes) == bool(missing)
    owner = Instrument.objects.get(symbol=symbol).id
    assert figures_on([owner], metric, day) == {owner: value}
    again = load(DATA / name, as_of=as_of)
    assert (again.unchanged, again.added, again.conflict) == (figures, 0, 0)


@real
def test_the_flows_of_institutions_are_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"fii_dii_flows_2026\.csv: flows of foreign and domestic institutions"):
        load(DATA / "fii_dii_flows_2026.csv")


def test_nothing_was_public_on_a_day_that_has_not_come(tmp_path: Path) -> None:
    text = "symbol,known_from,period_end,roe\nREL,2030-01-01,,0.14\nREL,2026-09-02,,0.15\nREL,2026-09-01,,0.16\n"
    report = run(tmp_path, text)
    assert (report.added, dict(report.reasons)) == (1, {"FUTURE_DATE": 2})
    assert any("the day it was public" in line for line in report.lines())
    assert "public on 2030-01-01, which has not come" in " ".join(report.samples)
    assert Fundamental.objects.get().value == 0.16
    unfinished = run(tmp_path, "symbol,period_end,roe\nREL,2026-09-30,0.2\nREL,2026-08-31,0.3\n")
    assert (unfinished.added, dict(unfinished.reasons)) == (1, {"FUTURE_DATE": 1})  # August counts from 30 October
    with pytest.raises(InvalidRequest, match="--as-of: 2026-09-02 has not come"):
        run(tmp_path, SNAPSHOT, as_of=date(2026, 9, 2))


@pytest.mark.parametrize(
    "text",
    [
        "symbol,metric,value,known_from\nREL,roe,0.14,2026-08-01\n",
        "symbol,date,name,value\nREL,2026-08-01,roe,0.14\n",
        "symbol,period_end,figure,value,unit\nREL,2026-03-31,roe,0.14,share\n",
    ],
)
def test_a_file_with_one_figure_a_line_is_refused_with_the_layout_that_is_needed(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableFile, match="symbol, announced_on, roe, debt_to_equity"):
        run(tmp_path, text)
    assert not Fundamental.objects.exists()


def test_reasons_speak_of_figures(tmp_path: Path) -> None:
    rows = "REL,2026-08-01,many\nREL,2026-08-02,1e30\nREL,2026-08-03,inf\nNOSUCH,2026-08-01,1\n"
    report = run(tmp_path, f"symbol,known_from,roe\n{rows}REL,2026-08-04,1\nREL,2026-08-04,2\n")
    assert set(report.reasons) == {"UNPARSABLE", "ABSURD", "NOT_FINITE", "UNKNOWN_SYMBOL", "DUPLICATE_ROW"}
    said = "\n".join(report.lines())
    assert not [word for word in ("price", "volume", "bar ", "time") if word in said]
