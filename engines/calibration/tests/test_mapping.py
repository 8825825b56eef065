import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.calibration.mapping import Calibrator, fit, isotonic, platt

GOLDEN_X = np.array([52, 55, 58, 61, 66, 70, 74, 78, 83, 90], dtype=float)
GOLDEN_Y = np.array([0, 1, 0, 1, 0, 1, 1, 0, 1, 1], dtype=float)


def sample(n, seed=3):
    rng = np.random.default_rng(seed)
    raw = rng.uniform(50, 95, n)
    return raw, (rng.random(n) < raw / 100).astype(float)


def test_the_golden_steps():
    xs, ys = isotonic(GOLDEN_X, GOLDEN_Y)
    said = np.interp([50, 56, 60, 65, 72, 80, 95], xs, ys)
    assert said == pytest.approx([0, 0.5, 0.5, 0.5, 2 / 3, 0.8, 1])


@given(st.lists(st.tuples(st.integers(50, 100), st.integers(0, 1)), min_size=2, max_size=40))
def test_the_steps_are_those_of_the_minimax_formula(cases):
    """Robertson, Wright & Dykstra (1988): greatest over the beginnings of the least mean to any end."""
    scores, outcomes = (np.array(column, dtype=float) for column in zip(*sorted(cases), strict=True))
    xs, ys = isotonic(scores, outcomes)
    for x, y in zip(xs, ys, strict=True):
        means = [
            min(outcomes[(scores >= first) & (scores <= last)].mean() for last in xs[xs >= x]) for first in xs[xs <= x]
        ]
        assert y == pytest.approx(max(means))


def test_the_curve_is_where_the_likelihood_of_the_smoothed_targets_is_flat_and_highest():
    raw, came = sample(120)
    slope, offset = platt(raw, came)
    wins = came.sum()
    target = np.where(came == 1, (wins + 1) / (wins + 2), 1 / (len(came) - wins + 2))

    def likelihood(a, b):
        said = 1 / (1 + np.exp(a * raw + b))
        return float(np.sum(target * np.log(said) + (1 - target) * np.log(1 - said)))

    said = 1 / (1 + np.exp(slope * raw + offset))
    assert np.sum(target - said) == pytest.approx(0, abs=1e-6)
    assert np.sum((target - said) * raw) == pytest.approx(0, abs=1e-4)
    best = likelihood(slope, offset)
    for a, b in ((0.001, 0), (-0.001, 0), (0, 0.05), (0, -0.05)):
        assert likelihood(slope + a, offset + b) < best


@pytest.mark.parametrize(
    ("n", "kind"), [(0, "identity"), (49, "identity"), (50, "platt"), (199, "platt"), (200, "isotonic")]
)
def test_how_much_is_fitted_depends_on_how_much_is_known(n, kind):
    raw, came = sample(n)
    found = fit(raw, came)
    assert (found.kind, found.n, found.calibrated) == (kind, n, kind != "identity")


def test_outcomes_of_one_kind_calibrate_nothing():
    assert not fit(np.linspace(50, 90, 300), np.ones(300)).calibrated


def test_nothing_is_published_above_74_without_a_record():
    bare = Calibrator()
    assert [bare.confidence(raw) for raw in (50.0, 68.5, 73.4, 74.5, 99.0)] == [50, 69, 73, 74, 74]


def test_probabilities_stay_off_certainty():
    sure = fit(np.linspace(50, 100, 400), (np.arange(400) >= 200).astype(float))
    assert sure.probability(50.0) == 0.02
    assert sure.probability(100.0) == 0.98
    assert sure.confidence(100.0) == 98
    assert sure.confidence(100.0, cap=74) == 74


@given(st.integers(50, 400), st.integers(0, 2**32 - 1))
def test_a_higher_score_never_has_a_lower_probability_once_steps_are_fitted(n, seed):
    raw, came = sample(n, seed)
    found = fit(raw, came)
    said = [found.probability(score) for score in np.linspace(50, 100, 51)]
    assert all(0.02 <= p <= 0.98 for p in said)
    if found.kind == "isotonic":
        assert said == sorted(said)


def test_a_malformed_sample_is_refused():
    with pytest.raises(ValueError, match="as many"):
        fit([50.0, 60.0], [1.0])
