"""What holds of every I-Score, whatever the inputs."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.iscore.combine import combine
from engines.iscore.ledger import changes
from engines.iscore.score import Scores, score_universe
from engines.iscore.tables import WEIGHTS
from engines.iscore.tests.support import day, made_inputs, made_panel
from engines.iscore.tests.test_goldens import parts
from engines.iscore.types import Inputs, NewsItem
from engines.panel import PricePanel

TABLES = ("open", "high", "low", "close", "volume", "factor", "member")
SCORES = st.dictionaries(st.sampled_from(list(WEIGHTS)), st.integers(0, 1000).map(lambda n: n / 10), min_size=1)
COVERAGE = st.dictionaries(st.sampled_from(list(WEIGHTS)), st.integers(0, 100).map(lambda n: n / 100))


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return made_inputs()


@pytest.fixture(scope="module")
def scores(inputs: Inputs) -> Scores:
    return score_universe(inputs)


def results(scores: Scores) -> list[dict[str, Any]]:
    return [scores.result(at) for at in range(len(scores.symbols))]


@given(SCORES, COVERAGE)
def test_the_score_lies_between_its_components(scores: dict[str, float], coverage: dict[str, float]) -> None:
    components = parts(scores, {**dict.fromkeys(WEIGHTS, 1.0), **coverage})
    found = combine(components).iscore[0]
    counted = [part.score[0] for part in components if part.effective[0] > 0]
    assert np.isnan(found) or min(counted) <= found <= max(counted)


@given(SCORES, st.sampled_from(list(WEIGHTS)), st.integers(0, 1000))
def test_a_better_component_never_makes_a_worse_score(scores: dict[str, float], name: str, more: int) -> None:
    before = combine(parts({**scores, name: scores.get(name, 0.0)})).iscore[0]
    after = combine(parts({**scores, name: min(100.0, scores.get(name, 0.0) + more / 10)})).iscore[0]
    assert np.isnan(before) or after >= before


@given(SCORES)
def test_confidence_is_a_share(scores: dict[str, float]) -> None:
    found = combine(parts(scores)).confidence[0]
    assert np.isnan(found) or 0.0 <= found <= 1.0


def test_the_printed_score_is_the_mean_of_the_printed_components(scores: Scores) -> None:
    checked = 0
    for result in results(scores):
        rows = [part for part in result["components"].values() if part["effective_weight"] > 0]
        total = sum(part["effective_weight"] for part in rows)
        if result["iscore"] is None:
            assert total < 35.0
            continue
        mean = sum(part["effective_weight"] * part["score"] for part in rows) / total
        assert abs(mean - result["iscore"]) <= 0.05 + 1e-9
        checked += 1
    assert checked > 40


def test_no_nan_leaves_the_engine_and_missing_inputs_have_names(scores: Scores) -> None:
    for result in results(scores):
        json.dumps(result, allow_nan=False)
        known = {f"{e['component']}.{e['input']}" for part in result["components"].values() for e in part["inputs"]}
        assert not known & set(result["missing_inputs"])
        for name, part in result["components"].items():
            assert (part["score"] is None) == (not part["inputs"])
            assert part["weight"] == WEIGHTS[name]
            assert part["effective_weight"] in (0.0, pytest.approx(part["weight"] * part["coverage"], abs=0.011))


def test_points_of_the_inputs_sum_up_to_the_score(scores: Scores) -> None:
    for result in results(scores):
        if result["iscore"] is not None:
            points = sum(entry["points"] for part in result["components"].values() for entry in part["inputs"])
            assert points == pytest.approx(result["iscore"] - 50.0, abs=0.2)
            assert 1 <= len(result["score_factors"]) <= 5


def test_a_stock_without_present_prices_has_no_trend_and_no_risk(scores: Scores) -> None:
    gone, young = scores.result(len(scores.symbols) - 1), scores.result(len(scores.symbols) - 2)
    assert gone["components"]["trend"]["score"] is None
    assert "risk.volatility" in gone["missing_inputs"]
    assert "trend.mom_12_1" in young["missing_inputs"]
    assert young["components"]["trend"]["coverage"] < 0.4
    assert young["components"]["trend"]["effective_weight"] == 0.0


def test_without_any_input_everything_is_null() -> None:
    panel = made_panel(days=5, symbols=3)
    result = score_universe(Inputs(panel, day(panel, 4))).result(0)
    assert (result["iscore"], result["confidence"], result["recommendation"]) == (None, None, None)
    assert result["code"] == "INSUFFICIENT_DATA"
    assert result["score_factors"] == []
    assert len(result["missing_inputs"]) > 20


def test_the_same_input_gives_the_same_output(inputs: Inputs, scores: Scores) -> None:
    assert results(score_universe(inputs)) == results(scores)
    assert results(score_universe(made_inputs())) == results(scores)


def _picked(inputs: Inputs, order: list[int]) -> Inputs:
    panel = inputs.panel
    tables = {
        name: getattr(panel, name)[:, order] for name in ("open", "high", "low", "close", "volume", "factor", "member")
    }
    names = {"symbols": tuple(panel.symbols[i] for i in order), "sectors": tuple(panel.sectors[i] for i in order)}
    place = {old: new for new, old in enumerate(order)}
    by_column = {
        name: {place[at]: one for at, one in getattr(inputs, name).items()}
        for name in ("news", "governance", "governance_age", "events", "attention")
    }
    figures = {name: values[order] for name, values in inputs.figures.items()}
    return replace(
        inputs,
        panel=replace(panel, **tables, **names),
        figures=figures,
        figures_age={name: ages[order] for name, ages in inputs.figures_age.items()},
        **by_column,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_stocks_does_not_matter(inputs: Inputs, scores: Scores, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(inputs.panel.symbols)).tolist()
    mixed = results(score_universe(_picked(inputs, order)))
    assert sorted(mixed, key=lambda r: r["symbol"]) == results(scores)


def _after(panel: PricePanel, row: int, seed: int) -> PricePanel:
    """The same panel with another future."""
    rng = np.random.default_rng(seed)
    changed = {}
    for name in ("open", "high", "low", "close", "volume"):
        table = getattr(panel, name).copy()
        table[row + 1 :] = rng.permutation(table[row + 1 :].ravel()).reshape(table[row + 1 :].shape) * 3.0
        changed[name] = table
    return replace(panel, **changed)


@pytest.mark.parametrize("row", [620, 900, 998])
def test_the_future_changes_nothing(inputs: Inputs, row: int) -> None:
    base = replace(inputs, as_of=day(inputs.panel, row))
    expected = results(score_universe(base))
    shuffled = replace(base, panel=_after(inputs.panel, row, row))
    assert inputs.index is not None
    assert inputs.vix is not None
    noisy = replace(shuffled, index=_noisy(inputs.index, row), vix=_noisy(inputs.vix, row))
    assert results(score_universe(noisy)) == expected
    panel = inputs.panel
    tables = {
        name: getattr(panel, name)[: row + 1]
        for name in ("dates", "open", "high", "low", "close", "volume", "factor", "member")
    }
    cut = replace(base, panel=replace(panel, **tables), index=inputs.index[: row + 1], vix=inputs.vix[: row + 1])
    assert results(score_universe(cut)) == expected


def _noisy(series: np.ndarray, row: int) -> np.ndarray:
    return np.append(series[: row + 1], series[row + 1 :] * 5.0)


def test_older_bars_than_the_longest_window_change_nothing(inputs: Inputs) -> None:
    panel = inputs.panel
    rows = slice(100, None)
    tables = {
        name: getattr(panel, name)[rows]
        for name in ("dates", "open", "high", "low", "close", "volume", "factor", "member")
    }
    assert inputs.index is not None
    assert inputs.vix is not None
    later = replace(inputs, panel=replace(panel, **tables), index=inputs.index[rows], vix=inputs.vix[rows])
    assert results(score_universe(later)) == results(score_universe(inputs))


def test_a_split_of_all_prices_changes_nothing(inputs: Inputs, scores: Scores) -> None:
    panel = inputs.panel
    tables = {name: getattr(panel, name) * 0.5 for name in ("open", "high", "low", "close")}
    halved = replace(panel, **tables, volume=panel.volume * 2.0)
    assert results(score_universe(replace(inputs, panel=halved))) == results(scores)


def test_a_day_that_is_no_session_is_refused(inputs: Inputs) -> None:
    with pytest.raises(ValueError, match="not a session"):
        score_universe(replace(inputs, as_of=day(inputs.panel, -1).replace(year=2035)))


def test_the_ledger_explains_the_difference(inputs: Inputs, scores: Scores) -> None:
    at = 2
    news = {**inputs.news, at: [NewsItem(0.0, -1.0)] * 20}
    before, after = scores.result(at), score_universe(replace(inputs, news=news)).result(at)
    found = changes(before, after)
    assert found[0]["input"] == "news"
    assert found[0]["points"] < 0
    assert sum(change["points"] for change in found) == pytest.approx(after["iscore"] - before["iscore"], abs=0.3)
    assert "→" in found[0]["text"]
    assert changes(before, before) == []
    assert changes(None, after) == []


def test_the_ledger_names_what_came_and_went(inputs: Inputs) -> None:
    at = 2
    without = {column: items for column, items in inputs.news.items() if column != at}
    before = score_universe(replace(inputs, news={**without, at: [NewsItem(0.0, -1.0)] * 20})).result(at)
    found = changes(before, score_universe(replace(inputs, news=without)).result(at))
    gone = next(change for change in found if change["input"] == "news")
    assert gone["after"] is None
    assert "no longer known" in gone["text"]


def test_lenders_are_judged_by_the_figures_of_lenders(scores: Scores) -> None:
    lender, other = scores.result(0), scores.result(1)
    of_lender = {entry["input"] for entry in lender["components"]["quantitative"]["inputs"]}
    assert of_lender & {"gnpa", "car", "roa"}
    assert not of_lender & {"debt_equity", "interest_cover", "cfo_ev", "earnings_yield"}
    assert not {entry["input"] for entry in other["components"]["quantitative"]["inputs"]} & {"gnpa", "car"}


def test_delivery_joins_the_stand_in(inputs: Inputs) -> None:
    rng = np.random.default_rng(3)
    delivery = rng.uniform(20.0, 80.0, inputs.panel.shape)
    found = score_universe(replace(inputs, delivery=delivery, attention={})).result(1)["components"]["search"]
    plain = score_universe(replace(inputs, attention={})).result(1)["components"]["search"]
    assert found["coverage"] == plain["coverage"] == 0.5
    assert found["inputs"][0]["value"] != plain["inputs"][0]["value"]
    assert found["effective_weight"] == 5.0
