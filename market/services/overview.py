"""The market at a glance: indices with sparklines, sectors, breadth and movers of the NIFTY 100."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.errors import PlatformError
from market.adapters.base import Quote
from market.selectors.universes import members_of
from market.services.exchanges import clock_for
from market.services.providers import QuoteBatch, registry

INDEX_CARDS = (
    ("NSE:NIFTY 50", "NIFTY 50"),
    ("NSE:NIFTY BANK", "BANK NIFTY"),
    ("BSE:SENSEX", "SENSEX"),
    ("NSE:NIFTY FIN SERVICE", "FIN NIFTY"),
    ("NSE:INDIA VIX", "India VIX"),
)
UNIVERSE = "nifty_100"
MOVERS = 5
SPARK_POINTS = 60


@dataclass(frozen=True, slots=True)
class Member:
    """A stock of the overview's universe."""

    symbol: str
    name: str
    sector: str


class Overview:
    """Builds the overview at most once in ``max_age``; every caller within shares it. Thread-safe."""

    def __init__(self, *, max_age: timedelta = timedelta(seconds=1)) -> None:
        self._max_age = max_age
        self._lock = threading.Lock()
        self._built_at: datetime | None = None
        self._value: dict[str, Any] = {}

    def at(self, now: datetime) -> dict[str, Any]:
        """Return the overview as of ``now``, in the shape of ``GET /api/market/overview``."""
        with self._lock:
            if self._built_at is None or not timedelta(0) <= now - self._built_at < self._max_age:
                self._value = build(now)
                self._built_at = now
            return self._value


#: The one every delivery asks, so that a page and the API within a second show the same numbers.
overview = Overview()


def build(now: datetime) -> dict[str, Any]:
    """Ask for the quotes of indices and members once and sort them into the parts of the page."""
    members = [
        Member(member.instrument.key, member.instrument.name, member.sector or member.instrument.sector)
        for member in members_of(UNIVERSE, on=clock_for("NSE").trade_date(now))
    ]
    symbols = [symbol for symbol, _ in INDEX_CARDS] + [member.symbol for member in members]
    batch = registry().quotes(symbols, now=now)
    stocks = [(member, quote) for member in members if (quote := batch.quotes.get(member.symbol))]
    moved = sorted((row for row in stocks if row[1].change_pct is not None), key=lambda row: row[1].change_pct)
    return {
        "indices": [
            _card(symbol, name, quote, now) for symbol, name in INDEX_CARDS if (quote := batch.quotes.get(symbol))
        ],
        "sectors": _sectors(stocks),
        "breadth": breadth([quote for _, quote in stocks]),
        "gainers": [_mover(*row) for row in reversed(moved[-MOVERS:]) if row[1].change_pct > 0],
        "losers": [_mover(*row) for row in moved[:MOVERS] if row[1].change_pct < 0],
        "data_source": one_source(batch),
        "as_of": max((quote.as_of for quote in batch.quotes.values()), default=None),
    }


def breadth(quotes: Sequence[Quote]) -> dict[str, int]:
    """Count the advances, declines and unchanged against the previous close."""
    changes = [quote.change or 0.0 for quote in quotes]
    advances, declines = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
    return {"advances": advances, "declines": declines, "unchanged": len(changes) - advances - declines}


def one_source(batch: QuoteBatch) -> str | None:
    """Return the source of the first quote; a mixed batch names its sources with the symbols themselves."""
    return next(iter(batch.sources.values()), None)


def _card(symbol: str, name: str, quote: Quote, now: datetime) -> dict[str, Any]:
    return {"symbol": symbol, "name": name, "spark": _spark(symbol, now)} | _prices(quote)


def _prices(quote: Quote) -> dict[str, Any]:
    return {"last_price": quote.last_price, "change": _round(quote.change), "change_pct": _round(quote.change_pct)}


def _mover(member: Member, quote: Quote) -> dict[str, Any]:
    return {"symbol": member.symbol, "name": member.name} | _prices(quote)


def _sectors(stocks: Sequence[tuple[Member, Quote]]) -> list[dict[str, Any]]:
    """Group by sector; a sector's change weights its stocks by the rupees traded today."""
    groups: dict[str, list[tuple[Member, Quote]]] = defaultdict(list)
    for member, quote in stocks:
        if quote.change_pct is not None:
            groups[member.sector or "Other"].append((member, quote))
    rows = [_sector(name, rows) for name, rows in groups.items()]
    return sorted(rows, key=lambda row: -row["turnover_weight"])


def _sector(name: str, rows: Sequence[tuple[Member, Quote]]) -> dict[str, Any]:
    turnover = [max(quote.last_price * (quote.volume or 0), 1.0) for _, quote in rows]
    total = sum(turnover)
    change_pct = (
        sum(weight * (quote.change_pct or 0.0) for weight, (_, quote) in zip(turnover, rows, strict=True)) / total
    )
    counts = breadth([quote for _, quote in rows])
    symbols = [
        {
            "symbol": member.symbol,
            "change_pct": _round(quote.change_pct),
            "last_price": quote.last_price,
            "turnover": round(quote.last_price * (quote.volume or 0)),
        }
        for member, quote in sorted(rows, key=lambda row: row[1].change_pct or 0.0, reverse=True)
    ]
    return {
        "name": name,
        "change_pct": _round(change_pct),
        "advances": counts["advances"],
        "declines": counts["declines"],
        "turnover_weight": round(total, 0),
        "symbols": symbols,
    }


def _spark(symbol: str, now: datetime) -> list[float]:
    """Return closes of the session so far, at most ``SPARK_POINTS``; empty when nobody has them."""
    session = clock_for(symbol).session_of(clock_for(symbol).trade_date(now))
    if session is None:
        return []
    try:
        bars, _ = registry().candles(symbol, "5minute", session.open_at, now, now=now)
    except PlatformError:  # a card without a sparkline is better than no page
        return []
    step = max(1, len(bars) // SPARK_POINTS)
    return [round(float(price), 2) for price in bars.close[::step]]


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
