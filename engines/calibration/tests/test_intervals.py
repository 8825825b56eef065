import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.calibration.intervals import brier_skill, grouped, mean
from engines.calibration.scores import quality


def test_the_mean_of_independent_cases_has_the_textbook_interval():
    values = np.random.default_rng(3).normal(0.2, 1.0, 900)
    found = mean(values, np.arange(900), seed=1)
    half = 1.96 * values.std(ddof=1) / 30.0
    assert found.value == pytest.approx(values.mean())
    assert found.lower == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.upper == pytest.approx(values.mean() + half, abs=0.1 * half)
    assert found.groups == 900


def test_cases_of_one_day_do_not_count_as_many():
    days = np.random.default_rng(4).normal(0.0, 1.0, 60)
    alone = mean(days, np.arange(60), seed=1)
    repeated = mean(np.repeat(days, 10), np.repeat(np.arange(60), 10), seed=1)
    assert repeated.lower == pytest.approx(alone.lower)
    assert repeated.upper == pytest.approx(alone.upper)
    assert mean(np.repeat(days, 10), np.arange(600), seed=1).upper < repeated.upper - 0.1


def test_skill_is_that_of_the_scores():
    rng = np.random.default_rng(5)
    said = rng.uniform(0.3, 0.7, 300)
    came = (rng.random(300) < said).astype(float)
    found = brier_skill(said, came, np.arange(300) // 3, seed=1)
    assert found.value == pytest.approx(quality(said, came).skill)
    assert found.lower < found.value < found.upper
    perfect = brier_skill(came, came, np.arange(300), seed=1)
    assert perfect.value == perfect.lower == perfect.upper == 1.0


def test_little_says_little():
    assert mean([], [], seed=1) is None
    one_day = mean([1.0, 2.0], [7, 7], seed=1)
    assert (one_day.value, one_day.lower, one_day.groups) == (1.5, None, 1)
    same = brier_skill([0.5, 0.5], [1, 1], [1, 2], seed=1)
    assert np.isnan(same.value)
    assert same.lower is None


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=40), st.integers(0, 2**31))
def test_same_seed_same_interval_within_the_extremes(values, seed):
    days = np.arange(len(values)) // 2
    found = mean(values, days, seed=seed)
    assert found == mean(values, days, seed=seed)
    if found.lower is not None:
        assert min(values) - 1e-9 <= found.lower <= found.upper <= max(values) + 1e-9


def test_draws_without_a_value_are_left_out():
    found = grouped([[1.0], [0.0]], [0, 1], lambda sums: np.where(sums[:, 0] > 0, sums[:, 0], np.nan), seed=2)
    assert found.value == 1.0
    assert found.lower == 1.0
    assert found.upper == 2.0
