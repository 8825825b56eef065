"""Headlines, factor texts and validation."""

import numpy as np
import pytest

from engines.iscore.lexicon import event_kind, tone
from engines.iscore.tables import EVENT_POINTS, SUB_WEIGHTS
from engines.iscore.validation import estimate, excess, monthly, rank_correlation, tier_spread, turnover
from engines.iscore.words import TITLES, factor_words


@pytest.mark.parametrize(
    ("headline", "sign"),
    [
        ("Net profit jumps 53% in Q1", 1), ("ABC reports 34% fall in Q1 net profit", -1), ("Losses widen", -1),
        ("Loss narrows in the second quarter", 1), ("XYZ cuts debt by half", 1), ("Debt rises", -1),
        ("Bags order of Rs 500 crore", 1), ("No fraud found", 1), ("Auditor resigns amid fraud probe", -1),
        ("Results in line", 0), ("Informs about loss of share certificate", 0), ("", 0), ("₹ 2,000 %", 0),
        ("Outlook not strong", -1), ("Secures automation contract", 1),
    ],
)  # fmt: skip
def test_the_tone_of_a_headline(headline: str, sign: int) -> None:
    assert np.sign(tone(headline)) == sign
    assert -1.0 < tone(headline) < 1.0


@pytest.mark.parametrize(
    ("headline", "kind"),
    [
        ("L&T bags order worth Rs 1,000 crore", "order_win"), ("SEBI imposes penalty on broker", "regulatory_action"),
        ("Q2 profit beats estimates", "results_beat"), ("Profit misses expectations", "results_miss"),
        ("CFO resigns", "management_exit"), ("Board approves buyback", "buyback"), ("No fraud found", None),
        ("Declares interim dividend", "dividend"), ("India tour of Australia", None),
    ],
)  # fmt: skip
def test_what_a_headline_announces(headline: str, kind: str | None) -> None:
    assert event_kind(headline) == kind
    assert kind is None or kind in EVENT_POINTS


def test_a_factor_says_its_number_and_the_threshold() -> None:
    assert factor_words("rsi", 62.0, 78.8) == "Wilder RSI(14) = 62: bullish band 55-68"
    assert "6 %" in factor_words("drawdown", 0.06, 93.0)
    assert "20 %" in factor_words("drawdown", 0.06, 93.0)
    assert factor_words("liquidity", 1.25e9, 80.0).startswith("₹125.0 crore")
    assert "; of its sector" in factor_words("roa", 0.02, 70.0, "of its sector")


@pytest.mark.parametrize("name", list(TITLES))
@pytest.mark.parametrize(("value", "score"), [(0.0, 0.0), (-1.5, 49.9), (2.5, 100.0), (1.0, 45.0)])
def test_every_input_has_words(name: str, value: float, score: float) -> None:
    text = factor_words(name, value, score)
    assert text[0].isupper() or text[0] in "₹-0123456789"
    assert "nan" not in text.split()


def test_every_sub_score_has_a_title() -> None:
    assert {name for weights in SUB_WEIGHTS.values() for name in weights} <= set(TITLES)


def test_rank_correlation_and_its_interval() -> None:
    rng = np.random.default_rng(5)
    scores = rng.normal(size=(40, 60))
    linked = scores + rng.normal(size=scores.shape)
    found = monthly(rank_correlation, scores, linked)
    interval = estimate(found, np.random.default_rng(1))
    assert 0.5 < interval.low < interval.mean < interval.high < 0.8
    none = estimate(monthly(rank_correlation, scores, rng.normal(size=scores.shape)), np.random.default_rng(1), block=3)
    assert none.low < 0.0 < none.high
    assert rank_correlation(scores[0], np.exp(scores[0])) == pytest.approx(1.0)
    assert rank_correlation(scores[0], -scores[0]) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation(scores[0, :10], scores[0, :10]))
    assert np.isnan(estimate(found[:3], np.random.default_rng(1)).low)


def test_spread_and_turnover() -> None:
    scores = np.array([80.0, 70.0, 50.0, 40.0, np.nan])
    returns = np.array([0.04, 0.02, 0.0, -0.02, 9.0])
    assert tier_spread(65.0, 45.0)(scores, returns) == pytest.approx(0.05)
    assert np.isnan(tier_spread(90.0, 45.0)(scores, returns))
    assert turnover(np.array([[0, 1, 2, -1], [0, 2, 2, 1]])) == pytest.approx(1 / 3)
    assert excess(np.array([[0.1, 0.3, np.nan]]))[0, :2].tolist() == pytest.approx([-0.1, 0.1])
