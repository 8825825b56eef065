"""``manage.py import_instruments FILE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from core.clock import IST
from market.management.imports import ImportCommand, day
from market.services.imports import ImportReport
from market.services.instruments_import import import_instruments


class Command(ImportCommand):
    help = "Import Zerodha's list of instruments with its tokens. Tokens are dated, because they are reused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--as-of", type=day, metavar="YYYY-MM-DD", help="the list's date; today if left out")

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        now = clock.now()
        as_of = options["as_of"] or now.astimezone(IST).date()
        return import_instruments(path=path, as_of=as_of, now=now, progress=self.progress)
