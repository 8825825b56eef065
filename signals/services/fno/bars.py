"""Minute bars of today and ten sessions before. Earlier sessions do not change and are kept in memory."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np

from core.errors import DataUnavailable
from engines.exchange.clock import ExchangeClock
from engines.mvla.inputs import MinuteBars, minute_bars
from market.adapters.base import Bars
from market.services.providers import Providers

SESSIONS: Final = 11
_KEPT: Final = 24
_MINUTE: Final = timedelta(minutes=1)

_kept: OrderedDict[tuple[str, date], tuple[Providers, Bars, str]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Minutes:
    """Bars as the engine takes them, and the source they are from."""

    bars: MinuteBars
    source: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """The last eleven sessions up to a trade date: openings (epoch seconds), exchange time there (minutes), pace."""

    days: tuple[date, ...]
    opens: tuple[datetime, ...]
    clock_starts: tuple[float, ...]
    pace: float


def sessions_until(exchange_clock: ExchangeClock, trade_date: date) -> Sessions:
    """Return the sessions that an analysis of ``trade_date`` looks at, oldest first. Raises CalendarUnknown."""
    days = [trade_date]
    while len(days) < SESSIONS:
        days.append(exchange_clock.calendar.previous_session(days[-1]))
    days.reverse()
    found = [exchange_clock.session_of(day) for day in days]
    opens = tuple(session.open_at for session in found if session is not None)
    starts = tuple(minutes_of(exchange_clock.market_time(moment)) for moment in opens)
    later = minutes_of(exchange_clock.market_time(opens[-1] + 60 * _MINUTE))
    return Sessions(tuple(days), opens, starts, (later - starts[-1]) / 60.0)


def read_minutes(sources: Providers, key: str, sessions: Sessions, now: datetime, *, has_volume: bool) -> Minutes:
    """Return the minute bars of a symbol, complete or not, from one source. Raises DataUnavailable, InvalidSymbol."""
    today, source = sources.candles(key, "minute", sessions.opens[-1], now, now=now)
    before, _ = _earlier(sources, key, sessions, now, source)
    columns = {
        name: np.concatenate([getattr(before, name), getattr(today, name)])
        for name in ("ts", "open", "high", "low", "close", "volume")
    }
    volume = columns.pop("volume").astype(np.float64)
    kept = np.isfinite(np.vstack([columns[name] for name in ("open", "high", "low", "close")])).all(axis=0)
    return Minutes(
        minute_bars(
            **{name: column[kept] for name, column in columns.items()},
            volume=np.where(volume < 0, np.nan, volume)[kept] if has_volume else None,
            opens=np.array([int(moment.timestamp()) for moment in sessions.opens], np.int64),
            clock_starts=np.array(sessions.clock_starts),
            pace=sessions.pace,
        ),
        source,
    )


def _earlier(sources: Providers, key: str, sessions: Sessions, now: datetime, source: str) -> tuple[Bars, str]:
    """Return the bars of the sessions before today's, from the source that today's are from."""
    place = (key, sessions.days[-1])
    with _lock:
        held = _kept.get(place)
        if held is not None and held[0] is sources and held[2] == source:
            return held[1], held[2]
    end = sessions.opens[-1] - _MINUTE
    found, named = sources.candles(key, "minute", sessions.opens[0], end, now=now, source=source)
    if named != source:
        raise DataUnavailable(f"The minutes of {key} are not all from one source.")
    with _lock:
        _kept[place] = (sources, found, named)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return found, named


def minutes_of(at: time) -> float:
    """Return minutes after midnight."""
    return at.hour * 60 + at.minute + at.second / 60.0 + at.microsecond / 6e7
