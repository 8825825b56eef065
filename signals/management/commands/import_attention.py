"""``manage.py import_attention FILE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from market.constants import Exchange
from market.management.imports import ImportCommand
from market.services.imports import ImportReport
from signals.services.iscore.imports import import_attention


class Command(ImportCommand):
    help = (
        "Import daily counts about companies: symbol, date, and page_views or delivery_pct (percent of the volume that "
        "was delivered), or both. Files of prices with a delivery_pct column will do. The report counts cells."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--exchange", choices=Exchange.values, default=Exchange.NSE.value)
        parser.add_argument("--source", default="import", help="whose counts these are; each source is kept apart")

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        return import_attention(
            path=path,
            source=options["source"],
            exchange=options["exchange"],
            now=clock.now(),
            progress=self.progress,
        )
