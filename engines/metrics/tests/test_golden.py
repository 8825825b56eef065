"""The golden series, measured against empyrical, quantstats and pyxirr."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.metrics.curve import curve_figures, drawdown_pct, drawdowns, monthly_table, returns_of
from engines.metrics.honesty import (
    bootstrap_intervals,
    deflated_sharpe,
    expected_best_sharpe,
    is_short_sample,
    percentile_of,
    probabilistic_sharpe,
)
from engines.metrics.money_weighted import brent, time_weighted_return, xirr
from engines.metrics.risk_free import RISK_FREE, daily_rate, daily_risk_free, risk_free_pct
from engines.metrics.trades import exposure, trade_figures, turnover

R = np.array([0.01, -0.02, 0.015, 0, -0.005, 0.02, -0.01, 0.012, 0.003, -0.007])
B = np.array([0.008, -0.015, 0.01, 0.001, -0.004, 0.015, -0.012, 0.01, 0.002, -0.005])


def curve(returns: np.ndarray, capital: float = 1e6) -> np.ndarray:
    return capital * np.concatenate(([1.0], np.cumprod(1.0 + returns)))


def test_golden_series() -> None:
    found = curve_figures(curve(R), risk_free=daily_rate(5.5), benchmark=curve(B))
    expected = {
        "total_return": 0.0174255,
        "sharpe": 2.006578,
        "sortino": 3.275138,
        "volatility": 0.199371,
        "max_drawdown": -0.02,
        "cagr_sessions": 0.545491,
        "calmar": 27.2745,
        "beta": 1.244966,
        "alpha": 0.165254,
    }
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, abs=6e-5 if name == "calmar" else 6e-7), name
    free = curve_figures(curve(R))
    assert (free.sharpe, free.sortino) == (pytest.approx(2.275155, abs=6e-7), pytest.approx(3.771524, abs=6e-7))
    assert daily_rate(5.5) == pytest.approx(0.00021249, abs=5e-9)


def test_risk_free_by_day_equals_one_number_when_constant() -> None:
    one = curve_figures(curve(R), risk_free=daily_rate(5.5), benchmark=curve(B))
    many = curve_figures(curve(R), risk_free=np.full(11, daily_rate(5.5)), benchmark=curve(B))
    assert one == many


def test_calendar_cagr() -> None:
    dates = np.array(["2024-01-01", "2024-07-01", "2026-01-01"], "datetime64[D]")
    found = curve_figures(np.array([100.0, 90.0, 121.0]), dates=dates)
    assert found.cagr_calendar == pytest.approx(1.21 ** (365.25 / 731) - 1)
    assert found.max_drawdown == pytest.approx(-0.1)


def test_figures_that_do_not_exist_are_none() -> None:
    flat = curve_figures(np.full(5, 7.0), benchmark=np.full(5, 3.0))
    assert (flat.sharpe, flat.sortino, flat.calmar, flat.beta, flat.alpha) == (None,) * 5
    assert (flat.total_return, flat.max_drawdown, flat.volatility) == (0.0, 0.0, 0.0)
    assert curve_figures(np.array([5.0])).cagr_sessions is None


def test_drawdowns_deepest_first() -> None:
    values = np.array([100.0, 90.0, 95.0, 101.0, 80.0, 70.0, 102.0, 100.0])
    found = drawdowns(values)
    assert [(d.peak, d.trough, d.end) for d in found] == [(3, 5, 6), (0, 1, 3), (6, 7, None)]
    assert found[0].depth_pct == pytest.approx(-100 * 31 / 101)
    assert drawdown_pct(values)[5] == pytest.approx(-100 * 31 / 101)
    assert drawdowns(np.array([1.0, 2.0, 3.0])) == []


def test_monthly_table() -> None:
    dates = np.array(["2024-11-29", "2024-12-02", "2024-12-31", "2025-02-03", "2025-02-28"], "datetime64[D]")
    table = monthly_table(np.array([100.0, 105.0, 110.0, 99.0, 121.0]), dates)
    assert table.year.tolist() == [2024, 2025]
    assert table.months[0, 10:].tolist() == pytest.approx([0.0, 10.0])
    assert table.months[1, 1] == pytest.approx(10.0)
    assert np.isnan(table.months[1, 0])
    assert table.years.tolist() == pytest.approx([10.0, 10.0])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-0.09, 0.1), min_size=1, max_size=500))
def test_months_and_years_chain_to_the_total(returns: list[float]) -> None:
    values = curve(np.array(returns))
    dates = np.datetime64("2023-11-27") + np.arange(len(values))
    table = monthly_table(values, dates)
    total = values[-1] / values[0]
    assert np.nanprod(1 + table.months / 100) == pytest.approx(total)
    assert np.nanprod(1 + table.years / 100) == pytest.approx(total)
    assert curve_figures(values).max_drawdown * 100 == pytest.approx(drawdown_pct(values).min())


def test_trades() -> None:
    pnl = np.array([1000.0, 1100.0, -600.0, -650.0, -700.0, -800.0])
    found = trade_figures(pnl, np.array([500.0, np.nan, 600.0, 650.0, 700.0, 800.0]))
    assert found.win_rate == pytest.approx(1 / 3)
    assert found.profit_factor == pytest.approx(2100 / 2750)
    assert round(found.profit_factor, 2) == 0.76
    assert found.expectancy == pytest.approx(-650 / 6)
    assert found.expectancy_r == pytest.approx((2 - 4) / 5)
    assert (found.average_win, found.average_loss) == (1050, -687.5)
    assert trade_figures(np.array([5.0])).profit_factor is None
    assert trade_figures(np.empty(0)).win_rate == 0.0


def test_use_of_the_account() -> None:
    equity, cash = np.array([100.0, 100.0, 120.0]), np.array([100.0, 50.0, 30.0])
    assert exposure(equity, cash) == pytest.approx((0 + 0.5 + 0.75) / 3)
    assert turnover(50.0, 20.0, np.full(253, 100.0)) == pytest.approx(0.2)


def test_xirr_of_the_spreadsheet_sample() -> None:
    flows = [
        (date(2008, 1, 1), -10_000.0),
        (date(2008, 3, 1), 2_750.0),
        (date(2008, 10, 30), 4_250.0),
        (date(2009, 2, 15), 3_250.0),
        (date(2009, 4, 1), 2_750.0),
    ]
    assert xirr(flows) == pytest.approx(0.373362534, abs=5e-10)
    assert xirr(list(reversed(flows))) == pytest.approx(0.373362534, abs=5e-10)
    assert xirr([(date(2024, 1, 1), 100.0), (date(2025, 1, 1), 50.0)]) is None
    assert xirr([]) is None
    assert xirr([(date(2024, 1, 1), -100.0), (date(2024, 1, 1), 150.0)]) is None
    assert xirr([(date(2023, 1, 1), -100.0), (date(2024, 1, 1), 110.0)]) == pytest.approx(0.10)


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.99, 50.0))
def test_brent_finds_roots(root: float) -> None:
    assert brent(lambda x: (x - root) * (1 + (x - root) ** 2), -0.9999, 100.0) == pytest.approx(root, abs=1e-9)


def test_time_weighted_return_ignores_deposits() -> None:
    values, flows = np.array([100.0, 210.0, 231.0]), np.array([0.0, 100.0, 0.0])
    assert time_weighted_return(values, flows) == pytest.approx(1.1 * 1.1 - 1)
    assert time_weighted_return(np.array([0.0, 1.0]), np.zeros(2)) is None


def test_risk_free_rates_are_dated() -> None:
    assert [risk_free_pct(date(*day)) for day in ((2024, 6, 30), (2024, 7, 1), (2025, 8, 31), (2026, 2, 4))] == [
        5.5,
        6.78,
        5.40,
        5.34,
    ]
    assert risk_free_pct(date(2030, 1, 1)) == 5.5
    days = np.arange("2024-01-01", "2026-12-01", dtype="datetime64[D]")
    expected = [daily_rate(risk_free_pct(day)) for day in days.astype(object)]
    assert daily_risk_free(days).tolist() == expected
    for earlier, later in pairwise(RISK_FREE):
        assert (later.valid_from - earlier.valid_to).days == 1


def test_deflated_sharpe_of_the_paper() -> None:
    # Bailey & Lopez de Prado (2014), numerical example: T = 1250, SR 2.5 a year of 250, skew -3, kurtosis 10,
    # 100 tries with variance 1/2 a year: SR0 = 0.1132 a day, DSR = 0.9004.
    best = expected_best_sharpe(100, 0.5 / 250)
    assert best == pytest.approx(0.1132, abs=5e-5)
    published = probabilistic_sharpe(2.5 / 250**0.5, threshold=best, returns=1_250, skew=-3.0, kurtosis=10.0)
    assert published == pytest.approx(0.9004, abs=5e-4)
    rng = np.random.default_rng(3)
    returns = rng.normal(0.001, 0.01, 1_250)
    one, many = (deflated_sharpe(returns, tries=tries) for tries in (1, 1_000))
    assert one > 0.97
    assert many < one
    assert deflated_sharpe(np.zeros(100), tries=5) is None


def test_bootstrap_is_seeded_and_covers_the_sample() -> None:
    returns = np.random.default_rng(1).normal(0.0006, 0.01, 750)
    first, again, other = (bootstrap_intervals(returns, seed=seed, samples=300) for seed in (7, 7, 8))
    assert first == again != other
    low, middle, high = first.cagr
    sample = curve_figures(curve(returns))
    assert low < middle < high
    assert low < sample.cagr_sessions < high
    assert first.max_drawdown[0] < sample.max_drawdown < 0 > first.max_drawdown[2]
    assert bootstrap_intervals(returns[:19], seed=1) is None


def test_short_samples_and_percentiles() -> None:
    assert is_short_sample(calendar_days=1095, trades=100)
    assert is_short_sample(calendar_days=2000, trades=29)
    assert not is_short_sample(calendar_days=1096, trades=30)
    assert percentile_of(2.0, np.array([1.0, 2.0, 3.0, 4.0])) == 37.5


def test_returns_are_those_of_the_curve() -> None:
    assert returns_of(curve(R)) == pytest.approx(R)
