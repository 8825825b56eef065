"""What state the market is in: phase, clock, next change, and whether prices flow."""

from datetime import datetime
from typing import Any

from core import clock
from engines.exchange.calendar import CalendarUnknown
from engines.exchange.clock import ExchangeClock
from market.services.exchanges import calendar_banner, clock_for
from market.services.feed import feed_state
from market.services.providers import registry


def market_status(*, exchange: str, now: datetime) -> dict[str, Any]:
    """Return the state of ``exchange`` in the shape of ``GET /api/market/status``.

    In a year without an official list the phase is unknown: everything that depends on it is null and the banner
    says why.
    """
    providers = registry()
    status = {
        "exchange": exchange,
        "feed": feed_state(now=now),
        "simulated": providers.simulated,
        "banner": calendar_banner(now),
        "as_of": now,
    }
    try:
        return status | _phase(clock_for(exchange), now)
    except CalendarUnknown:
        unknown = ("trade_date", "market_time_ist", "next_phase", "next_change_at")
        return status | {"phase": "UNKNOWN", "is_open": False} | dict.fromkeys(unknown)


def _phase(exchange_clock: ExchangeClock, now: datetime) -> dict[str, Any]:
    next_phase, at = exchange_clock.next_change(now)
    return {
        "phase": str(exchange_clock.phase(now)),
        "is_open": exchange_clock.is_open(now),
        "trade_date": exchange_clock.trade_date(now),
        "market_time_ist": clock.isoformat_ist(now),
        "next_phase": str(next_phase),
        "next_change_at": at,
    }
