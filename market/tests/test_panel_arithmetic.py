"""The arithmetic of bars: factors, longer bars, alignment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.panel import (
    BarColumns,
    adjusted_volume,
    adjustment_factors,
    align,
    apply_factors,
    bucket_starts,
    membership,
    resample,
)

DAY_S = 86_400
OPEN = 13_500  # 09:15 in India on day 0, seconds UTC


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_factors_reach_back_from_the_day_before_the_ex_date() -> None:
    """Bonus 1:1 on day 10 and a demerger of 8 % on day 5: a price of day 4 is worth 0.92 × 0.5 of today's."""
    factors = adjustment_factors(ints(4, 5, 9, 10, 11), [10, 5], [0.5, 0.92])
    assert factors == pytest.approx([0.46, 0.5, 0.5, 1, 1])


def test_without_events_nothing_changes() -> None:
    assert adjustment_factors(ints(1, 2), [], []).tolist() == [1, 1]


def test_volumes_are_divided_and_unknown_ones_stay_unknown() -> None:
    assert adjusted_volume(ints(1000, -1, 3), np.array([0.5, 0.5, 0.3])).tolist() == [2000, -1, 10]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0.1, 2)), max_size=6),
    st.lists(st.integers(0, 60), min_size=1, max_size=20),
)
def test_factors_equal_the_plain_definition(events: list[tuple[int, float]], days: list[int]) -> None:
    got = adjustment_factors(ints(*days), [day for day, _ in events], [factor for _, factor in events])
    for day, factor in zip(days, got, strict=True):
        assert factor == pytest.approx(np.prod([value for ex, value in events if ex > day]))


def test_sixty_minute_bars_are_counted_from_the_sessions_open() -> None:
    ts = OPEN + 60 * np.arange(375)
    starts = bucket_starts(ts, minutes=60, opens_at={0: OPEN})
    assert np.unique(starts).tolist() == [OPEN + 3600 * n for n in range(7)]


def test_bars_before_the_open_belong_to_none() -> None:
    ts = ints(OPEN - 600, OPEN, OPEN + 60)
    assert bucket_starts(ts, minutes=5, opens_at={0: OPEN}).tolist() == [-1, OPEN, OPEN]
    assert bucket_starts(ts, minutes=5, opens_at={}).tolist() == [OPEN - 600, OPEN - 300 - 300 + 600, OPEN]


def test_longer_bars_join_their_parts() -> None:
    ts = OPEN + ints(0, 60, 120, 300, 360)
    high = np.array([11.0, 15, 12, 9, 8])
    low = np.array([9.0, 10, 7, 6, 5])
    made = resample(
        ts,
        (np.array([10.0, 11, 12, 8, 7]), high, low, np.array([11.0, 12, 8, 7, 6])),
        ints(5, 6, 7, 8, -1),
        ints(1, 2, 3, 4, 5),
        bucket_starts(ts, minutes=5, opens_at={0: OPEN}),
    )
    assert made.ts.tolist() == [OPEN, OPEN + 300]
    assert (made.open.tolist(), made.high.tolist(), made.low.tolist()) == ([10, 8], [15, 9], [7, 5])
    assert (made.close.tolist(), made.volume.tolist(), made.oi.tolist()) == ([8, 6], [18, -1], [3, 5])


def test_day_bars_from_minutes_carry_the_trade_date() -> None:
    ts = ints(OPEN, OPEN + 60, OPEN + DAY_S)
    one = np.ones(3)
    made = resample(ts, (one, one, one, one), ints(1, 2, 3), None, bucket_starts(ts, minutes=None, opens_at={}))
    assert (made.ts.tolist(), made.volume.tolist()) == ([0, DAY_S], [3, 3])


def test_nothing_resampled_is_nothing() -> None:
    none, real = ints(), np.empty(0)
    assert len(resample(none, (real, real, real, real), none, None, none).ts) == 0


def test_alignment_leaves_holes_open() -> None:
    bars = BarColumns(
        ints(0, 0, 1), ints(0, DAY_S, DAY_S), *(np.array([1.0, 2, 3]) for _ in range(4)), ints(10, -1, 30)
    )
    dates, fields = align(bars, 2)
    assert dates.astype(str).tolist() == ["1970-01-01", "1970-01-02"]
    assert np.array_equal(fields["close"], [[1, np.nan], [2, 3]], equal_nan=True)
    assert fields["volume"].tolist() == [[10, 0], [0, 30]]


def test_factors_apply_to_prices_and_inversely_to_volumes() -> None:
    fields = {name: np.array([[10.0]]) for name in ("open", "high", "low", "close", "volume")}
    adjusted = apply_factors(fields, np.array([[0.5]]))
    assert (adjusted["close"][0, 0], adjusted["volume"][0, 0]) == (5, 20)
    assert apply_factors(fields, np.array([[1.0]])) is fields


def test_membership_changes_on_the_day_of_a_list() -> None:
    dates = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], "datetime64[D]")
    lists = [(np.datetime64("2024-01-02"), frozenset("AB")), (np.datetime64("2024-01-03"), frozenset("BC"))]
    assert membership(dates, ["A", "B", "C"], lists).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, True, True],
    ]
