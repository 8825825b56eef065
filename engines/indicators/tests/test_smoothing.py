import numpy as np
import pytest

from engines.indicators import smoothing, volume
from engines.indicators.own_bars import on_own_bars
from engines.indicators.windows import sma

CLOSES = [
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826,
    45.8931, 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439,
]  # fmt: skip
HIGH = [10.0, 11.0, 12.0, 11.5, 12.5]
LOW = [9.0, 9.8, 10.8, 10.4, 11.2]
CLOSE = [9.5, 10.8, 11.0, 11.2, 12.3]


def bars(size: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    close = 500 * np.exp(np.cumsum(rng.normal(0, 0.015, size)))
    high = close * (1 + rng.uniform(0, 0.01, size))
    low = close * (1 - rng.uniform(0, 0.01, size))
    return high, low, close


def test_wilder_rsi_of_the_classic_series() -> None:
    values = smoothing.rsi(CLOSES, 14)
    assert np.isnan(values[:14]).all()
    assert np.round(values[14:], 2).tolist() == [70.53, 66.32, 66.55, 69.41, 66.36, 57.97]


def test_rsi_at_its_edges() -> None:
    assert smoothing.rsi(np.arange(1.0, 20.0), 14)[-1] == 100.0
    assert smoothing.rsi(np.arange(20.0, 1.0, -1), 14)[-1] == 0.0
    assert smoothing.rsi(np.full(20, 7.0), 14)[-1] == 50.0


def test_atr_is_seeded_with_the_second_range_on() -> None:
    assert smoothing.true_range(HIGH, LOW, CLOSE) == pytest.approx([1.0, 1.5, 1.2, 1.1, 1.3])
    values = smoothing.atr(HIGH, LOW, CLOSE, 3)
    assert np.isnan(values[:3]).all()
    assert values[3:] == pytest.approx([1.2667, 1.2778], abs=5e-5)


def test_choppiness_by_hand() -> None:
    values = smoothing.choppiness(HIGH, LOW, CLOSE, 5)
    assert values[-1] == pytest.approx(34.52, abs=0.005)
    assert np.isnan(values[:-1]).all()
    assert np.isnan(smoothing.choppiness([5.0] * 6, [5.0] * 6, [5.0] * 6, 5)).all()


def test_ema_is_seeded_with_the_sma() -> None:
    x = np.array(CLOSES)
    values = smoothing.ema(x, 5)
    assert values[4] == pytest.approx(sma(x, 5)[4])
    assert values[5] == pytest.approx(values[4] + (x[5] - values[4]) / 3)


def test_recursive_indicators_begin_afresh_after_a_gap() -> None:
    high, low, close = bars(80)
    whole = smoothing.rsi(close[41:], 14)
    close[40] = np.nan
    assert np.array_equal(smoothing.rsi(close, 14)[41:], whole, equal_nan=True)
    assert np.array_equal(smoothing.ema(close, 9)[41:], smoothing.ema(close[41:], 9), equal_nan=True)
    assert np.array_equal(
        smoothing.atr(high, low, close, 5)[41:], smoothing.atr(high[41:], low[41:], close[41:], 5), equal_nan=True
    )


def test_missing_bars_can_be_skipped_instead() -> None:
    _, _, close = bars(60)
    holes = close.copy()
    holes[[10, 11, 30]] = np.nan
    (values,) = on_own_bars(lambda c: smoothing.rsi(c, 14), holes)
    present = ~np.isnan(holes)
    assert np.array_equal(values[present], smoothing.rsi(close[present], 14), equal_nan=True)
    assert np.isnan(values[~present]).all()


def test_columns_side_by_side_equal_columns_alone() -> None:
    stacked = [np.column_stack(pair) for pair in zip(bars(120, 1), bars(120, 2), strict=True)]
    stacked[2][50, 1] = np.nan
    for function in (smoothing.atr, smoothing.adx, smoothing.choppiness, smoothing.true_range):
        both = function(*stacked)
        for i in range(2):
            assert np.array_equal(both[:, i], function(*(column[:, i] for column in stacked)), equal_nan=True)
    line, way = smoothing.supertrend(*stacked)
    alone = smoothing.supertrend(*(column[:, 1] for column in stacked))
    assert np.array_equal(line[:, 1], alone[0], equal_nan=True)
    assert np.array_equal(way[:, 1], alone[1], equal_nan=True)
    assert np.array_equal(smoothing.rsi(stacked[2])[:, 0], smoothing.rsi(stacked[2][:, 0]), equal_nan=True)


def test_adx_begins_when_it_can_and_shows_a_trend() -> None:
    rising = np.arange(60.0)
    values, plus, minus = smoothing.directional_index(rising + 2, rising, rising + 1, 14)
    assert np.flatnonzero(~np.isnan(plus))[0] == 14
    assert np.flatnonzero(~np.isnan(values))[0] == 27
    assert values[-1] == pytest.approx(100.0)
    assert plus[-1] == pytest.approx(50.0)  # moves of 1 in ranges of 2
    assert minus[-1] == 0.0
    flat = np.full(40, 3.0)
    assert smoothing.adx(flat, flat, flat, 14)[-1] == 0.0


def test_supertrend_flips_with_the_close() -> None:
    close = np.r_[np.linspace(100, 130, 40), np.linspace(130, 90, 40)]
    line, way = smoothing.supertrend(close + 1, close - 1, close, 10, 3.0)
    started = ~np.isnan(way)
    assert np.flatnonzero(started)[0] == 10
    assert (line[started & (way > 0)] <= close[started & (way > 0)]).all()
    assert (line[started & (way < 0)] >= close[started & (way < 0)]).all()
    assert way[39] == 1.0
    assert way[-1] == -1.0
    rising = np.flatnonzero(way > 0)
    assert (np.diff(line[rising[0] : rising[-1] + 1]) >= 0).all()


def test_macd_parts_add_up() -> None:
    _, _, close = bars(120)
    line, signal, histogram = smoothing.macd(close)
    assert np.flatnonzero(~np.isnan(line))[0] == 25
    assert np.flatnonzero(~np.isnan(signal))[0] == 33
    assert np.allclose(histogram, line - signal, equal_nan=True)
    with pytest.raises(ValueError, match="shorter"):
        smoothing.macd(close, 26, 12)


def test_vwap_begins_anew_with_each_session() -> None:
    high, low, close = [12.0, 14.0, 11.0, 13.0], [8.0, 10.0, 9.0, 11.0], [10.0, 12.0, 10.0, 12.0]
    values = volume.vwap(high, low, close, [100.0, 300.0, 0.0, 50.0], [1, 1, 2, 2])
    assert values[:2].tolist() == [10.0, 11.5]
    assert np.isnan(values[2])
    assert values[3] == 12.0
    values = volume.vwap(high, low, close, [100.0, np.nan, 50.0, 50.0], [1, 1, 1, 1])
    assert values.tolist() == pytest.approx([10.0, 10.0, 10.0, 10.5])
    with pytest.raises(ValueError, match="session label"):
        volume.vwap(high, low, close, close, [1, 2])


def test_on_balance_volume_and_relative_volume() -> None:
    assert volume.obv([5.0, 6.0, 6.0, 4.0], [10.0, 20.0, 30.0, 40.0]).tolist() == [0.0, 20.0, 20.0, -20.0]
    assert volume.obv([5.0, np.nan, 6.0], [10.0, 20.0, 30.0])[[0, 2]].tolist() == [0.0, 30.0]
    assert volume.relative_volume([10.0, 20.0, 45.0], 2)[-1] == 3.0


def test_columns_must_agree_in_shape() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        smoothing.atr([1.0, 2.0], [1.0], [1.0, 2.0], 2)
    with pytest.raises(ValueError, match="shape"):
        smoothing.ema(np.zeros((2, 2, 2)), 2)


def test_values_agree_with_ta_lib() -> None:
    talib = pytest.importorskip("talib")
    high, low, close = bars(600)
    same = {"rtol": 1e-9, "equal_nan": True}
    assert np.allclose(smoothing.rsi(close, 14), talib.RSI(close, 14), **same)
    assert np.allclose(smoothing.ema(close, 20), talib.EMA(close, 20), **same)
    assert np.allclose(smoothing.atr(high, low, close, 14), talib.ATR(high, low, close, 14), **same)
    # TA-Lib seeds these another way; what is left of the seed fades.
    plus = smoothing.directional_index(high, low, close, 14)
    assert np.allclose(plus[0][400:], talib.ADX(high, low, close, 14)[400:], rtol=1e-6)
    assert np.allclose(plus[1][400:], talib.PLUS_DI(high, low, close, 14)[400:], rtol=1e-6)
    assert np.allclose(smoothing.macd(close)[0][400:], talib.MACD(close)[0][400:], rtol=1e-6, atol=1e-9)
