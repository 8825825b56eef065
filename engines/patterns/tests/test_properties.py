"""What holds for every pattern and any market: no look-ahead, no order of symbols, no missing numbers."""

import dataclasses

import numpy as np
import pytest

from engines.panel import PricePanel
from engines.patterns.bars import measures, own_bars
from engines.patterns.catalogue import BY_NUMBER, PATTERNS
from engines.patterns.record import Judged, chances, judge, record
from engines.patterns.scan import Signals, find
from engines.patterns.tests.made import keys, universe

TABLES = ("open", "high", "low", "close", "volume", "factor", "member")


def cut(panel: PricePanel, rows: int) -> PricePanel:
    return dataclasses.replace(
        panel, dates=panel.dates[:rows], **{name: getattr(panel, name)[:rows] for name in TABLES}
    )


def with_other_future(panel: PricePanel, rows: int, seed: int) -> PricePanel:
    """Return the panel with its bars from ``rows`` on exchanged among the days and scaled."""
    rng = np.random.default_rng(seed)
    order = np.concatenate([np.arange(rows), rows + rng.permutation(len(panel.dates) - rows)])
    changed = {name: getattr(panel, name)[order].copy() for name in TABLES}
    for name in ("open", "high", "low", "close"):
        changed[name][rows:] *= rng.uniform(0.5, 2.0)
    return dataclasses.replace(panel, **changed)


def known_before(judged: Judged, rows: int) -> list[tuple[object, ...]]:
    """Return all that is said about signals before ``rows``; outcomes only as far as they were decided by then."""
    s = judged.signals
    settled = np.where((judged.resolved >= 0) & (judged.resolved < rows), judged.outcome, -1)
    columns = [s.row, s.column, s.code, s.sign, s.trend, s.atr, np.nan_to_num(s.volume_ratio), settled]
    columns += [judged.n, judged.wins, np.nan_to_num(judged.chance), judged.confidence]
    return [(*(column[k].item() for column in columns), *s.points[k].tolist()) for k in np.flatnonzero(s.row < rows)]


def judged_of(panel: PricePanel) -> Judged:
    signals = find(panel)
    return judge(panel, signals, record(panel, signals))


MADE = universe()
WHOLE = judged_of(MADE)


def test_the_made_universe_has_every_pattern_on_both_sides_of_each_cut() -> None:
    early = {
        BY_NUMBER[int(c), int(s)].key
        for c, s, row in zip(WHOLE.signals.code, WHOLE.signals.sign, WHOLE.signals.row, strict=True)
        if row < 600
    }
    assert early == {pattern.key for pattern in PATTERNS}


@pytest.mark.parametrize("rows", [330, 451, 600])
def test_the_future_changes_nothing(rows: int) -> None:
    expected = known_before(WHOLE, rows)
    assert len(expected) > 1_000
    assert known_before(judged_of(cut(MADE, rows)), rows) == expected
    for seed in (1, 2):
        assert known_before(judged_of(with_other_future(MADE, rows, seed)), rows) == expected


def test_each_pattern_is_there_when_its_last_bar_is_the_newest() -> None:
    """The last signal of every pattern is also found by somebody who has nothing after it."""
    s = WHOLE.signals
    for pattern in PATTERNS:
        k = int(np.flatnonzero((s.code == pattern.code) & (s.sign == pattern.sign))[-1])
        row, column = int(s.row[k]), int(s.column[k])
        again = find(cut(MADE, row + 1))
        mine = Signals(*(getattr(again, name)[again.column == column] for name in Signals.__slots__))
        assert pattern.key in keys(mine, row)


def test_a_symbol_of_another_universe_is_judged_by_what_was_known() -> None:
    """The record is looked up by date: a symbol that has other days than the universe sees nothing later."""
    past = record(MADE, find(MADE))
    alone = dataclasses.replace(
        MADE,
        dates=MADE.dates[300::],
        symbols=("NSE:OTHER",),
        sectors=("",),
        **{name: getattr(MADE, name)[300:, :1] for name in TABLES},
    )
    signals = find(alone)
    judged = judge(alone, signals, past)
    assert len(signals) > 50
    for k in range(len(signals)):
        row = int(np.searchsorted(MADE.dates, alone.dates[signals.row[k]]))
        kind = 2 * int(signals.code[k]) + int(signals.sign[k] < 0)
        assert judged.n[k] == past.n[row, kind]
    short = record(cut(MADE, 100), find(cut(MADE, 100)))
    assert (judge(alone, signals, short).n == short.n[-1, signals.code * 2 + (signals.sign < 0)]).all()


def test_the_order_of_symbols_does_not_matter() -> None:
    order = np.random.default_rng(3).permutation(MADE.shape[1])
    turned = dataclasses.replace(
        MADE,
        symbols=tuple(MADE.symbols[i] for i in order),
        **{name: getattr(MADE, name)[:, order] for name in TABLES},
    )
    other = judged_of(turned)

    def rows(judged: Judged, columns: np.ndarray) -> set[tuple[int, ...]]:
        s = judged.signals
        where = columns[s.column]
        return set(
            zip(
                *(x.tolist() for x in (s.row, where, s.code, s.sign, judged.n, judged.wins, judged.confidence)),
                strict=True,
            )
        )

    assert rows(other, order) == rows(WHOLE, np.arange(MADE.shape[1]))


def test_the_same_input_gives_the_same_output() -> None:
    assert known_before(judged_of(MADE), 700) == known_before(WHOLE, 700)


def test_numbers_are_there() -> None:
    s = WHOLE.signals
    assert np.isfinite(s.atr).all()
    assert (s.atr > 0).all()
    assert np.isin(s.trend, (-1, 0, 1)).all()
    assert ((WHOLE.confidence >= 35) & (WHOLE.confidence <= 75)).all()
    assert (WHOLE.wins <= WHOLE.n).all()
    assert np.isfinite(WHOLE.chance[(s.sign != 0) & (s.row > 100)]).all()
    assert ((WHOLE.outcome == -1) == (WHOLE.resolved < 0)).all()
    assert (WHOLE.resolved[WHOLE.resolved >= 0] > s.row[WHOLE.resolved >= 0]).all()


def test_points_lie_before_the_signal_and_in_order() -> None:
    s = WHOLE.signals
    charts = np.flatnonzero(s.points[:, 0] >= 0)
    assert len(charts) > 300
    for k in charts:
        points = s.points[k][s.points[k] >= 0]
        assert (np.diff(points) > 0).all()
        assert points[-1] <= s.row[k]


def test_nothing_is_found_without_bars_or_range() -> None:
    empty = cut(MADE, 0)
    assert len(find(empty)) == 0
    flat = np.full((300, 2), 100.0)
    still = dataclasses.replace(cut(MADE, 300), **dict.fromkeys(("open", "high", "low", "close"), flat))
    still = dataclasses.replace(
        still, symbols=still.symbols[:2], sectors=("", ""), volume=flat, factor=flat, member=flat > 0
    )
    assert len(find(still)) == 0
    assert chances(still).sum() == 0


def test_measures_are_those_of_the_indicators() -> None:
    from engines.indicators.own_bars import on_own_bars
    from engines.indicators.smoothing import atr

    bars = own_bars(MADE.open, MADE.high, MADE.low, MADE.close, MADE.volume)
    measured = measures(bars).atr
    for i in (0, 17, 39):
        m = int(bars.count[i])
        (expected,) = on_own_bars(atr, bars.high[:m, i], bars.low[:m, i], bars.close[:m, i])
        np.testing.assert_array_equal(measured[:m, i], expected)
