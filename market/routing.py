"""WebSocket addresses of the market."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.urls import path

from accounts.services.socket_auth import SocketUser, user_of_scope
from market.consumers import Receive, Send, TickConsumer
from market.services.runtime import runtime
from market.services.threads import in_credential_thread


async def authenticate(scope: Mapping[str, Any]) -> SocketUser | None:
    """Return the user behind a connection, without blocking the event loop."""
    return await in_credential_thread(user_of_scope, scope)


@cache
def _consumer() -> TickConsumer:
    live = runtime()
    return TickConsumer(live.hub, authenticate=authenticate, directory=live.directory, last_values=live.last_values)


async def ticks(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    """ASGI application of ``/api/ws/ticks``."""
    await _consumer()(scope, receive, send)


websocket_urlpatterns = [path("api/ws/ticks", ticks)]
