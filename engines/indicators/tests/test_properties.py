"""What holds for every registered indicator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.indicators.registry import INDICATORS, OVERLAY, compute
from engines.indicators.tokens import IndicatorCall, indicator_call, parse_token

SMALL = {"n": 5, "fast": 3, "slow": 6, "signal": 3, "smooth": 2}
SCALE_FREE = {
    "roc", "rsi", "adx", "dmi", "plus_di", "minus_di", "chop", "stoch", "drawdown", "days_since_high", "mom_12_1",
    "mom_6_1", "vol_1y", "gap_pct", "rel_volume", "volume", "obv",
}  # fmt: skip
SCALES = {"macd", "macd_signal", "macd_full", "atr", "true_range", "stdev", "value"}


def call_of(name: str) -> IndicatorCall:
    params = {p.name: SMALL[p.name] for p in INDICATORS[name].params if p.name in SMALL}
    return indicator_call(name, params)


def bars_of(seed: int, size: int, gaps: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    close = np.round(300 * np.exp(np.cumsum(rng.normal(0, 0.02, size))) * 20) / 20
    open_ = np.round(close * (1 + rng.normal(0, 0.005, size)) * 20) / 20
    high = np.maximum(open_, close) + rng.integers(0, 60, size) / 20
    low = np.minimum(open_, close) - rng.integers(0, 60, size) / 20
    volume = rng.integers(0, 10_000, size).astype(float)
    bars = {"open": open_, "high": high, "low": low, "close": close, "volume": volume}
    for row in rng.integers(0, size, gaps):
        for column in bars.values():
            column[row] = np.nan
    return {**bars, "session": np.arange(size) // 25}


def outputs(name: str, bars: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    call = call_of(name)
    return compute(INDICATORS[name], call.numbers, bars)


@pytest.mark.parametrize("name", INDICATORS)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), gaps=st.integers(0, 3), cut=st.integers(1, 299))
def test_cutting_off_the_future_changes_nothing_before(name: str, seed: int, gaps: int, cut: int) -> None:
    bars = bars_of(seed, 300, gaps)
    whole = outputs(name, bars)
    known = outputs(name, {key: column[:cut] for key, column in bars.items()})
    for key, values in known.items():
        assert np.array_equal(values, whole[key][:cut], equal_nan=True)


@pytest.mark.parametrize("name", INDICATORS)
def test_changing_the_future_changes_nothing_before(name: str) -> None:
    bars = bars_of(11, 300)
    mutated = {key: column.copy() for key, column in bars.items()}
    for key in ("open", "high", "low", "close", "volume"):
        mutated[key][200:] *= 7.0
    for key, values in outputs(name, bars).items():
        assert np.array_equal(values[:200], outputs(name, mutated)[key][:200], equal_nan=True)


@pytest.mark.parametrize("name", INDICATORS)
def test_values_have_the_bars_length_and_are_never_infinite(name: str) -> None:
    for size in (0, 1, 3, 40):
        for values in outputs(name, bars_of(2, size)).values():
            assert values.shape == (size,)
            assert values.dtype == np.float64
            assert not np.isinf(values).any()


@pytest.mark.parametrize("name", INDICATORS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), power=st.integers(-4, 6))
def test_prices_in_another_unit(name: str, seed: int, power: int) -> None:
    """Scaling by a power of two is exact: percentages stay, prices scale."""
    bars, factor = bars_of(seed, 300), 2.0**power
    scaled = {
        key: column * factor if key in {"open", "high", "low", "close"} else column for key, column in bars.items()
    }
    before, after = outputs(name, bars), outputs(name, scaled)
    for key in before:
        free = name in SCALE_FREE or key == "direction"
        assert free or name in SCALES or INDICATORS[name].place == OVERLAY
        expected = before[key] * (1.0 if free else factor)
        assert np.allclose(after[key], expected, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("name", sorted({"rsi", "adx", "plus_di", "minus_di", "stoch"}))
def test_oscillators_stay_between_0_and_100(name: str) -> None:
    for seed in range(5):
        for values in outputs(name, bars_of(seed, 400)).values():
            finite = values[~np.isnan(values)]
            assert len(finite) > 300
            assert (finite >= 0.0).all()
            assert (finite <= 100.0).all()


@pytest.mark.parametrize("name", INDICATORS)
def test_the_registry_is_whole(name: str) -> None:
    entry, call = INDICATORS[name], call_of(name)
    assert entry.name == name
    assert entry.title
    assert set(entry.inputs) <= {"open", "high", "low", "close", "volume", "session"}
    assert entry.warm_up(call.numbers) >= 0
    assert parse_token(call.token) == call
    for param in entry.params:
        assert param.least <= param.default <= param.most
