"""The simulated exchange's stream: every symbol about once a second, not all in the same instant."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from market.adapters.base import Quote

#: Each symbol belongs to one of so many turns of a second; a page then moves all the time instead of once a second.
TURNS: Final = 4
Ask = Callable[[Sequence[str], datetime], dict[str, Quote]]


class SimulatedTicks:
    """`market.adapters.base.TickSource`. ``ask`` gives quotes; what has not changed is not sent again."""

    name = "simulated"

    def __init__(self, ask: Ask, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._ask = ask
        self._sleep = sleep
        self._turns: tuple[tuple[str, ...], ...] = ((),) * TURNS

    def subscribe(self, symbols: Sequence[str]) -> None:
        turns: list[list[str]] = [[] for _ in range(TURNS)]
        for symbol in dict.fromkeys(symbols):
            turns[zlib.crc32(symbol.encode()) % TURNS].append(symbol)
        self._turns = tuple(tuple(turn) for turn in turns)

    async def run(self, *, clock: Callable[[], datetime]) -> AsyncIterator[Sequence[Quote]]:
        """Yield one batch a turn, without the symbols that did not trade. New symbols come with the next turns."""
        last: dict[str, datetime] = {}
        turn = 0
        while True:
            symbols = self._turns[turn % TURNS]
            if symbols:
                found = await asyncio.to_thread(self._ask, symbols, clock())
                changed = [quote for quote in found.values() if last.get(quote.symbol) != quote.as_of]
                last |= {quote.symbol: quote.as_of for quote in changed}
                if changed:
                    yield changed
            turn += 1
            await self._sleep(1.0 / TURNS)
