"""WebSocket addresses of signals: ``/api/ws/signals`` tells signed-in pages of scans and of signals' lives."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.urls import path

from market.consumers import Receive, Send
from market.routing import authenticate
from market.services.threads import in_credential_thread
from market.watching import WatchSocket
from signals.services.fno.feed import SignalFeed


@cache
def _socket() -> WatchSocket:
    feed = SignalFeed(in_credential_thread)
    return WatchSocket(feed, authenticate=authenticate, first=feed.first)


async def signals(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI application of ``/api/ws/signals``."""
    await _socket()(scope, receive, send)


websocket_urlpatterns = [path("api/ws/signals", signals)]
