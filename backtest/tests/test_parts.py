"""Parts of the package that need no database."""

import threading
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from backtest.lifecycle import ACTIVE, TABLE, Happening, State, after, before
from backtest.services import gate
from backtest.services.csv_export import safe
from backtest.services.engine import _carried
from backtest.services.studies import values_of
from backtest.services.walk_forward import months_after, windows
from core.errors import RateLimited, ValidationFailed


def test_what_is_over_stays_over() -> None:
    over = set(State) - ACTIVE
    assert not [state for state, _ in TABLE if state in over]
    with pytest.raises(KeyError):
        after("done", Happening.CLAIMED)
    assert set(before(Happening.CANCELLED)) == {"queued", "running"}


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ([1, 2.5], [1.0, 2.5]),
        ({"from": 1, "to": 2, "step": 0.5}, [1.0, 1.5, 2.0]),
        ({"from": 0.1, "to": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"from": 3, "to": 3, "step": 1}, [3.0]),
    ],
)
def test_values_of_a_parameter(spec: Any, values: list[float]) -> None:
    assert values_of("n", spec) == values


@pytest.mark.parametrize("spec", [[], ["x"], [True], 5, None, {"from": 1, "to": 2}, {"from": 0, "to": 9e9, "step": 1}])
def test_values_that_are_none(spec: Any) -> None:
    with pytest.raises(ValidationFailed):
        values_of("n", spec)


def test_windows_follow_each_other_without_gap_or_overlap() -> None:
    found = windows(date(2020, 1, 31), date(2022, 3, 10), train_months=12, test_months=5)
    assert found[0]["train_from"] == date(2020, 1, 31)
    assert found[-1]["test_to"] == date(2022, 3, 10)
    for one in found:
        assert (one["test_from"] - one["train_to"]).days == 1
    for one, following in pairwise(found):
        assert (following["test_from"] - one["test_to"]).days == 1


def test_months_after() -> None:
    assert months_after(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_after(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert months_after(date(2024, 5, 15), 12) == date(2025, 5, 15)


@pytest.mark.parametrize(
    ("cell", "shown"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("-5", "'-5"), (-5.0, -5.0), ("NSE:M&M", "NSE:M&M")]
)
def test_cells_no_spreadsheet_calculates(cell: Any, shown: Any) -> None:
    assert safe(cell) == shown


def test_a_gap_in_the_index_takes_the_value_before() -> None:
    nan = np.nan
    assert _carried(np.array([nan, 1.0, nan, 3.0])).tolist() == [1.0, 1.0, 1.0, 3.0]
    assert _carried(np.array([nan, nan])).tolist() == [1.0, 1.0]


def test_only_so_many_compute_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = [0], [0], threading.Lock()

    def work() -> None:
        with gate.place():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            threading.Event().wait(0.01)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert 1 <= most[0] <= gate.AT_ONCE
    assert gate._quiet.is_set()


def test_who_waits_too_long_is_told_to_come_again() -> None:
    held = [gate.place() for _ in range(gate.AT_ONCE)]
    [one.__enter__() for one in held]
    try:
        assert not gate._quiet.is_set()
        with pytest.raises(RateLimited), gate.place(wait_s=0.01):
            pass
    finally:
        [one.__exit__(None, None, None) for one in held]
