"""News of jobs for pages that watch: one look at the database for all watchers of a process.

Whichever process works on a job, its row tells how far it is. While anybody watches, the rows that changed since the
last look are read every half second and given to their owners' watchers.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from backtest.lifecycle import ACTIVE
from backtest.models import Analysis, Study
from core import clock

log = logging.getLogger("platform.backtest")

EVERY_S = 0.5
#: Rows are stamped before they are visible to others; so much is looked at again.
OVERLAP = timedelta(seconds=5)
MOST = 500
_ACTIVE = [state.value for state in ACTIVE]

News = dict[str, Any]


def study_news(study: Study) -> News:
    """Return what a page is told of a sweep or walk-forward test."""
    return _news(study.kind, study, name=study.name)


def analysis_news(analysis: Analysis) -> News:
    """Return what a page is told of an analysis; ``run_id`` says of which run."""
    return _news("analysis", analysis, run_id=analysis.run_id)


def _news(kind: str, job: Any, **more: Any) -> News:
    error = {"error": job.error} if job.error else {}
    return {"kind": kind, "id": job.pk, "status": job.status, "done": job.done, "total": job.total, **more, **error}


def changed_since(since: datetime) -> dict[int, list[News]]:
    """Return news by owner of jobs that changed after ``since``, oldest first."""
    found: dict[int, list[tuple[datetime, News]]] = defaultdict(list)
    studies = Study.objects.filter(changed_at__gt=since).defer("points", "request", "result")
    for study in studies.order_by("changed_at")[:MOST]:
        found[study.owner_id].append((study.changed_at, study_news(study)))
    analyses = Analysis.objects.filter(changed_at__gt=since).defer("result").select_related("run")
    for analysis in analyses.defer("run__document", "run__request", "result").order_by("changed_at")[:MOST]:
        found[analysis.run.owner_id].append((analysis.changed_at, analysis_news(analysis)))
    return {owner: [news for _, news in sorted(rows, key=lambda row: row[0])] for owner, rows in found.items()}


def active_of(owner_id: int) -> list[News]:
    """Return a person's jobs that are not finished."""
    studies = Study.objects.filter(owner_id=owner_id, status__in=_ACTIVE).defer("points", "request", "result")
    analyses = Analysis.objects.filter(Q(run__owner_id=owner_id), status__in=_ACTIVE).defer("result")
    return [study_news(one) for one in studies[:MOST]] + [analysis_news(one) for one in analyses[:MOST]]


class JobFeed:
    """Gives news to the watchers of a process. ``read`` is run off the event loop by ``off_loop``."""

    def __init__(self, off_loop: Callable[..., Awaitable[Any]], *, every_s: float = EVERY_S) -> None:
        self._off_loop, self._every_s = off_loop, every_s
        self._watchers: dict[int, set[asyncio.Queue[News]]] = defaultdict(set)
        self._told: dict[tuple[str, int], News] = {}
        self._task: asyncio.Task[None] | None = None

    def join(self, owner_id: int) -> "asyncio.Queue[News]":
        """Start to watch; returns where news arrive. Beyond its size the oldest are dropped."""
        queue: asyncio.Queue[News] = asyncio.Queue(MOST)
        self._watchers[owner_id].add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._look())
        return queue

    def leave(self, owner_id: int, queue: "asyncio.Queue[News]") -> None:
        """Stop to watch."""
        self._watchers[owner_id].discard(queue)
        if not self._watchers[owner_id]:
            del self._watchers[owner_id]

    def sockets(self, owner_id: int) -> int:
        """Return how many watchers a person has."""
        return len(self._watchers.get(owner_id, ()))

    async def _look(self) -> None:
        since = clock.now() - OVERLAP
        while self._watchers:
            await asyncio.sleep(self._every_s)
            started = clock.now()
            try:
                found = await self._off_loop(changed_since, since)
            except Exception:
                log.exception("news of jobs could not be read")
                continue
            since = started - OVERLAP
            self._tell(found)
        self._told.clear()

    def _tell(self, found: dict[int, list[News]]) -> None:
        for owner, rows in found.items():
            for news in rows:
                key = (news["kind"], news["id"])
                if self._told.get(key) == news:
                    continue
                self._told[key] = news
                for queue in self._watchers.get(owner, ()):
                    if queue.full():
                        queue.get_nowait()
                    queue.put_nowait(news)
        if len(self._told) > 20 * MOST:
            self._told.clear()
