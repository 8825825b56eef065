"""Places in the arrays the compiled functions share, and the tuples that carry them.

A position is a row of ``book``, a closed trade a row of ``trades``; the columns are numbered here. Amounts in rupees,
days as panel rows, levels in the panel's (adjusted) prices, NaN where a level does not exist.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# --- run numbers ---------------------------------------------------------------------------------------------------
SIZE: Final = 0  # position size, share of equity
MAX_POSITIONS: Final = 1
MAX_PER_SECTOR: Final = 2  # 0: no cap
SLIPPAGE: Final = 3  # share of the price
FLAT_FEE: Final = 4  # share of an order's value; negative: charges by the dated tables
SALE_CREDIT: Final = 5  # share of an open's sale proceeds usable at that open
MIN_HOLD: Final = 6
MAX_HOLD: Final = 7  # 0: none
STOP_LOSS: Final = 8  # shares of the fill price
TAKE_PROFIT: Final = 9
ATR_STOP: Final = 10  # multiples of ATR14
TRAIL: Final = 11
TARGET_R: Final = 12
RISK: Final = 13  # share of equity at risk; NaN unless sizing by risk
ADDON_MAX: Final = 14
ADDON_SIZE: Final = 15  # share of a full position
DELIST_AFTER: Final = 16  # sessions without a bar
DELIST_HAIRCUT: Final = 17
READS_FIELDS: Final = 18  # 1 when a program reads the position, else its fields are not worked out
NUMBERS: Final = 19

# --- a position ----------------------------------------------------------------------------------------------------
QUANTITY: Final = 0
COST: Final = 1  # sum of quantity times fill, charges apart
FIRST_FILL: Final = 2
STOP: Final = 3  # the higher of the fixed stops
STOP_REASON: Final = 4
TRAIL_LEVEL: Final = 5
TARGET: Final = 6  # the lower of the targets
TARGET_REASON: Final = 7
ENTRY_DAY: Final = 8
BARS: Final = 9  # bars of the symbol after the entry bar
HIGHEST_HIGH: Final = 10
HIGHEST_CLOSE: Final = 11
LOWEST_LOW: Final = 12
LAST_CLOSE: Final = 13
LAST_BAR: Final = 14  # day of the last bar
ADDONS: Final = 15
SIZE_FACTOR: Final = 16
CONVICTION: Final = 17
RANK: Final = 18
CHARGES: Final = 19
PENDING: Final = 20  # reason of the exit that is due, or NO_REASON
PENDING_DAY: Final = 21  # close (or bar) on which it became due
ADDON_DUE: Final = 22
STUCK: Final = 23
FIELDS: Final = 24  # the eight position fields at this close, then at the bar before
PREVIOUS_FIELDS: Final = 32
BOOK_WIDTH: Final = 40
FIELD_COUNT: Final = 8

# --- a closed trade ------------------------------------------------------------------------------------------------
TRADE_COLUMNS: Final = (
    "symbol",
    "entry_day",
    "exit_day",
    "exit_signal_day",
    "reason",
    "quantity",
    "entry_price",
    "exit_price",
    "pnl",
    "pnl_pct",
    "charges",
    "bars_held",
    "conviction",
    "rank",
    "mfe_pct",
    "mae_pct",
    "addons",
    "stuck_days",
    "risk",
)
TRADE_WIDTH: Final = len(TRADE_COLUMNS)

# --- why a position was closed: rules by number, the rest from 1000 ------------------------------------------------
NO_REASON: Final = -1
FIXED_REASONS: Final = 1000
RANK_BELOW: Final = 1000
MAX_HOLD_REACHED: Final = 1001
STOP_LOSS_HIT: Final = 1002
ATR_STOP_HIT: Final = 1003
TRAILING_STOP_HIT: Final = 1004
GAP: Final = 3  # a stop's reason plus this: the bar opened beyond it
TAKE_PROFIT_HIT: Final = 1008
TARGET_R_HIT: Final = 1009
DELISTED: Final = 1010
FIXED_REASON_NAMES: Final = (
    "rank_below",
    "max_hold",
    "stop_loss",
    "atr_stop",
    "trailing_stop",
    "stop_loss_gap",
    "atr_stop_gap",
    "trailing_stop_gap",
    "take_profit",
    "target_r",
    "delisted",
)

# --- why a candidate was not bought --------------------------------------------------------------------------------
SKIPPED_NO_CASH: Final = 0
SKIPPED_UNFILLED: Final = 1
SKIPPED_MAX_POSITIONS: Final = 2
SKIPPED_MAX_PER_SECTOR: Final = 3
SKIP_NAMES: Final = ("skipped_no_cash", "skipped_unfilled", "skipped_max_positions", "skipped_max_per_sector")
EXAMPLES: Final = 20

#: Columns of an add-on that was bought.
ADDED_COLUMNS: Final = ("day", "symbol", "quantity", "price")

# --- counters and sums ---------------------------------------------------------------------------------------------
HELD: Final = 0
TRADES: Final = 1
STUCK_DAYS: Final = 2
ADDED: Final = 3
COUNTERS: Final = 4
CASH: Final = 0
LOCKED: Final = 1  # part of the cash that this open's buys may not use
BOUGHT: Final = 2
SOLD: Final = 3
EQUITY: Final = 4  # at the close before
SUMS: Final = 5
COST_KINDS: Final = ("brokerage", "stt", "exchange", "sebi", "gst", "stamp", "dp")

#: A bar with one price, this far from the close before, is locked at its circuit.
LOCKED_MOVE: Final = 0.049


class Market(NamedTuple):
    """Prices (T, N), ``sector``: (N,) numbers, ``era``: (T,) row of ``rates`` (E, 2, ROW_WIDTH) of each day."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    sector: Ints
    era: Ints
    rates: Ints


class Rules(NamedTuple):
    """Exit programs end to end (``bounds``: (R + 2,), the last is the add-on's), what they read, and candidates."""

    ops: npt.NDArray[np.int16]
    args: Ints
    constants: Floats
    bounds: Ints
    ignore_min_hold: Flags
    flags: npt.NDArray[np.int8]
    values: Floats
    rank_exit: Flags
    atr14: Floats
    start: Ints
    symbol: Ints
    conviction: Floats
    rank: Ints
    size_factor: Floats


class State(NamedTuple):
    """What changes from day to day. ``held``: (N,) columns of open positions, ascending, the first HELD of them.

    ``added``: (K, 4) add-ons bought, the first ADDED of them; beyond K they are counted by their trades alone.
    """

    book: Floats
    held: Ints
    sold_on: Ints
    sector_count: Ints
    counters: Ints
    sums: Floats
    costs: Floats
    skips: Ints
    examples: Ints
    trades: Floats
    added: Floats
    stack: Floats
