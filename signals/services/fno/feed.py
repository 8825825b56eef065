"""News of scans and signals for pages that watch: one look at the database a second for all watchers of a process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final

from core import clock
from signals.lifecycle import LIVE
from signals.models import FnoLatest, FnoSignal
from signals.services.fno.indices import INDICES
from signals.services.fno.live import live
from signals.services.fno.wire import signal_row

log = logging.getLogger("platform.signals")

EVERY_S: Final = 1.0
#: Rows are stamped before they are visible to others; so much is looked at again.
OVERLAP: Final = timedelta(seconds=5)
MOST: Final = 64

News = dict[str, Any]


def everything() -> News:
    """Return what a page is told at first: the present answer of every index."""
    now = clock.now()
    return {"type": "signals", "indices": {index: live(index, now=now) for index in INDICES}}


def changed_since(since: datetime) -> list[News]:
    """Return news after ``since``: scans first, then signals in the order of their change."""
    signals = list(FnoSignal.objects.filter(changed_at__gt=since).order_by("changed_at")[:MOST])
    open_now = {row.index: row for row in FnoSignal.objects.filter(status=LIVE)}
    found: list[News] = []
    for row in FnoLatest.objects.filter(scanned_at__gt=since).order_by("slot", "index"):
        signal = open_now.get(row.index)
        answer = {"index": row.index, "analysis": row.payload, "signal": signal_row(signal) if signal else None}
        found.append({"type": "scan", "index": row.index, "data": answer})
    found += [{"type": "signal", "index": row.index, "signal": signal_row(row)} for row in signals]
    return found


class SignalFeed:
    """Gives news to the watchers of a process. ``off_loop`` runs what reads the database."""

    def __init__(self, off_loop: Callable[..., Awaitable[Any]], *, every_s: float = EVERY_S) -> None:
        self._off_loop, self._every_s = off_loop, every_s
        self._watchers: dict[int, list[asyncio.Queue[News]]] = {}
        self._told: dict[tuple[str, str], News] = {}
        self._task: asyncio.Task[None] | None = None

    def join(self, user_id: int) -> "asyncio.Queue[News]":
        """Start to watch; returns where news arrive. Beyond its size the oldest are dropped."""
        queue: asyncio.Queue[News] = asyncio.Queue(MOST)
        self._watchers.setdefault(user_id, []).append(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._look())
        return queue

    def leave(self, user_id: int, queue: "asyncio.Queue[News]") -> None:
        """Stop to watch."""
        queues = self._watchers.get(user_id, [])
        if queue in queues:
            queues.remove(queue)
        if not queues:
            self._watchers.pop(user_id, None)

    def sockets(self, user_id: int) -> int:
        """Return how many watchers a person has."""
        return len(self._watchers.get(user_id, ()))

    async def first(self, _user_id: int) -> News:
        """Return what a new watcher is told at first: the same to everybody."""
        return await self._off_loop(everything)

    async def _look(self) -> None:
        since = clock.now() - OVERLAP
        while self._watchers:
            await asyncio.sleep(self._every_s)
            started = clock.now()
            try:
                found = await self._off_loop(changed_since, since)
            except Exception:
                log.exception("news of signals could not be read")
                continue
            since = started - OVERLAP
            self._tell(found)
        self._told.clear()

    def _tell(self, found: list[News]) -> None:
        for news in found:
            key = (news["type"], news["index"] if news["type"] == "scan" else news["signal"]["trade_code"])
            if self._told.get(key) == news:
                continue
            self._told[key] = news
            for queue in [queue for queues in self._watchers.values() for queue in queues]:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(news)
        if len(self._told) > 20 * MOST:
            self._told.clear()
