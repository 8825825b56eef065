"""The order of a day, compiled.

At the open: exits due, add-ons, new positions by rank. During the bar: stops and targets. After it: delistings. At
the close: the mark, then the rules, whose orders wait for the next open.
"""

import math

from engines.backtest import layout as at
from engines.backtest.fills import can_buy, can_sell, has_trades, lock_of, reached, skip
from engines.backtest.interpreter import is_true
from engines.backtest.layout import Floats, Market, Rules, State
from engines.backtest.trading import buy, enter, note_added, sell
from engines.compiling import kernel, routine


@kernel
def stick(state: State, n: int) -> None:
    """Count a day on which a due exit could not be filled."""
    state.book[n, at.STUCK] += 1.0
    state.counters[at.STUCK_DAYS] += 1


@kernel
def sell_due(market: Market, numbers: Floats, state: State, t: int) -> None:
    """Sell at the open what is due; what cannot be sold stays due."""
    kept, proceeds = 0, 0.0
    for place in range(state.counters[at.HELD]):
        n = state.held[place]
        position = state.book[n]
        if position[at.PENDING] != at.NO_REASON:
            if can_sell(market, t, n, position[at.LAST_CLOSE]):
                raw = market.open[t, n]
                price = raw * (1.0 - numbers[at.SLIPPAGE])
                reason, due = int(position[at.PENDING]), int(position[at.PENDING_DAY])
                proceeds += sell(market, numbers, state, t, n, raw, price, reason, due)
                continue
            stick(state, n)
        state.held[kept] = n
        kept += 1
    state.counters[at.HELD] = kept
    state.sums[at.LOCKED] = (1.0 - numbers[at.SALE_CREDIT]) * max(proceeds, 0.0)


@kernel
def atr_at(rules: Rules, t: int, n: int) -> float:
    """Return ATR14 of a close, NaN where the strategy has none."""
    return rules.atr14[t, n] if rules.atr14.shape[0] > 0 else math.nan


@kernel
def add_due(market: Market, rules: Rules, numbers: Floats, state: State, t: int) -> None:
    """Buy at the open the add-ons ordered at the close before."""
    for place in range(state.counters[at.HELD]):
        n = state.held[place]
        position = state.book[n]
        if position[at.ADDON_DUE] == 0.0:
            continue
        position[at.ADDON_DUE] = 0.0
        if not can_buy(market, t, n):
            skip(state, at.SKIPPED_UNFILLED, t, n)
            continue
        atr, before = atr_at(rules, t - 1, n), position[at.QUANTITY]
        if buy(market, numbers, state, t, n, numbers[at.ADDON_SIZE], position[at.SIZE_FACTOR], atr):
            position[at.ADDONS] += 1.0
            price = market.open[t, n] * (1.0 + numbers[at.SLIPPAGE])
            note_added(state, t, n, position[at.QUANTITY] - before, price)
        else:
            skip(state, at.SKIPPED_NO_CASH, t, n)


@kernel
def open_new(market: Market, rules: Rules, numbers: Floats, state: State, t: int) -> None:
    """Buy at the open the candidates of the close before, best first, within caps and cash."""
    most, per_sector = int(numbers[at.MAX_POSITIONS]), int(numbers[at.MAX_PER_SECTOR])
    for at_candidate in range(rules.start[t - 1], rules.start[t]):
        n = rules.symbol[at_candidate]
        if state.book[n, at.QUANTITY] > 0.0 or state.sold_on[n] == t:
            continue
        if state.counters[at.HELD] >= most:
            skip(state, at.SKIPPED_MAX_POSITIONS, t, n)
        elif per_sector > 0 and state.sector_count[market.sector[n]] >= per_sector:
            skip(state, at.SKIPPED_MAX_PER_SECTOR, t, n)
        elif not can_buy(market, t, n):
            skip(state, at.SKIPPED_UNFILLED, t, n)
        else:
            conviction, rank = rules.conviction[at_candidate], rules.rank[at_candidate]
            factor, atr = rules.size_factor[at_candidate], atr_at(rules, t - 1, n)
            if not enter(market, numbers, state, t, n, conviction, rank, factor, atr):
                skip(state, at.SKIPPED_NO_CASH, t, n)


@kernel
def watch_bar(market: Market, numbers: Floats, state: State, t: int, n: int) -> bool:
    """Sell what the bar of day t takes to its stop or target, or what is delisted; tell whether it is closed."""
    position = state.book[n]
    if math.isnan(market.close[t, n]):
        if t - position[at.LAST_BAR] < numbers[at.DELIST_AFTER]:
            return False
        reason, raw = at.DELISTED, position[at.LAST_CLOSE] * (1.0 - numbers[at.DELIST_HAIRCUT])
    elif position[at.PENDING] != at.NO_REASON:
        return False
    else:
        reason, raw = reached(market, position, t, n)
        # The volume is asked for last: what is not read need not be fetched.
        if reason == at.NO_REASON or not has_trades(market, t, n):
            return False
        if lock_of(market, t, n, position[at.LAST_CLOSE]) < 0:
            position[at.PENDING], position[at.PENDING_DAY] = reason, t
            stick(state, n)
            return False
    price = raw if reason >= at.TAKE_PROFIT_HIT else raw * (1.0 - numbers[at.SLIPPAGE])
    sell(market, numbers, state, t, n, raw, price, reason, t)
    return True


@kernel
def watch_bars(market: Market, numbers: Floats, state: State, t: int) -> None:
    """Go through the bars of all held symbols."""
    kept = 0
    for place in range(state.counters[at.HELD]):
        n = state.held[place]
        if not watch_bar(market, numbers, state, t, n):
            state.held[kept] = n
            kept += 1
    state.counters[at.HELD] = kept


@kernel
def set_fields(position: Floats, close: float) -> None:
    """Work out the fields that programs read, keeping those of the bar before."""
    for field in range(at.FIELD_COUNT):
        position[at.PREVIOUS_FIELDS + field] = position[at.FIELDS + field]
    entry = position[at.COST] / position[at.QUANTITY]
    position[at.FIELDS] = position[at.BARS]
    position[at.FIELDS + 1] = 100.0 * (close / entry - 1.0)
    position[at.FIELDS + 2] = entry
    position[at.FIELDS + 3] = position[at.QUANTITY]
    position[at.FIELDS + 4] = position[at.HIGHEST_HIGH]
    position[at.FIELDS + 5] = position[at.HIGHEST_CLOSE]
    position[at.FIELDS + 6] = 100.0 * (1.0 - close / position[at.HIGHEST_CLOSE])
    position[at.FIELDS + 7] = position[at.ADDONS]


@kernel
def mark(market: Market, rules: Rules, numbers: Floats, state: State, t: int, n: int) -> None:
    """Bring a position to the close of its bar."""
    position = state.book[n]
    high, low, close = market.high[t, n], market.low[t, n], market.close[t, n]
    position[at.LAST_CLOSE], position[at.LAST_BAR] = close, t
    position[at.BARS] += 1.0
    position[at.HIGHEST_HIGH] = max(position[at.HIGHEST_HIGH], high)
    position[at.LOWEST_LOW] = min(position[at.LOWEST_LOW], low)
    position[at.HIGHEST_CLOSE] = max(position[at.HIGHEST_CLOSE], close)
    trail = position[at.HIGHEST_HIGH] - numbers[at.TRAIL] * atr_at(rules, t, n)
    if not math.isnan(trail) and not position[at.TRAIL_LEVEL] >= trail:
        position[at.TRAIL_LEVEL] = trail
    if numbers[at.READS_FIELDS] > 0.0:
        set_fields(position, close)


@kernel
def exit_reason(rules: Rules, numbers: Floats, state: State, t: int, n: int) -> int:
    """Return the first reason to sell at the next open: rules by priority, the rank, the longest holding time."""
    position = state.book[n]
    bars = position[at.BARS]
    is_held_enough = bars >= numbers[at.MIN_HOLD]
    for number in range(rules.ignore_min_hold.shape[0]):
        if (is_held_enough or rules.ignore_min_hold[number]) and is_true(rules, number, t, n, position, state.stack):
            return number
    if is_held_enough and rules.rank_exit.shape[0] > 0 and rules.rank_exit[t, n]:
        return at.RANK_BELOW
    longest = numbers[at.MAX_HOLD]
    return at.MAX_HOLD_REACHED if longest > 0.0 and bars + 1.0 >= longest else at.NO_REASON


@kernel
def order(rules: Rules, numbers: Floats, state: State, t: int, n: int) -> None:
    """Order the exit or the add-on of a held symbol at its close."""
    position = state.book[n]
    if position[at.PENDING] != at.NO_REASON:
        return
    reason = exit_reason(rules, numbers, state, t, n)
    if reason != at.NO_REASON:
        position[at.PENDING], position[at.PENDING_DAY] = reason, t
    elif position[at.ADDONS] < numbers[at.ADDON_MAX]:
        addon = rules.ignore_min_hold.shape[0]
        if is_true(rules, addon, t, n, position, state.stack):
            position[at.ADDON_DUE] = 1.0


@kernel
def close_day(market: Market, rules: Rules, numbers: Floats, state: State, t: int, may_order: bool) -> None:
    """Mark all positions, work out the equity and evaluate the rules of symbols with a bar."""
    equity = state.sums[at.CASH]
    for place in range(state.counters[at.HELD]):
        n = state.held[place]
        has_bar = not math.isnan(market.close[t, n])
        if has_bar:
            mark(market, rules, numbers, state, t, n)
        equity += state.book[n, at.QUANTITY] * state.book[n, at.LAST_CLOSE]
        if has_bar and may_order:
            order(rules, numbers, state, t, n)
    state.sums[at.EQUITY] = equity


@routine
def run_days(
    market: Market, rules: Rules, numbers: Floats, state: State, first: int, last: int, equity: Floats, cash: Floats
) -> None:
    """Simulate days ``first`` to ``last``, both included, writing equity and cash at each close.

    Nothing fills on the first day; the orders of the last are dropped.
    """
    for t in range(first, last + 1):
        if t > first:
            sell_due(market, numbers, state, t)
            if numbers[at.ADDON_MAX] > 0.0:
                add_due(market, rules, numbers, state, t)
            open_new(market, rules, numbers, state, t)
            watch_bars(market, numbers, state, t)
        close_day(market, rules, numbers, state, t, t < last)
        equity[t - first] = state.sums[at.EQUITY]
        cash[t - first] = state.sums[at.CASH]
