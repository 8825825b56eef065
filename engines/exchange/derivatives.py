"""Index derivatives: lots, strikes, expiries, freeze quantities, looked up by trade date and contract.

Live contracts bring their own lot, strikes and expiry in the instrument list; these rules serve history, tests and
the simulated exchange, and are the fallback when the list is silent.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Final

from engines.exchange.calendar import TradingCalendar
from engines.exchange.contract_tables import (
    FREEZE_QUANTITIES,
    LOTS,
    MONTHLY_DAYS,
    SENSEX_FREEZE,
    STRIKE_STEPS,
    WEEKLY_DAYS,
    LotRow,
)
from engines.exchange.times import ONE_DAY

INDICES: Final = tuple(STRIKE_STEPS)

#: After this exchange time on expiry day a signal uses the next weekly contract.
ZERO_DTE_CUTOFF: Final = time(13, 30)
#: A signal on a monthly contract uses the next month when no more than this many sessions are left.
MONTHLY_ROLL_SESSIONS: Final = 2
#: Weekly contracts are listed about five weeks ahead; what is further away is a monthly or longer contract.
WEEKLY_LISTED_DAYS: Final = 45


class ContractRuleUnknown(LookupError):
    """The tables do not reach this index or date."""


def _check_index(index: str) -> None:
    if index not in STRIKE_STEPS:
        raise ContractRuleUnknown(f"unknown index {index!r}; known: {', '.join(INDICES)}")


def lot_size(index: str, expiry: date, trade_date: date | None = None) -> int:
    """Return the units in one lot of the contract with this expiry, as it traded on ``trade_date``.

    Without a trade date: as on its last day. Long-dated contracts change their lot while they are listed. Raises
    `ContractRuleUnknown`.
    """
    _check_index(index)
    traded = trade_date or expiry
    if traded > expiry:
        raise ContractRuleUnknown(f"{index} contract of {expiry.isoformat()} had expired by {traded.isoformat()}")
    long_dated = (expiry - traded).days > WEEKLY_LISTED_DAYS
    cycle = "monthly" if long_dated or is_monthly_slot(index, expiry) else "weekly"
    rows = [row for row in LOTS if row.index == index and _fits(row, expiry, traded, cycle)]
    if not rows:
        raise ContractRuleUnknown(f"no lot size of {index} for expiry {expiry.isoformat()} on {traded.isoformat()}")
    return rows[-1].lot


def _fits(row: LotRow, expiry: date, traded: date, cycle: str) -> bool:
    return (
        (row.expiry_from is None or row.expiry_from <= expiry)
        and (row.expiry_to is None or expiry <= row.expiry_to)
        and (row.traded_from is None or row.traded_from <= traded)
        and (row.traded_to is None or traded <= row.traded_to)
        and row.cycle in {"any", cycle}
    )


def _nominal_monthly(index: str, year: int, month: int) -> date:
    """The weekday rule alone, before any shift."""
    for name, weekday, first, last in MONTHLY_DAYS:
        if name == index and first <= (year, month) and (last is None or (year, month) <= last):
            following = date(year + month // 12, month % 12 + 1, 1)
            end = following - ONE_DAY
            return end - timedelta(days=(end.weekday() - weekday) % 7)
    _check_index(index)
    raise ContractRuleUnknown(f"no monthly expiry rule of {index} for {year}-{month:02d}")


def is_monthly_slot(index: str, expiry: date) -> bool:
    """Tell whether an expiry is its month's monthly contract, moved back for holidays or not.

    Uses no calendar: other weeklies lie at least five days from the monthly's nominal day, holidays move an expiry
    by at most four days back. Where there are no weeklies every expiry is a monthly one.
    """
    gap_days = (_nominal_monthly(index, expiry.year, expiry.month) - expiry).days
    return 0 <= gap_days <= 4 or _weekly_day(index, expiry) is None


def _weekly_day(index: str, day: date) -> int | None:
    for name, weekday, first, last, _ in WEEKLY_DAYS:
        if name == index and first <= day and (last is None or day <= last):
            return weekday
    return None


def shift_to_session(day: date, calendar: TradingCalendar) -> date:
    """Return ``day`` if it is a session, else the session before it: the holiday rule of expiries."""
    return day if calendar.is_session(day) else calendar.previous_session(day)


def monthly_expiry(index: str, year: int, month: int, calendar: TradingCalendar) -> date:
    """Return the expiry of a contract month. Raises `ContractRuleUnknown`, `CalendarUnknown`."""
    return shift_to_session(_nominal_monthly(index, year, month), calendar)


def monthly_expiries(index: str, start: date, end: date, calendar: TradingCalendar) -> list[date]:
    """Return the monthly expiries from ``start`` to ``end``, both included."""
    months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month)
    found = (monthly_expiry(index, month // 12, month % 12 + 1, calendar) for month in months)
    return [expiry for expiry in found if start <= expiry <= end]


def next_monthly_expiry(index: str, on: date, calendar: TradingCalendar) -> date:
    """Return the first monthly expiry on ``on`` or later. Asks the calendar for no month that it need not know."""
    month = (on.year, on.month)
    while (expiry := monthly_expiry(index, *month, calendar)) < on:
        month = (month[0] + month[1] // 12, month[1] % 12 + 1)
    return expiry


def weekly_expiries(index: str, start: date, end: date, calendar: TradingCalendar) -> list[date]:
    """Return the expiries, one a week, from ``start`` to ``end`` while the index has weeklies.

    The monthly contract takes the place of the weekly of its own week (also when the two fall on different
    weekdays, as for BANKNIFTY until February 2024). Raises `ContractRuleUnknown` before the tables begin,
    `CalendarUnknown` beyond the calendar.
    """
    return sorted(set(_weeklies(index, start, end, calendar)))


def _weeklies(index: str, start: date, end: date, calendar: TradingCalendar) -> Iterator[date]:
    """Give the expiries one by one, so that no week is looked at that is not asked for."""
    _check_index(index)
    begins = min(first for name, _, first, *_ in WEEKLY_DAYS if name == index)
    if start < begins:
        raise ContractRuleUnknown(f"weekly expiries of {index} are known from {begins.isoformat()}")
    monday = start - timedelta(days=start.weekday())
    while monday <= end:
        expiry = _expiry_of_week(index, monday, calendar)
        if expiry is not None and start <= expiry <= end:
            yield expiry
        monday += timedelta(days=7)


def _expiry_of_week(index: str, monday: date, calendar: TradingCalendar) -> date | None:
    week = [monday + ONE_DAY * offset for offset in range(5)]
    nominal = [day for day in week if _weekly_day(index, day) == day.weekday()]
    if not nominal:
        return None
    for year, month in {(day.year, day.month) for day in week}:
        monthly = _nominal_monthly(index, year, month)
        if monthly in week:
            return shift_to_session(monthly, calendar)
    return shift_to_session(nominal[0], calendar)


def has_weeklies(index: str, trade_date: date) -> bool:
    """Tell whether weekly contracts of the index existed on ``trade_date``."""
    _check_index(index)
    return _weekly_day(index, trade_date) is not None


def signal_expiry(index: str, trade_date: date, market_time: time, calendar: TradingCalendar) -> date:
    """Return the expiry an intraday signal uses.

    NIFTY and SENSEX: the nearest weekly, from 13:30 on its last day the next one. BANKNIFTY and FINNIFTY: the
    nearest monthly, with two sessions or fewer left (today included) the next one.
    """
    if has_weeklies(index, trade_date):
        ahead = _weeklies(index, trade_date, trade_date + timedelta(days=21), calendar)
        chosen = next(ahead, None)
        if chosen == trade_date and market_time >= ZERO_DTE_CUTOFF:
            chosen = next((later for later in ahead if later > trade_date), None)
        if chosen is None:
            raise ContractRuleUnknown(f"no weekly expiry of {index} lies ahead")
        return chosen
    month = (trade_date.year, trade_date.month)
    expiry = monthly_expiry(index, *month, calendar)
    while expiry < trade_date or len(calendar.sessions(trade_date, expiry)) <= MONTHLY_ROLL_SESSIONS:
        month = (month[0] + month[1] // 12, month[1] % 12 + 1)
        expiry = monthly_expiry(index, *month, calendar)
    return expiry


def freeze_quantity(index: str, trade_date: date) -> int:
    """Return the most units of one order. Raises `ContractRuleUnknown` before August 2024."""
    rows = [quantities for since, quantities in FREEZE_QUANTITIES if since <= trade_date]
    if not rows:
        raise ContractRuleUnknown(f"freeze quantities are known from {FREEZE_QUANTITIES[0][0].isoformat()}")
    if index == "SENSEX":
        return SENSEX_FREEZE
    if index not in rows[-1]:
        raise ContractRuleUnknown(f"no freeze quantity of {index!r}; known: {', '.join(rows[-1])}, SENSEX")
    return rows[-1][index]


def max_lots(index: str, expiry: date, trade_date: date) -> int:
    """Return the most whole lots of one order."""
    return freeze_quantity(index, trade_date) // lot_size(index, expiry, trade_date)


def strike_step(index: str, listed_strikes: Iterable[float] = (), spot: float | None = None) -> float:
    """Return the distance of strikes near the money.

    The most common gap between neighbouring listed strikes within five of the one nearest ``spot``; the table's
    step when the chain is not given.
    """
    strikes = sorted(set(listed_strikes))
    if len(strikes) >= 3 and spot is not None:
        nearest = min(range(len(strikes)), key=lambda i: abs(strikes[i] - spot))
        near = strikes[max(nearest - 5, 0) : nearest + 6]
        gaps = Counter(round(high - low, 4) for low, high in pairwise(near))
        return min(gaps, key=lambda gap: (-gaps[gap], gap))
    _check_index(index)
    return float(STRIKE_STEPS[index])


def atm_strike(spot: float, step: float) -> float:
    """Return the strike at the money: floor(spot/step + 0.5)·step, halves up (22525 with step 50 is 22550)."""
    if not (math.isfinite(spot) and spot > 0 and step > 0):
        raise ValueError(f"spot and step must be positive, were {spot} and {step}")
    return math.floor(spot / step + 0.5) * step
