"""Formulas of direction and strength against numbers worked out by hand from the rule book, docs/engines/mvla.md."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engines.mvla.features import features
from engines.mvla.history import build
from engines.mvla.inputs import Breadth, FutureInterest, MinuteBars, Moment
from engines.mvla.strength import iv_rank, strength
from engines.mvla.tests.markets import OPEN_S, P, chain_at, history, index_only, moment_at, quiet
from engines.mvla.votes import Vote, combine, direction


@pytest.fixture(scope="module")
def moment() -> Moment:
    return moment_at(history(1)[0], 150)


def vote(moment: Moment, name: str, **figures: float) -> float | None:
    return direction(quiet(**figures), moment, P).value(name)


# Votes


@pytest.mark.parametrize(
    ("close", "expected"),
    [
        (25_076.0, 0.5),  # middle 25,050; reach 0.5 x 100 + 0.1 x 20 = 52; 26 / 52
        (25_037.0, -0.25),  # -13 / 52
        (25_102.0, 1.0),  # 52 / 52
        (25_103.0, 1.0),
        (24_900.0, -1.0),
    ],
)
def test_opening_range(moment: Moment, close: float, expected: float) -> None:
    assert vote(moment, "orb", close=close, or_high=25_100.0, or_low=25_000.0) == pytest.approx(expected)
    assert vote(moment, "orb", close=close, or_high=math.nan, or_low=math.nan) is None


@pytest.mark.parametrize(
    ("future", "expected"), [(25_010.0, 0.5), (24_985.0, -0.75), (25_100.0, 1.0), (24_900.0, -1.0)]
)
def test_future_against_its_vwap(moment: Moment, future: float, expected: float) -> None:
    """10 points at a deviation of 20: half."""
    assert vote(moment, "vwap", future_close=future) == pytest.approx(expected)
    assert vote(moment, "vwap", future_close=future, vwap_sd=0.0) is None


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(5.0, 0.46211715726), (-10.0, -0.76159415596)],  # tanh(5 / (0.5 x 20)), tanh(-1)
)
def test_averages(moment: Moment, ahead: float, expected: float) -> None:
    assert vote(moment, "ema", ema_fast=25_000.0 + ahead) == pytest.approx(expected)


def test_supertrend_votes_with_its_whole_weight(moment: Moment) -> None:
    assert vote(moment, "supertrend", supertrend=-1.0) == -1.0
    assert vote(moment, "supertrend", supertrend=1.0) == 1.0


@pytest.mark.parametrize(
    ("price", "oi", "expected"),
    [
        (101.0, 1_005_000.0, 1.0),  # price up, interest +0.5 %: +1 x 1
        (101.0, 1_002_500.0, 0.5),  # +0.25 %: +1 x 0.5
        (101.0, 1_020_000.0, 1.0),  # +2 %: no more than 1
        (101.0, 997_500.0, 0.25),  # price up, interest -0.25 %: +0.5 x 0.5
        (101.0, 980_000.0, 0.5),  # -2 %: +0.5 x 1
        (99.0, 1_002_500.0, -0.5),  # price down, interest up: -1 x 0.5
        (99.0, 1_010_000.0, -1.0),
        (99.0, 996_000.0, -0.4),  # price down, interest -0.4 %: -0.5 x 0.8
        (100.0, 1_010_000.0, 0.0),
        (101.0, 1_000_000.0, 0.0),
    ],
)
def test_interest_of_the_future(moment: Moment, price: float, oi: float, expected: float) -> None:
    given = FutureInterest(price=price, price_open=100.0, oi=oi, oi_open=1_000_000.0)
    assert vote(replace(moment, future=given), "fut_oi") == pytest.approx(expected)


@pytest.mark.parametrize("changes", [{"oi_open": 0.0}, {"price_open": 0.0}, {"oi": -1.0}])
def test_interest_of_the_future_needs_an_opening(moment: Moment, changes: dict[str, float]) -> None:
    given = replace(FutureInterest(101.0, 100.0, 1.0e6, 1.0e6), **changes)
    assert vote(replace(moment, future=given), "fut_oi") is None


def _chain(calls: dict[int, float], puts: dict[int, float]):
    """1,000 open in each contract; ``calls``, ``puts``: added since the open, by steps from the money at 25,000."""
    chain = chain_at(25_000.0)
    sides = []
    for side, added in ((chain.call, calls), (chain.put, puts)):
        more = np.zeros(41)
        for steps, amount in added.items():
            more[20 + steps] = amount
        sides.append(replace(side, oi=np.full(41, 1_000.0), oi_day_open=1_000.0 - more))
    return replace(chain, call=sides[0], put=sides[1])


@pytest.mark.parametrize(
    ("calls", "puts", "expected"),
    [
        # e = 1 % of 22 x 1,000 = 220. ln((380 + 220) / (180 + 220)) / ln 2 = ln 1.5 / ln 2
        ({0: 100.0, -5: 80.0}, {5: 380.0}, 0.5849625007),
        ({0: 100.0, 5: 80.0}, {-5: 380.0}, 0.5849625007),
        # six steps away, and interest that went down, do not count
        ({0: 180.0, 6: 900.0, 1: -500.0}, {0: 380.0, -6: 900.0}, 0.5849625007),
        ({0: 380.0}, {0: 180.0}, -0.5849625007),
        ({}, {0: 110.0}, 0.5849625007),  # 330 / 220
        ({}, {}, 0.0),
        ({}, {0: 900.0}, 1.0),
        ({0: 900.0}, {}, -1.0),
    ],
)
def test_puts_written_against_calls(
    moment: Moment, calls: dict[int, float], puts: dict[int, float], expected: float
) -> None:
    given = replace(moment, chain=_chain(calls, puts), spot=25_010.0)
    assert vote(given, "opt_oi") == pytest.approx(expected)


@pytest.mark.parametrize("spot", [math.nan, math.inf, 0.0])
def test_options_have_no_vote_without_a_price_of_the_index(moment: Moment, spot: float) -> None:
    assert vote(replace(moment, spot=spot), "opt_oi") is None


@pytest.mark.parametrize(
    ("up", "down", "expected"), [(60.0, 40.0, 0.2), (10.0, 30.0, -0.5), (0.0, 5.0, -1.0), (0.0, 0.0, None)]
)
def test_breadth(moment: Moment, up: float, down: float, expected: float | None) -> None:
    assert vote(replace(moment, breadth=Breadth(up, down)), "breadth") == pytest.approx(expected)


def test_the_weighted_mean_of_the_votes() -> None:
    """.18 x 1 + .18 x .5 - .18 x .25 + .14 x 1 + .12 x .5 - .12 x 1 + .08 x .2 = .321; +.18+.18+.14+.12+.08 agree."""
    values = {"orb": 1.0, "vwap": 0.5, "ema": -0.25, "supertrend": 1.0, "fut_oi": 0.5, "opt_oi": -1.0, "breadth": 0.2}
    found = combine(tuple(Vote(name, P.vote_weights[name], value, {}) for name, value in values.items()), P)
    assert (found.d, found.agreement, found.q, found.way) == (
        pytest.approx(0.321), pytest.approx(0.70), pytest.approx(1.0), 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("share", "way"),
    [(0.6, 1), (0.59, 0)],  # A of .60 is enough
)
def test_agreement_at_its_border(share: float, way: int) -> None:
    found = combine((Vote("orb", share, 1.0, {}), Vote("ema", 1.0 - share, -0.5, {})), P)
    assert found.d > 0.30
    assert found.way == way


# Strength


def test_strength(moment: Moment) -> None:
    """ADX (21-15)/20 = .3; ATR (1-.8)/.8 = .25; volume (1.74-.7)/1.3 = .8; z = 41.569/(20 x sqrt 3) = 1.2, halved .6;
    breadth .2. S = .30 x .3 + .20 x .25 + .20 x .8 + .20 x .6 + .10 x .2 = .44.
    """
    f = quiet(adx=21.0, atr_usual=20.0, volume_ratio=1.74, close_15=25_000.0 - 41.569219381653056)
    found = strength(f, replace(moment, breadth=Breadth(40.0, 60.0)), P)
    values = {part.name: part.value for part in found.parts}
    assert values == {
        "adx": pytest.approx(0.3), "range": pytest.approx(0.25), "volume": pytest.approx(0.8),
        "momentum": pytest.approx(0.6), "breadth": pytest.approx(0.2),
    }  # fmt: skip
    assert found.s == pytest.approx(0.44)
    assert found.coverage == pytest.approx(1.0)
    falling = strength(replace(f, close_15=25_000.0 + 41.569219381653056), moment, P)
    assert falling.parts[3].value == pytest.approx(0.6), "whatever its direction"
    alone = strength(replace(f, volume_ratio=math.nan), index_only(moment), P)
    assert alone.s == pytest.approx((0.09 + 0.05 + 0.12) / 0.70)
    assert alone.coverage == pytest.approx(0.70)


@pytest.mark.parametrize(
    ("figures", "place", "value"),
    [
        ({"adx": 15.0}, 0, 0.0), ({"adx": 35.0}, 0, 1.0), ({"adx": 60.0}, 0, 1.0),
        ({"atr_usual": 25.0}, 1, 0.0), ({"atr_usual": 12.5}, 1, 1.0), ({"atr_usual": 50.0}, 1, 0.0),
        ({"volume_ratio": 0.7}, 2, 0.0), ({"volume_ratio": 2.0}, 2, 1.0),
        ({"close_15": 25_000.0 - 2 * 20 * 3**0.5}, 3, 1.0), ({"close_15": 25_000.0}, 3, 0.0),
    ],
)  # fmt: skip
def test_where_each_part_of_strength_begins_and_is_full(
    moment: Moment, figures: dict[str, float], place: int, value: float
) -> None:
    assert strength(quiet(**figures), moment, P).parts[place].value == pytest.approx(value)


def test_place_of_volatility_within_its_year() -> None:
    """(17 - 10) / (30 - 10) = 35 %; what is older than 252 closes, or no number, does not count."""
    closes = [99.0, *[10.0, 30.0] * 126]
    assert iv_rank(closes, 17.0, 252) == pytest.approx(35.0)
    assert iv_rank([*closes[:-2], 10.0, math.nan], 17.0, 252) == pytest.approx(35.0)
    assert iv_rank(closes, 40.0, 252) == 100.0
    assert iv_rank([10.0] * 19, 10.0, 252) is None
    assert iv_rank([10.0] * 20, 10.0, 252) == 50.0
    assert iv_rank(closes, math.nan, 252) is None


# The figures, read a second time with plain loops


def _fives(bars: MinuteBars, at_s: float) -> list[tuple[int, int, float, float, float, float]]:
    """Complete bars of five minutes: (session, slot, high, low, close, volume)."""
    found = []
    for session in np.unique(bars.session):
        inside = bars.session == session
        for slot in range(75):
            minutes = np.flatnonzero(inside & (bars.clock >= 555 + 5 * slot) & (bars.clock < 560 + 5 * slot))
            if len(minutes) == 5 and bars.ts[minutes[-1]] + 60 <= at_s:
                found.append((int(session), slot, bars.high[minutes].max(), bars.low[minutes].min(),
                              bars.close[minutes[-1]], bars.volume[minutes].sum()))  # fmt: skip
    return found


def _wilder(values: list[float], n: int) -> list[float]:
    """Mean of the first n, then (before x (n - 1) + x) / n; from the n-th value on."""
    out = [sum(values[:n]) / n]
    for value in values[n:]:
        out.append((out[-1] * (n - 1) + value) / n)
    return out


def _ema(values: list[float], n: int) -> float:
    average = sum(values[:n]) / n
    for value in values[n:]:
        average += 2.0 / (n + 1) * (value - average)
    return average


def _true_ranges(rows: list[tuple]) -> list[float]:
    pairs = pairwise(rows)
    return [max(b[2], a[4]) - min(b[3], a[4]) for a, b in pairs]


def _adx(rows: list[tuple]) -> float:
    plus, minus = [], []
    for a, b in pairwise(rows):
        up, down = b[2] - a[2], a[3] - b[3]
        plus.append(up if up > max(down, 0.0) else 0.0)
        minus.append(down if down > max(up, 0.0) else 0.0)
    ranges, ups, downs = (_wilder(column, 14) for column in (_true_ranges(rows), plus, minus))
    moves = [100.0 * abs(u - d) / (u + d) for u, d, _ in zip(ups, downs, ranges, strict=True)]
    return _wilder(moves, 14)[-1]


def _rsi(closes: list[float]) -> float:
    steps = np.diff(closes)
    up, down = (_wilder(np.maximum(sign * steps, 0.0).tolist(), 14)[-1] for sign in (1, -1))
    return 100.0 - 100.0 / (1.0 + up / down)


def _supertrend(rows: list[tuple]) -> list[float]:
    """Bands of 3 ATR(10); a band moves only towards the price; the close beyond it turns the side, -1 at first."""
    ranges = [math.nan] * 10 + _wilder(_true_ranges(rows), 10)
    side, top, bottom, before, sides = -1, math.inf, -math.inf, math.nan, []
    for (_, _, high, low, close, _), width in zip(rows, ranges, strict=True):
        if not math.isnan(width):
            middle = (high + low) / 2.0
            top = min(top, middle + 3 * width) if before <= top else middle + 3 * width
            bottom = max(bottom, middle - 3 * width) if before >= bottom else middle - 3 * width
            side = 1 if close > top else -1 if close < bottom else side
        before = close
        sides.append(math.nan if math.isnan(width) else float(side))
    return sides


@pytest.mark.parametrize(("seed", "drift", "minutes"), [(3, 0.0, 153), (11, 0.6, 97), (12, -0.6, 250)])
def test_a_second_reading_of_the_bars(seed: int, drift: float, minutes: int) -> None:
    bars, past = history(seed, drift)
    at_s = float(OPEN_S + 60 * minutes)
    f = features(past, moment_at(bars, minutes), P)
    rows = _fives(bars, at_s)
    recent = [row for row in rows if row[0] >= 8]  # today is 10: two sessions before it and today
    closes = [row[4] for row in recent]
    atrs = [math.nan] * 14 + _wilder(_true_ranges(rows), 14)
    known = bars.ts + 60 <= at_s
    close = bars.close[known][-1]
    slot = rows[-1][1]
    same = [at for at, row in enumerate(rows) if row[1] == slot and row[0] < 10]
    tail = recent[-14:]
    spread = max(row[2] for row in tail) - min(row[3] for row in tail)
    found = {
        "close": close, "close_15": bars.close[known][-16], "close_5": bars.close[known][-6],
        "atr": atrs[-1], "atr_usual": float(np.median([atrs[at] for at in same if not math.isnan(atrs[at])])),
        "ema_fast": _ema(closes, 9), "ema_slow": _ema(closes, 21), "adx": _adx(recent), "rsi": _rsi(closes),
        "chop": 100.0 * math.log10(sum(_true_ranges(recent)[-14:]) / spread) / math.log10(14),
        "supertrend": _supertrend(recent)[-1],
        "donchian_high": max(row[2] for row in rows[-21:-1]), "donchian_low": min(row[3] for row in rows[-21:-1]),
        "adverse_long": close - min(row[3] for row in rows[-6:]),
        "adverse_short": max(row[2] for row in rows[-6:]) - close,
        "volume_ratio": rows[-1][5] / float(np.median([rows[at][5] for at in same])),
        "five_close": rows[-1][4], "warm_bars": len(recent),
    }  # fmt: skip
    for name, value in found.items():
        assert getattr(f, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("seed", range(4))
def test_the_course_of_supertrend(seed: int) -> None:
    _, past = history(seed)
    rows = [row for row in _fives(past.future, 1e12) if row[0] >= 8]
    expected = _supertrend(rows)
    assert len(set(expected[10:])) == 2
    assert past.supertrend[-len(rows) :].tolist() == pytest.approx(expected, nan_ok=True)


def _two_minutes() -> MinuteBars:
    """A day before, then today's two minutes of a future: typical prices 100 and 105, volumes 100 and 300."""
    high, low, close = (
        np.array(column) for column in ([210.0, 103.0, 107.0], [190.0, 98.0, 104.0], [200.0, 99.0, 104.0])
    )
    opens = np.array([OPEN_S - 86_400, OPEN_S, OPEN_S])
    return MinuteBars(
        ts=opens + np.array([0, 0, 60]), open=close, high=high, low=low, close=close, session=np.array([0, 1, 1]),
        clock=np.array([555.0, 555.0, 556.0]), opens=opens, volume=np.array([1e6, 100.0, 300.0]),
    )  # fmt: skip


def test_vwap_and_its_deviation_are_weighted_by_volume_and_of_today() -> None:
    """(100 x 100 + 105 x 300) / 400 = 103.75; sqrt((100 x 3.75^2 + 300 x 1.25^2) / 400) = 2.16506; z = .25 / that."""
    bars = _two_minutes()
    at_s = float(OPEN_S + 120)
    moment = replace(moment_at(history(1)[0]), at_s=at_s)
    f = features(build(replace(bars, volume=None), bars, P), moment, P)
    assert f.vwap == pytest.approx(103.75)
    assert f.vwap_sd == pytest.approx(2.1650635)
    assert f.vwap_z == pytest.approx(0.1154701)
    early = features(build(replace(bars, volume=None), bars, P), replace(moment, at_s=at_s - 1), P)
    assert early.vwap == pytest.approx(100.0), "the second minute is not over"


def test_the_usual_needs_five_sessions() -> None:
    bars, _ = history(3)
    for sessions, known in ((6, True), (5, False)):
        kept = bars.session >= 11 - sessions
        part = MinuteBars(
            **{name: getattr(bars, name)[kept] for name in MinuteBars.__dataclass_fields__ if name != "session"},
            session=bars.session[kept] - (11 - sessions),
        )
        f = features(build(replace(part, volume=None), part, P), moment_at(part, 150), P)
        assert math.isfinite(f.volume_ratio) is known
