"""Buying and selling: what a fill does to cash, positions and the list of trades."""

import math

from engines.backtest import layout as at
from engines.backtest.fills import DELIVERY, INTRADAY, affordable, budget_of, charge, close_before, set_levels
from engines.backtest.layout import Floats, Market, State
from engines.compiling import kernel


@kernel
def insert_held(state: State, n: int) -> None:
    """Put a symbol into the list of held ones, which stays ascending."""
    place = state.counters[at.HELD]
    while place > 0 and state.held[place - 1] > n:
        state.held[place] = state.held[place - 1]
        place -= 1
    state.held[place] = n
    state.counters[at.HELD] += 1


@kernel
def buy(market: Market, numbers: Floats, state: State, t: int, n: int, share: float, factor: float, atr: float) -> bool:
    """Buy ``share`` of a full position at the open of day t, charges on top; False if not one share fits.

    Fills quantity, cost and charges of the symbol's row; the rest of the row is the caller's.
    """
    price = market.open[t, n] * (1.0 + numbers[at.SLIPPAGE])
    sums, position = state.sums, state.book[n]
    budget = budget_of(numbers, sums[at.EQUITY], factor, price, atr) * share
    rates = market.rates[market.era[t], DELIVERY]
    quantity = affordable(rates, numbers[at.FLAT_FEE], budget, sums[at.CASH] - sums[at.LOCKED], price)
    if quantity < 1:
        return False
    value = quantity * price
    fee = charge(rates, numbers, state.costs, value, False, 1.0)
    sums[at.CASH] -= value + fee
    sums[at.BOUGHT] += value
    position[at.QUANTITY] += quantity
    position[at.COST] += value
    position[at.CHARGES] += fee
    return True


@kernel
def enter(
    market: Market,
    numbers: Floats,
    state: State,
    t: int,
    n: int,
    conviction: float,
    rank: int,
    factor: float,
    atr: float,
) -> bool:
    """Open a position at the open of day t; False if not one share fits into the cash."""
    position = state.book[n]
    position[:] = 0.0
    if not buy(market, numbers, state, t, n, 1.0, factor, atr):
        return False
    price = market.open[t, n] * (1.0 + numbers[at.SLIPPAGE])
    position[at.FIRST_FILL] = price
    set_levels(position, numbers, price, atr)
    position[at.ENTRY_DAY], position[at.BARS] = t, -1.0
    position[at.HIGHEST_HIGH] = position[at.LOWEST_LOW] = market.open[t, n]
    position[at.HIGHEST_CLOSE] = -math.inf
    position[at.LAST_CLOSE], position[at.LAST_BAR] = close_before(market, t, n), t
    position[at.SIZE_FACTOR], position[at.CONVICTION], position[at.RANK] = factor, conviction, rank
    position[at.PENDING] = at.NO_REASON
    for field in range(at.FIELD_COUNT):
        position[at.FIELDS + field] = math.nan
        position[at.PREVIOUS_FIELDS + field] = math.nan
    insert_held(state, n)
    state.sector_count[market.sector[n]] += 1
    return True


@kernel
def exit_charges(market: Market, numbers: Floats, state: State, t: int, n: int, value: float) -> float:
    """Return the charges of a sale, and turn those of a purchase on the same day into intraday's."""
    position, costs = state.book[n], state.costs
    rates = market.rates[market.era[t], DELIVERY]
    if position[at.ENTRY_DAY] == t:
        charge(rates, numbers, costs, position[at.COST], False, -1.0)
        rates = market.rates[market.era[t], INTRADAY]
        bought = charge(rates, numbers, costs, position[at.COST], False, 1.0)
        state.sums[at.CASH] += position[at.CHARGES] - bought
        position[at.CHARGES] = bought
    return charge(rates, numbers, costs, value, True, 1.0)


@kernel
def sell(
    market: Market, numbers: Floats, state: State, t: int, n: int, raw: float, price: float, reason: int, due: int
) -> float:
    """Close a position at ``price`` (``raw`` before slippage) and record the trade; return the net proceeds.

    Taking the symbol out of the list of held ones is the caller's, who walks it.
    """
    position = state.book[n]
    value = position[at.QUANTITY] * price
    fee = exit_charges(market, numbers, state, t, n, value)
    position[at.CHARGES] += fee
    state.sums[at.CASH] += value - fee
    state.sums[at.SOLD] += value
    state.sector_count[market.sector[n]] -= 1
    state.sold_on[n] = t
    record(state, t, n, raw, price, reason, due)
    position[at.QUANTITY] = 0.0
    return value - fee


@kernel
def note_added(state: State, t: int, n: int, quantity: float, price: float) -> None:
    """Write an add-on that was bought, in the order of ADDED_COLUMNS, while there is room."""
    place = state.counters[at.ADDED]
    if place < state.added.shape[0]:
        row = state.added[place]
        row[0], row[1], row[2], row[3] = t, n, quantity, price
        state.counters[at.ADDED] = place + 1


@kernel
def record(state: State, t: int, n: int, raw: float, price: float, reason: int, due: int) -> None:
    """Write a closed trade, in the order of TRADE_COLUMNS."""
    position = state.book[n]
    row = state.trades[state.counters[at.TRADES]]
    state.counters[at.TRADES] += 1
    quantity, cost = position[at.QUANTITY], position[at.COST]
    entry = cost / quantity
    pnl = quantity * price - cost - position[at.CHARGES]
    row[0], row[1], row[2], row[3], row[4] = n, position[at.ENTRY_DAY], t, due, reason
    row[5], row[6], row[7], row[8], row[9] = quantity, entry, price, pnl, 100.0 * pnl / cost
    row[10] = position[at.CHARGES]
    # The bar of the exit counts, which has not been marked; a delisting has none.
    row[11] = position[at.BARS] + (0.0 if reason == at.DELISTED else 1.0)
    row[12], row[13] = position[at.CONVICTION], position[at.RANK]
    row[14] = 100.0 * (max(position[at.HIGHEST_HIGH], raw) / entry - 1.0)
    row[15] = 100.0 * (min(position[at.LOWEST_LOW], raw) / entry - 1.0)
    row[16], row[17] = position[at.ADDONS], position[at.STUCK]
    row[18] = (position[at.FIRST_FILL] - position[at.STOP]) * quantity
