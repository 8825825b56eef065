"""Judge rows of bars: what is impossible, and which days were no session or not the session they claim.

Pure functions on arrays. A day outside the exchange's lists is judged by the data: rows that repeat the session
before are copies; other prices in many symbols prove a session. On a listed session, rows are refused only together:
a single share may well repeat its prices, several that all repeat those of one and the same day may not.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from market.adapters.base import Floats, Ints
from market.importers.bars import FileBars
from market.importers.reasons import CODES, Reason

Flags = npt.NDArray[np.bool_]

#: So many symbols with prices unlike those of the session before prove that an unlisted day was a session.
SESSION_MIN_SYMBOLS: Final = 10
#: So many symbols must agree before a day is called a copy: a single one may well repeat its prices.
COPY_MIN_SYMBOLS: Final = 5
#: The share of comparable symbols that must agree, for a session as for a copy.
MAJORITY: Final = 0.8
#: A file with more rows than this on closed days than MAJORITY of all, on so many days, has wrong dates throughout.
UNTRUSTED_MIN_ROWS: Final = 200
UNTRUSTED_MIN_DAYS: Final = 10
#: A session filed under a neighbouring closed day lies at most this far away.
MISFILED_WITHIN_DAYS: Final = 3
NEVER: Final = -1


class DayStatus(IntEnum):
    """What the exchange's lists say of a day. SPECIAL is a session outside the regular week or hours."""

    CLOSED = 0
    SESSION = 1
    SPECIAL = 2
    UNKNOWN = 3


class ListedDays(Protocol):
    """What the exchange's lists say. Days are numbered from 1970-01-01."""

    def status(self, day: int) -> DayStatus: ...

    def session_before(self, day: int) -> int:
        """Return the last listed session before ``day``; where no list reaches, a week before."""
        ...


@dataclass(frozen=True, slots=True)
class StoredBars:
    """Bars the database has for the groups of a file, ascending by (group, ts). Same meaning as in `FileBars`."""

    group: Ints
    ts: Ints
    day: Ints
    minute: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    oi: Ints

    def __len__(self) -> int:
        return len(self.ts)


def nothing_stored() -> StoredBars:
    """Return no bars."""
    whole, real = np.empty(0, np.int64), np.empty(0)
    return StoredBars(whole, whole, whole, whole, real, real, real, real, whole, whole)


@dataclass(slots=True)
class DayVerdicts:
    """What was found about days. ``proven`` are sessions that no list had; ``words`` explain refusals by day."""

    proven: list[date] = field(default_factory=list)
    words: dict[int, str] = field(default_factory=dict)


def judge_rows(bars: FileBars, group: Ints, *, now_ts: int) -> None:
    """Mark rows that are impossible in themselves, begin after ``now_ts``, or come twice (the first stays)."""
    opens, highs, lows, closes = bars.prices
    with np.errstate(invalid="ignore"):
        bars.refuse((opens <= 0) | (highs <= 0) | (lows <= 0) | (closes <= 0), CODES[Reason.ZERO_PRICE])
        bars.refuse((bars.volume < -1) | (bars.oi < -1), CODES[Reason.NEGATIVE_VOLUME])
        bars.refuse(highs < lows, CODES[Reason.HIGH_BELOW_LOW])
        outside = (np.maximum(opens, closes) > highs) | (np.minimum(opens, closes) < lows)
        bars.refuse(outside, CODES[Reason.OPEN_OR_CLOSE_OUTSIDE_RANGE])
    bars.refuse(bars.ts > now_ts, CODES[Reason.FUTURE_DATE])
    good = np.flatnonzero(bars.mark == 0)
    order = good[np.lexsort((good, bars.ts[good], group[good]))]
    twice = (np.diff(group[order]) == 0) & (np.diff(bars.ts[order]) == 0)
    bars.mark[order[1:][twice]] = CODES[Reason.DUPLICATE_ROW]


def judge_days(bars: FileBars, group: Ints, stored: StoredBars, listed: ListedDays) -> DayVerdicts:
    """Mark rows of days that were no session, and of sessions that are copies of another.

    ``group`` numbers the series a row belongs to; ``stored`` holds earlier bars of the same groups.
    """
    verdicts = DayVerdicts()
    rows = np.flatnonzero(bars.mark == 0)
    if not len(rows):
        return verdicts
    evidence = _Evidence.of(bars, group, stored, rows)
    days, position = np.unique(bars.day[rows], return_inverse=True)
    tally = _Tally.of(evidence, days, position, listed)
    copied = tally.copied_sessions()
    misfiled = _misfiled(tally, copied, listed)
    closed = tally.closed() | misfiled
    for at in np.flatnonzero(misfiled):
        _mark(bars, rows[position == at], Reason.WRONG_DATE)
        verdicts.words[int(days[at])] = "the exchange was closed; the rows are those of a special session nearby"
    _mark(bars, rows[closed[position] & evidence.repeats], Reason.HOLIDAY_COPY)
    _mark(bars, rows[closed[position]], Reason.UNLISTED_DAY)
    for at in np.flatnonzero(tally.listed & (tally.seen >= COPY_MIN_SYMBOLS)):
        _refuse_copies(bars, rows[position == at], evidence, position == at, int(days[at]), verdicts)
    _refuse_untrusted(bars, rows, closed[position], days[closed], verdicts)
    verdicts.proven = [_as_date(day) for day in days[tally.proves() & ~tally.listed & ~misfiled]]
    return verdicts


@dataclass(frozen=True, slots=True)
class _Tally:
    """Evidence counted by day: rows, those with any bar before, those that repeat it, those unlike the session before,
    and those that were there on an earlier day already."""

    days: Ints
    kind: Ints
    rows: Ints
    compared: Ints
    repeated: Ints
    fresh: Ints
    seen: Ints

    @classmethod
    def of(cls, evidence: "_Evidence", days: Ints, position: Ints, listed: ListedDays) -> "_Tally":
        def count(flags: Flags) -> Ints:
            return np.bincount(position, weights=flags, minlength=len(days)).astype(np.int64)

        everything = np.ones(len(position), bool)
        kind = np.array([listed.status(int(day)) for day in days])
        session_before = np.array([listed.session_before(int(day)) for day in days])[position]
        fresh = ~evidence.repeats & (evidence.day_before >= session_before)
        has_before = evidence.day_before >= 0
        seen = evidence.seen_on >= 0
        return cls(days, kind, count(everything), count(has_before), count(evidence.repeats), count(fresh), count(seen))

    @property
    def listed(self) -> Flags:
        return (self.kind == DayStatus.SESSION) | (self.kind == DayStatus.SPECIAL)

    def proves(self) -> Flags:
        """Tell on which days many symbols have prices unlike those of the session before."""
        return (self.fresh >= SESSION_MIN_SYMBOLS) & (self.fresh >= MAJORITY * (self.fresh + self.repeated))

    def closed(self) -> Flags:
        """Tell which days were no session: not listed, not proven; an unlisted weekday only if it is a copy."""
        copy = (self.compared >= COPY_MIN_SYMBOLS) & (self.repeated >= MAJORITY * self.compared)
        weekday = (self.days + 3) % 7 < 5
        return ~self.listed & ~self.proves() & ((self.kind == DayStatus.CLOSED) | ~weekday | copy)

    def copied_sessions(self) -> Flags:
        """Tell which listed sessions carry rows that most symbols had on one earlier day already."""
        return self.listed & (self.compared >= COPY_MIN_SYMBOLS) & (self.seen >= MAJORITY * self.rows)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """For each judged row: the day of the bar before it (or NEVER), whether it repeats that, and the day on which the
    same prices and volume were there already (or NEVER)."""

    day_before: Ints
    repeats: Flags
    seen_on: Ints

    @classmethod
    def of(cls, bars: FileBars, group: Ints, stored: StoredBars, rows: Ints) -> "_Evidence":
        """Compare every row with the one before it of the same series at the same time of day."""
        size = len(rows)
        key = np.concatenate((group[rows], stored.group))
        minute = np.concatenate((bars.minute[rows], stored.minute))
        day = np.concatenate((bars.day[rows], stored.day))
        from_store = np.concatenate((np.zeros(size, bool), np.ones(len(stored), bool)))
        table = [
            np.concatenate((getattr(bars, name)[rows], getattr(stored, name)))
            for name in ("open", "high", "low", "close", "volume")
        ]
        order = np.lexsort((from_store, day, minute, key))
        before = _before(key[order], minute[order], day[order])
        back = np.full(len(order), -1, np.int64)
        back[order] = np.where(before >= 0, order[before], -1)
        back = back[:size]
        has_before = back >= 0
        same = has_before & np.all([column[:size] == column[back] for column in table], axis=0)
        opens, highs, lows, closes, volumes = (column[:size] for column in table)
        flat = (opens == highs) & (highs == lows) & (lows == closes)
        idle = has_before & flat & (volumes == 0) & (closes == table[3][back])
        seen = _seen_before(key, minute, day, table, order)[:size]
        seen[flat | (volumes == 0)] = NEVER
        return cls(np.where(has_before, day[back], NEVER), same | idle, seen)


def _before(key: Ints, minute: Ints, day: Ints) -> Ints:
    """Return for sorted rows the position of the last row of an earlier day in the same series and minute, or -1."""
    size = len(key)
    new_series = np.ones(size, bool)
    new_series[1:] = (key[1:] != key[:-1]) | (minute[1:] != minute[:-1])
    new_day = new_series.copy()
    new_day[1:] |= day[1:] != day[:-1]
    at = np.arange(size)
    day_start = np.maximum.accumulate(np.where(new_day, at, 0))
    series_start = np.maximum.accumulate(np.where(new_series, at, 0))
    return np.where(day_start > series_start, day_start - 1, -1)


def _seen_before(key: Ints, minute: Ints, day: Ints, table: list[npt.NDArray], order: Ints) -> Ints:
    """Return the latest earlier day on which the same series had exactly the same prices and volume, or NEVER."""
    digest = key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for column in (minute, *table):
        digest = (digest ^ np.ascontiguousarray(column).view(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
        digest ^= digest >> np.uint64(31)
    by = np.lexsort((day, digest))
    same = np.zeros(len(by), bool)
    same[1:] = (digest[by][1:] == digest[by][:-1]) & (day[by][1:] != day[by][:-1])
    seen = np.full(len(order), NEVER, np.int64)
    seen[by[1:]] = np.where(same[1:], day[by][:-1], NEVER)
    return seen


def _mark(bars: FileBars, rows: Ints, reason: Reason) -> None:
    """Give ``rows`` a reason unless they have one."""
    bars.mark[rows[bars.mark[rows] == 0]] = CODES[reason]


def _misfiled(tally: _Tally, copied: Flags, listed: ListedDays) -> Flags:
    """Tell which closed days carry the prices of a special session nearby that has no rows of its own."""
    own = set(tally.days[tally.listed & ~copied].tolist())
    found = np.zeros(len(tally.days), bool)
    for at in np.flatnonzero((tally.kind == DayStatus.CLOSED) & tally.proves()):
        day = int(tally.days[at])
        near = range(day - MISFILED_WITHIN_DAYS, day + MISFILED_WITHIN_DAYS + 1)
        found[at] = any(other not in own and listed.status(other) is DayStatus.SPECIAL for other in near)
    return found


def _refuse_copies(
    bars: FileBars, rows: Ints, evidence: _Evidence, here: Flags, day: int, verdicts: DayVerdicts
) -> None:
    """Refuse rows of a session that many symbols had, price for price and share for share, on one earlier day.

    Where they are the day's majority, rows that nothing can be said of go with them; rows with new prices stay.
    """
    seen = evidence.seen_on[here]
    origins, times = np.unique(seen[seen >= 0], return_counts=True)
    origin = int(origins[np.argmax(times)])
    copies = seen == origin
    if copies.sum() < COPY_MIN_SYMBOLS:
        return
    verdicts.words[day] = f"{int(copies.sum())} of {len(rows)} symbols have exactly their rows of {_as_date(origin)}"
    if copies.sum() >= MAJORITY * len(rows):
        copies |= evidence.day_before[here] < 0
    _mark(bars, rows[copies], Reason.WRONG_DATE)


def _refuse_untrusted(bars: FileBars, rows: Ints, closed: Flags, closed_days: Ints, verdicts: DayVerdicts) -> None:
    """Refuse the rest of a file nearly all of whose rows fall on days without a session."""
    share = closed.mean()
    if closed.sum() < UNTRUSTED_MIN_ROWS or len(closed_days) < UNTRUSTED_MIN_DAYS or share < MAJORITY:
        return
    rest = rows[bars.mark[rows] == 0]
    words = f"{share:.0%} of the file's rows fall on days without a session, so none of its dates can be trusted"
    verdicts.words.update(dict.fromkeys(np.unique(bars.day[rest]).tolist(), words))
    _mark(bars, rest, Reason.WRONG_DATE)


def _as_date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(day))
