"""``manage.py import_news FILE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from market.constants import Exchange
from market.management.imports import ImportCommand
from market.services.imports import ImportReport
from signals.services.iscore.imports import import_news


class Command(ImportCommand):
    help = (
        "Import headlines about companies: symbol, date, time (India), headline; optional url, publisher. They count "
        "for I-Scores of sessions that closed after they were published. Running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--exchange", choices=Exchange.values, default=Exchange.NSE.value)
        parser.add_argument("--source", default="import", help="whose headlines these are")

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        return import_news(
            path=path,
            source=options["source"],
            exchange=options["exchange"],
            now=clock.now(),
            progress=self.progress,
        )
