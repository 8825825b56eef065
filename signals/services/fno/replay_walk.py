"""The walk through history: minute by minute through `engines.mvla.analyse`, under the rules by which signals fire.

Columns of a session are built once and then looked at as they stood in each minute (`engines.mvla.history`). What
became of a signal is worked out when it fires, from later bars, and known to the walk only when that time has come.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from core.clock import IST
from engines.calibration.outcomes import HORIZON_BARS, Outcome, Result, barrier_result, symmetric_outcome
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE
from engines.mvla.analysis import Analysis, analyse
from engines.mvla.history import History, build
from engines.mvla.inputs import Blackout, Memory, Moment, PastTrigger, Profile, Record, SessionFacts
from engines.mvla.parameters import Parameters
from market.services.exchanges import official_clock
from signals.services.fno.facts import is_expiry_day
from signals.services.fno.replay_data import ReplayDay

MINUTE_S: Final = 60
Blackouts = Callable[[date], tuple[Blackout, ...]]
Progress = Callable[[date], None]


@dataclass(frozen=True, slots=True)
class Fired:
    """A signal of a replay: what the engine said, and what the index did next.

    ``end_label_s``, ``end_s``: when label and result were known (epoch seconds).
    """

    index: str
    trade_date: date
    number: int
    at_s: int
    direction: int
    mode: str
    d: float
    q: float
    s: float
    raw: float
    spot: float
    distance: float
    params_hash: str
    origin: str
    outcome: Outcome
    end_label_s: int
    result: Result
    end_s: int

    def as_trigger(self, now_s: float) -> PastTrigger:
        """Return what the loss-averse rules know of it at an instant."""
        if now_s < self.end_s:
            return PastTrigger(at_s=self.at_s, direction=self.direction)
        how, r = self.result.how or "TIME_EXIT", self.result.r_multiple
        return PastTrigger(self.at_s, self.direction, how, float(self.end_s), r)


@dataclass
class Walk:
    """What has fired so far, and how many minutes were looked at."""

    fired: list[Fired] = field(default_factory=list)
    minutes: int = 0
    sessions: dict[str, int] = field(default_factory=dict)

    def record(self, index: str, day: date, now_s: float) -> Record:
        """Return the signals of this trade date and of its week (from Monday), of the index and of all."""
        monday = day - timedelta(days=day.weekday())
        week = [one for one in reversed(self.fired[-120:]) if one.trade_date >= monday][::-1]
        today = [one for one in week if one.trade_date == day]
        return Record(
            today=tuple(one.as_trigger(now_s) for one in today if one.index == index),
            account_today=tuple(one.as_trigger(now_s) for one in today),
            account_week=tuple(one.as_trigger(now_s) for one in week),
            is_live=self.is_live(index, day, now_s),
        )

    def is_live(self, index: str, day: date, now_s: float) -> bool:
        """Tell whether a signal of the index is not over."""
        latest = (one for one in reversed(self.fired[-40:]) if one.index == index and one.trade_date == day)
        return any(one.at_s <= now_s < one.end_s for one in latest)


@dataclass
class _Book:
    """One index on one session; ``last_s``: the last minute in which something may fire."""

    day: ReplayDay
    history: History
    is_expiry: bool
    blackouts: tuple[Blackout, ...]
    last_s: int
    memory: Memory = field(default_factory=Memory)


def walk(days: Sequence[ReplayDay], *, blackouts: Blackouts, progress: Progress = lambda day: None) -> Walk:
    """Walk through sessions of several indices, in the order of time; within a minute in the order given."""
    by_date: dict[date, list[ReplayDay]] = {}
    for day in days:
        by_date.setdefault(day.trade_date, []).append(day)
    found = Walk()
    for trade_date in sorted(by_date):
        books = [_open(day, blackouts(trade_date)) for day in by_date[trade_date]]
        for book in books:
            found.sessions[book.day.index] = found.sessions.get(book.day.index, 0) + 1
        first, last = min(b.day.open_s for b in books), max(b.last_s for b in books)
        for at_s in range(first + MINUTE_S, last + 1, MINUTE_S):
            for book in books:
                if at_s <= book.last_s:
                    _minute(book, at_s, found)
        progress(trade_date)
    return found


def _open(day: ReplayDay, blackouts: tuple[Blackout, ...]) -> _Book:
    p = day.parameters
    return _Book(
        day=day,
        history=build(day.window, None, p),
        is_expiry=is_expiry_day(
            day.index, day.trade_date, official_clock(INDEX_DERIVATIVE_EXCHANGE[day.index]).calendar
        ),
        blackouts=blackouts,
        last_s=min(_instant(day.trade_date, p, "last_entry"), day.end_s),
    )


def _instant(day: date, p: Parameters, name: str) -> int:
    """Return a rule's time of day on a trade date, epoch seconds."""
    return int(datetime.combine(day, getattr(p, name), tzinfo=IST).timestamp())


def _minute(book: _Book, at_s: int, found: Walk) -> None:
    """Look at one minute; a signal that fires is added."""
    day = book.day
    moment = moment_of(book, at_s, found.record(day.index, day.trade_date, at_s))
    if moment is None:
        return
    analysis = analyse(book.history, moment)
    book.memory = analysis.memory
    found.minutes += 1
    if not (analysis.actionable and analysis.is_new) or analysis.distance is None:
        return
    number = sum(one.index == day.index and one.trade_date == day.trade_date for one in found.fired[-40:]) + 1
    found.fired.append(fired(day, analysis, at_s, number))


def moment_of(book: _Book, at_s: int, record: Record) -> Moment | None:
    """Return everything but bars about a minute; None while today has no complete bar."""
    day = book.day
    stop = int(np.searchsorted(day.window.ts, at_s - MINUTE_S, side="right"))
    if not stop or day.window.ts[stop - 1] < day.open_s:
        return None
    open_now = any(begin <= at_s < end for begin, end in day.stretches)
    session = SessionFacts(
        trade_date=day.trade_date,
        market_time=datetime.fromtimestamp(at_s, IST).time(),
        is_open=open_now,
        phase="OPEN" if open_now else "CLOSED",
        is_expiry_day=book.is_expiry,
        blackouts=book.blackouts,
    )
    return Moment(
        index=day.index, at_s=float(at_s), spot=float(day.window.close[stop - 1]), session=session, day=day.facts,
        profile=Profile.INDEX_ONLY, record=record, memory=book.memory,
    )  # fmt: skip


def fired(day: ReplayDay, analysis: Analysis, at_s: int, number: int) -> Fired:
    """Return the signal with its label and its result, from the bars that follow."""
    p = day.parameters
    distance = analysis.distance or 0.0
    labelled_until = min(at_s + MINUTE_S * HORIZON_BARS, _instant(day.trade_date, p, "last_entry"), day.end_s)
    held_until = min(at_s + MINUTE_S * p.hold_minutes, _instant(day.trade_date, p, "exit_by"), day.end_s)
    after = _between(day, at_s, labelled_until)
    outcome = symmetric_outcome(
        direction=analysis.way, start=analysis.spot, distance=distance,
        high=after["high"], low=after["low"], close=after["close"],
    )  # fmt: skip
    held = _between(day, at_s, held_until)
    result = barrier_result(
        direction=analysis.way, start=analysis.spot, distance=distance, reward=p.reward_risk,
        open=held["open"], high=held["high"], low=held["low"], close=held["close"],
    )  # fmt: skip
    touched = outcome.label is not None and abs(outcome.r_multiple) == 1.0
    by_time = result.how in (None, "TIME_EXIT")
    return Fired(
        index=day.index, trade_date=day.trade_date, number=number, at_s=at_s, direction=analysis.way,
        mode=analysis.entry.mode, d=analysis.direction.d, q=analysis.direction.q, s=analysis.strength.s,
        raw=float(analysis.confidence.raw or 0.0), spot=analysis.spot, distance=distance,
        params_hash=analysis.params_hash, origin=day.origin, outcome=outcome, result=result,
        end_label_s=int(after["ts"][outcome.bars - 1]) + MINUTE_S if touched else labelled_until,
        end_s=held_until if by_time else int(held["ts"][result.bars - 1]) + MINUTE_S,
    )  # fmt: skip


def _between(day: ReplayDay, start_s: int, end_s: int) -> dict[str, np.ndarray]:
    """Return the bars that begin at ``start_s`` or later and are complete at ``end_s``."""
    ts = day.window.ts
    first = int(np.searchsorted(ts, start_s, side="left"))
    stop = max(int(np.searchsorted(ts, end_s - MINUTE_S, side="right")), first)
    return {name: getattr(day.window, name)[first:stop] for name in ("ts", "open", "high", "low", "close")}
