"""What the market does at which hour, by trade date.

Times are Indian exchange time. A day is described by windows; between and outside them the phase is CLOSED (for
example 15:35-15:50 for shares in the closing auction). Every table carries ``valid_from`` and ``valid_to`` (both
included, None = open ended) and the source of its numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Phase(StrEnum):
    """State of one market segment. Only OPEN is continuous trading."""

    CLOSED = "CLOSED"
    PRE_OPEN = "PRE_OPEN"
    OPEN = "OPEN"
    CLOSING_AUCTION = "CLOSING_AUCTION"
    POST_CLOSE = "POST_CLOSE"


class Group(StrEnum):
    """Sets of instruments that keep the same hours."""

    EQUITY = "EQUITY"
    EQUITY_CAS = "EQUITY_CAS"  # shares with derivatives: closing auction session from 2026-08-03
    FUTURES = "FUTURES"
    OPTIONS = "OPTIONS"
    MCX = "MCX"
    MCX_AGRI_LINKED = "MCX_AGRI_LINKED"  # cotton, crude palm oil, kapas
    MCX_AGRI = "MCX_AGRI"


class CloseMethod(StrEnum):
    """How the official closing price of a share is formed."""

    VWAP_LAST_30_MIN = "vwap_last_30_min"
    CLOSING_AUCTION = "closing_auction"


@dataclass(frozen=True, slots=True)
class PhaseWindow:
    """One phase of one day: ``start`` included, ``end`` excluded, exchange time of day."""

    phase: Phase
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One row of the phase table."""

    group: Group
    phase: Phase
    start: time
    end: time
    valid_from: date | None
    valid_to: date | None
    source: str

    def covers(self, trade_date: date) -> bool:
        """Tell whether the row is in force on ``trade_date``."""
        return (self.valid_from is None or self.valid_from <= trade_date) and (
            self.valid_to is None or trade_date <= self.valid_to
        )


class UnknownSegment(ValueError):
    """An exchange or segment without a phase table."""


HOURS_2010: Final = date(2010, 1, 4)
CALL_AUCTION_OPEN: Final = date(2010, 10, 18)
FUTURES_PRE_OPEN: Final = date(2025, 12, 8)
CLOSING_AUCTION_FROM: Final = date(2026, 8, 3)

_EVE_2010: Final = date(2010, 1, 3)
_EVE_CALL_AUCTION: Final = date(2010, 10, 17)
_EVE_CLOSING_AUCTION: Final = date(2026, 8, 2)

_HISTORY: Final = "NSE circulars of 1999-2010 as reported by the press; minute data of 2009 (first bar 09:55)"
_CALL_AUCTION: Final = "NSE/BSE pre-open call auction, in force 2010-10-18"
_CAS: Final = "SEBI HO/47/11/11(3)2025-MRD-POD2/I/2765/2026 of 2026-01-16; NSE trading modalities of 2026-05-29"
_FNO_1540: Final = "NSE circular of 2026-05-29 and BSE notice of 2026-08-01: derivatives trade to 15:40"
_FUT_PRE_OPEN: Final = "NSE circulars of 2025-11-03 and 2025-12-02: call auction for current-month futures"
_MCX: Final = "MCX/TRD/675/2023 and MCX trading hours notices: evening end follows daylight time in New York"


def _t(text: str) -> time:
    return time.fromisoformat(text)


def _row(
    group: Group, phase: Phase, hours: str, valid_from: date | None, valid_to: date | None, source: str
) -> PhaseRow:
    start, end = hours.split("-")
    return PhaseRow(group, phase, _t(start), _t(end), valid_from, valid_to, source)


def _old_hours(group: Group) -> list[PhaseRow]:
    """Continuous trading before the pre-open call auction, the same for shares and derivatives."""
    return [
        _row(group, Phase.OPEN, "09:55-15:30", None, _EVE_2010, _HISTORY),
        _row(group, Phase.OPEN, "09:00-15:30", HOURS_2010, _EVE_CALL_AUCTION, _HISTORY),
    ]


def _equity_rows(group: Group) -> list[PhaseRow]:
    """Rows that all shares have in common."""
    return [
        *_old_hours(group),
        _row(group, Phase.PRE_OPEN, "09:00-09:15", CALL_AUCTION_OPEN, None, _CALL_AUCTION),
        _row(group, Phase.OPEN, "09:15-15:30", CALL_AUCTION_OPEN, _EVE_CLOSING_AUCTION, _CALL_AUCTION),
        _row(group, Phase.POST_CLOSE, "15:40-16:00", CALL_AUCTION_OPEN, _EVE_CLOSING_AUCTION, _CALL_AUCTION),
        _row(group, Phase.POST_CLOSE, "15:50-16:00", CLOSING_AUCTION_FROM, None, _CAS),
    ]


def _derivative_rows(group: Group) -> list[PhaseRow]:
    """Rows that futures and options have in common."""
    return [
        *_old_hours(group),
        _row(group, Phase.OPEN, "09:15-15:30", CALL_AUCTION_OPEN, _EVE_CLOSING_AUCTION, _CALL_AUCTION),
        _row(group, Phase.OPEN, "09:15-15:40", CLOSING_AUCTION_FROM, None, _FNO_1540),
    ]


PHASE_TABLE: Final[tuple[PhaseRow, ...]] = (
    *_equity_rows(Group.EQUITY),
    _row(Group.EQUITY, Phase.OPEN, "09:15-15:30", CLOSING_AUCTION_FROM, None, _CAS),
    *_equity_rows(Group.EQUITY_CAS),
    _row(Group.EQUITY_CAS, Phase.OPEN, "09:15-15:15", CLOSING_AUCTION_FROM, None, _CAS),
    _row(Group.EQUITY_CAS, Phase.CLOSING_AUCTION, "15:15-15:35", CLOSING_AUCTION_FROM, None, _CAS),
    *_derivative_rows(Group.FUTURES),
    _row(Group.FUTURES, Phase.PRE_OPEN, "09:00-09:15", FUTURES_PRE_OPEN, None, _FUT_PRE_OPEN),
    *_derivative_rows(Group.OPTIONS),
    _row(Group.MCX_AGRI_LINKED, Phase.OPEN, "09:00-21:00", None, None, _MCX),
    _row(Group.MCX_AGRI, Phase.OPEN, "09:00-17:00", None, None, _MCX),
)

_NEW_YORK: Final = ZoneInfo("America/New_York")
MCX_OPEN: Final = time(9, 0)

_SEGMENT_GROUPS: Final[dict[str, Group]] = {
    "FUT": Group.FUTURES,
    "FUTURES": Group.FUTURES,
    "OPT": Group.OPTIONS,
    "CE": Group.OPTIONS,
    "PE": Group.OPTIONS,
    "OPTIONS": Group.OPTIONS,
}
_MCX_GROUPS: Final[dict[str, Group]] = {
    "AGRI": Group.MCX_AGRI,
    "AGRI_LINKED": Group.MCX_AGRI_LINKED,
}


def instrument_group(exchange: str, segment: str, cas_eligible: bool) -> Group:
    """Return the group whose hours an instrument keeps.

    ``segment`` is EQ, INDEX, FUT or OPT (on MCX also AGRI, AGRI_LINKED). A spot index follows the shares it is made
    of: its constituents are in the closing auction, so it has no continuous price from 15:15 on.
    """
    venue, kind = exchange.upper(), segment.upper()
    if venue == "MCX":
        return _MCX_GROUPS.get(kind, Group.MCX)
    if venue not in {"NSE", "BSE", "NFO", "BFO"}:
        raise UnknownSegment(f"no session times for exchange {exchange!r}; known: NSE, BSE, NFO, BFO, MCX")
    if kind in _SEGMENT_GROUPS:
        return _SEGMENT_GROUPS[kind]
    if venue in {"NFO", "BFO"} and kind in {"", "NFO", "BFO"}:
        return Group.OPTIONS
    if kind == "INDEX":
        return Group.EQUITY_CAS
    if kind == "EQ":
        return Group.EQUITY_CAS if cas_eligible else Group.EQUITY
    raise UnknownSegment(f"no session times for segment {segment!r} of {exchange}; known: EQ, INDEX, FUT, OPT")


def mcx_close(trade_date: date) -> time:
    """Return the end of the non-agricultural evening session: 23:30 under New York daylight time, else 23:55."""
    noon = datetime.combine(trade_date, time(12), tzinfo=_NEW_YORK)
    return time(23, 30) if noon.dst() else time(23, 55)


def phase_windows(exchange: str, segment: str, cas_eligible: bool, trade_date: date) -> tuple[PhaseWindow, ...]:
    """Return the windows of a regular trading day in order. Whether the day is one, the calendar knows.

    ``cas_eligible`` is true for shares that have derivatives on any exchange (BSE Ltd and CDSL shares on their own
    exchange excepted). Raises `UnknownSegment`.
    """
    return group_windows(instrument_group(exchange, segment, cas_eligible), trade_date)


def group_windows(group: Group, trade_date: date) -> tuple[PhaseWindow, ...]:
    """Return the windows of a regular trading day of one group in order."""
    if group is Group.MCX:
        return (PhaseWindow(Phase.OPEN, MCX_OPEN, mcx_close(trade_date)),)
    rows = (row for row in PHASE_TABLE if row.group is group and row.covers(trade_date))
    windows = (PhaseWindow(row.phase, row.start, row.end) for row in rows)
    return tuple(sorted(windows, key=lambda window: window.start))


def special_windows(group: Group, trade_date: date, trading: Sequence[tuple[time, time]]) -> tuple[PhaseWindow, ...]:
    """Return the windows of a day with its own hours (Muhurat, drills, shortened days).

    ``trading`` are the continuous stretches. Exchanges hold a 15-minute pre-open before the first stretch and a
    closing session 10 to 20 minutes after the last for shares (schedules of 2021, 2023 and 2024); derivatives have
    neither. The closing auction is not applied to such days.
    """
    windows = [PhaseWindow(Phase.OPEN, start, end) for start, end in trading]
    if group in {Group.EQUITY, Group.EQUITY_CAS} and trade_date >= CALL_AUCTION_OPEN:
        first, last = trading[0][0], trading[-1][1]
        windows.insert(0, PhaseWindow(Phase.PRE_OPEN, _shift(first, -15), first))
        windows.append(PhaseWindow(Phase.POST_CLOSE, _shift(last, 10), _shift(last, 20)))
    return tuple(windows)


def _shift(at: time, minutes: int) -> time:
    return (datetime.combine(date(2000, 1, 1), at) + timedelta(minutes=minutes)).time()


def phase_at(windows: Iterable[PhaseWindow], at: time) -> Phase:
    """Return the phase at an exchange time of day."""
    for window in windows:
        if window.start <= at < window.end:
            return window.phase
    return Phase.CLOSED


def regular_hours(trade_date: date) -> tuple[time, time]:
    """Return open and close of continuous trading in ordinary shares on a regular day."""
    trading = [w for w in group_windows(Group.EQUITY, trade_date) if w.phase is Phase.OPEN]
    return trading[0].start, trading[-1].end


def close_method(trade_date: date, cas_eligible: bool) -> CloseMethod:
    """Return how the official close of a share is formed; daily bars change meaning on 2026-08-03."""
    if cas_eligible and trade_date >= CLOSING_AUCTION_FROM:
        return CloseMethod.CLOSING_AUCTION
    return CloseMethod.VWAP_LAST_30_MIN
