"""News of scans and signals for pages that watch."""

from datetime import datetime
from typing import Final

from core import clock
from core.news import News, NewsFeed, Told
from signals.lifecycle import LIVE
from signals.models import FnoLatest, FnoSignal
from signals.services.fno.indices import INDICES
from signals.services.fno.live import live
from signals.services.fno.shown import last_signals
from signals.services.fno.wire import signal_row, stored_analysis

MOST: Final = 64


def everything() -> News:
    """Return what a page is told at first: the present answer of every index, and the last signal of each.

    The last signals are read after the answers, so that they are never older; who listens again learns from them what
    became of a signal that ended meanwhile.
    """
    now = clock.now()
    indices = {index: live(index, now=now) for index in INDICES}
    return {"type": "signals", "indices": indices, "last": last_signals()}


def changed_since(since: datetime) -> list[News]:
    """Return news after ``since``: scans first, then signals in the order of their change."""
    signals = list(FnoSignal.objects.filter(changed_at__gt=since).order_by("changed_at")[:MOST])
    open_now = {row.index: row for row in FnoSignal.objects.filter(status=LIVE)}
    found: list[News] = []
    for row in FnoLatest.objects.filter(scanned_at__gt=since).order_by("slot", "index"):
        signal = open_now.get(row.index)
        told = signal_row(signal) if signal else None
        answer = {"index": row.index, "analysis": stored_analysis(row), "signal": told}
        found.append({"type": "scan", "index": row.index, "data": answer})
    found += [{"type": "signal", "index": row.index, "signal": signal_row(row)} for row in signals]
    return found


class SignalFeed(NewsFeed):
    """News of scans and signals once a second, the same to everybody."""

    every_s, most = 1.0, MOST

    def read(self, since: datetime) -> list[Told]:
        return [Told(None, _about(news), news) for news in changed_since(since)]

    async def first(self, _user_id: int) -> News:
        """Return what a new watcher is told at first."""
        return await self._off_loop(everything)


def _about(news: News) -> tuple[str, str]:
    return news["type"], news["index"] if news["type"] == "scan" else news["signal"]["trade_code"]
