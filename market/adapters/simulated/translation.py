"""The engine's columns in the words of `market.adapters.base`."""

from datetime import UTC, date, datetime

import numpy as np

from engines import simulation
from market.adapters.base import Bars, ChainRow, Depth, DepthLevel, OptionChain, OptionQuote, Quote


def instant(milliseconds: int) -> datetime:
    """Return the aware instant of epoch milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def quotes(found: simulation.Quotes) -> dict[str, Quote]:
    """Return one quote a key. What an index does not have (book, circuits, volume) is None, and oi is for contracts."""
    plain = {
        name: getattr(found, name).tolist()
        for name in (
            "last_price", "open", "high", "low", "previous_close", "volume", "average_price", "open_interest",
            "last_trade_ms", "bid", "ask", "lower_circuit", "upper_circuit",
        )
    }  # fmt: skip
    return {key: _quote(key, {name: column[at] for name, column in plain.items()}) for at, key in enumerate(found.keys)}


def _quote(key: str, row: dict[str, float]) -> Quote:
    is_contract = not key.startswith(("NSE:", "BSE:"))
    is_index = not is_contract and not row["upper_circuit"]
    return Quote(
        symbol=key,
        last_price=row["last_price"],
        as_of=instant(int(row["last_trade_ms"])),
        open=row["open"],
        high=row["high"],
        low=row["low"],
        prev_close=row["previous_close"],
        volume=None if is_index else int(row["volume"]),
        average_price=None if is_index else row["average_price"],
        oi=int(row["open_interest"]) if is_contract else None,
        bid=row["bid"] or None,
        ask=row["ask"] or None,
        upper_circuit=row["upper_circuit"] or None,
        lower_circuit=row["lower_circuit"] or None,
    )


def depth(found: simulation.Depth) -> Depth:
    """Return five levels each side; a level without a price is left out."""
    return Depth(
        buy=_levels(found.bid_price, found.bid_quantity, found.bid_orders),
        sell=_levels(found.ask_price, found.ask_quantity, found.ask_orders),
    )


def _levels(prices: np.ndarray, quantities: np.ndarray, orders: np.ndarray) -> tuple[DepthLevel, ...]:
    rows = zip(prices.tolist(), quantities.tolist(), orders.tolist(), strict=True)
    return tuple(DepthLevel(price, int(quantity), int(count)) for price, quantity, count in rows if price > 0)


def minutes(found: simulation.Bars) -> Bars:
    """Return intraday bars as they are."""
    return Bars(found.times, found.open, found.high, found.low, found.close, np.rint(found.volume).astype(np.int64))


def days(found: simulation.DailyBars, column: int = 0) -> Bars:
    """Return one symbol's day bars, without the days on which it was not listed."""
    listed = np.isfinite(found.close[:, column])
    prices = [getattr(found, name)[listed, column] for name in ("open", "high", "low", "close")]
    ts = found.dates[listed].astype("datetime64[s]").astype(np.int64)
    return Bars(ts, *prices, np.rint(found.volume[listed, column]).astype(np.int64))


def chain(found: simulation.OptionChain, *, as_of: datetime) -> OptionChain:
    """Return a chain, strikes ascending."""
    calls, puts = _side(found.call), _side(found.put)
    return OptionChain(
        underlying=found.underlying,
        expiry=found.expiry.astype(date),
        spot=found.spot,
        forward=found.forward,
        lot_size=found.lot,
        rows=tuple(
            ChainRow(strike, call, put) for strike, call, put in zip(found.strikes.tolist(), calls, puts, strict=True)
        ),
        as_of=as_of,
    )


def _side(found: simulation.OptionSide) -> list[OptionQuote]:
    columns = (
        found.last_price, found.bid, found.ask, found.implied_volatility, found.delta, found.gamma, found.theta,
        found.vega, found.open_interest, found.open_interest_day_open, found.volume,
    )  # fmt: skip
    rows = zip(found.symbols, *(column.tolist() for column in columns), strict=True)
    return [OptionQuote(*row) for row in rows]
