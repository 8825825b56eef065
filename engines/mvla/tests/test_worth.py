"""Stop, target, forward and what a trade is worth, against numbers worked out by hand; filters of the option."""

import math
from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from engines.mvla import chains, levels, trades, words
from engines.mvla.analysis import analyse
from engines.mvla.inputs import SessionFacts
from engines.mvla.levels import Levels
from engines.mvla.tests.markets import DAY, P, chain_at, history, moment_at, quiet


@pytest.mark.parametrize(
    ("atr", "structure", "distance"),
    [
        (20.0, 25.0, 30.0),  # 1.5 ATR
        (20.0, 40.0, 40.0),  # the structure
        (20.0, math.nan, 30.0),
        (5.0, 10.0, 20.0),  # at least 0.08 % of 25,000
        (20.0, 200.0, 87.5),  # at most 0.35 %
    ],
)
def test_distance_of_the_stop(atr: float, structure: float, distance: float) -> None:
    assert levels.stop_distance(quiet(atr=atr, adverse_long=structure, adverse_short=1.0), 1, P) == distance
    assert levels.stop_distance(quiet(atr=atr, adverse_short=structure, adverse_long=1.0), -1, P) == distance


def _black(forward: float, strike: float, years: float, volatility: float, rate: float, sign: int) -> float:
    def below(x: float) -> float:
        return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))

    wide = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / wide + wide / 2.0
    inside = forward * below(sign * d1) - strike * below(sign * (d1 - wide))
    return math.exp(-rate * years) * sign * inside


@pytest.mark.parametrize(("is_call", "premium"), [(True, 162.229), (False, 112.259)])
def test_levels_of_an_option(is_call: bool, premium: float) -> None:
    """The rule book's contract: F 25,050, K 25,000, four days, 13 %, 5.5 %. Stop 15 minutes on, target 30."""
    sign, years = (1 if is_call else -1), 4 / 365
    assert _black(25_050, 25_000, years, 0.13, 0.055, sign) == pytest.approx(premium, abs=5e-4)
    minute = 1 / (365 * 24 * 60)
    sl = _black(25_050 - sign * 30, 25_000, years - 15 * minute, 0.13, 0.055, sign)
    target = _black(25_050 + sign * 50, 25_000, years - 30 * minute, 0.13, 0.055, sign)
    option = levels.Option(25_000.0, years, 0.13, is_call, rate=0.055)
    found = levels.option_levels(option, entry=premium + 0.2, forward=25_050.0, distance=30.0, p=P)
    assert found.sl == pytest.approx(math.ceil(sl / 0.05) * 0.05)
    assert found.target == pytest.approx(math.floor(target / 0.05) * 0.05)


def test_worth_of_a_trade() -> None:
    """Entry 120, stop 105, target 145, lot 65, spread 0.4; charges 68.68 at the target, 63.58 at the stop.

    p .60: u = 1.5, chance .5 / (1.5 - 1.5^(-5/3)) = .50442; cost = .50442 x 68.68 + .49558 x 63.58 + 26 = 92.1526,
    1.41773 a unit; net RR = 23.58227 / 16.41773; R = .50442 x 5/3 - .49558 - 92.1526 / 975;
    break-even (1 + .094516) / (8/3).
    """
    moment = moment_at(history(1)[0])
    found = trades._worth(moment, Levels(120.0, 105.0, 145.0), 65, 0.4, 0.60, 1.0, P)
    assert found == {
        "net_rr": pytest.approx(1.43639, abs=2e-5),
        "cost_per_lot": pytest.approx(92.1526, abs=2e-4),
        "max_loss_per_lot": pytest.approx(975 + 63.58),
        "chance": pytest.approx(0.50442, abs=1e-5),
        "break_even": pytest.approx(0.41044, abs=1e-5),
        "expected_r": pytest.approx(0.25060, abs=1e-5),
        "lots": 4,  # 5,000 / 1,038.58
    }
    assert trades._worth(moment, Levels(120.0, 105.0, 145.0), 65, 0.4, 0.60, 0.5, P)["lots"] == 2


def test_a_trade_pays_its_own_spread() -> None:
    bars, past = history(2, 1.2)
    found = analyse(past, moment_at(bars))
    for one in found.picked.trades:
        ends = [trades.round_trip("NIFTY", DAY, one.ask, price, 65) for price in (one.levels.target, one.levels.sl)]
        charges = one.chance * ends[0] + (1.0 - one.chance) * ends[1]
        assert one.cost_per_lot == pytest.approx(charges + 0.4 * 65)
        assert one.levels.entry == one.ask


@pytest.mark.parametrize(
    ("probability", "chance"),
    [
        (0.98, 0.97962), (0.999, 0.97962),  # u = 49: 48 / (49 - 49^(-5/3)); no surer than .98
        (0.03, 0.0029534),  # u = .030928: .969072 / (328.15 - .03)
        (0.001, levels.target_chance(0.02, 5 / 3)),
    ],
)  # fmt: skip
def test_chances_are_never_certain(probability: float, chance: float) -> None:
    assert levels.target_chance(probability, 5 / 3) == pytest.approx(chance, rel=2e-4)


def _picked(**changes: float) -> trades.Picked:
    bars, past = history(2, 1.2)
    atm = analyse(past, moment_at(bars)).picked.trades[0]
    plain = {
        "levels": Levels(120.0, 105.0, 145.0), "lot": 65, "net_rr": 1.4, "cost_per_lot": 90.0, "bid": 119.6,
        "ask": 120.0, "oi": 1e6, "volume": 1e6, "chance": 0.6,
    }  # fmt: skip
    return trades.Picked((replace(atm, **(plain | changes)),))


@pytest.mark.parametrize(
    ("code", "changes", "passed"),
    [
        ("SPREAD_WIDE", {"bid": 98.5, "ask": 101.5}, True), ("SPREAD_WIDE", {"bid": 98.47, "ask": 101.53}, False),
        ("THIN_OPTION", {"oi": 6_500.0}, True), ("THIN_OPTION", {"oi": 6_499.0}, False),  # 100 lots of 65
        ("THIN_OPTION", {"volume": 3_250.0}, True), ("THIN_OPTION", {"volume": 3_249.0}, False),  # 50 lots
        ("THIN_OPTION", {"volume": math.nan}, False), ("THIN_OPTION", {"oi": math.nan}, False),
        ("REWARD_TOO_SMALL", {"net_rr": 1.3}, True), ("REWARD_TOO_SMALL", {"net_rr": 1.299}, False),
        ("REWARD_TOO_SMALL", {"levels": Levels(120.0, 105.0, 142.5)}, True),  # 22.5 / 15 = 1.5
        ("REWARD_TOO_SMALL", {"levels": Levels(120.0, 105.0, 142.4)}, False),
        ("COST_TOO_HIGH", {"cost_per_lot": 195.0}, True),  # .6 x 25 x 65 = 975, a fifth
        ("COST_TOO_HIGH", {"cost_per_lot": 195.1}, False),
        ("COST_TOO_HIGH", {"cost_per_lot": 121.8, "chance": 0.375}, True),  # .375 x 1,625 = 609.4
        ("COST_TOO_HIGH", {"cost_per_lot": 121.9, "chance": 0.375}, False),
        ("COST_TOO_HIGH", {"levels": Levels(120.0, 105.0, 120.0)}, False),
    ],
)  # fmt: skip
def test_filters_of_the_option(code: str, changes: dict, passed: bool) -> None:
    found = next(one for one in trades.trade_checks(_picked(**changes), P) if one.code == code)
    assert found.passed is passed
    if any(isinstance(value, float) and math.isnan(value) for value in changes.values()):
        assert found.measure is None
        assert words.veto(found) == "The option's open interest or trading is not known."


def test_expected_value_makes_the_rank() -> None:
    base = _picked().trades[0]
    rows = [replace(base, kind=kind, expected_r=r) for kind, r in (("ATM", 0.1), ("OTM", 0.3), ("ITM", 0.2))]
    assert [one.rank for one in trades._ranked(rows)] == [3, 1, 2]
    assert [one.rank for one in trades._ranked([rows[0], replace(rows[1], avoid=True), rows[2]])] == [2, 3, 1]


@pytest.mark.parametrize(("d1", "avoid"), [(-0.50, False), (-0.55, True)])
def test_an_option_of_less_than_30_percent_delta_is_avoided_on_its_last_afternoon(d1: float, avoid: bool) -> None:
    """N(-.50) = .3085, N(-.55) = .2912: one step out, 90 minutes left, at the volatility that puts d1 there."""
    bars, past = history(2, 1.2)
    moment = moment_at(bars, 265)
    years = 1.5 / (365 * 24)
    strike = chains.money("NIFTY", chain_at(moment.spot), moment.spot).atm + 50.0
    away, root = math.log(moment.spot * math.exp(0.055 * years) / strike), math.sqrt(years)
    # d1 = away / (v root) + v root / 2: the smaller root of the quadratic
    volatility = (d1 + math.sqrt(d1 * d1 - 2.0 * away)) / root
    chain = replace(chain_at(moment.spot, years=years, volatility=volatility), expiry=DAY)
    session = SessionFacts(DAY, time(13, 30), is_expiry_day=True)
    picked = analyse(past, replace(moment, chain=chain, session=session)).picked
    otm = next(trade for trade in picked.trades if trade.kind == "OTM")
    assert otm.delta == pytest.approx({-0.50: 0.3085, -0.55: 0.2912}[d1], abs=2e-3)
    assert otm.avoid is avoid
    early = replace(session, market_time=time(13, 29))
    again = analyse(past, replace(moment, chain=chain, session=early)).picked
    assert not any(trade.avoid for trade in again.trades)


def test_the_forward_by_parity() -> None:
    """C 200, P 150 at 25,000: 25,000 + e^(.055 x 4/365) x 50 = 25,050.0301; the future's price goes before it."""
    chain = chain_at(25_010.0)
    at = int(np.flatnonzero(chain.strikes == 25_000.0)[0])
    sides = []
    for side, mid in ((chain.call, 200.0), (chain.put, 150.0)):
        bid, ask = side.bid.copy(), side.ask.copy()
        bid[at], ask[at] = mid - 1.0, mid + 1.0
        sides.append(replace(side, bid=bid, ask=ask))
    quoted = replace(chain, call=sides[0], put=sides[1])
    found = chains.money("NIFTY", quoted, 25_010.0)
    assert (found.atm, found.step, found.forward_source) == (25_000.0, 50.0, "parity")
    assert found.forward == pytest.approx(25_050.03014, abs=1e-5)
    future = chains.money("NIFTY", replace(quoted, forward=25_060.0), 25_010.0)
    assert (future.forward, future.forward_source) == (25_060.0, "future")
    crossed = replace(quoted, call=replace(sides[0], bid=sides[0].ask + 1.0))
    assert chains.money("NIFTY", crossed, 25_010.0).forward is None
