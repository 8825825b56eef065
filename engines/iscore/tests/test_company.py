"""News, governance, announcements, company figures and how all combine, against numbers worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engines.iscore.combine import combine, component, effective_weight
from engines.iscore.qualitative import governance_score, news_score, qualitative
from engines.iscore.quantitative import figure_weights, quantitative
from engines.iscore.tables import EVENT_POINTS, FIGURE_GROUPS, FINANCIAL_GROUPS
from engines.iscore.tests.support import day, made_panel
from engines.iscore.tests.test_goldens import parts
from engines.iscore.types import Governance, Inputs, NewsItem, sub


def test_source_and_relevance_weigh_the_tone() -> None:
    """w = 1 x .5 x .8 = .4 and .5 (a week old): S = (.4 x 1 - .5 x .2) / .9 = 1/3; n = .81 / (.16 + .25)."""
    score, tone, effective = news_score([NewsItem(0.0, 1.0, 0.5, 0.8), NewsItem(7.0, -0.2)])
    assert tone == pytest.approx(1 / 3)
    assert effective == pytest.approx(0.81 / 0.41)
    assert score == pytest.approx(50.0 + 50.0 / 3.0 * effective / (effective + 5.0))
    assert news_score([NewsItem(30.0, 0.4), NewsItem(30.1, -1.0), NewsItem(-0.1, -1.0)])[1] == pytest.approx(0.4)


@pytest.mark.parametrize(
    "item", [NewsItem(0.0, math.nan), NewsItem(0.0, 0.5, math.nan), NewsItem(0.0, 0.5, 1.0, math.inf)]
)
def test_news_whose_tone_is_not_known_says_nothing(item: NewsItem) -> None:
    assert np.isnan(news_score([item])[0])
    known = NewsItem(10.0, -0.4)
    assert news_score([item, known]) == news_score([known])
    panel = made_panel(days=5, symbols=2, gaps=0.0)
    found = qualitative(Inputs(panel, day(panel, 4), news={0: [item, known], 1: [item]}))[0]
    assert found.note == {0: "1 items", 1: "0 items"}
    assert np.isnan(found.score[1])
    assert found.fresh[0] == pytest.approx(1.0 - 7.0 / 9.0), "three days of life, gone after twelve"


def test_governance_facts_that_are_no_number_are_unknown() -> None:
    assert np.isnan(governance_score(Governance(pledge_pct=math.nan))[0])
    facts = Governance(math.nan, math.nan, math.inf, False, "", None)
    assert governance_score(facts) == (80.0, pytest.approx(2 / 6))


@pytest.mark.parametrize(
    ("facts", "score"),
    [
        (Governance(pledge_pct=4.9), 80.0), (Governance(pledge_change=2.0), 80.0),
        (Governance(pledge_change=2.1), 70.0),
        (Governance(promoter_change=-2.0), 80.0), (Governance(promoter_change=2.0), 80.0),
        (Governance(promoter_change=2.1), 85.0), (Governance(surveillance="GSM"), 40.0),
        (Governance(rating_change=-1), 65.0), (Governance(auditor_resigned=True), 55.0),
        (Governance(pledge_change=3.0, promoter_change=-3.0), 70.0),
    ],
)  # fmt: skip
def test_each_governance_rule(facts: Governance, score: float) -> None:
    assert governance_score(facts)[0] == score


def test_freshness_of_facts_is_that_of_each() -> None:
    """100 days of life, gone after 400: ages 30 and 250 give (1 + .5) / 2; without an age nothing is fresh."""
    panel = made_panel(days=5, symbols=3, gaps=0.0)
    facts = {at: Governance(3.0, surveillance="") for at in range(3)}
    found = qualitative(
        Inputs(panel, day(panel, 4), governance=facts, governance_age={0: (30.0, 250.0), 1: (1_671.0,)})
    )
    assert found[1].fresh.tolist() == [0.75, 0.0, 0.0]


def test_points_of_announcements() -> None:
    assert EVENT_POINTS == {
        "results_beat": 20, "results_miss": -20, "order_win": 10, "order_loss": -10, "capacity_expansion": 6,
        "buyback": 8, "dividend": 3, "dilution": -8, "guidance_raised": 12, "guidance_cut": -15,
        "management_exit": -10, "regulatory_action": -20, "regulatory_relief": 10, "default": -40, "fraud": -40,
        "rating_upgrade": 10, "rating_downgrade": -15,
    }  # fmt: skip


def test_weights_of_the_figures() -> None:
    """Value 25, quality 35, growth 25, stability 15, each shared equally by its figures."""
    assert figure_weights(FIGURE_GROUPS) == pytest.approx({
        **dict.fromkeys(("earnings_yield", "book_yield", "cfo_ev"), 25 / 3),
        **dict.fromkeys(("roce", "debt_equity", "cfo_pat", "piotroski"), 8.75),
        **dict.fromkeys(("sales_cagr_3y", "eps_cagr_3y", "sales_yoy", "profit_yoy"), 6.25),
        **dict.fromkeys(("eps_variability", "interest_cover", "dilution"), 5.0),
    })  # fmt: skip
    assert figure_weights(FINANCIAL_GROUPS) == pytest.approx({
        "book_yield": 25.0, **dict.fromkeys(("roa", "gnpa", "nnpa", "car"), 8.75),
        **dict.fromkeys(("credit_growth", "eps_cagr_3y", "profit_yoy"), 25 / 3),
        **dict.fromkeys(("eps_variability", "dilution"), 7.5),
    })  # fmt: skip


def test_figures_are_ranked_the_right_way_round_clipped_and_as_old_as_they_are() -> None:
    panel = made_panel(days=5, symbols=10, gaps=0.0)
    panel = replace(panel, sectors=("Power",) * 10)
    rising = np.arange(10.0)
    figures = {
        "roce": rising, "debt_equity": rising, "eps_variability": rising, "dilution": rising, "interest_cover": rising,
        "sales_yoy": np.array([-0.9, -0.6, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.2, 3.0]), "piotroski": rising,
    }  # fmt: skip
    ages = {"roce": np.full(10, 250.0), "debt_equity": np.full(10, 100.0), "sales_yoy": np.full(10, 1_671.0)}
    given = Inputs(panel, day(panel, 4), reference=np.ones(10, bool), figures=figures, figures_age=ages)
    found = {one.name: one for one in quantitative(given, np.ones(10, bool))}
    assert found["roce"].score[[0, 9]].tolist() == [5.0, 95.0]
    assert found["interest_cover"].score[9] == 95.0
    for name in ("debt_equity", "eps_variability", "dilution"):
        assert found[name].score[[0, 9]].tolist() == [95.0, 5.0]
    assert found["sales_yoy"].score[[0, 1, 8, 9]].tolist() == [10.0, 10.0, 90.0, 90.0], "clipped to -50 .. +100 %"
    assert found["piotroski"].score[[7, 9]] == pytest.approx([700 / 9, 100.0])
    fresh = {name: float(found[name].fresh[0]) for name in ("roce", "debt_equity", "sales_yoy", "dilution")}
    assert fresh == {"roce": 0.5, "debt_equity": 1.0, "sales_yoy": 0.0, "dilution": 0.0}


# Combination


def test_a_component_of_what_is_known() -> None:
    """50 of score 60, 30 half covered of 90, 20 unknown: (3,000 + 1,350) / 65 = 66.9; coverage .65; fresh 57.5 / 65."""
    one = np.ones(1)
    subs = [
        sub("qualitative", "news", 50.0, np.array([60.0]), one, one),
        sub("qualitative", "governance", 30.0, np.array([90.0]), one, 0.5 * one, 0.5),
        sub("qualitative", "events", 20.0, np.array([np.nan]), one, one),
    ]
    found = component("qualitative", subs)
    assert (found.score[0], found.coverage[0], found.effective[0]) == (66.9, 0.65, 9.75)
    assert found.fresh[0] == pytest.approx(57.5 / 65)


def test_confidence_by_hand() -> None:
    """Trend 90 and risk 20, nothing else: iscore (20 x 90 + 15 x 20) / 35 = 60; disp sqrt((20 x 30^2 + 15 x 40^2) / 35)
    = 34.641; conf .35 x (1 - .2 x 34.641 / 35) = .28. Wider than 35 costs no more than a fifth.
    """
    found = combine(parts({"trend": 90.0, "risk": 20.0}))
    assert found.iscore[0] == 60.0
    assert found.dispersion[0] == pytest.approx(34.641, abs=1e-3)
    assert found.confidence[0] == 0.28
    wide = combine(parts({"quantitative": 100.0, "trend": 0.0, "risk": 0.0}))
    assert wide.dispersion[0] == pytest.approx(50.0, abs=0.1)
    assert wide.confidence[0] == 0.56  # .70 x .8


def test_two_fifths_of_a_component_are_enough() -> None:
    assert effective_weight(15.0, np.array([0.40, 0.39])).tolist() == [6.0, 0.0]
