"""Ticks from a source that has none: its quotes, asked for again and again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from market.adapters.base import Quote

Ask = Callable[[Sequence[str], datetime], dict[str, Quote]]
#: Seconds between two rounds; delayed quotes do not change faster in any way that matters.
EVERY_S: Final = 15.0


class PollingTicks:
    """`market.adapters.base.TickSource` over quotes. ``ask`` blocks and may raise ProviderError, which ends the run."""

    def __init__(
        self,
        name: str,
        ask: Ask,
        *,
        every_s: float = EVERY_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._ask = ask
        self._every_s = every_s
        self._sleep = sleep
        self._symbols: tuple[str, ...] = ()

    def subscribe(self, symbols: Sequence[str]) -> None:
        self._symbols = tuple(dict.fromkeys(symbols))

    async def run(self, *, clock: Callable[[], datetime]) -> AsyncIterator[Sequence[Quote]]:
        """Yield the quotes that changed since the last round, one batch a round."""
        last: dict[str, Quote] = {}
        while True:
            found = await asyncio.to_thread(self._ask, self._symbols, clock()) if self._symbols else {}
            changed = [quote for symbol, quote in found.items() if last.get(symbol) != quote]
            last = found
            if changed:
                yield changed
            await self._sleep(self._every_s)
