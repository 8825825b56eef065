"""What must hold for any market."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from engines.mvla.analysis import Analysis, analyse
from engines.mvla.history import build
from engines.mvla.inputs import Breadth, FutureInterest, MinuteBars, Profile
from engines.mvla.payload import payload
from engines.mvla.tests.markets import OPEN_S, P, chain_at, history, index_only, mirrored, moment_at, spot_of, walk

MOMENTS = (16, 30, 61, 150, 152, 299, 346)


def _no_nan(value: object) -> None:
    if isinstance(value, dict):
        for one in value.values():
            _no_nan(one)
    elif isinstance(value, list):
        for one in value:
            _no_nan(one)
    elif isinstance(value, float):
        assert math.isfinite(value)


def _at(bars: MinuteBars, minutes: int, *, bare: bool = False) -> Analysis:
    moment = moment_at(bars, minutes)
    return analyse(build(spot_of(bars), bars, P), index_only(moment) if bare else moment)


@pytest.mark.parametrize("drift", [0.0, 0.4, -0.4])
@pytest.mark.parametrize("minutes", MOMENTS)
def test_no_answer_holds_nan(minutes: int, drift: float) -> None:
    bars, past = history(3, drift)
    for moment in (moment_at(bars, minutes), index_only(moment_at(bars, minutes))):
        found = payload(analyse(past, moment))
        _no_nan(found)
        json.dumps(found, allow_nan=False)
        assert 0 <= found["confidence"] <= 74


def test_empty_and_short_histories_are_vetoed_not_raised() -> None:
    bars, _ = history(3)
    for count in (0, 1, 7, 400):
        part = MinuteBars(
            bars.ts[:count], *(column[:count] for column in (bars.open, bars.high, bars.low, bars.close)),
            bars.session[:count], bars.clock[:count], bars.opens[:count], bars.volume[:count],
        )  # fmt: skip
        at_s = float(bars.ts[count - 1] + 60) if count else float(OPEN_S)
        moment = replace(moment_at(bars), at_s=at_s, spot=25_000.0)
        found = analyse(build(spot_of(part), part, P), moment)
        json.dumps(payload(found), allow_nan=False)
        assert not found.actionable
        assert "WARMING_UP" in [check.code for check in found.vetoes]


@pytest.mark.parametrize("minutes", MOMENTS)
def test_the_future_changes_nothing(minutes: int) -> None:
    """Cut, shuffled or replaced: what comes later has no say."""
    bars, past = history(5, 0.3)
    moment = moment_at(bars, minutes)
    expected = payload(analyse(past, moment))
    known = int(np.searchsorted(bars.ts, moment.at_s - 60, side="right"))
    rng = np.random.default_rng(0)
    order = np.concatenate([np.arange(known), known + rng.permutation(len(bars) - known)])
    columns = ("open", "high", "low", "close", "volume")
    shuffled = replace(bars, **{name: getattr(bars, name)[order] for name in columns})
    for other in (bars.until(moment.at_s), shuffled):
        assert payload(analyse(build(spot_of(other), other, P), moment)) == expected


def test_same_input_same_output() -> None:
    bars, past = history(7, 0.3)
    moment = moment_at(bars)
    first = payload(analyse(past, moment))
    assert payload(analyse(build(spot_of(bars), bars, P), moment)) == first


@pytest.mark.parametrize("seed", range(6))
def test_a_mirrored_market_gives_the_mirrored_direction(seed: int) -> None:
    bars = walk(seed, 0.5)
    upside = mirrored(bars)
    for minutes in (61, 150, 299):
        plain, turned = moment_at(bars, minutes), moment_at(upside, minutes)
        turned = replace(
            turned,
            future=FutureInterest(price=turned.spot - 10, price_open=turned.spot, oi=1.01e7, oi_open=1.0e7),
            breadth=Breadth(40.0, 60.0, 20, 30),
            chain=replace(turned.chain, call=turned.chain.put, put=turned.chain.call),
        )
        one = analyse(build(spot_of(bars), bars, P), plain)
        other = analyse(build(spot_of(upside), upside, P), turned)
        assert other.direction.d == pytest.approx(-one.direction.d, abs=1e-9)
        assert other.direction.way == -one.direction.way
        assert other.strength.s == pytest.approx(one.strength.s, abs=1e-9)


def test_index_only_uses_nothing_but_the_index() -> None:
    bars, past = history(9, 0.5)
    bare = index_only(moment_at(bars, 150))
    alone = build(spot_of(bars), None, P)
    assert payload(analyse(past, bare)) == payload(analyse(alone, bare))
    found = analyse(alone, bare)
    assert found.direction.q == pytest.approx(0.50)
    assert "LOW_COVERAGE" not in [check.code for check in found.vetoes]
    assert found.entry.mode not in {"BREAKOUT", "REVERSAL"}
    assert found.strength.coverage == pytest.approx(0.70)
    assert found.profile is Profile.INDEX_ONLY


def test_an_upward_market_is_bullish_and_offers_three_calls() -> None:
    bars = walk(2, 1.2)
    found = _at(bars, 150)
    assert found.trade_direction == "BULLISH"
    trades = payload(found)["trades"]
    atm = found.money.atm
    assert [(t["type"], t["strike"], t["option_type"]) for t in trades] == [
        ("ATM", atm, "CE"), ("OTM", atm + 50, "CE"), ("ITM", atm - 100, "CE"),
    ]  # fmt: skip
    assert [t["risk"] for t in trades] == ["MEDIUM", "HIGH", "LOW"]
    assert sorted(t["rank"] for t in trades) == [1, 2, 3]
    for t in trades:
        assert t["sl"] >= 0.65 * t["entry_price"] - 1e-9
        assert t["sl"] < t["entry_price"] < t["target"]
        assert t["max_loss_per_lot"] > (t["entry_price"] - t["sl"]) * 65


def test_a_downward_market_offers_puts() -> None:
    found = _at(walk(2, -1.2), 150)
    assert found.trade_direction == "BEARISH"
    trades = payload(found)["trades"]
    atm = found.money.atm
    assert [(t["strike"], t["option_type"]) for t in trades] == [(atm, "PE"), (atm - 50, "PE"), (atm + 100, "PE")]


def test_confidence_rises_with_probability_never_above_it() -> None:
    for minutes in range(30, 345, 15):
        trust = _at(walk(4, 0.8), minutes).confidence
        if trust.probability is not None:
            assert trust.published <= 74
            assert trust.probability <= trust.published / 100 + 1e-12


def test_spot_far_from_the_chain_has_no_strikes() -> None:
    bars, past = history(2, 1.2)
    moment = moment_at(bars, 150)
    found = analyse(past, replace(moment, chain=chain_at(moment.spot + 3_000)))
    if found.way:
        assert "MISSING_STRIKES" in [check.code for check in found.vetoes]
        assert payload(found)["trades"] == []
    assert found.way
