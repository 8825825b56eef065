"""Trades as the patterns look at them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from engines.exchange.phases import Phase, phase_windows
from engines.exchange.times import IST

_UNDERLYING: Final = re.compile(r"^(\d*[A-Z&\-]+?)(?=\d|FUT$|CE$|PE$|$)")
_HOURS: Final = {"EQ": ("NSE", "EQ"), "FNO": ("NFO", "OPT"), "MCX": ("MCX", "FUT")}


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip or still open position. Rupees; times are aware; ``pnl`` None: not closed or not known."""

    symbol: str
    side: str
    qty: float
    price: float
    entry_time: datetime
    exit_time: datetime | None = None
    pnl: Decimal | None = None
    segment: str = "EQ"
    strategy: str | None = None
    charges: Decimal | None = None

    @property
    def is_loss(self) -> bool:
        """Whether it was closed below what it cost."""
        return self.pnl is not None and self.pnl < 0

    @property
    def is_win(self) -> bool:
        """Whether it was closed above what it cost."""
        return self.pnl is not None and self.pnl > 0

    @property
    def held(self) -> timedelta | None:
        """How long it was held; None without an exit time."""
        return None if self.exit_time is None else self.exit_time - self.entry_time

    @property
    def underlying(self) -> str:
        """What the instrument moves with: ``NIFTY`` for ``NIFTY26NOV25000CE``; a share is itself."""
        if self.segment == "EQ":
            return self.symbol
        found = _UNDERLYING.match(self.symbol)
        return found.group(1) if found else self.symbol

    @property
    def entry_ist(self) -> datetime:
        """Entry time in India."""
        return self.entry_time.astimezone(IST)

    @property
    def notional(self) -> float:
        """Quantity times price, rupees."""
        return self.qty * self.price


def in_india(moment: datetime) -> datetime:
    """Return ``moment`` as an aware time; one without a zone is Indian time."""
    return moment.replace(tzinfo=IST) if moment.tzinfo is None else moment


def ordered(trades: Sequence[Trade]) -> list[Trade]:
    """Return the trades by entry time; those entered at the same moment keep the order they were given in."""
    return sorted(trades, key=lambda trade: trade.entry_time)


def sizes(trade: Trade, other: Trade) -> tuple[float, float]:
    """Return comparable sizes of two trades: quantities of the same instrument, else rupees."""
    if (trade.symbol, trade.segment) == (other.symbol, other.segment):
        return trade.qty, other.qty
    return trade.notional, other.notional


def session_of(trade: Trade) -> tuple[time, time]:
    """Return open and close of continuous trading in the trade's segment on its date, as on a regular day.

    A trade on a day without a session is judged by the hours of that date all the same: what is analysed here need not
    have happened on an exchange's calendar.
    """
    exchange, segment = _HOURS.get(trade.segment, _HOURS["EQ"])
    windows = phase_windows(exchange, segment, cas_eligible=False, trade_date=trade.entry_ist.date())
    trading = [window for window in windows if window.phase is Phase.OPEN]
    return trading[0].start, trading[-1].end


def is_at_the_edge(trade: Trade, minutes: int) -> bool:
    """Tell whether a trade was entered in the first or last ``minutes`` of its session."""
    at = _minutes(trade.entry_ist.time())
    start, end = map(_minutes, session_of(trade))
    return start <= at < start + minutes or end - minutes <= at < end


def _minutes(at: time) -> float:
    return at.hour * 60 + at.minute + at.second / 60 + at.microsecond / 6e7
