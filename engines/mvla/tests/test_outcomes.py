"""A signal's end, by rule."""

from dataclasses import replace

import numpy as np
import pytest

from engines.mvla.outcomes import Course, Plan, course, r_multiple

PLAN = Plan(entry=120.0, sl=105.0, target=145.0, at_s=30.0, deadline_s=2_700.0, expiry_s=1e9)


def follow(
    bars: list[tuple[float, float, float, float]], now_s: float = 1e6, plan: Plan = PLAN, first: int = 60
) -> Course:
    """Bars of (open, high, low, close), one a minute from ``first`` on."""
    columns = np.array(bars, dtype=float).reshape(-1, 4).T
    ts = first + 60 * np.arange(columns.shape[1])
    names = ("open", "high", "low", "close")
    return course(plan, ts=ts, **dict(zip(names, columns, strict=True)), now_s=now_s)


def test_target_and_stop() -> None:
    won = follow([(120, 130, 118, 125), (125, 146, 124, 140)])
    assert (won.outcome, won.price, won.at_s) == ("TARGET", 145.0, 180.0)
    assert (won.mfe, won.mae) == (25.0, -2.0)
    lost = follow([(120, 130, 118, 125), (125, 126, 104, 110)])
    assert (lost.outcome, lost.price) == ("SL", 105.0)
    assert (lost.mfe, lost.mae) == (10.0, -15.0)
    assert r_multiple(PLAN, 145.0) == pytest.approx(5 / 3)
    assert r_multiple(PLAN, 105.0) == -1.0


def test_a_touch_is_enough() -> None:
    assert follow([(120, 145, 119, 130)]).outcome == "TARGET"
    assert follow([(120, 144.95, 119, 130)], now_s=130.0).outcome == "OPEN"
    assert follow([(120, 121, 105, 110)]).outcome == "SL"
    assert follow([(120, 121, 105.05, 110)], now_s=130.0).outcome == "OPEN"


def test_both_in_one_bar_is_the_stop() -> None:
    assert follow([(120, 150, 100, 140)]).outcome == "SL"


def test_a_gap_through_the_stop_is_sold_at_the_open() -> None:
    found = follow([(90, 100, 85, 95)])
    assert (found.outcome, found.price, found.mae) == ("SL", 90.0, -30.0)


def test_the_minute_of_the_trigger_does_not_count() -> None:
    found = follow([(120, 150, 100, 121), (121, 122, 119, 120)], now_s=150.0, first=0)
    assert found.outcome == "OPEN"
    assert (found.mfe, found.mae) == (2.0, -1.0)


def test_a_bar_that_is_not_complete_does_not_count() -> None:
    assert follow([(120, 150, 119, 149)], now_s=119.0).outcome == "OPEN"
    assert follow([(120, 150, 119, 149)], now_s=120.0).outcome == "TARGET"


def test_time_exit_at_the_last_close_before_the_deadline() -> None:
    flat = [(120.0, 121.0, 119.0, 120.0 + minute / 100) for minute in range(60)]
    found = follow(flat)
    assert found.outcome == "TIME_EXIT"
    assert found.at_s == 2_700.0
    assert found.price == pytest.approx(120.0 + 43 / 100)  # the bar from 2640 to 2700
    later = [*flat[:44], (120.0, 200.0, 119.0, 190.0)]
    assert follow(later).outcome == "TIME_EXIT"


def test_expiry_before_the_deadline() -> None:
    found = follow([(120, 121, 119, 118)] * 60, plan=replace(PLAN, expiry_s=600.0))
    assert (found.outcome, found.at_s, found.price) == ("EXPIRED", 600.0, 118.0)


def test_no_bars_at_all() -> None:
    assert follow([], now_s=100.0) == Course("OPEN", None, 30.0, 0.0, 0.0)
    assert follow([]) == Course("TIME_EXIT", None, 2_700.0, 0.0, 0.0)


def test_later_bars_change_nothing() -> None:
    rng = np.random.default_rng(3)
    base = 120 + np.cumsum(rng.normal(0, 2, 40))
    bars = [(p, p + 3, p - 3, p + 1) for p in base]
    for now_s in range(120, 2_400, 180):
        known = [bar for at, bar in enumerate(bars) if 60 + 60 * at + 60 <= now_s]
        assert follow(bars, now_s=float(now_s)) == follow(known, now_s=float(now_s))
