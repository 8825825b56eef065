"""What a replay plays: bars by symbol and interval, from wherever they were recorded."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from market.adapters.base import Bars, MalformedReply

#: Intervals from the finest, with the seconds of one bar.
STEPS: Final = {"minute": 60, "5minute": 300, "15minute": 900, "60minute": 3600, "day": 86_400}


class Recording(Protocol):
    """A store of bars. ``load`` returns None for what it does not have; bars ascend and their starts are unique."""

    def symbols(self) -> Sequence[str]: ...

    def load(self, symbol: str, interval: str) -> Bars | None: ...


class MemoryRecording:
    """Bars given by hand."""

    def __init__(self, bars: Mapping[tuple[str, str], Bars]) -> None:
        self._bars = dict(bars)

    def symbols(self) -> Sequence[str]:
        return sorted({symbol for symbol, _ in self._bars})

    def load(self, symbol: str, interval: str) -> Bars | None:
        return self._bars.get((symbol, interval))


class FileRecording:
    """CSV files ``EXCHANGE_SYMBOL.interval.csv`` in one folder: ts (seconds), open, high, low, close, volume, [oi].

    A blank in a symbol is written as ``+`` in the file's name (``NSE_NIFTY+50.minute.csv``).
    """

    def __init__(self, folder: Path) -> None:
        self._paths = {
            (_key(name), interval): path
            for path in sorted(folder.glob("*_*.csv"))
            for name, _, interval in [path.stem.rpartition(".")]
            if interval in STEPS
        }

    def symbols(self) -> Sequence[str]:
        return sorted({symbol for symbol, _ in self._paths})

    def load(self, symbol: str, interval: str) -> Bars | None:
        path = self._paths.get((symbol, interval))
        return _read(path) if path else None


def _key(name: str) -> str:
    return name.replace("_", ":", 1).replace("+", " ")


def _read(path: Path) -> Bars:
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and not row[0].startswith(("ts", "#"))]
    try:
        table = np.array([[float(cell or "nan") for cell in row[:7]] for row in rows], dtype=np.float64)
        bars = columns(table.reshape(len(rows), -1) if rows else np.empty((0, 6)))
    except (ValueError, IndexError) as error:
        expected = "every row needs ts, open, high, low, close, volume"
        raise MalformedReply(f"{path.name}: {expected}", provider="replay") from error
    if (np.diff(bars.ts) <= 0).any():
        line = int(np.flatnonzero(np.diff(bars.ts) <= 0)[0]) + 2
        raise MalformedReply(f"{path.name}: bar {line} does not come after the one before", provider="replay")
    return bars


def columns(table: np.ndarray) -> Bars:
    """Return the bars of an array of rows (ts, open, high, low, close, volume, [oi]); NaN volume is unknown (-1)."""
    whole = [np.where(np.isfinite(table[:, at]), table[:, at], -1).astype(np.int64) for at in range(5, table.shape[1])]
    return Bars(table[:, 0].astype(np.int64), *(table[:, at] for at in range(1, 5)), whole[0], *whole[1:2])
