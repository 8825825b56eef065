import math

import numpy as np
import pytest

from engines.indicators import windows
from engines.indicators.arrays import lag


def walk(size: int, seed: int = 7) -> np.ndarray:
    """Prices on a 0.05 grid, as the exchange prints them."""
    rng = np.random.default_rng(seed)
    ticks = np.maximum(2000 + np.cumsum(rng.integers(-10, 11, size)), 100)
    return ticks / 20.0


def test_sma_is_the_exact_sum_rounded_once() -> None:
    x = np.random.default_rng(3).lognormal(5, 2, 3000)
    for n in (1, 2, 3, 20, 50, 200):
        expected = [math.fsum(x[t - n + 1 : t + 1]) / n for t in range(n - 1, len(x))]
        assert windows.sma(x, n)[n - 1 :].tolist() == expected
        assert np.isnan(windows.sma(x, n)[: n - 1]).all()


@pytest.mark.parametrize("n", [5, 20, 50, 200])
def test_ties_between_close_and_sma_are_decided_right(n: int) -> None:
    rng = np.random.default_rng(4)
    levels = np.repeat(rng.integers(200, 400_000, 150), 1000)
    x = (levels + rng.integers(-4, 5, len(levels))) / 20.0
    paise = np.rint(x * 100).astype(np.int64)
    total = np.cumsum(np.r_[0, paise])
    truth = np.sign(paise[n - 1 :] * n - (total[n:] - total[:-n]))
    assert (truth == 0).sum() > 100
    assert np.array_equal(np.sign(x - windows.sma(x, n))[n - 1 :], truth)


def test_a_window_does_not_remember_what_came_before() -> None:
    x = walk(500)
    for function in (windows.sma, windows.rolling_std, windows.wma, windows.rolling_max):
        assert np.array_equal(function(np.r_[1e12, -3.3e9, x], 20)[21 + 2 :], function(x, 20)[21:])


def test_standard_deviation_is_population_and_stable() -> None:
    x = walk(400)
    expected = [np.std(x[t - 19 : t + 1]) for t in range(19, 400)]
    assert np.allclose(windows.rolling_std(x, 20)[19:], expected, rtol=1e-12)
    far = 1e9 + np.random.default_rng(1).normal(0, 1e-3, 300)
    exact = [np.std(far[t - 9 : t + 1] - 1e9) for t in range(9, 300)]
    assert np.allclose(windows.rolling_std(far, 10)[9:], exact, rtol=1e-9)
    assert windows.rolling_std(np.full(50, 123.45), 20)[19:].tolist() == [0.0] * 31


def test_wma_weights_the_newest_most() -> None:
    assert windows.wma([1.0, 2.0, 6.0], 3)[-1] == pytest.approx((1 * 1 + 2 * 2 + 3 * 6) / 6)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 13, 64])
def test_extremes(n: int) -> None:
    x = walk(200)
    assert windows.rolling_max(x, n)[n - 1 :].tolist() == [x[t - n + 1 : t + 1].max() for t in range(n - 1, 200)]
    assert windows.rolling_min(x, n)[n - 1 :].tolist() == [x[t - n + 1 : t + 1].min() for t in range(n - 1, 200)]


def test_a_gap_empties_the_windows_that_contain_it() -> None:
    x = walk(60)
    x[30] = np.nan
    for function in (windows.sma, windows.rolling_std, windows.wma, windows.rolling_min):
        missing = np.flatnonzero(np.isnan(function(x, 5)))
        assert missing.tolist() == [0, 1, 2, 3, 30, 31, 32, 33, 34]


def test_short_series_have_no_value() -> None:
    for function in (windows.sma, windows.rolling_std, windows.wma, windows.rolling_max):
        assert np.isnan(function([1.0, 2.0], 3)).all()
        assert len(function([], 3)) == 0


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_a_window_is_a_whole_positive_number(n: object) -> None:
    with pytest.raises(ValueError, match="whole number"):
        windows.sma([1.0, 2.0], n)  # type: ignore[arg-type]


def test_rate_of_change_and_lag() -> None:
    assert windows.roc([100.0, 110.0, 99.0], 1)[1:].tolist() == pytest.approx([10.0, -10.0])
    assert np.isnan(windows.roc([0.0, 5.0], 1)).all()
    assert lag([1.0, 2.0, 3.0], 1)[1:].tolist() == [1.0, 2.0]
    assert np.isnan(lag([1.0, 2.0], 5)).all()
    with pytest.raises(ValueError, match="look ahead"):
        lag([1.0], -1)


def test_bollinger_and_donchian() -> None:
    x = walk(60)
    upper, middle, lower = windows.bollinger(x, 20, 2.0)
    assert np.allclose(upper - middle, 2 * windows.rolling_std(x, 20), equal_nan=True)
    assert np.allclose(middle - lower, upper - middle, equal_nan=True)
    top, mid, bottom = windows.donchian(x + 1, x - 1, 5)
    assert (top[-1], bottom[-1]) == (x[-5:].max() + 1, x[-5:].min() - 1)
    assert mid[-1] == (top[-1] + bottom[-1]) / 2


def test_stochastic_by_hand_and_without_range() -> None:
    high, low, close = [10.0, 12.0, 13.0], [8.0, 9.0, 10.0], [9.0, 11.0, 12.0]
    k, _ = windows.stochastic(high, low, close, n=3, smooth=1, signal=1)
    assert k[-1] == pytest.approx(100 * (12 - 8) / (13 - 8))
    flat = np.full(10, 5.0)
    assert windows.stochastic(flat, flat, flat, 3, 1, 1)[0][2:].tolist() == [50.0] * 8


def test_bars_since_high_and_drawdown() -> None:
    high = [10.0, 14.0, 14.0, 12.0, 11.0]
    assert windows.bars_since_high(high, 3)[2:].tolist() == [0.0, 1.0, 2.0]
    assert windows.drawdown(high, [9.0, 13.0, 13.0, 11.9, 10.5], 3)[-1] == pytest.approx(25.0)
