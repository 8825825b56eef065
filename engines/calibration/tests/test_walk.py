import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.calibration.scores import expected_calibration_error, quality
from engines.calibration.walk import HORIZON_S, WEEK_S, alarm, known_at, walk_forward, week_of

MONDAY_IST_S = 1_767_551_400  # 2026-01-05 00:00 IST


def signals(n=1200, seed=11, spacing_s=1800):
    """Scores that are ten points too sure of themselves, and what came of them."""
    rng = np.random.default_rng(seed)
    raw = rng.uniform(50, 95, n)
    label = (rng.random(n) < (raw - 15) / 100).astype(float)
    at = MONDAY_IST_S + np.arange(n, dtype=np.int64) * spacing_s
    return {"raw": raw, "label": label, "at_s": at, "resolved_s": at + rng.integers(60, HORIZON_S, n)}


def test_weeks_begin_on_monday_in_india():
    week = int(week_of(MONDAY_IST_S))
    assert week_of([MONDAY_IST_S - 1, MONDAY_IST_S, MONDAY_IST_S + WEEK_S - 1]).tolist() == [week - 1, week, week]


def test_quick_outcomes_of_late_signals_are_left_out():
    moment = 100_000
    at = np.array([moment - HORIZON_S, moment - HORIZON_S + 1, moment - 2 * HORIZON_S])
    resolved = np.array([moment - 10, moment - 10, moment])
    assert known_at(moment, at_s=at, resolved_s=resolved).tolist() == [True, False, False]


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 1199), st.integers(0, 2**32 - 1))
def test_the_future_changes_nothing_before_it(cut, seed):
    case = signals()
    moment = int(case["at_s"][cut])
    whole = walk_forward(**case)
    rng = np.random.default_rng(seed)
    later = case["resolved_s"] >= moment
    changed = {**case, "label": np.where(later, rng.permutation(case["label"]), case["label"])}
    changed["raw"] = np.where(case["at_s"] > moment, rng.permutation(case["raw"]), case["raw"])
    again = walk_forward(**changed)
    assert np.array_equal(whole.probability[: cut + 1], again.probability[: cut + 1])
    shorter = walk_forward(**{name: values[: cut + 1] for name, values in case.items()})
    assert np.array_equal(whole.probability[: cut + 1], shorter.probability)


def test_a_known_process_is_learned():
    case = signals(n=4000)
    walk = walk_forward(**case)
    assert walk.refits[0].calibrator.kind == "identity"
    assert walk.refits[-1].calibrator.kind == "isotonic"
    late = slice(2000, None)
    before = expected_calibration_error(case["raw"][late] / 100, case["label"][late])
    after = expected_calibration_error(walk.probability[late], case["label"][late])
    assert after < before / 2
    skill = quality(walk.probability[late], case["label"][late]).skill
    assert skill is not None
    assert skill > 0.0


def test_what_nothing_decided_is_judged_and_not_learned_from():
    case = signals(n=600)
    case["label"][:300] = np.nan
    walk = walk_forward(**case)
    assert not np.isnan(walk.probability).any()
    assert walk.refits[1].calibrator.n < 60


def test_signals_out_of_order_are_refused():
    case = signals(n=3)
    with pytest.raises(ValueError, match="order"):
        walk_forward(**{**case, "at_s": case["at_s"][::-1].copy()})


@pytest.mark.parametrize(
    ("said", "came", "raised"),
    [
        ([], [], False),
        ([60] * 80, [0] * 80, False),
        ([80] * 40, [1] * 30 + [0] * 10, False),
        ([80] * 40, [1, 0] * 20, True),
        ([74.5] * 40, [1, 0] * 20, True),  # published as 75
        ([74.49] * 40, [1, 0] * 20, False),
    ],
)
def test_the_alarm_looks_at_the_strong_ones(said, came, raised):
    found = alarm(said, came)
    assert (found.raised, found.cap) == (raised, 74 if raised else None)


def test_the_alarm_forgets_what_is_more_than_sixty_signals_ago():
    assert not alarm([80] * 100, [0] * 40 + [1] * 60).raised
