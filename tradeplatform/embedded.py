"""What the embedded server does before it listens, and the threads it runs beside the web."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Sequence

import uvicorn
from celery.beat import Scheduler, Service
from celery.signals import task_postrun
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from backtest.services.process import trim
from core import children, clock
from market.services.panels import lay_aside
from tradeplatform.celery import app as celery
from tradeplatform.config import Config
from tradeplatform.demo import demo_identities

log = logging.getLogger("platform.server")

TIDY_EVERY_S = 5.0
_tidied_s = float("-inf")


def prepare(config: Config) -> list[str]:
    """Bring the state up to date; return the lines to print when it listens: where, and who may sign in."""
    migrate_if_needed()
    call_command("seed_market", verbosity=0)
    lines = [f"\nListening on {config.public_url}  (Ctrl-C stops everything)"]
    if config.demo:
        lines += demo_identities(config.state_dir)
    if config.market_providers[0] == "simulated":
        lines.append("Prices are SIMULATED: MARKET_PROVIDERS=simulated.")
    if config.webhook_allow_nets:
        nets = ", ".join(config.webhook_allow_nets)
        lines.append(f"WARNING: webhooks may reach PRIVATE addresses: WEBHOOK_ALLOW_NETS={nets}. For tests only.")
    return lines


def migrate_if_needed() -> None:
    """Apply migrations only when some are missing: looking costs milliseconds, running them costs a second."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        log.info("preparing the database")
        call_command("migrate", interactive=False, verbosity=0)


class Announcing(uvicorn.Server):
    """A server that prints its lines when its port is open, not before."""

    def __init__(self, config: uvicorn.Config, said: Sequence[str]) -> None:
        super().__init__(config)
        self._said = said

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print("\n".join(self._said), flush=True)


def serve(config: Config, *, said: Sequence[str] = ()) -> None:
    """Run web and feed on the event loop, worker and beat in threads beside it; return when all have stopped. ``said``:
    lines to print when it listens.
    """
    with contextlib.ExitStack() as stack:
        children.serve()  # before the worker, which is a thread of this process
        stack.callback(children.stop)
        if config.embedded:
            stack.callback(start_worker())
            stack.callback(start_beat())
        server = Announcing(
            uvicorn.Config(
                "tradeplatform.asgi:application",
                host=config.host,
                port=config.port,
                ws="tradeplatform.websockets:DirectWebSocketProtocol",
                loop="uvloop",
                http="httptools",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws_per_message_deflate=False,  # work for every message of every client, for frames of 1 kB
                ws_max_size=65_536 + 1,
                timeout_graceful_shutdown=3,
            ),
            said,
        )
        with contextlib.suppress(KeyboardInterrupt):
            server.run()


def start_worker() -> Callable[[], None]:
    """Start a Celery worker in a thread on the in-memory broker; return what stops it."""
    worker = celery.WorkController(
        pool="threads", concurrency=2, queues="scan,webhooks,imports,backtest,default", loglevel="WARNING"
    )
    thread = threading.Thread(target=worker.start, name="worker", daemon=True)
    thread.start()
    task_postrun.connect(tidy_up)

    def stop() -> None:
        worker.stop()
        thread.join(timeout=0.5)

    return stop


def tidy_up(**_: object) -> None:
    """After a task give the system what was freed, now and then: tasks and requests share this process."""
    global _tidied_s
    if clock.monotonic() - _tidied_s >= TIDY_EVERY_S:
        _tidied_s = clock.monotonic()
        lay_aside()
        trim()


def start_beat() -> Callable[[], None]:
    """Start Celery beat in a thread with the schedule in code; return what stops it."""
    service = Service(celery, scheduler_cls=Scheduler)
    thread = threading.Thread(target=service.start, kwargs={"embedded_process": True}, name="beat", daemon=True)
    thread.start()

    def stop() -> None:
        service.stop()
        thread.join(timeout=0.5)

    return stop
