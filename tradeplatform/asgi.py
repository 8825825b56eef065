"""The ASGI application: HTTP by the fast path or Django, WebSockets to their consumers, and the life of the feed."""

import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeplatform.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - what follows needs Django set up

from backtest.routing import websocket_urlpatterns as job_urlpatterns  # noqa: E402
from backtest.services.process import settle  # noqa: E402
from backtest.services.warming import warm  # noqa: E402
from core import children, clock  # noqa: E402
from market.routing import websocket_urlpatterns as tick_urlpatterns  # noqa: E402
from market.services.runtime import runtime  # noqa: E402
from market.services.threads import in_thread  # noqa: E402
from partners.checks import log_open_nets  # noqa: E402
from signals.routing import websocket_urlpatterns as signal_urlpatterns  # noqa: E402
from signals.services.patterns.warming import warm as warm_patterns  # noqa: E402
from tradeplatform.front import Front, HotReads  # noqa: E402

log = logging.getLogger("platform.server")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Start what runs beside the requests before the server listens, and stop it after the last one."""
    await receive()  # lifespan.startup
    log_open_nets()
    try:
        settle()
        children.serve()
        await runtime().start()
        await in_thread(lambda: warm_patterns(now=clock.now()))
        await in_thread(warm)  # the last: it gives back what the others left
    except Exception as exc:
        log.exception("start failed")
        children.stop()
        await send({"type": "lifespan.startup.failed", "message": str(exc)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    children.stop()
    await runtime().stop()
    await send({"type": "lifespan.shutdown.complete"})


class WebSockets:
    """Routes WebSockets; an address that is none is refused in the handshake."""

    def __init__(self) -> None:
        routes = [*tick_urlpatterns, *job_urlpatterns, *signal_urlpatterns]
        self._router = URLRouter(routes)
        self._paths = {f"/{route.pattern}" for route in routes}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] in self._paths:
            await self._router(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.close", "code": 4404})


application = ProtocolTypeRouter(
    {
        "http": Front(django_application, HotReads(runtime)),
        "websocket": WebSockets(),
        "lifespan": lifespan,
    }
)
