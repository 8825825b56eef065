"""No look-ahead on real prices: cutting or changing the future changes no score (MARKET_DATA_DIR)."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.iscore.score import score_universe
from engines.iscore.tests.support import day
from engines.iscore.tests.test_properties import TABLES, _after, results
from engines.iscore.types import Inputs
from engines.panel import PricePanel

ROOT = os.environ.get("MARKET_DATA_DIR", "")
pytestmark = pytest.mark.skipif(not ROOT, reason="MARKET_DATA_DIR is not set")


@pytest.fixture(scope="module")
def real() -> Inputs:
    table = pytest.importorskip("pyarrow.parquet").read_table(Path(ROOT) / "daily" / "nse_eq_daily_raw.parquet")
    symbols, column = np.unique(table["symbol"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    dates, row = np.unique(table["date"].to_numpy().astype("datetime64[D]"), return_inverse=True)
    fields = {}
    for name in ("open", "high", "low", "close", "volume"):
        fields[name] = np.full((len(dates), len(symbols)), 0.0 if name == "volume" else np.nan)
        fields[name][row, column] = table[name].to_numpy()
    ones = np.ones((len(dates), len(symbols)))
    sectors = tuple(f"Sector {at % 10}" for at in range(len(symbols)))
    panel = PricePanel(
        dates, tuple(symbols), sectors, **fields, factor=ones, member=ones.astype(bool), source="import", version="raw"
    )
    index = np.nanmean(fields["close"] / np.nanmax(fields["close"], axis=0), axis=1)
    return Inputs(panel, day(panel, -1), index=index)


@pytest.mark.parametrize("row", [900, 1600, 2300])
def test_the_future_changes_nothing(real: Inputs, row: int) -> None:
    here = replace(real, as_of=day(real.panel, row))
    found = results(score_universe(here))
    scored = [one["iscore"] for one in found if one["components"]["trend"]["coverage"] == 1.0]
    assert len(scored) > 150
    assert results(score_universe(replace(here, panel=_after(real.panel, row, 1)))) == found
    cut = {name: getattr(real.panel, name)[: row + 1] for name in ("dates", *TABLES)}
    assert real.index is not None
    short = replace(here, panel=replace(real.panel, **cut), index=real.index[: row + 1])
    assert results(score_universe(short)) == found
