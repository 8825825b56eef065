"""News for pages that watch: one look at the database for all watchers of a process.

Whichever process does the work, its rows tell of it. While anybody watches, what changed since the last look is read
again and again and given to those whom it concerns; what was told already is not told again.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, NamedTuple

from core import clock

log = logging.getLogger("platform.news")

#: Rows are stamped before they are visible to others; so much is looked at again.
OVERLAP: Final = timedelta(seconds=5)

News = dict[str, Any]


class Told(NamedTuple):
    """One piece of news. ``user_id``: whom it is for, None for everybody. ``about``: what it replaces news of."""

    user_id: int | None
    about: Hashable
    news: News


class NewsFeed(ABC):
    """A feed of news. ``off_loop`` runs what reads the database. A feed says how often it looks and what it reads.

    ``every_s``: seconds between two looks. ``most``: pieces kept for one watcher; beyond it the oldest are dropped.
    """

    every_s: ClassVar[float]
    most: ClassVar[int]

    def __init__(self, off_loop: Callable[..., Awaitable[Any]], *, every_s: float | None = None) -> None:
        self._off_loop = off_loop
        self._every_s = self.every_s if every_s is None else every_s
        self._watchers: dict[int, set[asyncio.Queue[News]]] = defaultdict(set)
        self._told: dict[Hashable, News] = {}
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    def read(self, since: datetime) -> Iterable[Told]:
        """Return what changed after ``since``, in the order in which it is to be told."""

    def join(self, user_id: int) -> "asyncio.Queue[News]":
        """Start to watch; return where news arrive."""
        queue: asyncio.Queue[News] = asyncio.Queue(self.most)
        self._watchers[user_id].add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._look())
        return queue

    def leave(self, user_id: int, queue: "asyncio.Queue[News]") -> None:
        """Stop to watch."""
        self._watchers[user_id].discard(queue)
        if not self._watchers[user_id]:
            del self._watchers[user_id]

    def sockets(self, user_id: int) -> int:
        """Return how many watchers a person has."""
        return len(self._watchers.get(user_id, ()))

    async def _look(self) -> None:
        since = clock.now() - OVERLAP
        while self._watchers:
            await asyncio.sleep(self._every_s)
            started = clock.now()
            try:
                found = await self._off_loop(self.read, since)
            except Exception:
                log.exception("news could not be read", extra={"feed": type(self).__name__})
                continue
            since = started - OVERLAP
            self._tell(found)
        self._told.clear()

    def _tell(self, found: Iterable[Told]) -> None:
        for user_id, about, news in found:
            if self._told.get(about) == news:
                continue
            self._told[about] = news
            for queue in self._queues(user_id):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(news)
        if len(self._told) > 20 * self.most:
            self._told.clear()

    def _queues(self, user_id: int | None) -> list["asyncio.Queue[News]"]:
        if user_id is not None:
            return list(self._watchers.get(user_id, ()))
        return [queue for queues in self._watchers.values() for queue in queues]
