"""Fills: how many shares, at what price, with what charges, and which stop or target a bar reaches."""

import math

from engines.backtest import layout as at
from engines.backtest.layout import Floats, Ints, Market, State
from engines.charges.paise import leg_paise, note_paise, order_paise
from engines.compiling import kernel, routine

DELIVERY = 0
INTRADAY = 1


@kernel
def to_paise(value: float) -> int:
    """Return rupees as whole paise, half up."""
    return math.floor(value * 100.0 + 0.5)


@routine
def add_costs(row: Ints, value_paise: int, is_sale: bool, sign: float, costs: Floats) -> None:
    """Add (or take back, ``sign`` -1) an order's charges to the sums by kind, in paise."""
    brokerage = order_paise(row, value_paise, 1)
    bought, sold, securities = (0, value_paise, 1) if is_sale else (value_paise, 0, 0)
    stt, exchange, sebi, gst, stamp, dp = note_paise(row, bought, sold, brokerage, securities)
    costs[0] += sign * brokerage
    costs[1] += sign * stt
    costs[2] += sign * exchange
    costs[3] += sign * sebi
    costs[4] += sign * gst
    costs[5] += sign * stamp
    costs[6] += sign * dp


@routine
def charge(rates: Ints, numbers: Floats, costs: Floats, value: float, is_sale: bool, sign: float) -> float:
    """Return an order's charges in rupees and add them, times ``sign``, to the sums by kind (paise).

    ``rates``: the (ROW_WIDTH,) rates of the day and product.
    """
    if numbers[at.FLAT_FEE] >= 0.0:
        fee = numbers[at.FLAT_FEE] * value
        costs[0] += sign * fee * 100.0
        return fee
    paise = to_paise(value)
    add_costs(rates, paise, is_sale, sign, costs)
    return leg_paise(rates, paise, is_sale) / 100.0


@routine
def affordable(rates: Ints, fee: float, budget: float, cash: float, price: float) -> int:
    """Return the most whole shares within ``budget`` whose cost with charges fits into ``cash``.

    ``fee``: share of the value, or negative for charges by ``rates``.
    """
    if not (cash > 0.0 and budget > 0.0):
        return 0
    if fee >= 0.0:
        return math.floor(min(budget, cash / (1.0 + fee)) / price)
    high = math.floor(min(budget, cash) / price)
    if high < 1 or high * price + leg_paise(rates, to_paise(high * price), False) / 100.0 <= cash:
        return high
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        value = middle * price
        if value + leg_paise(rates, to_paise(value), False) / 100.0 <= cash:
            low = middle
        else:
            high = middle
    return low


@kernel
def stop_distance(numbers: Floats, price: float, atr: float) -> float:
    """Return how far below a fill the nearest stop begins: fixed ones first, else the trailing one; NaN for none."""
    distance = math.nan
    if not math.isnan(numbers[at.STOP_LOSS]):
        distance = price * numbers[at.STOP_LOSS]
    by_atr = numbers[at.ATR_STOP] * atr
    if not math.isnan(by_atr) and not distance <= by_atr:
        distance = by_atr
    return numbers[at.TRAIL] * atr if math.isnan(distance) else distance


@kernel
def budget_of(numbers: Floats, equity: float, factor: float, price: float, atr: float) -> float:
    """Return the rupees a full position may cost at a fill of ``price``, charges apart."""
    budget = numbers[at.SIZE] * equity * factor
    if not math.isnan(numbers[at.RISK]):
        distance = stop_distance(numbers, price, atr)
        if distance > 0.0:
            budget = min(budget, numbers[at.RISK] * equity / distance * price)
    return budget


@kernel
def lock_of(market: Market, t: int, n: int, before: float) -> int:
    """Return 1 for a bar locked at its upper circuit, -1 at the lower, else 0. ``before``: the close before."""
    price = market.close[t, n]
    if market.high[t, n] != market.low[t, n] or market.open[t, n] != price:
        return 0
    move = price / before - 1.0
    if move >= at.LOCKED_MOVE:
        return 1
    return -1 if move <= -at.LOCKED_MOVE else 0


@kernel
def close_before(market: Market, t: int, n: int) -> float:
    """Return the close of the symbol's last bar before day t, NaN if there is none."""
    for day in range(t - 1, -1, -1):
        if not math.isnan(market.close[day, n]):
            return market.close[day, n]
    return math.nan


@kernel
def has_trades(market: Market, t: int, n: int) -> bool:
    """Tell whether the symbol has a bar with volume on day t."""
    return not math.isnan(market.close[t, n]) and market.volume[t, n] > 0.0


@kernel
def can_sell(market: Market, t: int, n: int, before: float) -> bool:
    """Tell whether a sale could be filled on day t."""
    return has_trades(market, t, n) and lock_of(market, t, n, before) >= 0


@kernel
def can_buy(market: Market, t: int, n: int) -> bool:
    """Tell whether a purchase could be filled on day t."""
    return has_trades(market, t, n) and lock_of(market, t, n, close_before(market, t, n)) <= 0


@kernel
def set_levels(position: Floats, numbers: Floats, price: float, atr: float) -> None:
    """Set stop and target of a new position from its fill."""
    stop, reason = math.nan, at.STOP_LOSS_HIT
    if not math.isnan(numbers[at.STOP_LOSS]):
        stop = price * (1.0 - numbers[at.STOP_LOSS])
    by_atr = price - numbers[at.ATR_STOP] * atr
    if not math.isnan(by_atr) and not stop >= by_atr:
        stop, reason = by_atr, at.ATR_STOP_HIT
    position[at.STOP], position[at.STOP_REASON] = stop, reason
    position[at.TRAIL_LEVEL] = math.nan
    target, reason = math.nan, at.TAKE_PROFIT_HIT
    if not math.isnan(numbers[at.TAKE_PROFIT]):
        target = price * (1.0 + numbers[at.TAKE_PROFIT])
    by_risk = price + numbers[at.TARGET_R] * stop_distance(numbers, price, atr)
    if not math.isnan(by_risk) and not target <= by_risk:
        target, reason = by_risk, at.TARGET_R_HIT
    position[at.TARGET], position[at.TARGET_REASON] = target, reason


@kernel
def reached(market: Market, position: Floats, t: int, n: int) -> tuple[int, float]:
    """Return (reason, price) of the stop or target the bar reaches, (NO_REASON, 0) if none.

    What the open decides comes first; of a stop and a target inside one bar the stop is taken.
    """
    stop, reason = position[at.STOP], int(position[at.STOP_REASON])
    trail = position[at.TRAIL_LEVEL]
    if not math.isnan(trail) and not stop >= trail:
        stop, reason = trail, at.TRAILING_STOP_HIT
    target = position[at.TARGET]
    opened = market.open[t, n]
    if opened <= stop:
        return reason + at.GAP, opened
    if opened >= target:
        return int(position[at.TARGET_REASON]), opened
    if market.low[t, n] <= stop:
        return reason, stop
    if market.high[t, n] >= target:
        return int(position[at.TARGET_REASON]), target
    return at.NO_REASON, 0.0


@kernel
def skip(state: State, reason: int, t: int, n: int) -> None:
    """Count a candidate that was not bought and keep the first examples."""
    count = state.skips[reason]
    if count < at.EXAMPLES:
        state.examples[reason, count, 0], state.examples[reason, count, 1] = t, n
    state.skips[reason] = count + 1
