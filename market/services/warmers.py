"""Keeps the prepared answers of the public reads warm."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from core.api.responses import dumps
from core.errors import PlatformError
from market.services.market_hours import MarketHours
from market.services.quotes import QuoteStore
from market.services.snapshot import INDEX_SYMBOLS, MarketState, PatternSignal, TopSignals, snapshot
from market.services.threads import in_thread

log = logging.getLogger("platform.warmers")

SNAPSHOT: Final = "index:snapshot"
QUOTES: Final = "quotes:warm"
EVERY_S: Final = 1.0
#: An answer that was not made anew for so long is not handed out from memory any more.
COLD_AFTER_S: Final = 10.0
SECTORS_EVERY_S: Final = 30.0
#: Quotes are asked for again when this share of the time for which they are fresh has passed.
RENEW_AT: Final = 0.5


class Warmers:
    """Makes the snapshot's bytes and refreshes the quotes it needs. The methods that block say so.

    ``sectors(now)`` returns the universe's members and their sectors, ``market(now)`` the state of the market; both
    may read the database.
    """

    def __init__(
        self,
        store: QuoteStore,
        hours: MarketHours,
        *,
        sectors: Callable[[datetime], dict[str, str]],
        market: Callable[[datetime], MarketState],
        signals: TopSignals,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.signals = signals
        self._store, self._hours = store, hours
        self._sectors, self._market = sectors, market
        self._now, self._monotonic = now, monotonic
        self._body: bytes | None = None
        self._made_s = float("-inf")
        self._members: dict[str, str] = {}
        self._members_s = float("-inf")
        self._refreshed_s = float("-inf")

    def warm_symbols(self) -> list[str]:
        """Return the indices and the members of the universe; the members are known after the first round."""
        return [*INDEX_SYMBOLS, *self._members]

    def snapshot_at_once(self) -> bytes | None:
        """Return the prepared snapshot unless it is too old. Never blocks."""
        return self._body if self._monotonic() - self._made_s <= COLD_AFTER_S else None

    def snapshot(self) -> bytes:
        """Return the prepared snapshot, or make it now. Blocks. Raises DataUnavailable."""
        body = self.snapshot_at_once()
        if body is None:
            self.refresh()
            body = self.snapshot_at_once()
        assert body is not None
        return body

    def refresh(self) -> None:
        """Refresh quotes and make the snapshot. Blocks. Raises DataUnavailable when no index has a value."""
        now = self._now()
        self._refresh_members(now)
        symbols = self.warm_symbols()
        self._hours.load(symbols, now)
        self._hours.refresh(now)
        entries = self._store.read(symbols, now=now, share=RENEW_AT)
        self._refreshed_s = self._monotonic()
        answer = snapshot(
            entries=entries,
            sectors=self._members,
            market=self._market(now),
            signals=self._top(now),
            now=now,
        )
        self._body = dumps(answer)
        self._made_s = self._monotonic()

    def _refresh_members(self, now: datetime) -> None:
        if self._monotonic() - self._members_s >= SECTORS_EVERY_S:
            self._members = self._sectors(now)
            self._members_s = self._monotonic()

    def _top(self, now: datetime) -> list[PatternSignal]:
        try:
            return list(self.signals(now))
        except Exception:  # prices are worth more than the patterns beside them
            log.exception("top signals failed")
            return []

    async def run(self) -> None:
        """Refresh every second until cancelled; a failure is logged when it begins and tried again."""
        failing = False
        while True:
            try:
                await in_thread(self.refresh)
                failing = False
            except PlatformError as exc:
                if not failing:
                    log.warning("warmer failed", extra={"warmer": SNAPSHOT, "detail": exc.detail})
                failing = True
            except Exception:
                log.exception("warmer failed")
            await asyncio.sleep(EVERY_S)

    def report(self) -> dict[str, Any]:
        """Return the state of each prepared answer: ``warm``, ``stale`` (too old to be handed out) or ``cold``."""
        return {SNAPSHOT: self._state(self._made_s), QUOTES: self._state(self._refreshed_s)}

    def _state(self, made_s: float) -> str:
        if made_s == float("-inf"):
            return "cold"
        return "warm" if self._monotonic() - made_s <= COLD_AFTER_S else "stale"
