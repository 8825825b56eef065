"""Five levels of bids and offers around a last price, fixed for each second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation import rng, ticksize

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

LEVELS = 5
LEVEL_DEPTH = 61
CASH_SPREAD = 0.0002
OPTION_SPREAD = 0.003
# Share of a session's typical volume that rests at the best level, and in the whole book on one side.
BEST_SHARE, BOOK_SHARE = 0.00012, 0.05


class TopOfBook(NamedTuple):
    """Best bid and offer (n,): price (0 where nobody bids), and total quantity wanted and offered in the book."""

    bid: F64
    ask: F64
    buy_quantity: I64
    sell_quantity: I64


@dataclass(frozen=True, slots=True)
class Depth:
    """Five levels each side, best first. Prices in rupees, quantities in shares, orders counted; `as_of_ms`
    epoch milliseconds.
    """

    bid_price: F64
    bid_quantity: I64
    bid_orders: I64
    ask_price: F64
    ask_quantity: I64
    ask_orders: I64
    buy_quantity: int
    sell_quantity: int
    last_price: float
    as_of_ms: int


def book_keys(seed: int, numbers: npt.ArrayLike, second: int) -> U64:
    """Random key of each instrument's book in one second."""
    return rng.fold_keys(rng.fold_keys(rng.fold_key(seed, LEVEL_DEPTH), numbers), np.uint64(second))


def _best(last: F64, tick: F64, spread: float, bits: U64) -> tuple[F64, F64]:
    """Best bid and offer in ticks: bid <= last <= offer and bid < offer."""
    width = 1.0 + np.rint(spread * last / tick)
    ticks = np.rint(last / tick)
    below = np.floor(rng.fraction(bits, 0, 12) * (width + 1.0))
    above = np.floor(rng.fraction(bits, 12, 12) * (width + 1.0))
    above = np.where(below + above == 0, 1.0, above)
    return np.maximum(ticks - below, 0.0), ticks + above


def top_of_book(last: F64, tick: F64, unit: F64, typical: F64, spread: float, keys: U64) -> TopOfBook:
    """Best prices and totals for n instruments; `typical` is a session's volume in shares, `unit` the lot."""
    bits = rng.words(keys, np.uint64(0))
    bid, ask = _best(last, tick, spread, bits)
    lots = BOOK_SHARE * typical / unit
    buy = (np.ceil(lots * np.exp(rng.fraction(bits, 24, 20) - 0.5)) + LEVELS) * unit * (bid > 0)
    sell = (np.ceil(lots * np.exp(rng.fraction(bits, 44, 20) - 0.5)) + LEVELS) * unit
    return TopOfBook(
        ticksize.to_price(bid, tick), ticksize.to_price(ask, tick), buy.astype(np.int64), sell.astype(np.int64)
    )


def _side(best: float, tick: float, direction: int, lots: float, unit: float, bits: U64) -> tuple[F64, I64, I64]:
    """Prices, quantities and order counts of one side; levels below the first tick are empty."""
    gaps = np.append(0.0, 1.0 + np.floor(1.35 * rng.fraction(bits[1:], 0, 16)))
    ticks = best + direction * np.cumsum(gaps)
    growing = lots * (0.4 + 1.2 * rng.fraction(bits, 16, 20)) * np.array([1.0, 1.3, 1.6, 1.8, 2.2])
    quantity = np.maximum(np.ceil(growing), 1.0)
    orders = 1.0 + np.floor(np.sqrt(quantity) * (0.15 + 0.6 * rng.fraction(bits, 36, 12)))
    live = ticks >= 1.0
    price = ticksize.to_price(np.maximum(ticks, 0.0) * live, tick)
    return price, (quantity * unit * live).astype(np.int64), (np.minimum(orders, quantity) * live).astype(np.int64)


def five_levels(
    last: float, tick: float, unit: float, typical: float, spread: float, key: np.uint64, now_ms: int
) -> Depth:
    """The book of one instrument; its best prices and totals are those of `top_of_book`."""
    one = np.ones(1)
    top = top_of_book(last * one, tick * one, unit * one, typical * one, spread, np.array([key], np.uint64))
    lots = BEST_SHARE * typical / unit
    bits = rng.words(np.uint64(key), np.arange(1, 1 + 2 * LEVELS, dtype=np.uint64))
    bid = _side(float(np.rint(top.bid[0] / tick)), tick, -1, lots, unit, bits[:LEVELS])
    ask = _side(float(np.rint(top.ask[0] / tick)), tick, 1, lots, unit, bits[LEVELS:])
    buy = int(max(top.buy_quantity[0], bid[1].sum()))
    sell = int(max(top.sell_quantity[0], ask[1].sum()))
    return Depth(*bid, *ask, buy, sell, float(last), now_ms)
