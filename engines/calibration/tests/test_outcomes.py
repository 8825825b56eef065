import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.calibration.outcomes import symmetric_outcome


def outcome(direction, bars, distance=10.0, start=100.0):
    high, low, close = (np.array(column, dtype=float) for column in zip(*bars, strict=True))
    return symmetric_outcome(direction=direction, start=start, distance=distance, high=high, low=low, close=close)


@pytest.mark.parametrize(
    ("direction", "bars", "label", "count"),
    [
        (1, [(105, 99, 104), (110, 103, 109)], 1, 2),
        (1, [(105, 99, 104), (104, 90, 92)], 0, 2),
        (-1, [(104, 90, 92)], 1, 1),
        (-1, [(110, 97, 104)], 0, 1),
        (1, [(110, 90, 100)], 0, 1),
        (-1, [(110, 90, 100)], 0, 1),
        (1, [(104, 99, 102.6)], 1, 1),
        (1, [(104, 99, 102.5)], None, 1),
        (1, [(101, 96, 97.4)], 0, 1),
        (1, [(101, 96, 97.5)], None, 1),
    ],
)
def test_which_barrier_came_first(direction, bars, label, count):
    found = outcome(direction, bars)
    assert (found.label, found.bars) == (label, count)


def test_a_signal_without_bars_says_nothing():
    empty = np.empty(0)
    found = symmetric_outcome(direction=1, start=100.0, distance=1.0, high=empty, low=empty, close=empty)
    assert found.label is None
    assert found.r_multiple == 0.0


@pytest.mark.parametrize(("direction", "distance"), [(0, 1.0), (1, 0.0), (1, float("nan"))])
def test_what_is_no_signal_is_refused(direction, distance):
    with pytest.raises(ValueError, match="direction"):
        outcome(direction, [(101, 99, 100)], distance=distance)


@given(st.lists(st.floats(-4, 4), min_size=1, max_size=60))
def test_the_mirror_of_a_path_has_the_mirrored_outcome(steps):
    path = np.cumsum(steps)
    high, low = path + 1.0, path - 1.0
    up = symmetric_outcome(direction=1, start=0.0, distance=8.0, high=high, low=low, close=path)
    down = symmetric_outcome(direction=-1, start=0.0, distance=8.0, high=-low, low=-high, close=-path)
    assert (up.label, up.bars, up.r_multiple) == (down.label, down.bars, down.r_multiple)


def test_a_coin_scores_one_half():
    rng = np.random.default_rng(5)
    labels = []
    for _ in range(3000):
        path = np.cumsum(rng.normal(0, 1.5, 60))
        found = symmetric_outcome(direction=1, start=0.0, distance=10.0, high=path, low=path, close=path)
        if found.label is not None:
            labels.append(found.label)
    assert abs(np.mean(labels) - 0.5) < 0.03
