"""What a replay reads: imported minutes of an index, session by session, and the facts of the days before each.

Only minutes: the engine counts minutes of the clock (momentum of 15 and 5 minutes, a direction kept for 30, barriers
minute by minute), which bars of 5 and 15 minutes do not have. Those are named and left out, not stretched.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np

from core.clock import IST
from engines.exchange.clock import OfficialClock
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE, INDEX_KEYS
from engines.mvla.inputs import DayFacts, Floats, Ints, MinuteBars, minute_bars
from engines.mvla.parameters import Parameters, parameters_on
from market.adapters.base import Bars
from market.constants import Basis, Interval, Source
from market.models import CandleSeries
from market.selectors.candles import read_series
from market.services.exchanges import official_clock
from signals.services.fno.bars import SESSIONS, minutes_of

#: A pause of so many days between two sessions with bars parts the history: no average runs across it.
MOST_GAP: Final = timedelta(days=10)
REGULAR_OPEN: Final = time(9, 15)
#: Continuous trading before the exchange opened earlier: (last day, first minute, end, source). The shipped table of
#: phases begins later; days between the two are left out.
OLD_HOURS: Final = (
    (date(2010, 1, 3), time(9, 55), time(15, 30), "NSE's hours until 2010-01-03, as the bars of 2009 show them"),
)
#: From here on the shipped table of phases holds for derivatives of indices.
HOURS_FROM: Final = date(2010, 10, 18)
TOO_EARLY: Final = "the ten sessions before are not all there"
WHY_NOT: Final = {
    Interval.MINUTE_5.value: "left out: the engine needs the close of each minute; five-minute bars have every fifth",
    Interval.MINUTE_15.value: "left out: the engine's averages are of five-minute bars, which it does not have",
    Interval.MINUTE_60.value: "left out: too coarse for any of the engine's layers",
    Interval.DAY.value: "facts of the days before: range and close of the last session, closes of the 20-day average",
}


@dataclass(frozen=True, slots=True)
class SeriesUsed:
    """A series in the database: what it is, and a fingerprint of its bars where they are replayed."""

    index: str
    interval: str
    origin: str
    bars: int
    first: date
    last: date
    use: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ReplayDay:
    """One session of one index. ``window``: it and the ten before; ``end_s``: of its continuous trading.

    ``parameters``: the engine's, with the opening range put where this session begins.
    """

    index: str
    trade_date: date
    open_s: int
    end_s: int
    stretches: tuple[tuple[int, int], ...]
    window: MinuteBars
    facts: DayFacts
    parameters: Parameters
    origin: str


@dataclass(frozen=True, slots=True)
class _Session:
    day: date
    stretches: tuple[tuple[int, int], ...]
    bars: Bars
    origin: str

    @property
    def open_s(self) -> int:
        return self.stretches[0][0]


def sources_of(index: str) -> list[tuple[CandleSeries, SeriesUsed]]:
    """Return the imported series of an index, the finest first, with what they are used for."""
    exchange, _, symbol = INDEX_KEYS[index].partition(":")
    rows = CandleSeries.objects.filter(
        instrument__exchange=exchange, instrument__symbol=symbol, source=Source.IMPORT, basis=Basis.RAW, bars__gt=0
    )
    found = []
    for row in rows.order_by("origin", "interval"):
        first, last = (datetime.fromtimestamp(ts or 0, IST).date() for ts in (row.first_ts, row.last_ts))
        use = "replayed minute by minute" if row.interval == Interval.MINUTE else WHY_NOT[row.interval]
        found.append((row, SeriesUsed(index, row.interval, row.origin, row.bars, first, last, use)))
    order = list(Interval.values)
    return sorted(found, key=lambda one: (order.index(one[1].interval), one[1].first))


@dataclass(frozen=True, slots=True)
class IndexHistory:
    """What there is of an index: sessions to replay, oldest first; its series; why how many others are left out.

    ``missing_sessions``: of the exchange's calendar, within the series, without a bar. ``missing_minutes``: of those
    replayed.
    """

    days: list[ReplayDay]
    series: list[SeriesUsed]
    left_out: dict[str, int]
    missing_sessions: list[str]
    missing_minutes: int


def history_of(index: str, start: date, end: date) -> IndexHistory:
    """Return what can be replayed of an index between two dates; sessions before serve as history.

    No session takes bars from two series.
    """
    series = sources_of(index)
    left: dict[str, int] = {}
    sessions: dict[date, _Session] = {}
    told = []
    for row, source in series:
        if source.interval != Interval.MINUTE:
            told.append(source)
            continue
        bars = read_series(row.pk)
        told.append(replace(source, fingerprint=fingerprint(bars)))
        for one in _sessions(index, bars, source.origin, left):
            sessions.setdefault(one.day, one)
    daily = _merged([read_series(row.pk) for row, source in series if source.interval == Interval.DAY])
    days = []
    for run in _runs([sessions[day] for day in sorted(sessions)]):
        closes = _closes(run, daily)
        for at in range(len(run)):
            if not start <= run[at].day <= end:
                continue
            if at + 1 < SESSIONS:
                left[TOO_EARLY] = left.get(TOO_EARLY, 0) + 1
                continue
            days.append(_day(index, run, at, daily, closes))
    return IndexHistory(days, told, left, _holes(index, sessions, series, start, end), sum(map(_missing, days)))


def _holes(
    index: str, sessions: dict[date, _Session], series: Sequence[tuple[CandleSeries, SeriesUsed]], start: date,
    end: date,
) -> list[str]:  # fmt: skip
    """Return the trade dates of the exchange that a series of minutes should have and has not."""
    calendar = official_clock(INDEX_DERIVATIVE_EXCHANGE[index]).calendar
    found: set[date] = set()
    for _, one in series:
        if one.interval == Interval.MINUTE:
            found.update(calendar.sessions(max(one.first, start), min(one.last, end)))
    return sorted(day.isoformat() for day in found if day not in sessions)


def _missing(day: ReplayDay) -> int:
    """Return the minutes of continuous trading that have no bar."""
    there = int((day.window.ts >= day.open_s).sum())
    return sum((end - begin) // 60 for begin, end in day.stretches) - there


def fingerprint(bars: Bars) -> str:
    """Return the SHA-256 of times and prices, first 16 hex digits."""
    digest = hashlib.sha256()
    for name in ("ts", "open", "high", "low", "close"):
        digest.update(np.ascontiguousarray(getattr(bars, name)).tobytes())
    return digest.hexdigest()[:16]


def _sessions(index: str, bars: Bars, origin: str, left: dict[str, int]) -> list[_Session]:
    """Cut a series into trade dates and keep the minutes of continuous trading."""
    clock = official_clock(INDEX_DERIVATIVE_EXCHANGE[index])
    number = (bars.ts + 19_800) // 86_400
    starts = np.flatnonzero(np.diff(number, prepend=number[:1] - 1)) if len(number) else np.empty(0, np.int64)
    found = []
    for first, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(number)], strict=True):
        day = date(1970, 1, 1) + timedelta(days=int(number[first]))
        stretches = _stretches(clock, day)
        if not stretches:
            reason = "no session of that day, or its hours are not known"
            left[reason] = left.get(reason, 0) + 1
            continue
        part = _cut(bars, slice(first, stop), stretches)
        if len(part):
            found.append(_Session(day, stretches, part, origin))
    return found


def _stretches(clock: OfficialClock, day: date) -> tuple[tuple[int, int], ...]:
    """Return the stretches of continuous trading of a day, epoch seconds; empty where they are not known."""
    if not clock.calendar.is_known(day) or not clock.calendar.is_session(day):
        return ()
    old = next(((begin, end) for last, begin, end, _ in OLD_HOURS if day <= last), None)
    if old is not None:
        return (tuple(int(clock.instant_of(day, at).timestamp()) for at in old),)  # type: ignore[return-value]
    session = clock.session_of(day) if day >= HOURS_FROM else None
    if session is None:
        return ()
    return tuple(
        (int(clock.instant_of(day, begin).timestamp()), int(clock.instant_of(day, end).timestamp()))
        for begin, end in session.trading
    )


def _cut(bars: Bars, part: slice, stretches: tuple[tuple[int, int], ...]) -> Bars:
    ts = bars.ts[part]
    inside = np.zeros(len(ts), dtype=np.bool_)
    for begin, end in stretches:
        inside |= (ts >= begin) & (ts + 60 <= end)
    names = ("ts", "open", "high", "low", "close", "volume")
    return Bars(*(getattr(bars, name)[part][inside] for name in names))


def _runs(sessions: Sequence[_Session]) -> list[list[_Session]]:
    """Part the sessions where the history has a hole."""
    runs: list[list[_Session]] = []
    for one in sessions:
        if runs and one.day - runs[-1][-1].day <= MOST_GAP:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _merged(series: Sequence[Bars]) -> Bars | None:
    """Put day bars of several series together; of two for a day the first series' one stays."""
    if not series:
        return None
    ts = np.concatenate([bars.ts for bars in series])
    _, kept = np.unique(ts, return_index=True)
    names = ("ts", "open", "high", "low", "close", "volume")
    return Bars(*(np.concatenate([getattr(bars, name) for bars in series])[kept] for name in names))


def _closes(run: Sequence[_Session], daily: Bars | None) -> tuple[Ints, Floats]:
    """Return day numbers and closes: of day bars, of the last minute where there is no day bar."""
    known = {} if daily is None else dict(zip((daily.ts // 86_400).tolist(), daily.close.tolist(), strict=True))
    own = {(one.day - date(1970, 1, 1)).days: float(one.bars.close[-1]) for one in run}
    both = sorted({**own, **known}.items())
    return np.array([day for day, _ in both], np.int64), np.array([close for _, close in both])


def _day(
    index: str, run: Sequence[_Session], at: int, daily: Bars | None, closes: tuple[Ints, Floats]
) -> ReplayDay:  # fmt: skip
    today, part = run[at], run[at + 1 - SESSIONS : at + 1]
    columns = {
        name: np.concatenate([getattr(one.bars, name) for one in part])
        for name in ("ts", "open", "high", "low", "close")
    }
    starts = np.array([minutes_of(datetime.fromtimestamp(one.open_s, IST).time()) for one in part])
    window = minute_bars(
        **columns, volume=None, opens=np.array([one.open_s for one in part], np.int64), clock_starts=starts
    )
    return ReplayDay(
        index=index, trade_date=today.day, open_s=today.open_s, end_s=today.stretches[-1][1],
        stretches=today.stretches, window=window, facts=_facts(today.day, run[at - 1], daily, closes),
        parameters=parameters_for(today.day, datetime.fromtimestamp(today.open_s, IST).time()), origin=today.origin,
    )  # fmt: skip


def _facts(day: date, before: _Session, daily: Bars | None, closes: tuple[Ints, Floats]) -> DayFacts:
    """Return range and close of the last session before a trade date, and the closes before it."""
    number = (day - date(1970, 1, 1)).days
    earlier = closes[1][closes[0] < number]
    high, low, close = float(before.bars.high.max()), float(before.bars.low.min()), float(before.bars.close[-1])
    if daily is not None:
        place = int(np.searchsorted(daily.ts // 86_400, number, side="left")) - 1
        if place >= 0 and daily.ts[place] // 86_400 >= (before.day - date(1970, 1, 1)).days:
            high, low, close = (float(column[place]) for column in (daily.high, daily.low, daily.close))
    return DayFacts(previous_high=high, previous_low=low, previous_close=close, closes=earlier)


def parameters_for(day: date, opened: time) -> Parameters:
    """Return the parameters of a trade date, the opening range and the first entry counted from its own open.

    Where trading began at 09:55 the range of the first 15 minutes is 09:55-10:10, and nothing fires before its end. No
    other number changes.
    """
    p = parameters_on(day)
    shift = datetime.combine(day, opened) - datetime.combine(day, REGULAR_OPEN)
    if not shift:
        return p

    def moved(at: time) -> time:
        return (datetime.combine(day, at) + shift).time()

    return replace(
        p, opening_range_start=opened, opening_range_end=moved(p.opening_range_end), first_entry=moved(p.first_entry)
    )
