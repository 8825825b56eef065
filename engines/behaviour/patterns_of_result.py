"""The patterns that look at what came of the trades, and at how large and how varied they were."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean, median, stdev

from engines.behaviour.patterns import Pattern, too_few
from engines.behaviour.statistics import Disposition, mann_whitney_p
from engines.behaviour.tables import (
    BOOKING_HOLD,
    BOOKING_STEPS,
    BOOKING_TRADES,
    BOOKING_WIN_RATE,
    BOOKING_WIN_TO_LOSS,
    CONCENTRATION_STEPS,
    CONCENTRATION_TRADES,
    INDICES,
    LOSS_AVERSION_SIDE,
    LOSS_AVERSION_STEPS,
    SALE_DAYS,
    SIZING_STEPS,
    SIZING_TRADES,
    TEST_LEVEL,
    TEST_SIDE,
    Z_ONE_SIDED_5_PCT,
    Severity,
    at_most,
    lowered,
    step_of,
)
from engines.behaviour.trades import Trade


def loss_aversion(trades: Sequence[Trade]) -> Pattern:
    """Losers held longer, or left to grow larger, than winners."""
    name = "loss_aversion"
    wins, losses = [t for t in trades if t.is_win], [t for t in trades if t.is_loss]
    if min(len(wins), len(losses)) < LOSS_AVERSION_SIDE:
        return too_few(name, len(wins) + len(losses), f"{LOSS_AVERSION_SIDE} wins and {LOSS_AVERSION_SIDE} losses")
    size = -_mean(losses) / _mean(wins)
    held_wins, held_losses = _minutes(wins), _minutes(losses)
    timed = min(len(held_wins), len(held_losses)) >= LOSS_AVERSION_SIDE
    hold = median(held_losses) / median(held_wins) if timed and median(held_wins) > 0 else None
    severity = step_of(LOSS_AVERSION_STEPS, max(size, hold or 0.0))
    if hold is not None and min(size, hold) >= 2.0:
        severity = Severity.HIGH
    p_value = None
    if min(len(held_wins), len(held_losses)) >= TEST_SIDE:
        p_value = mann_whitney_p(held_losses, held_wins)
        severity = lowered(severity) if p_value > TEST_LEVEL else severity
    if hold is None:  # only results are known, or winners were closed the minute they began
        severity = at_most(severity, Severity.MEDIUM)
    evidence = f"The average loss is {size:.1f} times the average win"
    evidence += "." if hold is None else f"; losers are held {hold:.1f} times as long as winners."
    metric = {"loss_to_win": round(size, 4), "hold_ratio": hold and round(hold, 4), "p_value": p_value}
    return Pattern(name, severity, evidence, len(wins) + len(losses), dict(metric))


def profit_booking_bias(trades: Sequence[Trade], disposition: Disposition | None = None) -> Pattern:
    """Gains realised sooner than losses: by positions where they are known, else by a proxy, which goes no further than
    medium.
    """
    if disposition is not None:
        return _by_positions(disposition)
    name = "profit_booking_bias"
    closed = [trade for trade in trades if trade.pnl is not None]
    wins, losses = [t for t in closed if t.is_win], [t for t in closed if t.is_loss]
    if len(closed) < BOOKING_TRADES or not wins or not losses:
        return too_few(name, len(closed), f"{BOOKING_TRADES} closed trades, wins and losses among them")
    rate, ratio = len(wins) / len(closed), -_mean(losses) / _mean(wins)
    held_wins, held_losses = _minutes(wins), _minutes(losses)
    sooner = bool(held_wins and held_losses) and median(held_wins) < BOOKING_HOLD * median(held_losses)
    shows = rate >= BOOKING_WIN_RATE and 1 / ratio < BOOKING_WIN_TO_LOSS and sooner
    severity = at_most(step_of(BOOKING_STEPS, ratio), Severity.MEDIUM) if shows else Severity.NONE
    evidence = f"{rate:.0%} of trades win, the average win is {1 / ratio:.2f} of the average loss"
    evidence += " and winners are closed much sooner." if sooner else "."
    return Pattern(name, severity, evidence, len(closed), {"win_rate": round(rate, 4), "loss_to_win": round(ratio, 4)})


def _by_positions(found: Disposition) -> Pattern:
    name = "profit_booking_bias"
    if found.sale_days < SALE_DAYS or found.ratio is None or found.z is None:
        return too_few(name, found.sale_days, f"{SALE_DAYS} days with sales, with gains and losses realised among them")
    shows = found.z >= Z_ONE_SIDED_5_PCT
    severity = step_of(BOOKING_STEPS, found.ratio) if shows else Severity.NONE
    evidence = f"{found.pgr:.0%} of gains are realised against {found.plr:.0%} of losses ({found.ratio:.2f} times)."
    metric = {"pgr": found.pgr, "plr": found.plr, "ratio": found.ratio, "z": found.z}
    return Pattern(name, severity, evidence, found.sale_days, dict(metric))


def position_sizing(trades: Sequence[Trade]) -> Pattern:
    """Sizes that vary from trade to trade: rupees; in derivatives quantities against what is usual."""
    name = "position_sizing"
    segments = Counter(trade.segment for trade in trades)
    judged = [segment for segment, count in segments.items() if count >= SIZING_TRADES]
    if not judged:
        return too_few(name, len(trades), f"{SIZING_TRADES} trades in one segment")
    spreads = {segment: _spread([t for t in trades if t.segment == segment], segment) for segment in sorted(judged)}
    worst = max(spreads, key=lambda segment: spreads[segment])
    evidence = f"Sizes in {worst} vary by {spreads[worst]:.0%} of their mean (standard deviation)."
    metric = {"variation": round(spreads[worst], 4), "segment": worst}
    return Pattern(name, step_of(SIZING_STEPS, spreads[worst]), evidence, segments[worst], dict(metric))


def _spread(trades: Sequence[Trade], segment: str) -> float:
    values = [trade.notional for trade in trades] if segment != "FNO" else list(_relative_quantities(trades))
    return stdev(values) / fmean(values)


def _relative_quantities(trades: Sequence[Trade]) -> Iterator[float]:
    by_underlying: dict[str, list[float]] = {}
    for trade in trades:
        by_underlying.setdefault(trade.underlying, []).append(trade.qty)
    for quantities in by_underlying.values():
        usual = fmean(quantities)
        yield from (quantity / usual for quantity in quantities)


def symbol_concentration(trades: Sequence[Trade]) -> Pattern:
    """Most trades in one underlying."""
    name = "symbol_concentration"
    if len(trades) < CONCENTRATION_TRADES:
        return too_few(name, len(trades), f"{CONCENTRATION_TRADES} trades")
    counts = Counter(trade.underlying for trade in trades)
    top, count = min(counts.items(), key=lambda row: (-row[1], row[0]))
    share = count / len(trades)
    severity = step_of(CONCENTRATION_STEPS, share)
    if all(trade.segment == "FNO" and trade.underlying in INDICES for trade in trades):
        severity = lowered(severity)  # who trades index options has chosen his instrument, not neglected the others
    evidence = f"{count} of {len(trades)} trades are in {top}."
    return Pattern(name, severity, evidence, len(trades), {"symbol": top, "share": round(share, 4)})


def _mean(trades: Sequence[Trade]) -> float:
    return fmean(float(trade.pnl) for trade in trades if trade.pnl is not None)


def _minutes(trades: Sequence[Trade]) -> list[float]:
    return [trade.held.total_seconds() / 60 for trade in trades if trade.held is not None]
