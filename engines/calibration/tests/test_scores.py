import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.calibration.scores import brier, expected_calibration_error, quality, reliability
from engines.metrics.proportions import wilson

CASES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=80)


def test_the_golden_brier_score():
    assert brier([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 1]) == pytest.approx(0.175)


def test_the_golden_lower_bound():
    share = wilson(30, 40)
    assert share is not None
    assert round(share.lower, 3) == 0.598


def test_bounds_need_a_case_and_wins_among_them():
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="3 wins"):
        wilson(3, 2)


def test_equal_probabilities_stay_together():
    said = np.array([0.5] * 30 + [0.7] * 5 + [0.9] * 5)
    table = reliability(said, np.ones(40))
    assert [(row.said, row.n) for row in table] == [(0.5, 30), (pytest.approx(0.7), 5), (pytest.approx(0.9), 5)]


def test_the_error_of_a_forecaster_who_is_ten_points_too_sure():
    said = np.repeat([0.6, 0.8], 50)
    came = np.concatenate([np.repeat([1, 0], 25), np.repeat([1, 0], [35, 15])])
    assert expected_calibration_error(said, came) == pytest.approx(0.1)


def test_the_base_rate_alone_has_no_skill():
    came = np.array([1, 0, 0, 1, 0] * 20)
    found = quality(np.full(100, 0.4), came)
    assert found.skill == pytest.approx(0.0)
    assert found.base_rate == pytest.approx(0.4)
    assert found.ece == pytest.approx(0.0)


def test_one_kind_of_outcome_leaves_the_skill_open():
    assert quality([0.7, 0.8], [1, 1]).skill is None


def test_nothing_can_be_judged_without_cases():
    with pytest.raises(ValueError, match="at least one"):
        quality([], [])


@given(CASES)
def test_the_table_holds_every_case_once_in_any_order(cases):
    said, came = map(np.array, zip(*cases, strict=True))
    table = reliability(said, came)
    assert sum(row.n for row in table) == len(cases)
    assert all(0.0 <= row.lower <= row.observed <= row.upper <= 1.0 for row in table)
    shuffled = np.random.default_rng(1).permutation(len(cases))
    assert [row.n for row in reliability(said[shuffled], came[shuffled])] == [row.n for row in table]
