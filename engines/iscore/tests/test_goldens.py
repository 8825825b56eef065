"""Worked numbers of the definition."""

from typing import Any

import numpy as np
import pytest

from engines.iscore.combine import Component, combine, effective_weight, raw_tier, rounded, told_tier
from engines.iscore.context import breadth, index_trend, sector_strength, vix_rank
from engines.iscore.qualitative import events_score, governance_score, news_score
from engines.iscore.quantitative import figure_weights, is_financial
from engines.iscore.scaling import band, freshness, mix, pct, sector_pct
from engines.iscore.search import attention_score, attention_z
from engines.iscore.tables import (
    ATTENTION_BAND,
    BETA_BAND,
    DRAWDOWN_BAND,
    FIGURE_GROUPS,
    FINANCIAL_GROUPS,
    HIGH_BAND,
    RSI_BAND,
    SUB_WEIGHTS,
    VOLATILITY_BAND,
    WEIGHTS,
    params_hash,
)
from engines.iscore.types import CompanyEvent, Governance, NewsItem

PRINTED = {"qualitative": 70, "quantitative": 78, "trend": 75, "risk": 65, "search": 60, "market_context": 55}


def parts(scores: dict[str, float], coverage: dict[str, float] | None = None, fresh: float = 1.0) -> list[Component]:
    found = []
    for name in WEIGHTS:
        covered = np.array([(coverage or {}).get(name, 1.0 if name in scores else 0.0)])
        score = np.array([float(scores.get(name, np.nan))])
        effective = np.where(np.isnan(score), 0.0, effective_weight(WEIGHTS[name], covered))
        found.append(Component(name, score, covered, np.array([fresh if name in scores else 0.0]), effective))
    return found


def test_the_printed_example() -> None:
    found = combine(parts(PRINTED))
    assert found.iscore[0] == 71.3
    assert found.dispersion[0] == pytest.approx(7.121, abs=5e-4)
    assert found.confidence[0] == 0.96
    assert found.coverage[0] == 1.0


def test_without_news_and_search() -> None:
    found = combine(parts({name: s for name, s in PRINTED.items() if name not in ("qualitative", "search")}))
    assert found.iscore[0] == 73.1
    assert found.coverage[0] == 0.75
    assert found.confidence[0] == 0.72


def test_a_component_below_forty_percent_counts_nothing_and_too_little_is_null() -> None:
    found = combine(parts(PRINTED, {"quantitative": 0.39, **{n: 1.0 for n in PRINTED if n != "quantitative"}}))
    rest = {name: s for name, s in PRINTED.items() if name != "quantitative"}
    assert found.iscore[0] == combine(parts(rest)).iscore[0]
    for names, known in ((("trend", "risk"), True), (("trend", "search"), False)):
        score = combine(parts({name: PRINTED[name] for name in names})).iscore[0]
        assert np.isnan(score) != known


def test_half_old_inputs_halve_the_confidence_not_the_score() -> None:
    found = combine(parts(PRINTED, fresh=0.5))
    assert (found.iscore[0], found.confidence[0]) == (71.3, 0.48)


def test_tone_of_the_news() -> None:
    items = [NewsItem(age, s) for age, s in ((0, 0.6), (1, 0.2), (7, -0.4), (14, 0.8))]
    score, tone, effective = news_score(items)
    assert score == pytest.approx(55.85, abs=0.005)
    assert tone == pytest.approx(0.2941, abs=5e-5)
    assert effective == pytest.approx(3.307, abs=5e-4)
    assert all(np.isnan(value) for value in news_score([])[:2])
    assert np.isnan(news_score([NewsItem(31, 1.0)])[0])


@pytest.mark.parametrize(
    ("facts", "score", "known"),
    [
        (Governance(0.0, 0.0, 0.0, False, "", 0), 80.0, 1.0),
        (Governance(25.0, 3.0, 0.0, True, "GSM", -1), 0.0, 1.0),
        (Governance(pledge_pct=5.0), 70.0, 1 / 6),
        (Governance(pledge_pct=20.0, promoter_change=-2.5), 60.0, 2 / 6),
        (Governance(pledge_pct=20.1, promoter_change=2.5, rating_change=1), 75.0, 3 / 6),
        (Governance(surveillance="ASM", auditor_resigned=True), 40.0, 2 / 6),
    ],
)
def test_governance(facts: Governance, score: float, known: float) -> None:
    assert governance_score(facts) == (score, pytest.approx(known))


def test_governance_without_any_fact_is_unknown() -> None:
    assert np.isnan(governance_score(Governance())[0])


def test_announcements() -> None:
    assert events_score([CompanyEvent("order_win", 1.0), CompanyEvent("results_miss", 29.0)]) == (40.0, -10.0)
    assert np.isnan(events_score([CompanyEvent("order_win", 31.0), CompanyEvent("unheard_of", 1.0)])[0])
    assert events_score([CompanyEvent("fraud", 0.0), CompanyEvent("default", 0.0)]) == (0.0, -80.0)


def test_ranks_share_ties_and_ask_for_peers() -> None:
    values = np.array([1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    every = np.ones(8, bool)
    expected = 100.0 * (np.array([1, 2.5, 2.5, 4, 5, 6, 7, 8]) - 0.5) / 8
    assert pct(values, every).tolist() == expected.tolist()
    assert pct(values, every, low_is_good=True).tolist() == (100.0 - expected).tolist()
    assert np.isnan(pct(values[:7], every[:7])).all()
    outside = pct(np.append(values, 4.0), np.append(every, False))
    assert outside[-1] == pytest.approx(100.0 * (5.5 - 0.5) / 9)


def test_a_sector_of_eight_is_its_own_yardstick() -> None:
    values = np.array([*range(8), *range(100, 104)], np.float64)
    sectors = ("A",) * 8 + ("B",) * 4
    found, among = sector_pct(values, np.ones(12, bool), sectors)
    assert found[7] == 100.0 * 7.5 / 8
    assert found[8] == 100.0 * 8.5 / 12
    assert among.tolist() == [True] * 8 + [False] * 4


def test_bands() -> None:
    cases: list[tuple[Any, float, float]] = [
        (RSI_BAND, 62.0, 78.75), (RSI_BAND, 5.0, 30.0), (RSI_BAND, 99.0, 35.0), (HIGH_BAND, 0.9, 72.5),
        (VOLATILITY_BAND, 0.2, 85.0), (DRAWDOWN_BAND, 0.06, 93.0), (DRAWDOWN_BAND, 0.2, 60.0), (BETA_BAND, 1.0, 65.0),
        (ATTENTION_BAND, 1.5, 63.0), (ATTENTION_BAND, 9.0, 40.0),
    ]  # fmt: skip
    for knots, value, expected in cases:
        assert band(np.array([value]), knots)[0] == pytest.approx(expected)
    assert np.isnan(band(np.array([np.nan]), RSI_BAND)[0])
    assert mix(np.array([80.0]), np.array([30.0]))[0] == pytest.approx(60.0)


def test_freshness_falls_from_the_life_to_four_lives() -> None:
    ages = np.array([0.0, 3.0, 7.5, 12.0, 50.0, np.nan])
    assert freshness(ages, 3.0, 4.0).tolist() == [1.0, 1.0, 0.5, 0.0, 0.0, 0.0]


def test_attention() -> None:
    weekly = np.tile([100.0, 110.0, 90.0, 105.0, 95.0], 13)
    weekly[-1] = 200.0
    assert attention_z(weekly) > 4.0
    assert np.isnan(attention_z(weekly[:20]))
    assert np.isnan(attention_z(np.full(60, 100.0)))
    assert attention_score(np.array([1.0, 1.0, -2.0]), np.array([0.01, -0.01, -0.05])).tolist() == [60.0, 40.0, 40.0]


def test_context() -> None:
    rising = np.linspace(100.0, 200.0, 260)
    assert index_trend((rising, 0.0)) == (100.0, 0.0)
    assert index_trend((rising[::-1], 0.0)) == (0.0, 0.0)
    assert np.isnan(index_trend((rising[:150], 0.0))[0])
    calm = np.append(np.linspace(12.0, 20.0, 251), 10.0)
    assert vix_rank((calm, 1.0)) == (pytest.approx(100.0 - 100.0 * 0.5 / 252), 10.0, 1.0)
    close = np.column_stack([np.linspace(1.0, 2.0, 64), np.linspace(2.0, 1.0, 64)])
    assert breadth(close, np.array([True, True])) == 50.0
    assert breadth(close, np.array([True, False])) == 100.0


def test_sector_strength_ranks_sectors() -> None:
    rises = np.repeat([0.5, 0.4, 0.3, 0.2, 0.1, 9.9], [3, 3, 3, 3, 3, 2])
    close = np.ones((64, len(rises)))
    close[-1] = 1.0 + rises
    sectors = tuple(np.repeat(list("ABCDEF"), [3, 3, 3, 3, 3, 2]))
    rank, mean = sector_strength(close, np.ones(len(rises), bool), sectors)
    assert rank[[0, 3, 12]].tolist() == [90.0, 70.0, 10.0]
    assert mean[0] == pytest.approx(0.5)
    assert np.isnan(rank[-1]), "a sector of two is not ranked"


@pytest.mark.parametrize(
    ("score", "confidence", "tier"),
    [
        (80.0, 0.60, "STRONG_BUY"), (80.0, 0.59, "BUY"), (79.9, 0.9, "BUY"), (65.0, 0.4, "BUY"), (64.9, 0.9, "HOLD"),
        (45.0, 0.9, "HOLD"), (44.9, 0.9, "SELL"), (0.0, 0.9, "SELL"), (10.0, 0.39, "HOLD"), (95.0, 0.39, "HOLD"),
    ],
)  # fmt: skip
def test_tiers(score: float, confidence: float, tier: str) -> None:
    assert raw_tier(score, confidence) == tier


@pytest.mark.parametrize(
    ("before", "score", "confidence", "tier"),
    [
        (None, 65.2, 0.9, "BUY"), ("HOLD", 65.2, 0.9, "HOLD"), ("HOLD", 66.4, 0.9, "HOLD"), ("HOLD", 66.5, 0.9, "BUY"),
        ("BUY", 64.9, 0.9, "BUY"), ("BUY", 63.5, 0.9, "BUY"), ("BUY", 63.4, 0.9, "HOLD"),
        ("SELL", 85.0, 0.9, "STRONG_BUY"),
        ("SELL", 81.0, 0.9, "BUY"), ("STRONG_BUY", 30.0, 0.9, "SELL"), ("STRONG_BUY", 85.0, 0.5, "BUY"),
        ("BUY", 90.0, 0.3, "HOLD"), ("SELL", 45.9, 0.9, "SELL"),
    ],
)  # fmt: skip
def test_a_told_tier_leaves_only_beyond_the_border(
    before: str | None, score: float, confidence: float, tier: str
) -> None:
    assert told_tier(before, score, confidence) == tier


def test_weights_are_whole() -> None:
    assert sum(WEIGHTS.values()) == 100.0
    for weights in (*SUB_WEIGHTS.values(), figure_weights(FIGURE_GROUPS), figure_weights(FINANCIAL_GROUPS)):
        assert sum(weights.values()) == pytest.approx(100.0)
    assert not {"debt_equity", "cfo_ev", "interest_cover"} & set(figure_weights(FINANCIAL_GROUPS))
    assert is_financial("Financial Services")
    assert not is_financial("Power")
    assert len(params_hash()) == 16


def test_halves_are_rounded_up() -> None:
    assert rounded(np.array([0.25, 0.35, 71.25, 2.675]), 1).tolist() == [0.3, 0.4, 71.3, 2.7]
