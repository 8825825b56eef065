"""Filters, the loss-averse state, entry modes and strikes, each at its border."""

from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from engines.mvla import discipline, modes
from engines.mvla.analysis import Analysis, analyse
from engines.mvla.chains import FROM_BEFORE, volatilities
from engines.mvla.confidence import softeners
from engines.mvla.features import features
from engines.mvla.history import build
from engines.mvla.inputs import Blackout, DayFacts, Memory, MinuteBars, Moment, PastTrigger, Record, SessionFacts
from engines.mvla.payload import payload
from engines.mvla.strength import iv_rank, strength
from engines.mvla.tests.markets import DAY, P, chain_at, clock_at, history, moment_at, spot_of, walk
from engines.mvla.votes import direction


def codes(found: Analysis) -> set[str]:
    return {check.code for check in found.vetoes}


def at(minutes: int = 150, seed: int = 2, drift: float = 1.2, **changes: object) -> Analysis:
    bars, past = history(seed, drift)
    return analyse(past, replace(moment_at(bars, minutes), **changes))  # type: ignore[arg-type]


def session(clock: time, **more: object) -> SessionFacts:
    return SessionFacts(DAY, clock, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("clock", "expiry", "code"),
    [
        (time(9, 29, 59), False, "TOO_EARLY"),
        (time(9, 30), False, None),
        (time(14, 59, 59), False, None),
        (time(15, 0), False, "TOO_LATE"),
        (time(14, 29, 59), True, None),
        (time(14, 30), True, "TOO_LATE"),
    ],
)
def test_hours(clock: time, expiry: bool, code: str | None) -> None:
    found = codes(at(session=session(clock, is_expiry_day=expiry))) & {"TOO_EARLY", "TOO_LATE"}
    assert found == ({code} if code else set())


def test_closed_market_and_blackout() -> None:
    assert "MARKET_CLOSED" in codes(at(session=session(time(12), is_open=False, phase="CLOSED")))
    policy = (Blackout(time(9, 45), time(11), "the policy statement"),)
    found = at(session=session(time(10), blackouts=policy))
    assert "EVENT_BLACKOUT" in codes(found)
    assert "Nothing fires around the policy statement." in payload(found)["veto_words"]
    assert "EVENT_BLACKOUT" not in codes(at(session=session(time(11), blackouts=policy)))


@pytest.mark.parametrize(("vix", "vetoed"), [(14.99, False), (15.0, True), (20.0, True)])
def test_vix_jump(vix: float, vetoed: bool) -> None:
    day = replace(moment_at(history(2, 1.2)[0]).day, vix=vix * 1.0, vix_previous=15.0 / 1.15)
    assert ("VIX_JUMP" in codes(at(day=day))) is vetoed


def test_stale_inputs() -> None:
    assert "DATA_STALE" not in codes(at(ages_s={"chain": 90.0}))
    assert "DATA_STALE" in codes(at(ages_s={"chain": 91.0, "spot": 1.0}))
    bars, past = history(2, 1.2)
    late = replace(moment_at(bars, 375), session=session(time(12)))
    assert "DATA_STALE" in codes(analyse(past, replace(late, at_s=late.at_s + 91)))


def test_faults_are_vetoes_with_words() -> None:
    found = at(faults=("PROVIDER_DOWN",), chain=None)
    assert {"PROVIDER_DOWN", "NO_CHAIN"} <= codes(found)
    assert not found.actionable
    assert "A source of market data does not answer." in payload(found)["veto_words"]


def test_near_a_circuit_trigger() -> None:
    bars, _ = history(2, 1.2)
    close = moment_at(bars, 150).spot
    for share, vetoed in ((0.098, True), (0.0969, False), (0.0, False)):
        day = replace(moment_at(bars).day, previous_high=1e6, previous_low=1.0, previous_close=close / (1 + share))
        assert ("NEAR_CIRCUIT" in codes(at(day=day))) is vetoed


def test_after_a_halt_fifteen_minutes_pass() -> None:
    bars = walk(2, 1.2)
    today = bars.session == bars.session[-1]
    gap = today & (bars.clock >= 555 + 100) & (bars.clock < 555 + 120)
    columns = {name: getattr(bars, name)[~gap] for name in MinuteBars.__dataclass_fields__}
    cut = MinuteBars(**columns)
    past = build(spot_of(cut), cut, P)
    assert "AFTER_HALT" in codes(analyse(past, moment_at(cut, 134)))
    assert "AFTER_HALT" not in codes(analyse(past, moment_at(cut, 135)))


def test_low_coverage() -> None:
    found = at(future=None, breadth=None, chain=None)
    assert found.direction.q == pytest.approx(0.68)
    assert "LOW_COVERAGE" not in codes(found)
    bars, _ = history(2, 1.2)
    alone = analyse(build(spot_of(bars), None, P), replace(moment_at(bars), future=None, breadth=None, chain=None))
    assert alone.direction.q == pytest.approx(0.50)
    assert "LOW_COVERAGE" in codes(alone)


def test_option_filters() -> None:
    bars, _ = history(2, 1.2)
    chain = moment_at(bars).chain
    assert chain is not None
    wide = replace(chain, call=replace(chain.call, ask=chain.call.bid * 1.05))
    assert "SPREAD_WIDE" in codes(at(chain=wide))
    thin = replace(chain, call=replace(chain.call, oi=np.full(41, 99.0 * 65)))
    assert "THIN_OPTION" in codes(at(chain=thin))
    idle = replace(chain, call=replace(chain.call, volume=np.full(41, 49.0 * 65)))
    assert "THIN_OPTION" in codes(at(chain=idle))
    assert "THIN_OPTION" not in codes(at())
    dear = replace(chain, lot=1)  # twenty rupees an order on one unit
    assert {"COST_TOO_HIGH", "REWARD_TOO_SMALL"} <= codes(at(chain=dear))


def test_a_missing_contract_means_no_trades() -> None:
    bars, _ = history(2, 1.2)
    chain = moment_at(bars).chain
    assert chain is not None
    ask = chain.call.ask.copy()
    ask[19 - 1] = np.nan  # two steps in the money
    found = at(chain=replace(chain, call=replace(chain.call, ask=ask)))
    assert "MISSING_STRIKES" in codes(found)
    assert found.picked.trades == ()


# The loss-averse state


def stop(minutes_ago: float, way: int = 1, r: float = -1.0) -> PastTrigger:
    return PastTrigger(at_s=-1e4, direction=way, outcome="SL", closed_s=-60.0 * minutes_ago, r=r)


@pytest.mark.parametrize(
    ("ago", "way", "rests"), [(29.9, 1, True), (30, 1, False), (14.9, -1, True), (15, -1, False), (20, -1, False)]
)
def test_cool_down(ago: float, way: int, rests: bool) -> None:
    said = discipline.verdict(Record(today=(stop(ago),)), way, 0.0, P)
    assert ("COOL_DOWN" in said.codes) is rests


def test_a_win_needs_no_rest() -> None:
    won = PastTrigger(-100.0, 1, "TARGET", -50.0, 1.6)
    assert discipline.verdict(Record(today=(won,)), 1, 0.0, P).codes == ()


def test_three_triggers_a_day() -> None:
    won = PastTrigger(-100.0, 1, "TARGET", -50.0, 1.6)
    assert "MAX_TRIGGERS" not in discipline.verdict(Record(today=(won,) * 2), 1, 0.0, P).codes
    assert "MAX_TRIGGERS" in discipline.verdict(Record(today=(won,) * 3), 1, 0.0, P).codes


def test_two_stops_or_two_r_end_the_day() -> None:
    def ends(record: Record) -> bool:
        return "DAILY_LOSS_STOP" in discipline.verdict(record, 1, 0.0, P).codes

    assert not ends(Record(today=(stop(100),)))
    assert ends(Record(today=(stop(200), stop(100, -1))))
    timed = PastTrigger(-1e4, 1, "TIME_EXIT", -9e3, -1.0)
    assert not ends(Record(today=(timed,)))
    assert ends(Record(today=(timed, timed)))
    assert ends(Record(account_today=(stop(200), stop(100))))


def test_a_bad_week_halves_the_size() -> None:
    week = tuple(PastTrigger(-1e5, 1, "TIME_EXIT", -9e4, -1.0) for _ in range(5))
    assert discipline.verdict(Record(account_week=week[:4]), 1, 0.0, P).size == 1.0
    assert discipline.verdict(Record(account_week=week), 1, 0.0, P).size == 0.5
    almost = (*week[:4], replace(week[0], r=-0.99))
    assert discipline.verdict(Record(account_week=almost), 1, 0.0, P).size == 1.0
    whole, half = at(), at(record=Record(account_week=week))
    assert half.picked.trades[0].lots == whole.picked.trades[0].lots // 2
    assert half.discipline.size == 0.5


# Entry modes


def parts(minutes: int = 150, seed: int = 2, drift: float = 1.2) -> tuple:
    bars, past = history(seed, drift)
    moment = moment_at(bars, minutes)
    f = features(past, moment, P)
    return f, direction(f, moment, P), strength(f, moment, P)


def test_breakout_needs_distance_and_volume() -> None:
    f, way, strong = parts()
    level = f.or_high
    f = replace(f, previous_high=1e9, donchian_high=1e9, volume_ratio=1.2, five_close=level + 0.1 * f.atr)
    assert modes.entry(f, way, strong, 0, P).mode == modes.BREAKOUT
    assert modes.entry(replace(f, volume_ratio=1.19), way, strong, 0, P).mode != modes.BREAKOUT
    assert modes.entry(replace(f, five_close=level + 0.09 * f.atr), way, strong, 0, P).mode != modes.BREAKOUT


def test_pullback_needs_a_kept_direction_and_a_turn() -> None:
    f, way, strong = parts()
    f = replace(
        f, or_high=1e9, previous_high=1e9, donchian_high=1e9, adx=10.0, five_low=f.ema_slow + 0.2 * f.atr,
        five_open=f.ema_slow, five_close=f.ema_slow + f.atr, future_low=1e9,
    )  # fmt: skip
    assert modes.entry(f, way, strong, 30 * 60, P).mode == modes.PULLBACK
    assert modes.entry(f, way, strong, 29 * 60, P).mode == modes.NONE
    assert modes.entry(replace(f, five_open=f.five_close), way, strong, 30 * 60, P).mode == modes.NONE
    assert modes.entry(replace(f, five_low=f.ema_slow + 0.3 * f.atr), way, strong, 30 * 60, P).mode == modes.NONE


def test_continuation_is_for_strong_moves_without_another_entry() -> None:
    f, way, strong = parts()
    f = replace(f, or_high=1e9, previous_high=1e9, donchian_high=1e9, adx=25.0)
    strong = replace(strong, s=0.70)
    assert modes.entry(f, way, strong, 0, P).mode == modes.CONTINUATION
    assert modes.entry(replace(f, adx=24.9), way, strong, 0, P).mode == modes.NONE
    assert modes.entry(f, way, replace(strong, s=0.69), 0, P).mode == modes.NONE


def test_reversal_has_the_new_direction_and_a_lower_threshold() -> None:
    f, way, strong = parts()
    turned = replace(way, d=-0.15, way=0, agreement=0.6)
    f = replace(f, future_close=f.vwap + 2.01 * f.vwap_sd, failed_high=True, bearish_divergence=True)
    found = modes.entry(f, turned, strong, 0, P)
    assert (found.mode, found.way) == (modes.REVERSAL, -1)
    assert modes.entry(f, replace(turned, d=-0.14), strong, 0, P).mode == modes.NONE
    assert modes.entry(replace(f, failed_high=False), turned, strong, 0, P).mode == modes.NONE
    assert modes.entry(replace(f, bearish_divergence=False), turned, strong, 0, P).mode == modes.NONE
    assert modes.entry(replace(f, future_close=f.vwap + 1.9 * f.vwap_sd), turned, strong, 0, P).mode == modes.NONE


def test_memory_counts_from_the_last_change_of_sign() -> None:
    before = Memory(sign=1, since_s=100.0, last_s=1_000.0)
    assert modes.remember(before, 0.2, 1_060.0, P) == (1, 100.0)
    assert modes.remember(before, -0.2, 1_060.0, P) == (-1, 1_060.0)
    assert modes.remember(before, 0.2, 1_181.0, P) == (1, 1_181.0)
    assert modes.remember(before, 0.0, 1_060.0, P) == (0, 1_060.0)


def test_momentum_gate() -> None:
    bars, past = history(2, 1.2)
    moments = (moment_at(bars, minutes) for minutes in range(60, 300))
    moment = next(one for one in moments if "MOMENTUM_NOT_CONFIRMED" not in codes(analyse(past, one)))
    assert analyse(past, moment).way == 1
    last = int(np.searchsorted(bars.ts, moment.at_s - 60, side="right")) - 1
    low = bars.close[last - 15] - 1.0
    fallen = replace(bars, close=bars.close.copy(), low=bars.low.copy())
    fallen.close[last], fallen.low[last] = low, min(low, bars.low[last])
    assert "MOMENTUM_NOT_CONFIRMED" in codes(analyse(build(spot_of(fallen), fallen, P), moment))


# Softeners


def test_softeners() -> None:
    bars, past = history(2, 1.2)
    moment = moment_at(bars, 150)
    f = features(past, moment, P)

    def found(way: int = 1, rank: float | None = None, **changes: object) -> set[str]:
        changed: Moment = replace(moment, **changes)  # type: ignore[arg-type]
        return {one.code for one in softeners(f, changed, way, rank, P)}

    calm = session(time(11))
    below = replace(moment.day, closes=np.full(60, f.close - 100))
    assert found(session=calm, day=below) == set()
    assert found(session=session(time(12)), day=below) == {"LUNCH"}
    assert found(session=session(time(13, 15)), day=below) == set()
    assert found(session=session(time(13, 15), is_expiry_day=True), day=below) == {"EXPIRY_AFTERNOON"}
    assert found(session=calm, day=below, rank=80.1) == {"RICH_PREMIUM"}
    assert found(session=calm, day=below, rank=80.0) == set()
    assert found(session=calm, day=below, way=-1) == {"TREND_AGAINST"}
    gap = replace(f, previous_close=100.0, day_open=101.5, day_low=100.5)
    assert {one.code for one in softeners(gap, replace(moment, session=calm, day=below), -1, None, P)} >= {
        "GAP_AGAINST"
    }
    filled = replace(gap, day_low=100.0)
    assert "GAP_AGAINST" not in {one.code for one in softeners(filled, replace(moment, session=calm), -1, None, P)}


def test_iv_rank() -> None:
    assert iv_rank([10.0] * 30 + [20.0], 15.0, 252) == pytest.approx(50.0)
    assert iv_rank([10.0] * 5, 15.0, 252) is None
    assert iv_rank([10.0] * 30, None, 252) is None


def test_a_year_of_volatility_is_252_sessions() -> None:
    closes = np.array([99.0] * 3 + [10.0, 20.0] * 126)
    day = replace(moment_at(history(2, 1.2)[0]).day, vix=15.0, vix_closes=closes)
    assert at(day=day).iv_rank == pytest.approx(50.0)


def test_what_becomes_of_a_signal() -> None:
    assert (P.hold_minutes, P.exit_by, P.risk_share, P.capital) == (45, time(15, 5), 0.005, 1_000_000.0)


# Chain


def test_volatility_of_the_mid_and_the_one_before() -> None:
    chain = chain_at(25_000.0)
    forward = 25_000.0 * np.exp(0.055 * 4 / 365)
    found = volatilities(chain, forward, [20], True, {})[0]
    assert found is not None
    assert found.value == pytest.approx(0.13, abs=1e-6)
    broken = replace(chain, call=replace(chain.call, bid=np.zeros(41), ask=np.zeros(41)))
    symbol = chain.call.symbols[20]
    before = volatilities(broken, forward, [20], True, {symbol: 0.17})[0]
    assert before is not None
    assert (before.value, before.source) == (0.17, FROM_BEFORE)
    assert volatilities(broken, forward, [20], True, {}) == [None]


def test_an_otm_option_on_its_last_afternoon_ranks_last() -> None:
    bars, past = history(2, 1.2)
    moment = moment_at(bars, 265)
    chain = replace(chain_at(moment.spot, years=1.5 / (365 * 24), volatility=0.09), expiry=DAY)
    found = analyse(past, replace(moment, chain=chain, session=session(clock_at(265), is_expiry_day=True)))
    otm = next((trade for trade in found.picked.trades if trade.kind == "OTM"), None)
    assert otm is not None
    assert abs(otm.delta) < 0.30
    assert (otm.avoid, otm.rank) == (True, 3)


def test_day_facts_fall_back_on_the_bars() -> None:
    bars, past = history(2, 1.2)
    f = features(past, replace(moment_at(bars), day=DayFacts()), P)
    before = bars.session == bars.session[-1] - 1
    assert f.previous_high == bars.high[before].max()
    assert f.previous_low == bars.low[before].min()
    assert f.previous_close == bars.close[before][-1]


def test_opening_range_is_known_from_0930_on() -> None:
    bars, past = history(2, 1.2)
    assert np.isnan(features(past, moment_at(bars, 14), P).or_high)
    f = features(past, moment_at(bars, 15), P)
    first = (bars.session == bars.session[-1]) & (bars.clock < 570)
    assert f.or_high == bars.high[first].max()


# Transitions


def test_only_a_new_direction_or_mode_triggers() -> None:
    fresh = Memory()
    assert modes.seen(fresh, 1, "BREAKOUT", True) == (1, "BREAKOUT", True)
    known = Memory(direction=1, mode="BREAKOUT")
    assert modes.seen(known, 1, "BREAKOUT", True) == (1, "BREAKOUT", False)
    assert modes.seen(known, 1, "PULLBACK", True) == (1, "PULLBACK", True)
    assert modes.seen(known, -1, "BREAKOUT", True) == (-1, "BREAKOUT", True)


def test_a_veto_that_comes_and_goes_does_not_trigger_again() -> None:
    known = Memory(direction=1, mode="BREAKOUT")
    assert modes.seen(known, 1, "BREAKOUT", False) == (1, "BREAKOUT", False)
    assert modes.seen(known, 0, "NONE", False) == (0, "NONE", False)
    assert modes.seen(Memory(), 1, "BREAKOUT", False) == (0, "NONE", False)
