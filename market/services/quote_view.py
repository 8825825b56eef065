"""Everything a page shows about one instrument now."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from core.errors import NotFound, PlatformError
from market.adapters.base import Depth, Quote
from market.models import Instrument
from market.selectors.instruments import find_instrument
from market.services.charts import chart_read
from market.services.exchanges import clock_for
from market.services.providers import registry

#: A quote older than this in market hours is shown as stale.
STALE_AFTER = timedelta(seconds=10)
YEAR = timedelta(days=365)


def quote_view(*, symbol: str, now: datetime) -> dict[str, Any]:
    """Return the quote, depth, key figures and 52-week range of ``symbol``, in the shape of ``/api/market/quote``.

    An instrument without a live price (only imported bars) is shown with what its bars say; the source is named.
    Raises NotFound for a symbol nobody knows.
    """
    instrument = find_instrument(symbol, now=now)
    if instrument is None:
        raise NotFound(f"{symbol} is not known.")
    quote, source = _live(symbol, now)
    view = _instrument(symbol, instrument) | {"week52": week52(symbol, now)}
    if quote is None:
        return view | _from_bars(symbol, now)
    return view | _quote(quote) | {"data_source": source, "as_of": quote.as_of, "stale": is_stale(quote, now)}


def is_stale(quote: Quote, now: datetime) -> bool:
    """Tell whether the price is older than it should be while the market trades."""
    return now - quote.as_of > STALE_AFTER and clock_for(quote.symbol).is_open(now)


def week52(symbol: str, now: datetime) -> dict[str, Any]:
    """Return the adjusted high and low of the last 365 days with their dates and source; nulls without bars.

    Where only closes are known, they are the highest and the lowest close.
    """
    try:
        read = chart_read(
            symbol=symbol, interval="day", start=(now - YEAR).date(), end=now.date(), adjusted=True, now=now
        )
    except PlatformError:
        read = None
    if read is None or not len(read.bars):
        return {"high": None, "low": None, "high_date": None, "low_date": None, "source": None}
    highs, lows = (read.bars.close,) * 2 if read.closes_only else (read.bars.high, read.bars.low)
    high, low = int(np.argmax(highs)), int(np.argmin(lows))
    return {
        "high": round(float(highs[high]), 2),
        "low": round(float(lows[low]), 2),
        "high_date": trade_date(read.bars.ts[high]),
        "low_date": trade_date(read.bars.ts[low]),
        "source": read.source,
    }


def trade_date(ts: int) -> date:
    """Return the trade date of a day bar."""
    return datetime.fromtimestamp(int(ts), UTC).date()


def _live(symbol: str, now: datetime) -> tuple[Quote | None, str | None]:
    try:
        batch = registry().quotes([symbol], now=now)
    except PlatformError:
        return None, None
    return batch.quotes.get(symbol), batch.sources.get(symbol)


def _instrument(symbol: str, instrument: Instrument) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "name": instrument.name or instrument.symbol,
        "exchange": instrument.exchange,
        "segment": instrument.segment,
        "sector": instrument.sector,
        "instrument_type": instrument.instrument_type,
        "isin": instrument.isin,
        "expiry": instrument.expiry,
        "strike": instrument.strike,
        "lot_size": instrument.lot_size,
        "tick_size": instrument.tick_size,
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "last_price": quote.last_price,
        "change": _round(quote.change),
        "change_pct": _round(quote.change_pct),
        "open": quote.open,
        "high": quote.high,
        "low": quote.low,
        "prev_close": quote.prev_close,
        "volume": quote.volume,
        "average_price": _round(quote.average_price),
        "oi": quote.oi,
        "upper_circuit": quote.upper_circuit,
        "lower_circuit": quote.lower_circuit,
        "depth": _depth(quote.depth or Depth()),
    }


def _from_bars(symbol: str, now: datetime) -> dict[str, Any]:
    """Fill the quote from the last two day bars: a stored close is a price with its date, not a live one."""
    read = chart_read(
        symbol=symbol, interval="day", start=date(1990, 1, 1), end=now.date(), adjusted=False, now=now, tail=2
    )
    bars = read.bars
    if not len(bars):
        empty = ("last_price", "open", "high", "low", "prev_close", "volume")
        return (
            _no_quote()
            | dict.fromkeys(empty)
            | {"change": None, "change_pct": None, "data_source": None, "as_of": None}
        )
    last, prev = float(bars.close[-1]), float(bars.close[-2]) if len(bars) > 1 else None
    return _no_quote() | {
        "last_price": last,
        "change": None if prev is None else round(last - prev, 2),
        "change_pct": None if prev is None else round((last / prev - 1) * 100, 2),
        "open": None if read.closes_only else float(bars.open[-1]),
        "high": None if read.closes_only else float(bars.high[-1]),
        "low": None if read.closes_only else float(bars.low[-1]),
        "prev_close": prev,
        "volume": int(bars.volume[-1]) if bars.volume[-1] >= 0 else None,
        "data_source": read.source,
        "as_of": read.as_of,
    }


def _no_quote() -> dict[str, Any]:
    fields = ("average_price", "oi", "upper_circuit", "lower_circuit")
    return dict.fromkeys(fields) | {"depth": _depth(Depth()), "stale": True}


def _depth(depth: Depth) -> dict[str, Any]:
    return {
        side: [{"price": row.price, "quantity": row.quantity, "orders": row.orders} for row in rows]
        for side, rows in (("buy", depth.buy), ("sell", depth.sell))
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
