"""The whole analysis of a set of trades, and what a cool-down would have changed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Final

from engines.behaviour.patterns import Pattern, overtrading, poor_timing, revenge_trading, tilt
from engines.behaviour.patterns_of_result import (
    loss_aversion,
    position_sizing,
    profit_booking_bias,
    symbol_concentration,
)
from engines.behaviour.statistics import Disposition
from engines.behaviour.tables import (
    BEST_WORST_TRADES,
    COOL_DOWN_MINUTES,
    COST,
    GRADES,
    LOW_CONFIDENCE_TRADES,
    NO_GRADE,
    WEIGHTS,
)
from engines.behaviour.trades import Trade, ordered

ADVICE: Final[dict[str, str]] = {
    "revenge_trading": f"After a loss, wait {COOL_DOWN_MINUTES} minutes before the next entry.",
    "tilt": "Stop for the day after the third loss in a row, and keep the size of the first trade.",
    "overtrading": "Set a number of trades for the day beforehand and stop when it is reached.",
    "loss_aversion": "Place the stop with the entry, and close losers no later than winners.",
    "poor_timing": "Leave out the first and last fifteen minutes of the session.",
    "position_sizing": "Risk the same share of the capital on every trade.",
    "profit_booking_bias": "Let winners run to a target set beforehand, as long as losers are given.",
    "symbol_concentration": "Trade more than one underlying, or set a limit for the one.",
}


@dataclass(frozen=True, slots=True)
class Stats:
    """Plain figures. Rupees are exact; shares in percent; None where there is nothing to divide by.

    ``best_symbol``, ``worst_symbol``: of those with enough closed trades, the one that gained and the one that lost
    most; None where none gained or lost, so that they are never the same.
    """

    closed: int
    win_rate_pct: float | None
    total_pnl: Decimal
    avg_win: Decimal | None
    avg_loss: Decimal | None
    profit_factor: float | None
    segments: dict[str, int]
    strategies: dict[str, int]
    top_symbols: tuple[tuple[str, int], ...]
    hours: dict[str, int]
    best_symbol: tuple[str, Decimal] | None
    worst_symbol: tuple[str, Decimal] | None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """``score`` 0 to 100 (None without a closed trade), patterns in the order of their weights, advice the weightiest
    first.
    """

    trades: tuple[Trade, ...]
    score: int | None
    grade: str
    patterns: tuple[Pattern, ...]
    top_concern: str | None
    advice: tuple[str, ...]
    stats: Stats
    low_confidence: bool

    @property
    def detected(self) -> int:
        """Number of patterns that show."""
        return sum(pattern.detected for pattern in self.patterns)


def analyze(trades: Sequence[Trade], *, disposition: Disposition | None = None) -> Behaviour:
    """Return what can be told of ``trades``; ``disposition`` where the positions behind them are known."""
    rows = ordered(trades)
    found = {
        pattern.pattern: pattern
        for pattern in (
            revenge_trading(rows), tilt(rows), overtrading(rows), loss_aversion(rows), poor_timing(rows),
            position_sizing(rows), profit_booking_bias(rows, disposition), symbol_concentration(rows),
        )
    }  # fmt: skip
    patterns = tuple(found[name] for name in WEIGHTS)
    costs = {pattern.pattern: WEIGHTS[pattern.pattern] * COST[pattern.severity] for pattern in patterns}
    ranked = [name for name, cost in sorted(costs.items(), key=lambda row: -row[1]) if cost > 0]
    stats = figures(rows)
    score = int(max(0.0, 100.0 - sum(costs.values())) + 0.5) if stats.closed else None
    return Behaviour(
        trades=tuple(rows),
        score=score,
        grade=NO_GRADE if score is None else next(grade for lowest, grade in GRADES if score >= lowest),
        patterns=patterns,
        top_concern=ranked[0] if ranked else None,
        advice=tuple(ADVICE[name] for name in ranked),
        stats=stats,
        low_confidence=len(rows) < LOW_CONFIDENCE_TRADES,
    )


def figures(trades: Sequence[Trade]) -> Stats:
    """Return the plain figures of trades that are in order."""
    closed = [trade.pnl for trade in trades if trade.pnl is not None]
    wins, losses = [pnl for pnl in closed if pnl > 0], [pnl for pnl in closed if pnl < 0]
    gained, lost = sum(wins, Decimal(0)), -sum(losses, Decimal(0))
    by_symbol = _pnl_by_symbol(trades)
    return Stats(
        closed=len(closed),
        win_rate_pct=len(wins) / len(closed) * 100 if closed else None,
        total_pnl=gained - lost,
        avg_win=gained / len(wins) if wins else None,
        avg_loss=-lost / len(losses) if losses else None,
        profit_factor=float(gained / lost) if lost else None,
        segments=dict(sorted(Counter(trade.segment for trade in trades).items())),
        strategies=dict(sorted(Counter(trade.strategy for trade in trades if trade.strategy).items())),
        top_symbols=tuple(sorted(Counter(t.symbol for t in trades).items(), key=lambda row: (-row[1], row[0]))[:5]),
        hours={str(hour): n for hour, n in sorted(Counter(trade.entry_ist.hour for trade in trades).items())},
        best_symbol=max((row for row in by_symbol if row[1] > 0), key=lambda row: row[1], default=None),
        worst_symbol=min((row for row in by_symbol if row[1] < 0), key=lambda row: row[1], default=None),
    )


def _pnl_by_symbol(trades: Sequence[Trade]) -> list[tuple[str, Decimal]]:
    sums: dict[str, list[Decimal]] = {}
    for trade in trades:
        if trade.pnl is not None:
            sums.setdefault(trade.symbol, []).append(trade.pnl)
    return [(name, sum(rows, Decimal(0))) for name, rows in sorted(sums.items()) if len(rows) >= BEST_WORST_TRADES]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a rule would have left of the trades: ``skipped`` are those it forbids, rupees are exact."""

    skipped: tuple[Trade, ...]
    total_pnl: Decimal
    difference: Decimal


def with_cool_down(trades: Sequence[Trade], *, minutes: int = COOL_DOWN_MINUTES) -> Replayed:
    """Replay trades with a rule that forbids entries for ``minutes`` after each loss that was itself taken.

    A trade that the rule forbids has no exit to wait for, so its own loss forbids nothing. Trades that are kept keep
    their result, which is an assumption: nobody knows what else would have been done.
    """
    kept: list[Trade] = []
    skipped = []
    pause = timedelta(minutes=minutes)
    for trade in ordered(trades):
        ended = [row.exit_time for row in kept if row.is_loss and row.exit_time is not None]
        if any(exit_time < trade.entry_time <= exit_time + pause for exit_time in ended):
            skipped.append(trade)
        else:
            kept.append(trade)
    after, before = figures(kept).total_pnl, figures(list(trades)).total_pnl
    return Replayed(tuple(skipped), total_pnl=after, difference=after - before)
