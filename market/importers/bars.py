"""Bars of a file as columns, and what a file says about the contracts in it."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from market.adapters.base import Floats, Ints

Marks = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """Terms of a listed contract, read beside its prices. ``strike`` in rupees."""

    segment: str
    instrument_type: str
    underlying: str
    expiry: date | None
    strike: float | None
    lot_size: int


@dataclass(frozen=True, slots=True)
class FormerSymbol:
    """``symbol`` was called ``former`` from ``first`` to ``last`` (trade dates, both included)."""

    symbol: str
    former: str
    first: date
    last: date


@dataclass(slots=True)
class FileBars:
    """Rows of one file in its own order. Row i belongs to ``symbols[symbol[i]]``.

    ``ts``: seconds since 1970-01-01 UTC of the bar's start; a day bar's is midnight UTC of its trade date.
    ``day``: days since 1970-01-01 of the trade date in India. ``minute``: IST minute of the day, 0 for day bars.
    ``volume``, ``oi``: units, -1 where the file has none. ``mark``: code of the first fault found (`reasons.CODES`).
    """

    symbols: list[str]
    symbol: Ints
    ts: Ints
    day: Ints
    minute: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    oi: Ints
    mark: Marks
    contracts: dict[str, ContractTerms] = field(default_factory=dict)
    former_symbols: list[FormerSymbol] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def prices(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.open, self.high, self.low, self.close

    def refuse(self, rows: npt.NDArray[np.bool_], code: int) -> None:
        """Mark ``rows`` that have no fault yet."""
        self.mark[rows & (self.mark == 0)] = code
