"""``manage.py import_corporate_actions FILE``"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from core import clock
from market.management.imports import ImportCommand, add_exchange
from market.services.corporate_actions import import_corporate_actions
from market.services.imports import ImportReport


class Command(ImportCommand):
    help = "Import corporate actions from symbol, ex_date, price_factor, kind. Prices before ex_date are multiplied."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        add_exchange(parser)
        parser.add_argument("--source", default="import")

    def import_file(self, path: Path, options: dict[str, Any]) -> ImportReport:
        return import_corporate_actions(
            path=path, exchange=options["exchange"], source=options["source"], now=clock.now()
        )
