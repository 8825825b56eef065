"""What the embedded server does before it listens, and the threads it runs beside the web."""

import contextlib
import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from celery.beat import Scheduler, Service
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.services.users import user_ensure
from core import children
from market.selectors.instruments import names_of
from market.services.watchlists import watchlist_create
from tradeplatform.celery import app as celery
from tradeplatform.config import Config

log = logging.getLogger("platform.server")

DEMO_SYMBOLS = ("NSE:RELIANCE", "NSE:TCS", "NSE:HDFCBANK", "NSE:INFY", "NSE:ICICIBANK", "NSE:SBIN", "NSE:ITC")
DEMO_USERS = (("demo@example.com", "Demo trader", False), ("admin@example.com", "Demo admin", True))


def prepare(config: Config) -> list[str]:
    """Bring the state up to date; return the lines to print: where it listens and who may sign in."""
    migrate_if_needed()
    call_command("seed_market", verbosity=0)
    lines = [f"\nListening on {config.public_url}  (Ctrl-C stops everything)"]
    if config.demo:
        lines += demo_identities(config.state_dir)
    if config.market_providers[0] == "simulated":
        lines.append("Prices are SIMULATED: MARKET_PROVIDERS=simulated.")
    return lines


def migrate_if_needed() -> None:
    """Apply migrations only when some are missing: looking costs milliseconds, running them costs a second."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        log.info("preparing the database")
        call_command("migrate", interactive=False, verbosity=0)


def demo_identities(state_dir: Path) -> list[str]:
    """Make the demo users on the first start, keep their passwords in ``demo.txt`` (0600), return its lines."""
    path = state_dir / "demo.txt"
    if not path.exists():
        lines = []
        # A source without a list of its own (yahoo, replay) starts with no instruments, so some may be unknown.
        symbols = list(names_of(DEMO_SYMBOLS))
        for email, name, is_admin in DEMO_USERS:
            password = secrets.token_urlsafe(9)
            user, _ = user_ensure(email=email, password=password, is_admin=is_admin, name=name)
            if not user.watchlists.exists():
                watchlist_create(owner=user, name="Large companies", symbols=symbols)
            lines.append(f"{'Admin ' if is_admin else 'Sign in'}  {email}  {password}")
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")
    return path.read_text().splitlines()


def serve(config: Config) -> None:
    """Run web and feed on the event loop, worker and beat in threads beside it; return when all have stopped."""
    with contextlib.ExitStack() as stack:
        children.serve()  # before the worker, which is a thread of this process
        stack.callback(children.stop)
        if config.embedded:
            stack.callback(start_worker())
            stack.callback(start_beat())
        server = uvicorn.Server(
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
            )
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

    def stop() -> None:
        worker.stop()
        thread.join(timeout=0.5)

    return stop


def start_beat() -> Callable[[], None]:
    """Start Celery beat in a thread with the schedule in code; return what stops it."""
    service = Service(celery, scheduler_cls=Scheduler)
    thread = threading.Thread(target=service.start, kwargs={"embedded_process": True}, name="beat", daemon=True)
    thread.start()

    def stop() -> None:
        service.stop()
        thread.join(timeout=0.5)

    return stop
