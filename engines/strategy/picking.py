"""From truths of the entry to the candidates of each day: conviction, order, selection, size factors."""

import numpy as np

from engines.strategy import candidates as days
from engines.strategy.data import rebalance_days, unlocked
from engines.strategy.plan import DEFAULT_VOL_BARS, EntryPlan
from engines.strategy.program import TRUE, Candidates, Flags, Floats, Ints, Truths
from engines.strategy.tables import evaluate_at, own_rows_of
from engines.strategy.workspace import Workspace, filled

_MANY = 10  # a table costs about as much as a tenth of its points one by one


class Picker:
    """Candidates of one strategy."""

    def __init__(self, plan: EntryPlan, work: Workspace) -> None:
        self.plan = plan
        self.bound = bound = plan.bound
        self.work = work
        self.member = unlocked(work.data.panel.member)
        self.rebalance = rebalance_days(work.data.panel.dates, bound.rebalance, work.data.next_session)

    def candidates(self, truth: Truths, regime: Truths | None) -> tuple[Candidates, Flags]:
        """Return the candidates, and (T, N) whom a fallen rank sells (shape (0, 0) without selection).

        ``truth``: of the entry rules, joined with the regime where that is None here.
        """
        select = self.bound.select
        start, day, symbol = days.collect(truth, self.rebalance, self.member)
        if select is None or self.plan.by is None:
            conviction = self._conviction(start, day, symbol)
            order = self._order(start, day, symbol, conviction)
            rank = days.day_ranks(start, conviction[order])
            listed = self._listed(start, day[order], symbol[order], conviction[order], rank)
            return listed, np.zeros((0, 0), bool)
        (value,) = evaluate_at(self.work, self.plan.by, day, symbol, 1)
        keys = value if select.direction == "desc" else -value
        order = self._order(start, day, symbol, keys)
        day, symbol, rank = day[order], symbol[order], days.day_ranks(start, keys[order])
        below = int(select.exit_below)  # type: ignore[arg-type]
        leaving = days.rank_exits(truth, self.rebalance, self.member, day, symbol, rank, below)
        chosen = (rank > 0) & (rank <= select.top)
        if regime is not None:
            chosen &= regime[day, symbol] == TRUE
        day, symbol, rank = day[chosen], symbol[chosen], rank[chosen]
        start = days.recount(day, self.work.days)
        return self._listed(start, day, symbol, self._conviction(start, day, symbol), rank), leaving

    def _order(self, start: Ints, day: Ints, symbol: Ints, keys: Floats) -> Ints:
        work = self.work
        close, volume = work.column("self", "close"), work.column("self", "volume")
        rows = own_rows_of(work, day, symbol)
        return days.best_first(start, symbol, rows, keys, work.letters, close, volume)

    def _conviction(self, start: Ints, day: Ints, symbol: Ints) -> Floats:
        scores = self.bound.conviction_scoring
        if not scores:
            return days.day_percentiles(start, self._medians(day, symbol))
        values = evaluate_at(self.work, self.plan.scores, day, symbol, len(scores))
        total, weights = np.zeros(len(day)), 0.0
        for score, value in zip(scores, values, strict=True):
            share = 100.0 * ((value - score.low) / (score.high - score.low))  # type: ignore[operator]
            total += score.weight * np.where(np.isnan(share), 0.0, np.clip(share, 0.0, 100.0))  # type: ignore[operator]
            weights += score.weight  # type: ignore[operator]
        return total / weights

    def _medians(self, day: Ints, symbol: Ints) -> Floats:
        """20-bar median traded values of points; of many points by way of the whole table, which the cache keeps."""
        work, rows = self.work, own_rows_of(self.work, day, symbol)
        close, volume = work.column("self", "close"), work.column("self", "volume")
        if len(day) * _MANY < close.size:
            return days.median_values(close, volume, rows, symbol)
        return work.find("median value", lambda: filled(days.median_table, close, volume))[rows, symbol]

    def _listed(self, start: Ints, day: Ints, symbol: Ints, conviction: Floats, rank: Ints) -> Candidates:
        return Candidates(start, symbol, conviction, rank, self._factors(start, day, symbol))

    def _factors(self, start: Ints, day: Ints, symbol: Ints) -> Floats:
        """Size factors: 1, or median volatility of the day's candidates over one's own, at most 1 (unknown: 1)."""
        sizing = self.bound.sizing
        if sizing is None or sizing.mode != "inverse_vol":
            return np.ones(len(day))
        table = self.work.volatility(int(sizing.vol_bars or DEFAULT_VOL_BARS))  # type: ignore[arg-type]
        own = table[own_rows_of(self.work, day, symbol), symbol]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = days.day_medians(start, own) / own
        return np.where(np.isfinite(factor), np.minimum(factor, 1.0), 1.0)
