"""The numbers of the definition (docs/engines/iscore.md), written down a second time, and where each takes effect."""

from dataclasses import replace

import numpy as np
import pytest

from engines.iscore import tables
from engines.iscore.context import market_context, sector_strength
from engines.iscore.ledger import changes
from engines.iscore.recent import recent
from engines.iscore.risk import risk
from engines.iscore.scaling import band
from engines.iscore.score import score_universe
from engines.iscore.search import search
from engines.iscore.tests.support import day, made_inputs, made_panel
from engines.iscore.trend import trend
from engines.iscore.types import Attention


def test_weights_and_lives() -> None:
    assert tables.WEIGHTS == {
        "qualitative": 15, "quantitative": 35, "trend": 20, "risk": 15, "search": 10, "market_context": 5,
    }  # fmt: skip
    assert tables.SUB_WEIGHTS == {
        "qualitative": {"news": 50, "governance": 30, "events": 20},
        "trend": {"mom_12_1": 30, "mom_6_1": 15, "ema_stack": 20, "rsi": 15, "near_high": 10, "adx": 10},
        "risk": {"volatility": 30, "drawdown": 25, "beta": 15, "liquidity": 20, "tail_loss": 10},
        "search": {"attention": 100},
        "market_context": {"index_trend": 35, "vix": 25, "breadth": 20, "sector_strength": 20},
    }
    assert tables.TTL == {"prices": 1, "context": 1, "news": 3, "fundamentals": 100, "search": 10, "events": 30}
    assert {"debt_equity", "eps_variability", "dilution", "gnpa", "nnpa"} == tables.LOW_IS_GOOD
    assert {"sales_cagr_3y", "eps_cagr_3y", "sales_yoy", "profit_yoy", "credit_growth"} == tables.CLIPPED
    lengths = (tables.MONTH, tables.QUARTER, tables.YEAR, tables.LOOKBACK, tables.LONGEST_ABSENCE)
    assert lengths == (21, 63, 252, 820, 20)
    assert tables.TIERS == (("STRONG_BUY", 80), ("BUY", 65), ("HOLD", 45), ("SELL", 0))


@pytest.mark.parametrize(
    ("knots", "points"),
    [
        (tables.RSI_BAND, {20: 30, 30: 35, 40: 45, 50: 55, 60: 80, 68: 75, 75: 60, 85: 35}),
        (tables.HIGH_BAND, {0.5: 5, 0.7: 30, 0.85: 60, 0.95: 85, 1: 95}),
        (tables.VOLATILITY_BAND, {0.15: 95, 0.25: 75, 0.35: 50, 0.5: 20, 0.7: 5}),
        (tables.DRAWDOWN_BAND, {0: 100, 0.05: 95, 0.1: 85, 0.2: 60, 0.35: 30, 0.5: 10, 0.7: 0}),
        (tables.BETA_BAND, {0.5: 90, 0.8: 80, 1: 65, 1.3: 45, 1.8: 20}),
        (tables.ATTENTION_BAND, {-2: 40, 0: 50, 1: 60, 2: 66, 3: 55, 4: 40}),
    ],
)
def test_bands(knots: tables.Knots, points: dict[float, float]) -> None:
    assert band(np.array([*points], float), knots).tolist() == list(points.values())
    assert len(knots) == len(points)


def test_prices_of_two_sessions_ago_have_lost_a_third_of_their_freshness() -> None:
    """One session of life, gone after four: 1 - (2 - 1) / 3. Counts of 11 days: 1 - (11 - 10) / 30."""
    panel = made_panel(days=300, symbols=12, gaps=0.0)
    views = np.random.default_rng(6).lognormal(8.0, 0.4, 70)
    inputs = made_inputs(panel, attention={0: Attention(views, 11.0, "wikipedia")}, as_of=day(panel, 299))
    bars = recent(panel, 299)
    old = replace(bars, age=np.full(12, 2.0))
    every = np.ones(12, bool)
    for one in (*trend(old, every), *risk(old, inputs.index, every)):
        assert one.fresh[0] == pytest.approx(2 / 3), one.name
    attention = search(inputs, old)[0]
    assert attention.fresh[:2] == pytest.approx([1 - 1 / 30, 2 / 3])
    assert inputs.index is not None
    assert inputs.vix is not None
    late = {name: np.append(getattr(inputs, name)[:-2], [np.nan] * 2) for name in ("index", "vix")}
    context = {one.name: one for one in market_context(replace(inputs, **late), bars, every, 299)}
    assert {name: float(context[name].fresh[0]) for name in ("index_trend", "vix", "breadth")} == {
        "index_trend": pytest.approx(2 / 3), "vix": pytest.approx(2 / 3), "breadth": 1.0,
    }  # fmt: skip


def test_a_stock_that_has_not_traded_for_20_sessions_has_no_present_prices() -> None:
    panel = made_panel(days=60, symbols=4, gaps=0.0)
    close = panel.close.copy()
    close[:, :] = 100.0
    close[-19:, 0] = np.nan
    close[-20:, 1] = np.nan
    found = recent(replace(panel, close=close), 59)
    assert found.bars[:2].tolist() == [41, 0]
    assert found.age[0] == 19.0
    assert np.isnan(found.age[1])


def test_too_little_confidence_has_a_code() -> None:
    scores = score_universe(made_inputs(made_panel(days=300, symbols=12, gaps=0.0)))
    for confidence, code in ((0.40, None), (0.39, "INSUFFICIENT_DATA")):
        said = replace(scores, combined=replace(scores.combined, confidence=np.full(12, confidence)))
        assert said.result(0)["code"] == code
        assert said.result(0)["iscore"] is not None


def test_movements_below_a_twentieth_of_a_point_are_no_change() -> None:
    def result(points: float) -> dict:
        entry = {"input": "rsi", "score": 60.0, "points": points}
        return {"iscore": 60.0, "components": {"trend": {"inputs": [entry]}}}

    assert changes(result(1.0), result(1.04)) == []
    assert [one["points"] for one in changes(result(1.0), result(0.95))] == [-0.05]


def test_a_ranking_of_sectors_needs_five() -> None:
    close = np.ones((64, 15))
    close[-1] = np.repeat([1.1, 1.2, 1.3, 1.4, 1.5], 3)
    for names, known in (("ABCDE", True), ("ABCDD", False)):
        rank, _ = sector_strength(close, np.ones(15, bool), tuple(np.repeat(list(names), 3)))
        assert np.isfinite(rank).all() == known
