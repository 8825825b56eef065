"""Whether the exchange of a symbol trades now, remembered until that changes.

Exchange clocks read the database, which the event loop must not do. So the answer is looked up where blocking is
allowed (``load``) and read where it is not (``is_open``).
"""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol


class Hours(Protocol):
    """The part of an exchange clock that is needed; `engines.exchange.clock.ExchangeClock` has it."""

    def is_open(self, now: datetime) -> bool: ...

    def next_change(self, now: datetime) -> tuple[object, datetime]: ...


#: A calendar may be corrected while the process runs, so no answer is kept for longer.
KEEP = timedelta(minutes=5)


class MarketHours:
    """Thread-safe. ``clock_for`` gives the clock of a symbol; a failing clock (year without a calendar) is closed."""

    def __init__(self, clock_for: Callable[[str], Hours]) -> None:
        self._clock_for = clock_for
        self._answers: dict[str, tuple[bool, datetime]] = {}
        self._asked: set[str] = set()
        self._lock = threading.Lock()

    def knows(self, symbol: str, now: datetime) -> bool:
        """Tell whether ``is_open`` has a valid answer for the symbol."""
        answer = self._answers.get(symbol)
        return answer is not None and now < answer[1]

    def is_open(self, symbol: str, now: datetime) -> bool:
        """Tell whether the symbol trades now, as far as is known; never blocks. An unknown answer is looked up soon."""
        answer = self._answers.get(symbol)
        if answer is None or now >= answer[1]:
            self._asked.add(symbol)
            return False if answer is None else answer[0]
        return answer[0]

    def load(self, symbols: Iterable[str], now: datetime) -> None:
        """Look up those of ``symbols`` whose answer is missing or over. Blocks; not for the event loop."""
        wanted = [symbol for symbol in symbols if not self.knows(symbol, now)]
        if not wanted:
            return
        shared: dict[int, tuple[bool, datetime]] = {}
        found = {symbol: self._look_up(symbol, now, shared) for symbol in wanted}
        with self._lock:
            self._answers |= found

    def refresh(self, now: datetime) -> None:
        """Look up what was asked for and not known. Blocks."""
        asked, self._asked = self._asked, set()
        self.load(asked, now)

    def _look_up(self, symbol: str, now: datetime, shared: dict[int, tuple[bool, datetime]]) -> tuple[bool, datetime]:
        try:
            exchange_clock = self._clock_for(symbol)
            if (answer := shared.get(id(exchange_clock))) is None:
                _, changes_at = exchange_clock.next_change(now)
                answer = shared[id(exchange_clock)] = (exchange_clock.is_open(now), min(changes_at, now + KEEP))
        except Exception:  # no calendar for this year, or the database is away: silence is not called a fault
            return False, now + timedelta(seconds=10)
        return answer
