"""Which days were sessions, for imports and for reading bars: the official lists and what data proved."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from django.db import transaction

from core import versions
from engines.exchange.calendar import CalendarUnknown, SessionCalendar
from engines.exchange.holidays import DayKind, calendar_exchange
from market.constants import VERSION_CALENDAR
from market.importers.judgement import DayStatus
from market.models import TradingDay
from market.services.exchanges import official_trading_calendar

EPOCH: Final = date(1970, 1, 1)
DATA_SOURCE: Final = "data"
_UNLISTED_LOOK_BACK_DAYS: Final = 7


class ImportCalendar:
    """The lists of one exchange as imports ask them (`market.importers.judgement.ListedDays`)."""

    def __init__(self, calendar: SessionCalendar) -> None:
        self._calendar = calendar

    def status(self, day: int) -> DayStatus:
        """Return what the lists say of a day (numbered from 1970-01-01)."""
        on = EPOCH + timedelta(days=day)
        if not self._calendar.is_known(on):
            return DayStatus.UNKNOWN
        if not self._calendar.is_session(on):
            return DayStatus.CLOSED
        return DayStatus.SPECIAL if self._is_special(on) else DayStatus.SESSION

    def session_before(self, day: int) -> int:
        """Return the listed session before a day; a week before where no list reaches."""
        try:
            return (self._calendar.previous_session(EPOCH + timedelta(days=day)) - EPOCH).days
        except CalendarUnknown:
            return day - _UNLISTED_LOOK_BACK_DAYS

    def _is_special(self, on: date) -> bool:
        return on.weekday() >= 5 or self._calendar.session(on).kind is not DayKind.NORMAL


def import_calendar(exchange: str) -> ImportCalendar:
    """Return the lists of ``exchange`` with the database's days on top."""
    return ImportCalendar(official_trading_calendar(exchange))


def record_proven_sessions(*, exchange: str, days: Iterable[date], evidence: str) -> list[date]:
    """Keep days as sessions that imported prices proved and no list has (``source='data'``). Return the new ones.

    A day the database already knows is left as it is.
    """
    name = calendar_exchange(exchange)
    wanted = sorted(set(days))
    known = set(TradingDay.objects.filter(exchange=name, date__in=wanted).values_list("date", flat=True))
    new = [day for day in wanted if day not in known]
    if new:
        with transaction.atomic():
            TradingDay.objects.bulk_create(
                [
                    TradingDay(
                        exchange=name,
                        date=day,
                        kind=TradingDay.Kind.SPECIAL if day.weekday() >= 5 else TradingDay.Kind.NORMAL,
                        note=evidence[:200],
                        source=DATA_SOURCE,
                    )
                    for day in new
                ],
                ignore_conflicts=True,
            )
            versions.bump(VERSION_CALENDAR)
    return new


def session_opens_at(exchange: str, days: Iterable[int]) -> dict[int, int]:
    """Return the instant (seconds since 1970-01-01 UTC) at which each known session opened; others are left out."""
    calendar = official_trading_calendar(exchange)
    opens: dict[int, int] = {}
    for day in days:
        on = EPOCH + timedelta(days=int(day))
        if calendar.is_known(on) and calendar.is_session(on):
            opens[int(day)] = int(calendar.session(on).open_at.timestamp())
    return opens
