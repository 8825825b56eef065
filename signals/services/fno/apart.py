"""The engine on a market beside the deployment's own: the same rules, nothing written and nothing told here.

What a scan leaves to the next, and what has fired, are given and returned; whoever asks keeps them. Scans, signals and
the Record of the deployment's own market know nothing of it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from core.clock import IST
from engines.mvla.inputs import Memory
from signals.lifecycle import status_of
from signals.models import FnoSignal
from signals.services.fno.calibration import judged
from signals.services.fno.emission import facts_of, fires
from signals.services.fno.facts import record_from
from signals.services.fno.gathering import gather
from signals.services.fno.tracking import course_of, result_of
from signals.services.fno.wire import analysis_row


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of earlier scans. ``memory``, ``volatilities``: of ``trade_date``. ``signals``: of this week, all
    indices, oldest first.
    """

    trade_date: date | None = None
    memory: dict[str, Any] = field(default_factory=dict)
    volatilities: dict[str, float] = field(default_factory=dict)
    signals: Sequence[FnoSignal] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """One scan. ``analysis``: as answers have it. ``signal``: what fired, not saved; None where nothing did."""

    trade_date: date
    memory: dict[str, Any]
    volatilities: dict[str, float]
    analysis: dict[str, Any]
    signal: FnoSignal | None


def look(index: str, *, earlier: Earlier, slot: int, now: datetime) -> Look:
    """Scan an index as the deployment's own scans do."""
    gathered = gather(index, now=now)
    day = gathered.moment.session.trade_date
    same = earlier.trade_date == day
    memory = Memory(**earlier.memory) if same else Memory()
    volatilities = earlier.volatilities if same else {}
    record = record_from(earlier.signals, index, day)
    moment = replace(gathered.moment, memory=memory, previous_iv=volatilities, record=record)
    gathered = replace(gathered, moment=moment)
    found, judge = judged(gathered, now=now)
    signal = None
    if fires(found, gathered):
        numbers = [one.number for one in earlier.signals if one.index == index and one.trade_date == day]
        signal = FnoSignal(**facts_of(found, gathered, judge, number=max(numbers, default=0) + 1, slot=slot, now=now))
    return Look(
        trade_date=day,
        memory=asdict(found.memory),
        volatilities={**volatilities, **{trade.tradingsymbol: trade.iv for trade in found.picked.trades}},
        analysis=analysis_row(found, gathered, judge, now=now),
        signal=signal,
    )


def follow(signal: FnoSignal, *, now: datetime) -> bool:
    """Bring a live signal that is not saved up to date; return whether it ended. Raises PlatformError where prices
    fail.
    """
    seen, plan, _, is_final = course_of(signal, now=now)
    at = datetime.fromtimestamp(seen.at_s, UTC)
    if not seen.is_over and seen.price is not None:
        signal.mfe, signal.mae, signal.last_bar_at = seen.mfe, seen.mae, at
    if not (seen.is_over and is_final):
        return False
    ended = result_of(signal, seen, plan, at.astimezone(IST).date())
    for name, value in {**ended, "outcome": seen.outcome, "status": status_of(seen.outcome), "closed_at": at}.items():
        setattr(signal, name, value)
    return True
