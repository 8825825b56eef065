"""Computed tables by what they are, so that the next compilation finds them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

DEFAULT_BYTES = 128 * 2**20


class IndicatorCache:
    """Tables by (data, operand), the least recently used thrown out beyond ``max_bytes``. Safe between threads.

    Equal keys promise equal tables: the data's key names symbols, dates and versions.
    """

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self.max_bytes = max_bytes
        self.hits = 0
        self.misses = 0
        self._bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def peek(self, key: Hashable) -> Any:
        """Return what is kept under ``key``, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    @property
    def size_bytes(self) -> int:
        """Return what the kept tables weigh."""
        return self._bytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def find(self, key: Hashable, make: Callable[[], Any], weight: Callable[[Any], int] = lambda x: x.nbytes) -> Any:
        """Return what is kept under ``key``, or make and keep it."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                self.hits += 1
                return entry[0]
        value = make()
        size = weight(value)
        with self._lock:
            self.misses += 1
            if key not in self._entries and size <= self.max_bytes:
                self._entries[key] = (value, size)
                self._bytes += size
                while self._bytes > self.max_bytes:
                    _, (_, gone) = self._entries.popitem(last=False)
                    self._bytes -= gone
        return value
