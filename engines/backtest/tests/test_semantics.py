"""Each settled choice of the simulation as a worked example."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from engines.backtest.baselines import buy_and_hold, random_baseline, random_entries
from engines.backtest.config import RunConfig
from engines.backtest.measure import measure
from engines.backtest.run import simulate
from engines.backtest.tests.generators import program_of, random_config, random_panel, random_strategy
from engines.backtest.tests.worked import free, market, plan, run, told
from engines.charges.books import Order, charges_of
from engines.charges.tables import ChargePlan
from engines.strategy import program as code
from engines.strategy.program import AddonRule, Limits, Sizing


def only(panel, strategy, config=None):
    """The one trade of a run."""
    (trade,) = told(run(panel, strategy, config))
    return trade


def test_a_signal_at_the_close_fills_at_the_next_open() -> None:
    panel = market([100.0, (110.0, 112.0, 109.0, 111.0), 120.0, (130.0, 131.0, 129.0, 130.0)])
    trade = only(panel, plan(panel, {0: [0]}, {2: [0]}))
    assert trade == (0, 1, 3, 90, 110.0, 130.0, "leave")  # 10 % of 1,00,000 at 110: 90 shares


def test_slippage_is_against_us_and_not_on_a_target() -> None:
    panel = market([100.0, 100.0, (104.0, 116.0, 103.0, 105.0), 100.0])
    slipped = free(slippage_bps=50.0)
    assert only(panel, plan(panel, {0: [0]}, {2: [0]}), slipped)[4:6] == pytest.approx((100.5, 99.5))
    target = plan(panel, {0: [0]}, limits=Limits(take_profit_pct=10.0))
    trade = only(panel, target, slipped)
    assert trade[5] == pytest.approx(110.55)
    assert trade[6] == "take_profit"


def test_stop_inside_the_bar_and_gap_through_it() -> None:
    stop = Limits(stop_loss_pct=10.0)
    inside = market([100.0, 100.0, (98.0, 99.0, 85.0, 95.0)])
    assert only(inside, plan(inside, {0: [0]}, limits=stop))[5:] == (90.0, "stop_loss")
    gapped = market([100.0, 100.0, (80.0, 99.0, 75.0, 95.0)])
    assert only(gapped, plan(gapped, {0: [0]}, limits=stop))[5:] == (80.0, "stop_loss_gap")


def test_stop_and_target_in_one_bar_is_the_stop_unless_the_open_decides() -> None:
    both = Limits(stop_loss_pct=10.0, take_profit_pct=10.0)
    inside = market([100.0, 100.0, (100.0, 115.0, 85.0, 100.0)])
    assert only(inside, plan(inside, {0: [0]}, limits=both))[5:] == (90.0, "stop_loss")
    opened = market([100.0, 100.0, (112.0, 115.0, 85.0, 100.0)])
    assert only(opened, plan(opened, {0: [0]}, limits=both))[5:] == (112.0, "take_profit")


def test_entry_and_stop_on_one_bar_costs_intraday_charges() -> None:
    panel = market([100.0, (100.0, 101.0, 85.0, 95.0), 95.0])
    result = run(panel, plan(panel, {0: [0]}, limits=Limits(stop_loss_pct=10.0)), RunConfig(capital=100_000.0))
    assert told(result) == [(0, 1, 1, 100, 100.0, 90.0, "stop_loss")]
    on = panel.dates[1].astype(object)
    legs = [Order("buy", Decimal(10_000)), Order("sell", Decimal(9_000))]
    expected = sum(charges_of([leg], on=on, segment="intraday").total for leg in legs)
    assert result.trades.charges[0] == pytest.approx(float(expected))
    assert result.equity[-1] == pytest.approx(100_000 - 1_000 - float(expected))
    assert sum(result.costs.values()) == pytest.approx(float(expected))
    assert result.trades.bars_held[0] == 0


def test_delivery_charges_per_leg_and_one_depository_charge() -> None:
    panel = market([1000.0, 1000.0, 1100.0, 1100.0])
    config = RunConfig(capital=1_000_000.0)
    result = run(panel, plan(panel, {0: [0]}, {2: [0]}), config)
    on = panel.dates[1].astype(object)
    legs = [Order("buy", Decimal(100_000)), Order("sell", Decimal(110_000))]
    parts = [charges_of([leg], on=on, segment="delivery") for leg in legs]
    assert result.trades.pnl[0] == pytest.approx(10_000 - float(parts[0].total + parts[1].total))
    assert result.costs["stt"] == 210
    assert result.costs["dp"] == pytest.approx(15.34)


def test_charges_must_fit_into_the_cash() -> None:
    panel = market([100.0, 100.0, 100.0])
    everything = RunConfig(capital=10_000.0, position_size_pct=100.0)
    result = run(panel, plan(panel, {0: [0]}), everything)
    assert result.open.quantity.tolist() == [99]
    assert result.cash[-1] == pytest.approx(10_000 - 9_900 - result.open.charges[0])
    assert run(panel, plan(panel, {0: [0]}), replace(everything, flat_pct=0.0)).open.quantity.tolist() == [100]
    poor = run(panel, plan(panel, {0: [0]}), replace(everything, capital=99.0))
    assert poor.skipped.count.tolist() == [1, 0, 0, 0]


def test_size_is_of_current_equity_at_the_signal() -> None:
    panel = market([100.0, 100.0, 200.0, 200.0, 200.0], [50.0, 50.0, 50.0, 50.0, 50.0])
    result = run(panel, plan(panel, {0: [0], 2: [1]}), free(position_size_pct=50.0))
    # 500 shares at 100; at the close of day 2 equity is 1,50,000, half of it 75,000, but the cash is 50,000.
    assert result.open.quantity.tolist() == [500, 1000]
    smaller = run(panel, plan(panel, {0: [0], 2: [1]}), free(position_size_pct=20.0))
    assert smaller.open.quantity.tolist() == [200, 480]


@pytest.mark.parametrize(("credit", "bought"), [(1.0, 1000), (0.5, 500), (0.0, 0)])
def test_credit_of_a_sale_at_the_same_open(credit: float, bought: int) -> None:
    panel = market([100.0] * 4, [50.0] * 4)
    whole = free(position_size_pct=100.0, capital=50_000.0, same_day_sale_credit=credit)
    result = run(panel, plan(panel, {0: [0], 1: [1]}, {1: [0]}), whole)
    assert told(result)[0][:4] == (0, 1, 2, 500)
    assert result.open.quantity.tolist() == ([bought] if bought else [])


def test_caps_and_what_they_skipped() -> None:
    panel = market(*[[100.0] * 3] * 4, sectors=("bank", "bank", "oil", "oil"))
    result = run(panel, plan(panel, {0: [0, 1, 2, 3]}), free(max_positions=2, max_per_sector=1))
    assert result.open.symbol.tolist() == [0, 2]
    counted = dict(zip(result.skipped.names, result.skipped.count.tolist(), strict=True))
    assert counted == {
        "skipped_no_cash": 0,
        "skipped_unfilled": 0,
        "skipped_max_positions": 1,
        "skipped_max_per_sector": 1,
    }
    assert (result.skipped.day[3][0], result.skipped.symbol[3][0]) == (1, 1)


def test_a_buy_on_a_day_without_fill_is_spent() -> None:
    up = (110.0, 110.0, 110.0, 110.0)
    for day in (None, up):
        panel = market([100.0, day, 100.0, 100.0])
        result = run(panel, plan(panel, {0: [0]}))
        assert not len(result.open.symbol)
        assert result.skipped.count.tolist() == [0, 1, 0, 0]
    silent = market([100.0, 100.0, 100.0])
    silent.volume[1] = 0.0
    assert run(silent, plan(silent, {0: [0]})).skipped.count.tolist() == [0, 1, 0, 0]
    flat = market([100.0, (104.0, 104.0, 104.0, 104.0), 100.0])
    assert run(flat, plan(flat, {0: [0]})).open.quantity.tolist() == [96]


def test_exits_wait_for_a_day_that_can_fill_them() -> None:
    down = (90.0, 90.0, 90.0, 90.0)
    panel = market([100.0, 100.0, 100.0, down, None, (85.0, 86.0, 84.0, 85.0), 85.0])
    result = run(panel, plan(panel, {0: [0]}, {2: [0]}))
    assert told(result) == [(0, 1, 5, 100, 100.0, 85.0, "leave")]
    assert (result.trades.stuck_days[0], result.stuck_days) == (2, 2)
    assert result.trades.exit_signal_day[0] == 2


def test_a_stop_on_a_locked_day_is_sold_at_the_next_open() -> None:
    panel = market([100.0, 100.0, (88.0, 88.0, 88.0, 88.0), (92.0, 93.0, 91.0, 92.0), 92.0])
    result = run(panel, plan(panel, {0: [0]}, limits=Limits(stop_loss_pct=10.0)))
    assert told(result) == [(0, 1, 3, 100, 100.0, 92.0, "stop_loss_gap")]
    assert result.stuck_days == 1


def test_no_bar_for_twenty_sessions_is_a_delisting() -> None:
    panel = market([100.0] * 3 + [None] * 25, [50.0] * 28)
    result = run(panel, plan(panel, {0: [0]}))
    assert told(result) == [(0, 1, 22, 100, 100.0, 80.0, "delisted")]
    assert result.trades.bars_held[0] == 1
    assert result.equity[21] == 100_000  # marked at the last close until then
    assert result.equity[22] == 98_000


def test_holding_times() -> None:
    panel = market([100.0] * 12)
    exits = {t: [0] for t in range(12)}
    held = only(panel, plan(panel, {0: [0]}, exits, limits=Limits(min_hold=3)))
    assert held[1:3] == (1, 5)  # three bars held at the close of day 4
    longest = only(panel, plan(panel, {0: [0]}, limits=Limits(max_hold=3)))
    assert longest[1:3] == (1, 4)
    assert longest[6] == "max_hold"
    at_once = only(panel, plan(panel, {0: [0]}, exits))
    assert at_once[1:3] == (1, 2)
    stopped = market([100.0, 100.0, (100.0, 100.0, 80.0, 90.0), 90.0])
    assert only(stopped, plan(stopped, {0: [0]}, limits=Limits(min_hold=9, stop_loss_pct=5.0)))[2] == 2


def test_bars_of_the_symbol_count_not_sessions() -> None:
    panel = market([100.0, 100.0, None, None, 100.0, 100.0, 100.0])
    trade = only(panel, plan(panel, {0: [0]}, limits=Limits(max_hold=2)))
    assert trade[1:3] == (1, 5)


def test_priority_decides_the_reason() -> None:
    panel = market([100.0] * 4)
    first = replace(plan(panel, {0: [0]}, {1: [0]}).exits[0], name="first")
    second = replace(first, name="second")
    plain = plan(panel, {0: [0]}, {1: [0]}, limits=Limits(max_hold=1))
    strategy = replace(plain, exits=(first, second))
    assert only(panel, strategy)[6] == "first"


def test_re_entry_needs_a_new_signal() -> None:
    panel = market([100.0] * 6)
    strategy = plan(panel, {0: [0], 1: [0], 2: [0]}, {1: [0]})
    result = run(panel, strategy)
    # The signal of day 1 came while held; that of day 2 buys on day 3.
    assert told(result)[0][:3] == (0, 1, 2)
    assert result.open.entry_day.tolist() == [3]


def test_trailing_stop_uses_yesterday_and_never_falls() -> None:
    panel = market(
        [100.0, (100.0, 104.0, 99.0, 102.0), (103.0, 110.0, 102.0, 109.0), (108.0, 109.0, 103.0, 104.0), 104.0]
    )
    atr = np.full((5, 1), 2.0)
    atr[2] = 3.0
    strategy = plan(panel, {0: [0]}, limits=Limits(trail_atr_mult=2.0), atr14=atr)
    # Close of day 1: 104 - 4 = 100; of day 2: 110 - 6 = 104, hit by the low of day 3.
    assert only(panel, strategy)[2:] == (3, 100, 100.0, 104.0, "trailing_stop")


def test_atr_stop_and_target_in_multiples_of_risk() -> None:
    panel = market([100.0, 100.0, (101.0, 112.0, 99.0, 110.0), 110.0])
    atr = np.full((4, 1), 2.5)
    strategy = plan(panel, {0: [0]}, limits=Limits(atr_stop_mult=2.0, target_r=2.0), atr14=atr)
    assert only(panel, strategy)[5:] == (110.0, "target_r")
    result = run(panel, strategy)
    assert result.trades.risk[0] == 500.0
    nearer = replace(strategy, limits=Limits(atr_stop_mult=2.0, stop_loss_pct=2.0, target_r=2.0))
    assert only(panel, nearer)[5:] == (104.0, "target_r")


def test_sizing_by_risk_is_capped_by_the_position_size() -> None:
    panel = market([100.0] * 4)
    wide = plan(panel, {0: [0]}, limits=Limits(stop_loss_pct=10.0), sizing=Sizing("risk", risk_pct=0.5))
    assert run(panel, wide).open.quantity.tolist() == [50]  # 500 rupees at risk, 10 a share
    tight = replace(wide, limits=Limits(stop_loss_pct=2.0))
    assert run(panel, tight).open.quantity.tolist() == [100]


def test_size_factor_and_who_sets_the_caps() -> None:
    panel = market([100.0] * 4)
    base = plan(panel, {0: [0]})
    half = replace(base, candidates=replace(base.candidates, size_factor=np.array([0.5])))
    assert run(panel, half).open.quantity.tolist() == [50]
    own = replace(base, sizing=Sizing(pct=30.0), max_positions=7, max_per_sector=2)
    result = run(panel, own)
    assert (result.caps.position_size_pct, result.caps.max_positions, result.caps.max_per_sector) == (30.0, 7, 2)
    assert run(panel, own, free(position_size_pct=5.0, max_positions=3)).caps.max_positions == 3


def test_add_ons_average_the_price_and_leave_the_stop() -> None:
    panel = market([100.0, 100.0, 110.0, 110.0, (110.0, 111.0, 89.0, 95.0), 95.0])
    condition = program_of([(code.FIELD, 1), (code.CONST, 0), (code.GT, 0)], [5.0])
    strategy = plan(
        panel, {0: [0]}, limits=Limits(stop_loss_pct=10.0), addons=AddonRule(condition, max_addons=1, size_pct=50.0)
    )
    result = run(panel, strategy)
    # 100 at 100; half a position of 10 % of 1,01,000 at 110 is 45; the stop stays at 90.
    assert told(result) == [(0, 1, 4, 145, pytest.approx((10_000 + 45 * 110) / 145), 90.0, "stop_loss")]
    assert result.trades.addons[0] == 1
    added = result.addons
    assert [column.tolist() for column in (added.day, added.symbol, added.quantity, added.price)] == [
        [3],
        [0],
        [45],
        [110.0],
    ]


def test_excursions_and_unadjusted_factors() -> None:
    panel = market([100.0, (100.0, 106.0, 95.0, 101.0), (101.0, 102.0, 97.0, 100.0), (103.0, 110.0, 90.0, 100.0)])
    halved = replace(panel, factor=np.array([[0.5], [0.5], [1.0], [1.0]]))
    result = run(halved, plan(panel, {0: [0]}, {2: [0]}))
    assert (result.trades.mfe_pct[0], result.trades.mae_pct[0]) == (pytest.approx(6.0), pytest.approx(-5.0))
    assert (result.trades.entry_factor[0], result.trades.exit_factor[0]) == (0.5, 1.0)


def test_signals_of_the_last_day_are_dropped_and_positions_marked() -> None:
    panel = market([100.0, 100.0, 120.0])
    result = run(panel, plan(panel, {0: [0], 2: [0]}, {2: [0]}))
    assert not len(result.trades)
    assert result.equity[-1] == 102_000
    assert result.positions_value[-1] == 12_000
    assert run(panel, plan(panel, {0: [0]}), first=0, last=0).equity.tolist() == [100_000]


def test_no_signal_is_cash() -> None:
    panel = random_panel(3)
    result = run(panel, plan(panel, {}), RunConfig(capital=123_456.0))
    assert set(result.equity.tolist()) == {123_456.0}


def test_buy_and_hold_is_the_price_return_less_the_charges() -> None:
    panel = market([100.0, 101.0, 150.0, 140.0, 180.0])
    config = RunConfig(capital=1_000_000.0, position_size_pct=100.0)
    result = simulate(panel, buy_and_hold(panel, 0, day=0), config)
    quantity = result.open.quantity[0]
    value = Decimal(int(quantity) * 101)
    fee = charges_of([Order("buy", value)], on=panel.dates[1].astype(object), segment="delivery").total
    assert result.equity[-1] == pytest.approx(1_000_000 + quantity * (180 - 101) - float(fee))
    assert 1_000_000 - value - fee < 101


@pytest.mark.parametrize("seed", range(6))
def test_the_future_changes_nothing_before_it(seed: int) -> None:
    panel, cut = random_panel(seed), 60
    strategy, config = random_strategy(seed + 1, panel), random_config(seed + 2)
    whole = simulate(panel, strategy, config)
    rng = np.random.default_rng(seed)
    changed = {
        name: np.concatenate((getattr(panel, name)[:cut], getattr(panel, name)[cut:] * rng.uniform(0.5, 2.0)))
        for name in ("open", "high", "low", "close", "volume")
    }
    other = simulate(replace(panel, **changed), strategy, config)
    assert other.equity[:cut].tobytes() == whole.equity[:cut].tobytes()
    early = whole.trades.exit_day < cut
    assert (other.trades.pnl[: early.sum()] == whole.trades.pnl[early]).all()


def test_the_order_of_symbols_does_not_matter() -> None:
    panel = random_panel(11)
    strategy, config = random_strategy(12, panel), random_config(13)
    order = np.random.default_rng(0).permutation(panel.shape[1])
    place = np.argsort(order)
    shuffled = replace(
        panel,
        symbols=tuple(panel.symbols[n] for n in order),
        sectors=tuple(panel.sectors[n] for n in order),
        **{name: getattr(panel, name)[:, order] for name in ("open", "high", "low", "close", "volume", "factor")},
    )
    candidates = replace(strategy.candidates, symbol=place[strategy.candidates.symbol])
    rank_exit = strategy.rank_exit[:, order] if len(strategy.rank_exit) else strategy.rank_exit
    tables = {"flags": strategy.flags[:, :, order], "values": strategy.values[:, :, order]}
    same = replace(strategy, candidates=candidates, rank_exit=rank_exit, atr14=strategy.atr14[:, order], **tables)
    first, second = simulate(panel, strategy, config), simulate(shuffled, same, config)
    np.testing.assert_allclose(second.equity, first.equity, rtol=1e-12)


def test_twice_the_capital_is_twice_the_rupees() -> None:
    panel = market([100.0, 100.0, 110.0, 120.0, 120.0])
    one, two = (run(panel, plan(panel, {0: [0]}, {2: [0]}), free(capital=c)).equity for c in (1e5, 2e5))
    assert (two == 2 * one).all()


def test_random_entries_keep_the_number_and_the_days() -> None:
    panel = random_panel(21)
    strategy, config = random_strategy(22, panel), random_config(23)
    lucky = random_entries(strategy, panel, seed=5)
    assert (lucky.candidates.start == strategy.candidates.start).all()
    for t in range(panel.shape[0]):
        of_day = lucky.candidates.symbol[lucky.candidates.of_day(t)]
        assert len(set(of_day.tolist())) == len(of_day)
        assert panel.has_bar[t, of_day].all()
    assert (random_entries(strategy, panel, seed=5).candidates.symbol == lucky.candidates.symbol).all()
    assert (random_entries(strategy, panel, seed=6).candidates.symbol != lucky.candidates.symbol).any()
    result = simulate(panel, strategy, config)
    baseline = random_baseline(panel, strategy, config, result, seed=1, runs=20)
    assert len(baseline.total_return) == 20
    assert 0 <= baseline.percentile <= 100


def test_figures_of_a_run() -> None:
    panel = market([100.0, 100.0, 110.0, 121.0, 121.0])
    result = run(panel, plan(panel, {0: [0]}, {2: [0]}))
    figures = measure(result, panel.dates, benchmark=panel.close[:, 0])
    assert figures.curve.total_return == pytest.approx(0.021)
    assert figures.trades.win_rate == 1.0
    assert figures.exposure == pytest.approx((10_000 / 100_000 + 11_000 / 101_000) / 5)
    assert figures.is_short_sample
    assert figures.curve.beta is not None


def test_refusals_name_the_fault() -> None:
    panel = market([100.0] * 3)
    with pytest.raises(ValueError, match="capital is a number from 1e-09 to 1e"):
        RunConfig(capital=0.0)
    with pytest.raises(ValueError, match=r"same_day_sale_credit is a number from 0 to 1, was 1\.5"):
        free(same_day_sale_credit=1.5)
    with pytest.raises(ValueError, match="days 2 to 5 are not within the panel's 3 rows"):
        run(panel, plan(panel, {}), first=2, last=5)
    with pytest.raises(ValueError, match="the strategy is compiled for"):
        run(market([1.0] * 4), plan(panel, {}))
    with pytest.raises(ValueError, match="no charge plan is named"):
        run(panel, plan(panel, {}), RunConfig(capital=1.0, charges=ChargePlan("other")))
