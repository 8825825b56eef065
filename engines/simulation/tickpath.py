"""Ticks within a minute: at most one a second, conditioned on the minute's open, high, low, close and volume."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engines.simulation import rng, ticksize
from engines.simulation.bars import Ohlcv

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
Bool = npt.NDArray[np.bool_]

SLOTS = 60
_LAST = SLOTS - 1
# Units traded in a minute below which only the four defining trades happen.
THIN_VOLUME = 30.0
FULL_VOLUME = 150.0
_PROGRESS = np.arange(SLOTS) / _LAST


class Ticks(NamedTuple):
    """Slots of one minute for n rows, each (n, 60): price, traded units, milliseconds into the minute, whether
    a tick happened.

    low_slot, high_slot: (n,) slots at which the minute's low and high trade.
    """

    price: F64
    units: F64
    offset_ms: I64
    happened: Bool
    low_slot: I64
    high_slot: I64

    def row(self, row: int) -> Ticks:
        """The slots of one row, (60,)."""
        return Ticks(*(column[row] for column in self))


def _path(minute: Ohlcv, tick: F64, bits: U64) -> tuple[F64, I64, I64]:
    """Prices in ticks that start at the open, end at the close and touch the low and the high in between."""
    first, top, bottom, last = (ticksize.to_ticks(column, tick)[:, None] for column in minute[:4])
    walk = np.cumsum(rng.fraction(bits, 0, 24) - 0.5, axis=1)
    walk -= walk[:, :1] + (walk[:, -1:] - walk[:, :1]) * _PROGRESS
    # Uniform steps give a bridge of deviation about 1.1 in the middle; its range then fills that of the minute.
    walk *= 0.3 * (top - bottom)
    walk += first + (last - first) * _PROGRESS
    path = np.clip(np.rint(walk), bottom, top)
    low_slot = 1 + np.argmin(walk[:, 1:_LAST], axis=1)
    high_slot = 1 + np.argmax(walk[:, 1:_LAST], axis=1)
    high_slot = np.where(high_slot == low_slot, 1 + low_slot % (_LAST - 1), high_slot)
    return path, low_slot, high_slot


def _fix_ends(path: F64, minute: Ohlcv, tick: F64, low_slot: I64, high_slot: I64) -> None:
    rows = np.arange(len(path))
    first, top, bottom, last = (ticksize.to_ticks(column, tick) for column in minute[:4])
    path[:, 0], path[:, -1] = first, last
    path[rows, low_slot], path[rows, high_slot] = bottom, top


def _activity(units: F64, bits: U64, low_slot: I64, high_slot: I64, is_index: Bool) -> tuple[Bool, F64]:
    """Which slots carry a tick and how many units trade in each; units sum to the minute's."""
    rows = np.arange(len(units))
    needed = np.zeros((len(units), SLOTS), bool)
    needed[:, 0] = needed[:, -1] = True
    needed[rows, low_slot] = needed[rows, high_slot] = True
    chance = np.clip((units - THIN_VOLUME) / (FULL_VOLUME - THIN_VOLUME), 0.0, 1.0)
    happened = needed | (rng.fraction(bits, 24, 16) < chance[:, None])
    happened = np.where((happened.sum(axis=1) > units)[:, None], needed, happened) | is_index[:, None]
    count = happened.sum(axis=1)
    weights = np.cumsum(happened * (0.15 + rng.fraction(bits, 40, 12)) ** 2, axis=1)
    free = np.where(is_index, 0.0, units - count)
    steps = np.rint(weights / weights[:, -1:] * free[:, None])
    traded = np.diff(steps, axis=1, prepend=0.0) + happened * ~is_index[:, None]
    return happened, traded


def minute_ticks(minute: Ohlcv, tick: F64, unit: F64, keys: U64, first_minute: Bool) -> Ticks:
    """Ticks of n (row, minute) pairs.

    minute: their bars (n,). tick: (n,). unit: smallest quantity (n,); volume must be a multiple of it and 0 for
    an index. keys: random key of each pair. first_minute: the session's first trade happens exactly at its
    open.
    """
    bits = rng.grid(keys, SLOTS)
    path, low_slot, high_slot = _path(minute, tick, bits)
    _fix_ends(path, minute, tick, low_slot, high_slot)
    happened, lots = _activity(minute.volume / unit, bits, low_slot, high_slot, minute.volume == 0)
    return Ticks(
        ticksize.to_price(path, tick[:, None]),
        lots * unit[:, None],
        _offsets(bits, first_minute),
        happened,
        low_slot,
        high_slot,
    )


def _offsets(bits: U64, first_minute: Bool) -> I64:
    within = (rng.fraction(bits, 52, 12) * 1_000.0).astype(np.int64)
    within[:, 0] = np.where(first_minute, 0, within[:, 0])
    return within + 1_000 * np.arange(SLOTS)


def follow_ticks(base: Ticks, minute: Ohlcv, factor: F64, tick: F64, unit: F64, keys: U64, first_minute: Bool) -> Ticks:
    """Ticks of followers (see `derived`) whose bases have the ticks `base`; arguments as in `minute_ticks`."""
    bits = rng.grid(keys, SLOTS)
    _, top, bottom, _ = (ticksize.to_ticks(column, tick)[:, None] for column in minute[:4])
    path = ticksize.to_ticks(base.price * factor[:, None], tick[:, None]) + rng.jitter(bits, 0)
    path = np.clip(path, bottom, top)
    _fix_ends(path, minute, tick, base.low_slot, base.high_slot)
    no_index = np.zeros(len(path), bool)
    happened, lots = _activity(minute.volume / unit, bits, base.low_slot, base.high_slot, no_index)
    return Ticks(
        ticksize.to_price(path, tick[:, None]),
        lots * unit[:, None],
        _offsets(bits, first_minute),
        happened,
        base.low_slot,
        base.high_slot,
    )
