"""Yahoo's JSON read into quotes and bars. What does not have the agreed shape is a MalformedReply."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from market.adapters.base import Bars, Floats, Ints, MalformedReply, Quote, UnknownSymbol, UpstreamUnavailable

DAY_S: Final = 86_400
#: Seconds from UTC midnight to the start of the Indian trade date and of the first bar of a session.
IST_OFFSET_S: Final = 19_800
SESSION_START_S: Final = 9 * 3600 + 15 * 60 - IST_OFFSET_S


def quotes(body: object, keys: Mapping[str, str], *, now: datetime) -> dict[str, Quote]:
    """Read a v7 quote reply. ``keys`` maps Yahoo's tickers to ours; unknown and unreadable rows are left out."""
    response = _section(body, "quoteResponse")
    rows = response.get("result")
    if not isinstance(rows, list):
        raise MalformedReply("Yahoo's quote reply has no list of results", provider="yahoo")
    found = {}
    for row in rows:
        key = keys.get(row.get("symbol", "")) if isinstance(row, dict) else None
        quote = _quote(key, row, now) if key else None
        if quote:
            found[quote.symbol] = quote
    if rows and not found:
        raise MalformedReply("no row of Yahoo's quote reply could be read", provider="yahoo")
    return found


def _quote(key: str, row: Mapping[str, Any], now: datetime) -> Quote | None:
    last = _price(row.get("regularMarketPrice"))
    at = row.get("regularMarketTime")
    if last is None or not isinstance(at, int | float) or not math.isfinite(at) or not 0 < at < 1e11:
        return None
    high, low = _price(row.get("regularMarketDayHigh")), _price(row.get("regularMarketDayLow"))
    volume = row.get("regularMarketVolume")
    return Quote(
        symbol=key,
        last_price=last,
        as_of=min(datetime.fromtimestamp(at, UTC), now),
        open=_price(row.get("regularMarketOpen")),
        # The day's range sometimes lags the last price by one update.
        high=None if high is None else max(high, last),
        low=None if low is None else min(low, last),
        prev_close=_price(row.get("regularMarketPreviousClose")),
        volume=int(volume) if isinstance(volume, int | float) and math.isfinite(volume) and volume >= 0 else None,
        bid=_price(row.get("bid")),
        ask=_price(row.get("ask")),
    )


def _price(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else None


def bars(body: object, *, symbol: str, minutes: int) -> Bars:
    """Read a v8 chart reply; ``minutes`` is the bar's length, 0 for days. Rows without a price are left out.

    Yahoo appends the running bar as a row of its own time: rows of one bar are made one. Prices are adjusted for
    splits, not for dividends.
    """
    chart = _section(body, "chart")
    _refuse(chart.get("error"), symbol)
    results = chart.get("result")
    if not results:
        return _empty()
    try:
        result = results[0]
        ts = result.get("timestamp") or []
        rows = result["indicators"]["quote"][0]
        if not ts:
            return _empty()
        columns = [np.array(rows[name], dtype=np.float64) for name in ("open", "high", "low", "close", "volume")]
        raw = np.array(ts, dtype=np.int64)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise MalformedReply("Yahoo's chart reply lacks its columns", provider="yahoo", symbol=symbol) from error
    if any(len(column) != len(raw) for column in columns):
        raise MalformedReply("the columns of Yahoo's chart reply differ in length", provider="yahoo", symbol=symbol)
    return _grouped(_starts(raw, minutes), columns)


def _section(body: object, name: str) -> dict[str, Any]:
    section = body.get(name) if isinstance(body, dict) else None
    if isinstance(section, dict):
        return section
    finance = body.get("finance") if isinstance(body, dict) else None
    if isinstance(finance, dict) and isinstance(finance.get("error"), dict):
        raise UpstreamUnavailable(f"Yahoo refused: {finance['error'].get('code', 'error')}", provider="yahoo")
    raise MalformedReply(f"Yahoo's reply has no {name}", provider="yahoo")


def _refuse(error: object, symbol: str) -> None:
    if not isinstance(error, dict):
        return
    text = f"{error.get('code', '')}: {error.get('description', '')}"
    if "Data doesn't exist" in text:
        return
    if "Not Found" in text or "No data found" in text:
        raise UnknownSymbol(f"Yahoo does not have {symbol}", provider="yahoo", symbol=symbol)
    raise UpstreamUnavailable(f"Yahoo refused: {text[:200]}", provider="yahoo", symbol=symbol)


def _starts(raw: Ints, minutes: int) -> Ints:
    """Return the starts of the bars that instants lie in: grid from 09:15 IST, or the trade date's UTC midnight."""
    if not minutes:
        return (raw + IST_OFFSET_S) // DAY_S * DAY_S
    step = minutes * 60
    return (raw - SESSION_START_S) // step * step + SESSION_START_S


def _grouped(starts: Ints, columns: Sequence[Floats]) -> Bars:
    prices = np.stack(columns[:4])
    usable = np.isfinite(prices).all(axis=0) & (prices > 0).all(axis=0)
    order = np.flatnonzero(usable)[np.argsort(starts[usable], kind="stable")]
    if not len(order):
        return _empty()
    ts = starts[order]
    opening, high, low, close = (column[order] for column in columns[:4])
    volume = np.where(np.isfinite(columns[4][order]), columns[4][order], -1.0)
    first = np.flatnonzero(np.diff(ts, prepend=ts[0] - 1))
    last = np.append(first[1:], len(ts)) - 1
    top = np.maximum.reduce([opening, high, low, close])
    bottom = np.minimum.reduce([opening, high, low, close])
    return Bars(
        ts=ts[first],
        open=opening[first],
        high=np.maximum.reduceat(top, first),
        low=np.minimum.reduceat(bottom, first),
        close=close[last],
        volume=np.maximum.reduceat(volume, first).astype(np.int64),
    )


def _empty() -> Bars:
    none = np.empty(0)
    whole = np.empty(0, dtype=np.int64)
    return Bars(whole, none, none, none, none, whole)
