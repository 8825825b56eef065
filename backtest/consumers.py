"""The WebSocket ``/api/ws/jobs``: tells a signed-in person how his sweeps, tests and analyses get on.

It only speaks: ``{"type":"jobs","jobs":[…]}`` with what is not finished, then ``{"type":"job","job":{…}}`` at every
change. Credentials, Origin and close codes are those of the tick stream.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from accounts.services.socket_auth import SocketUser
from backtest.services.job_feed import JobFeed, active_of
from market.watching import RECHECK_S, News, Scope, WatchSocket


class JobConsumer(WatchSocket):
    """ASGI application of the job stream. Everything it works with is given to it."""

    def __init__(
        self,
        feed: JobFeed,
        *,
        authenticate: Callable[[Scope], Awaitable[SocketUser | None]],
        off_loop: Callable[..., Awaitable[Any]],
        recheck_s: float = RECHECK_S,
    ) -> None:
        async def first(user_id: int) -> News:
            return {"type": "jobs", "jobs": await off_loop(active_of, user_id)}

        super().__init__(feed, authenticate=authenticate, first=first, wrap=_wrapped, recheck_s=recheck_s)


def _wrapped(news: News) -> News:
    return {"type": "job", "job": news}
