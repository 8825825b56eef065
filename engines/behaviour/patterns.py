"""What every pattern answers, and the patterns that look at when trades were made."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from engines.behaviour.tables import (
    BURST_ENTRIES,
    BURST_MINUTES,
    BURST_TRADES,
    CHARGES_HIGH,
    CHARGES_SHARE,
    COOL_DOWN_MINUTES,
    DAY_FLOOR,
    EDGE_MINUTES,
    EDGE_SAMPLE,
    RELATIVE_DAYS,
    RELATIVE_TRADES,
    REVENGE_SHARE,
    TILT_LONG_RUN,
    TILT_RUN,
    TILT_SIZE,
    TIMING_STEPS,
    TIMING_TRADES,
    Severity,
    lowered,
    step_of,
)
from engines.behaviour.trades import Trade, is_at_the_edge, sizes

COOL_DOWN = timedelta(minutes=COOL_DOWN_MINUTES)
BURST = timedelta(minutes=BURST_MINUTES)

Metric = dict[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class Pattern:
    """``n``: trades looked at; ``sufficient``: if they are enough to say anything; ``trades``: those that show it."""

    pattern: str
    severity: Severity
    evidence: str
    n: int
    metric: Metric = field(default_factory=dict)
    sufficient: bool = True
    trades: tuple[Trade, ...] = ()

    @property
    def detected(self) -> bool:
        """Whether it shows at all."""
        return self.severity is not Severity.NONE


def too_few(pattern: str, n: int, needs: str) -> Pattern:
    """Return the answer of a pattern that cannot be judged yet."""
    return Pattern(pattern, Severity.NONE, f"Needs {needs}.", n, sufficient=False)


def overtrading(trades: Sequence[Trade]) -> Pattern:
    """Days far busier than usual, bursts of entries, charges that eat the gains. ``trades``: by entry time."""
    name = "overtrading"
    days = Counter(trade.entry_ist.date() for trade in trades)
    relative = len(trades) >= RELATIVE_TRADES and len(days) >= RELATIVE_DAYS
    share = _charges_share(trades)
    if not relative and len(trades) < BURST_TRADES and share is None:
        return too_few(name, len(trades), f"{BURST_TRADES} trades")
    limit = max(DAY_FLOOR, 2 * median(days.values()))
    crowded = {day for day, count in days.items() if count > limit} if relative else set()
    busy = len(crowded)
    runs = _bursts(trades) if len(trades) >= BURST_TRADES else []
    bursts = len(runs)
    shown = tuple(t for t in trades if t.entry_ist.date() in crowded or any(t is b for run in runs for b in run))
    costly = share is not None and share >= CHARGES_SHARE
    hits = busy + bursts + costly
    severity = (Severity.NONE, Severity.LOW, Severity.MEDIUM, Severity.HIGH)[min(3, hits)]
    if share is not None and share >= CHARGES_HIGH:
        severity = Severity.HIGH
    evidence = (
        f"{busy} day(s) with more than {limit:g} trades, "
        f"{bursts} burst(s) of {BURST_ENTRIES} entries in {BURST_MINUTES} minutes"
    )
    if share is not None:
        evidence += f", charges are {share:.0%} of the gains"
    metric: Metric = {"busy_days": busy, "bursts": bursts, "charges_share": share, "busiest_day": max(days.values())}
    return Pattern(name, severity, evidence + ".", len(trades), metric, trades=shown)


def _charges_share(trades: Sequence[Trade]) -> float | None:
    charges = sum((trade.charges for trade in trades if trade.charges is not None), Decimal(0))
    wins = sum((trade.pnl for trade in trades if trade.is_win and trade.pnl is not None), Decimal(0))
    return float(charges / wins) if charges and wins else None


def _bursts(trades: Sequence[Trade]) -> list[Sequence[Trade]]:
    """Return bursts that share no entry."""
    found, at = [], 0
    while at + BURST_ENTRIES <= len(trades):
        run = trades[at : at + BURST_ENTRIES]
        if run[-1].entry_time - run[0].entry_time <= BURST:
            found.append(run)
            at += BURST_ENTRIES
        else:
            at += 1
    return found


def revenge_trading(trades: Sequence[Trade]) -> Pattern:
    """Trades of the same size or larger within half an hour of a loss, each counted once."""
    name = "revenge_trading"
    losses = [trade for trade in trades if trade.is_loss and trade.exit_time is not None]
    following = [trade for trade in trades if any(_follows(trade, loss) for loss in losses)]
    if not following:
        return too_few(name, len(trades), "a closed loss with its exit time and a later trade")
    avenging = tuple(trade for trade in following if _avenged(trade, losses) is not None)
    count = len(avenging)
    prompt = sum(any(_soon_after(trade, loss) for loss in losses) for trade in following)
    severity = (Severity.NONE, Severity.LOW, Severity.MEDIUM, Severity.MEDIUM, Severity.HIGH)[min(4, count)]
    if count == 3 and count >= REVENGE_SHARE * prompt:
        severity = Severity.HIGH
    evidence = f"{count} trade(s) entered within {COOL_DOWN_MINUTES} minutes of a loss with equal or larger size."
    return Pattern(name, severity, evidence, len(trades), {"count": count, "after_loss": prompt}, trades=avenging)


def _follows(trade: Trade, loss: Trade) -> bool:
    return trade is not loss and loss.exit_time is not None and trade.entry_time > loss.exit_time


def _soon_after(trade: Trade, loss: Trade) -> bool:
    return _follows(trade, loss) and trade.entry_time <= loss.exit_time + COOL_DOWN  # type: ignore[operator]


def _avenged(trade: Trade, losses: Sequence[Trade]) -> Trade | None:
    """Return the latest loss that ``trade`` followed too soon and no smaller."""
    soon = [loss for loss in losses if _soon_after(trade, loss)]
    for loss in sorted(soon, key=lambda row: row.exit_time, reverse=True):  # type: ignore[arg-type,return-value]
        size, lost = sizes(trade, loss)
        if size >= lost:
            return loss
    return None


def tilt(trades: Sequence[Trade]) -> Pattern:
    """Runs of losses on one day during which the person speeds up, sizes up or goes on."""
    name = "tilt"
    days: dict[date, list[Trade]] = {}
    for trade in trades:
        if trade.pnl is not None:
            days.setdefault(trade.entry_ist.date(), []).append(trade)
    if not any(len(day) >= TILT_RUN for day in days.values()):
        return too_few(name, len(trades), f"{TILT_RUN} closed trades on one day")
    usual = _usual_gap(trades)
    runs = [run for day in days.values() for run in _losing_runs(day) if _is_tilted(run, trades, usual)]
    longest = max(map(len, runs), default=0)
    severity = Severity.NONE if not runs else Severity.MEDIUM
    if len(runs) >= 2 or longest >= TILT_LONG_RUN:
        severity = Severity.HIGH
    ratio = max(map(_size_ratio, runs), default=None)
    evidence = f"{len(runs)} run(s) of {TILT_RUN} or more losses on one day with larger, faster or further trades."
    metric: Metric = {"runs": len(runs), "longest": longest, "size_ratio": ratio}
    return Pattern(name, severity, evidence, len(trades), metric, trades=tuple(trade for run in runs for trade in run))


def _losing_runs(day: Sequence[Trade]) -> list[list[Trade]]:
    runs: list[list[Trade]] = [[]]
    for trade in day:
        if trade.is_loss:
            runs[-1].append(trade)
        else:
            runs.append([])
    return [run for run in runs if len(run) >= TILT_RUN]


def _is_tilted(run: Sequence[Trade], trades: Sequence[Trade], usual: float | None) -> bool:
    gaps = _gaps(run)
    faster = usual is not None and median(gaps) <= usual / 2
    third = run[TILT_RUN - 1]
    further = any(_soon_after(trade, third) for trade in trades)
    return _size_ratio(run) >= TILT_SIZE or faster or further


def _size_ratio(run: Sequence[Trade]) -> float:
    pairs = [sizes(trade, run[0]) for trade in run]
    return max(size / first for size, first in pairs)


def _usual_gap(trades: Sequence[Trade]) -> float | None:
    """Return the median time between entries of one day, in seconds; None with too few to be usual."""
    days: dict[date, list[Trade]] = {}
    for trade in trades:
        days.setdefault(trade.entry_ist.date(), []).append(trade)
    gaps = [gap for day in days.values() for gap in _gaps(day)]
    return median(gaps) if len(gaps) > TILT_RUN else None


def _gaps(trades: Sequence[Trade]) -> list[float]:
    times = [trade.entry_time for trade in trades]
    return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]


def poor_timing(trades: Sequence[Trade]) -> Pattern:
    """Entries in the first or last quarter of an hour of the session."""
    name = "poor_timing"
    if len(trades) < TIMING_TRADES:
        return too_few(name, len(trades), f"{TIMING_TRADES} trades")
    edge = [trade for trade in trades if is_at_the_edge(trade, EDGE_MINUTES)]
    share = len(edge) / len(trades)
    severity = step_of(TIMING_STEPS, share)
    usual, others = _mean_pnl(edge), _mean_pnl([trade for trade in trades if trade not in edge])
    if len(edge) >= EDGE_SAMPLE and usual is not None and others is not None and usual > others:
        severity = lowered(severity)
    evidence = f"{len(edge)} of {len(trades)} entries in the first or last {EDGE_MINUTES} minutes of the session."
    metric: Metric = {"edge_share": round(share, 4), "edge_trades": len(edge)}
    return Pattern(name, severity, evidence, len(trades), metric, trades=tuple(edge))


def _mean_pnl(trades: Sequence[Trade]) -> float | None:
    known = [float(trade.pnl) for trade in trades if trade.pnl is not None]
    return sum(known) / len(known) if known else None
