"""Import of corporate actions and the factors they give."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from market.importers.tables import UnreadableFile
from market.models import CorporateAction, Instrument
from market.services.corporate_actions import action_factors, import_corporate_actions
from market.services.imports import ImportReport

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
HEAD = "symbol,ex_date,price_factor,kind,evidence,confidence\n"


@pytest.fixture(autouse=True)
def instrument(settings: Any, tmp_path: Path) -> Instrument:
    settings.STATE_DIR = tmp_path / "state"
    return Instrument.objects.create(exchange="NSE", symbol="REL", segment="EQ", instrument_type="EQ")


def run(tmp_path: Path, rows: str, head: str = HEAD) -> ImportReport:
    path = tmp_path / "actions.csv"
    path.write_text(head + rows)
    report = import_corporate_actions(path=path, now=NOW)
    assert report.read == report.accounted
    return report


def test_actions_give_factors_by_date(tmp_path: Path, instrument: Instrument) -> None:
    report = run(tmp_path, "REL,2024-10-28,0.5,split_or_bonus,broker,high\nREL,2023-07-20,0.915,demerger_or_rights,,\n")
    assert report.added == 2
    ex_days, factors = action_factors([instrument.id])[instrument.id]
    assert [date.fromordinal(day + date(1970, 1, 1).toordinal()) for day in ex_days] == [
        date(2023, 7, 20),
        date(2024, 10, 28),
    ]
    assert factors == [0.915, 0.5]


def test_again_nothing_changes_and_another_factor_is_taken_over(tmp_path: Path) -> None:
    run(tmp_path, "REL,2024-10-28,0.5,split,,\n")
    assert run(tmp_path, "REL,2024-10-28,0.5,split,,\n").unchanged == 1
    assert run(tmp_path, "REL,2024-10-28,0.25,split,,\n").changed == 1
    assert CorporateAction.objects.get().price_factor == 0.25


@pytest.mark.parametrize(
    "kind", ["vendor_rights_window_artifact", "open_price_outlier", "not_adjusted_by_vendor", "something_new"]
)
def test_kinds_that_are_no_action_are_kept_but_never_applied(tmp_path: Path, instrument: Instrument, kind: str) -> None:
    report = run(tmp_path, f"REL,2025-11-10,1.03,{kind},,low\n")
    assert report.reasons == {"SKIPPED_KIND": 1}
    assert CorporateAction.objects.get().is_applied is False
    assert "not applied" in CorporateAction.objects.get().evidence
    assert action_factors([instrument.id]) == {}


def test_rows_that_cannot_be_used_are_reported(tmp_path: Path) -> None:
    rows = (
        "REL,2019-10-01,,gap_after_absence,,low\nNOBODY,2024-01-01,0.5,split,,\nREL,never,0.5,split,,\n"
        "REL,2024-01-01,-2,split,,\nREL,2024-01-01,0.5,,,\n,2024-01-01,0.5,split,,\n"
    )
    report = run(tmp_path, rows)
    assert report.rejected == 6
    assert report.reasons == {"SKIPPED_NO_FACTOR": 1, "UNKNOWN_SYMBOL": 1, "UNPARSABLE": 4}
    assert report.rejected_file is not None
    assert "no instrument had the symbol NOBODY on 2024-01-01" in report.rejected_file.read_text()


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"actions\.csv: there is no column 'price_factor'"):
        run(tmp_path, "REL,2024-01-01,split\n", head="symbol,ex_date,kind\n")
