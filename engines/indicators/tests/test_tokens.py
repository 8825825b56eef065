import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.indicators.derived import gap_pct, momentum_12_1, volatility_1y
from engines.indicators.registry import INDICATORS, compute
from engines.indicators.tokens import InvalidIndicator, indicator_call, parse_token
from engines.indicators.windows import rolling_max, sma


@pytest.mark.parametrize(
    ("token", "name", "numbers"),
    [
        ("sma20", "sma", {"n": 20}),
        ("EMA50", "ema", {"n": 50}),
        ("rsi", "rsi", {"n": 14}),
        ("rsi2", "rsi", {"n": 2}),
        ("bb20", "bb", {"n": 20, "width": 2}),
        ("bb20_2.5", "bb", {"n": 20, "width": 2.5}),
        ("bb_upper20", "bb_upper", {"n": 20, "width": 2}),
        ("supertrend10_3", "supertrend", {"n": 10, "multiplier": 3}),
        ("macd", "macd", {"fast": 12, "slow": 26, "signal": 9}),
        ("macd_signal", "macd_signal", {"fast": 12, "slow": 26, "signal": 9}),
        ("mom_12_1", "mom_12_1", {}),
        ("vol_1y", "vol_1y", {}),
        (" close ", "close", {}),
    ],
)
def test_tokens(token: str, name: str, numbers: dict[str, float]) -> None:
    call = parse_token(token)
    assert (call.name, call.numbers) == (name, numbers)
    assert parse_token(call.token) == call


def test_canonical_tokens_spell_all_numbers() -> None:
    assert [parse_token(t).token for t in ("bb20", "macd", "rsi", "obv")] == ["bb20_2", "macd12_26_9", "rsi14", "obv"]


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("smaa20", "did you mean sma"),
        ("zzz", "unknown indicator 'zzz'; known: open"),
        ("sma1", "n must lie between 2 and 400, was 1"),
        ("sma401", "between 2 and 400"),
        ("sma20.5", "whole number"),
        ("sma20_3", "has 2 numbers, sma takes n"),
        ("obv5", "takes no numbers"),
        ("macd26_12", "fast .26. must be less than slow .12."),
        ("sma-5", "unknown indicator"),
        ("sma20_", "unknown indicator"),
        ("sma٢٠", "unknown indicator"),
        ("", "1 to 40 characters"),
        ("s" * 41, "1 to 40 characters"),
    ],
)
def test_bad_tokens_are_explained(token: str, why: str) -> None:
    with pytest.raises(InvalidIndicator, match=why):
        parse_token(token)


def test_named_calls_are_checked_the_same_way() -> None:
    assert indicator_call("sma", {"n": 20}) == parse_token("sma20")
    for params, why in [
        ({"m": 3}, "no parameter 'm'"),
        ({"n": True}, "must be a number"),
        ({"n": float("nan")}, "lie"),
    ]:
        with pytest.raises(InvalidIndicator, match=why):
            indicator_call("sma", params)
    with pytest.raises(InvalidIndicator, match="was int"):
        parse_token(20)  # type: ignore[arg-type]


@given(st.text(max_size=45))
def test_any_text_is_a_call_or_refused(text: str) -> None:
    try:
        call = parse_token(text)
    except InvalidIndicator:
        return
    assert call.name in INDICATORS


def test_computing_by_name_and_on_another_column() -> None:
    bars = {"close": np.arange(30.0) + 1, "high": np.arange(30.0) + 2}
    assert np.array_equal(compute(INDICATORS["sma"], {"n": 5}, bars)["value"], sma(bars["close"], 5), equal_nan=True)
    on_high = compute(INDICATORS["highest"], {"n": 5}, bars, on="close")["value"]
    assert np.array_equal(on_high, rolling_max(bars["close"], 5), equal_nan=True)
    assert list(compute(INDICATORS["bb"], {"n": 5.0, "width": 2.0}, bars)) == ["upper", "middle", "lower"]
    with pytest.raises(ValueError, match="needs the column 'low'"):
        compute(INDICATORS["atr"], {"n": 5}, bars)
    with pytest.raises(ValueError, match="cannot be computed on 'high' alone"):
        compute(INDICATORS["atr"], {"n": 5}, bars, on="high")


def test_fixed_horizons() -> None:
    close = 100 * 1.001 ** np.arange(300)
    assert momentum_12_1(close)[252] == pytest.approx(100 * (1.001**231 - 1))
    assert np.isnan(momentum_12_1(close)[251])
    assert volatility_1y(close)[-1] == pytest.approx(0.0, abs=1e-6)
    assert gap_pct([10.0, 11.0], [10.0, 10.5])[1] == pytest.approx(10.0)
