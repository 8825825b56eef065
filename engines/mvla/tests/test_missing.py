"""What is missing is named, never filled in: minutes, bars behind the averages, open interest, ages, a live signal."""

import math
from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from engines.calibration.mapping import Calibrator
from engines.mvla import filters, levels, trades, words
from engines.mvla.analysis import Analysis, analyse
from engines.mvla.features import Features, features
from engines.mvla.filters import Check
from engines.mvla.history import build
from engines.mvla.inputs import Chain, Memory, MinuteBars, Record, SessionFacts, minute_bars
from engines.mvla.levels import Levels
from engines.mvla.payload import payload
from engines.mvla.tests.markets import DAY, OPEN_S, P, chain_at, history, index_only, moment_at, quiet, spot_of, walk
from engines.mvla.votes import direction


def without(bars: MinuteBars, *minutes: int, session: int = 10) -> MinuteBars:
    """The bars without some minutes of a session, counted from its open."""
    gone = (bars.session == session) & np.isin((bars.ts - bars.opens) // 60, minutes)
    return MinuteBars(**{name: getattr(bars, name)[~gone] for name in MinuteBars.__dataclass_fields__})


def analysed(bars: MinuteBars, at: int, *, bare: bool = True) -> Analysis:
    moment = moment_at(bars, at)
    return analyse(build(spot_of(bars), bars, P), index_only(moment) if bare else moment)


def codes(found: Analysis) -> set[str]:
    return {check.code for check in found.vetoes}


def momentum(found: Analysis) -> Check:
    return next(check for check in found.checks if check.code == "MOMENTUM_NOT_CONFIRMED")


# Minutes


@pytest.mark.parametrize("lost", [range(134, 135), range(127, 135), range(130, 144)])
def test_momentum_is_of_15_minutes_and_not_of_16_bars(lost: range) -> None:
    """The last minute is the 149th; fifteen before it is the 134th."""
    bars = walk(2, 1.2)
    assert momentum(analysed(bars, 150)).measure is not None
    found = analysed(without(bars, *lost), 150)
    assert math.isnan(found.features.close_15)
    assert (momentum(found).passed, momentum(found).measure) == (False, None)
    assert words.veto(momentum(found)) == "The last 15 minutes are not known."
    assert "strength.momentum" in found.missing_inputs
    assert not found.actionable


@pytest.mark.parametrize(("measure", "said"), [(-0.004, "0.00"), (-0.006, "\u22120.01"), (-3.0, "\u22123")])
def test_what_prints_as_zero_has_no_sign(measure: float, said: str) -> None:
    found = words.veto(Check("MOMENTUM_NOT_CONFIRMED", False, measure, 0.25, "ATR"))
    assert found == f"The last 15 minutes do not confirm the direction: {said} of 0.25 ATR."


def test_minutes_missing_in_between_change_nothing() -> None:
    bars = walk(2, 1.2)
    whole, holed = (analysed(one, 150).features for one in (bars, without(bars, 136, 137, 138, 142)))
    assert (holed.close_15, holed.close_5) == (whole.close_15, whole.close_5)
    assert holed.close_15 == bars.close[(bars.session == 10) & (bars.clock == 555 + 134)][0]


def test_the_minute_five_before_is_named_when_it_is_missing() -> None:
    bars = walk(2, 1.2)
    assert "close_5" not in analysed(bars, 150).missing_inputs
    found = analysed(without(bars, 144), 150)
    assert (momentum(found).passed, momentum(found).measure) == (False, None)
    assert "close_5" in found.missing_inputs
    assert "the index five minutes ago" in payload(found)["missing_words"]


@pytest.mark.parametrize("lost", [[0], [7], [14], range(13), range(15)])
def test_an_opening_range_needs_each_of_its_minutes(lost: range) -> None:
    bars = walk(2, 1.2)
    found = analysed(without(bars, *lost), 150)
    assert math.isnan(found.features.or_high)
    assert math.isnan(found.features.or_low)
    assert found.direction.value("orb") is None
    assert "orb" in found.missing_inputs
    assert found.direction.q == pytest.approx(0.32)
    assert "LOW_COVERAGE" in codes(found)
    later = analysed(without(bars, 15, 16, 40), 150)
    assert later.direction.value("orb") is not None, "minutes after the range are none of it"


def test_a_range_is_not_over_because_minutes_are_missing() -> None:
    """A hole between the fifth and the tenth minute is no step of the clock."""
    found = features(build(spot_of(without(walk(2), *range(5, 10))), None, P), moment_at(walk(2), 11), P)
    assert math.isnan(found.or_high)


def _slow(lost: tuple[int, ...] = ()) -> tuple[MinuteBars, float]:
    """A session of a whole day whose clock runs from 09:15 to 15:30: the range is its first 57.6 minutes."""
    minute = np.array([at for at in range(200) if at not in lost])
    price = 25_000.0 + minute
    bars = minute_bars(
        ts=OPEN_S + 60 * minute, open=price, high=price + 2, low=price - 2, close=price, volume=None,
        opens=np.array([OPEN_S]), clock_starts=np.array([555.0]), pace=375 / 1440,
    )  # fmt: skip
    return bars, float(OPEN_S + 60 * 200)


def test_the_minutes_of_a_range_are_counted_by_the_clock_of_the_exchange() -> None:
    def found(lost: tuple[int, ...], at: float | None = None) -> Features:
        bars, end = _slow(lost)
        moment = replace(moment_at(history(1)[0]), at_s=end if at is None else float(OPEN_S + 60 * at))
        return features(build(bars, None, P), moment, P)

    assert found(()).or_high == 25_000.0 + 57 + 2
    assert found((58, 59)).or_high == 25_000.0 + 57 + 2
    assert math.isnan(found((57,)).or_high)
    assert math.isnan(found((), 57).or_high)
    assert found((), 58).or_high == 25_000.0 + 57 + 2


@pytest.mark.parametrize("of", ["index", "future"])
def test_a_session_that_one_of_index_and_future_lacks_takes_no_vote_away(of: str) -> None:
    bars = walk(2, 1.2)
    whole = analysed(bars, 150, bare=False)
    lacking = numbered(without(bars, *range(375), session=4))
    spot, future = (lacking, bars) if of == "index" else (bars, lacking)
    found = analyse(build(spot_of(spot), future, P), moment_at(bars, 150))
    assert found.missing_inputs == whole.missing_inputs
    assert found.features.vwap == whole.features.vwap
    assert math.isfinite(found.features.volume_ratio)
    assert math.isfinite(found.features.future_high)
    assert found.direction.q == whole.direction.q


def numbered(bars: MinuteBars) -> MinuteBars:
    """The bars with their sessions numbered anew, as a reader of one series numbers those that it has."""
    opens, clock = np.unique(bars.opens), np.full(len(np.unique(bars.opens)), 555.0)
    return minute_bars(
        ts=bars.ts, open=bars.open, high=bars.high, low=bars.low, close=bars.close, volume=bars.volume, opens=opens,
        clock_starts=clock,
    )  # fmt: skip


# Bars behind the averages


def test_warm_are_the_bars_that_the_averages_rest_on() -> None:
    """Eight whole sessions before two of six bars each: the averages of today know nothing of the eight."""
    bars = walk(2, 1.2)
    for session in (8, 9):
        bars = without(bars, *range(30, 375), session=session)
    found = analysed(bars, 60)
    assert found.features.warm_bars == 6 + 6 + 12
    assert "WARMING_UP" in codes(found)
    assert analysed(bars, 359).features.warm_bars == 6 + 6 + 71
    assert "WARMING_UP" in codes(analysed(bars, 359))
    assert "WARMING_UP" not in codes(analysed(bars, 360)), "84 bars: four times the 21 of the slow average"
    assert "WARMING_UP" not in codes(analysed(walk(2, 1.2), 60))


@pytest.mark.parametrize("minutes", [0, 1, 4, 5, 30])
def test_what_comes_later_warms_nothing(minutes: int) -> None:
    bars = walk(2, 1.2)
    moment = replace(moment_at(bars, 150), at_s=float(OPEN_S + 60 * minutes))
    cut = bars.until(moment.at_s)
    expected = features(build(spot_of(cut), None, P), index_only(moment), P).warm_bars
    assert features(build(spot_of(bars), None, P), index_only(moment), P).warm_bars == expected > 84


# Open interest


def _interest(calls: np.ndarray, puts: np.ndarray) -> Chain:
    """1,000 open in each contract, of which 900 of each were there at the open, except where something else is said."""
    chain = chain_at(25_000.0)
    opened = np.full(41, 900.0)
    return replace(
        chain, call=replace(chain.call, oi=calls, oi_day_open=opened),
        put=replace(chain.put, oi=puts, oi_day_open=opened),
    )  # fmt: skip


@pytest.mark.parametrize("side", [0, 1])
def test_options_have_no_vote_without_the_interest_of_a_side(side: int) -> None:
    known, unknown = np.full(41, 1_000.0), np.full(41, np.nan)
    given = replace(moment_at(history(1)[0]), spot=25_000.0)
    whole = direction(quiet(), replace(given, chain=_interest(known, known)), P)
    assert whole.value("opt_oi") == 0.0
    sides = (unknown, known) if side == 0 else (known, unknown)
    assert direction(quiet(), replace(given, chain=_interest(*sides)), P).value("opt_oi") is None
    chain = _interest(known, known)
    no_open = replace(chain, put=replace(chain.put, oi_day_open=unknown))
    assert direction(quiet(), replace(given, chain=no_open), P).value("opt_oi") is None


def test_a_strike_counts_where_both_its_contracts_are_known() -> None:
    """Calls known below the money only: puts above it are not held against calls that nobody saw."""
    calls = np.where(np.arange(41) <= 20, 1_000.0, np.nan)
    puts = np.where(np.arange(41) <= 20, 1_000.0, 9_000.0)
    given = replace(moment_at(history(1)[0]), spot=25_000.0, chain=_interest(calls, puts))
    vote = next(one for one in direction(quiet(), given, P).votes if one.name == "opt_oi")
    assert vote.value == 0.0
    assert vote.facts == {"puts_added": 600.0, "calls_added": 600.0}


# Ages and phases in words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (91.0, "91 seconds"), (179.0, "179 seconds"), (180.0, "3 minutes"), (7_140.0, "119 minutes"),
        (7_200.0, "2 hours"), (82_800.0, "23 hours"), (172_800.0, "2 days"),
    ],
)  # fmt: skip
def test_an_age_in_words(seconds: float, said: str) -> None:
    assert words.age(seconds) == said
    assert words.veto(Check("DATA_STALE", False, seconds, 90.0, "s")) == (
        f"The oldest data is {said} old; at most 90 seconds are allowed."
    )


def test_the_oldest_input_is_named() -> None:
    moment = replace(moment_at(history(1)[0]), ages_s={"spot": 5.0, "chain": 82_800.0})

    def said(**figures: float) -> str:
        found = filters.market_checks(quiet(**figures), moment, P)
        return words.veto(next(one for one in found if one.code == "DATA_STALE"))

    assert said() == "The oldest data, the option chain, is 23 hours old; at most 90 seconds are allowed."
    assert said(bars_age_s=90_000.0).startswith("The oldest data, the index's minutes, is 25 hours old;")
    assert said(bars_age_s=math.inf) == "No data has come yet."


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("CLOSED", "the market is closed"), ("PRE_OPEN", "the session has not opened yet"),
        ("CLOSING_AUCTION", "the closing auction is on"), ("POST_CLOSE", "the session has closed"),
    ],
)  # fmt: skip
def test_a_closed_market_in_words(phase: str, said: str) -> None:
    session = SessionFacts(DAY, time(12), is_open=False, phase=phase)
    moment = replace(moment_at(history(1)[0]), session=session)
    found = next(one for one in filters.market_checks(quiet(), moment, P) if one.code == "MARKET_CLOSED")
    assert words.veto(found) == f"There is no continuous trading now: {said}."


# A live signal


def _firing() -> tuple[Analysis, Analysis]:
    """The same moment, at which a signal would fire, without and with one that is live."""
    bars, past = history(2, 1.2)
    for minutes in range(60, 300):
        moment = moment_at(bars, minutes)
        found = analyse(past, moment)
        if found.actionable:
            return found, analyse(past, replace(moment, record=Record(is_live=True)))
    raise AssertionError("nothing fires")


def test_a_live_signal_is_a_veto_in_words() -> None:
    free, held = _firing()
    assert codes(held) == {"SIGNAL_LIVE"}
    assert "SIGNAL_LIVE" not in codes(free)
    assert not held.actionable
    assert payload(held)["veto_words"] == ["A signal of this index is live; there is one at a time."]
    assert next(check for check in free.checks if check.code == "SIGNAL_LIVE").passed is True


def test_what_comes_up_while_a_signal_lives_is_seen_and_does_not_fire_after_it() -> None:
    """A trigger is a transition; one that a live signal kept from firing is over when that signal ends."""
    free, held = _firing()
    assert held.is_new
    assert held.memory == free.memory
    bars, past = history(2, 1.2)
    moment = replace(moment_at(bars, round((held.at_s - OPEN_S) / 60)), memory=held.memory)
    after = analyse(past, moment)
    assert after.actionable
    assert not after.is_new
    turned = analyse(past, replace(moment, memory=Memory(direction=-1, mode="BREAKOUT")))
    assert turned.is_new, "another direction or mode is a transition again"


# Worth


def _calibrated(probability: float) -> Calibrator:
    """A curve that says one probability to everything."""
    return Calibrator(kind="platt", n=60, slope=0.0, offset=math.log(1.0 / probability - 1.0))


def test_what_only_its_confidence_keeps_from_firing_is_withheld() -> None:
    """Costs count against the reward that is expected, so that a low confidence can make them too high."""
    bars, past = history(2, 1.2)
    moment = moment_at(bars, round((_firing()[0].at_s - OPEN_S) / 60))
    assert moment.chain is not None
    sure, low = (analyse(past, moment, calibrator=_calibrated(p)) for p in (0.9, 0.3))
    assert sure.actionable
    assert not sure.is_withheld
    assert low.confidence.tier is None
    assert codes(low) <= {"COST_TOO_HIGH"}
    assert low.is_withheld
    dear = replace(moment, chain=replace(moment.chain, lot=20))
    found = {p: analyse(past, dear, calibrator=_calibrated(p)) for p in (0.9, 0.5)}
    assert found[0.9].actionable
    assert (found[0.5].confidence.tier, codes(found[0.5])) == ("AGGRESSIVE", {"COST_TOO_HIGH"})
    assert found[0.5].is_withheld
    blocked = replace(moment, record=Record(is_live=True))
    assert not analyse(past, blocked, calibrator=_calibrated(0.3)).is_withheld


def test_costs_are_held_against_the_expected_reward() -> None:
    trade = _firing()[0].picked.trades[0]
    found = next(one for one in _firing()[0].checks if one.code == "COST_TOO_HIGH")
    expected = trade.chance * trade.levels.reward * trade.lot
    assert found.measure == pytest.approx(100.0 * trade.cost_per_lot / expected)


def test_the_expected_result_is_the_one_of_the_rule_book() -> None:
    """Entry 120, stop 105, target 145: RR 5/3 at cost / (15 x 65) of R."""
    moment = moment_at(history(1)[0])
    for probability in (0.50, 0.60, 0.75):
        found = trades._worth(moment, Levels(120.0, 105.0, 145.0), 65, 0.4, probability, 1.0, P)
        assert found["expected_r"] == levels.expected_r(probability, 5 / 3, found["cost_per_lot"] / 975)
    assert levels.target_chance(0.6, 0.0) == levels.target_chance(0.6, -1.0) == 0.0
