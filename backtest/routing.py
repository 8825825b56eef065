"""WebSocket addresses of backtests."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.urls import path

from backtest.consumers import JobConsumer
from backtest.services.job_feed import JobFeed
from market.consumers import Receive, Send
from market.routing import authenticate
from market.services.threads import in_credential_thread


@cache
def _consumer() -> JobConsumer:
    return JobConsumer(JobFeed(in_credential_thread), authenticate=authenticate, off_loop=in_credential_thread)


async def jobs(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI application of ``/api/ws/jobs``."""
    await _consumer()(scope, receive, send)


websocket_urlpatterns = [path("api/ws/jobs", jobs)]
