"""The compiled kernel and its plain-Python definition agree trade for trade on random markets and strategies."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.backtest.results import BacktestResult
from engines.backtest.run import simulate
from engines.backtest.tests.generators import random_config, random_panel, random_strategy
from engines.backtest.tests.reference import Account, Reference

EXACT = ("symbol", "entry_day", "exit_day", "exit_signal_day", "quantity", "bars_held", "rank", "addons", "stuck_days")
CLOSE = ("entry_price", "exit_price", "pnl", "charges", "conviction", "mfe_pct", "mae_pct")


def assert_equal(result: BacktestResult, account: Account) -> None:
    """Compare every figure both have."""
    trades = result.trades
    assert [result.reason_name(int(code)) for code in trades.reason] == [row["reason"] for row in account.trades]
    for name in EXACT:
        assert getattr(trades, name).tolist() == [row[name] for row in account.trades], name
    for name in CLOSE:
        expected = np.array([row[name] for row in account.trades])
        np.testing.assert_allclose(getattr(trades, name), expected, rtol=1e-9, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(result.equity, account.equity_curve, rtol=1e-9)
    np.testing.assert_allclose(result.cash, account.cash_curve, rtol=1e-9, atol=1e-6 * result.capital)
    np.testing.assert_allclose(sum(result.costs.values()), account.fees, rtol=1e-9, atol=1e-6)
    added = zip(*(getattr(result.addons, name).tolist() for name in ("day", "symbol", "quantity")), strict=True)
    assert list(added) == [row[:3] for row in account.added]
    np.testing.assert_allclose(result.addons.price, [row[3] for row in account.added], rtol=1e-9)
    assert result.open.symbol.tolist() == sorted(account.held)
    assert result.open.quantity.tolist() == [account.held[n].quantity for n in sorted(account.held)]
    assert result.stuck_days == account.stuck_days
    for at, name in enumerate(result.skipped.names):
        found = [(day, n) for reason, day, n in account.skipped if reason == name]
        assert int(result.skipped.count[at]) == len(found), name
        shown = min(len(found), 20)
        examples = list(zip(result.skipped.day[at].tolist(), result.skipped.symbol[at].tolist(), strict=True))
        assert examples[:shown] == found[:shown]


@settings(max_examples=250, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), first=st.integers(0, 20), cut=st.integers(0, 20))
def test_kernel_equals_its_definition(seed: int, first: int, cut: int) -> None:
    panel = random_panel(seed)
    strategy, config = random_strategy(seed + 1, panel), random_config(seed + 2)
    last = len(panel.dates) - 1 - cut
    result = simulate(panel, strategy, config, first=first, last=last)
    assert_equal(result, Reference(panel, strategy, config).simulate(first, last))


def test_the_generators_reach_every_branch() -> None:
    reasons, skipped, stuck = set(), set(), 0
    for seed in range(150):
        panel = random_panel(seed)
        result = simulate(panel, random_strategy(seed + 1, panel), random_config(seed + 2))
        reasons |= {result.reason_name(code) for code in set(result.trades.reason.tolist())}
        skipped |= {name for name, count in zip(result.skipped.names, result.skipped.count, strict=True) if count}
        stuck += result.stuck_days
    fixed = {"rank_below", "max_hold", "stop_loss", "atr_stop", "trailing_stop", "stop_loss_gap", "atr_stop_gap"}
    assert fixed | {"trailing_stop_gap", "take_profit", "target_r", "delisted", "rule 0", "rule 2"} <= reasons
    assert len(skipped) == 4
    assert stuck > 50


def test_the_same_inputs_give_the_same_bytes() -> None:
    panel = random_panel(5)
    runs = [simulate(panel, random_strategy(6, panel), random_config(7)) for _ in range(2)]
    assert runs[0].equity.tobytes() == runs[1].equity.tobytes()
    assert runs[0].trades.pnl.tobytes() == runs[1].trades.pnl.tobytes()
