"""``manage.py import_constituents FILE --universe nifty_100 --as-of DATE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from market.constants import Exchange
from market.management.imports import ImportCommand, day
from market.services.imports import ImportReport
from market.services.universes import import_constituents


class Command(ImportCommand):
    help = "Import a list of members (Symbol; and Company Name, Industry, ISIN Code) as it stood on a date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--universe", required=True)
        parser.add_argument("--as-of", required=True, type=day, metavar="YYYY-MM-DD")
        parser.add_argument("--exchange", choices=Exchange.values, default=Exchange.NSE.value)

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        return import_constituents(
            path=path,
            universe=options["universe"],
            as_of=options["as_of"],
            exchange=options["exchange"],
            now=clock.now(),
        )
