"""Broker lists of instruments: terms, dated tokens, reuse of tokens."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from market.importers.tables import UnreadableFile
from market.models import BrokerAlias, Instrument
from market.services.imports import ImportReport
from market.services.instruments_import import import_instruments

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
HEAD = (
    "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,lot_size,"
    "instrument_type,segment,exchange\n"
)
TCS = "2953217,11536,TCS,TATA CONSULTANCY,0,,0,0.05,1,EQ,NSE,NSE\n"
INDEX = "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE\n"
CALL = "14596098,57016,NIFTY26MAR25000CE,NIFTY,0,2026-03-30,25000,0.05,65,CE,NFO-OPT,NFO\n"
FUTURE = "12468226,48704,NIFTY26OCTFUT,NIFTY,0,2026-10-27,0,0.1,65,FUT,NFO-FUT,NFO\n"


@pytest.fixture(autouse=True)
def _state(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path / "state"


def run(tmp_path: Path, rows: str, as_of: date = date(2026, 2, 27)) -> ImportReport:
    path = tmp_path / "instruments.csv"
    path.write_text(HEAD + rows)
    report = import_instruments(path=path, as_of=as_of, now=NOW)
    assert report.read == report.accounted
    return report


def aliases(symbol: str) -> list[tuple[int | None, str, str | None]]:
    rows = BrokerAlias.objects.filter(instrument__symbol=symbol).order_by("valid_from")
    return [(row.token, str(row.valid_from), row.valid_to and str(row.valid_to)) for row in rows]


def test_instruments_with_their_terms_and_tokens(tmp_path: Path) -> None:
    report = run(tmp_path, TCS + INDEX + CALL + FUTURE)
    assert (report.added, report.rejected) == (4, 0)
    call = Instrument.objects.get(symbol="NIFTY26MAR25000CE")
    assert (call.key, call.segment, call.instrument_type, call.underlying) == (
        "NFO:NIFTY26MAR25000CE", "OPT", "CE", "NIFTY",
    )  # fmt: skip
    assert (call.expiry, call.strike, call.lot_size) == (date(2026, 3, 30), Decimal(25000), 65)
    index = Instrument.objects.get(symbol="NIFTY 50")
    assert (index.segment, index.lot_size, index.tick_size) == ("INDEX", 1, Decimal("0.05"))
    assert aliases("TCS") == [(2953217, "2026-02-27", None)]


def test_the_same_list_again_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path, TCS + CALL)
    report = run(tmp_path, TCS + CALL, as_of=date(2026, 3, 2))
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert BrokerAlias.objects.count() == 2


def test_a_token_that_passes_to_another_contract_ends_for_the_former(tmp_path: Path) -> None:
    run(tmp_path, CALL)
    reused = CALL.replace("NIFTY26MAR25000CE", "NIFTY26APR25000CE").replace("2026-03-30", "2026-04-28")
    report = run(tmp_path, reused, as_of=date(2026, 4, 1))
    assert report.added == 1
    assert "1 tokens passed to another instrument" in report.notes[0]
    assert aliases("NIFTY26MAR25000CE") == [(14596098, "2026-02-27", "2026-03-31")]
    assert aliases("NIFTY26APR25000CE") == [(14596098, "2026-04-01", None)]


def test_a_new_token_of_an_instrument_ends_its_former_one(tmp_path: Path) -> None:
    run(tmp_path, TCS)
    run(tmp_path, TCS.replace("2953217", "99999"), as_of=date(2026, 4, 1))
    assert aliases("TCS") == [(2953217, "2026-02-27", "2026-03-31"), (99999, "2026-04-01", None)]


def test_an_older_list_fills_in_the_time_before(tmp_path: Path) -> None:
    run(tmp_path, TCS + CALL, as_of=date(2026, 4, 1))
    other = CALL.replace("NIFTY26MAR25000CE", "NIFTY26JAN25000CE").replace("2026-03-30", "2026-01-27")
    run(tmp_path, TCS + other, as_of=date(2026, 1, 5))
    assert aliases("TCS") == [(2953217, "2026-01-05", None)]
    assert aliases("NIFTY26JAN25000CE") == [(14596098, "2026-01-05", "2026-03-31")]
    assert aliases("NIFTY26MAR25000CE") == [(14596098, "2026-04-01", None)]


def test_known_instruments_get_the_lists_terms_but_keep_their_name(tmp_path: Path) -> None:
    Instrument.objects.create(
        exchange="NSE", symbol="TCS", name="Tata Consultancy Services Ltd.", segment="EQ", instrument_type="EQ"
    )
    report = run(tmp_path, TCS.replace("0.05", "0.1"))
    tcs = Instrument.objects.get(symbol="TCS")
    assert report.changed == 1
    assert (tcs.name, tcs.tick_size) == ("Tata Consultancy Services Ltd.", Decimal("0.1"))


def test_rows_that_cannot_be_used_are_reported(tmp_path: Path) -> None:
    rows = (
        TCS
        + TCS
        + TCS.replace("NSE,NSE", "CDS,CDS")
        + TCS.replace("2953217", "x")
        + CALL.replace(",25000,", ",0,")
        + FUTURE.replace("2026-10-27", "soon")
        + TCS.replace(",EQ,", ",BOND,")
    )
    report = run(tmp_path, rows)
    assert (report.added, report.rejected) == (1, 6)
    assert report.reasons == {"UNPARSABLE": 4, "DUPLICATE_ROW": 1, "UNKNOWN_EXCHANGE": 1}


def test_another_kind_of_list_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mf.csv"
    path.write_text("tradingsymbol,amc\nINF1,X\n")
    with pytest.raises(
        UnreadableFile, match=r"mf\.csv: there is no column 'instrument_token'; it has tradingsymbol, amc"
    ):
        import_instruments(path=path, as_of=date(2026, 1, 1), now=NOW)
