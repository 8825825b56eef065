"""The real files, where they are at hand (MARKET_DATA_DIR)."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import versions
from market.adapters.base import Bars
from market.importers.tables import UnreadableFile
from market.models import CandleSeries, Instrument
from market.selectors.instruments import find_instrument
from market.services import panels
from market.services.candle_imports import import_candles
from market.services.candles import midnight_utc, read_bars
from market.services.corporate_actions import import_corporate_actions
from market.services.imports import CandleOptions, ImportReport
from market.services.instruments_import import import_instruments
from market.services.universes import import_constituents

DATA = Path(os.environ.get("MARKET_DATA_DIR", "/nonexistent"))
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not (DATA / "daily").is_dir(), reason="MARKET_DATA_DIR is not set"),
]
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _state(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path


def load(name: str, **options: Any) -> ImportReport:
    report = import_candles(path=DATA / name, options=CandleOptions(**options), now=NOW)
    assert report.read == report.accounted
    return report


def test_the_daily_file_its_bad_rows_its_history_and_its_adjustments() -> None:
    """One long story, because the big file is worth importing only once."""
    first = load("daily/nse_eq_daily_raw.parquet")
    assert (first.read, first.added, first.rejected) == (750_112, 750_112, 0)
    again = load("daily/nse_eq_daily_raw.parquet")
    assert (again.unchanged, again.added, again.conflict) == (750_112, 0, 0)

    bad = load("daily/bad_rows_removed_sample.csv.gz")
    assert bad.rejected == bad.read == 2_709
    assert bad.reasons == {"HOLIDAY_COPY": 2_646, "WRONG_DATE": 63}
    assert any("exactly their rows of 2019-06-27" in sample for sample in bad.samples)

    history = load("daily/nifty50_long_history_2000_2021_raw.parquet")
    assert (history.added, history.unchanged, history.conflict, history.rejected) == (167_074, 52_173, 27, 0)
    assert find_instrument("NSE:UTIBANK") == find_instrument("NSE:AXISBANK")

    cash = load("daily/raw_layout/sec_bhavdata_full_03Mar2025.csv.gz")
    assert (cash.unchanged, cash.conflict, cash.reasons) == (400, 0, {"UNKNOWN_SERIES": 814})

    import_corporate_actions(path=DATA / "daily/corporate_actions_inferred.csv", now=NOW)
    _reliance_is_adjusted_across_its_bonus_and_demerger()
    _the_vendor_agrees_with_our_factors()
    _the_panel_of_the_nifty_100()


def _bars(symbol: str, start: date, end: date, *, adjusted: bool, source: str = "import") -> Bars:
    instrument = find_instrument(symbol)
    assert instrument is not None
    read = read_bars(instrument, "day", start, end, adjusted=adjusted, source=source)
    assert read is not None
    assert read.source == source
    return read.bars


def _reliance_is_adjusted_across_its_bonus_and_demerger() -> None:
    raw = _bars("NSE:RELIANCE", date(2023, 7, 19), date(2024, 10, 28), adjusted=False)
    ours = _bars("NSE:RELIANCE", date(2023, 7, 19), date(2024, 10, 28), adjusted=True)
    ratio = ours.close / raw.close
    assert raw.close[[0, 1]].tolist() == [2841.85, 2619.85]
    assert ratio[0] == pytest.approx(0.5 * 0.915429, abs=1e-5)  # before demerger and bonus
    assert ratio[1] == pytest.approx(0.5)  # from the demerger on, before the bonus
    assert ratio[-1] == 1
    assert np.abs(np.diff(np.log(ours.close))).max() < 0.1
    assert np.abs(np.diff(np.log(raw.close))).max() > 0.6


def _the_vendor_agrees_with_our_factors() -> None:
    """Raw × our factors follows Yahoo's own adjusted series."""
    vendor = load("daily/nifty100_yahoo_adjusted.parquet", basis="adjusted", source="yahoo")
    assert (vendor.added, vendor.reasons) == (135_749, {"HOLIDAY_COPY": 88})  # 2026-01-15, no trade at all
    span = {"start": date(2023, 7, 20), "end": date(2026, 3, 30)}
    ours, theirs = (_bars("NSE:RELIANCE", **span, adjusted=True, source=source) for source in ("import", "yahoo"))
    common, at, other = np.intersect1d(ours.ts, theirs.ts, return_indices=True)
    assert len(common) > 600
    assert np.median(np.abs(ours.close[at] / theirs.close[other] - 1)) < 1e-3


def _the_panel_of_the_nifty_100() -> None:
    import_constituents(
        path=DATA / "constituents/2025-08-14/ind_nifty100list.csv",
        universe="nifty_100",
        as_of=date(2025, 8, 14),
        now=NOW,
    )
    panels.forget()
    versions.expire()
    found = panels.panel("nifty_100", date(2020, 1, 1), date(2026, 3, 31))
    assert found.source == "import"
    assert found.shape == (1547, 100)
    at = found.symbols.index("NSE:RELIANCE")
    bars = _bars("NSE:RELIANCE", date(2020, 1, 1), date(2026, 3, 31), adjusted=True)
    rows = np.searchsorted(found.dates, bars.ts.astype("datetime64[s]").astype("datetime64[D]"))
    assert np.allclose(found.close[rows, at], bars.close)
    assert np.nanmax(np.abs(np.diff(np.log(found.close[:, at])))) < 0.2


def test_the_bad_rows_alone() -> None:
    report = load("daily/bad_rows_removed_sample.csv.gz")
    assert report.rejected == report.read == 2_709
    assert report.reasons == {"UNLISTED_DAY": 2_610, "HOLIDAY_COPY": 36, "WRONG_DATE": 63}
    assert not Instrument.objects.exists()


@pytest.mark.parametrize(
    ("name", "interval", "added", "reasons"),
    [
        ("index_daily/index_daily.csv.gz", "day", 2_980, {"OPEN_OR_CLOSE_OUTSIDE_RANGE": 9}),
        ("intraday/index_1min_2024.parquet", "minute", 88_504, {}),
        ("intraday/nifty_1min_2009.parquet", "minute", 60_134, {}),
        ("intraday/nifty_5min_2024_2025.parquet", "5minute", 14_100, {}),
        ("intraday/banknifty_15min_2018_2023.parquet", "15minute", 26_951, {"OPEN_OR_CLOSE_OUTSIDE_RANGE": 574}),
        ("intraday/atm_rolling_options_5min_2026.parquet", "5minute", 14_700, {}),
        ("intraday/layout_samples_50_rows/cash_NIFTY50.csv", "minute", 50, {}),
        ("intraday/layout_samples_50_rows/cash_SENSEX.csv", "minute", 50, {}),
    ],
)
def test_indices_and_intraday_files(name: str, interval: str, added: int, reasons: dict[str, int]) -> None:
    report = load(name, interval=interval)
    assert (report.added, report.reasons) == (added, reasons)
    assert set(Instrument.objects.values_list("segment", flat=True)) == {"INDEX"}
    assert load(name, interval=interval).unchanged == added


def test_the_derivatives_bhavcopy_and_the_list_of_the_same_day() -> None:
    report = load("fno/raw_layout/BhavCopy_NSE_FO_2026-02-27.csv.gz")
    assert (report.added, report.reasons) == (13_265, {"NO_TRADE": 23_930, "ZERO_PRICE": 1})
    future = CandleSeries.objects.get(instrument__symbol="NIFTY26MARFUT")
    assert future.instrument.key == "NFO:NIFTY26MARFUT"
    assert future.first_ts == midnight_utc(date(2026, 2, 27))
    listed = import_instruments(
        path=DATA / "kite/instruments_real_rows_2026-10-02.csv", as_of=date(2026, 10, 2), now=NOW
    )
    assert (listed.read, listed.rejected) == (20, 0)


@pytest.mark.parametrize(
    "name",
    [
        "intraday/layout_samples_50_rows/market_depth_level2_NIFTY_level2.csv",
        "intraday/layout_samples_50_rows/market_depth_tick_data_NIFTY_tick.csv",
        "uploads/damaged/empty.csv",
        "uploads/damaged/utf16.csv",
        "uploads/damaged/header_only.csv",
        "uploads/damaged/not_a_workbook.xlsx",
    ],
)
def test_files_that_hold_no_bars_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnreadableFile, match=Path(name).name.replace(".", r"\.")):
        load(name)
