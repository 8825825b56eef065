"""The numbers of the rule book."""

from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from engines.calibration.mapping import Calibrator
from engines.exchange.derivatives import atm_strike
from engines.mvla import confidence, levels
from engines.mvla.modes import BREAKOUT, REVERSAL
from engines.mvla.tests.markets import DAY, P
from engines.mvla.trades import round_trip
from engines.mvla.votes import Vote, combine
from engines.options import black76


@pytest.mark.parametrize(("d", "s", "raw"), [(0.3, 0.0, 50.0), (0.5, 0.5, 69.1), (0.7, 0.6, 79.2), (0.9, 0.8, 91.6)])
def test_raw_score(d: float, s: float, raw: float) -> None:
    assert confidence.raw_score(d, s, 1.0, P) == pytest.approx(raw, abs=0.05)
    assert confidence.raw_score(-d, s, 1.0, P) == confidence.raw_score(d, s, 1.0, P)


@pytest.mark.parametrize(
    ("published", "tier", "grade"),
    [
        (49, None, "None"), (50, "AGGRESSIVE", "Weak"), (59, "AGGRESSIVE", "Weak"), (60, "REGULAR", "Moderate"),
        (74, "REGULAR", "Moderate"), (75, "HIGH", "Strong"), (100, "HIGH", "Strong"),
    ],
)  # fmt: skip
def test_tiers_come_from_the_published_integer(published: int, tier: str | None, grade: str) -> None:
    assert confidence.tier_of(published) == tier
    assert confidence.grade_of(published) == grade


def _confidence(
    d: float, way: int = 1, mode: str = BREAKOUT, calibrator: Calibrator | None = None, cap: int | None = None
):
    found = confidence.Finding(d, 1.0, 0.8, way, mode)
    return confidence.confidence(found, (), calibrator=calibrator or Calibrator(), cap=cap, p=P)


def test_uncalibrated_is_capped_at_74_and_a_reversal_at_70() -> None:
    certain = Calibrator(kind="isotonic", n=300, knots=((50.0, 0.9), (100.0, 0.9)))
    assert _confidence(0.9).published == 74
    assert _confidence(0.9, calibrator=certain).published == 90
    assert _confidence(0.9, calibrator=certain, cap=74).published == 74
    assert _confidence(0.9, mode=REVERSAL, calibrator=certain).published == 70


@pytest.mark.parametrize(("d", "published"), [(0.0, 0), (0.15, 24), (0.29, 47), (0.3, 49), (-0.9, 49)])
def test_neutral_confidence(d: float, published: int) -> None:
    found = _confidence(d, way=0)
    assert (found.published, found.tier, found.raw) == (published, None, None)


@pytest.mark.parametrize(("p", "chance"), [(0.50, 0.3750), (0.55, 0.4387), (0.60, 0.5044), (0.75, 0.7043)])
def test_chance_of_the_target(p: float, chance: float) -> None:
    assert levels.target_chance(p, 5 / 3) == pytest.approx(chance, abs=5e-5)


def test_chance_is_smooth_at_one_half() -> None:
    near = [levels.target_chance(0.5 + shift, 5 / 3) for shift in (-1e-8, 1e-8)]
    assert near == pytest.approx([0.375, 0.375], abs=1e-6)


def test_break_even_and_expected_results() -> None:
    cost = 63.58 / (15 * 65)
    assert cost == pytest.approx(0.065, abs=5e-4)
    needed = levels.break_even(5 / 3, 0.065)
    assert needed == pytest.approx(0.3994, abs=5e-5)
    confident = next(c for c in range(50, 60) if levels.target_chance(c / 100, 5 / 3) >= needed)
    assert confident == 52
    assert levels.expected_r(0.60, 5 / 3, 0.065) == pytest.approx(0.28, abs=0.005)
    assert levels.expected_r(0.75, 5 / 3, 0.065) == pytest.approx(0.81, abs=0.005)
    assert levels.expected_r(0.51, 5 / 3, 0.065) < 0


def test_lots_of_ten_lakh() -> None:
    assert round_trip("NIFTY", DAY, 120, 105, 65) == pytest.approx(63.58)
    found = levels.lots(capital=1_000_000, risk_share=0.005, entry=120, sl=105, lot=65, cost=63.58)
    assert found == 4
    assert levels.lots(capital=1_000, risk_share=0.005, entry=120, sl=105, lot=65, cost=63.58) == 0


def test_sensex_pays_bse_charges() -> None:
    assert round_trip("SENSEX", DAY, 300, 340, 20) == pytest.approx(62.30)


def test_atm_rounds_half_up() -> None:
    assert atm_strike(22_525, 50) == 22_550
    assert atm_strike(22_475, 50) == 22_500
    assert atm_strike(22_487.4, 50) == 22_500


def test_seed_levels_of_a_linear_option() -> None:
    """Entry 120, delta one half, thirty points: 105 and 145, and the reward is five thirds of the risk."""
    found = levels.rounded(120.0, 120.0 - 0.5 * 30, 120.0 + 0.5 * 30 * 5 / 3, P)
    assert (found.sl, found.target) == (105.0, 145.0)
    assert found.gross_rr == pytest.approx(5 / 3)


def test_seed_levels_by_black_76() -> None:
    """A real option bends: with gamma the stop loses a little less, and time costs the target a little."""
    years = 7 / 365
    volatility = float(black76.implied_volatility(120.0, 22_500, 22_500, years, True, 0.055)[0])
    option = levels.Option(22_500, years, volatility, is_call=True, rate=0.055)
    found = levels.option_levels(option, entry=120.0, forward=22_500, distance=30.0, p=P)
    assert found.sl == pytest.approx(105.0, abs=1.0)
    assert found.target == pytest.approx(145.0, abs=2.0)


def test_stop_is_clamped_to_35_percent_and_rounded_up() -> None:
    found = levels.rounded(100.02, 40.0, 160.07, P)
    assert found.sl == 65.05  # 65.013 up to the tick
    assert found.target == 160.05
    assert levels.on_tick(65.05, 0.05, up=True) == 65.05
    assert levels.on_tick(65.05, 0.05, up=False) == 65.05


def test_net_reward_is_less_than_gross() -> None:
    found = levels.rounded(120.0, 105.0, 145.0, P)
    assert found.net_rr(1.0) == pytest.approx(24 / 16)


def _votes(values: dict[str, float | None]) -> tuple[Vote, ...]:
    return tuple(Vote(name, P.vote_weights[name], values.get(name), {}) for name in P.vote_weights)


def test_weights_sum_to_one() -> None:
    assert sum(P.vote_weights.values()) == pytest.approx(1.0)
    assert sum(P.strength_weights.values()) == pytest.approx(1.0)


def test_direction_needs_30_percent_and_agreement_of_60() -> None:
    every = dict.fromkeys(P.vote_weights, 0.3)
    assert combine(_votes(every), P).way == 1
    assert combine(_votes({name: -value for name, value in every.items()}), P).way == -1
    assert combine(_votes(dict.fromkeys(P.vote_weights, 0.29)), P).way == 0
    split = {"orb": 1.0, "vwap": 1.0, "ema": 1.0, "supertrend": -0.1, "fut_oi": -0.1, "opt_oi": -0.1, "breadth": -0.1}
    found = combine(_votes(split), P)
    assert found.d > 0.30
    assert found.agreement == pytest.approx(0.54)
    assert found.way == 0


def test_missing_votes_lower_coverage_only() -> None:
    found = combine(_votes({"orb": 0.5, "ema": 0.5, "supertrend": 0.5}), P)
    assert found.q == pytest.approx(0.50)
    assert found.d == pytest.approx(0.5)
    assert combine(_votes({}), P).q == 0.0


def test_hash_changes_with_any_number() -> None:
    assert replace(P, last_entry=time(14, 59)).hash != P.hash
    assert replace(P).hash == P.hash
    assert np.isfinite([P.reward_risk, P.stop_atr]).all()
