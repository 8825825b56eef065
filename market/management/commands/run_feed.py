"""The feed role of a scaled-out deployment: one process that streams prices to all web processes."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import clock
from market.services.exchanges import clock_for
from market.services.feed import Feed
from market.services.market_hours import MarketHours
from market.services.providers import registry
from market.services.runtime import runtime
from market.services.shared_quotes import RedisQuotes
from market.services.threads import in_thread
from market.services.tick_bus import Publisher, connect

HOURS_EVERY_S = 1.0


class Command(BaseCommand):
    """Run until SIGTERM or Ctrl-C."""

    help = "Stream prices from the first configured source to Redis. One such process is enough."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REDIS_URL:
            raise CommandError("REDIS_URL is not set: the embedded server runs the feed itself.")
        asyncio.run(serve())


async def serve() -> None:
    """Run feed and publisher until a signal comes."""
    hours = MarketHours(clock_for)
    publisher = Publisher(connect(settings.REDIS_URL), RedisQuotes.from_url(settings.REDIS_URL))
    warm = runtime().warmers.warm_symbols

    def interest() -> set[str]:
        return publisher.interest() | set(warm())

    def is_open(now: Any) -> bool:
        return any(hours.is_open(symbol, now) for symbol in interest())

    feed = Feed(registry().tick_source, [publisher], interest=interest, is_open=is_open)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.create_task(work) for work in (feed.run(), publisher.run(), _keep_hours(hours))]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_hours(hours: MarketHours) -> None:
    """Look up market hours as they are asked for; the loop itself must not read the database."""
    while True:
        await in_thread(hours.refresh, clock.now())
        await asyncio.sleep(HOURS_EVERY_S)
