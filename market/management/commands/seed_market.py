"""``manage.py seed_market``: instruments and universes from the configured source's own list."""

from typing import Any

from django.core.management.base import BaseCommand

from core import clock
from core.errors import DataUnavailable
from market.services import listing


class Command(BaseCommand):
    """Runs at every start of the embedded server, so a source without a list is said and is no failure."""

    help = "Write the instruments and universes that the configured source of market data lists. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = listing.seed(now=clock.now())
        except DataUnavailable as error:
            self.stderr.write(f"{error.detail} Import instruments, or add `simulated` to MARKET_PROVIDERS.")
            return
        if options["verbosity"]:
            self.stdout.write(
                f"{done.source}: {done.listed} listed, {done.added} added, {done.changed} changed, "
                f"{done.unchanged} unchanged, {done.expired} expired, {done.universes} universes written"
            )
