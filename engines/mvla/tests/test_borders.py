"""Every filter, softener and entry exactly at its border; what is missing is named; no number is vetoed, not raised."""

import math
from dataclasses import replace
from datetime import date, time, timedelta

import numpy as np
import pytest

from engines.calibration.mapping import Calibrator
from engines.mvla import confidence, filters, modes, words
from engines.mvla.analysis import analyse
from engines.mvla.confidence import Softener
from engines.mvla.discipline import Verdict
from engines.mvla.events import EVENTS, KNOWN_FROM, KNOWN_UNTIL, blackouts_on
from engines.mvla.features import features
from engines.mvla.filters import Check
from engines.mvla.history import build
from engines.mvla.inputs import DayFacts, MinuteBars, Moment, SessionFacts
from engines.mvla.modes import Entry
from engines.mvla.payload import payload
from engines.mvla.strength import Strength
from engines.mvla.tests.markets import (
    DAY,
    OPEN_S,
    P,
    history,
    index_only,
    moment_at,
    of_fives,
    quiet,
    spot_of,
    walk,
)
from engines.mvla.votes import Direction

FREE = Verdict((), 1.0, 0, 0, 0.0, 0.0, None)
MORNING = SessionFacts(DAY, time(10, 30))


@pytest.fixture(scope="module")
def moment() -> Moment:
    return replace(moment_at(history(1)[0], 150), session=MORNING, ages_s={})


def check(moment: Moment, code: str, **figures: float) -> Check:
    found = filters.market_checks(quiet(**figures), moment, P)
    return next(one for one in found if one.code == code)


@pytest.mark.parametrize(
    ("code", "figures", "passed"),
    [
        ("CHOPPY", {"chop": 61.8}, True), ("CHOPPY", {"chop": 61.81}, False), ("CHOPPY", {"chop": math.nan}, None),
        ("WARMING_UP", {"warm_bars": 84}, True), ("WARMING_UP", {"warm_bars": 83}, False),
        ("DATA_STALE", {"bars_age_s": 90.0}, True), ("DATA_STALE", {"bars_age_s": 90.5}, False),
        ("DATA_STALE", {"bars_age_s": math.inf}, False),
        ("AFTER_HALT", {"resumed_s": 900.0}, True), ("AFTER_HALT", {"resumed_s": 899.0}, False),
        ("AFTER_HALT", {"resumed_s": math.nan}, True),
        # within 0.3 % of a move of 10, 15 or 20 %, either way
        ("NEAR_CIRCUIT", {"close": 27_424.0}, True), ("NEAR_CIRCUIT", {"close": 27_426.0}, False),
        ("NEAR_CIRCUIT", {"close": 27_574.0}, False), ("NEAR_CIRCUIT", {"close": 27_576.0}, True),
        ("NEAR_CIRCUIT", {"close": 22_500.0}, False), ("NEAR_CIRCUIT", {"close": 28_750.0}, False),
        ("NEAR_CIRCUIT", {"close": 20_000.0}, False), ("NEAR_CIRCUIT", {"previous_close": math.nan}, None),
    ],
)  # fmt: skip
def test_filters_of_the_market(moment: Moment, code: str, figures: dict[str, float], passed: bool | None) -> None:
    assert check(moment, code, **figures).passed is passed


def test_a_sideways_market_fires_nothing() -> None:
    """Bars that go nowhere: the analysis is vetoed as CHOPPY, in words."""
    bars = walk(2, 1.2)
    near = bars.session >= 9
    flat = np.where(near & (bars.clock % 2 == 0), 25_010.0, 24_990.0)
    sides = {name: np.where(near, flat, getattr(bars, name)) for name in ("open", "close")}
    high = np.where(near, 25_012.0, bars.high)
    low = np.where(near, 24_988.0, bars.low)
    still = replace(bars, high=high, low=low, **sides)
    found = analyse(build(spot_of(still), still, P), moment_at(still, 150))
    assert found.features.chop == pytest.approx(100.0)  # fourteen ranges of 24 in a range of 24: log 14 / log 14
    assert "CHOPPY" in [one.code for one in found.vetoes]
    assert "The index moves sideways: choppiness 100, at most 61.80." in payload(found)["veto_words"]
    assert not found.actionable


@pytest.mark.parametrize(("live", "q", "passed"), [(True, 0.60, True), (True, 0.59, False), (False, 0.45, True),
                                                   (False, 0.44, False)])  # fmt: skip
def test_coverage(moment: Moment, live: bool, q: float, passed: bool) -> None:
    given = moment if live else index_only(moment)
    assert filters.direction_checks(quiet(), given, Direction((), 0.5, q, 1.0, 1), P)[0].passed is passed


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize(
    ("gained", "paused", "passed"),
    [
        (0.25 * 20 * 3**0.5, 0.0, True),  # a quarter of ATR x sqrt 3
        (0.24 * 20 * 3**0.5, 0.0, False), (9.0, -4.9, True), (9.0, -5.0, False), (math.nan, 0.0, False),
        (9.0, math.nan, False),
    ],
)  # fmt: skip
def test_momentum(way: int, gained: float, paused: float, passed: bool) -> None:
    f = quiet(close_15=25_000.0 - way * gained, close_5=25_000.0 - way * paused)
    found = filters.entry_checks(f, Entry(modes.PULLBACK, way, ""), FREE, P)[0]
    assert found.passed is passed
    assert found.code == "MOMENTUM_NOT_CONFIRMED"
    if math.isnan(gained) or math.isnan(paused):
        assert found.measure is None
        assert words.veto(found) == "The last 15 minutes are not known."


def test_a_halt_is_a_gap_of_ten_minutes() -> None:
    for minutes, is_halt in ((10, True), (9, False)):
        bars = walk(2, 1.2)
        today = bars.session == bars.session[-1]
        missing = today & (bars.clock >= 655) & (bars.clock < 654 + minutes)  # starts lie ``minutes`` apart
        kept = {name: getattr(bars, name)[~missing] for name in MinuteBars.__dataclass_fields__}
        cut = MinuteBars(**kept)
        found = features(build(spot_of(cut), cut, P), moment_at(cut, 120), P)
        assert math.isnan(found.resumed_s) is not is_halt
        if is_halt:
            assert found.resumed_s == 60.0 * (120 - 109)


# Announcements


def _announcements(moment: Moment, day: date, until: date | None = None) -> Check:
    session = replace(moment.session, trade_date=day, events_until=until)
    return check(replace(moment, session=session), "EVENT_BLACKOUT")


def test_after_the_last_listed_announcement_nothing_is_known(moment: Moment) -> None:
    assert max(row.day for row in EVENTS) == KNOWN_UNTIL == date(2026, 2, 6)
    assert _announcements(moment, KNOWN_UNTIL).passed is True
    later = _announcements(moment, KNOWN_UNTIL + timedelta(days=1))
    assert later.passed is None
    assert words.check_words(later) == "Announcements are known until 6 Feb 2026 only."
    assert _announcements(moment, date(2026, 12, 4), date(2026, 12, 4)).passed is True
    after = _announcements(moment, date(2026, 12, 5), date(2026, 12, 4))
    assert words.check_words(after) == "Announcements are known until 4 Dec 2026 only."
    earlier = _announcements(moment, date(2026, 2, 7), date(2025, 1, 1))
    assert words.check_words(earlier) == "Announcements are known until 6 Feb 2026 only.", "it takes nothing away"


def test_before_the_first_listed_announcement_nothing_is_known(moment: Moment) -> None:
    assert min(row.day for row in EVENTS) == KNOWN_FROM == date(2024, 2, 1)
    assert _announcements(moment, KNOWN_FROM).passed is True
    budget_day = _announcements(moment, date(2009, 7, 6))
    assert budget_day.passed is None
    assert words.check_words(budget_day) == "Announcements are known from 1 Feb 2024 on only."


def test_hours_of_announcements() -> None:
    hours = {row.kind: [(one.start, one.end) for one in blackouts_on(row.day)] for row in EVENTS}
    assert hours == {
        "rbi_policy": [(time(9, 45), time(11, 0))], "budget": [(time(10, 45), time(13, 30))],
        "election_counting": [(time(9, 15), time(15, 30))],
    }  # fmt: skip


def test_the_move_of_15_minutes_is_of_today() -> None:
    bars, past = history(2, 1.2)
    first = bars.close[bars.session == 10][0]
    assert math.isnan(features(past, moment_at(bars, 15), P).close_15)
    assert features(past, moment_at(bars, 16), P).close_15 == first
    assert features(past, moment_at(bars, 6), P).close_5 == first


def test_what_is_not_known_about_announcements_is_told_and_is_no_veto() -> None:
    bars, past = history(2, 1.2)
    found = analyse(past, moment_at(bars))
    told = payload(found)
    row = next(one for one in told["layers"]["filters"]["checks"] if one["code"] == "EVENT_BLACKOUT")
    assert row["passed"] is None
    assert row["words"] == "Announcements are known until 6 Feb 2026 only."
    assert "EVENT_BLACKOUT" not in told["vetoes"]
    assert told["missing_inputs"] == ["announcements"]
    assert told["missing_words"] == ["announcements of the day"]


def test_missing_facts_of_the_day_have_names() -> None:
    bars, past = history(2, 1.2)
    moment = moment_at(bars)

    def missing(**changes: object) -> set[str]:
        day = replace(moment.day, **changes)
        return set(analyse(past, replace(moment, day=day)).missing_inputs) - {"announcements"}

    assert missing() == set()
    assert missing(vix=None) == {"vix"}
    assert missing(vix=math.nan) == {"vix"}
    assert missing(vix_previous=0.0) == {"vix"}
    assert missing(vix_closes=np.full(19, 12.0)) == {"vix_closes"}
    assert missing(vix_closes=np.append(np.full(19, 12.0), math.nan)) == {"vix_closes"}
    assert missing(closes=np.full(19, 25_000.0)) == {"daily_closes"}
    assert missing(closes=np.append(np.full(40, 25_000.0), math.nan)) == {"daily_closes"}
    alone = build(spot_of(bars.until(bars.opens[-1])), None, P)
    nothing = analyse(alone, replace(moment, day=DayFacts(), at_s=float(bars.opens[-1] - 60)))
    assert {"vix", "vix_closes", "daily_closes"} <= set(nothing.missing_inputs)
    told = payload(nothing)["missing_words"]
    assert len(told) == len(nothing.missing_inputs)
    assert {"Future against its VWAP", "India VIX", "closes of the last 20 sessions"} <= set(told)
    first = bars.session == 10
    one_day = MinuteBars(
        **{name: getattr(bars, name)[first] for name in MinuteBars.__dataclass_fields__ if name != "session"},
        session=np.zeros(first.sum(), np.int64),
    )
    assert "previous_day" in analyse(build(spot_of(one_day), None, P), replace(moment, day=DayFacts())).missing_inputs


# Confidence


def test_softeners_and_coverage_lower_the_score() -> None:
    """.55 x (.5 - .3) / .7 + .45 x .5 = .3821429; x .8 x .92 x .85 = .2390684; 50 + 50 x that = 61.95 -> 62."""
    found = confidence.confidence(
        confidence.Finding(d=-0.5, q=0.8, s=0.5, way=-1, mode=modes.PULLBACK),
        (Softener("LUNCH", 0.92), Softener("EXPIRY_AFTERNOON", 0.85)),
        calibrator=Calibrator(), cap=None, p=P,
    )  # fmt: skip
    assert found.raw == pytest.approx(61.95342)
    assert (found.published, found.tier) == (62, "REGULAR")


@pytest.mark.parametrize(
    ("figures", "way", "codes"),
    [
        ({"day_open": 25_251.0, "day_low": 25_001.0}, -1, {"GAP_AGAINST"}),  # 1.004 % up, not filled
        ({"day_open": 25_249.0, "day_low": 25_001.0}, -1, set()),  # 0.996 %
        ({"day_open": 25_251.0, "day_low": 25_001.0}, 1, set()),
        ({"day_open": 25_251.0, "day_low": 25_000.0}, -1, set()),
        ({"day_open": 24_749.0, "day_high": 24_999.0}, 1, {"GAP_AGAINST"}),
        ({"day_open": 24_749.0, "day_high": 25_000.0}, 1, set()),
    ],
)
def test_a_gap_against(moment: Moment, figures: dict[str, float], way: int, codes: set[str]) -> None:
    bare = replace(moment, day=DayFacts())
    found = confidence.softeners(quiet(**figures), bare, way, None, P)
    assert {one.code for one in found} == codes


def test_what_each_softener_is_worth(moment: Moment) -> None:
    """Against the daily average: closes 100 ... 119, then 141; EMA20 = 109.5 + 2/21 x (141 - 109.5) = 112.5."""
    day = DayFacts(closes=np.array([*range(100, 120), 141], float))
    late = replace(moment, session=SessionFacts(DAY, time(13, 0), is_expiry_day=True), day=day)
    found = confidence.softeners(quiet(close=112.4, day_open=100.0, previous_close=math.nan), late, 1, 81.0, P)
    assert {one.code: one.factor for one in found} == {
        "EXPIRY_AFTERNOON": 0.85, "LUNCH": 0.92, "RICH_PREMIUM": 0.92, "TREND_AGAINST": 0.92,
    }  # fmt: skip
    above = confidence.softeners(quiet(close=112.6, day_open=100.0, previous_close=math.nan), late, 1, 81.0, P)
    assert "TREND_AGAINST" not in {one.code for one in above}


# Entries

STRONG = Strength((), 0.5, 1.0)
UP = Direction((), 0.5, 1.0, 0.8, 1)
DOWN = Direction((), -0.5, 1.0, 0.8, -1)


@pytest.mark.parametrize(
    ("way", "close", "volume", "mode"),
    [
        # levels 25,050 / 25,100 / 25,200 above and 24,950 / 24,900 / 24,800 below, plus 0.1 x 20
        (UP, 25_052.0, 1.2, modes.BREAKOUT), (UP, 25_051.9, 1.2, modes.NONE), (UP, 25_052.0, 1.19, modes.NONE),
        (DOWN, 24_948.0, 1.2, modes.BREAKOUT), (DOWN, 24_948.1, 1.2, modes.NONE),
    ],
)  # fmt: skip
def test_breakouts(way: Direction, close: float, volume: float, mode: str) -> None:
    f = quiet(five_close=close, volume_ratio=volume)
    assert modes.entry(f, way, STRONG, 0.0, P).mode == mode


@pytest.mark.parametrize(
    ("level", "named"),
    [("or_high", "the opening range"), ("previous_high", "yesterday's range"), ("donchian_high", "the last 20 bars")],
)
def test_each_level_can_be_broken(level: str, named: str) -> None:
    far = dict.fromkeys(("or_high", "previous_high", "donchian_high"), 1e9) | {level: 25_000.0}
    found = modes.entry(quiet(**far, five_close=25_002.0, volume_ratio=2.0), UP, STRONG, 0.0, P)
    assert (found.mode, found.why) == (
        modes.BREAKOUT, f"A five-minute close above {named} on 2.0 times the usual volume.",
    )  # fmt: skip


@pytest.mark.parametrize("close", [25_000.0, 25_060.0, 25_250.0])  # within all levels, beyond one, beyond all
@pytest.mark.parametrize("volume", [1.19, math.nan])
def test_a_strong_move_goes_on_wherever_the_price_is(close: float, volume: float) -> None:
    """A break without the volume of a breakout is no breakout, so that none of the modes above matches."""
    strong, f = Strength((), 0.70, 1.0), quiet(adx=25.0, five_close=close, five_open=close, volume_ratio=volume)
    assert modes.entry(f, UP, strong, 1_800.0, P).mode == modes.CONTINUATION
    assert modes.entry(f, UP, Strength((), 0.69, 1.0), 1_800.0, P).mode == modes.NONE
    assert modes.entry(replace(f, adx=24.9), UP, strong, 1_800.0, P).mode == modes.NONE


def test_a_breakout_or_a_pullback_goes_before_a_continuation() -> None:
    strong, f = Strength((), 0.70, 1.0), quiet(adx=25.0, five_close=25_060.0, five_open=25_040.0)
    assert modes.entry(replace(f, volume_ratio=1.2), UP, strong, 1_800.0, P).mode == modes.BREAKOUT
    assert modes.entry(f, UP, strong, 1_800.0, P).mode == modes.PULLBACK
    assert modes.entry(f, UP, strong, 1_799.0, P).mode == modes.CONTINUATION


def test_pullback_to_the_vwap_is_of_the_future() -> None:
    f = quiet(five_open=25_030.0, five_close=25_040.0, five_low=25_030.0, ema_slow=24_000.0, vwap=25_020.0)
    assert modes.entry(replace(f, future_low=25_025.0), UP, STRONG, 1_800.0, P).mode == modes.PULLBACK  # .25 ATR = 5
    assert modes.entry(replace(f, future_low=25_025.1), UP, STRONG, 1_800.0, P).mode == modes.NONE
    fall = quiet(five_open=24_970.0, five_close=24_960.0, five_high=24_971.0, ema_slow=24_976.0, vwap=20_000.0)
    assert modes.entry(fall, DOWN, STRONG, 1_800.0, P).mode == modes.PULLBACK
    assert modes.entry(fall, DOWN, STRONG, 1_799.0, P).mode == modes.NONE


def test_reversal_at_its_borders() -> None:
    f = quiet(future_close=24_960.0, failed_low=True, bullish_divergence=True)  # z = -40 / 20 = -2
    turned = Direction((), 0.15, 1.0, 0.6, 0)
    assert modes.entry(f, turned, STRONG, 0.0, P) == Entry(
        modes.REVERSAL, 1, "A break was taken back 2.0 deviations from the VWAP, RSI diverging."
    )
    assert modes.entry(replace(f, future_close=24_960.1), turned, STRONG, 0.0, P).mode == modes.NONE
    assert modes.entry(f, replace(turned, agreement=0.59), STRONG, 0.0, P).mode == modes.NONE
    assert modes.entry(f, replace(turned, d=0.149), STRONG, 0.0, P).mode == modes.NONE


def _swing(top: float, last: float) -> list[tuple[float, float, float, float]]:
    """Twenty bars: a rise without a pause to 25,142, a dip, a slow climb to ``top``, a close at ``last``."""
    rise = [(25_000.0 + 10 * at, 25_012.0 + 10 * at, 24_998.0 + 10 * at, 25_010.0 + 10 * at) for at in range(14)]
    dip = [(25_140.0, 25_141.0, 25_090.0, 25_095.0)]
    climb = [(25_095.0 + 8 * at, 25_105.0 + 8 * at, 25_093.0 + 8 * at, 25_103.0 + 8 * at) for at in range(3)]
    return [*rise, *dip, *climb, (25_119.0, top, 25_110.0, 25_125.0), (25_125.0, 25_126.0, last - 2, last)]


@pytest.mark.parametrize(
    ("top", "last", "previous_high", "failed", "diverged"),
    [
        (25_150.0, 25_120.0, 25_148.0, True, True),  # above the day before and back below it; a new high, RSI lower
        (25_150.0, 25_120.0, 25_151.0, False, True),  # never above it
        (25_150.0, 25_120.0, 25_119.0, False, True),  # not back below it
        (25_141.0, 25_120.0, 25_140.0, True, False),  # no new high
    ],
)
def test_failed_breaks_and_divergence(
    top: float, last: float, previous_high: float, failed: bool, diverged: bool
) -> None:
    quiet_day = [(25_000.0, 25_004.0, 24_996.0, 25_000.0 + at % 2) for at in range(40)]
    for turn in (1, -1):
        fives = [*quiet_day, *_swing(top, last)]
        if turn < 0:
            fives = [(50_000 - o, 50_000 - low, 50_000 - h, 50_000 - c) for o, h, low, c in fives]
        bars = of_fives(fives, before=40)
        level = previous_high if turn > 0 else 50_000 - previous_high
        other = 20_000.0 if turn > 0 else 90_000.0
        day = DayFacts(max(level, other), min(level, other), 25_000.0)
        moment = replace(moment_at(history(1)[0]), at_s=float(OPEN_S + 60 * 100), day=day)
        f = features(build(bars, None, P), moment, P)
        assert ((f.failed_high, f.bearish_divergence) if turn > 0 else (f.failed_low, f.bullish_divergence)) == (
            failed, diverged,
        )  # fmt: skip
        young = replace(moment, at_s=float(OPEN_S + 60 * 95))
        early = features(build(of_fives([*fives[:40], *fives[41:]], before=40), None, P), young, P)
        told = (early.failed_high, early.failed_low, early.bearish_divergence, early.bullish_divergence)
        assert told == (False,) * 4, "nineteen bars are too few"
        assert not ((f.failed_low or f.bullish_divergence) if turn > 0 else (f.failed_high or f.bearish_divergence))


# Inputs that are no numbers


@pytest.mark.parametrize("spot", [math.inf, -math.inf, math.nan, 0.0])
def test_a_price_that_is_none_is_vetoed_not_raised(spot: float) -> None:
    bars, past = history(2, 1.2)
    found = analyse(past, replace(moment_at(bars), spot=spot))
    assert not found.actionable
    assert "MISSING_STRIKES" in [one.code for one in found.vetoes]
    assert payload(found)["atm_strike"] is None
    assert "opt_oi" in found.missing_inputs


@pytest.mark.parametrize("lot", [0, -65])
def test_a_contract_without_a_lot_is_vetoed_not_raised(lot: int) -> None:
    bars, past = history(2, 1.2)
    moment = moment_at(bars)
    assert moment.chain is not None
    found = analyse(past, replace(moment, chain=replace(moment.chain, lot=lot)))
    assert "LOT_UNKNOWN" in [one.code for one in found.vetoes]
    assert "The contract's lot size is not known." in payload(found)["veto_words"]


def test_every_code_has_words() -> None:
    for code in (*words.UNMEASURED, *words.UNKNOWN):
        assert code in words.VETOES
    assert words.check_words(Check("CHOPPY", None)) == ""
    assert words.check_words(Check("CHOPPY", True, 40.0, 61.8)) == ""
