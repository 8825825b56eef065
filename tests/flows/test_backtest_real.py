"""The printed example on imported prices: the NIFTY 100 since 2020."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_backtest_runs import AS_PRINTED, KEYS
from tests.flows.test_strategies import post

DATA = os.environ.get("MARKET_DATA_DIR", "")
pytestmark = [
    pytest.mark.skipif(not DATA, reason="MARKET_DATA_DIR is not set"),
    pytest.mark.django_db,
    pytest.mark.timeout(300),
]


@pytest.fixture
def real(db: None) -> None:
    from core import clock
    from market.services.candle_imports import import_candles
    from market.services.corporate_actions import import_corporate_actions
    from market.services.imports import CandleOptions
    from market.services.universes import import_constituents

    data, now = Path(DATA), clock.now()
    import_candles(path=data / "daily" / "nse_eq_daily_raw.parquet", options=CandleOptions(), now=now)
    import_corporate_actions(path=data / "daily" / "corporate_actions_inferred.csv", now=now)
    import_candles(path=data / "index_daily" / "index_daily.csv.gz", options=CandleOptions(), now=now)
    members = data / "constituents" / "2025-08-14" / "ind_nifty100list.csv"
    import_constituents(path=members, universe="nifty_100", as_of=date(2025, 8, 14), now=now)


def run(client: Any, **more: Any) -> dict[str, Any]:
    response = post(client, "/api/backtest/run", {**AS_PRINTED, "strategy_id": "v3_dip_buyer", **more})
    assert response.status_code == 201, response.content
    return response.json()


def test_the_example_and_every_template_on_real_prices(signed_in: Any, real: None) -> None:
    result = run(signed_in)
    assert set(result) >= KEYS
    assert result["data_source"] == "import"
    assert {"SURVIVORSHIP_BIASED", "INDEX_SUBSTITUTED", "ADJUSTED_PRICES", "STAMP_DUTY_ASSUMED"} <= set(result["flags"])
    assert result["summary"]["start_date"] == "2020-01-01"
    assert result["summary"]["benchmark"] == "equal-weighted universe"
    assert result["summary"]["total_trades"] > 100
    first = {(trade["symbol"], trade["entry_date"]) for trade in result["trades"]}
    assert len(first) == len(result["trades"])
    sectors = {trade["sector"] for trade in result["trades"]}
    assert len(sectors) > 5
    later = run(signed_in, start_date="2024-06-03")
    assert "INDEX_SUBSTITUTED" not in later["flags"]
    assert later["summary"]["benchmark"] == "NSE:NIFTY 50"
    early = run(signed_in, start_date="2010-01-01", end_date="2017-12-31")
    assert "START_BEFORE_DATA" in early["flags"]
    assert early["summary"]["start_date"] == "2016-08-16"
    for template in signed_in.get("/api/strategies?is_template=true&limit=100").json():
        found = run(signed_in, strategy_id=template["id"])
        assert found["equity_curve"][-1]["equity"] > 0
        needs_figures = template["template"] in {"quality_momentum"}
        assert ("FUNDAMENTALS_MISSING" in found["flags"]) == needs_figures


def test_the_honest_probe_of_a_real_run(signed_in: Any, real: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from backtest.models import Analysis
    from backtest.services.work import work_on

    monkeypatch.setattr("backtest.constants.BASELINES", 10)
    monkeypatch.setattr("backtest.constants.BOOTSTRAPS", 100)
    run(signed_in, strategy_id="v1_momentum")
    row = Analysis.objects.get()
    work_on("analysis", row.pk)
    row.refresh_from_db()
    assert row.status == "done", row.error
    assert row.result["look_ahead"]["passed"]
    assert row.result["warm_up"]["passed"]
