"""What two runs have in common, on accounts small enough to count by hand."""

from typing import Any

import numpy as np
import pytest

from backtest.services import alignment

DAYS = ["2022-01-03", "2022-01-04", "2022-01-05", "2022-01-06", "2022-01-07", "2022-01-10"]


def run(days: list[str], equity: list[float], trades: list[tuple[str, str, str]], **more: Any) -> dict[str, Any]:
    symbols, entries, leaves = zip(*trades, strict=True) if trades else ((), (), ())
    return {
        "equity_curve": {"date": days, "equity": equity},
        "trades": {"symbol": list(symbols), "entry_date": list(entries), "exit_date": list(leaves)},
        "open_positions": [],
        "monthly_returns": [],
        **more,
    }


ONE = run(DAYS[:5], [100, 110, 99, 99, 120], [("A", DAYS[0], DAYS[2]), ("B", DAYS[1], DAYS[3])])
OTHER = run(
    DAYS[1:], [50, 45, 45, 60, 66], [("A", DAYS[1], DAYS[2])], open_positions=[{"symbol": "B", "entry_date": DAYS[3]}]
)


def test_the_common_range_is_what_both_cover() -> None:
    assert tuple(map(str, alignment.common_range([ONE, OTHER]) or ())) == (DAYS[1], DAYS[4])
    assert alignment.common_range([run(DAYS[:3], [1, 1, 1], []), run(DAYS[3:], [1, 1, 1], [])]) is None


def test_figures_of_the_common_days_begin_there() -> None:
    first, last = alignment.common_range([ONE, OTHER]) or pytest.fail("they overlap")
    mine, theirs = (alignment.figures_between(one, first, last) for one in (ONE, OTHER))
    assert mine["total_return_pct"] == pytest.approx(100 * (120 / 110 - 1), abs=1e-4)
    assert mine["max_drawdown_pct"] == pytest.approx(-10, abs=1e-4)
    assert theirs["total_return_pct"] == pytest.approx(20, abs=1e-4)


def test_shares_held_at_the_same_time_are_counted_by_days() -> None:
    """Common days 4 to 7 January. One: A 4-5, B 4-6 (5 days). Other: A 4-5, B 6-7 (4). Both: A 4-5, B 6 (3)."""
    found = alignment.overlap(ONE, OTHER)
    assert found == {
        "trades": 2, "other_trades": 1, "same_entries": 0, "days": 5, "other_days": 4, "both_days": 3, "share_pct": 50.0
    }  # fmt: skip
    same = alignment.overlap(ONE, ONE)
    assert (same["same_entries"], same["share_pct"]) == (2, 100.0)


def test_runs_without_trades_or_common_days_have_no_share() -> None:
    idle = run(DAYS[:3], [1, 1, 1], [])
    assert alignment.overlap(idle, idle)["share_pct"] is None
    assert alignment.overlap(idle, run(DAYS[3:], [1, 1, 1], []))["share_pct"] is None


def test_correlation_is_of_daily_returns_on_common_days() -> None:
    days = [str(day) for day in np.arange("2022-01-01", "2022-03-01", dtype="datetime64[D]")]
    returns = np.sin(np.arange(len(days))) / 100
    curve = np.cumprod(1 + returns).tolist()
    mirrored = np.cumprod(1 - returns).tolist()
    assert alignment.correlation(run(days, curve, []), run(days[5:], curve[5:], [])) == 1.0
    assert alignment.correlation(run(days, curve, []), run(days, mirrored, [])) == -1.0
    assert alignment.correlation(run(days, curve, []), run(days, [1.0] * len(days), [])) is None
    assert alignment.correlation(ONE, OTHER) is None


def test_months_are_subtracted_only_where_both_have_them() -> None:
    rows = [{"year": 2022, "months": [1.0, None, *[2.0] * 10], "total": 20.0}]
    others = [
        {"year": 2022, "months": [3.5, 1.0, *[1.0] * 10], "total": 15.0},
        {"year": 2023, "months": [1.0] * 12, "total": 1.0},
    ]
    [row] = alignment.monthly_differences({"monthly_returns": rows}, {"monthly_returns": others})
    assert (row["year"], row["months"][:3], row["total"]) == (2022, [2.5, None, -1.0], -5.0)
