"""A worked example of every pattern, and its mirror image."""

import pytest

from engines.patterns.catalogue import BY_KEY, BY_NUMBER, CANDLE, PATTERNS
from engines.patterns.scan import find
from engines.patterns.tests.made import Bar, first_row, keys, mirror, one, quiet, zigzag

#: Bars after a quiet stretch that ends at 100 with an ATR of 2, by the bullish or neutral pattern they complete.
CANDLES: dict[str, tuple[float, list[Bar]]] = {
    "doji": (0.1, [(100, 101, 99, 100.05)]),
    "hammer": (-0.3, [(100, 100.25, 97.5, 100.2)]),
    "bullish_engulfing": (-0.3, [(100, 100.3, 98.7, 99), (98.8, 100.5, 98.6, 100.3)]),
    "piercing_line": (-0.3, [(100, 100.2, 97.8, 98), (97.7, 99.5, 97.5, 99.3)]),
    "morning_star": (-0.3, [(100, 100.2, 97.8, 98), (97.5, 97.9, 97.2, 97.7), (97.8, 99.7, 97.6, 99.5)]),
    "three_white_soldiers": (
        0.1,
        [(100, 101.3, 99.8, 101.2), (100.6, 102, 100.4, 101.9), (101.4, 102.8, 101.3, 102.7)],
    ),
    "bullish_harami": (-0.3, [(100, 100.2, 97.8, 98), (98.5, 99.8, 98.2, 99.5)]),
    "inside_bar": (0.0, [(100, 102, 98, 100.5), (100, 101, 99, 100.3)]),
    "inside_bar_breakout_up": (0.0, [(100, 102, 98, 100.5), (100, 101, 99, 100.3), (100.5, 102.6, 100, 102.5)]),
    "nr7": (0.1, [(100, 100.2, 99.9, 100.1)]),
    "nr7_breakout_up": (0.1, [(100, 100.2, 99.9, 100.1), (100.1, 101.5, 99.95, 101)]),
    "bullish_marubozu": (0.1, [(100, 103.05, 99.95, 103)]),
}

#: Bars, and the row on which the close completes the shape.
CHARTS: dict[str, tuple[list[Bar], int]] = {
    # Turns at 100.0 (row 40), 108 (52), 100.3 (64): the neckline is the high of row 52, 108.5, first passed by row 79.
    "double_bottom": (zigzag((100, 40), (108, 12), (100.3, 12), (112, 20), start=120), 79),
    # Shoulders 100 and 100.5, head 95, the neckline from 106.5 to 106.8 and on to 107: first passed by row 96.
    "inverse_head_and_shoulders": (
        zigzag((100, 40), (106, 10), (95, 14), (106.3, 14), (100.5, 8), (112, 16), start=120), 96
    ),
    # Two tops at 110.5, lows of 99.5, 103.5 and 106.5: the first close above 110.5 is row 77.
    "ascending_triangle": (zigzag((100, 30), (110, 12), (104, 10), (110, 10), (107, 7), (114, 14), start=112), 77),
    # Tops of 112.5 (row 41) and 110 (row 60): their line falls to 108.03 at row 75, which closes at 108.5.
    "symmetric_triangle_up": (
        zigzag((100, 30), (112, 11), (102, 10), (109.5, 9), (104, 8), (113, 14), start=112), 75
    ),
    # A pole of 9 in 6 bars, a rest that gives back 2.5, and the first close above the pole's top of 109.5.
    "bull_flag": (zigzag((100, 60), (109, 6), (106.5, 5), (112, 6), start=100.5), 75),
}  # fmt: skip


@pytest.mark.parametrize("key", CANDLES)
def test_a_candlestick_pattern_and_its_mirror_image(key: str) -> None:
    drift, bars = CANDLES[key]
    whole = [*quiet(drift), *bars]
    last = len(whole) - 1
    pattern = BY_KEY[key]
    opposite = BY_NUMBER[pattern.code, -pattern.sign].key
    assert key in keys(find(one(whole)), last)
    assert opposite in keys(find(one(mirror(whole))), last)
    if pattern.sign:
        assert key not in keys(find(one(mirror(whole))), last)


@pytest.mark.parametrize("key", CHARTS)
def test_a_chart_pattern_and_its_mirror_image(key: str) -> None:
    bars, row = CHARTS[key]
    pattern = BY_KEY[key]
    opposite = BY_NUMBER[pattern.code, -pattern.sign].key
    assert first_row(bars, key) == row
    assert first_row(mirror(bars), opposite) == row


def waves(bars: int, size: float) -> list[Bar]:
    """Return bars that swing by ``size`` around 100."""
    prices = [100 + size * ((-1) ** i) for i in range(bars)]
    return [(100.0, max(100.0, p) + size / 2, min(100.0, p) - size / 2, p) for p in prices]


def test_a_year_breakout_needs_a_year() -> None:
    # Highs of 101.5; the first close above them counts, the next within 20 bars does not.
    higher = [(100, 103, 99.5, 102.5), (102, 105, 101, 104.5)]
    for bars, row in ((252, 252), (251, -1)):
        whole = [*waves(bars, 1.0), *higher[: 1 if bars == 251 else 2]]
        assert first_row(whole, "high_52_week_breakout") == row
        assert first_row(mirror(whole), "low_52_week_breakdown") == row
    assert keys(find(one([*waves(252, 1.0), *higher]))).count("high_52_week_breakout") == 1


def test_a_squeeze_is_the_narrowest_of_six_months() -> None:
    # Twenty bars that swing by 0.2 after 150 that swing by 1, then a close of 101 above the upper band.
    whole = [*waves(150, 1.0), *waves(20, 0.2), (100, 101.2, 99.8, 101.0)]
    assert first_row(whole, "squeeze_breakout_up") == 170
    assert first_row(mirror(whole), "squeeze_breakout_down") == 170


def test_a_double_bottom_is_void_below_its_lows() -> None:
    bars = zigzag((100, 40), (108, 12), (100.3, 12), (104, 8), (98, 8), (112, 28), start=120)
    assert first_row(bars, "double_bottom") == -1


def test_turns_too_near_or_too_far_make_no_double_bottom() -> None:
    assert first_row(zigzag((100, 40), (104, 5), (100, 4), (112, 20), start=120), "double_bottom") == -1
    assert first_row(zigzag((100, 40), (120, 31), (100, 31), (125, 30), start=120), "double_bottom") == -1


def test_a_flag_that_gives_back_more_than_half_is_none() -> None:
    assert first_row(zigzag((100, 60), (109, 6), (103, 6), (112, 6), start=100.5), "bull_flag") == -1


def test_a_circuit_day_takes_no_part() -> None:
    """A day stopped by the band is left out: the pattern of the bars around it is found as if it were not there."""
    drift, bars = CANDLES["bullish_engulfing"]
    stopped = (99.0 * 1.05, 99.0 * 1.05, 99.0 * 1.05, 99.0 * 1.05)
    whole = [*quiet(drift), bars[0], stopped, bars[1]]
    found = find(one(whole))
    assert "bullish_engulfing" in keys(found, len(whole) - 1)
    assert len(whole) - 2 not in found.row


def test_every_pattern_has_an_example_and_words() -> None:
    shown = {*CANDLES, *CHARTS, "high_52_week_breakout", "squeeze_breakout_up"}
    assert {pattern.key for pattern in PATTERNS if pattern.sign >= 0} == shown
    assert len({pattern.key for pattern in PATTERNS}) == len(PATTERNS)
    for pattern in PATTERNS:
        assert pattern.rule.endswith(".")
        assert "{" not in pattern.rule
        assert (pattern.bars > 0) == (pattern.kind == CANDLE)
