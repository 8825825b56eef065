"""Golden numbers and identities of Black-76."""

import math

import numpy as np
import pytest

from engines.options import black76
from engines.options.normal import normal_cdf

GOLDEN = {"forward": 25_050.0, "strike": 25_000.0, "years": 4 / 365, "volatility": 0.13, "rate": 0.055}


def test_golden_call() -> None:
    call = black76.greeks(**GOLDEN, is_call=True)
    assert float(call.price) == pytest.approx(162.229, abs=5e-4)
    assert float(call.delta) == pytest.approx(0.5607, abs=5e-5)
    assert float(call.gamma) == pytest.approx(0.00116, abs=5e-6)
    assert float(call.vega) == pytest.approx(10.333, abs=5e-4)
    assert float(call.theta) == pytest.approx(-16.766, abs=5e-4)


def test_golden_put() -> None:
    put = black76.greeks(**GOLDEN, is_call=False)
    assert float(put.price) == pytest.approx(112.259, abs=5e-4)
    assert float(put.delta) == pytest.approx(-0.4387, abs=5e-5)


def test_normal_cdf_matches_erfc() -> None:
    xs = np.linspace(-12, 12, 4_801)
    exact = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in xs])
    assert np.max(np.abs(normal_cdf(xs) - exact)) < 1e-13
    deep = np.linspace(-12, -8, 41)
    wanted = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in deep])
    assert np.allclose(normal_cdf(deep), wanted, rtol=1e-6)
    assert float(normal_cdf(-8.0)) == pytest.approx(6.22e-16, rel=1e-2)


def test_parity_and_bounds_over_a_grid() -> None:
    strike = np.linspace(15_000, 35_000, 81)[:, None]
    years = np.array([1 / 365, 7 / 365, 0.1, 0.5, 1.0])
    call = black76.price(25_000.0, strike, years, 0.16, True, 0.055)
    put = black76.price(25_000.0, strike, years, 0.16, False, 0.055)
    assert np.allclose(call - put, np.exp(-0.055 * years) * (25_000.0 - strike), atol=1e-8)
    discount = np.exp(-0.055 * years)
    assert np.all(call >= discount * np.maximum(25_000.0 - strike, 0.0) - 1e-9), "worth its intrinsic value at least"
    assert np.all(call <= discount * 25_000.0), "and never more than the forward"
    forward = black76.parity_forward(call, put, strike, years, 0.055)
    assert np.allclose(forward, 25_000.0)


def test_greeks_are_derivatives() -> None:
    base = black76.greeks(**GOLDEN, is_call=True)

    def at(**changed: float) -> float:
        return float(black76.price(**{**GOLDEN, **changed}, is_call=True))

    h = 0.05
    f = GOLDEN["forward"]
    assert float(base.delta) == pytest.approx((at(forward=f + h) - at(forward=f - h)) / (2 * h), rel=1e-6)
    curvature = (at(forward=f + 1) - 2 * at(forward=f) + at(forward=f - 1)) / 1.0
    assert float(base.gamma) == pytest.approx(curvature, rel=1e-4)
    vega = (at(volatility=0.1301) - at(volatility=0.1299)) / 0.0002 / 100
    assert float(base.vega) == pytest.approx(vega, rel=1e-5)
    day = 1 / 365
    decay = (at(years=GOLDEN["years"] - 1e-4 * day) - at(years=GOLDEN["years"] + 1e-4 * day)) / 2e-4
    assert float(base.theta) == pytest.approx(decay, rel=1e-4)


def test_implied_volatility_round_trip() -> None:
    volatility = np.array([0.05, 0.11, 0.13, 0.35, 1.2])[:, None]
    strike = np.array([23_500.0, 25_000.0, 26_000.0])
    is_call = np.array([False, True, True])
    premium = black76.price(25_050.0, strike, 30 / 365, volatility, is_call, 0.055)
    found, exists = black76.implied_volatility(premium, 25_050.0, strike, 30 / 365, is_call, 0.055)
    seen = premium > 0.01
    assert np.all(exists[seen])
    assert np.allclose(found[seen], np.broadcast_to(volatility, found.shape)[seen], atol=1e-6)


def test_implied_volatility_without_solution() -> None:
    found, exists = black76.implied_volatility(
        [0.0, 9_000.0, 24_999.0], 25_000.0, [26_000.0, 16_000.0, 25_000.0], 0.02, True
    )
    assert exists.tolist() == [False, False, False]
    assert found.tolist() == [0.01, 0.01, 3.0]


def test_expired_option_is_worth_its_intrinsic_value() -> None:
    value = black76.price(25_000.0, [24_900.0, 25_100.0], 0.0, 0.13, [True, True])
    assert value.tolist() == pytest.approx([100.0, 0.0])
    assert np.all(np.isfinite(black76.greeks(25_000.0, 25_000.0, 0.0, 0.0, True)))


def test_bad_input_names_the_argument() -> None:
    with pytest.raises(ValueError, match="strike must be positive"):
        black76.price(25_000.0, 0.0, 0.1, 0.13, True)
    with pytest.raises(ValueError, match="volatility must not be negative"):
        black76.price(25_000.0, 25_000.0, 0.1, -0.13, True)
