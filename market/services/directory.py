"""Which symbols exist: asked off the event loop, remembered for a while."""

import threading
from collections.abc import Callable, Sequence

from market.services.threads import in_thread

KNOWN_S = 300.0
UNKNOWN_S = 2.0  # an import in another process must show within two seconds
MAX_NAMES = 50_000


class Directory:
    """Thread-safe. ``lookup`` blocks and returns those of the symbols that exist."""

    def __init__(self, lookup: Callable[[Sequence[str]], set[str]], *, monotonic: Callable[[], float]) -> None:
        self._lookup = lookup
        self._monotonic = monotonic
        self._until_s: dict[str, tuple[bool, float]] = {}
        self._lock = threading.Lock()

    def known_now(self, symbols: Sequence[str]) -> set[str]:
        """Return those of ``symbols`` that exist. Blocks for what is not remembered."""
        at_s = self._monotonic()
        remembered = self._until_s
        fresh = {symbol for symbol in symbols if (row := remembered.get(symbol)) is not None and at_s < row[1]}
        unsure = [symbol for symbol in symbols if symbol not in fresh]
        found = self._lookup(unsure) if unsure else set()
        if unsure:
            self._remember(unsure, found, at_s)
        return found | {symbol for symbol in fresh if remembered[symbol][0]}

    async def known(self, symbols: Sequence[str]) -> set[str]:
        """Return those of ``symbols`` that exist, without blocking the event loop."""
        at_s = self._monotonic()
        rows = [self._until_s.get(symbol) for symbol in symbols]
        if all(row is not None and at_s < row[1] for row in rows):
            return {symbol for symbol, row in zip(symbols, rows, strict=True) if row is not None and row[0]}
        return await in_thread(self.known_now, symbols)

    def _remember(self, symbols: Sequence[str], found: set[str], at_s: float) -> None:
        with self._lock:
            if len(self._until_s) + len(symbols) > MAX_NAMES:
                self._until_s = {name: row for name, row in self._until_s.items() if row[0] and at_s < row[1]}
            if len(self._until_s) + len(symbols) > MAX_NAMES:
                self._until_s = {}
            rows = {symbol: (symbol in found, at_s + (KNOWN_S if symbol in found else UNKNOWN_S)) for symbol in symbols}
            self._until_s = self._until_s | rows
