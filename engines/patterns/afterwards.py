"""What followed a set of matches, in numbers that say how little they may mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.metrics.proportions import bounds
from engines.panel import Floats
from engines.patterns.analogues import History, Match, until


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What followed ``n`` matches over ``bars`` bars. Returns in percent, shares 0 to 1; None without matches.

    ``periods``: matches that ended within ``bars`` rows of the first of a group count as one, since markets move
    together. ``up_low``, ``up_high``: 95 % bounds of the share that rose, on ``periods`` (E. B. Wilson, JASA 22, 1927).
    ``base_up``, ``base_median``: the same after every bar of the universe. ``fan`` (3, bars + 1): lower quartile,
    median and upper quartile of the paths from the match's end on.
    """

    n: int
    periods: int
    bars: int
    up: int
    up_share: float | None
    up_low: float | None
    up_high: float | None
    quartile_low: float | None
    median: float | None
    quartile_high: float | None
    base_n: int
    base_up: float | None
    base_median: float | None
    fan: Floats


def periods(ends: Sequence[int], bars: int) -> int:
    """Return how many groups the rows ``ends`` fall into when each takes in what ends within ``bars`` of its first."""
    count, first = 0, -math.inf
    for end in sorted(ends):
        if end > first + bars:
            count, first = count + 1, end
    return count


def afterwards(past: History, matches: Sequence[Match], *, as_of: int, bars: int) -> Afterwards:
    """Sum up what followed ``matches`` and every bar of the universe, up to row ``as_of``."""
    base = base_returns(past, as_of=as_of, bars=bars)
    base_up = float(np.mean(base > 0.0)) if len(base) else None
    base_median = 100.0 * math.expm1(float(np.median(base))) if len(base) else None
    nothing = Afterwards(
        0, 0, bars, 0, None, None, None, None, None, None, len(base), base_up, base_median, np.empty((3, 0))
    )
    if not matches:
        return nothing
    returns = np.array([match.return_pct for match in matches])
    up = int(np.sum(returns > 0.0))
    groups = periods([match.end for match in matches], bars)
    low, high = bounds(up / len(matches), groups)
    fan = np.quantile(np.array([match.path[-bars - 1 :] for match in matches]), (0.25, 0.5, 0.75), axis=0)
    return Afterwards(
        n=len(matches), periods=groups, bars=bars, up=up, up_share=up / len(matches), up_low=low, up_high=high,
        quartile_low=float(fan[0, -1]), median=float(fan[1, -1]), quartile_high=float(fan[2, -1]),
        base_n=len(base), base_up=base_up, base_median=base_median, fan=fan,
    )  # fmt: skip


def base_returns(past: History, *, as_of: int, bars: int) -> Floats:
    """Return the log return over ``bars`` own bars from every bar of every symbol, as far as known at ``as_of``."""
    if past.x.shape[1] <= bars:
        return np.empty(0)
    count = until(past, as_of)
    moved = past.x[:, bars:] - past.x[:, :-bars]
    return moved[np.arange(bars, past.x.shape[1])[None, :] < count[:, None]]
