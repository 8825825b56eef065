import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.calibration.outcomes import Result, barrier_result, symmetric_outcome


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


def position(bars, direction=1, reward=5 / 3):
    """Follow a position from 100 with its stop 10 away; bars are (open, high, low, close)."""
    columns = np.array(bars, dtype=float).reshape(-1, 4).T
    return barrier_result(
        direction=direction, start=100.0, distance=10.0, reward=reward,
        open=columns[0], high=columns[1], low=columns[2], close=columns[3],
    )  # fmt: skip


def test_stop_target_and_time():
    target = position([(101, 105, 99, 104), (104, 117, 103, 116)])
    assert (target.how, target.bars, target.price) == ("TARGET", 2, pytest.approx(100 + 50 / 3))
    assert target.r_multiple == pytest.approx(5 / 3)
    assert position([(100, 101, 90, 95), (95, 130, 95, 130)]) == Result("SL", 1, 90.0, -1.0)
    assert position([(100, 120, 89, 110)]).how == "SL"  # both in one bar
    gap = position([(100, 101, 99, 100), (86, 88, 85, 87)])
    assert (gap.how, gap.price, gap.r_multiple) == ("SL", 86.0, pytest.approx(-1.4))
    late = position([(100, 104, 97, 103), (103, 106, 102, 105)])
    assert (late.how, late.bars, late.r_multiple) == ("TIME_EXIT", 2, pytest.approx(0.5))
    assert position([]) == Result(None, 0, 100.0, 0.0)


def test_a_short_position_is_the_mirror():
    bars = [(101, 105, 99, 104), (104, 109, 96, 97), (112, 113, 111, 112)]
    mirrored = [(200 - o, 200 - low, 200 - high, 200 - c) for o, high, low, c in bars]
    for cut in (1, 2, 3):
        long, short = position(bars[:cut]), position(mirrored[:cut], direction=-1)
        assert (short.how, short.bars, short.r_multiple) == (long.how, long.bars, pytest.approx(long.r_multiple))


@pytest.mark.parametrize("change", [{"direction": 0}, {"reward": 0.0}])
def test_a_position_needs_a_side_and_a_target(change):
    with pytest.raises(ValueError, match="direction"):
        position([(100, 101, 99, 100)], **change)
