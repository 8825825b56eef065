"""Every input of the I-Score against numbers worked out by hand or by plain loops from docs/engines/iscore.md."""

import math
import statistics
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engines.iscore.context import breadth, index_trend, sector_strength, vix_rank
from engines.iscore.recent import Recent, recent
from engines.iscore.risk import beta, liquidity, risk, tail_loss
from engines.iscore.search import attention_z, search
from engines.iscore.tests.support import day, made_panel
from engines.iscore.trend import adx_score, ema_stack, momentum_over_risk, trend, yearly_high
from engines.iscore.types import Attention, Inputs

NINE = 9
EVERY = np.ones(NINE, bool)


@pytest.fixture(scope="module")
def bars() -> Recent:
    """300 bars of nine stocks without a gap."""
    panel = made_panel(days=300, symbols=NINE + 2, gaps=0.0)
    columns = slice(0, NINE)
    tables = {name: getattr(panel, name)[:, columns] for name in ("open", "high", "low", "close", "volume", "factor")}
    own = replace(
        panel, **tables, member=panel.member[:, columns], symbols=panel.symbols[:NINE], sectors=panel.sectors[:NINE]
    )
    return recent(own, 299)


def ranks(values: list[float], low_is_good: bool = False) -> list[float]:
    """100 (place - 0.5) / n, the places counted from 1."""
    found = [100.0 * (sum(other < one for other in values) + 0.5) / len(values) for one in values]
    return [100.0 - one for one in found] if low_is_good else found


def deviation(close: np.ndarray) -> float:
    """Of the last 252 daily log returns, a year."""
    steps = [math.log(b / a) for a, b in pairwise(close[-253:].tolist())]
    return statistics.pstdev(steps) * math.sqrt(252)


def wilder(values: list[float], n: int = 14) -> float:
    average = sum(values[:n]) / n
    for value in values[n:]:
        average = (average * (n - 1) + value) / n
    return average


def ema(values: list[float], n: int) -> float:
    average = sum(values[:n]) / n
    for value in values[n:]:
        average += 2.0 / (n + 1) * (value - average)
    return average


# Trend


def test_momentum_skips_the_last_month_and_is_per_unit_of_risk() -> None:
    """(P a month ago / P 13 months ago - 1) / deviation: (120/100 - 1)/.25 = .8; the rise to 999 after that is no part.

    A month is 21 bars, so the bars count 22 and 274 from the end; for six months 22 and 148.
    """
    close = np.full((300, 1), 50.0)
    close[-274], close[-148], close[-22], close[-1] = 100.0, 80.0, 120.0, 999.0
    sigma = np.array([0.25])
    assert momentum_over_risk(close, 12, sigma)[0] == pytest.approx(0.8)
    assert momentum_over_risk(close, 6, sigma)[0] == pytest.approx(2.0)  # (120/80 - 1)/.25
    assert np.isnan(momentum_over_risk(close[-273:], 12, sigma)[0])
    assert momentum_over_risk(close[-274:], 12, sigma)[0] == pytest.approx(0.8)


def test_trend_read_a_second_time(bars: Recent) -> None:
    found = {one.name: one for one in trend(bars, EVERY)}
    close = bars.close
    risk_of = [deviation(close[:, at]) for at in range(NINE)]
    for name, back in (("mom_12_1", 274), ("mom_6_1", 148)):
        values = [(close[-22, at] / close[-back, at] - 1.0) / risk_of[at] for at in range(NINE)]
        assert found[name].value == pytest.approx(values)
        assert found[name].score == pytest.approx(ranks(values))
    for at in range(NINE):
        steps = np.diff(close[-252:, at])
        up, down = wilder(np.maximum(steps, 0.0).tolist()), wilder(np.maximum(-steps, 0.0).tolist())
        assert found["rsi"].value[at] == pytest.approx(100.0 * up / (up + down))
        near = close[-1, at] / bars.high[-252:, at].max()
        assert found["near_high"].value[at] == pytest.approx(near)
        own = close[:, at].tolist()
        averages = [ema(own[-200:], 20), ema(own, 50), ema(own, 200)]
        checks = [own[-1] > averages[0], averages[0] > averages[1], averages[1] > averages[2]]
        checks.append(averages[1] > ema(own[:-20], 50))
        assert found["ema_stack"].score[at] == 25.0 * sum(checks)
    assert {name: float(one.weight[0]) for name, one in found.items()} == {
        "mom_12_1": 30.0, "mom_6_1": 15.0, "ema_stack": 20.0, "rsi": 15.0, "near_high": 10.0, "adx": 10.0,
    }  # fmt: skip


def test_the_average_of_50_is_compared_with_itself_20_bars_ago() -> None:
    """A spike to 200 among bars of 100, 20 bars ago (left) or 19 (right).

    19 ago: the EMA50 stood at 100 twenty bars ago and is 101.8 now: it rose. 20 ago: it stood at 103.9: it fell.
    Besides, only EMA50 > EMA200 holds (100.8).
    """
    close = np.full((430, 2), 100.0)
    close[-21, 0] = close[-20, 1] = 200.0
    assert ema_stack(close).tolist() == [25.0, 50.0]


@pytest.mark.parametrize(
    ("last", "score"),
    [(101.0, 100.0), (99.0, 0.0)],  # all averages follow one step at their own pace
)
def test_order_of_the_averages(last: float, score: float) -> None:
    close = np.full((430, 1), 100.0)
    close[-1] = last
    assert ema_stack(close)[0] == score


def test_the_short_average_is_worked_out_over_200_bars() -> None:
    """Twenty bars at 1,000 end 30 bars ago: an average of 20 that began with them would be above the price of 145."""
    close = np.full((430, 1), 100.0)
    close[-50:-30], close[-1] = 1_000.0, 145.0
    own = close[:, 0].tolist()
    averages = [ema(own[-200:], 20), ema(own, 50), ema(own, 200)]
    assert averages[0] < 145.0 < ema(own[-50:], 20)
    checks = [True, averages[0] > averages[1], averages[1] > averages[2], averages[1] > ema(own[:-20], 50)]
    assert ema_stack(close)[0] == 25.0 * sum(checks)


def test_a_year_of_highs_is_252_bars() -> None:
    high = np.full((300, 1), 100.0)
    high[-252], high[-253] = 150.0, 300.0
    assert yearly_high(high)[0] == 150.0
    assert np.isnan(yearly_high(high[-251:])[0])


def test_averages_after_wilder_need_56_bars(bars: Recent) -> None:
    for count, known in ((56, True), (55, False)):
        young = replace(bars, bars=np.full(NINE, count))
        found = {one.name: one for one in trend(young, EVERY)}
        assert np.isfinite(found["adx"].score).all() == known
        assert np.isfinite(found["rsi"].score).all() == known


def test_directed_trend_strength(bars: Recent) -> None:
    """sign(+DI - -DI) x clip((ADX - 15) / 25), and 50 + 50 times that."""
    values = []
    for at in range(NINE):
        rows = list(zip(bars.high[-252:, at], bars.low[-252:, at], bars.close[-252:, at], strict=True))
        spans, plus, minus, strength = [], [], [], []
        for a, b in pairwise(rows):
            up, down = b[0] - a[0], a[1] - b[1]
            spans.append(max(b[0], a[2]) - min(b[1], a[2]))
            plus.append(up if up > max(down, 0.0) else 0.0)
            minus.append(down if down > max(up, 0.0) else 0.0)
            if len(plus) >= 14:
                p, m = wilder(plus), wilder(minus)
                strength.append(100.0 * abs(p - m) / (p + m))
        side = 1.0 if wilder(plus) > wilder(minus) else -1.0
        values.append(side * min(max((wilder(strength) - 15.0) / 25.0, 0.0), 1.0))
    assert any(0.0 < abs(value) < 1.0 for value in values)
    assert adx_score(bars) == pytest.approx(values)
    found = next(one for one in trend(bars, EVERY) if one.name == "adx")
    assert found.score == pytest.approx([50.0 + 50.0 * value for value in values])


# Risk


def test_risk_read_a_second_time(bars: Recent) -> None:
    rng = np.random.default_rng(5)
    index = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 300)))
    found = {one.name: one for one in risk(bars, index, EVERY)}
    close, volume = bars.close, bars.volume
    sigma = [deviation(close[:, at]) for at in range(NINE)]
    assert found["volatility"].value == pytest.approx(sigma)
    knots = ((0.15, 0.25, 0.35, 0.5, 0.7), (95.0, 75.0, 50.0, 20.0, 5.0))
    mixed = [0.6 * r + 0.4 * np.interp(s, *knots) for r, s in zip(ranks(sigma, low_is_good=True), sigma, strict=True)]
    assert found["volatility"].score == pytest.approx(mixed)
    falls = [1.0 - close[-1, at] / bars.high[-252:, at].max() for at in range(NINE)]
    assert found["drawdown"].value == pytest.approx(falls)
    market = [b / a - 1.0 for a, b in pairwise(index[-253:].tolist())]
    worst, medians, amihud = [], [], []
    for at in range(NINE):
        own = [b / a - 1.0 for a, b in pairwise(close[-253:, at].tolist())]
        pair = statistics.covariance(own, market) / statistics.variance(market)
        assert found["beta"].value[at] == pytest.approx(pair)
        worst.append(-sum(sorted(own)[:13]) / 13)
        traded = [c * v for c, v in zip(close[-20:, at].tolist(), volume[-20:, at].tolist(), strict=True)]
        medians.append(statistics.median(traded))
        amihud.append(sum(abs(r) / t for r, t in zip(own[-20:], traded, strict=True)) / 20)
    assert found["tail_loss"].value == pytest.approx(worst)
    assert found["tail_loss"].score == pytest.approx(ranks(worst, low_is_good=True))
    assert found["liquidity"].value == pytest.approx(medians)
    easy = [(a + b) / 2.0 for a, b in zip(ranks(medians), ranks(amihud, low_is_good=True), strict=True)]
    assert found["liquidity"].score == pytest.approx(easy)
    assert {name: float(one.weight[0]) for name, one in found.items()} == {
        "volatility": 30.0, "drawdown": 25.0, "beta": 15.0, "liquidity": 20.0, "tail_loss": 10.0,
    }  # fmt: skip


def test_beta_needs_200_pairs_of_days(bars: Recent) -> None:
    index = 100.0 * np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 0.01, 300)))
    for unknown, known in ((52, True), (53, False)):
        holed = index.copy()
        holed[-253 : -253 + unknown] = np.nan  # the return after the last of them is not known either
        assert np.isfinite(beta(bars, holed)).all() == known


def test_mean_of_the_worst_days() -> None:
    """5 % of 252 days, rounded up, are 13. Losses of 1 to 20 % on twenty days: those of 8 to 20 %, 14 % in the mean."""
    returns = np.zeros(252)
    returns[10:210:10] = -np.arange(1, 21) / 100.0
    close = 100.0 * np.cumprod(np.append(1.0, 1.0 + returns))[:, None]
    assert tail_loss(close)[0] == pytest.approx(0.14)
    assert np.isnan(tail_loss(close[1:])[0])


def test_traded_value_and_price_impact() -> None:
    """20 days of 1 % moves up and down on 1 crore, one of them on 5 crore: median 1 crore, impact .01 x 19.2 / 20."""
    close = np.full((21, 1), 100.0)
    close[1::2] = 101.0
    value = np.full((20, 1), 1e7)
    value[4] = 5e7
    volume = np.concatenate([[[9e9]], value / close[1:]])
    none = np.full((21, 1), -1)
    table = Recent(close, close, close, volume, none, np.zeros(1), np.array([21]))
    median, impact = liquidity(table)
    assert median[0] == pytest.approx(1e7)
    moves = [0.01 if at % 2 == 0 else 1.0 - 100.0 / 101.0 for at in range(20)]
    expected = sum(move / (5e7 if at == 4 else 1e7) for at, move in enumerate(moves)) / 20
    assert impact[0] == pytest.approx(expected)


# Attention


def asvi_z(weekly: list[float]) -> float:
    """ln(week) - ln(median of the 8 before), as a z among the last 52 of them."""
    abnormal = [
        math.log(weekly[at]) - math.log(statistics.median(weekly[at - 8 : at])) for at in range(8, len(weekly))
    ][-52:]
    return (abnormal[-1] - statistics.fmean(abnormal)) / statistics.pstdev(abnormal)


@pytest.mark.parametrize("weeks", [34, 60, 75])
def test_abnormal_attention(weeks: int) -> None:
    weekly = np.random.default_rng(weeks).lognormal(8.0, 0.6, weeks)  # skewed: a mean would be far from the median
    assert attention_z(weekly) == pytest.approx(asvi_z(weekly.tolist()))
    assert np.isnan(attention_z(weekly[-33:]))


def test_value_and_delivery_stand_in_for_searches(bars: Recent) -> None:
    """The mean of the z of weekly traded value and of weekly delivery; page views go before both."""
    panel = made_panel(days=300, symbols=NINE + 2, gaps=0.0)
    delivery = np.random.default_rng(4).uniform(20.0, 80.0, panel.shape)
    views = np.random.default_rng(6).lognormal(8.0, 0.4, 70)
    inputs = Inputs(panel, day(panel, 299), delivery=delivery, attention={3: Attention(views, 2.0, "wikipedia")})
    found = search(inputs, recent(panel, 299))[0]

    def weeks(daily: np.ndarray) -> list[float]:
        return [float(daily[at : at + 5].mean()) for at in range(0, 300, 5)]

    value = asvi_z(weeks(panel.close[:, 0] * panel.volume[:, 0]))
    share = asvi_z(weeks(delivery[:, 0]))
    assert found.value[0] == pytest.approx((value + share) / 2.0)
    assert (found.cover[0], found.cover[3]) == (0.5, 1.0)
    assert found.value[3] == pytest.approx(asvi_z(views.tolist()))
    fell = panel.close[299, 0] < panel.close[294, 0]
    banded = np.interp(found.value[0], (-2, 0, 1, 2, 3, 4), (40, 50, 60, 66, 55, 40))
    assert found.score[0] == pytest.approx(100.0 - banded if fell and banded > 50.0 else banded)


def test_page_views_of_40_days_ago_are_the_oldest_that_count() -> None:
    panel = made_panel(days=300, symbols=NINE + 2, gaps=0.0)
    views = np.random.default_rng(6).lognormal(8.0, 0.4, 70)
    for age, used in ((40.0, True), (41.0, False)):
        inputs = Inputs(panel, day(panel, 299), attention={3: Attention(views, age, "wikipedia")})
        found = search(inputs, recent(panel, 299))[0]
        assert (found.cover[3] == 1.0) == used
        assert ("wikipedia" in found.note[3]) == used


@pytest.mark.parametrize(("week_ago", "four_days_ago", "fell"), [(1.01, 0.99, True), (0.99, 1.01, False)])
def test_interest_while_the_week_fell_counts_against(week_ago: float, four_days_ago: float, fell: bool) -> None:
    panel = made_panel(days=300, symbols=NINE + 2, gaps=0.0)
    own = recent(panel, 299)
    close = own.close.copy()
    close[-6], close[-5] = close[-1] * week_ago, close[-1] * four_days_ago
    views = np.random.default_rng(6).lognormal(8.0, 0.4, 70)
    views[-1] = np.median(views) * 1.5
    inputs = Inputs(panel, day(panel, 299), attention={0: Attention(views, 2.0, "wikipedia")})
    banded = float(np.interp(asvi_z(views.tolist()), (-2, 0, 1, 2, 3, 4), (40, 50, 60, 66, 55, 40)))
    assert banded > 52.0
    found = search(inputs, replace(own, close=close))[0].score[0]
    assert found == pytest.approx(100.0 - banded if fell else banded)


# Market context


def test_trend_of_the_index_by_parts() -> None:
    """Below: above the 200-day average of 104.6 with a falling 50-day one gives 50; the slope is of 20 days."""
    close = np.full(200, 100.0)
    close[-60:-40], close[-1] = 130.0, 110.0
    assert index_trend((close, 0.0))[0] == 50.0  # 50-day mean 100 + (10 x 30 + 10) / 50 = 106.2; 20 days ago 112
    short = np.full(200, 100.0)
    short[-70], short[-1] = 151.0, 100.5  # the first of the 50 days that ended 20 days ago: 101.02 then, 100.01 now
    assert index_trend((short, 0.0))[0] == 50.0
    gone = np.full(200, 100.0)
    gone[-71], gone[-1] = 151.0, 100.5  # one day before them
    assert index_trend((gone, 0.0))[0] == 100.0  # 100.5 > 100.26 and 100.01 > 100


def test_volatility_index_among_its_own_year() -> None:
    """252 values, 62 below the last and one equal (itself): 100 - 100 (62 + .5) / 252; older ones do not count."""
    level = np.concatenate([np.full(30, 1.0), np.full(62, 10.0), np.full(189, 20.0), [15.0]])
    assert vix_rank((level, 0.0)) == (pytest.approx(100.0 - 6_250.0 / 252), 15.0, 0.0)
    assert np.isnan(vix_rank((level[-199:], 0.0))[0])


def test_breadth_is_about_the_average_of_50_days() -> None:
    """Ten days at 200, 39 at 100 and 110 last: the average of 50 is 120.2, that of the last 40 100.25."""
    close = np.full((50, 2), 100.0)
    close[:10, 0], close[-1] = 200.0, 110.0
    assert breadth(close, np.array([True, True])) == 50.0
    assert np.isnan(breadth(close[1:], np.array([True, True])))


def test_sectors_are_compared_over_63_bars() -> None:
    sectors = tuple(np.repeat(list("ABCDE"), 3))
    close = np.full((70, 15), 7.0)
    close[-64] = 1.0
    close[-1] = np.repeat([1.1, 1.2, 1.3, 1.4, 1.5], 3)
    rank, rise = sector_strength(close, np.ones(15, bool), sectors)
    assert rank[::3].tolist() == [10.0, 30.0, 50.0, 70.0, 90.0]
    assert rise[::3] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
