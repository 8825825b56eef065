"""When the simulated exchange trades."""

from datetime import date
from functools import lru_cache
from typing import Final

from engines.exchange.calendar import SessionCalendar, official_calendar
from engines.simulation import SimSessions, always_open, from_schedule

#: Prices exist from the first of these years on. With NSE's hours, weekdays of a year without an official list are
#: taken for sessions: nothing real depends on them.
YEARS: Final = range(2019, 2041)


@lru_cache(maxsize=1)
def exchange_calendar() -> SessionCalendar:
    """Return NSE's calendar, made to go on through years nobody has published a list for."""
    return official_calendar("NSE", extra_years=YEARS)


@lru_cache(maxsize=2)
def sessions(hours: str) -> SimSessions:
    """Return the sessions of ``always`` or ``exchange`` hours."""
    if hours == "always":
        return always_open()
    calendar = exchange_calendar()
    days = calendar.sessions(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31))
    found = [calendar.session(day) for day in days]
    return from_schedule(
        days,
        [session.open_at for session in found],
        [int((session.close_at - session.open_at).total_seconds()) // 60 for session in found],
    )
