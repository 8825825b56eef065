"""Outcomes worked out by hand, the record before a day, and the confidence."""

from dataclasses import replace

import numpy as np
import pytest

from engines.patterns.record import LOST, OPEN, WON, chances, confidence, judge, kinds, outcomes, record, shrunk
from engines.patterns.scan import Signals, find
from engines.patterns.tests.made import Bar, one, universe


def signal(*, row: int = 0, sign: int = 1, atr: float = 2.0) -> Signals:
    def whole(value: int) -> np.ndarray:
        return np.array([value])

    points = np.full((1, 6), -1)
    return Signals(whole(row), whole(0), whole(2), whole(sign), points, np.array([atr]), np.zeros(1), np.ones(1))


ENTRY: Bar = (100, 100, 100, 100)
CALM: Bar = (100, 101, 99, 100)


@pytest.mark.parametrize(
    ("sign", "bars", "outcome", "resolved"),
    [
        (1, [(100, 102, 99, 101)], WON, 1),  # touches 102
        (1, [(100, 101.9, 98, 101)], LOST, 1),  # touches 98
        (1, [(100, 103, 97, 101)], LOST, 1),  # both within one bar: not known which came first
        (1, [(102.5, 103, 97, 101)], WON, 1),  # opened beyond the target
        (1, [(97, 103, 96, 101)], LOST, 1),  # opened beyond the stop
        (1, [CALM] * 9 + [(100, 102, 99, 100)], WON, 10),  # on the tenth bar
        (1, [CALM] * 10 + [(100, 102, 99, 100)], LOST, 10),  # too late
        (1, [CALM] * 9, OPEN, -1),
        (-1, [(100, 101, 98, 99)], WON, 1),
        (-1, [(100, 102, 99, 99)], LOST, 1),
        (0, [(100, 102, 99, 101)], OPEN, -1),
    ],
)
def test_outcomes(sign: int, bars: list[Bar], outcome: int, resolved: int) -> None:
    became, row = outcomes(one([ENTRY, *bars]), signal(sign=sign))
    assert (became[0], row[0]) == (outcome, resolved)


def test_missing_bars_are_passed_over() -> None:
    nan = float("nan")
    became, row = outcomes(one([ENTRY, (nan, nan, nan, nan), (100, 102, 99, 101)]), signal())
    assert (became[0], row[0]) == (WON, 2)


def test_confidence_by_hand() -> None:
    def percent(n: int, wins: int, ratio: float = 1.0, agrees: int = 0) -> int:
        columns = {"n": n, "wins": wins, "volume_ratio": ratio, "agrees": agrees}
        return int(confidence(**{name: np.array([value]) for name, value in columns.items()})[0])

    # (55 + 10) / (96 + 20) = 0.5603
    assert percent(96, 55) == 56
    assert percent(96, 55, ratio=1.5) == 61
    assert percent(96, 55, agrees=1) == 61
    assert percent(96, 55, agrees=-1) == 51
    assert percent(96, 55, ratio=2.0, agrees=1) == 66
    assert percent(96, 55, ratio=float("nan")) == 56
    assert percent(0, 0) == 50
    assert percent(0, 0, ratio=3.0, agrees=1) == 50
    assert percent(1000, 1000) == 75
    assert percent(1000, 0) == 35
    assert percent(5, 5) == 60  # 15 / 25: five winners in a row are no certainty


def test_more_winners_never_lower_the_share() -> None:
    n = np.full(101, 100)
    assert (np.diff(shrunk(n, np.arange(101))) > 0).all()


def test_the_record_counts_what_was_decided_before_the_day() -> None:
    """A plain count over all signals, in place of cumulated tables."""
    panel = universe(days=420, symbols=12, seed=11)
    signals = find(panel)
    judged = judge(panel, signals, record(panel, signals))
    rng = np.random.default_rng(0)
    for k in rng.choice(len(signals), 60, replace=False):
        before = (
            (signals.code == signals.code[k])
            & (signals.sign == signals.sign[k])
            & (judged.resolved >= 0)
            & (judged.resolved < signals.row[k])
        )
        assert judged.n[k] == before.sum()
        assert judged.wins[k] == judged.outcome[before].sum()


def test_only_members_enter_the_record() -> None:
    panel = universe(days=420, symbols=12, seed=11)
    outside = panel.member.copy()
    outside[:, 0] = False
    fewer = replace(panel, member=outside)
    signals = find(panel)
    decided = (outcomes(panel, signals)[0] != OPEN) & (signals.column != 0)
    assert sum(kind.n for kind in kinds(record(fewer, find(fewer)))) == decided.sum()


def test_chance_is_the_share_of_all_bars() -> None:
    """Ten bars, then one that wins upwards: every earlier bar with an ATR won up and lost down."""
    calm = [(100.0, 101.0, 99.0, 100.0)] * 16
    table = chances(one([*calm, (100, 104, 99, 103)]))
    # bars 14 and 15 are those with an ATR (of 2); both are decided by bar 16
    assert table[-1].tolist() == [[2, 2], [2, 0]]
    assert table[16].tolist() == [[0, 0], [0, 0]]
