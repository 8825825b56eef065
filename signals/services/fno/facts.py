"""What an analysis needs besides bars: earlier days, India VIX, breadth, open interest, announcements, the record."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from core.errors import PlatformError
from engines.exchange.calendar import TradingCalendar
from engines.exchange.clock import ExchangeClock
from engines.exchange.derivatives import has_weeklies, monthly_expiries, weekly_expiries
from engines.exchange.naming import INDEX_KEYS, VIX_KEY
from engines.mvla.events import blackouts_on
from engines.mvla.inputs import Blackout, Breadth, DayFacts, FutureInterest, Memory, PastTrigger, Record
from engines.mvla.outcomes import OPEN
from market.adapters.base import Bars, Quote
from market.services import sandbox
from market.services.providers import Providers
from signals.lifecycle import LIVE
from signals.models import FnoDayOpen, FnoEvent, FnoScan, FnoSignal
from signals.services.fno.bars import Minutes
from signals.services.fno.markets import of_market

#: Calendar days that hold 252 sessions, and 80 (four times the 20 of the daily average).
YEAR: Final = timedelta(days=380)
#: A future's open interest counts as that of the open when it is read within so many minutes of it.
OPENING: Final = timedelta(minutes=15)
WAYS: Final = {"BULLISH": 1, "BEARISH": -1, "NEUTRAL": 0}


def day_facts(sources: Providers, index: str, trade_date: date, quotes: Mapping[str, Quote], now: datetime) -> DayFacts:
    """Return the facts of earlier days, empty where no source has them."""
    spot, vix = (_days(sources, key, trade_date, now) for key in (INDEX_KEYS[index], VIX_KEY))
    quote = quotes.get(VIX_KEY)
    known = spot is not None and len(spot) > 0
    return DayFacts(
        previous_high=float(spot.high[-1]) if known else float("nan"),
        previous_low=float(spot.low[-1]) if known else float("nan"),
        previous_close=float(spot.close[-1]) if known else float("nan"),
        closes=spot.close if known else np.empty(0),
        vix=None if quote is None else quote.last_price,
        vix_previous=None if quote is None else quote.prev_close,
        vix_closes=vix.close if vix is not None else np.empty(0),
    )


def _days(sources: Providers, key: str, trade_date: date, now: datetime) -> Bars | None:
    """Return the day bars before a trade date, None where no source has any."""
    try:
        bars, _ = sources.candles(key, "day", now - YEAR, now, now=now)
    except PlatformError:
        return None
    days = bars.ts // 86_400
    earlier = days < np.datetime64(trade_date).astype("datetime64[D]").astype(np.int64)
    names = ("ts", "open", "high", "low", "close", "volume")
    return Bars(*(getattr(bars, name)[earlier] for name in names))


def breadth(weights: Mapping[str, float], quotes: Mapping[str, Quote]) -> Breadth | None:
    """Return advances and declines by index weight; None when fewer than half of the weight is quoted."""
    up = down = quoted = 0.0
    advances = declines = 0
    for key, weight in weights.items():
        quote = quotes.get(key)
        if quote is None or not quote.prev_close:
            continue
        quoted += weight
        if quote.last_price > quote.prev_close:
            up, advances = up + weight, advances + 1
        elif quote.last_price < quote.prev_close:
            down, declines = down + weight, declines + 1
    if not weights or quoted < 0.5 * sum(weights.values()):
        return None
    return Breadth(up, down, advances, declines)


def future_interest(
    sources: Providers, key: str, quote: Quote | None, minutes: Minutes | None, exchange_clock: ExchangeClock,
    now: datetime,
) -> FutureInterest | None:  # fmt: skip
    """Return open interest and price of the future since the open; None where the open's was not seen."""
    if quote is None or quote.oi is None or minutes is None or not len(minutes.bars):
        return None
    trade_date = exchange_clock.trade_date(now)
    session = exchange_clock.session_of(trade_date)
    at_open = None if session is None else _oi_at_open(sources, key, trade_date, session.open_at, quote, now)
    today = minutes.bars.session == minutes.bars.session[-1]
    if at_open is None or minutes.bars.opens[-1] != int(session.open_at.timestamp()):  # type: ignore[union-attr]
        return None
    return FutureInterest(
        price=quote.last_price, price_open=float(minutes.bars.open[today][0]), oi=float(quote.oi), oi_open=at_open
    )


def _oi_at_open(
    sources: Providers, key: str, trade_date: date, opened: datetime, quote: Quote, now: datetime
) -> float | None:
    """Return the noted open interest of the open; note it when it can be had (the simulated exchange has a past)."""
    noted = FnoDayOpen.objects.filter(symbol=key, trade_date=trade_date).first()
    if noted is not None:
        return float(noted.oi)
    oi, source, at = quote.oi, sources.primary, now
    if sources.simulated:
        at = opened + timedelta(seconds=1)
        early = sources.quotes([key], now=at).quotes.get(key)
        oi = early.oi if early is not None else None
    elif now - opened > OPENING:
        return None
    if oi is None:
        return None
    row, _ = FnoDayOpen.objects.get_or_create(
        symbol=key, trade_date=trade_date, defaults={"oi": oi, "at": at, "source": source}
    )
    return float(row.oi)


def is_expiry_day(index: str, day: date, calendar: TradingCalendar) -> bool:
    """Tell whether a contract of the index ends on a trade date, moved for holidays or not."""
    expiries = monthly_expiries(index, day, day, calendar)
    if has_weeklies(index, day):
        expiries = expiries + weekly_expiries(index, day, day, calendar)
    return day in expiries


def blackouts(day: date) -> tuple[Blackout, ...]:
    """Return the stretches of a trade date that are left out: shipped ones and an administrator's."""
    rows = FnoEvent.objects.filter(day=day)
    return (*blackouts_on(day), *(Blackout(row.start, row.end, row.reason) for row in rows))


def record_of(index: str, trade_date: date, market: str) -> Record:
    """Return what the loss-averse rules know: a market's signals of this trade date and of its week (from Monday).

    A signal that is live counts as live whatever its date and market: while it stands no other of its index can be
    written. In the sandbox only a simulated one does: it is told of no real signal.
    """
    rows = of_market(FnoSignal.objects.all(), market)
    week = rows.filter(trade_date__gte=monday_of(trade_date), trade_date__lte=trade_date)
    found = record_from(list(week.order_by("triggered_at")), index, trade_date)
    told_of = rows if sandbox.active() else FnoSignal.objects.all()
    return replace(found, is_live=told_of.filter(index=index, status=LIVE).exists())


def monday_of(day: date) -> date:
    """Return the first day of its week."""
    return day - timedelta(days=day.weekday())


def record_from(rows: Sequence[FnoSignal], index: str, trade_date: date) -> Record:
    """Return the same of the week's signals of all indices, oldest first."""
    today = [row for row in rows if row.trade_date == trade_date]
    return Record(
        today=tuple(_trigger(row) for row in today if row.index == index),
        account_today=tuple(map(_trigger, today)),
        account_week=tuple(map(_trigger, rows)),
        is_live=any(row.index == index and row.status == LIVE for row in rows),
    )


def _trigger(row: FnoSignal) -> PastTrigger:
    over = row.outcome != OPEN
    return PastTrigger(
        at_s=row.triggered_at.timestamp(),
        direction=WAYS[row.trade_direction],
        outcome=row.outcome,
        closed_s=row.closed_at.timestamp() if over and row.closed_at else None,
        r=row.r_multiple if over else None,
    )


def memory_of(index: str, trade_date: date, market: str) -> tuple[Memory, dict[str, float]]:
    """Return what the last scan of a market on this trade date left, and the volatilities last solved."""
    scans = FnoScan.objects.filter(index=index, trade_date=trade_date, status=FnoScan.Status.DONE)
    last = of_market(scans, market).first()
    if last is None:
        return Memory(), {}
    return Memory(**last.memory), dict(last.volatilities)
