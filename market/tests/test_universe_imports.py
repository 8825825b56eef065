"""Dated lists of members."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidRequest, NotFound
from market.importers.tables import UnreadableFile
from market.models import CandleSeries, Instrument, InstrumentSymbol, Universe, UniverseSnapshot
from market.selectors.instruments import instrument_on
from market.selectors.universes import members_of, snapshots_between, universe_as_of
from market.services.imports import ImportReport
from market.services.universes import import_constituents

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
HEAD = "Company Name,Industry,Symbol,Series,ISIN Code\n"
ABB = "ABB India Ltd.,Capital Goods,ABB,EQ,INE117A01022\n"
TCS = "Tata Consultancy Services Ltd.,Information Technology,TCS,EQ,INE467B01029\n"
ITC = "ITC Ltd.,Fast Moving Consumer Goods,ITC,EQ,INE154A01025\n"
AUG, MAR = date(2025, 8, 14), date(2026, 3, 5)


@pytest.fixture(autouse=True)
def _state(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


def run(tmp_path: Path, text: str, as_of: date = AUG, universe: str = "nifty_100") -> ImportReport:
    path = tmp_path / "list.csv"
    path.write_text(text)
    report = import_constituents(path=path, universe=universe, as_of=as_of, now=NOW)
    assert report.read == report.accounted
    return report


def symbols(on: date) -> list[str]:
    return [member.instrument.symbol for member in members_of("nifty_100", on=on)]


def test_a_list_makes_universe_members_sectors_names_and_isins(tmp_path: Path) -> None:
    assert run(tmp_path, HEAD + ABB + TCS).added == 2
    abb = Instrument.objects.get(symbol="ABB")
    assert (abb.name, abb.sector, abb.isin) == ("ABB India Ltd.", "Capital Goods", "INE117A01022")
    assert Universe.objects.get().title == "NIFTY 100"
    assert symbols(AUG) == ["ABB", "TCS"]


def test_the_same_list_again_is_unchanged(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ABB + TCS)
    report = run(tmp_path, HEAD + ABB + TCS)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)


def test_a_list_of_the_same_date_replaces_the_former(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ABB + TCS)
    report = run(tmp_path, HEAD + ABB.replace("Capital Goods", "Machines") + ITC)
    assert (report.added, report.changed) == (1, 1)
    assert "1 members of the former list" in report.notes[-1]
    assert symbols(AUG) == ["ABB", "ITC"]
    assert members_of("nifty_100", on=AUG)[0].sector == "Machines"


def test_the_list_in_force_depends_on_the_day(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ABB + TCS)
    run(tmp_path, HEAD + ABB + ITC, as_of=MAR)
    assert symbols(date(2020, 1, 1)) == ["ABB", "TCS"]  # before the first list, the first
    assert symbols(date(2026, 3, 4)) == ["ABB", "TCS"]
    assert symbols(MAR) == ["ABB", "ITC"]
    snapshot, _ = universe_as_of("NIFTY_100", on=MAR)
    assert snapshot.as_of == MAR
    assert [one.as_of for one in snapshots_between("nifty_100", date(2025, 9, 1), MAR)] == [AUG, MAR]
    assert [one.as_of for one in snapshots_between("nifty_100", MAR, MAR)] == [MAR]
    assert [one.as_of for one in snapshots_between("nifty_100", date(2019, 1, 1), date(2020, 1, 1))] == [AUG]


def test_simulated_lists_count_only_where_there_is_no_other(tmp_path: Path) -> None:
    universe = Universe.objects.create(name="nifty_100")
    UniverseSnapshot.objects.create(universe=universe, as_of=date(2019, 1, 1), source="simulated")
    assert len(snapshots_between("nifty_100", date(2019, 1, 1), MAR)) == 1
    run(tmp_path, HEAD + ABB)
    assert [one.as_of for one in snapshots_between("nifty_100", date(2019, 1, 1), MAR)] == [AUG]


def test_a_new_symbol_with_a_known_isin_is_a_renaming(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ABB)
    report = run(tmp_path, HEAD + ABB.replace(",ABB,", ",ABBIND,"), as_of=MAR)
    instrument = Instrument.objects.get()
    assert instrument.symbol == "ABBIND"
    assert "ABB is called ABBIND from 2026-03-05 on (same ISIN)" in report.notes
    spans = InstrumentSymbol.objects.order_by("valid_from").values_list("symbol", "valid_from", "valid_to")
    assert set(spans) == {("ABB", None, date(2026, 3, 4)), ("ABBIND", MAR, None)}


def test_an_older_list_tells_a_former_symbol(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ABB)
    instrument = Instrument.objects.get()
    last = datetime(2026, 3, 30, tzinfo=UTC)
    CandleSeries.objects.create(instrument=instrument, interval="day", source="import", last_ts=int(last.timestamp()))
    for as_of in (MAR, date(2026, 3, 20), MAR):
        run(tmp_path, HEAD + ABB.replace(",ABB,", ",ASEA,"), as_of=as_of)
    instrument.refresh_from_db()
    assert instrument.symbol == "ABB"
    assert instrument_on("NSE", "ASEA", AUG) == instrument.id
    assert instrument_on("NSE", "ABB", date(2026, 3, 30)) == instrument.id
    assert Instrument.objects.count() == 1


def test_a_bare_list_of_symbols_keeps_what_is_known(tmp_path: Path) -> None:
    run(tmp_path, HEAD + ABB)
    run(tmp_path, "Symbol\nABB\nTCS\n", as_of=MAR)
    assert Instrument.objects.get(symbol="ABB").sector == "Capital Goods"
    assert symbols(MAR) == ["ABB", "TCS"]


def test_bad_rows_are_reported_and_bad_files_refused(tmp_path: Path) -> None:
    report = run(tmp_path, HEAD + ABB + ABB + "X,Y,,EQ,\n" + TCS.replace("INE467B01029", "nonsense"))
    assert (report.added, report.rejected) == (2, 2)
    assert Instrument.objects.get(symbol="TCS").isin == ""
    with pytest.raises(UnreadableFile, match=r"list\.csv: there is no column 'Symbol'; it has a, b"):
        run(tmp_path, "a,b\n1,2\n")
    with pytest.raises(InvalidRequest, match="no name of a universe"):
        run(tmp_path, HEAD + ABB, universe="../x")


def test_an_unknown_universe_is_not_found() -> None:
    with pytest.raises(NotFound, match="There is no universe nothing"):
        universe_as_of("nothing", on=MAR)
    assert list(members_of("nothing", on=MAR)) == []
