"""Similar stretches: planted copies, a plain search, no look-ahead, and what followed."""

from itertools import pairwise

import numpy as np
import pytest

from engines.metrics.proportions import bounds
from engines.patterns.afterwards import afterwards, periods
from engines.patterns.analogues import LEAST_PEARSON, History, Match, history, similar, time_warp

T, N, M, AFTER = 400, 9, 24, 8


def closes(seed: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (T, N)), axis=0))
    table[rng.random((T, N)) < 0.03] = np.nan
    table[:150, 4] = np.nan
    table[-1] = np.where(np.isnan(table[-1]), 100.0, table[-1])
    return table


TABLE = closes()
PAST = history(TABLE)


def own(column: int, as_of: int = T - 1) -> np.ndarray:
    column_closes = TABLE[: as_of + 1, column]
    return column_closes[~np.isnan(column_closes)]


def found(query: np.ndarray, past: History = PAST, as_of: int = T - 1, limit: int = 20, me: int = -1) -> list[Match]:
    return similar(past, query, as_of=as_of, after=AFTER, limit=limit, own=me)


def test_a_planted_copy_comes_first() -> None:
    """A window that is another one's price to a power, scaled: the same shape of log prices."""
    table = TABLE.copy()
    rows = np.flatnonzero(~np.isnan(table[:, 2]))[100 : 100 + M]
    table[rows, 2] = 7.0 * own(0)[-M:] ** 1.7
    best = found(own(0)[-M:], history(table), me=0)[0]
    assert (best.column, best.start, best.end) == (2, rows[0], rows[-1])
    assert best.pearson == pytest.approx(1.0, abs=1e-9)
    assert best.cosine == pytest.approx(1.0, abs=1e-9)
    assert best.dtw == pytest.approx(1.0, abs=1e-6)
    assert best.composite == pytest.approx(1.0, abs=1e-6)


def plain(query: np.ndarray, as_of: int) -> dict[tuple[int, int], float]:
    """Correlation of every window that has AFTER bars behind it, by column and end."""
    every = {}
    for column in range(N):
        rows = [t for t in range(as_of + 1) if not np.isnan(TABLE[t, column])]
        for end in range(M - 1, len(rows) - AFTER):
            window = np.log(TABLE[rows[end - M + 1 : end + 1], column])
            every[column, rows[end]] = float(np.corrcoef(window, np.log(query))[0, 1])
    return every


@pytest.mark.parametrize("as_of", [T - 1, 310])
def test_it_finds_what_a_plain_search_finds(as_of: int) -> None:
    query = own(1, as_of)[-M:]
    every = plain(query, as_of)
    matches = found(query, as_of=as_of, limit=80)
    assert len(matches) > 15
    for match in matches:
        assert match.pearson == pytest.approx(every[match.column, match.end], abs=1e-9)
    chosen: list[tuple[int, int]] = []
    left = sorted(every, key=lambda place: -every[place])
    for column, end in left:
        if every[column, end] < LEAST_PEARSON:
            break
        rows = np.flatnonzero(~np.isnan(TABLE[:, column]))
        at = int(np.searchsorted(rows, end))
        if all(c != column or abs(at - int(np.searchsorted(rows, e))) >= M for c, e in chosen):
            chosen.append((column, end))
    assert sorted((match.column, match.end) for match in matches) == sorted(chosen[:80])


def test_what_follows_later_changes_nothing() -> None:
    as_of = 300
    query = own(3, as_of)[-M:]
    before = found(query, as_of=as_of, me=3)
    changed = TABLE.copy()
    changed[as_of + 1 :] = changed[as_of + 1 :][::-1] * 3.0
    for past in (history(changed), history(TABLE[: as_of + 1])):
        after = found(query, past, as_of=as_of, me=3)
        assert [(m.column, m.start, m.end, m.composite, m.return_pct) for m in after] == [
            (m.column, m.start, m.end, m.composite, m.return_pct) for m in before
        ]


def test_matches_of_a_symbol_do_not_overlap_nor_the_query() -> None:
    matches = found(own(6)[-M:], limit=80, me=6)
    query_rows = np.flatnonzero(~np.isnan(TABLE[:, 6]))[-M:]
    for match in matches:
        if match.column == 6:
            assert match.end < query_rows[0]
        for other in matches:
            if other is not match and other.column == match.column:
                assert match.end < other.start or other.end < match.start
        bars_after = np.count_nonzero(~np.isnan(TABLE[match.end + 1 :, match.column]))
        assert bars_after >= AFTER


def test_paths_start_at_the_windows_end_and_lead_to_the_return() -> None:
    for match in found(own(0)[-M:], me=0):
        assert len(match.path) == M + AFTER
        assert match.path[M - 1] == 0.0
        start = TABLE[match.end, match.column]
        rows = np.flatnonzero(~np.isnan(TABLE[:, match.column]))
        later = TABLE[rows[np.searchsorted(rows, match.end) + AFTER], match.column]
        assert match.return_pct == pytest.approx(100.0 * (later / start - 1.0))


def test_prices_that_do_not_move_match_nothing() -> None:
    assert found(np.full(M, 100.0)) == []
    flat = history(np.full((T, 3), 50.0))
    assert found(own(0)[-M:], flat) == []


def plain_warp(a: np.ndarray, b: np.ndarray, band: int) -> float:
    cost = np.full((len(a) + 1, len(b) + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            if abs(i - j) <= band:
                cost[i, j] = (a[i - 1] - b[j - 1]) ** 2 + min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
    return float(np.sqrt(cost[-1, -1]))


def test_time_warping() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        a, b = rng.normal(size=(2, 17))
        widths = [time_warp(a, b, band) for band in range(17)]
        assert widths[0] == pytest.approx(float(np.linalg.norm(a - b)))
        assert all(wide <= narrow for narrow, wide in pairwise(widths))
        assert time_warp(a, b, 3) == pytest.approx(plain_warp(a, b, 3))
        assert time_warp(a, b, 3) == pytest.approx(time_warp(b, a, 3))
        assert time_warp(a, a, 3) == 0.0


def test_wilson_bounds() -> None:
    # 55 of 96: centre (0.57292 + 0.02001)/1.04002 = 0.57011, reach 1.88455·√(0.0025488 + 0.0001042) = 0.09707.
    assert bounds(0.5, 20) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert bounds(55 / 96, 96) == pytest.approx((0.4730, 0.6672), abs=1e-4)
    assert bounds(0.0, 5)[0] == 0.0
    assert bounds(1.0, 5)[1] == 1.0


def test_ends_close_together_count_as_one_period() -> None:
    assert periods([10, 12, 18, 19, 40], 8) == 3  # 10-18, 19, 40
    assert periods([], 8) == 0


def test_afterwards_by_hand() -> None:
    matches = found(own(0)[-M:], me=0)
    summary = afterwards(PAST, matches, as_of=T - 1, bars=AFTER)
    returns = sorted(match.return_pct for match in matches)
    assert summary.n == len(returns) == 20
    assert summary.up == sum(value > 0 for value in returns)
    assert summary.median == pytest.approx(float(np.median(returns)))
    assert summary.fan.shape == (3, AFTER + 1)
    assert (summary.fan[:, 0] == 0.0).all()
    assert summary.up_low <= summary.up_share <= summary.up_high
    plain_base = []
    for column in range(N):
        x = own(column)
        plain_base += list(x[AFTER:] / x[:-AFTER] - 1.0)
    assert summary.base_n == len(plain_base)
    assert summary.base_up == pytest.approx(np.mean(np.array(plain_base) > 0))
    assert summary.base_median == pytest.approx(100.0 * float(np.median(plain_base)), abs=0.05)


def test_nothing_found_says_so() -> None:
    summary = afterwards(PAST, [], as_of=T - 1, bars=AFTER)
    assert (summary.n, summary.up_share, summary.median) == (0, None, None)
    assert summary.base_up is not None
