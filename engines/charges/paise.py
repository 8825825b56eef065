"""The one charge function, in whole paise, compiled so that a kernel can call it."""

import numpy as np
import numpy.typing as npt
from numba import njit

from engines.charges.constants import (
    BROKERAGE_CAP_PAISE,
    BROKERAGE_FLAT_PAISE,
    BROKERAGE_RATE,
    DP_PAISE,
    EXCHANGE,
    GST,
    GST_ON_SEBI,
    PAISE_PER_RUPEE,
    PER_BILLION,
    SEBI,
    STAMP,
    STT_BUY,
    STT_SELL,
)

Ints = npt.NDArray[np.int64]

_HALF = PER_BILLION // 2
_RUPEE = PER_BILLION * PAISE_PER_RUPEE
_HALF_RUPEE = _RUPEE // 2


@njit(cache=True, nogil=True)
def share_paise(value_paise: int, rate: int) -> int:
    """Return ``value_paise`` times ``rate`` per 10^9, to the paisa, half up. Neither may be negative.

    Taken apart so that no product passes 2^63 for values below 10^18 paise and rates up to 10^9.
    """
    whole, rest = value_paise // PER_BILLION, value_paise % PER_BILLION
    return whole * rate + (rest * rate + _HALF) // PER_BILLION


@njit(cache=True, nogil=True)
def share_rupees(first_paise: int, first_rate: int, second_paise: int, second_rate: int) -> int:
    """Return the sum of two shares to the whole rupee, half up, in paise. Rounded once, from the exact sum."""
    whole = first_paise // _RUPEE * first_rate + second_paise // _RUPEE * second_rate
    rest = first_paise % _RUPEE * first_rate + second_paise % _RUPEE * second_rate
    return (whole + (rest + _HALF_RUPEE) // _RUPEE) * PAISE_PER_RUPEE


@njit(cache=True, nogil=True)
def order_paise(row: Ints, value_paise: int, lots: int) -> int:
    """Return the brokerage of one executed order; ``lots`` multiplies a flat price (1 where it is per order)."""
    if row[BROKERAGE_FLAT_PAISE] > 0:
        return row[BROKERAGE_FLAT_PAISE] * lots
    brokerage = share_paise(value_paise, row[BROKERAGE_RATE])
    cap = row[BROKERAGE_CAP_PAISE]
    return min(brokerage, cap) if cap > 0 else brokerage


@njit(cache=True, nogil=True)
def note_paise(
    row: Ints, buy_paise: int, sell_paise: int, brokerage_paise: int, depository_days: int
) -> tuple[int, int, int, int, int, int]:
    """Return (stt, exchange, sebi, gst, stamp, dp) of a contract note of one segment and day.

    ``depository_days``: securities with a delivery sale on the day. Order and rounding: STT to the rupee once; the
    exchange and SEBI fees on the turnover, stamp duty on purchases, each to the paisa; GST last, on those paise.
    """
    turnover = buy_paise + sell_paise
    stt = share_rupees(buy_paise, row[STT_BUY], sell_paise, row[STT_SELL])
    exchange = share_paise(turnover, row[EXCHANGE])
    sebi = share_paise(turnover, row[SEBI])
    stamp = share_paise(buy_paise, row[STAMP])
    taxed = brokerage_paise + exchange
    if row[GST_ON_SEBI] > 0:
        taxed += sebi
    return stt, exchange, sebi, share_paise(taxed, row[GST]), stamp, row[DP_PAISE] * depository_days


@njit(cache=True, nogil=True)
def leg_paise(row: Ints, value_paise: int, is_sale: bool) -> int:
    """Return all charges of one order as a note of its own; a sale of a row with a depository charge pays it once."""
    brokerage = order_paise(row, value_paise, 1)
    bought, sold = (0, value_paise) if is_sale else (value_paise, 0)
    parts = note_paise(row, bought, sold, brokerage, 1 if is_sale else 0)
    return brokerage + parts[0] + parts[1] + parts[2] + parts[3] + parts[4] + parts[5]
